import { isCanonicalGuid } from '@outpost/core/store'

/*
 * A row id that is a GUID is kept as its 16 bytes, which SQLite orders as it orders the text: with ids as text, three
 * indexes made the first download a third slower and the file a fifth larger than it is now. Other ids stay text.
 */

/** Where the digits of each byte stand in the text. */
const PLACES: readonly number[] = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34]

/** The character codes of the GUID that is being made; its dashes stay. */
const CODES: number[] = Array.from('00000000-0000-0000-0000-000000000000', (character) => character.charCodeAt(0))

/** The 16 bytes of a lower-case GUID; undefined for any other text. */
export function guidBytes(id: string): Uint8Array | undefined {
  if (!isCanonicalGuid(id)) return undefined
  const bytes = new Uint8Array(16)
  let at = 0
  for (const place of PLACES) bytes[at++] = digitOf(id.charCodeAt(place)) * 16 + digitOf(id.charCodeAt(place + 1))
  return bytes
}

/** The GUID that has these bytes. Made at once: text that is put together of parts is slow to look up by. */
export function guidText(bytes: Uint8Array): string {
  for (let at = 0; at < 16; at++) {
    const byte = bytes[at] ?? 0
    const place = PLACES[at] ?? 0
    CODES[place] = codeOf(byte >> 4)
    CODES[place + 1] = codeOf(byte & 15)
  }
  return String.fromCharCode(...CODES)
}

/** The SQL expression that makes the GUID's text of its bytes. */
export function guidTextSql(column: string): string {
  return guidOfDigitsSql(`lower(hex(${column}))`)
}

/** The same of its digits. */
export function guidOfDigitsSql(digits: string): string {
  const part = (from: number, length: number): string => `substr(${digits}, ${from}, ${length})`
  return [part(1, 8), part(9, 4), part(13, 4), part(17, 4), part(21, 12)].join(` || '-' || `)
}

/** The value of a lower-case hexadecimal digit. */
function digitOf(code: number): number {
  return code > 57 ? code - 87 : code - 48
}

function codeOf(digit: number): number {
  return digit > 9 ? digit + 87 : digit + 48
}
