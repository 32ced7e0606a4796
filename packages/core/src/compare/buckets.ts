import type { RowVersion } from '../ports/master-org.ts'

/** How many rows fall into a range of ids, and what their ids and versions make together, in whatever order they come. */
export interface BucketSum {
  readonly rows: number
  /** Sixteen hexadecimal digits. */
  readonly hash: string
}

const RANGE = 2 ** 32

/**
 * Sums over the rows of one side, by ranges of ids: the first eight digits of an id decide. Takes as much memory as there
 * are ranges. Masters sort ids in orders of their own; none is asked for here.
 */
export class Buckets {
  readonly #rows: Float64Array
  readonly #sums: Uint32Array

  constructor(count: number) {
    this.#rows = new Float64Array(count)
    this.#sums = new Uint32Array(count * 2)
  }

  add({ id, version }: RowVersion): void {
    const bucket = bucketOf(id, this.#rows.length)
    const [high, low] = hashOf(`${id} ${version ?? ''}`)
    this.#rows[bucket] = (this.#rows[bucket] ?? 0) + 1
    // Sums, unlike the exclusive or, tell a row that is there twice from one that is not there.
    this.#sums[bucket * 2] = ((this.#sums[bucket * 2] ?? 0) + high) >>> 0
    this.#sums[bucket * 2 + 1] = ((this.#sums[bucket * 2 + 1] ?? 0) + low) >>> 0
  }

  get rows(): number {
    return this.#rows.reduce((sum, rows) => sum + rows, 0)
  }

  sum(bucket: number): BucketSum {
    const digits = (part: number): string => (this.#sums[bucket * 2 + part] ?? 0).toString(16).padStart(8, '0')
    return { rows: this.#rows[bucket] ?? 0, hash: digits(0) + digits(1) }
  }
}

/** The bucket that an id falls into, where there are so many. */
export function bucketOf(id: string, count: number): number {
  const first = Number.parseInt(id.slice(0, 8), 16)
  return Number.isNaN(first) ? 0 : Math.floor((first / RANGE) * count)
}

/** The first eight digits of the ids that a bucket begins and ends with. */
export function rangeOf(bucket: number, count: number): { readonly from: string; readonly to: string } {
  const digits = (number: number): string => number.toString(16).padStart(8, '0')
  return {
    from: digits(Math.ceil((bucket * RANGE) / count)),
    to: digits(Math.ceil(((bucket + 1) * RANGE) / count) - 1),
  }
}

/** Two hashes of 32 bits, in the manner of FNV-1a with a final mixing, from different beginnings. */
function hashOf(text: string): readonly [number, number] {
  let [one, other] = [0x811c9dc5, 0x01000193]
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    one = Math.imul(one ^ code, 0x01000193)
    other = Math.imul(other ^ code, 0x85ebca6b)
  }
  return [mixed(one), mixed(other)]
}

function mixed(hash: number): number {
  const half = Math.imul(hash ^ (hash >>> 16), 0xc2b2ae35)
  return (half ^ (half >>> 13)) >>> 0
}
