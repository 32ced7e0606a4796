const CHUNK = 256

/**
 * An immutable list in the order of `compare`, without two equal items. Changing it makes a new list that shares all but
 * one short piece with the old one, so that keeping a snapshot costs nothing.
 */
export class SortedList<T> {
  readonly #compare: (a: T, b: T) => number
  readonly #chunks: readonly (readonly T[])[]
  readonly size: number

  constructor(compare: (a: T, b: T) => number, chunks: readonly (readonly T[])[] = [], size = 0) {
    this.#compare = compare
    this.#chunks = chunks
    this.size = size
  }

  /** The item that is equal to `probe`. */
  get(probe: T): T | undefined {
    const { chunk, at } = this.#locate((item) => this.#compare(item, probe) >= 0)
    const item = this.#chunks[chunk]?.[at]
    return item !== undefined && this.#compare(item, probe) === 0 ? item : undefined
  }

  /** The list with the item in its place, instead of one that is equal to it. */
  with(item: T): SortedList<T> {
    if (this.#chunks.length === 0) return new SortedList(this.#compare, [[item]], 1)
    const place = this.#locate((other) => this.#compare(other, item) >= 0)
    const chunk = Math.min(place.chunk, this.#chunks.length - 1)
    const old = this.#chunks[chunk] ?? []
    const at = place.chunk === chunk ? place.at : old.length
    const equal = at < old.length && this.#compare(old[at] as T, item) === 0
    const items = [...old.slice(0, at), item, ...old.slice(equal ? at + 1 : at)]
    const pieces = items.length > 2 * CHUNK ? [items.slice(0, CHUNK), items.slice(CHUNK)] : [items]
    return new SortedList(this.#compare, this.#replace(chunk, pieces), this.size + (equal ? 0 : 1))
  }

  /** The list without the item that is equal to `probe`. */
  without(probe: T): SortedList<T> {
    const { chunk, at } = this.#locate((item) => this.#compare(item, probe) >= 0)
    const old = this.#chunks[chunk]
    if (!old || at >= old.length || this.#compare(old[at] as T, probe) !== 0) return this
    const items = [...old.slice(0, at), ...old.slice(at + 1)]
    return new SortedList(this.#compare, this.#replace(chunk, items.length === 0 ? [] : [items]), this.size - 1)
  }

  /** The items in order, from the first for which `reached` holds. `reached` must hold for all that come after it. */
  *from(reached: (item: T) => boolean = () => true): Generator<T> {
    const { chunk, at } = this.#locate(reached)
    for (let c = chunk; c < this.#chunks.length; c++) {
      const items = this.#chunks[c] ?? []
      for (let i = c === chunk ? at : 0; i < items.length; i++) yield items[i] as T
    }
  }

  /** The items in reverse order, from the last for which `passed` does not hold. */
  *backFrom(passed: (item: T) => boolean = () => false): Generator<T> {
    const { chunk, at } = this.#locate(passed)
    for (let c = Math.min(chunk, this.#chunks.length - 1); c >= 0; c--) {
      const items = this.#chunks[c] ?? []
      for (let i = c === chunk ? at - 1 : items.length - 1; i >= 0; i--) yield items[i] as T
    }
  }

  #locate(reached: (item: T) => boolean): { chunk: number; at: number } {
    const chunk = firstIndex(this.#chunks.length, (c) => {
      const items = this.#chunks[c] ?? []
      return reached(items[items.length - 1] as T)
    })
    const items = this.#chunks[chunk] ?? []
    return { chunk, at: firstIndex(items.length, (i) => reached(items[i] as T)) }
  }

  #replace(chunk: number, pieces: readonly (readonly T[])[]): readonly (readonly T[])[] {
    return [...this.#chunks.slice(0, chunk), ...pieces, ...this.#chunks.slice(chunk + 1)]
  }
}

function firstIndex(length: number, holds: (index: number) => boolean): number {
  let [low, high] = [0, length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (holds(middle)) high = middle
    else low = middle + 1
  }
  return low
}
