import { seededRandom } from './seeded-random.ts'

/** What a random run draws its choices from: the same seed, the same choices. */
export interface Draw {
  readonly seed: number
  /** A number in [0, 1). */
  number(): number
  /** A whole number from 0, less than `limit`. */
  below(limit: number): number
  chance(probability: number): boolean
  /** One of them, each as often as any other. Throws where there is none. */
  pick<T>(from: readonly T[]): T
  /** One of the names, each as often as its weight says. */
  weighted<Name extends string>(weights: Readonly<Partial<Record<Name, number>>>): Name
}

/** Choices that depend on the seed alone. Neighbouring seeds do not begin alike. */
export function drawFrom(seed: number): Draw {
  const number = seededRandom(Math.imul(seed, 0x9e3779b1))
  const below = (limit: number): number => Math.floor(number() * limit)
  return {
    seed,
    number,
    below,
    chance: (probability) => number() < probability,
    pick: (from) => {
      const picked = from[below(from.length)]
      if (picked === undefined) throw new RangeError('nothing to pick from')
      return picked
    },
    weighted: <Name extends string>(weights: Readonly<Partial<Record<Name, number>>>) => {
      const entries = Object.entries<number | undefined>(weights)
      let left = number() * entries.reduce((sum, [, weight]) => sum + (weight ?? 0), 0)
      const found = entries.find(([, weight]) => (left -= weight ?? 0) < 0)
      if (!found) throw new RangeError('nothing to pick from')
      return found[0] as Name
    },
  }
}
