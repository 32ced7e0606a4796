import { OutpostError } from '../errors.ts'
import { columnOf } from '../metadata.ts'
import type { ColumnMetadata, ColumnType, TableMetadata } from '../metadata.ts'
import type { ColumnValue, Row } from '../row.ts'

/**
 * What is done when master and client changed the same column of a row.
 *
 * - `merge` (the default): columns that only one side changed keep that side's value; on a clash the master's value wins.
 * - `server-wins`: the whole local change is dropped. `client-wins`: the whole local change is sent again.
 * - `client-row-wins`: the whole local row is sent, as it was when it was changed: it also takes back what the master
 *   changed in columns that were not changed here, whether or not both changed the same. Left to the master are columns
 *   with a rule of their own, state, status and owner, unless they were changed here.
 * - `manual`: the transaction becomes Error and waits for a person.
 */
export type ConflictPolicy = 'merge' | 'server-wins' | 'client-wins' | 'client-row-wins' | 'manual'

/** A function of the application that decides, by the name under which it was given to `ClientOrg.open`. */
export interface ConflictFunctionName {
  readonly function: string
}

/**
 * What decides a clash in one column, before the policy of the table does. A rule is asked only when both sides changed
 * the column, to different values (`sum`: also to equal ones).
 *
 * - `client-wins`, `server-wins`, `manual`: as for a table, for this column alone.
 * - `newest`: the later edit. The master's is its `modifiedon`, which is of the whole row and says when a change reached
 *   it; ours is by the clock of the device. Where that clock is seen to be wrong, the policy of the table decides.
 * - `max`, `min`: the larger or smaller value, the later or earlier date. An empty value gives way.
 * - `sum`: the master's value plus what we added to it, counted from 0 where there was none. Where one side has emptied
 *   the value the policy of the table decides; where an answer was lost and the amount may be in already, a person does.
 * - `union`: options that either side chose are chosen, options that either side took out are out.
 * - `never-overwrite`: what the master has stays; ours is sent only where the master's is empty.
 */
export type ConflictRule =
  | 'client-wins'
  | 'server-wins'
  | 'manual'
  | 'newest'
  | 'max'
  | 'min'
  | 'sum'
  | 'union'
  | 'never-overwrite'

/**
 * What is done with an update of a row that the master has deleted. `error` (the default): a person decides.
 * `recreate`: the row is created again, with its last known values and the update, under the same id.
 * `drop`: the update is dropped.
 */
export type DeletedRowPolicy = 'error' | 'recreate' | 'drop'

/**
 * What is done with the deletion of a row that the master has changed. `error`: a person decides. `delete`: the row is
 * deleted all the same. `drop`: the deletion is dropped and the row stays. When absent the policy of the table says it:
 * `client-wins` and `client-row-wins` delete, `server-wins` drops, the others are errors.
 */
export type UpdatedRowPolicy = 'error' | 'delete' | 'drop'

/** What a conflict function is given: plain frozen data. */
export interface Conflict {
  readonly table: TableMetadata
  readonly id: string
  /** The columns that were changed here and that the master does not show as they were changed. */
  readonly columns: readonly string[]
  /** Those of them that the master changed too. No rule has decided them. */
  readonly clashes: readonly string[]
  /** The values of the locally changed columns before, and after, the change. */
  readonly base: Row
  readonly local: Row
  /** The master's present row, with every column that is kept. */
  readonly remote: Row
}

/** A side, a value of its own (with the table it is in, for a polymorphic lookup), or a person's decision. */
export type ConflictChoice =
  | 'local'
  | 'remote'
  | 'undecided'
  | { readonly value: ColumnValue; readonly target?: string }

/**
 * Decides the clashes of one update: a choice for each of `clashes`, and for other `columns` where ours should not simply
 * be sent; or `undecided` for all. A clash it says nothing of is undecided.
 *
 * It must be synchronous and deterministic: it is asked twice, and can be asked again after a crash. What it throws, and
 * an answer that is none, makes the transaction an Error of class `policy`; nothing is sent and nothing lost.
 */
export type ConflictFunction = (conflict: Conflict) => Readonly<Record<string, ConflictChoice>> | 'undecided'

/** The part of a table's configuration that is about conflicts. */
export interface ConflictOptions {
  readonly conflictPolicy?: ConflictPolicy | ConflictFunctionName
  readonly conflictRules?: Readonly<Record<string, ConflictRule>>
  readonly onDeletedRow?: DeletedRowPolicy
  readonly onUpdatedRow?: UpdatedRowPolicy
}

/** The same after its check. */
export interface ConflictSettings {
  readonly policy: ConflictPolicy | ConflictFunctionName
  /** The function that `policy` names; null where it names none, or one that was not given. */
  readonly decide: ConflictFunction | null
  readonly rules: ReadonlyMap<string, ConflictRule>
  readonly onDeletedRow: DeletedRowPolicy
  readonly onUpdatedRow: UpdatedRowPolicy | null
}

export type ConflictFunctions = Readonly<Record<string, ConflictFunction>>

const POLICIES: readonly ConflictPolicy[] = ['merge', 'server-wins', 'client-wins', 'client-row-wins', 'manual']
const DELETED_ROW: readonly DeletedRowPolicy[] = ['error', 'recreate', 'drop']
const UPDATED_ROW: readonly UpdatedRowPolicy[] = ['error', 'delete', 'drop']

const NUMBERS: readonly ColumnType[] = ['integer', 'bigint', 'decimal', 'double', 'money']

/** The types a rule suits; null for all. */
const SUITS: Readonly<Record<ConflictRule, readonly ColumnType[] | null>> = {
  'client-wins': null,
  'server-wins': null,
  manual: null,
  newest: null,
  max: [...NUMBERS, 'date', 'datetime'],
  min: [...NUMBERS, 'date', 'datetime'],
  sum: NUMBERS,
  union: ['choices'],
  'never-overwrite': null,
}

/** The column by which the master says when a row was last changed. */
export const MODIFIED_ON = 'modifiedon'

/** Checks what a table's configuration says about conflicts. Reports what is wrong, naming table, column and the way out. */
export function checkConflictOptions(
  metadata: TableMetadata,
  columns: readonly string[],
  given: ConflictOptions,
  functions: ConflictFunctions,
  report: (problem: OutpostError) => void,
): ConflictSettings {
  const policy = given.conflictPolicy ?? 'merge'
  const checkOneOf = (rule: string, value: string, allowed: readonly string[]): void => {
    if (allowed.includes(value)) return
    const message = `${rule.replaceAll('-', ' ')}: '${value}' is not one of ${allowed.join(', ')}`
    report(refuse(metadata, rule, message))
  }
  if (typeof policy === 'string') checkOneOf('conflict-policy', policy, POLICIES)
  checkOneOf('on-deleted-row', given.onDeletedRow ?? 'error', DELETED_ROW)
  checkOneOf('on-updated-row', given.onUpdatedRow ?? 'error', UPDATED_ROW)
  const rules = new Map(Object.entries(given.conflictRules ?? {}))
  for (const [name, rule] of rules) {
    const broken = brokenRule(metadata, columns, name, rule)
    if (broken) report(broken)
  }
  const named = typeof policy === 'string' ? undefined : policy.function
  return {
    policy,
    decide: named !== undefined && Object.hasOwn(functions, named) ? (functions[named] ?? null) : null,
    rules,
    onDeletedRow: given.onDeletedRow ?? 'error',
    onUpdatedRow: given.onUpdatedRow ?? null,
  }
}

/** Whether a rule can decide in this column as it is, whatever else is selected. */
export function suitsRule(metadata: TableMetadata, column: string, rule: ConflictRule): boolean {
  return brokenRule(metadata, [column, MODIFIED_ON], column, rule) === undefined
}

/** The rule of a column. State and status are one value in two columns: the rule of the state is that of both. */
export function ruleOf(
  settings: ConflictSettings,
  metadata: TableMetadata,
  column: ColumnMetadata | undefined,
): ConflictRule | undefined {
  const ruled = column?.type === 'status' ? metadata.columns.find(({ type }) => type === 'state') : column
  return ruled && settings.rules.get(ruled.name)
}

function brokenRule(
  metadata: TableMetadata,
  columns: readonly string[],
  name: string,
  rule: ConflictRule,
): OutpostError | undefined {
  const fail = (broken: string, message: string, remedy?: string): OutpostError =>
    refuse(metadata, broken, `conflict rule '${rule}' of column '${name}': ${message}`, name, remedy)
  const column = columnOf(metadata, name)
  if (!column) return fail('unknown-column', 'the master has no such column in it')
  if (!columns.includes(name)) return fail('not-selected', 'the column is not selected', 'Select it, or drop the rule.')
  if (!column.updatable) {
    return fail('read-only', 'the column cannot be changed here, so there are no conflicts in it', 'Drop the rule.')
  }
  if (!Object.hasOwn(SUITS, rule)) return fail('conflict-rule', `it is not one of ${Object.keys(SUITS).join(', ')}`)
  const types = SUITS[rule]
  if (types && !types.includes(column.type)) {
    const suiting = Object.entries(SUITS).flatMap(([one, of]) => (!of || of.includes(column.type) ? [one] : []))
    return fail(
      'conflict-rule',
      `the column is of type ${column.type}; the rule suits ${types.join(', ')}`,
      `Use one of ${suiting.join(', ')}, or none: the policy of the table decides then.`,
    )
  }
  if (column.type === 'status') {
    return fail('conflict-rule', 'state and status are one value', 'Put the rule on the state column; it is for both.')
  }
  if (rule === 'sum' && !metadata.versioned) {
    const message = 'the master does not check versions on this table, so that an amount could be added twice'
    return fail('conflict-rule', message, "Use 'client-wins', 'server-wins' or 'manual'.")
  }
  if (rule === 'newest' && !columns.includes(MODIFIED_ON)) {
    return fail('not-selected', `it needs column '${MODIFIED_ON}', which is not selected`, `Select '${MODIFIED_ON}'.`)
  }
  return undefined
}

function refuse(
  metadata: TableMetadata,
  rule: string,
  message: string,
  column?: string,
  remedy?: string,
): OutpostError {
  return new OutpostError('invalid', `configuration of table '${metadata.name}': ${message}`, {
    place: { table: metadata.name, rule, ...(column === undefined ? {} : { column }) },
    ...(remedy === undefined ? {} : { remedy }),
  })
}
