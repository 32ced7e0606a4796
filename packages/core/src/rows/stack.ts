import jsonPatch from 'fast-json-patch'
import type { Change, DeleteChange, UpdateChange } from '../change.ts'
import { inParts } from '../outbox/in-parts.ts'
import type { BaseRow, StoreReader, StoreWriter } from '../ports/store.ts'
import { rowKey } from '../row.ts'
import type { ColumnValue, Row } from '../row.ts'

/*
 * Unsent changes of one row stand on one another: each remembers the values it was made on, which is what a conflict is
 * judged by. When one of them leaves the stack, or comes back to it, those above it must stand on what is then below
 * them, or they would be taken for conflicts with values that only ever existed here.
 */

/**
 * The master has the change: later ones stand on what the master made of it (rounded, completed by a plug-in). In each
 * column that is the next one that writes it: what is behind that stands on that one.
 *
 * Where the row was `found`, as the answer was lost, somebody else may have changed it since. What was sent is known: later
 * changes stay on that, so another value meets them as a conflict. What a create left empty the master may have filled in.
 *
 * Nothing keeps an action from being called on a row that somebody else has changed. Beyond the effect that it was written
 * with, nothing is taken for what it has done; where the row was found, not even other values in those columns.
 */
export async function standOnMaster(
  tx: StoreWriter,
  seq: number,
  change: Change,
  { row, found }: { readonly row: MasterState; readonly found: boolean },
): Promise<void> {
  const [base] = await tx.bases(change.table, [change.id])
  const before = { ...base?.values, ...shownBy(change) }
  const sent = found ? shownBy(change) : {}
  const made = without(row.values, sent)
  const open = new Set(Object.keys(change.kind === 'create' ? made : shownBy(change)))
  for (const name of Object.keys(sent)) open.delete(name)
  for (const name of mergedColumns(change)) open.delete(name)
  // A deletion, and a remembered whole row, stand on all of the row, wherever they are in the stack.
  let toTheEnd = base?.local === 'deleted'
  const rewrite = (later: Stacked): Stacked => {
    if (hasWhole(later)) toTheEnd = true
    const other = withinWhole(later, before, made)
    if (other.kind === 'delete')
      return deletedAs(
        other,
        row,
        [before, base?.values ?? {}],
        change.kind === 'action' ? without(other.before, found ? {} : change.effect) : sent,
      )
    const seen = Object.keys(other.before).filter((name) => open.has(name))
    for (const name of Object.keys(shownBy(later))) open.delete(name)
    return withBefore(other, Object.fromEntries(seen.map((name) => [name, row.values[name] ?? null])))
  }
  await rewriteLater(tx, seq, change, rewrite, { isDone: () => open.size === 0 && !toTheEnd })
}

interface MasterState {
  readonly values: Row
  readonly version: string | null
}

/** Is no row's: what was made on it is held against the row before it is sent. Without any, it would be sent as it is. */
export const NO_VERSION = 'W/"0"'

/**
 * The deletion of the row as it is now, but for what stays, and what it was not held to be when it was deleted: what
 * somebody else has written to it before, or what a later change is to make of it. That is held to be as it was then.
 */
function deletedAs(
  change: DeleteChange,
  { values, version }: MasterState,
  held: readonly Row[],
  stays: Row,
): DeleteChange {
  const names = Object.keys(change.before).filter(
    (name) => name in stays || held.every((row) => (change.before[name] ?? null) !== (row[name] ?? null)),
  )
  const seen = pick(change.before, names)
  const isSame = Object.entries(seen).every(([name, value]) => !(name in values) || values[name] === value)
  return { ...change, before: { ...values, ...seen }, version: isSame ? version : NO_VERSION }
}

function without(row: Row, others: Row): Row {
  if (Object.keys(others).length === 0) return row
  return Object.fromEntries(Object.entries(row).filter(([name]) => !(name in others)))
}

/**
 * The change, or these columns of it, will have no effect: later ones stand on what it stood on. Where somebody else has
 * written to them since, and a later one knows the row as it is behind that, it was not made on that: it is held against it.
 * What this device itself has delivered since, before the change came back, is nobody else's: it stands on that.
 */
export async function liftOut(
  tx: StoreWriter,
  seq: number,
  change: Change,
  columns?: readonly string[],
): Promise<void> {
  if (change.kind !== 'update' && change.kind !== 'action') return
  const [base] = await tx.bases(change.table, [change.id])
  const values = shownBy(change)
  const lifted = columns ?? Object.keys(values)
  const there = base?.values ?? {}
  const hasMoved = (name: string): boolean => name in there && there[name] !== (change.before[name] ?? null)
  const { unsent, answered } = lifted.some(hasMoved) ? await below(tx, seq, change, base) : NOTHING_BELOW
  const own = without(pick(there, answered), Object.fromEntries(unsent))
  const isOther = (name: string): boolean =>
    hasMoved(name) && !(name in own) && unsent.get(name) !== (change.before[name] ?? null)
  await rewriteLater(tx, seq, change, (later) => {
    const isSeen = 'version' in later && later.version !== null && later.version === base?.version
    const stays = isSeen ? { ...change.before, ...own } : change.before
    const carried = withinWhole(later, pick(values, lifted), stays)
    const stood = lifted.filter((name) => name in carried.before && carried.before[name] === values[name])
    const other = withBefore(carried, Object.fromEntries(stood.map((name) => [name, stays[name] ?? null])))
    if (!isSeen || other.kind === 'action') return other
    return stood.some(isOther) ? { ...other, version: NO_VERSION } : other
  })
}

interface Below {
  /** What the earlier unsent changes of the row make of it. */
  readonly unsent: ReadonlyMap<string, ColumnValue>
  /**
   * Columns that the row has got because they were sent from here: with its last known version, or behind the change, as
   * that was archived, and they are as they were sent although the row has moved on since.
   */
  readonly answered: readonly string[]
}

const NOTHING_BELOW: Below = { unsent: new Map(), answered: [] }

async function below(
  tx: StoreReader,
  seq: number,
  { kind, table, id }: Change,
  base: BaseRow | undefined,
): Promise<Below> {
  // An action can stand on the update of its own transaction.
  if (kind !== 'update') return NOTHING_BELOW
  const key = rowKey(table, id)
  const unsent = new Map<string, ColumnValue>()
  const answered = new Set<string>()
  for await (const { seq: other, status, changes, history } of inParts(tx, { touching: [key] })) {
    const isUnsent = other < seq && (status === 'pending' || status === 'error')
    // What a note tells of was found, and may be somebody else's.
    const answers = history.filter(({ event, note }) => event === 'delivered' && note === undefined)
    if (!isUnsent && answers.length === 0) continue
    const isLatest = answers.some(({ versions }) => versions?.[key] === base?.version)
    for (const each of changes.filter((one) => one.table === table && one.id === id))
      for (const [name, value] of Object.entries(shownBy(each)))
        if (isUnsent) unsent.set(name, value)
        else if (isLatest || (other > seq && base?.values?.[name] === value)) answered.add(name)
  }
  return { unsent, answered: [...answered] }
}

/** The changes will have no effect. An action stands on the other change of its row, so the last is the first to go. */
export async function liftAllOut(
  tx: StoreWriter,
  { seq, changes }: { readonly seq: number; readonly changes: readonly Change[] },
): Promise<void> {
  for (const change of changes.toReversed()) await liftOut(tx, seq, change)
}

/**
 * The change is to be delivered after all: in each column the next one stands on its value; all wait for it. What was made
 * on another value than the change was, as the master had got one since, stays on that: it is what is there should the
 * change have no effect again.
 */
export function putBack(tx: StoreWriter, seq: number, change: Change): Promise<void> {
  const isOnSame = (name: string, value: ColumnValue): boolean =>
    !('before' in change) || value === (change.before[name] ?? null)
  return putBelow(tx, seq, change, isOnSame)
}

/** The change has other values now: in each column the next one stands on its value; all wait for it. */
export function putAnew(tx: StoreWriter, seq: number, change: Change): Promise<void> {
  return putBelow(tx, seq, change, () => true)
}

function putBelow(
  tx: StoreWriter,
  seq: number,
  change: Change,
  stands: (name: string, on: ColumnValue) => boolean,
): Promise<void> {
  const values = shownBy(change)
  const open = new Set(Object.keys(values))
  for (const name of mergedColumns(change)) open.delete(name)
  const rewrite = (later: Stacked): Stacked => {
    const other = 'before' in change ? withinWhole(later, pick(change.before, Object.keys(values)), values) : later
    const names = Object.keys(other.before).filter((name) => open.has(name) && stands(name, other.before[name] ?? null))
    for (const name of Object.keys(shownBy(later))) open.delete(name)
    return withBefore(other, Object.fromEntries(names.map((name) => [name, values[name] ?? null])))
  }
  return rewriteLater(tx, seq, change, rewrite, { wait: true })
}

function hasWhole(change: Stacked): boolean {
  return change.kind === 'update' && change.whole !== undefined
}

/**
 * The change with the remembered whole row carried along: what was held to be there is what is there. What was
 * something else already was made of a change in between, or by somebody else.
 */
function withinWhole(change: Stacked, from: Row, to: Row): Stacked {
  if (change.kind !== 'update' || !change.whole) return change
  const { whole, values } = change
  const carried = Object.keys(whole).filter(
    (name) => name in to && !(name in values) && whole[name] === (from[name] ?? null) && whole[name] !== to[name],
  )
  return carried.length === 0 ? change : { ...change, whole: { ...whole, ...pick(to, carried) } }
}

function pick(values: Row, names: readonly string[]): Row {
  return Object.fromEntries(names.filter((name) => name in values).map((name) => [name, values[name] ?? null]))
}

/** The columns that a row is shown with because of the change. */
function shownBy(change: Change): Row {
  if (change.kind === 'action') return change.effect
  return change.kind === 'update' || change.kind === 'create' ? change.values : {}
}

/** Later changes of these columns were made on a value that the master never had: each is merged with the master's in its turn. */
function mergedColumns(change: Change): readonly string[] {
  return change.kind === 'update' ? (change.merged ?? []) : []
}

type Stacked = Extract<Change, { kind: 'update' | 'delete' | 'action' }>

/** The change as if it had been made on these values; the same object when they are what it was made on. */
function withBefore(change: Stacked, seen: Row): Stacked {
  if (Object.entries(seen).every(([name, value]) => change.before[name] === value)) return change
  const before = { ...change.before, ...seen }
  return change.kind === 'update' ? onValues(change, before) : { ...change, before }
}

/** An update as if it had been made on these values. */
export function onValues(change: UpdateChange, before: Row): UpdateChange {
  return { ...change, before, patch: jsonPatch.compare(before, change.values) }
}

interface Rewriting {
  /** What is on the row waits for the change. */
  readonly wait?: boolean
  /** Says that nothing behind what was rewritten has to be. */
  readonly isDone?: () => boolean
}

async function rewriteLater(
  tx: StoreWriter,
  seq: number,
  change: Change,
  rewrite: (other: Stacked) => Stacked,
  { wait = false, isDone = () => false }: Rewriting = {},
): Promise<void> {
  const touching = [rowKey(change.table, change.id)]
  for await (const transaction of inParts(tx, { statuses: ['pending', 'error'], touching, after: seq })) {
    const isOnRow = (other: Change): boolean => other.table === change.table && other.id === change.id
    const changes = transaction.changes.map((other) => (isOnRow(other) && 'before' in other ? rewrite(other) : other))
    const waits = wait && changes.some(isOnRow) && !transaction.dependsOn.includes(seq)
    if (waits || changes.some((other, at) => other !== transaction.changes[at])) {
      const dependsOn = waits ? [...transaction.dependsOn, seq] : transaction.dependsOn
      await tx.putTransactions([{ ...transaction, changes, dependsOn }])
    }
    if (isDone()) return
  }
}
