/** The value of one column: a scalar. `null` is null; a column that was not selected is absent from its row instead. */
export type ColumnValue = string | number | boolean | null

/**
 * One row of a table: plain JSON under logical column names.
 *
 * - A lookup column holds the GUID of its target. Where the lookup can point to several tables, `<column>$table` beside
 *   it holds the target table's name.
 * - Dates stay ISO 8601 text, choices stay numbers, several choices stay text (`'1,2,3'`).
 * - Decimal and Money are numbers where a double holds them exactly, and exact decimal text where it does not;
 *   BigInt is always decimal text.
 * - GUIDs are lower-case.
 */
export type Row = Readonly<Record<string, ColumnValue>>

/** The suffix of the column that holds the target table of a polymorphic lookup. */
export const TARGET_SUFFIX = '$table'

const GUID = /^\{?([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\}?$/i

/** The GUID in its canonical form, lower-case without braces; null when the text is not a GUID. */
export function canonicalGuid(text: string): string | null {
  // Most are, and to find out what stands in braces costs several times as much.
  if (isCanonicalGuid(text)) return text
  return GUID.exec(text)?.[1]?.toLowerCase() ?? null
}

/** Of each ASCII character, whether it is a lower-case hexadecimal digit: 1 or 0. */
const IS_DIGIT = Uint8Array.from({ length: 128 }, (_, code) => (/[0-9a-f]/.test(String.fromCharCode(code)) ? 1 : 0))
const DASH = 45

/**
 * Whether the text is a GUID in its canonical form. A page of rows has tens of thousands of them: a regular expression takes
 * twice as long.
 */
export function isCanonicalGuid(text: string): boolean {
  if (text.length !== 36) return false
  const hasDashes =
    text.charCodeAt(8) === DASH &&
    text.charCodeAt(13) === DASH &&
    text.charCodeAt(18) === DASH &&
    text.charCodeAt(23) === DASH
  if (!hasDashes) return false
  let digits = 0
  for (let at = 0; at < 36; at++) digits += IS_DIGIT[text.charCodeAt(at)] ?? 0
  return digits === 32
}

/** The row with its id in canonical form; the id of a link, which is no GUID, in lower case. */
export function canonicalRow(row: { readonly table: string; readonly id: string }): {
  readonly table: string
  readonly id: string
} {
  const id = String(row.id)
  return { table: row.table, id: canonicalGuid(id) ?? id.toLowerCase() }
}

/** Identifies one row across tables: `<table>/<id>`. The outbox indexes its transactions by these keys. */
export function rowKey(table: string, id: string): string {
  return `${table}/${id}`
}

/** The id under which a client org keeps a link of a many-to-many relationship: the two row ids, first side first. */
export function linkId(firstId: string, secondId: string): string {
  return `${firstId}:${secondId}`
}
