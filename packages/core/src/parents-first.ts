import type { Change } from './change.ts'
import type { ConfiguredTable } from './configuration.ts'
import { referencesOf } from './dependencies.ts'
import { OutpostError } from './errors.ts'
import { rowKey } from './row.ts'

/** Rows that others of the same write point to are created before those; deletions come last, children before parents. */
export function parentsFirst(
  changes: readonly Change[],
  tables: ReadonlyMap<string, ConfiguredTable>,
): readonly Change[] {
  const created = new Map(
    changes.filter((change) => change.kind === 'create').map((change) => [rowKey(change.table, change.id), change]),
  )
  const sorted: Change[] = []
  const state = new Map<Change, 'open' | 'done'>()
  const visit = (change: Change): void => {
    if (state.get(change) === 'done') return
    if (state.get(change) === 'open') {
      throw new OutpostError(
        'invalid',
        `create of ${change.table} ${change.id}: rows of one write point to each other in a circle`,
        {
          place: { table: change.table, row: change.id, rule: 'lookup-cycle' },
          remedy: 'Create the rows without one of the lookups, then set it with a second write.',
        },
      )
    }
    state.set(change, 'open')
    for (const reference of referencesOf(change, tables)) {
      const parent = created.get(rowKey(reference.table, reference.id))
      if (parent) visit(parent)
    }
    state.set(change, 'done')
    sorted.push(change)
  }
  for (const change of changes.filter((candidate) => candidate.kind !== 'delete')) visit(change)
  return [...sorted, ...changes.filter((change) => change.kind === 'delete').toReversed()]
}
