import type { OutpostErrorCode } from '../errors.ts'

/** What one round of delivery may send: so many requests at a time, each with so much in it. */
export interface RoundLimits {
  readonly lanes: number
  readonly transactions: number
  readonly changes: number
  readonly bytes: number
  /** By table, how many transactions that write it one request may carry instead. */
  readonly sizes?: ReadonlyMap<string, number>
}

const FULL_BATCH = 50
const CHANGES_PER_TRANSACTION = 10
const MOST_LANES = 4

/**
 * What a request carries at the most, as an estimate of its text: what a slow uplink (1 Mbit/s) takes ten seconds for. A
 * transaction that is larger by itself travels alone.
 */
export const REQUEST_BYTES = 1_000_000

/** By how much a full round without a failure lets the batch grow, and how many of them it takes for another lane. */
const BATCH_STEP = 10
const ROUNDS_PER_LANE = 3

const TOO_FAST: ReadonlySet<OutpostErrorCode> = new Set(['throttled', 'timeout', 'unavailable'])

/**
 * How much is sent at once, by how the master takes it. A master that throttles, or does not answer in time, gets half as
 * much and one request at a time. Full rounds without a failure let first the batch grow and then the lanes; rounds with
 * less than they could carry prove nothing.
 */
export class Pace {
  #batch = FULL_BATCH
  #lanes = 1
  #clean = 0

  get limits(): RoundLimits {
    const changes = this.#batch * CHANGES_PER_TRANSACTION
    return { lanes: this.#lanes, transactions: this.#batch, changes, bytes: REQUEST_BYTES }
  }

  /** The same where tables have sizes of their own: they shrink with the pace, as the usual one does. */
  limitsWith(sizes: Iterable<readonly [string, number]>): RoundLimits {
    const scaled = [...sizes].map(
      ([table, size]) => [table, Math.max(1, Math.floor((size * this.#batch) / FULL_BATCH))] as const,
    )
    return { ...this.limits, sizes: new Map(scaled) }
  }

  /** A round was answered. `full`: there was more to send than it could carry. */
  answered(full: boolean): void {
    if (!full) return
    if (this.#batch < FULL_BATCH) {
      this.#batch = Math.min(FULL_BATCH, this.#batch + BATCH_STEP)
      return
    }
    this.#clean += 1
    if (this.#clean < ROUNDS_PER_LANE || this.#lanes === MOST_LANES) return
    this.#lanes += 1
    this.#clean = 0
  }

  /** A round had no answer. Only what may come from sending too much makes it slower. */
  failed(code: OutpostErrorCode): void {
    if (!TOO_FAST.has(code)) return
    this.#batch = Math.max(1, Math.floor(this.#batch / 2))
    this.#lanes = 1
    this.#clean = 0
  }
}
