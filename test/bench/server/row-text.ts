/** Rows as JSON, one behind the other in one buffer, so that any run of them is a slice of it. */
export class RowText {
  #buffer: Buffer
  /** Where each row ends, the comma behind it included. */
  readonly #ends: number[] = []

  constructor(bytes = 1 << 16) {
    this.#buffer = Buffer.allocUnsafe(bytes)
  }

  get length(): number {
    return this.#ends.length
  }

  add(row: object): void {
    const text = `${JSON.stringify(row)},`
    const start = this.#ends.at(-1) ?? 0
    const bytes = Buffer.byteLength(text)
    if (start + bytes > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(2 * (start + bytes))
      this.#buffer.copy(larger, 0, 0, start)
      this.#buffer = larger
    }
    this.#ends.push(start + this.#buffer.write(text, start))
  }

  /** The rows from one place to another, with commas between them. */
  slice(from: number, to: number): Buffer {
    if (from >= to) return Buffer.alloc(0)
    return this.#buffer.subarray(from === 0 ? 0 : this.#ends[from - 1], (this.#ends[to - 1] ?? 1) - 1)
  }
}
