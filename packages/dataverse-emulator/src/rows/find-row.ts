import { badQuery, noRowForKey, rowDoesNotExist } from '../errors.ts'
import { columnKind } from '../odata/column-kind.ts'
import { literalValue } from '../odata/literal-value.ts'
import type { RowKey } from '../odata/resource-path.ts'
import type { ColumnDefinition, StoredValue, TableDefinition } from '../schema.ts'
import type { RowStore } from './row-store.ts'
import type { Row } from './row.ts'

/** An alternate key's values in their stored form. */
export type KeyValues = Readonly<Record<string, StoredValue>>

function keyColumn(store: RowStore, table: TableDefinition, name: string): ColumnDefinition | undefined {
  return store.schema.columnByWireName(table.logicalName, name)
}

/** The stored values of an alternate key in a URL; the columns must be exactly those of a key with an active index. */
export function keyValues(
  store: RowStore,
  table: TableDefinition,
  key: RowKey & { kind: 'alternate' },
): { readonly columns: readonly string[]; readonly values: KeyValues } {
  const values: Record<string, StoredValue> = {}
  for (const [name, literal] of key.values) {
    // No key has a value that is null, so the parser of the service takes it for a mistake.
    if (literal.type === 'null') throw badQuery('Bad Request - Error in query syntax.')
    const column = keyColumn(store, table, name)
    const kind = column === undefined ? undefined : columnKind(column)
    if (column === undefined || kind === undefined) throw invalidKey(table)
    const value = literalValue(column, kind, literal, 'eq')
    values[column.logicalName] = typeof value === 'bigint' ? Number(value) : value
  }
  const names = Object.keys(values)
  const defined = table.keys.find(
    (one) => one.columns.length === names.length && one.columns.every((name) => names.includes(name)),
  )
  if (defined === undefined || defined.indexStatus !== 'Active') throw invalidKey(table)
  return { columns: defined.columns, values }
}

/** The name a table's primary key goes by in a URL: users and teams inherit theirs from `principal`. */
export function keyName(table: TableDefinition): string {
  return table.logicalName === 'systemuser' || table.logicalName === 'team' ? 'ownerid' : table.primaryId
}

/** Refuses a key in a request's path that the web server in front of the service does not let through. */
export function refuseUnsafeKey(key: RowKey): void {
  if (key.kind === 'id') return
  for (const { text } of key.values.values()) {
    const unsafe = /[/<>*%&:\\?+]/.exec(text)?.[0]
    if (unsafe === undefined) continue
    throw badQuery(`A potentially dangerous Request.Path value was detected from the client (${unsafe}).`)
  }
}

function invalidKey(table: TableDefinition): Error {
  return badQuery(
    `The key in the request URI is not valid for resource 'Microsoft.Dynamics.CRM.${table.logicalName}'. Ensure that the names and number of key properties match the declared or alternate key properties for the resource 'Microsoft.Dynamics.CRM.${table.logicalName}'.`,
  )
}

/** The row a key addresses, if there is one. */
export function findRow(store: RowStore, table: TableDefinition, key: RowKey): Row | undefined {
  const rows = store.rows(table.logicalName)
  if (key.kind === 'id') return rows.get(key.id)
  const { columns, values } = keyValues(store, table, key)
  const id = rows.idByKey(columns, values)
  return id === undefined ? undefined : rows.get(id)
}

/** The row a key addresses, or the 404 that Dataverse answers. */
export function requireRow(store: RowStore, table: TableDefinition, key: RowKey): Row {
  const row = findRow(store, table, key)
  if (row !== undefined) return row
  throw key.kind === 'id' ? rowDoesNotExist(table.logicalName, key.id) : noRowForKey(table.logicalName)
}
