/** By how much each answer lets those before it count less. */
const FADING = 0.6

/** How far sizes must lie apart, as a part of their mean, to tell the time on the way from that of what is sent. */
const LEAST_SPREAD = 0.25

/** What took more than so many times what the earlier answers say tells that they are true no more. */
const SURPRISE = 2

/** What one answer may count for: a clock that was put forward meanwhile must not be remembered for long. */
const LONGEST_MS = 60_000

/**
 * What requests took, by how much was in them, and what that says of the time that one transaction takes: a request takes
 * the time on the way and so many times that of a transaction. The latest answers count most, and one that took much longer
 * than was to be expected counts alone: what is sent next must not go by what was true before.
 */
export class RequestTimes {
  #weight = 0
  #size = 0
  #ms = 0
  #sizeSquared = 0
  #product = 0

  add(size: number, tookMs: number): void {
    const ms = Math.min(LONGEST_MS, Math.max(0, tookMs))
    const kept = ms > SURPRISE * this.#expected(size) ? 0 : FADING
    this.#weight = this.#weight * kept + 1
    this.#size = this.#size * kept + size
    this.#ms = this.#ms * kept + ms
    this.#sizeSquared = this.#sizeSquared * kept + size * size
    this.#product = this.#product * kept + size * ms
  }

  /**
   * The time of one transaction; null before the first answer. Where all requests were alike it is what one took at the
   * most: nothing tells yet how much of that was the way.
   */
  get msPerTransaction(): number | null {
    if (this.#weight === 0) return null
    const size = this.#size / this.#weight
    const ms = this.#ms / this.#weight
    const variance = this.#sizeSquared / this.#weight - size * size
    if (variance < (size * LEAST_SPREAD) ** 2) return ms / size
    return Math.min(ms / size, Math.max(0, (this.#product / this.#weight - size * ms) / variance))
  }

  /** What a request of that size takes at the most, by the earlier answers. One that is smaller may take as long: all may be the way. */
  #expected(size: number): number {
    const cost = this.msPerTransaction
    if (cost === null) return Number.POSITIVE_INFINITY
    return this.#ms / this.#weight + cost * Math.max(0, size - this.#size / this.#weight)
  }
}
