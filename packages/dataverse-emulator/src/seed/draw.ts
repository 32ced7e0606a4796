/** A source of repeatable choices: the same name gives the same sequence on every machine. */
export class Draw {
  #state: number

  constructor(name: string) {
    let hash = 0x811c9dc5
    for (let index = 0; index < name.length; index++) hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193)
    this.#state = hash >>> 0
  }

  /** A number from 0 up to, not including, 1. */
  fraction(): number {
    this.#state = (this.#state + 0x9e3779b9) >>> 0
    let x = this.#state
    x = Math.imul(x ^ (x >>> 16), 0x21f0aaad)
    x = Math.imul(x ^ (x >>> 15), 0x735a2d97)
    return ((x ^ (x >>> 15)) >>> 0) / 4294967296
  }

  /** A whole number from `from` to `to`, both included. */
  whole(from: number, to: number): number {
    return from + Math.floor(this.fraction() * (to - from + 1))
  }

  /** A number with that many decimals. */
  decimal(from: number, to: number, decimals: number): number {
    return Number((from + this.fraction() * (to - from)).toFixed(decimals))
  }

  chance(probability: number): boolean {
    return this.fraction() < probability
  }

  pick<T>(from: readonly T[]): T {
    const found = from[Math.floor(this.fraction() * from.length)]
    if (found === undefined) throw new RangeError('nothing to pick from')
    return found
  }
}
