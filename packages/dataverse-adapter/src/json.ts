import type { Json } from '@outpost/core'

/** Only where a number can stand. */
const LONG_NUMBER = /(?:^|[:,[])\s*-?\d[\d.]{15}/
const NUMBER = /-?\d[\d.]{15}[\d.eE+-]*/g
const NUMERAL = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]?\d+)?$/i

/**
 * Parses JSON text. Numbers of more than 15 significant digits, which a double need not hold exactly, become their own
 * text; all others become numbers. Throws SyntaxError on anything that is not JSON.
 */
export function parseJson(text: string): Json {
  return JSON.parse(hasLongRun(text) && LONG_NUMBER.test(text) ? quoteLongNumbers(text) : text) as Json
}

/** Whether 16 digits and points stand in a row anywhere. Not every character is looked at: such a run has each 16th place. */
function hasLongRun(text: string): boolean {
  for (let at = 15; at < text.length; at += 16) {
    if (!isInNumber(text.charCodeAt(at))) continue
    let from = at
    while (from > at - 15 && isInNumber(text.charCodeAt(from - 1))) from -= 1
    let end = at + 1
    while (end < from + 16 && isInNumber(text.charCodeAt(end))) end += 1
    if (end - from >= 16) return true
  }
  return false
}

/** Whether it is the code of a digit or of a point. */
function isInNumber(code: number): boolean {
  return (code >= 48 && code <= 57) || code === 46
}

/** The object that a JSON value is; undefined when it is something else. */
export function jsonObject(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined
}

/** The objects in a JSON list; none where it is something else. */
export function jsonObjects(value: unknown): readonly JsonObject[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : []
  return list.map(jsonObject).filter((item) => item !== undefined)
}

export type JsonObject = { readonly [name: string]: Json | undefined }

/** How many digits of a numeral count: without leading zeros and without trailing ones after the point. */
export function significantDigits(numeral: string): number {
  const plain = numeral.replace(/e.*$/i, '')
  const trimmed = plain.includes('.') ? plain.replace(/\.?0+$/, '') : plain
  return trimmed.replace(/[-.]/g, '').replace(/^0+/, '').length
}

function quoteLongNumbers(text: string): string {
  let quoted = ''
  // What is before it is in `quoted`: most of a text is taken over in few pieces.
  let from = 0
  let at = 0
  while (at < text.length) {
    const open = text.indexOf('"', at)
    const end = open === -1 ? text.length : open
    if (end - at > 15) {
      const gap = text.slice(at, end)
      const exact = gap.replace(NUMBER, (numeral) => quoteWhenLong(numeral))
      if (exact !== gap) {
        quoted += text.slice(from, at) + exact
        from = end
      }
    }
    if (open === -1) break
    at = endOfString(text, open)
  }
  return quoted + text.slice(from)
}

/** Whether JSON would have the text for a number. */
export function isNumeral(text: string): boolean {
  return NUMERAL.test(text)
}

function quoteWhenLong(numeral: string): string {
  return isNumeral(numeral) && significantDigits(numeral) > 15 ? `"${numeral}"` : numeral
}

function endOfString(text: string, open: number): number {
  let close = open
  do {
    close = text.indexOf('"', close + 1)
    if (close === -1) return text.length
  } while (isEscaped(text, close))
  return close + 1
}

function isEscaped(text: string, at: number): boolean {
  let before = at - 1
  while (text[before] === '\\') before -= 1
  return (at - before) % 2 === 0
}
