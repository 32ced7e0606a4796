const encoder = new TextEncoder()
const decoder = new TextDecoder()

const QUOTE = 0x22
const COMMA = 0x2c
const MINUS = 0x2d
const DOT = 0x2e
const ZERO = 0x30
const BACKSLASH = 0x5c
const BRACE = 0x7b

/** 1 for characters that stand in a JSON string as they are and take one byte. */
const PLAIN = new Uint8Array(0x10000).fill(1, 0x20, 0x80)
PLAIN[QUOTE] = 0
PLAIN[BACKSLASH] = 0

const POWERS = Array.from({ length: 16 }, (_, places) => 10 ** places)

/** Whole numbers up to here are divided as such; above they would be as doubles. */
const MOST = 2 ** 31

/** A piece of text that is written again and again. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text)
}

/**
 * JSON text that only grows, kept as the bytes that are sent: a page is never a string, nor are its thousands of
 * pieces.
 */
export class Utf8Text {
  #bytes: Uint8Array<ArrayBuffer>
  #length = 0

  constructor(capacity = 1024) {
    this.#bytes = new Uint8Array(capacity)
  }

  get length(): number {
    return this.#length
  }

  /** Adds a piece made by `utf8`. */
  piece(piece: Uint8Array): void {
    this.#reserve(piece.length)
    this.#bytes.set(piece, this.#length)
    this.#length += piece.length
  }

  /** Adds text as it is. */
  text(text: string): void {
    this.#reserve(text.length * 3)
    const bytes = this.#bytes
    let at = this.#length
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index)
      if (code >= 0x80) {
        this.#length += encoder.encodeInto(text, bytes.subarray(this.#length)).written
        return
      }
      bytes[at++] = code
    }
    this.#length = at
  }

  /** Adds text as a JSON string. */
  string(text: string): void {
    this.#reserve(text.length * 3 + 2)
    const bytes = this.#bytes
    let at = this.#length
    bytes[at++] = QUOTE
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index)
      if (PLAIN[code] === 1) {
        bytes[at++] = code
      } else if (code < 0x80 || (code >= 0xd800 && code <= 0xdfff)) {
        // Escapes and pairs are rare, and known elsewhere.
        this.text(JSON.stringify(text))
        return
      } else {
        if (code < 0x800) bytes[at++] = 0xc0 | (code >> 6)
        else {
          bytes[at++] = 0xe0 | (code >> 12)
          bytes[at++] = 0x80 | ((code >> 6) & 0x3f)
        }
        bytes[at++] = 0x80 | (code & 0x3f)
      }
    }
    bytes[at++] = QUOTE
    this.#length = at
  }

  /**
   * Adds a number of up to `places` decimals, `least` of them even where they are zeros. False, and nothing added, for
   * a number that has more, or is too great for this way of writing it.
   */
  decimal(value: number, places: number, least: number): boolean {
    const scale = POWERS[places] ?? MOST
    const units = Math.round(Math.abs(value) * scale)
    // Two decimals of fifteen digits are never the same double, so these are the digits that String() gives.
    if (!(units < 1e15) || units / scale !== Math.abs(value)) return false
    const whole = Math.floor(units / scale)
    let fraction = units - whole * scale
    if (whole >= MOST || scale >= MOST) return false
    let shown = places
    while (shown > least && fraction % 10 === 0) {
      fraction /= 10
      shown--
    }
    this.#reserve(32)
    if (value < 0) this.#bytes[this.#length++] = MINUS
    this.#digits(whole, 1)
    if (shown > 0) {
      this.#bytes[this.#length++] = DOT
      this.#digits(fraction, shown)
    }
    return true
  }

  /** Makes an object of the members added since `at`, each of them with a comma in front: the first becomes the brace. */
  object(at: number): void {
    if (this.#length === at) this.text('{}')
    else {
      this.#bytes[at] = BRACE
      this.text('}')
    }
  }

  /** Takes back what was added since the text ended at `at`. */
  cut(at: number): void {
    this.#length = at
  }

  /** Adds a comma, except where the text ended at `at` when the list began. */
  separate(at: number): void {
    if (this.#length === at) return
    this.#reserve(1)
    this.#bytes[this.#length++] = COMMA
  }

  /** The bytes; nothing may be added any more. */
  toBytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  toString(): string {
    return decoder.decode(this.toBytes())
  }

  #digits(number: number, least: number): void {
    let count = 1
    for (let rest = number; rest >= 10; count++) rest = (rest / 10) | 0
    const end = this.#length + Math.max(count, least)
    let rest = number
    for (let at = end - 1; at >= this.#length; at--) {
      const next = (rest / 10) | 0
      this.#bytes[at] = ZERO + (rest - next * 10)
      rest = next
    }
    this.#length = end
  }

  #reserve(more: number): void {
    const needed = this.#length + more
    if (needed <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2))
    grown.set(this.#bytes)
    this.#bytes = grown
  }
}
