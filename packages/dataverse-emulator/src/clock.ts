// A server knows no moments outside of these (those of .NET's DateTime).
const FIRST = Date.parse('0001-01-01T00:00:00Z')
const LAST = Date.parse('9999-12-31T23:59:59.999Z')

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

  /** Moves the clock; a negative number moves it back. A moment before the year 1 or after 9999 is refused. */
  advance(ms: number): void {
    const moment = this.now() + ms
    if (!(moment >= FIRST && moment <= LAST)) throw new RangeError(`a clock cannot be moved by ${ms} ms`)
    this.#offsetMs += ms
  }

  /** Sets the clock to a moment of the years 1 to 9999: milliseconds since 1970 or an ISO text. */
  set(moment: number | string): void {
    const ms = typeof moment === 'number' ? moment : Date.parse(moment)
    if (!(ms >= FIRST && ms <= LAST)) throw new RangeError(`'${moment}' is no moment`)
    this.#offsetMs += ms - this.now()
  }
}
