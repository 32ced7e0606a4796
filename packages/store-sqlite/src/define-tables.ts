import { checkTables } from '@outpost/core/store'
import type { StoreColumn, StoreIndex, StoreTable } from '@outpost/core'
import { ID, indexName, sqlTable, VERSION, writeCatalogue } from './catalogue.ts'
import type { Catalogue, SqlTable } from './catalogue.ts'
import { declaredType } from './column-values.ts'
import { quoted } from './connection.ts'
import type { Connection } from './connection.ts'

/** Makes the tables of the file those of the definitions. Gives back the new catalogue and which tables changed. */
export function defineTables(
  connection: Connection,
  catalogue: Catalogue,
  definitions: readonly StoreTable[],
): { readonly catalogue: Catalogue; readonly changed: readonly string[] } {
  checkTables(definitions)
  const names = new Set(definitions.map((definition) => definition.name))
  const changed: string[] = []
  for (const old of catalogue.tables.values()) {
    if (names.has(old.definition.name)) continue
    dropTable(connection, old)
    changed.push(old.definition.name)
  }
  const tables = definitions.map((definition) => {
    const old = catalogue.tables.get(definition.name)
    if (old && JSON.stringify(old.definition) === JSON.stringify(definition)) return old
    const table = sqlTable({ definition, idKind: old?.idKind ?? 'guid' })
    if (old) alterTable(connection, old, table)
    else createTable(connection, table)
    changed.push(definition.name)
    return table
  })
  return { catalogue: changed.length === 0 ? catalogue : writeCatalogue(connection, catalogue, tables), changed }
}

/** Removes the table with its rows and bases. */
export function dropTable(connection: Connection, table: SqlTable): void {
  connection.exec(`DROP TABLE ${table.sqlName}`)
  connection.run('DELETE FROM bases WHERE "table" = ?', table.definition.name)
}

function createTable(connection: Connection, table: SqlTable): void {
  const { name, columns, indexes } = table.definition
  const declared = [`${ID} PRIMARY KEY NOT NULL`, `${VERSION} TEXT`, ...columns.map(declaration)]
  connection.exec(`CREATE TABLE ${table.sqlName} (${declared.join(', ')})`)
  for (const index of indexes) createIndex(connection, name, table.sqlName, index)
}

function alterTable(connection: Connection, old: SqlTable, table: SqlTable): void {
  const { name, columns, indexes } = table.definition
  const kept = columns.filter((column) => old.definition.columns.some((before) => sameColumn(before, column)))
  if (kept.length < old.definition.columns.length) {
    rebuildTable(connection, old, table, kept)
    return
  }
  for (const index of old.definition.indexes) {
    if (!indexes.some((next) => sameIndex(index, next))) connection.exec(`DROP INDEX ${indexName(name, index.name)}`)
  }
  for (const column of columns) {
    if (!kept.includes(column)) connection.exec(`ALTER TABLE ${table.sqlName} ADD COLUMN ${declaration(column)}`)
  }
  for (const index of indexes) {
    if (!old.definition.indexes.some((before) => sameIndex(before, index))) {
      createIndex(connection, name, table.sqlName, index)
    }
  }
}

/** Copies the table: `DROP COLUMN` would rewrite every row once for each column. */
function rebuildTable(connection: Connection, old: SqlTable, table: SqlTable, kept: readonly StoreColumn[]): void {
  const { name } = table.definition
  const aside = quoted(`old rows/${name}`)
  for (const index of old.definition.indexes) connection.exec(`DROP INDEX ${indexName(name, index.name)}`)
  connection.exec(`ALTER TABLE ${old.sqlName} RENAME TO ${aside}`)
  createTable(connection, table)
  const columns = [ID, VERSION, ...kept.map((column) => quoted(column.name))].join(', ')
  // With their places in the file, by which whoever reads all versions goes on.
  connection.exec(`INSERT INTO ${table.sqlName} (rowid, ${columns}) SELECT rowid, ${columns} FROM ${aside}`)
  connection.exec(`DROP TABLE ${aside}`)
}

function createIndex(connection: Connection, table: string, sqlName: string, { name, columns }: StoreIndex): void {
  // The id stands last, so that rows with equal values come by id without being sorted.
  const ordered = [...columns.map(quoted), ID].join(', ')
  connection.exec(`CREATE INDEX ${indexName(table, name)} ON ${sqlName} (${ordered})`)
}

function declaration({ name, type }: StoreColumn): string {
  return `${quoted(name)} ${declaredType(type)}`
}

function sameColumn(a: StoreColumn, b: StoreColumn): boolean {
  return a.name === b.name && a.type === b.type
}

function sameIndex(a: StoreIndex, b: StoreIndex): boolean {
  return a.name === b.name && a.columns.join('\n') === b.columns.join('\n')
}
