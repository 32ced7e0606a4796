import { Schema } from '../schema.ts'
import type { SchemaDraft } from '../schema.ts'
import { MalformedXml } from '../xml/read-xml.ts'
import { attributeListIn, describes } from './attribute-lists.ts'
import type { AttributeList } from './attribute-lists.ts'
import { completeSchema } from './complete-schema.ts'
import { objectOf } from './json-fields.ts'
import { LoadError } from './load-error.ts'
import { mergeSchemas } from './merge-schemas.ts'
import { requireJson } from './require-json.ts'
import { schemaFromCsdl } from './schema-from-csdl.ts'
import { schemaFromDefinitions } from './schema-from-definitions.ts'
import { isRowsIndex, schemaFromIndex } from './schema-from-index.ts'

/** A document that describes tables, under a name by which errors speak of it. */
export interface SchemaDocument {
  readonly name: string
  /**
   * `$metadata` XML, the JSON of EntityDefinitions, of `EntityDefinitions(…)/Attributes` or of RetrieveMetadataChanges,
   * or the index of a folder of rows.
   */
  readonly text: string
}

/**
 * The schema that several documents describe together. EntityDefinitions win over `$metadata` for the tables they
 * have, and earlier documents of a kind over later ones; an index adds tables and columns that no other document has.
 */
export function loadSchema(documents: readonly SchemaDocument[], options: { readonly salt?: string } = {}): Schema {
  if (documents.length === 0) throw new LoadError('no document describes a schema')
  const read = documents.map(readDocument)
  const lists = read.flatMap(({ list }) => list ?? [])
  const drafts = read.flatMap((one) => (one.list === undefined ? [draftOf(one, lists)] : []))
  const of = (kind: Kind): readonly SchemaDraft[] => drafts.filter((one) => one.kind === kind).map((one) => one.draft)
  const told = [...of('definitions'), ...of('csdl')].reduce(mergeSchemas, { tables: [] })
  const draft = of('index').reduce(completeSchema, told)
  for (const { name, list } of read) {
    if (list !== undefined && !read.some((one) => one.list === undefined && isDefined(list, one.json))) {
      throw new LoadError(`${name}: columns of ${list.table}, of which there is no EntityDefinition`)
    }
  }
  if (draft.tables.length === 0) throw new LoadError(`${namesOf(documents)}: no tables are described`)
  try {
    return new Schema(draft, options)
  } catch (error) {
    if (error instanceof RangeError) throw new LoadError(`${namesOf(documents)}: ${error.message}`, { cause: error })
    throw error
  }
}

type Kind = 'definitions' | 'csdl' | 'index'

interface ReadDocument extends SchemaDocument {
  /** Undefined for XML. */
  readonly json?: unknown
  readonly list?: AttributeList
}

function readDocument(document: SchemaDocument): ReadDocument {
  const plain = document.text.replace(/^\uFEFF/, '')
  if (/^\s*</.test(plain)) return document
  requireJson(document.name, plain)
  const json: unknown = JSON.parse(plain)
  const list = attributeListIn(json)
  return list === undefined ? { ...document, json } : { ...document, json, list }
}

function isDefined(list: AttributeList, json: unknown): boolean {
  if (Array.isArray(json)) return json.some((one) => isDefined(list, one))
  const object = objectOf(json)
  if (object === undefined) return false
  return isDefined(list, object['value']) || isDefined(list, object['EntityMetadata']) || describes(list, object)
}

function draftOf(
  { name, text, json }: ReadDocument,
  lists: readonly AttributeList[],
): { readonly kind: Kind; readonly draft: SchemaDraft } {
  try {
    if (json === undefined) return { kind: 'csdl', draft: schemaFromCsdl(text) }
    return isRowsIndex(json)
      ? { kind: 'index', draft: schemaFromIndex(json) }
      : { kind: 'definitions', draft: schemaFromDefinitions(json, lists) }
  } catch (error) {
    if (error instanceof MalformedXml) {
      throw new LoadError(`${name}:${error.line}:${error.column}: ${error.reason}`, { cause: error })
    }
    // Whatever is wrong with a document is wrong with the file somebody named.
    if (error instanceof Error) throw new LoadError(`${name}: ${error.message}`, { cause: error })
    throw error
  }
}

function namesOf(documents: readonly SchemaDocument[]): string {
  return documents.map((one) => one.name).join(', ')
}
