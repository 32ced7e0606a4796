import type { OutpostErrorCode } from '../errors.ts'
import { RequestTimes } from './request-times.ts'

/** What one request may carry. */
export interface RequestLimits {
  readonly transactions: number
  readonly changes: number
  readonly bytes: number
  /** By table, how many transactions that write it one request may carry instead. */
  readonly sizes?: ReadonlyMap<string, number>
}

/** A request that was answered. */
export interface AnsweredRequest {
  readonly transactions: number
  readonly tookMs: number
  /** When the answer came. */
  readonly now: number
  /** There was more to send than it could carry. */
  readonly isFull: boolean
}

/**
 * What is sent to a master of which nothing is known: few enough that they are soon answered where each takes long, and more
 * in each further request, so that the first answers tell the time on the way from that of a transaction.
 */
const FIRST_BATCH = 6
const FIRST_LANES = 4

/**
 * Beyond that a larger batch saves little. Claiming and settling it holds the store longer, which local writes wait for, and
 * one that is lost costs more: each of its rows is read again.
 */
const LARGEST_BATCH = 200
const MOST_CHANGES = 500
const MOST_LANES = 8

/** How long the transactions of one request may keep the master busy. */
const WORK_MS = 500

/**
 * What a request carries at the most, as an estimate of its text: what a slow uplink (1 Mbit/s) takes ten seconds for. A
 * transaction that is larger by itself travels alone.
 */
export const REQUEST_BYTES = 1_000_000

/** By how much a full request without a failure undoes what a failure took, and how many of them then give another lane. */
const SHARE_STEP = 0.2
const REQUESTS_PER_LANE = 3

const TOO_FAST: ReadonlySet<OutpostErrorCode> = new Set(['throttled', 'timeout', 'unavailable'])

/**
 * A master answers 1,200 seconds of work of one user in 300 seconds (Microsoft Learn, "Service protection API limits"). Who
 * has used half of that stays below what it gives back meanwhile.
 */
const ALLOWED_MS_PER_MS = 1_200 / 300
const HALF_ALLOWANCE_MS = 600_000
const STEADY_LANES = 3

/**
 * How much is sent at once, by how the master takes it. A request carries what keeps the master busy for half a second, by
 * what the latest ones took: where a transaction costs next to nothing that is one large batch, where each runs plug-ins
 * many small ones. Full requests without a failure add lanes, up to eight or what the master recommends.
 *
 * A master that throttles, or does not answer in time, gets half as much and one request at a time. Full requests without a
 * failure let first the batch grow again and then the lanes, more slowly than at first; requests with less than they could
 * carry prove nothing.
 */
export class Pace {
  readonly #times = new RequestTimes()
  /** What failures have left of a batch. */
  #share = 1
  #lanes = FIRST_LANES
  #requestsPerLane = 1
  #clean = 0
  /** The time of requests that the master has not given back yet. */
  #spentMs = 0
  #spentAt = Number.NEGATIVE_INFINITY

  /** What the next request may carry. `underWay`: how many others are. The sizes of tables shrink by failures only. */
  limits(underWay: number, sizes: Iterable<readonly [string, number]> = []): RequestLimits {
    const cost = this.#times.msPerTransaction
    const affordable = cost === null ? FIRST_BATCH * (underWay + 1) : Math.min(LARGEST_BATCH, WORK_MS / cost)
    return {
      transactions: this.#shareOf(affordable),
      changes: Math.max(10, this.#shareOf(MOST_CHANGES)),
      bytes: REQUEST_BYTES,
      sizes: new Map([...sizes].map(([table, size]) => [table, this.#shareOf(size)] as const)),
    }
  }

  /** How many requests may be under way at a time. `recommended`: what the master says, null where it says nothing. */
  lanes(recommended: number | null): number {
    const most = this.#spentMs > HALF_ALLOWANCE_MS ? STEADY_LANES : MOST_LANES
    return Math.max(1, Math.min(this.#lanes, most, recommended ?? most))
  }

  answered({ transactions, tookMs, now, isFull }: AnsweredRequest): void {
    this.#times.add(transactions, tookMs)
    const givenBack = Math.max(0, now - this.#spentAt) * ALLOWED_MS_PER_MS
    this.#spentMs = Math.max(0, this.#spentMs - givenBack) + Math.max(0, tookMs)
    this.#spentAt = now
    if (!isFull) return
    if (this.#share < 1) {
      this.#share = Math.min(1, this.#share + SHARE_STEP)
      return
    }
    this.#clean += 1
    if (this.#clean < this.#requestsPerLane || this.#lanes === MOST_LANES) return
    this.#lanes += 1
    this.#clean = 0
  }

  /** Requests had no answer. Only what may come from sending too much makes it slower. */
  failed(code: OutpostErrorCode): void {
    if (!TOO_FAST.has(code)) return
    this.#share /= 2
    this.#lanes = 1
    this.#requestsPerLane = REQUESTS_PER_LANE
    this.#clean = 0
  }

  #shareOf(size: number): number {
    return Math.max(1, Math.floor(size * this.#share))
  }
}
