import type { ConfiguredTable, ConflictPolicy } from './configuration.ts'
import type { DeleteChange, UpdateChange } from './change.ts'
import { columnOf } from './metadata.ts'
import type { ColumnMetadata } from './metadata.ts'
import type { ConflictDecision } from './outbox/offline-transaction.ts'
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
  const same = (name: string, one: ColumnValue, other: ColumnValue): boolean =>
    sameValue(columnOf(table.metadata, name), one, other)
  const ours = names.filter((name) => !same(name, remote[name] ?? null, change.values[name] ?? null))
  if (ours.length === 0) return { kind: 'applied' }
  const clashes = ours.filter((name) => !same(name, remote[name] ?? null, change.before[name] ?? null))
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
  if (typeof one !== 'number' || typeof other !== 'number' || column?.precision === undefined) return false
  return one.toFixed(column.precision) === other.toFixed(column.precision)
}
