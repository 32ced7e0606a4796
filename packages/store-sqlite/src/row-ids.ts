/*
 * A row id that is a GUID is kept as its 16 bytes, which SQLite orders as it orders the text: with ids as text, three
 * indexes made the first download a third slower and the file a fifth larger than it is now. Other ids stay text.
 */

const HYPHENS: ReadonlySet<number> = new Set([8, 13, 18, 23])

/** The 16 bytes of a lower-case GUID; undefined for any other text. */
export function guidBytes(id: string): Uint8Array | undefined {
  if (id.length !== 36) return undefined
  const bytes = Buffer.allocUnsafe(16)
  let digits = 0
  let high = 0
  for (let at = 0; at < 36; at++) {
    const code = id.charCodeAt(at)
    if (HYPHENS.has(at)) {
      if (code !== 45) return undefined
      continue
    }
    const digit = code >= 48 && code <= 57 ? code - 48 : code >= 97 && code <= 102 ? code - 87 : -1
    if (digit < 0) return undefined
    if (digits % 2 === 0) high = digit << 4
    else bytes[digits >> 1] = high | digit
    digits++
  }
  return bytes
}

/** The GUID that has these bytes. */
export function guidText(bytes: Uint8Array): string {
  const digits = Buffer.from(bytes.buffer, bytes.byteOffset, 16).toString('hex')
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-${digits.slice(12, 16)}-${digits.slice(16, 20)}-${digits.slice(20)}`
}

/** The SQL expression that makes the GUID's text of its bytes. */
export function guidTextSql(column: string): string {
  const digits = `lower(hex(${column}))`
  const part = (from: number, length: number): string => `substr(${digits}, ${from}, ${length})`
  return [part(1, 8), part(9, 4), part(13, 4), part(17, 4), part(21, 12)].join(` || '-' || `)
}
