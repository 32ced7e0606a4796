import type { ConflictFunctions } from '../conflicts/conflict-policy.ts'
import { OutpostError } from '../errors.ts'
import { wrongTable } from './check-shape.ts'
import type { Configuration, TableConfiguration } from './configuration.ts'

/** A function that is named anew must be given; one that was in force before can be that of another program. */
export function unknownFunctions(
  next: Configuration,
  now: Configuration,
  functions: ConflictFunctions,
): readonly OutpostError[] {
  return Object.entries(next.tables).flatMap(([name, table]) => {
    const { conflictPolicy: policy } = table
    if (typeof policy !== 'object' || Object.hasOwn(functions, policy.function)) return []
    const before = now.tables[name]?.conflictPolicy
    if (typeof before === 'object' && before.function === policy.function) return []
    const message = `there is no conflict function '${policy.function}'`
    const remedy = 'Give it as one of `conflictFunctions` when the client org is opened.'
    return [wrongTable({ name }, 'conflict-function', message, undefined, remedy)]
  })
}

/** A local name that was in force before the master came to use it stays in force. */
export function isOldClash({ place: { table = '', column, rule } }: OutpostError, now: Configuration): boolean {
  if (rule !== 'local-clash') return false
  const names = column === undefined ? now.localTables : now.tables[table]?.localColumns
  return names !== undefined && Object.hasOwn(names, column ?? table)
}

/** Tables that are tracked otherwise than before: what happened until now is not in the tracking table. */
export function newlyTracked(before: Configuration, after: Configuration): readonly string[] {
  const other = before.mobileTracking !== after.mobileTracking
  return Object.entries(after.tables).flatMap(([name, { tracking }]) => {
    const on = (tracked: TableConfiguration['tracking']): string =>
      Object.entries(tracked ?? {})
        .flatMap(([kind, isOn]) => (isOn ? [kind] : []))
        .toSorted()
        .join()
    return on(tracking) !== '' && (other || on(tracking) !== on(before.tables[name]?.tracking)) ? [name] : []
  })
}

/** What is not known of a table whose tracking was changed. It is no reason to refuse anything. */
export function notCompared(table: string): OutpostError {
  const message = 'its tracking was changed, and what happened before is not known until all rows have been compared'
  return wrongTable({ name: table }, 'tracking-not-compared', message, undefined, 'Sync: the comparison is due.')
}

/** Why a table cannot go. */
export function unsentRows(table: string, count: number): OutpostError {
  return new OutpostError('refused', `table '${table}' has ${count} rows with unsent changes; it cannot be removed`, {
    place: { table, rule: 'unsent' },
    remedy: 'Sync first, or archive the transactions.',
  })
}

/** Why a configuration cannot take the place of another. */
export function changedMeanwhile(): OutpostError {
  return new OutpostError('refused', 'another configuration is in force than the one this was made from', {
    place: { rule: 'configuration-changed' },
    remedy: 'Make the changes anew from the configuration that is in force.',
  })
}

/** Whether two configurations say the same. The order of names counts for nothing, that of lists does. */
export function isSame(one: Configuration, other: Configuration): boolean {
  return isSameJson(one, other)
}

/** Whether a table that was configured before keeps other columns now. */
export function hasOtherColumns(one: TableConfiguration | undefined, other: TableConfiguration | undefined): boolean {
  return one !== undefined && other !== undefined && !isSameJson(one.columns, other.columns)
}

/** What is undefined counts as absent. */
function isSameJson(one: unknown, other: unknown): boolean {
  if (one === other) return true
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false
  if (Array.isArray(one) || Array.isArray(other)) {
    if (!Array.isArray(one) || !Array.isArray(other) || one.length !== other.length) return false
    return one.every((part, at) => isSameJson(part, other[at]))
  }
  const theirs = other as Readonly<Record<string, unknown>>
  const parts = Object.entries(one).filter(([, part]) => part !== undefined)
  const isThere = ([name, part]: readonly [string, unknown]): boolean =>
    Object.hasOwn(theirs, name) && isSameJson(part, theirs[name])
  return parts.every(isThere) && parts.length === Object.values(theirs).filter((part) => part !== undefined).length
}
