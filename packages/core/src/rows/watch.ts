import type { ConfiguredTable } from '../copy/configuration.ts'
import { OutpostError } from '../errors.ts'
import type { FilterContext } from '../filter/evaluate.ts'
import { factsOfFilter } from '../filter/filter-context.ts'
import type { Store, StoredRow, StoreReader } from '../ports/store.ts'
import type { Row } from '../row.ts'
import { checkQuery, joinsRows, runQuery } from './query.ts'
import type { CheckedQuery, Query, QueryResult } from './query.ts'

export interface TableContext {
  readonly store: Store
  /** The table's present configuration; throws when it is no longer kept. */
  table(): ConfiguredTable
  filterContext(): FilterContext
}

/** The ids of the rows that have changed; `all` where any of them may have. */
type Changed = Set<string> | 'all'

/** The last result of a watched query. */
interface Shown {
  readonly table: ConfiguredTable
  readonly query: CheckedQuery
  readonly result: QueryResult
}

/**
 * Gives the listener the query's rows now, and whenever a commit makes them others. Commits that come while the query runs
 * are looked at together. Throws `invalid` at once for a query that cannot run; later failures go to `onError` and end the
 * watch. Returns the way out.
 */
export function watchQuery(
  context: TableContext,
  query: Query,
  listener: (rows: readonly Row[]) => void,
  onError: (error: OutpostError) => void,
): () => void {
  const { store } = context
  const { name } = context.table().metadata
  checkQuery(query, context.table())
  let stopped = false
  let running = false
  let changed: Changed | null = 'all'
  let shown: Shown | undefined
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
    if (running) return
    running = true
    try {
      // A turn later: commits that share a sync of the disk are told of one after another.
      await Promise.resolve()
      while (changed && !stopped) {
        const since: Changed = changed
        changed = null
        const table = context.table()
        const before = shown?.table === table ? shown : undefined
        const checked = before?.query ?? checkQuery(query, table)
        const result = await store.read(`query of ${name}`, async (tx) =>
          before && since !== 'all' && !(await canChange(tx, before, since))
            ? before.result
            : runQuery(tx, table, checked, context.filterContext()),
        )
        const isSame = shown !== undefined && haveSameValues(shown.result.rows, result.rows)
        shown = { table, query: checked, result }
        // A copy, as the next result is held against these rows, whatever the listener does with its own.
        if (!stopped && !isSame) listener(result.rows.map(({ values }) => ({ ...values })))
      }
    } catch (error) {
      stop()
      report(OutpostError.from(error, 'store'))
    } finally {
      running = false
    }
  }
  const unsubscribe = store.subscribe((change) => {
    const ids = change.rows.get(name)
    if (!ids) return
    if (ids.length === 0) changed = 'all'
    changed ??= new Set()
    if (changed !== 'all') for (const id of ids) changed.add(id)
    void refresh()
  })
  void refresh()
  return stop
}

/**
 * Whether the result can be another one with these rows as they are now. A result holds what matches at one moment and
 * changes by itself only with the facts that its filter asks for, so a row that was not in it, and does not belong in it
 * now, makes no difference.
 */
async function canChange(tx: StoreReader, shown: Shown, ids: ReadonlySet<string>): Promise<boolean> {
  const { table, query, result } = shown
  if (query.filter && factsOfFilter(query.filter).length > 0) return true
  if (result.rows.some(({ id }) => ids.has(id))) return true
  // To read these would take longer than to run the query.
  if (ids.size > result.read) return true
  const joins = joinsRows(table, query, result.rows)
  const rows = await tx.rows(table.metadata.name, [...ids])
  return rows.some((row) => row !== undefined && joins(row))
}

function haveSameValues(some: readonly StoredRow[], others: readonly StoredRow[]): boolean {
  return some === others || (some.length === others.length && some.every((row, at) => isSame(row, others[at])))
}

function isSame({ values }: StoredRow, other: StoredRow | undefined): boolean {
  if (values === other?.values) return true
  const names = Object.keys(values)
  return (
    other !== undefined &&
    names.length === Object.keys(other.values).length &&
    names.every((name) => values[name] === other.values[name])
  )
}
