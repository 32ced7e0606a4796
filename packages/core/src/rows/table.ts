import type { ConfiguredTable } from '../copy/configuration.ts'
import { OutpostError } from '../errors.ts'
import type { FilterContext } from '../filter/evaluate.ts'
import type { TableMetadata } from '../metadata.ts'
import { canonicalGuid } from '../row.ts'
import type { Store } from '../ports/store.ts'
import { checkQuery, runQuery } from './query.ts'
import type { CheckedQuery, Query } from './query.ts'
import type { Row } from '../row.ts'

export interface TableContext {
  readonly store: Store
  /** The table's present configuration; throws when it is no longer kept. */
  table(): ConfiguredTable
  filterContext(): FilterContext
}

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
   * Runs the query now and again after every commit that touches the table, and gives the listener its rows whenever they
   * are others than before. Throws `invalid` at once for a query that cannot run; later failures go to `onError` and end
   * the watch. Returns the way out.
   */
  watch(
    query: Query,
    listener: (rows: readonly T[]) => void,
    onError: (error: OutpostError) => void = () => {},
  ): () => void {
    const { name } = this.#context.table().metadata
    checkQuery(query, this.#context.table())
    let stopped = false
    let stale = false
    let running = false
    let shown: string | undefined
    const stop = (): void => {
      stopped = true
      unsubscribe()
    }
    const report = (error: OutpostError): void => {
      try {
        onError(error)
      } catch {
        // There is nobody left to tell, and a rejection that nobody handles would end the process.
      }
    }
    const refresh = async (): Promise<void> => {
      stale = true
      if (running) return
      running = true
      try {
        while (stale && !stopped) {
          stale = false
          const table = this.#context.table()
          const rows = await this.#run(table, checkQuery(query, table))
          const key = JSON.stringify(rows)
          if (stopped || key === shown) continue
          shown = key
          listener(rows)
        }
      } catch (error) {
        stop()
        report(OutpostError.from(error, 'store'))
      } finally {
        running = false
      }
    }
    const unsubscribe = this.#context.store.subscribe((change) => {
      if (change.rows.has(name)) void refresh()
    })
    void refresh()
    return stop
  }

  async #run(table: ConfiguredTable, query: CheckedQuery): Promise<readonly T[]> {
    const rows = await this.#context.store.read(`query of ${table.metadata.name}`, (tx) =>
      runQuery(tx, table, query, this.#context.filterContext()),
    )
    return rows.map((row) => row.values as T)
  }
}
