import type { Change, CreateChange, UpdateChange } from '../change.ts'
import { parentsFirst } from '../write/parents-first.ts'
import type { ConfiguredTable } from '../copy/configuration.ts'
import { OutpostError } from '../errors.ts'
import { knownMaster } from '../rows/local-rows.ts'
import type { MasterRows } from '../rows/local-rows.ts'
import { columnOf } from '../metadata.ts'
import type { ConflictDecision, OfflineTransaction } from '../outbox/offline-transaction.ts'
import type { StoreReader } from '../ports/store.ts'
import { TARGET_SUFFIX } from '../row.ts'
import type { Row } from '../row.ts'

type Tables = ReadonlyMap<string, ConfiguredTable>

/** What is decided about a transaction that updates rows the master no longer has. */
export interface GoneRows {
  readonly undecided: boolean
  /** What is left to send: rows to be created again instead of updated, and updates of other rows. */
  readonly changes: readonly Change[]
  readonly recreated: readonly CreateChange[]
  readonly dropped: readonly UpdateChange[]
  readonly conflicts: readonly ConflictDecision[]
}

/** Decides by `onDeletedRow` of each table. Null when no row that the transaction updates is known to be gone. */
export async function decideGoneRows(
  tx: StoreReader,
  transaction: OfflineTransaction,
  masters: MasterRows,
  tables: Tables,
): Promise<GoneRows | null> {
  const changes: Change[] = []
  const recreated: CreateChange[] = []
  const dropped: UpdateChange[] = []
  const conflicts: ConflictDecision[] = []
  for (const change of transaction.changes) {
    const table = tables.get(change.table)
    if (change.kind !== 'update' || !table || masters.get(change.table)?.get(change.id)?.row !== null) {
      changes.push(change)
      continue
    }
    const given = mayHaveGivenAway(transaction, change)
    const decide = given ? 'error' : table.conflicts.onDeletedRow
    const again = decide === 'recreate' ? await createdAgain(tx, change, table) : null
    const reason = given ? 'it may have been given away by this change' : typeof again === 'string' ? again : undefined
    if (again && typeof again !== 'string') {
      changes.push(again)
      recreated.push(again)
      conflicts.push(...decisions(change, table, 'local'))
    } else if (decide === 'drop') {
      dropped.push(change)
      conflicts.push(...decisions(change, table, 'remote'))
    } else conflicts.push(...decisions(change, table, 'undecided', reason))
  }
  if (conflicts.length === 0) return null
  const sorted = recreated.length > 0 ? inOrder(changes, tables) : changes
  if (sorted && conflicts.every(({ resolved }) => resolved !== 'undecided')) {
    return { undecided: false, changes: sorted, recreated, dropped, conflicts }
  }
  const circle = sorted ? {} : { reason: 'the rows of the transaction would have to be created in a circle' }
  const open = conflicts.map((conflict) => ({ ...conflict, resolved: 'undecided' as const, value: null, ...circle }))
  return { undecided: true, changes: transaction.changes, recreated: [], dropped: [], conflicts: open }
}

/**
 * Whether a row that is not to be seen may be another's by now because of this very change: who gives a row away may not
 * see it any more, and the answer to that was lost.
 */
export function mayHaveGivenAway({ history }: OfflineTransaction, change: Change): boolean {
  return change.kind === 'update' && 'ownerid' in change.values && history.some(({ event }) => event === 'verified')
}

/** The row with its last known values and the update as a create, or why it cannot be created so. */
async function createdAgain(
  tx: StoreReader,
  change: UpdateChange,
  table: ConfiguredTable,
): Promise<CreateChange | string> {
  const [base] = await tx.bases(change.table, [change.id])
  const [row] = await tx.rows(change.table, [change.id])
  const known = knownMaster(change.id, base, row).row?.values
  if (!known) return 'nothing is known of the row that was deleted'
  const creatable = (name: string): boolean => columnOf(table.metadata, name)?.creatable === true
  const lost = Object.entries(change.values).find(
    ([name, value]) => value !== null && !name.endsWith(TARGET_SUFFIX) && !creatable(name),
  )
  if (lost) return `column '${lost[0]}' cannot be set on a row that is created`
  const names = table.columns.filter((name) => creatable(name) && isKept(table, name, change))
  const values: Row = { ...known, ...change.values }
  const given = names
    .filter((name) => name !== table.metadata.primaryId && (values[name] ?? null) !== null)
    .flatMap((name) => [name, name + TARGET_SUFFIX])
    .filter((name) => name in values)
  return {
    kind: 'create',
    table: change.table,
    id: change.id,
    values: Object.fromEntries(given.map((name) => [name, values[name] ?? null])),
    // Somebody else may create it again, too: that the id is there proves nothing.
    chosenId: true,
    recreates: change,
  }
}

/** A new row begins in its table's first state, which an old status need not belong to. Files have requests of their own. */
function isKept(table: ConfiguredTable, name: string, change: UpdateChange): boolean {
  const type = columnOf(table.metadata, name)?.type ?? 'other'
  if (type === 'file' || type === 'image' || type === 'other') return false
  return (type !== 'state' && type !== 'status') || name in change.values
}

function inOrder(changes: readonly Change[], tables: Tables): readonly Change[] | null {
  try {
    return parentsFirst(changes, tables)
  } catch (error) {
    if (error instanceof OutpostError && error.place.rule === 'lookup-cycle') return null
    throw error
  }
}

function decisions(
  change: UpdateChange,
  table: ConfiguredTable,
  resolved: 'local' | 'remote' | 'undecided',
  reason?: string,
): readonly ConflictDecision[] {
  const names = Object.keys(change.values).filter((name) => !name.endsWith(TARGET_SUFFIX))
  return names.map((column) => {
    const local = change.values[column] ?? null
    return {
      kind: 'deleted-on-master',
      table: change.table,
      id: change.id,
      column,
      base: change.before[column] ?? null,
      local,
      remote: null,
      resolved,
      value: resolved === 'local' ? local : null,
      policy: `on deleted row: ${table.conflicts.onDeletedRow}`,
      ...(reason === undefined ? {} : { reason }),
    }
  })
}

/** The changes with the updates that stood behind rows created again, where such a row is on the master after all. */
export function updatesInstead(
  changes: readonly Change[],
  masters: MasterRows,
  tables: Tables,
): readonly Change[] | null {
  const restored = changes.map((change) => {
    const present = change.kind === 'create' && masters.get(change.table)?.get(change.id)?.row
    return change.kind === 'create' && present ? (change.recreates ?? change) : change
  })
  // A row that was to be there first need not be any more, and what was put off for its sake need not wait.
  return restored.some((change, at) => change !== changes[at]) ? parentsFirst(restored, tables) : null
}
