import { OutpostError } from '@outpost/core/store'
import type { Row, StoreTable } from '@outpost/core'
import { quoted } from './connection.ts'
import type { Connection, SqlValue } from './connection.ts'

/** How the ids of a table's rows are kept: all as GUIDs of 16 bytes, or all as text once one was not a GUID. */
export type IdKind = 'guid' | 'text'

/** A table of the client org as a table of SQL. */
export interface SqlTable {
  readonly definition: StoreTable
  readonly idKind: IdKind
  /** The quoted name. */
  readonly sqlName: string
  /** What to select for a whole row from the table under the alias `r`; named so that no name comes twice in a query. */
  readonly columnList: string
  /** All columns, null: what rows are copies of. One that gets a column at a time is made anew several times as it grows. */
  readonly emptyRow: Row
  /** The columns that are in an index. */
  readonly indexed: readonly string[]
  /** What puts a row, by the columns that are left alone. */
  readonly upserts: Map<string, string>
}

/** The tables there are, as of one state of the file. */
export interface Catalogue {
  /** Another number after each change. */
  readonly stamp: number
  readonly tables: ReadonlyMap<string, SqlTable>
}

/** The quoted names of the columns that every table has. No column of Dataverse begins with a dollar sign. */
export const ID = '"$id"'
export const VERSION = '"$version"'

interface KeptTable {
  readonly definition: StoreTable
  readonly idKind: IdKind
}

export function sqlTable({ definition, idKind }: KeptTable): SqlTable {
  const sqlName = quoted(`rows/${definition.name}`)
  const columns = [ID, VERSION, ...definition.columns.map((column) => quoted(column.name))]
  return {
    definition,
    idKind,
    sqlName,
    columnList: columns.map((column, at) => `r.${column} AS "$${at}"`).join(', '),
    emptyRow: Object.fromEntries(definition.columns.map(({ name }) => [name, null])),
    indexed: [...new Set(definition.indexes.flatMap((index) => index.columns))],
    upserts: new Map(),
  }
}

/**
 * What puts a row. Of one that is there indexed columns that stay the same are left alone: SQLite writes an index anew
 * wherever one of its columns is set, whatever to.
 */
export function upsertSql({ definition, sqlName, indexed, upserts }: SqlTable, same: readonly string[]): string {
  const left = indexed.filter((name) => same.includes(name))
  const known = upserts.get(left.join())
  if (known !== undefined) return known
  const names = definition.columns.map(({ name }) => name)
  const columns = [ID, VERSION, ...names.map(quoted)]
  const set = [VERSION, ...names.filter((name) => !left.includes(name)).map(quoted)]
  const sql =
    `INSERT INTO ${sqlName} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')}) ` +
    `ON CONFLICT (${ID}) DO UPDATE SET ${set.map((column) => `${column} = excluded.${column}`).join(', ')}`
  upserts.set(left.join(), sql)
  return sql
}

/** The quoted name of an index of the table. */
export function indexName(table: string, index: string): string {
  return quoted(`index/${table}/${index}`)
}

/** The catalogue as of the connection's transaction: `known` itself when it has not changed. */
export function readCatalogue(connection: Connection, known: Catalogue | undefined): Catalogue {
  const [stamp] = onlyRow(connection.rows('SELECT stamp FROM catalogue'))
  if (known && known.stamp === stamp) return known
  const [tables] = onlyRow(connection.rows('SELECT tables FROM catalogue'))
  const kept = JSON.parse(String(tables)) as readonly KeptTable[]
  return { stamp: Number(stamp), tables: new Map(kept.map((table) => [table.definition.name, sqlTable(table)])) }
}

export function writeCatalogue(connection: Connection, before: Catalogue, tables: readonly SqlTable[]): Catalogue {
  const stamp = before.stamp + 1
  const kept = tables.map(({ definition, idKind }): KeptTable => ({ definition, idKind }))
  connection.run('UPDATE catalogue SET stamp = ?, tables = ?', stamp, JSON.stringify(kept))
  return { stamp, tables: new Map(tables.map((table) => [table.definition.name, table])) }
}

export function tableOf(catalogue: Catalogue, name: string): SqlTable {
  const table = catalogue.tables.get(name)
  if (table) return table
  throw new OutpostError('invalid', `the store has no table ${name}`, { place: { table: name, rule: 'unknown-table' } })
}

function onlyRow(rows: readonly SqlValue[][]): readonly SqlValue[] {
  const [row] = rows
  if (!row) throw new OutpostError('store', 'the catalogue of the database is missing')
  return row
}
