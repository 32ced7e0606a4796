/** The server's clock: it may be set, and moved either way, while the emulator runs. */
export class ServerClock {
  readonly #source: () => number
  #offsetMs = 0

  /** Reads the source until it is set or moved. */
  constructor(source: () => number) {
    this.#source = source
  }

  /** The moment now, in milliseconds since 1970. */
  readonly now = (): number => this.#source() + this.#offsetMs

  /** Moves the clock; a negative number moves it back. */
  advance(ms: number): void {
    if (!Number.isFinite(ms)) throw new RangeError(`a clock cannot be moved by ${ms} ms`)
    this.#offsetMs += ms
  }

  /** Sets the clock to a moment: milliseconds since 1970 or an ISO text. */
  set(moment: number | string): void {
    const ms = typeof moment === 'number' ? moment : Date.parse(moment)
    if (!Number.isFinite(ms)) throw new RangeError(`'${moment}' is no moment`)
    this.#offsetMs += ms - this.now()
  }
}
