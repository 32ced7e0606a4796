import type { RoundLimits } from '../push/pace.ts'
import { estimatedBytes } from './estimated-bytes.ts'
import type { OfflineTransaction } from './offline-transaction.ts'

/** Ready transactions that go in one request. */
interface Batch {
  readonly transactions: OfflineTransaction[]
  company: number
  changes: number
  bytes: number
}

/**
 * What one round of delivery sends, filled transaction by transaction in the order of the outbox. A batch is full before
 * the next one is begun: more lanes never make more requests.
 *
 * What got no answer before is sent in smaller company, and at last alone: one transaction that the master cannot swallow
 * must not take others down with it again and again.
 */
export class Round {
  readonly #limits: RoundLimits
  readonly #unknown: OfflineTransaction[] = []
  readonly #batches: Batch[] = []
  #closed = false

  constructor(limits: RoundLimits) {
    this.#limits = limits
  }

  /** Sent before without an answer: their rows are read first. */
  get unknown(): readonly OfflineTransaction[] {
    return this.#unknown
  }

  get batches(): readonly (readonly OfflineTransaction[])[] {
    return this.#batches.map((batch) => batch.transactions)
  }

  get isEmpty(): boolean {
    return this.#unknown.length === 0 && this.#batches.length === 0
  }

  get all(): readonly OfflineTransaction[] {
    return [...this.#unknown, ...this.batches.flat()]
  }

  /** How many transactions it still takes. */
  get room(): number {
    if (this.#closed) return 0
    const sent = this.#batches.reduce((sum, batch) => sum + batch.transactions.length, 0)
    const most = this.#limits.lanes * Math.max(this.#limits.transactions, ...(this.#limits.sizes?.values() ?? []))
    return Math.max(0, Math.min(most - sent, this.#limits.transactions - this.#unknown.length))
  }

  /** Whether it carries all that the limits allow, so that its success says something about them. */
  get isFull(): boolean {
    return this.room === 0 && this.#batches.every(({ company }) => company >= this.#limits.transactions)
  }

  /** Takes a ready transaction; false when it does not fit any more. */
  take(transaction: OfflineTransaction): boolean {
    if (this.room === 0) return false
    if (transaction.outcome === 'unknown') {
      this.#unknown.push(transaction)
      return true
    }
    const open = this.#batches.at(-1)
    if (open && this.#joins(open, transaction)) return true
    if (this.#batches.length === this.#limits.lanes) {
      this.#closed = true
      return false
    }
    const begun = { transactions: [], company: this.#sizeFor(transaction), changes: 0, bytes: 0 }
    this.#batches.push(begun)
    add(begun, transaction)
    return true
  }

  #joins(batch: Batch, transaction: OfflineTransaction): boolean {
    const company = Math.min(batch.company, companyOf(transaction), this.#sizeFor(transaction))
    if (batch.transactions.length + 1 > company) return false
    if (batch.changes + transaction.changes.length > this.#limits.changes) return false
    if (batch.bytes + estimatedBytes(transaction) > this.#limits.bytes) return false
    batch.company = company
    add(batch, transaction)
    return true
  }

  /** How large a request may be that the transaction is in, by the tables that it writes. */
  #sizeFor({ changes }: OfflineTransaction): number {
    const { sizes, transactions } = this.#limits
    return Math.min(...changes.map(({ table }) => sizes?.get(table) ?? transactions))
  }
}

function add(batch: Batch, transaction: OfflineTransaction): void {
  batch.transactions.push(transaction)
  batch.company = Math.min(batch.company, companyOf(transaction))
  batch.changes += transaction.changes.length
  batch.bytes += estimatedBytes(transaction)
}

/** In how large a batch a transaction may be. */
function companyOf(transaction: OfflineTransaction): number {
  if (transaction.attempts === 0) return Number.POSITIVE_INFINITY
  return transaction.attempts === 1 ? 8 : 1
}
