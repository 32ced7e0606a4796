import jsonPatch from 'fast-json-patch'
import type { DeleteChange, UpdateChange } from '../change.ts'
import type { ConfiguredTable } from '../copy/configuration.ts'
import { askFunction, reasonOf } from './conflict-function.ts'
import { MODIFIED_ON, ruleOf } from './conflict-policy.ts'
import type { ConflictChoice } from './conflict-policy.ts'
import { applyRule } from './conflict-rules.ts'
import type { EditContext, RuleVerdict } from './conflict-rules.ts'
import { columnOf, isMessage } from '../metadata.ts'
import type { ConflictDecision, ConflictPatches } from '../outbox/offline-transaction.ts'
import { TARGET_SUFFIX } from '../row.ts'
import type { ColumnValue, Row } from '../row.ts'
import { sameValue } from './same-value.ts'
import { validateValues } from '../write/validate-values.ts'

/**
 * What becomes of a change when the master's row is no longer the one it was made on.
 *
 * - `send`: these columns still have to be sent, on top of the master's present row.
 * - `applied`: nothing is left to send: the master's row shows the change already, or it changes nothing.
 * - `overruled`: a policy decided for the master; nothing is to be sent. `whole`: nor is the rest of its transaction.
 * - `undecided`: a person has to decide.
 * - `failed`: the application's conflict function gave no answer to act on.
 */
export type Merge =
  | {
      readonly kind: 'send'
      readonly values: Row
      readonly conflicts: readonly ConflictDecision[]
      readonly patches?: ConflictPatches
    }
  | { readonly kind: 'applied' }
  | {
      readonly kind: 'overruled'
      readonly conflicts: readonly ConflictDecision[]
      readonly whole: boolean
      readonly patches?: ConflictPatches
    }
  | { readonly kind: 'undecided'; readonly conflicts: readonly ConflictDecision[]; readonly patches?: ConflictPatches }
  | {
      readonly kind: 'failed'
      readonly conflicts: readonly ConflictDecision[]
      readonly patches?: ConflictPatches
      readonly message: string
      readonly column?: string
    }

/**
 * Whether the master's row shows the whole change. What was not read of the master cannot be compared, and is not there;
 * but a column that the master has removed since says nothing about the others.
 */
export function isApplied(change: Pick<UpdateChange, 'values'>, remote: Row, table: ConfiguredTable): boolean {
  const names = Object.keys(change.values).filter((name) => !name.endsWith(TARGET_SUFFIX))
  const still = names.filter((name) => columnOf(table.metadata, name) !== undefined)
  if (still.length === 0) return names.length === 0
  return still.every((name) => name in remote && same(table, name, remote[name], change.values[name]))
}

/** Whether the master's row shows any column of the change. */
export function showsSome({ values }: Pick<UpdateChange, 'values'>, remote: Row, table: ConfiguredTable): boolean {
  const names = Object.keys(values).filter((name) => !name.endsWith(TARGET_SUFFIX))
  return names.some((name) => name in remote && same(table, name, remote[name], values[name]))
}

/**
 * Three-way merge of an update, column by column: where only we changed a column our value stands, where the master has
 * our value already nothing is sent, and where both changed it the column's rule decides, else the table's policy. As long
 * as anything of ours is left, `client-row-wins` takes back what only the master changed, too.
 */
export function mergeUpdate(change: UpdateChange, remote: Row, table: ConfiguredTable, context: EditContext): Merge {
  const names = Object.keys(change.values).filter((name) => !name.endsWith(TARGET_SUFFIX))
  const moved = (name: string): boolean => name in remote && !same(table, name, remote[name], change.before[name])
  const undone = (name: string): boolean =>
    name in remote && name in change.before && same(table, name, change.before[name], change.values[name])
  const shown = (name: string): boolean => name in remote && same(table, name, remote[name], change.values[name])
  // Two who add the same amount have added twice, unless what is there may be our own.
  const adds = (name: string): boolean =>
    !context.doubtful && ruleFor(table, name) === 'sum' && moved(name) && (change.values[name] ?? null) !== null
  const changed = names.filter((name) => !undone(name) && (!shown(name) || adds(name)))
  if (changed.length === 0) return { kind: 'applied' }
  const taken = takenBack(change, remote, table)
  const ours = [...changed, ...taken]
  const clashes = withStatusPair(table, [...changed.filter(moved), ...taken], ours)
  if (clashes.length === 0) return { kind: 'send', values: pick(change.values, ours), conflicts: [] }
  return decideClashes(withTaken(change, taken), remote, table, context, { ours, clashes })
}

/** The update as if it had written those columns, too, with the values they had. */
function withTaken(change: UpdateChange, taken: readonly string[]): UpdateChange {
  const seen = pick(change.whole ?? {}, taken)
  return { ...change, values: { ...seen, ...change.values }, before: { ...seen, ...change.before } }
}

function decideClashes(
  change: UpdateChange,
  remote: Row,
  table: ConfiguredTable,
  context: EditContext,
  { ours, clashes }: { readonly ours: readonly string[]; readonly clashes: readonly string[] },
): Merge {
  const verdicts = new Map(clashes.map((name) => [name, ruled(change, remote, table, name, context)]))
  const open = clashes.filter((name) => verdicts.get(name)?.resolved === 'open')
  const answer = byPolicy(change, remote, table, { ours, open })
  const { policy } = answer
  const decisions = new Map([...verdicts].filter(([name]) => !open.includes(name)))
  for (const [name, { by = policy, ...verdict }] of answer.verdicts) {
    const reason = verdict.reason ?? verdicts.get(name)?.reason
    decisions.set(name, { ...verdict, by, ...(reason === undefined ? {} : { reason }) })
  }
  if (answer.whole) {
    for (const name of clashes) decisions.set(name, { resolved: 'remote', values: {}, by: policy })
  }
  const checked = new Map([...decisions].map(([name, verdict]) => [name, settled(change, remote, table, verdict)]))
  const conflicts = [...checked].map(([name, verdict]) => decision(change, name, remote, verdict, policy))
  const values = sent(change, ours, checked)
  const patches = patchesOf(change, remote, values)
  const failure = answer.failure ?? splitPair(table, checked)
  if (failure) {
    const undecided = conflicts.map((conflict) => ({ ...conflict, resolved: 'undecided' as const, value: null }))
    return { kind: 'failed', conflicts: undecided, patches, ...failure }
  }
  if (conflicts.some((conflict) => conflict.resolved === 'undecided')) return { kind: 'undecided', conflicts, patches }
  if (answer.whole || Object.keys(values).length === 0) {
    return { kind: 'overruled', conflicts, patches, whole: answer.whole }
  }
  return { kind: 'send', values, conflicts, patches }
}

/** The columns of the whole row that we did not change and the master did. */
function takenBack(change: UpdateChange, remote: Row, table: ConfiguredTable): readonly string[] {
  const { whole } = change
  if (!whole || table.conflicts.policy !== 'client-row-wins') return []
  return wholeColumns(table).filter(
    (name) =>
      name in whole && !(name in change.values) && name in remote && !same(table, name, remote[name], whole[name]),
  )
}

/** The columns that go with a row as a whole: those without a rule of their own that are no message of their own. */
function wholeColumns(table: ConfiguredTable): readonly string[] {
  return table.columns.filter((name) => {
    const column = columnOf(table.metadata, name)
    if (!column?.updatable || !column.readable || isMessage(column) || ruleFor(table, name) !== undefined) return false
    return column.type !== 'file' && column.type !== 'image' && column.type !== 'other'
  })
}

/** What an update of a row that now is `row` has to remember of it; nothing unless the table's policy is of whole rows. */
export function wholeRow(table: ConfiguredTable, row: Row): Pick<UpdateChange, 'whole'> {
  return table.conflicts.policy === 'client-row-wins' ? { whole: pick(row, wholeColumns(table)) } : {}
}

/** What was decided for one column. `values` has its value, with the table of a polymorphic lookup, where one was computed. */
interface Verdict {
  readonly resolved: ConflictDecision['resolved'] | 'open'
  readonly values: Row
  readonly by?: string
  readonly reason?: string
}

function ruled(change: UpdateChange, remote: Row, table: ConfiguredTable, name: string, context: EditContext): Verdict {
  const column = columnOf(table.metadata, name)
  const rule = ruleFor(table, name)
  if (!column || rule === undefined) return { resolved: 'open', values: {} }
  const sides = { base: change.before[name] ?? null, local: change.values[name] ?? null, remote: remote[name] ?? null }
  const found: RuleVerdict = applyRule(rule, column, sides, {
    ...context,
    remoteModifiedOn: remote[MODIFIED_ON] ?? null,
  })
  const reason = found.reason === undefined ? {} : { reason: `${rule}: ${found.reason}` }
  if ('decidedBy' in found) {
    return { resolved: found.decidedBy === 'person' ? 'undecided' : 'open', values: {}, by: rule, ...reason }
  }
  if (same(table, name, found.value, sides.remote)) return { resolved: 'remote', values: {}, by: rule, ...reason }
  if (same(table, name, found.value, sides.local)) return { resolved: 'local', values: {}, by: rule, ...reason }
  return { resolved: 'merged', values: { [name]: found.value }, by: rule, ...reason }
}

interface PolicyAnswer {
  readonly verdicts: ReadonlyMap<string, Verdict>
  readonly policy: string
  readonly whole: boolean
  readonly failure?: { readonly message: string; readonly column?: string }
}

/** What the table's policy makes of the clashes that no rule has decided. */
function byPolicy(
  change: UpdateChange,
  remote: Row,
  table: ConfiguredTable,
  { ours, open }: { readonly ours: readonly string[]; readonly open: readonly string[] },
): PolicyAnswer {
  const { policy, decide } = table.conflicts
  if (typeof policy === 'string') {
    const verdicts = new Map(open.map((name) => [name, { resolved: RESOLVED[policy], values: {} } as const]))
    return { verdicts, policy, whole: policy === 'server-wins' && open.length > 0 }
  }
  const name = `function ${policy.function}`
  if (open.length === 0) return { verdicts: new Map(), policy: name, whole: false }
  const undecided = new Map(open.map((column) => [column, { resolved: 'undecided', values: {} } as const]))
  const failed = (message: string, column?: string): PolicyAnswer => ({
    verdicts: undecided,
    policy: name,
    whole: false,
    failure: {
      message: `conflict function '${policy.function}': ${message}`,
      ...(column === undefined ? {} : { column }),
    },
  })
  if (!decide) return failed('this program did not give it to the client org')
  const ruledOut = ours.filter((column) => open.includes(column) || ruleFor(table, column) === undefined)
  const { before: base, values: local, id } = change
  const answer = askFunction(decide, {
    table: table.metadata,
    id,
    columns: ruledOut,
    clashes: open,
    base,
    local,
    remote,
  })
  if ('failure' in answer) return failed(answer.failure, answer.column)
  try {
    const verdicts = new Map(
      [...answer.choices].map(([column, choice]) => [column, chosen(change, remote, table, column, choice)]),
    )
    return { verdicts, policy: name, whole: false }
  } catch (error) {
    const column = [...answer.choices].find(([, choice]) => typeof choice !== 'string')?.[0]
    return failed(reasonOf(error), column)
  }
}

/** A choice of the function as a verdict; throws `invalid` for a value that could not have been written. */
function chosen(
  change: UpdateChange,
  remote: Row,
  table: ConfiguredTable,
  name: string,
  choice: ConflictChoice,
): Verdict {
  if (typeof choice === 'string') return { resolved: choice, values: {} }
  const companion = choice.target === undefined ? {} : { [name + TARGET_SUFFIX]: choice.target }
  const values = validated(change, remote, table, { [name]: choice.value, ...companion })
  return { resolved: same(table, name, values[name], remote[name]) ? 'remote' : 'merged', values }
}

/** A computed value must be one that could have been written; one that is not is left to a person. */
function settled(change: UpdateChange, remote: Row, table: ConfiguredTable, verdict: Verdict): Verdict {
  if (verdict.resolved !== 'merged') return verdict
  try {
    return { ...verdict, values: validated(change, remote, table, verdict.values) }
  } catch (error) {
    return { ...verdict, resolved: 'undecided', values: {}, reason: reasonOf(error) }
  }
}

function validated(change: UpdateChange, remote: Row, table: ConfiguredTable, values: Row): Row {
  const columns = new Set(table.columns)
  return validateValues(table.metadata, values, {
    kind: 'update',
    columns,
    current: { ...remote, ...change.values },
    id: change.id,
  })
}

/** The columns that still have to be sent, with their values. */
function sent(change: UpdateChange, ours: readonly string[], verdicts: ReadonlyMap<string, Verdict>): Row {
  return Object.assign(
    {},
    ...ours.map((name): Row => {
      const verdict = verdicts.get(name)
      if (verdict?.resolved === 'merged') return verdict.values
      return verdict === undefined || verdict.resolved === 'local' ? pick(change.values, [name]) : {}
    }),
  ) as Row
}

/** What both sides made of the columns that were changed here, and what is sent of it, as RFC 6902 patches. */
function patchesOf(change: UpdateChange, remote: Row, values: Row): ConflictPatches {
  const theirs = pick(remote, Object.keys(change.values))
  return {
    table: change.table,
    id: change.id,
    local: jsonPatch.compare(change.before, change.values),
    remote: jsonPatch.compare(change.before, { ...change.before, ...theirs }),
    sent: jsonPatch.compare(theirs, { ...theirs, ...values }),
  }
}

function ruleFor(table: ConfiguredTable, name: string): ReturnType<typeof ruleOf> {
  return ruleOf(table.conflicts, table.metadata, columnOf(table.metadata, name))
}

function same(
  table: ConfiguredTable,
  name: string,
  one: ColumnValue | undefined,
  other: ColumnValue | undefined,
): boolean {
  return sameValue(columnOf(table.metadata, name), one ?? null, other ?? null)
}

/** State and status are one value in two columns: a clash in one of them is a clash in both. */
function withStatusPair(
  table: ConfiguredTable,
  clashes: readonly string[],
  ours: readonly string[],
): readonly string[] {
  const pair = ours.filter((name) => isStateOrStatus(table, name))
  return pair.some((name) => clashes.includes(name)) ? [...new Set([...clashes, ...pair])] : clashes
}

function isStateOrStatus(table: ConfiguredTable, name: string): boolean {
  return ['state', 'status'].includes(columnOf(table.metadata, name)?.type ?? '')
}

/** A function may not take the state of one side and the status of the other. */
function splitPair(
  table: ConfiguredTable,
  verdicts: ReadonlyMap<string, Verdict>,
): { readonly message: string; readonly column: string } | undefined {
  const pair = [...verdicts].filter(([name]) => isStateOrStatus(table, name))
  const [first] = pair
  if (!first || pair.every(([, verdict]) => verdict.resolved === first[1].resolved)) return undefined
  return { message: 'state and status are one value: both must come from the same side', column: first[0] }
}

/** A deletion of a row that the master has changed since. Without a rule neither side's work may be lost unseen. */
export function mergeDelete(change: DeleteChange, remote: Row, table: ConfiguredTable): Merge {
  const changed = table.columns.filter((name) => {
    const updatable = columnOf(table.metadata, name)?.updatable === true
    return updatable && !same(table, name, remote[name], change.before[name])
  })
  if (changed.length === 0) return { kind: 'send', values: {}, conflicts: [] }
  const { policy, onUpdatedRow } = table.conflicts
  const named = typeof policy === 'string' ? policy : `function ${policy.function}`
  const decided = onUpdatedRow ?? (typeof policy === 'string' ? BY_POLICY[policy] : 'error')
  const resolved = BY_UPDATED_ROW[decided]
  const conflicts = changed.map((column): ConflictDecision => ({
    kind: 'deleted-here',
    table: change.table,
    id: change.id,
    column,
    base: change.before[column] ?? null,
    local: null,
    remote: remote[column] ?? null,
    resolved,
    value: resolved === 'remote' ? (remote[column] ?? null) : null,
    policy: onUpdatedRow === null ? named : `on updated row: ${decided}`,
  }))
  switch (decided) {
    case 'delete':
      return { kind: 'send', values: {}, conflicts }
    case 'drop':
      return { kind: 'overruled', conflicts, whole: onUpdatedRow === null }
    case 'error':
      return { kind: 'undecided', conflicts }
  }
}

const BY_POLICY = {
  merge: 'error',
  'server-wins': 'drop',
  'client-wins': 'delete',
  'client-row-wins': 'delete',
  manual: 'error',
} as const

const BY_UPDATED_ROW = { delete: 'local', drop: 'remote', error: 'undecided' } as const

const RESOLVED = {
  merge: 'remote',
  'server-wins': 'remote',
  'client-wins': 'local',
  'client-row-wins': 'local',
  manual: 'undecided',
} as const

function decision(
  change: UpdateChange,
  column: string,
  remote: Row,
  { resolved, values, by, reason }: Verdict,
  policy: string,
): ConflictDecision {
  const [base, local, theirs] = [change.before[column] ?? null, change.values[column] ?? null, remote[column] ?? null]
  const value = { local, remote: theirs, merged: values[column] ?? null, undecided: null, open: null }[resolved]
  return {
    kind: 'updated-both',
    table: change.table,
    id: change.id,
    column,
    base,
    local,
    remote: theirs,
    resolved: resolved === 'open' ? 'undecided' : resolved,
    value,
    policy: by ?? policy,
    ...(reason === undefined ? {} : { reason }),
  }
}

function pick(values: Row, names: readonly string[]): Row {
  const kept = names.flatMap((name) => [name, name + TARGET_SUFFIX]).filter((name) => name in values)
  return Object.fromEntries(kept.map((name) => [name, values[name] ?? null]))
}
