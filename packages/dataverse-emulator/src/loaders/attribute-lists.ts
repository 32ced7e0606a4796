import { objectOf, objectsOf, textOf } from './json-fields.ts'
import type { JsonObject } from './json-fields.ts'

/** What a document of its own says of columns of one table, as `EntityDefinitions(…)/Attributes` is answered. */
export interface AttributeList {
  /** Logical name of the table, or its MetadataId, whichever the document was asked by. */
  readonly table: string
  readonly attributes: readonly JsonObject[]
}

const CONTEXT = /#EntityDefinitions\((?:LogicalName=)?'?([^')]+)'?\)\/Attributes(?=[/(]|$)/

/**
 * The columns in a document that lists them: all of a table, those of one type by a cast segment, or a single one.
 * Undefined where the document is something else.
 */
export function attributeListIn(json: unknown): AttributeList | undefined {
  const object = objectOf(json)
  if (object === undefined) return undefined
  const asked = CONTEXT.exec(textOf(object, '@odata.context') ?? '')?.[1]
  const attributes = Array.isArray(object['value']) ? objectsOf(object['value']) : [object]
  const [first] = attributes
  const isAttribute = first !== undefined && textOf(first, 'AttributeType') !== undefined
  const table = asked ?? (isAttribute ? textOf(first, 'EntityLogicalName') : undefined)
  return table === undefined ? undefined : { table: table.toLowerCase(), attributes }
}

/** The definition with what the lists say of its columns; what they say of a column is added to what it says itself. */
export function withAttributes(definition: JsonObject, lists: readonly AttributeList[]): JsonObject {
  const added = lists.filter((list) => describes(list, definition)).flatMap((list) => list.attributes)
  if (added.length === 0) return definition
  const byName = new Map<string | undefined, JsonObject>()
  for (const one of [...objectsOf(definition['Attributes']), ...added]) {
    const name = textOf(one, 'LogicalName')
    byName.set(name, { ...byName.get(name), ...one })
  }
  return { ...definition, Attributes: [...byName.values()] }
}

/** Whether a list is about the table of a definition. */
export function describes({ table }: AttributeList, definition: JsonObject): boolean {
  return ['LogicalName', 'MetadataId'].some((name) => textOf(definition, name)?.toLowerCase() === table)
}
