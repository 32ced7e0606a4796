import { ChangeLog, isCanonicalGuid, placeValues } from '@outpost/core/store'
import type {
  BaseRow,
  ColumnValue,
  Json,
  OfflineTransaction,
  PutOptions,
  StoredRow,
  StoreTable,
  StoreWriter,
  UnsequencedTransaction,
} from '@outpost/core'
import { ID, sqlTable, tableOf, upsertSql, VERSION, writeCatalogue } from './catalogue.ts'
import type { Catalogue, SqlTable } from './catalogue.ts'
import { toSql } from './column-values.ts'
import type { Connection, SqlValue } from './connection.ts'
import { defineTables, dropTable } from './define-tables.ts'
import { deleteTransactions, insertTransaction, replaceTransactions } from './outbox-sql.ts'
import type { KeptValues } from './kept-values.ts'
import { guidTextSql } from './row-ids.ts'
import { idList, idOf, sqlId, SqliteReader } from './sqlite-reader.ts'

/** Writes through the transaction that its connection is in. */
export class SqliteWriter extends SqliteReader implements StoreWriter {
  readonly changes: ChangeLog = new ChangeLog()
  readonly #nextSeq: () => number
  readonly #values: KeptValues

  constructor(connection: Connection, catalogue: Catalogue, nextSeq: () => number, values: KeptValues) {
    super(connection, catalogue)
    this.#nextSeq = nextSeq
    this.#values = values
  }

  /** The tables as this transaction leaves them. */
  get tables(): Catalogue {
    return this.catalogue
  }

  async defineTables(tables: readonly StoreTable[]): Promise<void> {
    const { catalogue, changed } = defineTables(this.connection, this.catalogue, tables)
    this.catalogue = catalogue
    for (const table of changed) this.changes.addWholeTable(table)
  }

  async putRows(table: string, rows: readonly StoredRow[], { same = [] }: PutOptions = {}): Promise<void> {
    let kept = tableOf(this.catalogue, table)
    if (kept.idKind === 'guid' && !rows.every((row) => isCanonicalGuid(row.id))) kept = this.#keepIdsAsText(kept)
    this.connection.runMany(upsertSql(kept, same), parametersOf(kept, rows))
    this.changes.addRows(table, rows.map(idOfRow))
  }

  async addRows(table: string, rows: readonly StoredRow[]): Promise<readonly string[]> {
    const held = await this.versions(table, rows.map(idOfRow))
    const added = rows.filter((row) => !held.has(row.id))
    if (added.length > 0) await this.putRows(table, added)
    return [...held.keys()]
  }

  async setVersions(table: string, versions: ReadonlyMap<string, string>): Promise<void> {
    const kept = tableOf(this.catalogue, table)
    const sql = `UPDATE ${kept.sqlName} SET ${VERSION} = ? WHERE ${ID} = ?`
    this.connection.runMany(
      sql,
      Array.from(versions, ([id, version]): SqlValue[] => [version, sqlId(kept, id)]),
    )
  }

  async deleteRows(table: string, ids: readonly string[]): Promise<void> {
    const kept = tableOf(this.catalogue, table)
    const wanted = `SELECT ${idOf(kept, 'value')} FROM json_each(?)`
    this.connection.run(`DELETE FROM ${kept.sqlName} WHERE ${ID} IN (${wanted})`, idList(kept, ids))
    this.changes.addRows(table, ids)
  }

  async putBases(table: string, bases: readonly BaseRow[]): Promise<void> {
    tableOf(this.catalogue, table)
    const sql =
      'INSERT INTO bases ("table", id, version, local, row) VALUES (?, ?, ?, ?, ?) ' +
      'ON CONFLICT ("table", id) DO UPDATE SET version = excluded.version, local = excluded.local, row = excluded.row'
    const parameters = bases.map(({ id, version, local, values }): SqlValue[] => {
      return [table, id, version, local, values === null ? null : JSON.stringify(values)]
    })
    this.connection.runMany(sql, parameters)
  }

  async deleteBases(table: string, ids: readonly string[]): Promise<void> {
    tableOf(this.catalogue, table)
    const sql = 'DELETE FROM bases WHERE "table" = ? AND id IN (SELECT value FROM json_each(?))'
    this.connection.run(sql, table, JSON.stringify(ids))
  }

  async appendTransactions(transactions: readonly UnsequencedTransaction[]): Promise<readonly number[]> {
    const seqs = transactions.map((transaction) => {
      const seq = this.#nextSeq()
      insertTransaction(this.connection, seq, transaction)
      return seq
    })
    this.changes.addTransactions(seqs)
    return seqs
  }

  async putTransactions(transactions: readonly OfflineTransaction[]): Promise<void> {
    replaceTransactions(this.connection, transactions)
    this.changes.addTransactions(transactions.map((transaction) => transaction.seq))
  }

  async deleteTransactions(seqs: readonly number[]): Promise<void> {
    deleteTransactions(this.connection, seqs)
    this.changes.addTransactions(seqs)
  }

  override async value(key: string): Promise<Json | undefined> {
    return this.#values.get(key, () => this.valueText(key))
  }

  async setValue(key: string, value: Json | undefined): Promise<void> {
    return this.setValues(new Map([[key, value]]))
  }

  async setValues(values: ReadonlyMap<string, Json | undefined>): Promise<void> {
    const put: SqlValue[][] = []
    const removed: SqlValue[][] = []
    for (const [key, value] of values) {
      this.#values.forget(key)
      if (value === undefined) removed.push([key])
      else put.push([key, JSON.stringify(value)])
    }
    const sql = 'INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value'
    if (put.length > 0) this.connection.runMany(sql, put)
    if (removed.length > 0) this.connection.runMany('DELETE FROM settings WHERE key = ?', removed)
  }

  async clear(): Promise<void> {
    this.#values.clear()
    for (const table of this.catalogue.tables.values()) {
      dropTable(this.connection, table)
      this.changes.addWholeTable(table.definition.name)
    }
    this.changes.addTransactions(this.connection.rows('SELECT seq FROM outbox').map(([seq]) => Number(seq)))
    for (const table of ['bases', 'outbox', 'outbox_touches', 'settings']) this.connection.run(`DELETE FROM ${table}`)
    this.catalogue = writeCatalogue(this.connection, this.catalogue, [])
  }

  #keepIdsAsText(table: SqlTable): SqlTable {
    this.connection.run(`UPDATE ${table.sqlName} SET ${ID} = ${guidTextSql(ID)}`)
    const { definition } = table
    const tables = Array.from(this.catalogue.tables.values(), (other) =>
      other === table ? sqlTable({ definition, idKind: 'text' }) : other,
    )
    this.catalogue = writeCatalogue(this.connection, this.catalogue, tables)
    return tableOf(this.catalogue, definition.name)
  }
}

/** The same list again and again, filled for each row: lists of their own made the most garbage of a download. */
function* parametersOf(table: SqlTable, rows: readonly StoredRow[]): Generator<SqlValue[]> {
  const { definition } = table
  const parameters = new Array<SqlValue>(definition.columns.length + 2)
  const place = (value: ColumnValue, at: number): void => {
    parameters[at + 2] = toSql(value)
  }
  for (const row of rows) {
    parameters[0] = sqlId(table, row.id)
    parameters[1] = row.version
    placeValues(definition, row, place)
    yield parameters
  }
}

function idOfRow(row: StoredRow): string {
  return row.id
}
