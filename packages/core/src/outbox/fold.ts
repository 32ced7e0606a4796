import type { Change, CreateChange, LinkChange, RowReference, UpdateChange } from '../change.ts'
import type { ConfiguredTable } from '../copy/configuration.ts'
import { creatorOf, dependenciesOf, leftBehind, referencesOf, touchesOf } from '../write/dependencies.ts'
import { refreshChanged, showOnTop } from '../rows/local-rows.ts'
import { columnOf, isMessage } from '../metadata.ts'
import type { BaseRow, StoreReader, StoreWriter } from '../ports/store.ts'
import { rowKey, TARGET_SUFFIX } from '../row.ts'
import type { Row } from '../row.ts'
import { NO_VERSION, onValues } from '../rows/stack.ts'
import { inParts } from './in-parts.ts'
import { keptOn } from './kept-effects.ts'
import type { OfflineTransaction } from './offline-transaction.ts'
import { passOnDependencies } from './put-away.ts'
import { transition } from './transitions.ts'

export interface FoldContext {
  readonly tables: ReadonlyMap<string, ConfiguredTable>
  readonly organizationId: string
  readonly userId: string
  readonly catalogueStamp: string
  readonly now: number
}

/**
 * Takes a change into the last unsent transaction of its row, in the given store transaction, or cancels that one where
 * the two undo each other. Gives back its seq; null when the change has to be a transaction of its own: nothing of the
 * older one can have been sent, and the change must not come before anything that was written in between and matters to it.
 */
export async function fold(tx: StoreWriter, newer: Change, context: FoldContext): Promise<number | null> {
  const { tables, now } = context
  const [base] = await tx.bases(newer.table, [newer.id])
  const table = tables.get(newer.table)
  // Without a base there is no unsent change of the row; most writes end here.
  if (!base || !table) return null
  const found = await lastChangeOf(tx, newer)
  const [older, ...others] = found?.last.changes ?? []
  if (!found || !older || others.length > 0 || !isOpenTo(found.last, context)) return null
  const { last, between } = found
  const folded = foldedChange(older, newer, table, base)
  if (folded === null || between.some(isOfAction) || (await isUnderKept(tx, older, last.seq))) return null
  if (folded === 'nothing') {
    if (older.kind === 'create' && between.length > 0) return null
    if (isLink(older) && !(await changesAnything(tx, older, base, last.seq))) return null
    if (newer.kind === 'update' && (await needsLater(tx, older, newer, last.seq, tables))) return null
    const note = { note: CANCELLED_BY[newer.kind] }
    await tx.putTransactions([transition(last, 'cancelled', now, { lease: null, lastError: null }, note)])
    await passOnDependencies(tx, last, tables)
    await refreshChanged(tx, [older], tables)
  } else {
    if (await needsLater(tx, older, newer, last.seq, tables)) return null
    const changes = [folded]
    const dependsOn = await dependenciesOf(tx, changes, tables, last.seq)
    const next = { changes, touches: touchesOf(changes, tables), dependsOn }
    const note = { note: 'values' in newer ? columnsIn(newer.values).join(', ') : '' }
    await tx.putTransactions([transition(last, 'folded', now, next, note)])
    await showOnTop(tx, [newer], tables)
  }
  return last.seq
}

const CANCELLED_BY: Readonly<Record<Change['kind'], string>> = {
  create: '',
  action: '',
  update: 'the values are what they were before it',
  delete: 'the row was deleted again',
  associate: 'the link was made again',
  disassociate: 'the link was removed again',
}

/**
 * Two successive changes of a row as one, made on what the older one was made on; `nothing` where they undo each other,
 * null where both have to be sent. `base` is what is known of the master's row.
 */
export function foldedChange(
  older: Change,
  newer: Change,
  table: ConfiguredTable,
  base: BaseRow,
): CreateChange | UpdateChange | 'nothing' | null {
  if (older.kind === 'create' && newer.kind === 'delete') return older.recreates ? null : 'nothing'
  if (isLink(older) && isLink(newer)) return older.kind === newer.kind ? null : 'nothing'
  if (newer.kind !== 'update' || changesByMessage(table, newer.values)) return null
  if (older.kind === 'create') return intoCreate(older, newer, table)
  return older.kind === 'update' ? intoUpdate(older, newer, table, base) : null
}

function intoCreate(older: CreateChange, newer: UpdateChange, table: ConfiguredTable): CreateChange | null {
  const names = columnsIn(newer.values)
  if (older.recreates || names.some((name) => older.deferred?.includes(name))) return null
  if (names.some((name) => columnOf(table.metadata, name)?.creatable !== true)) return null
  // A row cannot point to itself before it is there.
  if (names.some((name) => newer.values[name] === older.id)) return null
  return { ...older, values: { ...older.values, ...newer.values } }
}

function intoUpdate(
  older: UpdateChange,
  newer: UpdateChange,
  table: ConfiguredTable,
  base: BaseRow,
): UpdateChange | 'nothing' | null {
  if (older.merged || changesByMessage(table, older.values)) return null
  const values: Row = { ...older.values, ...newer.values }
  const before: Row = { ...newer.before, ...older.before }
  const names = columnsIn(values)
  const left = names.filter(
    (name) => ![name, name + TARGET_SUFFIX].every((each) => (values[each] ?? null) === (before[each] ?? null)),
  )
  // A column that would drop out must not show at once what the master has made of it meanwhile.
  const moved = names.some((name) => !left.includes(name) && isMoved(older, base, name))
  if (moved) return null
  if (left.length === 0) return 'nothing'
  const whole = newer.whole ? { whole: newer.whole } : {}
  const version = newer.version === NO_VERSION ? NO_VERSION : older.version
  return onValues({ ...older, values: only(values, left), version, ...whole }, only(before, left))
}

function isMoved(change: UpdateChange, base: BaseRow, name: string): boolean {
  return base.version !== change.version && base.values !== null && base.values[name] !== change.before[name]
}

function changesByMessage(table: ConfiguredTable, values: Row): boolean {
  return columnsIn(values).some((name) => {
    const column = columnOf(table.metadata, name)
    return column !== undefined && isMessage(column)
  })
}

function isLink(change: Change): change is LinkChange {
  return change.kind === 'associate' || change.kind === 'disassociate'
}

function isOfAction(transaction: OfflineTransaction): boolean {
  return transaction.changes.some((change) => change.kind === 'action')
}

/** Whether later changes may be taken into the transaction. Nothing of it can have been sent. */
function isOpenTo(transaction: OfflineTransaction, context: FoldContext): boolean {
  const { status, outcome, attempts, lease, coalesce, after = [] } = transaction
  return (
    status === 'pending' &&
    outcome === 'not-sent' &&
    attempts === 0 &&
    lease === null &&
    coalesce !== false &&
    after.length === 0 &&
    transaction.organizationId === context.organizationId &&
    transaction.userId === context.userId &&
    transaction.catalogueStamp === context.catalogueStamp
  )
}

/** How far back it is looked. Behind so many others that touch the row, a change of its own costs less than the search. */
const FAR = 100

interface Found {
  /** The last unsent transaction that changes the row. */
  readonly last: OfflineTransaction
  /** The unsent ones behind it that only touch the row. */
  readonly between: readonly OfflineTransaction[]
}

async function lastChangeOf(tx: StoreReader, { table, id }: Change): Promise<Found | null> {
  const query = { statuses: ['pending', 'error'], touching: [rowKey(table, id)], direction: 'descending' } as const
  const between: OfflineTransaction[] = []
  for await (const last of inParts(tx, query)) {
    if (last.changes.some((change) => change.table === table && change.id === id)) return { last, between }
    if (between.push(last) >= FAR) return null
  }
  return null
}

/** Whether an archived change whose effect is still shown lies on top of the row. */
async function isUnderKept(tx: StoreReader, row: Change, seq: number): Promise<boolean> {
  return (await keptOn(tx, row)).some((archived) => archived.seq > seq)
}

/** Whether a link is not, before its change, what the change makes of it: then undoing the change needs no request. */
async function changesAnything(tx: StoreReader, change: LinkChange, base: BaseRow, seq: number): Promise<boolean> {
  const touching = [rowKey(change.table, change.id)]
  const query = { statuses: ['pending', 'error'], touching, after: seq, direction: 'descending', limit: 1 } as const
  const [earlier] = await tx.findTransactions(query)
  const link = earlier?.changes.find(({ table, id }) => table === change.table && id === change.id)
  const linked = link ? link.kind === 'associate' : base.values !== null
  return linked !== (change.kind === 'associate')
}

/**
 * Whether the newer change needs a row that is created behind the older one, or lets go of one, or takes one, that is
 * deleted there. A row cannot be created pointing to itself, either.
 */
async function needsLater(
  tx: StoreReader,
  older: Change,
  newer: Change,
  seq: number,
  tables: FoldContext['tables'],
): Promise<boolean> {
  const references = referencesOf(newer, tables)
  if (older.kind === 'create' && references.some(({ table, id }) => table === older.table && id === older.id))
    return true
  for (const reference of [...references, ...leftBehind(newer, tables)]) {
    const creator = await creatorOf(tx, reference, tables)
    if (creator && creator.seq > seq) return true
    if (tables.has(reference.table) && (await isDeletedHere(tx, reference))) return true
  }
  return false
}

async function isDeletedHere(tx: StoreReader, { table, id }: RowReference): Promise<boolean> {
  const [base] = await tx.bases(table, [id])
  const [row] = base ? await tx.rows(table, [id]) : []
  return base !== undefined && row === undefined
}

function columnsIn(values: Row): readonly string[] {
  return [...new Set(Object.keys(values).map((name) => name.replace(TARGET_SUFFIX, '')))]
}

function only(values: Row, names: readonly string[]): Row {
  const kept = names.flatMap((name) => [name, name + TARGET_SUFFIX]).filter((name) => name in values)
  return Object.fromEntries(kept.map((name) => [name, values[name] ?? null]))
}
