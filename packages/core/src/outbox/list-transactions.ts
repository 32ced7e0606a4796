import type { Change } from '../change.ts'
import { OutpostError } from '../errors.ts'
import type { OutpostErrorCode } from '../errors.ts'
import type { StoreReader } from '../ports/store.ts'
import { canonicalRow, rowKey } from '../row.ts'
import type { OfflineTransaction, RejectionClass, TransactionStatus } from './offline-transaction.ts'
import type { PendingReason } from './readiness.ts'
import { shownReasons } from './shown-reason.ts'
import type { ShownReasonContext } from './shown-reason.ts'
import { textsOf } from './texts-of.ts'

/** A transaction as it is listed: with the reason why it is still pending, where it is. */
export interface ListedTransaction extends OfflineTransaction {
  readonly reason: PendingReason | null
}

/** What is to be listed. Every filter that is given must match. */
export interface ListOptions {
  /** The default is `['error']`: what needs a person. */
  readonly statuses?: readonly TransactionStatus[] | 'all'
  /** Only transactions that change rows of this table, or links of its rows. */
  readonly table?: string
  /** Only transactions that touch this row: change it, or point to it. */
  readonly row?: { readonly table: string; readonly id: string }
  /** Only transactions whose last failure is of one of these classes, or has one of these codes. */
  readonly class?: FailureClass | readonly FailureClass[]
  /**
   * Only transactions with this text in what went wrong, in their history, or in the names, ids and values of what they
   * change. Upper and lower case are the same.
   */
  readonly text?: string
  /** Continues behind this seq. */
  readonly after?: number
  /** The default is 500. */
  readonly limit?: number
}

/** A class of verdicts of the master, or a code of any other failure. */
export type FailureClass = RejectionClass | OutpostErrorCode

const DEFAULT_LIMIT = 500

/** How many transactions are held at a time while they are looked through. */
const PART = 100

const STATUSES: ReadonlySet<string> = new Set<TransactionStatus>(['pending', 'processed', 'error', 'archived'])

/** The transactions that match, in the order of delivery. The outbox is read part by part. */
export async function listTransactions(
  tx: StoreReader,
  options: ListOptions,
  readiness: ShownReasonContext,
): Promise<readonly ListedTransaction[]> {
  const { statuses = ['error'], row, limit = DEFAULT_LIMIT } = options
  refuseUnknownStatus(statuses)
  refuseNoLimit(limit)
  const matches = matcher(options)
  const query = {
    limit: PART,
    ...(statuses === 'all' ? {} : { statuses }),
    ...(row ? { touching: [rowKey(row.table, canonicalRow(row).id)] } : {}),
  }
  const reasonOf = await shownReasons(tx, readiness)
  const listed: ListedTransaction[] = []
  for (let after = options.after; ;) {
    const part = await tx.findTransactions({ ...query, ...(after === undefined ? {} : { after }) })
    for (const transaction of part.filter(matches)) {
      listed.push({ ...transaction, reason: await reasonOf(transaction) })
      if (listed.length === limit) return listed
    }
    if (part.length < PART) return listed
    after = part.at(-1)?.seq
  }
}

/** The transaction with the reason why it is still pending; null where it is not. */
export async function withReason(
  tx: StoreReader,
  transaction: OfflineTransaction,
  readiness: ShownReasonContext,
): Promise<ListedTransaction> {
  const reasonOf = await shownReasons(tx, readiness)
  return { ...transaction, reason: await reasonOf(transaction) }
}

function refuseUnknownStatus(statuses: readonly TransactionStatus[] | 'all'): void {
  const unknown = statuses === 'all' ? undefined : statuses.find((status) => !STATUSES.has(status))
  if (unknown === undefined) return
  throw new OutpostError('invalid', `there is no status '${unknown}'`, {
    place: { rule: 'unknown-status' },
    remedy: `The statuses are ${[...STATUSES].join(', ')}.`,
  })
}

/** Throws `invalid` for a limit under which nothing could be listed. */
export function refuseNoLimit(limit: number): void {
  if (Number.isSafeInteger(limit) && limit > 0) return
  throw new OutpostError('invalid', `the limit of a list must be a whole number from 1, not ${limit}`, {
    place: { rule: 'limit' },
  })
}

function matcher({ table, class: classes, text }: ListOptions): (transaction: OfflineTransaction) => boolean {
  const wanted: readonly string[] | undefined = typeof classes === 'string' ? [classes] : classes
  const part = text?.toLowerCase()
  return (transaction) =>
    (table === undefined || transaction.changes.some((change) => concerns(change, table))) &&
    (wanted === undefined || failureOf(transaction).some((name) => wanted.includes(name))) &&
    (part === undefined || textsOf(transaction).some((found) => found.toLowerCase().includes(part)))
}

function concerns(change: Change, table: string): boolean {
  return (
    change.table === table || ('first' in change && [change.first, change.second].some((end) => end.table === table))
  )
}

function failureOf({ lastError }: OfflineTransaction): readonly string[] {
  if (!lastError) return []
  return [lastError.code, ...(lastError.rejection === undefined ? [] : [lastError.rejection])]
}
