import { TARGET_SUFFIX } from '@outpost/core'
import type { Change, OfflineTransaction, Row, TransactionEvent } from '@outpost/core'

/*
 * What excuses a transaction from being what was written: only what its history records.
 */

export function hasHappened({ history }: OfflineTransaction, event: TransactionEvent): boolean {
  return history.some((entry) => entry.event === event)
}

/** The columns of a row about which a decision is recorded. */
export function decidedColumns(
  { history }: Pick<OfflineTransaction, 'history'>,
  table: string,
  id: string,
): ReadonlySet<string> {
  const found = new Set<string>()
  for (const { conflicts = [] } of history)
    for (const each of conflicts) if (each.table === table && each.id === id) found.add(each.column)
  return found
}

/** What a change writes into its row. */
export function valuesOf(change: Change): Row {
  switch (change.kind) {
    case 'create':
    case 'update':
      return change.values
    case 'action':
      return change.effect
    case 'delete':
    case 'associate':
    case 'disassociate':
      return {}
  }
}

/** The columns that hold the tables of the lookups that are written. */
export function targetsOf(values: Row): readonly string[] {
  return Object.keys(values).flatMap((name) => (name.endsWith(TARGET_SUFFIX) ? [] : [name + TARGET_SUFFIX]))
}

/** A column, and the one that holds its table where it is a lookup. */
export function withTarget(name: string): readonly string[] {
  return [name, name + TARGET_SUFFIX]
}

/** The older values that stay true behind the newer ones: a lookup takes the table of its row with it. */
export function without(older: Row, newer: Row): Row {
  const gone = new Set(targetsOf(newer))
  return Object.fromEntries(Object.entries(older).filter(([name]) => !gone.has(name)))
}
