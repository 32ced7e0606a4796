import { OutpostError } from '../errors.ts'
import { checkTables } from '../rows/index-order.ts'
import type { Json } from '../metadata.ts'
import type { OfflineTransaction, UnsequencedTransaction } from '../outbox/offline-transaction.ts'
import type { BaseRow, PutOptions, StoredRow, StoreTable, StoreWriter } from '../ports/store.ts'
import type { ColumnValue } from '../row.ts'
import { ChangeLog } from '../store/change-log.ts'
import { valuesInOrder } from '../store/stored-values.ts'
import { frozenCopy } from './frozen-copy.ts'
import { MemoryReader } from './memory-reader.ts'
import {
  EMPTY_STATE,
  redefine,
  tableOf,
  withoutRow,
  withoutTransaction,
  withRow,
  withTransaction,
} from './memory-state.ts'
import type { MemoryState, MemoryTable } from './memory-state.ts'

/** Makes the next state of a memory store. */
export class MemoryWriter extends MemoryReader implements StoreWriter {
  readonly changes: ChangeLog = new ChangeLog()
  readonly #nextSeq: () => number

  constructor(state: MemoryState, nextSeq: () => number) {
    super(state)
    this.#nextSeq = nextSeq
  }

  get result(): MemoryState {
    return this.state
  }

  async defineTables(tables: readonly StoreTable[]): Promise<void> {
    checkTables(tables)
    const old = this.state.tables
    const definitions = frozenCopy(tables)
    for (const name of old.keys())
      if (!definitions.some((table) => table.name === name)) this.changes.addWholeTable(name)
    const next = new Map<string, MemoryTable>()
    for (const definition of definitions) {
      const before = old.get(definition.name)
      const same = before && JSON.stringify(before.definition) === JSON.stringify(definition)
      next.set(definition.name, same ? before : redefine(definition, before))
      if (!same) this.changes.addWholeTable(definition.name)
    }
    this.state = { ...this.state, tables: next }
  }

  async putRows(table: string, rows: readonly StoredRow[], { same = [] }: PutOptions = {}): Promise<void> {
    let kept = tableOf(this.state, table)
    for (const row of rows) {
      mustBeSame(kept, row, same)
      const values: Record<string, ColumnValue> = {}
      const ordered = valuesInOrder(kept.definition, row)
      kept.definition.columns.forEach(({ name }, at) => (values[name] = ordered[at] ?? null))
      kept = withRow(kept, Object.freeze({ id: row.id, version: row.version, values: Object.freeze(values) }))
    }
    this.#setTable(table, kept)
    this.changes.addRows(
      table,
      rows.map((row) => row.id),
    )
  }

  async addRows(table: string, rows: readonly StoredRow[]): Promise<readonly string[]> {
    const held = await this.versions(
      table,
      rows.map((row) => row.id),
    )
    await this.putRows(
      table,
      rows.filter((row) => !held.has(row.id)),
    )
    return [...held.keys()]
  }

  async setVersions(table: string, versions: ReadonlyMap<string, string>): Promise<void> {
    let kept = tableOf(this.state, table)
    for (const [id, version] of versions) {
      const row = kept.rows.get({ id, version, values: {} })
      if (row) kept = { ...kept, rows: kept.rows.with(Object.freeze({ ...row, version })) }
    }
    this.#setTable(table, kept)
  }

  async deleteRows(table: string, ids: readonly string[]): Promise<void> {
    this.#setTable(table, ids.reduce(withoutRow, tableOf(this.state, table)))
    this.changes.addRows(table, ids)
  }

  async putBases(table: string, bases: readonly BaseRow[]): Promise<void> {
    const kept = tableOf(this.state, table)
    this.#setTable(table, { ...kept, bases: bases.reduce((list, base) => list.with(frozenCopy(base)), kept.bases) })
  }

  async deleteBases(table: string, ids: readonly string[]): Promise<void> {
    const kept = tableOf(this.state, table)
    const probe = (id: string): BaseRow => ({ id, version: null, values: null, local: 'updated' })
    this.#setTable(table, { ...kept, bases: ids.reduce((list, id) => list.without(probe(id)), kept.bases) })
  }

  async appendTransactions(transactions: readonly UnsequencedTransaction[]): Promise<readonly number[]> {
    const appended = transactions.map((transaction) => frozenCopy({ ...transaction, seq: this.#nextSeq() }))
    this.state = appended.reduce(withTransaction, this.state)
    const seqs = appended.map((transaction) => transaction.seq)
    this.changes.addTransactions(seqs)
    return seqs
  }

  async putTransactions(transactions: readonly OfflineTransaction[]): Promise<void> {
    for (const transaction of transactions) {
      if (!this.state.transactions.get(transaction)) {
        throw new OutpostError('invalid', `there is no transaction #${transaction.seq} to replace`, {
          place: { rule: 'unknown-transaction' },
        })
      }
      this.state = withTransaction(this.state, frozenCopy(transaction))
    }
    this.changes.addTransactions(transactions.map((transaction) => transaction.seq))
  }

  async deleteTransactions(seqs: readonly number[]): Promise<void> {
    for (const transaction of await this.transactions(seqs)) {
      if (transaction) this.state = withoutTransaction(this.state, transaction)
    }
    this.changes.addTransactions(seqs)
  }

  async setValue(key: string, value: Json | undefined): Promise<void> {
    const { values } = this.state
    const next = value === undefined ? values.without({ key, value: null }) : values.with(frozenCopy({ key, value }))
    this.state = { ...this.state, values: next }
  }

  async setValues(values: ReadonlyMap<string, Json | undefined>): Promise<void> {
    for (const [key, value] of values) await this.setValue(key, value)
  }

  async clear(): Promise<void> {
    for (const name of this.state.tables.keys()) this.changes.addWholeTable(name)
    this.changes.addTransactions(Array.from(this.state.transactions.from(), (transaction) => transaction.seq))
    this.state = EMPTY_STATE
  }

  #setTable(name: string, table: MemoryTable): void {
    this.state = { ...this.state, tables: new Map(this.state.tables).set(name, table) }
  }
}

/** Other stores trust whoever says that columns stay the same; here it is found out. */
function mustBeSame({ definition, rows }: MemoryTable, row: StoredRow, same: readonly string[]): void {
  const kept = same.length === 0 ? undefined : rows.get(row)
  const other = kept && same.find((name) => kept.values[name] !== (row.values[name] ?? null))
  if (other === undefined) return
  throw new OutpostError('invalid', `${other} of a row of ${definition.name} is not what it was`, {
    place: { table: definition.name, row: row.id, column: other, rule: 'same-column' },
  })
}
