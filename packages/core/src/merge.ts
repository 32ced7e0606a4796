import type { ConfiguredTable, ConflictPolicy } from './configuration.ts'
import type { DeleteChange, UpdateChange } from './change.ts'
import { columnOf } from './metadata.ts'
import type { ColumnMetadata } from './metadata.ts'
import type { ConflictDecision } from './outbox/offline-transaction.ts'
import { decimalText, roundsTo } from './decimal.ts'
import { TARGET_SUFFIX } from './row.ts'
import type { ColumnValue, Row } from './row.ts'

/**
 * What becomes of a change when the master's row is no longer the one it was made on.
 *
 * - `send`: these columns still have to be sent, on top of the master's present row.
 * - `applied`: the master's row shows the whole change already.
 * - `overruled`: the policy decided for the master; nothing is to be sent.
 * - `undecided`: a person has to decide.
 */
export type Merge =
  | { readonly kind: 'send'; readonly values: Row; readonly conflicts: readonly ConflictDecision[] }
  | { readonly kind: 'applied' }
  | { readonly kind: 'overruled' | 'undecided'; readonly conflicts: readonly ConflictDecision[] }

/**
 * Three-way merge of an update, column by column: where only we changed a column our value stands, where the master has
 * our value already nothing is sent, and where both changed it the table's policy decides.
 */
export function mergeUpdate(change: UpdateChange, remote: Row, table: ConfiguredTable): Merge {
  const names = Object.keys(change.values).filter((name) => !name.endsWith(TARGET_SUFFIX))
  const same = (name: string, one: ColumnValue | undefined, other: ColumnValue | undefined): boolean =>
    sameValue(columnOf(table.metadata, name), one ?? null, other ?? null)
  // What was not read of the master is not null there: it cannot be compared, and is sent.
  const ours = names.filter((name) => !(name in remote) || !same(name, remote[name], change.values[name]))
  if (ours.length === 0) return { kind: 'applied' }
  const changed = ours.filter((name) => name in remote && !same(name, remote[name], change.before[name]))
  const clashes = withStatusPair(table, changed, ours)
  if (clashes.length === 0) return { kind: 'send', values: pick(change.values, ours), conflicts: [] }

  const policy = table.conflictPolicy
  const conflicts = clashes.map((column) => decision(change, column, remote, policy, RESOLVED[policy]))
  switch (policy) {
    case 'client-wins':
      return { kind: 'send', values: pick(change.values, ours), conflicts }
    case 'manual':
      return { kind: 'undecided', conflicts }
    case 'server-wins':
      return { kind: 'overruled', conflicts }
    case 'merge': {
      const rest = ours.filter((name) => !clashes.includes(name))
      return rest.length === 0
        ? { kind: 'overruled', conflicts }
        : { kind: 'send', values: pick(change.values, rest), conflicts }
    }
  }
}

/** State and status are one value in two columns: a clash in one of them is a clash in both. */
function withStatusPair(
  table: ConfiguredTable,
  clashes: readonly string[],
  ours: readonly string[],
): readonly string[] {
  const pair = ours.filter((name) => ['state', 'status'].includes(columnOf(table.metadata, name)?.type ?? ''))
  return pair.some((name) => clashes.includes(name)) ? [...new Set([...clashes, ...pair])] : clashes
}

/**
 * A deletion of a row that the master has changed since. Only a table whose policy is `client-wins` deletes it anyway,
 * and `server-wins` keeps it; otherwise a person decides, because neither side's work may be lost unseen.
 */
export function mergeDelete(change: DeleteChange, remote: Row, table: ConfiguredTable): Merge {
  const changed = table.columns.filter((name) => {
    const column = columnOf(table.metadata, name)
    return column?.updatable === true && !sameValue(column, remote[name] ?? null, change.before[name] ?? null)
  })
  if (changed.length === 0) return { kind: 'send', values: {}, conflicts: [] }
  const policy = table.conflictPolicy
  const resolved = policy === 'merge' ? 'undecided' : RESOLVED[policy]
  const conflicts = changed.map((column) => decision({ ...change, values: {} }, column, remote, policy, resolved))
  switch (policy) {
    case 'client-wins':
      return { kind: 'send', values: {}, conflicts }
    case 'server-wins':
      return { kind: 'overruled', conflicts }
    default:
      return { kind: 'undecided', conflicts }
  }
}

const RESOLVED: Readonly<Record<ConflictPolicy, ConflictDecision['resolved']>> = {
  merge: 'remote',
  'server-wins': 'remote',
  'client-wins': 'local',
  manual: 'undecided',
}

function decision(
  change: { readonly table: string; readonly id: string; readonly before: Row; readonly values: Row },
  column: string,
  remote: Row,
  policy: ConflictPolicy,
  resolved: ConflictDecision['resolved'],
): ConflictDecision {
  return {
    table: change.table,
    id: change.id,
    column,
    base: change.before[column] ?? null,
    local: change.values[column] ?? null,
    remote: remote[column] ?? null,
    resolved,
    policy,
  }
}

function pick(values: Row, names: readonly string[]): Row {
  const kept = names.flatMap((name) => [name, name + TARGET_SUFFIX]).filter((name) => name in values)
  return Object.fromEntries(kept.map((name) => [name, values[name] ?? null]))
}

/** Whether the master would hold the same for both: it rounds decimals to the column's precision. */
function sameValue(column: ColumnMetadata | undefined, one: ColumnValue, other: ColumnValue): boolean {
  if (one === other) return true
  const decimals = column?.precision !== undefined && isDecimal(one) && isDecimal(other)
  return decimals && roundsTo(one, other, column.precision ?? 0)
}

function isDecimal(value: ColumnValue): value is string | number {
  return typeof value === 'number' || (typeof value === 'string' && decimalText(value) !== '')
}
