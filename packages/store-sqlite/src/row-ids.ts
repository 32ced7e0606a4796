/*
 * A row id that is a GUID is kept as its 16 bytes, which SQLite orders as it orders the text: with ids as text, three
 * indexes made the first download a third slower and the file a fifth larger than it is now. Other ids stay text.
 */

/** True for a lower-case GUID, the form in which GUIDs are ids. */
export function isGuid(id: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(id)
}

/** The 16 bytes of a lower-case GUID; undefined for any other text. */
export function guidBytes(id: string): Uint8Array | undefined {
  return isGuid(id) ? Buffer.from(id.replaceAll('-', ''), 'hex') : undefined
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
