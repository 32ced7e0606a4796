const CHUNK = 512

/**
 * Items kept in the order of a comparison, unique under it. Adding and removing touch one small chunk, so a table of a
 * million rows can be paged from any position and changed at the same time.
 */
export class SortedList<T> {
  readonly #compare: (a: T, b: T) => number
  readonly #chunks: T[][] = []
  #size = 0

  constructor(compare: (a: T, b: T) => number, items: readonly T[] = []) {
    this.#compare = compare
    const sorted = items.toSorted(compare)
    for (let from = 0; from < sorted.length; from += CHUNK) this.#chunks.push(sorted.slice(from, from + CHUNK))
    this.#size = sorted.length
  }

  get size(): number {
    return this.#size
  }

  /** Adds an item; an equal one must not be present. */
  add(item: T): void {
    this.#size++
    const last = this.#chunks.at(-1)
    const tail = last?.at(-1)
    if (last === undefined || tail === undefined) {
      this.#chunks.push([item])
      return
    }
    const append = this.#compare(item, tail) > 0
    const index = append ? this.#chunks.length - 1 : this.#chunkAtOrAfter(item)
    const chunk = this.#chunks[index]
    if (chunk === undefined) return
    if (append) chunk.push(item)
    else chunk.splice(this.#positionIn(chunk, item), 0, item)
    if (chunk.length <= CHUNK) return
    // Appending in order leaves full chunks behind instead of half-full ones.
    const cut = append ? CHUNK : CHUNK >> 1
    this.#chunks.splice(index + 1, 0, chunk.splice(cut))
  }

  /** Removes the item equal to this one, if there is one. */
  remove(item: T): boolean {
    const index = this.#chunkAtOrAfter(item)
    const chunk = this.#chunks[index]
    if (chunk === undefined) return false
    const position = this.#positionIn(chunk, item)
    const found = chunk[position]
    if (found === undefined || this.#compare(found, item) !== 0) return false
    chunk.splice(position, 1)
    if (chunk.length === 0) this.#chunks.splice(index, 1)
    this.#size--
    return true
  }

  /** All items in order, beginning with the first one that `before` does not hold for (`before` must be monotonic). */
  *ascending(before?: (item: T) => boolean): IterableIterator<T> {
    const start = before === undefined ? 0 : this.#firstChunk(before)
    for (let index = start; index < this.#chunks.length; index++) {
      const chunk = this.#chunks[index] ?? []
      const from = index === start && before !== undefined ? firstIndex(chunk, before) : 0
      for (let position = from; position < chunk.length; position++) yield chunk[position] as T
    }
  }

  /** All items in reverse order, beginning with the last one that `upTo` holds for (`upTo` must be monotonic). */
  *descending(upTo?: (item: T) => boolean): IterableIterator<T> {
    const start =
      upTo === undefined ? this.#chunks.length - 1 : Math.min(this.#firstChunk(upTo), this.#chunks.length - 1)
    for (let index = start; index >= 0; index--) {
      const chunk = this.#chunks[index] ?? []
      const from = index === start && upTo !== undefined ? firstIndex(chunk, upTo) : chunk.length
      for (let position = from - 1; position >= 0; position--) yield chunk[position] as T
    }
  }

  #firstChunk(before: (item: T) => boolean): number {
    let low = 0
    let high = this.#chunks.length
    while (low < high) {
      const middle = (low + high) >> 1
      const tail = this.#chunks[middle]?.at(-1)
      if (tail !== undefined && before(tail)) low = middle + 1
      else high = middle
    }
    return low
  }

  #chunkAtOrAfter(item: T): number {
    return this.#firstChunk((other) => this.#compare(other, item) < 0)
  }

  #positionIn(chunk: readonly T[], item: T): number {
    return firstIndex(chunk, (other) => this.#compare(other, item) < 0)
  }
}

function firstIndex<T>(items: readonly T[], before: (item: T) => boolean): number {
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (before(items[middle] as T)) low = middle + 1
    else high = middle
  }
  return low
}
