import type { RequestLimits } from '../push/pace.ts'
import { estimatedBytes } from './estimated-bytes.ts'
import type { OfflineTransaction } from './offline-transaction.ts'

/**
 * What one request is to send, filled transaction by transaction in the order of the outbox.
 *
 * What got no answer before is sent in smaller company, and at last alone: one transaction that the master cannot swallow
 * must not take others down with it again and again.
 */
export class Round {
  readonly #limits: RequestLimits
  readonly #unknown: OfflineTransaction[] = []
  readonly #batch: OfflineTransaction[] = []
  /** How many transactions the request may carry, by those that are in it. */
  #company = Number.POSITIVE_INFINITY
  #changes = 0
  #bytes = 0
  #closed = false

  constructor(limits: RequestLimits) {
    this.#limits = limits
  }

  /** Sent before without an answer: their rows are read first. */
  get unknown(): readonly OfflineTransaction[] {
    return this.#unknown
  }

  get batch(): readonly OfflineTransaction[] {
    return this.#batch
  }

  get isEmpty(): boolean {
    return this.#unknown.length === 0 && this.#batch.length === 0
  }

  get all(): readonly OfflineTransaction[] {
    return [...this.#unknown, ...this.#batch]
  }

  /** How many transactions it still takes. */
  get room(): number {
    if (this.#closed) return 0
    const { transactions, sizes } = this.#limits
    const most = Math.min(this.#company, Math.max(transactions, ...(sizes?.values() ?? [])))
    return Math.max(0, Math.min(most - this.#batch.length, transactions - this.#unknown.length))
  }

  /** Whether it carries all that the limits allow, so that its success says something about them. */
  get isFull(): boolean {
    return this.room === 0 && this.#company >= this.#limits.transactions
  }

  /** Takes a ready transaction; false when it does not fit any more. */
  take(transaction: OfflineTransaction): boolean {
    if (this.room === 0) return false
    if (transaction.outcome === 'unknown') {
      this.#unknown.push(transaction)
      return true
    }
    if (this.#joins(transaction)) return true
    this.#closed = true
    return false
  }

  #joins(transaction: OfflineTransaction): boolean {
    const company = Math.min(this.#company, companyOf(transaction), this.#sizeFor(transaction))
    const changes = this.#changes + transaction.changes.length
    const bytes = this.#bytes + estimatedBytes(transaction)
    const { changes: mostChanges, bytes: mostBytes } = this.#limits
    const isTooMuch = this.#batch.length + 1 > company || changes > mostChanges || bytes > mostBytes
    if (isTooMuch && this.#batch.length > 0) return false
    this.#batch.push(transaction)
    this.#company = company
    this.#changes = changes
    this.#bytes = bytes
    return true
  }

  /** How large a request may be that the transaction is in, by the tables that it writes. */
  #sizeFor({ changes }: OfflineTransaction): number {
    const { sizes, transactions } = this.#limits
    return Math.min(...changes.map(({ table }) => sizes?.get(table) ?? transactions))
  }
}

/** In how large a batch a transaction may be. */
function companyOf(transaction: OfflineTransaction): number {
  if (transaction.attempts === 0) return Number.POSITIVE_INFINITY
  return transaction.attempts === 1 ? 8 : 1
}
