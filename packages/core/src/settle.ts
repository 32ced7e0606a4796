import type { Change, CreateChange } from './change.ts'
import type { ConfiguredTable } from './configuration.ts'
import type { Env } from './env.ts'
import { MasterError } from './errors.ts'
import type { OutpostError } from './errors.ts'
import { assumedMaster, masterRow, openTransactions, refreshRows } from './local-rows.ts'
import type { KnownMaster, MasterRows } from './local-rows.ts'
import { mergeUpdate } from './merge.ts'
import type { OfflineTransaction, RejectionClass, TransactionError } from './outbox/offline-transaction.ts'
import { transition } from './outbox/transitions.ts'
import type { PushedRow, PushOutcome } from './ports/master-org.ts'
import type { StoreWriter } from './ports/store.ts'
import { delayMs } from './retry.ts'
import { rowKey } from './row.ts'
import type { Row } from './row.ts'

/** A transaction as it was left, and how many conflicting columns were decided on the way. */
export interface Settled {
  readonly transaction: OfflineTransaction
  readonly conflicts: number
}

export interface SettleContext {
  readonly tables: ReadonlyMap<string, ConfiguredTable>
  readonly env: Env
}

/** How often a transaction is merged into a newer row and sent again at once before it waits like after a failure. */
const STALE_LIMIT = 5

/** Records the master's answers, and shows on the rows what the master made of them. One answer for each transaction. */
export async function settle(
  tx: StoreWriter,
  sent: readonly OfflineTransaction[],
  outcomes: readonly PushOutcome[],
  masters: MasterRows,
  context: SettleContext,
): Promise<readonly Settled[]> {
  const settled: Settled[] = []
  const current = await tx.transactions(sent.map((transaction) => transaction.seq))
  for (const [index, transaction] of current.entries()) {
    const outcome = outcomes[index]
    if (transaction?.status !== 'pending') continue
    settled.push({
      transaction: await settleOne(tx, transaction, outcome ?? UNANSWERED, masters, context),
      conflicts: 0,
    })
  }
  return settled
}

const UNANSWERED: PushOutcome = {
  kind: 'retry',
  mayHaveArrived: true,
  error: {
    code: 'protocol',
    message: 'the master gave no answer for this transaction',
    remedy: 'It is verified and sent again by itself.',
  },
}

async function settleOne(
  tx: StoreWriter,
  transaction: OfflineTransaction,
  outcome: PushOutcome,
  masters: MasterRows,
  context: SettleContext,
): Promise<OfflineTransaction> {
  const now = context.env.now()
  switch (outcome.kind) {
    case 'processed':
      return deliver(tx, transaction, pushedMasters(outcome.rows, context.tables), now, context.tables)
    case 'exists':
      return settleExisting(tx, transaction, masters, context)
    case 'stale':
      return settleStale(tx, transaction, masters, context)
    case 'rejected': {
      const lastError: TransactionError = { ...outcome.rejection, at: now, attempt: transaction.attempts }
      return refuse(tx, transaction, lastError)
    }
    case 'retry': {
      const lastError: TransactionError = { ...outcome.error, at: now, attempt: transaction.attempts }
      const nextAttemptAt = now + delayMs(transaction.attempts, context.env.random())
      const known = outcome.mayHaveArrived ? 'unknown' : 'not-sent'
      return keep(
        tx,
        transition(transaction, 'deferred', now, { lease: null, outcome: known, lastError, nextAttemptAt }),
      )
    }
  }
}

/** The master has every change: shows its rows, and moves later transactions on the same rows onto them. */
async function deliver(
  tx: StoreWriter,
  transaction: OfflineTransaction,
  masters: MasterRows,
  now: number,
  tables: ReadonlyMap<string, ConfiguredTable>,
  note?: string,
): Promise<OfflineTransaction> {
  const delivered = await keep(tx, settledAs(transaction, 'delivered', now, note))
  for (const change of transaction.changes) {
    const table = tables.get(change.table)
    if (!table) continue
    const known = masters.get(change.table)?.get(change.id) ?? (await assumedMaster(tx, table, change))
    if (known.row) await moveLater(tx, change, known.row)
    await refreshRows(tx, table, [change.id], new Map([[change.id, known]]))
  }
  return delivered
}

/**
 * Later transactions on a row were made on top of this one's values. What the master made of those values (rounded,
 * completed by a plug-in) is no conflict with them: they now stand on the master's row.
 */
async function moveLater(
  tx: StoreWriter,
  change: Change,
  row: { readonly values: Row; readonly version: string | null },
): Promise<void> {
  const later = await openTransactions(tx, [rowKey(change.table, change.id)])
  const written: Row = change.kind === 'create' || change.kind === 'update' ? change.values : {}
  const moved = later.map((transaction) => ({
    ...transaction,
    changes: transaction.changes.map((other): Change => {
      if (other.table !== change.table || other.id !== change.id) return other
      if (other.kind === 'delete') return { ...other, before: row.values, version: row.version }
      if (other.kind !== 'update') return other
      const before = Object.fromEntries(
        Object.entries(other.before).map(([name, seen]) => [
          name,
          name in written || change.kind === 'create' ? (row.values[name] ?? null) : seen,
        ]),
      )
      return { ...other, before }
    }),
  }))
  if (moved.length > 0) await tx.putTransactions(moved)
}

/** What the master made of the changed rows, by its answer to a push. */
function pushedMasters(rows: readonly PushedRow[], tables: ReadonlyMap<string, ConfiguredTable>): MasterRows {
  const known = new Map<string, Map<string, KnownMaster>>()
  for (const row of rows) {
    const table = tables.get(row.table)
    if (table)
      known.set(row.table, (known.get(row.table) ?? new Map<string, KnownMaster>()).set(row.id, masterRow(table, row)))
  }
  return known
}

/**
 * The master says that a row to be created is there already, and was asked for it. An id that was made here proves that it
 * is our own create, whose answer was lost; an id the application chose does so only where it was sent before and the row
 * shows what was sent. Where there is no such row, it is another one that stands in the way: by an alternate key, or by a
 * duplicate detection rule, which the master does not always tell apart.
 */
async function settleExisting(
  tx: StoreWriter,
  transaction: OfflineTransaction,
  masters: MasterRows,
  context: SettleContext,
): Promise<OfflineTransaction> {
  const now = context.env.now()
  const creates = transaction.changes.filter((change) => change.kind === 'create')
  const known = creates.map((change) => masters.get(change.table)?.get(change.id))
  if (known.includes(undefined)) {
    const nextAttemptAt = now + delayMs(transaction.attempts, context.env.random())
    const note = { note: 'said to be on the master; to be verified' }
    return keep(tx, transition(transaction, 'deferred', now, { lease: null, outcome: 'unknown', nextAttemptAt }, note))
  }
  if (known.every((master) => master?.row === null)) {
    return refuse(tx, transaction, keyClash(transaction, ANOTHER_ROW, now))
  }
  const sentBefore = transaction.attempts > 1
  const ours = creates.some((change) => isOurs(change, masters, context.tables, sentBefore))
  if (!ours) return refuse(tx, transaction, keyClash(transaction, SAME_ID, now))
  const note = 'the master had it already; its first answer was lost'
  return deliver(tx, transaction, masters, now, context.tables, note)
}

interface KeyClash {
  readonly message: string
  readonly remedy: string
}

const SAME_ID: KeyClash = {
  message: 'The master has a row with this id already.',
  remedy: 'Archive this transaction and change the existing row instead, or create the row with another id.',
}

const ANOTHER_ROW: KeyClash = {
  message: 'The master has another row with the same key values, or one that it takes for a duplicate.',
  remedy: 'Use that row, or change the key values of one of them, then resubmit.',
}

function keyClash(transaction: OfflineTransaction, clash: KeyClash, now: number): TransactionError {
  return { code: 'conflict', rejection: 'key-clash', ...clash, at: now, attempt: transaction.attempts }
}

/** Whether the master's row is the one that the change creates. */
function isOurs(
  change: CreateChange,
  masters: MasterRows,
  tables: ReadonlyMap<string, ConfiguredTable>,
  sentBefore: boolean,
): boolean {
  const row = masters.get(change.table)?.get(change.id)?.row
  if (!row) return false
  if (!change.chosenId) return true
  const table = tables.get(change.table)
  const asUpdate = { ...change, kind: 'update', before: {}, patch: [], version: null } as const
  return sentBefore && table !== undefined && mergeUpdate(asUpdate, row.values, table).kind === 'applied'
}

/** The master's row is newer than the one the change was made on: takes the newer row as the base, to be merged next. */
async function settleStale(
  tx: StoreWriter,
  transaction: OfflineTransaction,
  masters: MasterRows,
  context: SettleContext,
): Promise<OfflineTransaction> {
  const now = context.env.now()
  await takeBases(tx, transaction.changes, masters, context.tables)
  const gone = transaction.changes.find(
    (change) => change.kind === 'update' && masters.get(change.table)?.get(change.id)?.row === null,
  )
  if (gone) {
    const lastError = conflictError(transaction, 'gone', now)
    return refuse(tx, transaction, lastError)
  }
  if (isCurrent(transaction.changes, masters)) return refuse(tx, transaction, keyClash(transaction, ANOTHER_ROW, now))
  const nextAttemptAt =
    transaction.attempts % STALE_LIMIT === 0 ? now + delayMs(transaction.attempts, context.env.random()) : null
  const note = { note: 'the row has changed on the master' }
  return keep(tx, transition(transaction, 'deferred', now, { lease: null, outcome: 'not-sent', nextAttemptAt }, note))
}

/** Whether every row is at the version its change was made on, so that it was no newer version that stood in the way. */
function isCurrent(changes: readonly Change[], masters: MasterRows): boolean {
  const conditional = changes.filter((change) => change.kind === 'update' || change.kind === 'delete')
  return (
    conditional.length > 0 &&
    conditional.every((change) => {
      const row = masters.get(change.table)?.get(change.id)?.row
      return row && change.version !== null && row.version === change.version
    })
  )
}

/** Resolves transactions whose answer was lost, by what was read of their rows: delivered, or to be sent again. */
export async function settleVerified(
  tx: StoreWriter,
  unknown: readonly OfflineTransaction[],
  masters: MasterRows,
  context: SettleContext,
): Promise<readonly Settled[]> {
  const settled: Settled[] = []
  const now = context.env.now()
  for (const transaction of await tx.transactions(unknown.map(({ seq }) => seq))) {
    if (transaction?.status !== 'pending') continue
    if (isOnMaster(transaction.changes, masters, context.tables)) {
      const done = await deliver(
        tx,
        transaction,
        masters,
        now,
        context.tables,
        'found on the master; the answer was lost',
      )
      settled.push({ transaction: done, conflicts: 0 })
      continue
    }
    await takeBases(tx, transaction.changes, masters, context.tables)
    const note = { note: 'not found on the master; to be sent again' }
    settled.push({
      transaction: await keep(tx, transition(transaction, 'verified', now, { lease: null, outcome: 'not-sent' }, note)),
      conflicts: 0,
    })
  }
  return settled
}

/**
 * A transaction is delivered as a whole or not at all, so one row that only it can have created proves all of it. The
 * effect of an update or a deletion can also be somebody else's: it takes all of them, and no link, which is not read.
 */
function isOnMaster(
  changes: readonly Change[],
  masters: MasterRows,
  tables: ReadonlyMap<string, ConfiguredTable>,
): boolean {
  if (changes.some((change) => change.kind === 'create')) {
    return changes.some((change) => change.kind === 'create' && isOurs(change, masters, tables, true))
  }
  return changes.every((change) => {
    const table = tables.get(change.table)
    const known = masters.get(change.table)?.get(change.id)
    if (!table || !known) return false
    if (change.kind === 'delete') return known.row === null
    return (
      change.kind === 'update' && known.row !== null && mergeUpdate(change, known.row.values, table).kind === 'applied'
    )
  })
}

/** Takes what was read of the master as the base of rows it still has. A row it no longer has keeps what we know of it. */
async function takeBases(
  tx: StoreWriter,
  changes: readonly Change[],
  masters: MasterRows,
  tables: ReadonlyMap<string, ConfiguredTable>,
): Promise<void> {
  for (const change of changes) {
    const table = tables.get(change.table)
    const known = masters.get(change.table)?.get(change.id)
    if (table && known?.row) await refreshRows(tx, table, [change.id], new Map([[change.id, known]]))
  }
}

/** Leaves transactions unknown whose rows the master does not show; they wait, and hold nothing else up. */
export async function settleUnverified(
  tx: StoreWriter,
  unknown: readonly OfflineTransaction[],
  failure: MasterError,
  context: SettleContext,
): Promise<readonly Settled[]> {
  const settled: Settled[] = []
  const now = context.env.now()
  for (const transaction of await tx.transactions(unknown.map(({ seq }) => seq))) {
    if (transaction?.status !== 'pending') continue
    const attempts = transaction.attempts + 1
    const lastError = errorOf(failure, { ...transaction, attempts }, now)
    const nextAttemptAt = now + delayMs(attempts, context.env.random())
    const waiting = { lease: null, attempts, lastError, nextAttemptAt }
    settled.push({
      transaction: await keep(tx, transition(transaction, 'deferred', now, waiting, { note: 'could not be verified' })),
      conflicts: 0,
    })
  }
  return settled
}

function errorOf(failure: OutpostError, transaction: OfflineTransaction, now: number): TransactionError {
  return {
    code: failure.code,
    message: failure.message,
    remedy: failure.remedy ?? 'Nothing needs to be done; it is sent again by itself.',
    at: now,
    attempt: transaction.attempts,
    ...(failure instanceof MasterError && failure.status !== undefined ? { status: failure.status } : {}),
    ...(failure instanceof MasterError && failure.masterCode !== undefined ? { masterCode: failure.masterCode } : {}),
  }
}

/** Gives claimed transactions back when the master could not be asked. They stay pending; what is unknown stays so. */
export async function settleUnanswered(
  tx: StoreWriter,
  sent: readonly OfflineTransaction[],
  failure: OutpostError,
  now: number,
): Promise<void> {
  const arrived = !(failure instanceof MasterError) || failure.mayHaveArrived
  for (const transaction of await tx.transactions(sent.map(({ seq }) => seq))) {
    if (transaction?.status !== 'pending') continue
    const lastError = errorOf(failure, transaction, now)
    const attempts = arrived ? transaction.attempts : transaction.attempts - 1
    await keep(
      tx,
      transition(transaction, 'deferred', now, {
        lease: null,
        outcome: arrived ? 'unknown' : 'not-sent',
        attempts,
        lastError,
      }),
    )
  }
}

/** The end of a transaction's way, as a transition. */
export function settledAs(
  transaction: OfflineTransaction,
  event: 'delivered',
  now: number,
  note?: string,
): OfflineTransaction {
  return transition(
    transaction,
    event,
    now,
    { lease: null, outcome: 'known', lastError: null, nextAttemptAt: null },
    note === undefined ? {} : { note },
  )
}

/** The error of a transaction that a person has to decide. */
export function conflictError(
  transaction: OfflineTransaction,
  rejection: RejectionClass,
  now: number,
): TransactionError {
  const gone = rejection === 'gone'
  return {
    code: gone ? 'not-found' : 'conflict',
    rejection,
    message: gone ? 'The row no longer exists on the master.' : 'The row was changed here and on the master.',
    remedy: gone
      ? 'Archive the transaction to drop the change, or create the row anew.'
      : "Compare both sides in the transaction's conflicts, then amend it and set it to pending, or archive it to take the master's row.",
    at: now,
    attempt: transaction.attempts,
  }
}

function refuse(
  tx: StoreWriter,
  transaction: OfflineTransaction,
  lastError: TransactionError,
): Promise<OfflineTransaction> {
  const refused = { lease: null, outcome: 'known' as const, lastError }
  return keep(tx, transition(transaction, 'refused', lastError.at, refused, { note: lastError.message }))
}

async function keep(tx: StoreWriter, transaction: OfflineTransaction): Promise<OfflineTransaction> {
  await tx.putTransactions([transaction])
  return transaction
}
