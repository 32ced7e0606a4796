import { WebApiError } from '../errors.ts'
import { isJsonObject, readJson } from '../json/read.ts'
import type { Json, JsonObject } from '../json/read.ts'
import { guidFrom, isLookupColumn, isStoredColumn, targetKey } from '../schema.ts'
import type { ColumnDefinition, LookupColumn, Schema, SeedRow, StoredValue, TableDefinition } from '../schema.ts'
import { objectOf, objectsOf, textOf } from './json-fields.ts'
import { LoadError } from './load-error.ts'
import { requireJson } from './require-json.ts'
import { valueFromJson } from './value-from-json.ts'

/** The rows of one table, a JSON object a line, as the Web API writes them. */
export interface RowsDocument {
  /** By which errors speak of it. */
  readonly name: string
  readonly table: string
  readonly text: string
}

/** Links of N:N relationships, and which rows they belong to. */
export interface LinksDocument {
  readonly name: string
  readonly text: string
}

const TYPE = '@Microsoft.Dynamics.CRM.lookuplogicalname'

interface OpenLookup {
  readonly where: string
  readonly values: Record<string, StoredValue>
  readonly column: LookupColumn
  readonly id: string
  readonly named: string | undefined
}

interface Loading {
  readonly schema: Schema
  readonly rows: SeedRow[]
  /** Ids by table, of the tables that have a document. */
  readonly ids: Map<string, Set<string>>
  readonly lookups: OpenLookup[]
}

/**
 * Reads rows and resolves the links between them: a lookup must lead to a row of its target table where that table's
 * rows are loaded too, in whatever order. Annotations are skipped. What is wrong is thrown with file, line and column.
 */
export function rowsFromJsonLines(
  schema: Schema,
  documents: readonly RowsDocument[],
  links?: LinksDocument,
): readonly SeedRow[] {
  const loading: Loading = { schema, rows: [], ids: new Map(), lookups: [] }
  for (const document of documents) readDocument(loading, document)
  for (const lookup of loading.lookups) resolve(loading, lookup)
  return links === undefined ? loading.rows : [...loading.rows, ...linkRows(loading, links)]
}

function readDocument({ schema, rows, ids, lookups }: Loading, document: RowsDocument): void {
  const table = schema.table(document.table)
  if (table === undefined) throw new LoadError(`${document.name}: the schema has no table ${document.table}`)
  const known = ids.get(table.logicalName) ?? new Set<string>()
  ids.set(table.logicalName, known)
  let line = 0
  for (const text of document.text.split('\n')) {
    line += 1
    if (text.trim() === '') continue
    const where = `${document.name}:${line}`
    const members = parse(text, document.name, line)
    const values: Record<string, StoredValue> = {}
    for (const [name, json] of members) {
      if (name.includes('@')) continue
      const column = columnOf(schema, table, name)
      if (column === undefined) throw new LoadError(`${where}: ${name}: ${table.logicalName} has no such column`)
      if (column.logicalName === 'versionnumber') continue
      const value = valueOf(column, json, `${where}: ${name}`)
      if (column.type === 'Virtual') continue
      values[column.logicalName] = value
      if (typeof value !== 'string' || !isLookupColumn(column)) continue
      const named = members.get(`${name}${TYPE}`)
      lookups.push({
        where: `${where}: ${name}`,
        values,
        column,
        id: value,
        named: typeof named === 'string' ? named : undefined,
      })
    }
    const id = values[table.primaryId]
    if (typeof id !== 'string') throw new LoadError(`${where}: ${table.primaryId}: the row has no primary key`)
    if (known.has(id)) throw new LoadError(`${where}: ${table.primaryId}: there are two rows with the id ${id}`)
    known.add(id)
    rows.push({ table: table.logicalName, values })
  }
}

function parse(text: string, name: string, line: number): JsonObject {
  let json: Json
  try {
    json = readJson(text)
  } catch (error) {
    if (error instanceof WebApiError) requireJson(name, text, line)
    throw error
  }
  if (!isJsonObject(json)) throw new LoadError(`${name}:${line}: a row is a JSON object`)
  return json
}

// `_x_value` is also how an export writes a guid that the schema does not call a lookup.
function columnOf(schema: Schema, table: TableDefinition, name: string): ColumnDefinition | undefined {
  const wired = schema.columnByWireName(table.logicalName, name)
  if (wired !== undefined) return wired
  const column = schema.column(table.logicalName, /^_(.+)_value$/.exec(name)?.[1] ?? name)
  return column !== undefined && isStoredColumn(column) && !isLookupColumn(column) ? column : undefined
}

function valueOf(column: ColumnDefinition, json: Json, where: string): StoredValue {
  // A managed property comes as an object and is no value of the row's own.
  if (column.type === 'Virtual' && column.edmType !== undefined) return null
  try {
    return valueFromJson(column, json)
  } catch (error) {
    if (error instanceof RangeError) throw new LoadError(`${where}: ${error.message}`, { cause: error })
    throw error
  }
}

function resolve({ ids }: Loading, { where, values, column, id, named }: OpenLookup): void {
  const { targets, logicalName } = column
  if (named !== undefined && targets.length > 0 && !targets.includes(named)) {
    throw new LoadError(`${where}: ${logicalName} does not lead to ${named}, only to ${targets.join(', ')}`)
  }
  const target = named ?? (targets.length > 1 ? targets.find((table) => ids.get(table)?.has(id) === true) : targets[0])
  if (target === undefined && targets.length > 1 && column.type !== 'Owner') {
    throw new LoadError(`${where}: no row with the id ${id}; ${logicalName} leads to ${targets.join(', ')}`)
  }
  const loaded = target === undefined ? undefined : ids.get(target)
  if (target !== undefined && loaded !== undefined && !loaded.has(id)) {
    throw new LoadError(`${where}: no row of ${target} with the id ${id}`)
  }
  if (targets.length > 1) values[targetKey(logicalName)] = target ?? 'systemuser'
}

function linkRows({ schema, ids }: Loading, document: LinksDocument): readonly SeedRow[] {
  requireJson(document.name, document.text)
  const index = objectOf(JSON.parse(document.text))
  const seen = new Set<string>()
  return objectsOf(index?.['m2m']).flatMap((link, position) => {
    const where = `${document.name}: m2m[${position}]`
    const [relationshipName = '', source = '', target = ''] = ['relationship', 'source', 'target'].map((one) =>
      textOf(link, one),
    )
    const relationship = schema.relationship(relationshipName)
    if (relationship?.kind !== 'ManyToMany') {
      throw new LoadError(`${where}: the schema has no N:N relationship ${relationshipName}`)
    }
    const forward = relationship.table1 === source && relationship.table2 === target
    if (!forward && (relationship.table2 !== source || relationship.table1 !== target)) {
      throw new LoadError(`${where}: ${relationshipName} does not lead from ${source} to ${target}`)
    }
    const from = textOf(link, 'sourceid')?.toLowerCase() ?? ''
    const targets = link['targets']
    return (Array.isArray(targets) ? targets.map(String) : []).flatMap((one): readonly SeedRow[] => {
      const to = one.toLowerCase()
      for (const [table, id] of [
        [source, from],
        [target, to],
      ] as const) {
        if (ids.get(table)?.has(id) !== true) throw new LoadError(`${where}: no row of ${table} with the id ${id}`)
      }
      const [id1, id2] = forward ? [from, to] : [to, from]
      const key = `${relationship.schemaName}|${id1}|${id2}`
      if (seen.has(key)) return []
      seen.add(key)
      const { intersectTable, column1, column2 } = relationship
      const primaryId = schema.table(intersectTable)?.primaryId ?? `${intersectTable}id`
      return [{ table: intersectTable, values: { [primaryId]: guidFrom(key), [column1]: id1, [column2]: id2 } }]
    })
  })
}
