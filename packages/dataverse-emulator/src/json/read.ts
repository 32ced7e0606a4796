import { badPayload, WebApiError } from '../errors.ts'

/** A number as it was written; kept as text so that 64-bit integers and wide decimals survive. */
export class NumberText {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** JSON with exact numbers. Objects keep the order of their members; a repeated member is refused. */
export type Json = null | boolean | string | NumberText | readonly Json[] | JsonObject

/** A JSON object as read; a Map, so that member names like `__proto__` are ordinary. */
export type JsonObject = ReadonlyMap<string, Json>

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const BLANK = /[ \t\r\n]*/y
const PLAIN = /[^"\\\u0000-\u001f]*/y
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}

class Reader {
  readonly #text: string
  #at = 0
  /** What was said of the text when it was refused. */
  reason = ''

  constructor(text: string) {
    this.#text = text
  }

  /** How much of the text has been read. */
  get at(): number {
    return this.#at
  }

  document(): Json {
    const value = this.#value(0)
    this.#blank()
    if (this.#at < this.#text.length) throw this.#unexpected()
    return value
  }

  #unexpected(): Error {
    const found = this.#text[this.#at]
    return this.#refusal(
      found === undefined
        ? 'Unexpected end of JSON content.'
        : `Invalid JSON. An unexpected character '${found}' was found at position ${this.#at}.`,
    )
  }

  #refusal(reason: string): Error {
    this.reason = reason
    return badPayload(reason)
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0] ?? ''
    this.#at += found.length
    return found
  }

  #blank(): void {
    this.#match(BLANK)
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false
    this.#at++
    return true
  }

  #expect(character: string): void {
    if (!this.#take(character)) throw this.#unexpected()
  }

  #word(word: string): boolean {
    if (!this.#text.startsWith(word, this.#at)) return false
    this.#at += word.length
    return true
  }

  #value(depth: number): Json {
    if (depth > 64) throw this.#refusal('The JSON is nested too deeply.')
    this.#blank()
    const first = this.#text[this.#at]
    if (first === '{') return this.#object(depth)
    if (first === '[') return this.#array(depth)
    if (first === '"') return this.#string()
    if (this.#word('null')) return null
    if (this.#word('true')) return true
    if (this.#word('false')) return false
    const number = this.#match(NUMBER)
    if (number === '') throw this.#unexpected()
    return new NumberText(number)
  }

  #object(depth: number): JsonObject {
    const members = new Map<string, Json>()
    this.#expect('{')
    this.#blank()
    if (this.#take('}')) return members
    do {
      this.#blank()
      const name = this.#string()
      if (members.has(name)) throw this.#refusal(`Multiple properties with the name '${name}' were detected.`)
      this.#blank()
      this.#expect(':')
      members.set(name, this.#value(depth + 1))
      this.#blank()
    } while (this.#take(','))
    this.#expect('}')
    return members
  }

  #array(depth: number): Json[] {
    const items: Json[] = []
    this.#expect('[')
    this.#blank()
    if (this.#take(']')) return items
    do {
      items.push(this.#value(depth + 1))
      this.#blank()
    } while (this.#take(','))
    this.#expect(']')
    return items
  }

  #string(): string {
    this.#expect('"')
    let text = this.#match(PLAIN)
    while (!this.#take('"')) {
      this.#expect('\\')
      text += this.#escape() + this.#match(PLAIN)
    }
    return text
  }

  #escape(): string {
    if (this.#take('u')) {
      const digits = this.#match(/[0-9a-fA-F]{4}/y)
      if (digits === '') throw this.#unexpected()
      return String.fromCharCode(Number.parseInt(digits, 16))
    }
    const character = ESCAPES[this.#text[this.#at] ?? '']
    if (character === undefined) throw this.#unexpected()
    this.#at++
    return character
  }
}

/** Reads JSON text with exact numbers; throws the Web API's payload error where it is malformed. */
export function readJson(text: string): Json {
  return new Reader(text).document()
}

/** What is wrong with JSON text, and at which character; undefined where nothing is. */
export function jsonFault(text: string): { readonly at: number; readonly reason: string } | undefined {
  const reader = new Reader(text)
  try {
    reader.document()
    return undefined
  } catch (error) {
    if (!(error instanceof WebApiError)) throw error
    return { at: reader.at, reason: reader.reason }
  }
}

/** Whether a JSON value is an object. */
export function isJsonObject(value: Json | undefined): value is JsonObject {
  return value instanceof Map
}

/** Whether a JSON value is an array. */
export function isJsonArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value)
}
