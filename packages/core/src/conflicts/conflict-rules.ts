import type { ConflictRule } from './conflict-policy.ts'
import { compareDecimals, decimalText, plusDifference } from '../rows/decimal.ts'
import type { ColumnMetadata } from '../metadata.ts'
import type { ColumnValue } from '../row.ts'
import { optionsOf, optionsText } from './same-value.ts'
import { canonicalDecimal } from '../write/validate-values.ts'

/** The three values of a column in which both sides changed. */
export interface Sides {
  readonly base: ColumnValue
  readonly local: ColumnValue
  readonly remote: ColumnValue
}

/** What is known of the edit besides its values. Times are milliseconds since 1970. */
export interface EditContext {
  /** When the edit was made, and when it is merged, by the clock of the device. */
  readonly editedAt: number
  readonly now: number
  /** Whether an answer to the edit was lost, so that what the master shows may have it in it already. */
  readonly doubtful: boolean
}

/** The value a rule chose; or none, with the reason, where a person, or the policy of the table, has to decide. */
export type RuleVerdict =
  | { readonly value: ColumnValue; readonly reason?: string }
  | { readonly decidedBy: 'person' | 'policy'; readonly reason?: string }

/** Applies a rule to a clash. `remoteModifiedOn` is the master's `modifiedon`, null where it is not known. */
export function applyRule(
  rule: ConflictRule,
  column: ColumnMetadata,
  sides: Sides,
  context: EditContext & { readonly remoteModifiedOn: ColumnValue },
): RuleVerdict {
  const { base, local, remote } = sides
  switch (rule) {
    case 'client-wins':
      return { value: local }
    case 'server-wins':
      return { value: remote }
    case 'manual':
      return { decidedBy: 'person' }
    case 'never-overwrite':
      return { value: remote ?? local }
    case 'max':
    case 'min':
      return { value: extreme(rule, column, local, remote) }
    case 'union':
      return { value: union(sides) }
    case 'sum': {
      if (local === null || remote === null) {
        return { decidedBy: 'policy', reason: 'a value that was emptied is no amount' }
      }
      if (!context.doubtful) return { value: sum(column, base, local, remote) }
      const reason = 'an answer was lost; it cannot be told whether the master has counted the amount already'
      return { decidedBy: 'person', reason }
    }
    case 'newest':
      return newest(sides, context)
  }
}

function extreme(rule: 'max' | 'min', column: ColumnMetadata, local: ColumnValue, remote: ColumnValue): ColumnValue {
  if (local === null || remote === null) return local ?? remote
  const order = compare(column, local, remote)
  return (rule === 'max' ? order > 0 : order < 0) ? local : remote
}

function compare(column: ColumnMetadata, one: ColumnValue, other: ColumnValue): number {
  if (column.type === 'date' || column.type === 'datetime') return Date.parse(String(one)) - Date.parse(String(other))
  return compareDecimals(decimalOf(one), decimalOf(other))
}

function sum(column: ColumnMetadata, base: ColumnValue, local: ColumnValue, remote: ColumnValue): ColumnValue {
  const text = plusDifference(decimalOf(remote), decimalOf(base), decimalOf(local))
  switch (column.type) {
    case 'bigint':
      return text
    case 'decimal':
    case 'money':
      return canonicalDecimal(text)
    default:
      return Number(text)
  }
}

function decimalOf(value: ColumnValue): string {
  return typeof value === 'number' || typeof value === 'string' ? decimalText(value) || '0' : '0'
}

function union({ base, local, remote }: Sides): ColumnValue {
  const [before, ours, theirs] = [optionsOf(base), optionsOf(local), optionsOf(remote)]
  const kept = [...ours, ...theirs].filter((option) => !before.has(option) || (ours.has(option) && theirs.has(option)))
  return optionsText(new Set(kept))
}

/** The master keeps whole seconds; within the same one its value stands. */
function newest(
  { local, remote }: Sides,
  { editedAt, now, remoteModifiedOn }: EditContext & { readonly remoteModifiedOn: ColumnValue },
): RuleVerdict {
  const theirs = typeof remoteModifiedOn === 'string' ? Date.parse(remoteModifiedOn) : Number.NaN
  if (Number.isNaN(theirs)) return { decidedBy: 'policy', reason: 'the master does not say when the row was changed' }
  if (theirs > now || editedAt > now) {
    return { decidedBy: 'policy', reason: 'the clock of the device is wrong: one of the edits would be in the future' }
  }
  const times = `edited here at ${instant(editedAt)} by the clock of the device, on the master at ${instant(theirs)}`
  return { value: Math.floor(editedAt / 1000) * 1000 > theirs ? local : remote, reason: times }
}

function instant(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`
}
