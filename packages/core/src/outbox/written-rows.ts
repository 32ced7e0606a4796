import type { Change } from '../change.ts'
import { rowKey } from '../row.ts'
import type { Row } from '../row.ts'
import type { HistoryEntry, OfflineTransaction, WrittenRow } from './offline-transaction.ts'

/** What was written at first is kept with the commit before it is changed. */
export function withFirstWrite({ history, changes }: OfflineTransaction): readonly HistoryEntry[] {
  const [committed, ...later] = history
  if (!committed || committed.wrote) return history
  return [{ ...committed, wrote: changes.map(writtenRow) }, ...later]
}

/** The columns in which the changes of rows differ, with their new values. */
export function writtenBetween(before: readonly Change[], after: readonly Change[]): readonly WrittenRow[] {
  const old = new Map(before.map((change) => [rowKey(change.table, change.id), writtenValues(change)]))
  return after.flatMap((change) => {
    const { kind, table, id } = change
    const [was, is] = [old.get(rowKey(table, id)) ?? {}, writtenValues(change)]
    const values = Object.fromEntries(
      Object.entries(is).filter(([name, value]) => !(name in was) || was[name] !== value),
    )
    const dropped = Object.keys(was).filter((name) => !(name in is))
    if (Object.keys(values).length === 0 && dropped.length === 0) return []
    return [{ kind, table, id, values, ...(dropped.length > 0 ? { dropped } : {}) }]
  })
}

/** Whether changes were made to stand on other values than they were made on, or are no longer all there. */
export function isRebased(before: readonly Change[], after: readonly Change[]): boolean {
  const stood = new Map(before.map((change) => [rowKey(change.table, change.id), beforeOf(change)]))
  return (
    after.length < before.length ||
    after.some((change) => {
      const [was, is] = [stood.get(rowKey(change.table, change.id)) ?? {}, beforeOf(change)]
      return Object.keys(is).some((name) => name in was && was[name] !== is[name])
    })
  )
}

function beforeOf(change: Change): Row {
  return 'before' in change ? change.before : {}
}

/** What one change writes, by itself. */
export function writtenRow(change: Change): WrittenRow {
  const { kind, table, id } = change
  return { kind, table, id, values: writtenValues(change), ...('before' in change ? { before: change.before } : {}) }
}

function writtenValues(change: object & { readonly values?: Row }): Row {
  return change.values ?? {}
}
