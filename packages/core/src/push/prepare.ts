import type { Change } from '../change.ts'
import type { ConfiguredTable } from '../copy/configuration.ts'
import type { EditContext } from '../conflicts/conflict-rules.ts'
import { mergeDelete, mergeUpdate } from '../conflicts/merge.ts'
import type { Merge } from '../conflicts/merge.ts'
import type {
  ConflictDecision,
  HistoryEntry,
  OfflineTransaction,
  TransactionStatus,
} from '../outbox/offline-transaction.ts'
import { letGo } from '../outbox/let-go.ts'
import { pendingReason } from '../outbox/readiness.ts'
import type { ReadinessContext } from '../outbox/readiness.ts'
import { rechecked } from '../outbox/recheck.ts'
import { transition } from '../outbox/transitions.ts'
import type { BaseRow, StoreReader, StoreWriter } from '../ports/store.ts'
import { rowKey } from '../row.ts'
import type { Row } from '../row.ts'
import { refreshChanged } from '../rows/local-rows.ts'
import { settledAs } from './deliver.ts'
import { liftAllOut, liftOut, onValues } from '../rows/stack.ts'
import { isSameRequest } from './settle.ts'
import type { Settled } from './settle.ts'
import { conflictError, policyError } from './transaction-errors.ts'

export interface Claim {
  /** How many columns that both sides had changed were decided, in what is sent as well as in what is settled. */
  readonly conflicts: number
  /** Claimed, in the order of the outbox, with their changes brought up to the master's present rows. */
  readonly sending: readonly OfflineTransaction[]
  /** Settled without being sent. */
  readonly settled: readonly Settled[]
}

/**
 * Claims those of the transactions that are still ready, for sending under the given request id, in the given store
 * transaction.
 *
 * What the present metadata has no room for becomes Error. Where a pull has brought a newer row in the meantime, each
 * change is merged into it first: what remains is what is sent. A transaction of which nothing remains is settled here,
 * one that a person has to decide becomes Error. Under `server-wins` a conflict in one row overrules the whole
 * transaction: it is all or nothing.
 */
export async function prepare(
  tx: StoreWriter,
  ready: readonly OfflineTransaction[],
  context: ReadinessContext & {
    readonly leaseUntil: number
    readonly requestId: string
    readonly catalogueStamp: string
  },
): Promise<Claim> {
  const sending: OfflineTransaction[] = []
  const settled: Settled[] = []
  const statuses = new Map<number, TransactionStatus | undefined>()
  let decided = 0
  for (const asked of ready) {
    const [found] = await tx.transactions([asked.seq])
    if (found?.status !== 'pending') continue
    // Another client org sent it meanwhile, in vain: what is held of its rows is what that one had looked at before.
    if (!isSameRequest(asked, found)) continue
    // What was ready when it was found need not be so any more: another edit or another client org came in between.
    const reason = await pendingReason(tx, found, context, statuses)
    if (reason.kind !== 'ready') continue
    const transaction = rechecked(found, context)
    if (transaction !== found) await tx.putTransactions([transaction])
    if (transaction.status !== 'pending') {
      settled.push({ transaction, conflicts: 0 })
      continue
    }
    const merged = await mergeChanges(tx, transaction, context)
    const next = decide(transaction, merged, context.now)
    const conflicts = next === transaction ? [] : (next.history.at(-1)?.conflicts ?? [])
    if (next.status === 'pending') {
      const lease = { owner: context.owner, until: context.leaseUntil }
      sending.push(
        transition(
          next,
          'sent',
          context.now,
          { lease, outcome: 'unknown', attempts: transaction.attempts + 1, nextAttemptAt: null },
          { requestId: context.requestId },
        ),
      )
    } else settled.push({ transaction: next, conflicts: 0 })
    decided += conflicts.length
    if (next.changes !== transaction.changes || next.status !== 'pending') {
      await tx.putTransactions([next])
      await liftDropped(tx, transaction, next, conflicts)
      if (next.status === 'pending') await letGo(tx, transaction, next, context.tables)
      await refreshChanged(tx, transaction.changes, context.tables)
    }
  }
  if (sending.length > 0) await tx.putTransactions(sending)
  return { sending, settled, conflicts: decided }
}

interface MergedChange {
  /** What is left to send of the change; null when nothing is. */
  readonly change: Change | null
  readonly merge: Merge
  /** The version of the master's row that it was merged into. */
  readonly version?: string | null
}

/** What a policy took out of a transaction no longer is what later changes of the row stand on. */
async function liftDropped(
  tx: StoreWriter,
  before: OfflineTransaction,
  after: OfflineTransaction,
  conflicts: readonly ConflictDecision[],
): Promise<void> {
  if (after.status === 'archived') return liftAllOut(tx, before)
  for (const change of before.changes) {
    if (change.kind !== 'update') continue
    const lost = conflicts.filter((conflict) => conflict.id === change.id && conflict.resolved === 'remote')
    await liftOut(
      tx,
      before.seq,
      change,
      lost.map((conflict) => conflict.column),
    )
  }
}

function decide(transaction: OfflineTransaction, merged: readonly MergedChange[], now: number): OfflineTransaction {
  const merges = merged.map(({ merge }) => merge)
  const conflicts = merges.flatMap((merge) => ('conflicts' in merge ? merge.conflicts : []))
  const patches = merges.flatMap((merge) => ('patches' in merge && merge.patches ? [merge.patches] : []))
  const versions = Object.fromEntries(
    transaction.changes.flatMap(({ table, id }, at) => {
      const { version } = merged[at] ?? {}
      return version ? [[rowKey(table, id), version]] : []
    }),
  )
  const met = Object.keys(versions).length > 0 ? { versions } : {}
  const note = (decided: readonly ConflictDecision[]): Pick<HistoryEntry, 'conflicts' | 'patches' | 'versions'> => ({
    ...(decided.length > 0 ? { conflicts: decided } : {}),
    ...(patches.length > 0 ? { patches } : {}),
    ...met,
  })
  // It may be that its answer was lost, that it had its effect, and that somebody else has written over that since.
  const isDoubtful = editOf(transaction).doubtful
  const failed = merges.find((merge) => merge.kind === 'failed')
  if (failed || merges.some((merge) => merge.kind === 'undecided')) {
    const columns = [...new Set(conflicts.map(({ column }) => column))]
    const lastError = failed
      ? policyError(transaction, failed, now)
      : conflictError(transaction, 'conflict', now, columns)
    // A transaction is sent whole: as long as a part is open, none of it is decided.
    const open = conflicts.map((conflict) => ({ ...conflict, resolved: 'undecided' as const, value: null }))
    const refused = { lastError, ...(isDoubtful ? { outcome: 'unknown' as const } : {}) }
    return transition(transaction, 'refused', now, refused, { note: lastError.message, ...note(open) })
  }
  const overruled = { outcome: isDoubtful ? 'unknown' : 'known' } as const
  const changes = merged.flatMap(({ change }) => (change ? [change] : []))
  const whole = merges.some((merge) => merge.kind === 'overruled' && merge.whole)
  if (whole) {
    const lost = conflicts.map((conflict) => ({ ...conflict, resolved: 'remote' as const, value: conflict.remote }))
    return transition(transaction, 'overruled', now, overruled, note(lost))
  }
  if (changes.length === 0) {
    return merges.some((merge) => merge.kind === 'overruled')
      ? transition(transaction, 'overruled', now, overruled, note(conflicts))
      : settledAs(transaction, 'delivered', now, { note: 'nothing of it is left to send', ...met })
  }
  const unchanged = merged.every(({ change }, index) => change === transaction.changes[index])
  return unchanged ? transaction : transition(transaction, 'merged', now, { changes }, note(conflicts))
}

async function mergeChanges(
  tx: StoreReader,
  transaction: OfflineTransaction,
  { tables, now }: Pick<ReadinessContext, 'tables' | 'now'>,
): Promise<readonly MergedChange[]> {
  const edit = { ...editOf(transaction), now }
  const results: MergedChange[] = []
  for (const change of transaction.changes) {
    const table = tables.get(change.table)
    const [base] =
      table && (change.kind === 'update' || change.kind === 'delete') ? await tx.bases(change.table, [change.id]) : []
    results.push(table && base ? mergeChange(change, base, table, edit) : unmerged(change))
  }
  return results
}

/** When a person last had the edit in hand, and whether an answer to it was lost since. */
function editOf({ history, createdAt }: OfflineTransaction): Omit<EditContext, 'now'> {
  const edited = history.findLast(({ event }) => event === 'committed' || event === 'folded' || event === 'amended')
  const begun = history.findLastIndex((entry) => entry.event === 'amended' || entry.event === 'set-pending')
  const doubtful = history.slice(begun + 1).some((entry) => entry.event === 'verified')
  return { editedAt: edited?.at ?? createdAt, doubtful }
}

function mergeChange(change: Change, base: BaseRow, table: ConfiguredTable, edit: EditContext): MergedChange {
  if (
    (change.kind !== 'update' && change.kind !== 'delete') ||
    base.values === null ||
    base.version === change.version
  ) {
    return unmerged(change)
  }
  const merge =
    change.kind === 'update' ? mergeUpdate(change, base.values, table, edit) : mergeDelete(change, base.values, table)
  const { version } = base
  return { change: merge.kind === 'send' ? onto(change, merge, base.values, version) : null, merge, version }
}

/** The change as if it had been made on the master's present row. */
function onto(change: Change, merge: Extract<Merge, { kind: 'send' }>, row: Row, version: string | null): Change {
  if (change.kind === 'delete') return { ...change, before: row, version }
  if (change.kind !== 'update') return change
  const before = Object.fromEntries(Object.keys(merge.values).map((name) => [name, row[name] ?? null]))
  const computed = merge.conflicts.filter(({ resolved }) => resolved === 'merged').map(({ column }) => column)
  const merged = [...new Set([...(change.merged ?? []), ...computed])]
  const values = { ...change, values: merge.values, version, ...(merged.length > 0 ? { merged } : {}) }
  return onValues(values, before)
}

function unmerged(change: Change): MergedChange {
  return { change, merge: { kind: 'send', values: {}, conflicts: [] } }
}
