import type { ActionChange, ActionEvidence, Change, CreateChange } from '../change.ts'
import type { ConfiguredTable } from '../copy/configuration.ts'
import { noteAnchors } from '../pull/anchor-list.ts'
import { masterWentBack } from '../pull/distrust-past.ts'
import { dependentsDue } from '../pull/dependents.ts'
import { isOlderVersion } from '../pull/version-order.ts'
import { refreshRows } from '../rows/local-rows.ts'
import type { KnownMaster, MasterRows } from '../rows/local-rows.ts'
import { isApplied } from '../conflicts/merge.ts'
import type { StoreWriter } from '../ports/store.ts'

type Tables = ReadonlyMap<string, ConfiguredTable>

/**
 * Whether the evidence of actions is there, by `evidenceKey`; null where it cannot be looked for any more, because the master
 * no longer has the table or the columns that it names.
 */
export type Happened = ReadonlyMap<string, boolean | null>

export function evidenceKey(evidence: ActionEvidence): string {
  return JSON.stringify(Object.entries(evidence).toSorted(([one], [other]) => (one < other ? -1 : 1)))
}

/**
 * What became of a transaction whose answer was lost. `doubtful`: only a person can tell. An action of it has happened, but
 * not all of the rest shows: the action was somebody else's, or the rest was changed since. Or the row that would show the
 * action, which was there when it was written, is gone, or what would show it in the row is.
 */
export type Standing = 'delivered' | 'not-delivered' | 'doubtful'

/**
 * A transaction is delivered as a whole or not at all, so one row that only it can have made proves all of it. The effect
 * of an update, a deletion, a link or an action can also be somebody else's: it takes all of them. An action that may be
 * repeated proves nothing: without other proof it is sent again.
 */
export function standingOf(
  changes: readonly Change[],
  masters: MasterRows,
  happened: Happened,
  tables: Tables,
): Standing {
  const creates = changes.filter((change) => change.kind === 'create')
  if (creates.some((change) => isOurs(change, masters, tables, true))) return 'delivered'
  const actions = changes.filter((change) => change.kind === 'action')
  const telling = actions.filter(({ evidence }) => evidence.kind !== 'repeatable')
  const done = telling.filter(({ evidence }) => happened.get(evidenceKey(evidence)) === true)
  if (telling.length === 0) {
    const shown = changes.every((change) => shows(change, actions, masters, tables) === true)
    return creates.length === 0 && shown ? 'delivered' : 'not-delivered'
  }
  if (done.length === 0) {
    const isUntold = telling.some(
      (action) => happened.get(evidenceKey(action.evidence)) === null || isLost(action, creates, masters),
    )
    return isUntold ? 'doubtful' : 'not-delivered'
  }
  if (done.some(({ evidence }) => evidence.kind === 'row-exists')) return 'delivered'
  const rest = changes.filter((change) => change.kind !== 'action')
  const shown = rest.every((change) => shows(change, actions, masters, tables) !== false)
  return done.length === telling.length && shown ? 'delivered' : 'doubtful'
}

/** Whether the action was to be known by its own row, and that is not to be seen. */
function isLost({ table, id, evidence }: ActionChange, creates: readonly Change[], masters: MasterRows): boolean {
  if (evidence.kind !== 'row-matches' || evidence.table !== table || evidence.id !== id) return false
  const isNew = creates.some((change) => change.table === table && change.id === id)
  return !isNew && masters.get(table)?.get(id)?.row === null
}

/** Whether the master's row shows the change; null where that cannot be seen. */
function shows(change: Change, actions: readonly ActionChange[], masters: MasterRows, tables: Tables): boolean | null {
  if (change.kind === 'action') return null
  const table = tables.get(change.table)
  const known = masters.get(change.table)?.get(change.id)
  if (!table || !known) return false
  if (change.kind !== 'update')
    return (known.row === null) === (change.kind === 'delete' || change.kind === 'disassociate')
  const later = actions.filter((action) => action.table === change.table && action.id === change.id)
  const overwritten = new Set(later.flatMap((action) => Object.keys(action.effect)))
  const values = Object.fromEntries(Object.entries(change.values).filter(([name]) => !overwritten.has(name)))
  return known.row !== null && isApplied({ ...change, values }, known.row.values, table)
}

/**
 * The rows that the master gave back, where actions came after they were written: what was read of those rows since, or
 * nothing. A row that was not found is taken for gone only where that is what the action is known by.
 */
export function afterActions(changes: readonly Change[], pushed: MasterRows, read: MasterRows): MasterRows {
  const actions = changes.filter((change) => change.kind === 'action')
  if (actions.length === 0) return pushed
  const known = new Map([...pushed].map(([table, rows]) => [table, new Map(rows)]))
  for (const { table, id, evidence } of actions) {
    const rows = known.get(table) ?? new Map<string, KnownMaster>()
    const now = read.get(table)?.get(id)
    const goes = evidence.kind === 'row-gone' && evidence.table === table && evidence.id === id
    if (now?.row) rows.set(id, now)
    else if (goes) rows.set(id, { id, row: null })
    else rows.delete(id)
    known.set(table, rows)
  }
  return known
}

/** Whether the master's row is the one that the change creates. */
export function isOurs(change: CreateChange, masters: MasterRows, tables: Tables, sentBefore: boolean): boolean {
  const row = masters.get(change.table)?.get(change.id)?.row
  if (!row) return false
  if (!change.chosenId) return true
  const table = tables.get(change.table)
  return sentBefore && table !== undefined && isApplied(change, row.values, table)
}

/**
 * Takes what was read of the master as the base of rows it still has. A row it no longer has keeps what we know of it. One
 * in an older version than its change was made on shows a master that went back in time: once the change is made on what the
 * row is now, no pull will see that.
 */
export async function takeBases(
  tx: StoreWriter,
  changes: readonly Change[],
  masters: MasterRows,
  tables: Tables,
): Promise<void> {
  for (const change of changes) {
    const table = tables.get(change.table)
    const known = masters.get(change.table)?.get(change.id)
    if (!table || !known?.row) continue
    await refreshRows(tx, table, [change.id], new Map([[change.id, known]]))
    // When a pull brings it, it is held already.
    await dependentsDue(tx, tables, change.table)
    // No pull may ever bring it as it was here: a master that goes back has the row as the pulls before have brought it.
    const { version } = known.row
    if (version === null) continue
    await noteAnchors(tx, change.table, [{ id: change.id, version }], { byPush: true })
    const before = change.kind === 'update' || change.kind === 'delete' ? change.version : null
    if (before !== null && isOlderVersion(version, before)) await masterWentBack(tx, tables.keys())
  }
}
