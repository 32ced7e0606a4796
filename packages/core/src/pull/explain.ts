import type { ConfiguredTable } from '../copy/configuration.ts'
import type { Store } from '../ports/store.ts'
import { dueOf, largeColumns, readCheckpoint } from './checkpoint.ts'
import type { DueReason, TableCheckpoint } from './checkpoint.ts'
import { changeTrackingOf, whyNotAsked } from './delta.ts'
import type { ChangeTracking } from './delta.ts'
import { relatedTables } from './dependents.ts'
import { dependsOnTime } from './passing-time.ts'
import type { PullContext } from './pull-context.ts'
import { trackedSince } from './tracking.ts'
import type { Tracked } from './tracking.ts'

/**
 * What a pull of a table is put together from.
 *
 * - `floor`: the pass over new and changed rows.
 * - `reconciliation`: the comparison of all ids and versions.
 * - `tracking`: the mobile-tracking table. `delta`: the master's change tracking.
 * - `layers`: large columns, and columns that were added later, by themselves.
 */
export type PullStrategy = 'floor' | 'reconciliation' | 'tracking' | 'delta' | 'layers'

export interface StrategyReason {
  readonly name: PullStrategy
  /** As a sentence. */
  readonly why: string
}

/** How a table is pulled, for people to read. The sentences are not for decisions. */
export interface PullExplanation {
  readonly table: string
  readonly strategies: readonly StrategyReason[]
  readonly notUsed: readonly StrategyReason[]
  /** Why all rows are compared with the next pull; none where they are not, or are with every pull. */
  readonly due: readonly DueReason[]
  /** What is not found with this configuration until all rows are compared. */
  readonly mayBeStale: readonly string[]
  /** Where the pass over new and changed rows stands. */
  readonly checkpoint: string
}

interface State {
  readonly checkpoint: TableCheckpoint | undefined
  readonly due: readonly DueReason[]
  readonly tracked: Tracked | undefined
  readonly delta: ChangeTracking | undefined
}

/** Explains how a table is pulled as things stand. Asks the store only. */
export async function explainPull(
  context: Pick<PullContext, 'master' | 'mobileTracking' | 'tables'> & { readonly store: Store },
  table: ConfiguredTable,
): Promise<PullExplanation> {
  const name = table.metadata.name
  const state = await context.store.read(`explain ${name}`, async (tx): Promise<State> => ({
    checkpoint: await readCheckpoint(tx, name),
    due: await dueOf(tx, name),
    tracked: await trackedSince(tx, name),
    delta: await changeTrackingOf(tx, name),
  }))
  const reasons = [
    floor(table),
    reconciliation(table, state),
    tracking(context, table, state),
    delta(context, table, state),
    layers(table, state),
  ]
  const without = ({ used: _, ...reason }: Reason): StrategyReason => reason
  return {
    table: name,
    strategies: reasons.filter(({ used }) => used).map(without),
    notUsed: reasons.filter(({ used }) => !used).map(without),
    due: state.due,
    mayBeStale: stale(context, table, state),
    checkpoint: inWords(state),
  }
}

type Reason = StrategyReason & { readonly used: boolean }

function floor({ scope }: ConfiguredTable): Reason {
  const own = scope.fetchXml ? 'FetchXML' : scope.filter ? 'the sync filter' : null
  const related = scope.related?.length ? 'rows that are related to those of other tables' : null
  const which = [own, related].filter((part) => part !== null).join(', and ')
  const under =
    which === '' ? 'no filter: all rows the user may read' : own === null ? `no filter: only ${which}` : which
  return { used: true, name: 'floor', why: `new and changed rows are asked for with every pull, under ${under}` }
}

function reconciliation(table: ConfiguredTable, { due }: State): Reason {
  const name = 'reconciliation'
  if (table.syncDeletion) return { used: true, name, why: 'syncDeletion is on: all ids are compared with every pull' }
  if (due.length > 0) return { used: true, name, why: `all ids are compared with the next pull: ${due.join(', ')}` }
  return { used: false, name, why: 'syncDeletion is off, and nothing makes a comparison due' }
}

function tracking(
  { mobileTracking }: Pick<PullContext, 'mobileTracking'>,
  { tracking: kinds }: ConfiguredTable,
  { tracked }: State,
): Reason {
  const name = 'tracking'
  const on = Object.entries(kinds).flatMap(([kind, isOn]) => (isOn ? [kind] : []))
  if (on.length === 0) return { used: false, name, why: 'no kind of tracking is switched on for the table' }
  if (mobileTracking === undefined) return { used: false, name, why: 'no mobile-tracking table is configured' }
  if (!tracked) return { used: false, name, why: `'${mobileTracking}' has not been pulled yet` }
  const since = new Date(tracked.since).toISOString()
  return { used: true, name, why: `'${mobileTracking}' tells of ${tracked.kinds.join(', ')}; tracked since ${since}` }
}

function delta(context: Pick<PullContext, 'master'>, table: ConfiguredTable, { delta: state }: State): Reason {
  const name = 'delta'
  const why = whyNotAsked(context, table)
  if (why !== null) return { used: false, name, why }
  switch (state?.state) {
    case 'followed':
      return { used: true, name, why: "the master's change tracking names changed and deleted rows" }
    case 'refused':
      return { used: false, name, why: `the master refused it (${state.code}): ${state.message}` }
    default:
      return { used: false, name, why: 'no token has been taken yet: the next pull does' }
  }
}

function layers(table: ConfiguredTable, { checkpoint }: State): Reason {
  const name = 'layers'
  const large = largeColumns(table)
  if (checkpoint?.layer)
    return { used: true, name, why: `columns are added to rows: ${checkpoint.layer.columns.join(', ')}` }
  if (large.length > 0) return { used: true, name, why: `large columns come after the rows: ${large.join(', ')}` }
  return { used: false, name, why: 'no column is large, and none was added since' }
}

function stale(
  { tables, mobileTracking }: Pick<PullContext, 'tables' | 'mobileTracking'>,
  table: ConfiguredTable,
  { tracked, delta: state }: State,
): readonly string[] {
  if (table.syncDeletion) return []
  const found: string[] = []
  const followed = state?.state === 'followed'
  const kinds = mobileTracking === undefined ? [] : (tracked?.kinds ?? [])
  if (table.metadata.intersect) {
    if (!followed && !kinds.includes('links')) found.push('links that were removed on the master stay here')
  } else {
    if (!followed && !kinds.includes('deletes')) found.push('rows that were deleted on the master stay here')
    const isByOwnValues = table.scope.related?.some(({ direction }) => direction === 'children') ?? false
    if (!followed && (table.scope.filter || table.scope.fetchXml || isByOwnValues))
      found.push('rows that left the filter by a change of their own stay here')
    if (!followed && !kinds.includes('owners') && table.metadata.ownership === 'user')
      found.push('rows that were given to another owner, and may no longer be read, stay here')
    found.push('rows that are shared with the user, or no longer are, are found with the next comparison')
  }
  for (const related of relatedTables(table)) {
    if (tables.has(related)) continue
    found.push(`which rows are wanted depends on '${related}', which is not kept: its changes are not noticed`)
  }
  if (dependsOnTime(table)) found.push('what the filter selects changes with time: it is compared once in an hour')
  return found
}

function inWords({ checkpoint, due }: State): string {
  if (!checkpoint) return 'not pulled yet'
  if (checkpoint.complete) {
    return checkpoint.master === null
      ? 'to be read from the start again'
      : `${due.length > 0 ? 'all rows were here' : 'all rows are here'}; goes on with what is newer`
  }
  return checkpoint.master === null ? 'at the start of the first download' : 'within the first download'
}
