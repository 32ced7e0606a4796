import type { ConfiguredTable } from '../copy/configuration.ts'
import type { OutpostError } from '../errors.ts'
import type { TableMetadata } from '../metadata.ts'
import { canonicalGuid } from '../row.ts'
import { checkQuery, runQuery } from './query.ts'
import type { CheckedQuery, Query } from './query.ts'
import type { Row } from '../row.ts'
import { watchQuery } from './watch.ts'
import type { TableContext } from './watch.ts'

/**
 * The rows of one table of the client org. Reads never touch the network.
 *
 * `T` is the application's own type for the table's rows: an object type with logical column names. It is a claim that
 * nothing checks; `Row` makes none.
 */
export class Table<T extends Row = Row> {
  readonly #context: TableContext

  constructor(context: TableContext) {
    this.#context = context
  }

  /** The table's definition, with the columns that are kept: the master's, and those that only this client org has. */
  get definition(): TableMetadata {
    const { shown, store } = this.#context.table()
    const kept = new Set(store.columns.map(({ name }) => name))
    return { ...shown, columns: shown.columns.filter(({ name }) => kept.has(name)) }
  }

  /** The row with that id; undefined when the client org does not hold it. */
  async get(id: string): Promise<T | undefined> {
    const [row] = await this.getMany([id])
    return row
  }

  /** The rows with these ids, in that order, undefined where there is none. */
  async getMany(ids: readonly string[]): Promise<readonly (T | undefined)[]> {
    const { store } = this.#context
    const { name } = this.#context.table().metadata
    const canonical = ids.map((id) => canonicalGuid(String(id)) ?? String(id).toLowerCase())
    const rows = await store.read(`rows of ${name}`, (tx) => tx.rows(name, canonical))
    return rows.map((row) => row?.values as T | undefined)
  }

  /** The rows that match, sorted. Throws `invalid` when the query names what the table does not keep. */
  async query(query: Query = {}): Promise<readonly T[]> {
    const table = this.#context.table()
    return this.#run(table, checkQuery(query, table))
  }

  /** How many rows the table holds. */
  async count(): Promise<number> {
    const { name } = this.#context.table().metadata
    return this.#context.store.read(`count of ${name}`, (tx) => tx.count(name))
  }

  /**
   * Runs the query now and again after commits that can change its rows, and gives the listener its rows whenever they are
   * others than before. Throws `invalid` at once for a query that cannot run; later failures go to `onError` and end
   * the watch. Returns the way out.
   */
  watch(
    query: Query,
    listener: (rows: readonly T[]) => void,
    onError: (error: OutpostError) => void = () => {},
  ): () => void {
    return watchQuery(this.#context, query, (rows) => listener(rows as readonly T[]), onError)
  }

  async #run(table: ConfiguredTable, query: CheckedQuery): Promise<readonly T[]> {
    const { rows } = await this.#context.store.read(`query of ${table.metadata.name}`, (tx) =>
      runQuery(tx, table, query, this.#context.filterContext()),
    )
    return rows.map((row) => row.values as T)
  }
}
