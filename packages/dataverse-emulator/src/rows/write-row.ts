import { toBase64 } from '../files/base64.ts'
import { thumbnailOf } from '../files/stored-image.ts'
import { wireName } from '../schema.ts'
import type { ColumnDefinition, StoredValue, TableDefinition } from '../schema.ts'
import type { RowStore } from './row-store.ts'
import { annotationWriter } from './annotation-writer.ts'
import { padDecimal, roundDecimal } from './decimal.ts'
import { rememberTexts } from './row-texts.ts'
import type { Row } from './row.ts'

/** Writes rows of one table as JSON text. */
export type RowWriter = (row: Row) => string

function plainDecimal(value: StoredValue): string {
  const text = String(value)
  return text.includes('e') || text.includes('E') ? (roundDecimal(text, 20) ?? text) : text
}

const ZEROS = '00000000000000000000'

/** Writes numbers with at least so many decimals. */
function paddedWriter(scale: number): (value: StoredValue) => string {
  const zeros = scale === 0 ? '' : `.${ZEROS.slice(0, scale)}`
  return (value) => {
    if (typeof value === 'number' && Number.isSafeInteger(value)) return `${value}${zeros}`
    return padDecimal(plainDecimal(value), scale)
  }
}

const quoted = (value: StoredValue): string => `"${String(value)}"`

// What JSON escapes; most texts have nothing of it.
const ESCAPED = /["\\\u0000-\u001f\ud800-\udfff]/

/** Makes a writer of the values of a column. */
export function valueWriter(store: RowStore, column: ColumnDefinition): (value: StoredValue) => string {
  switch (column.type) {
    case 'Decimal':
      return paddedWriter(column.precision)
    case 'Money':
      return paddedWriter(4)
    case 'Double':
      return paddedWriter(1)
    case 'BigInt':
    case 'Integer':
    case 'Picklist':
    case 'State':
    case 'Status':
    case 'Boolean':
      return String
    case 'Image':
      if (column.unasked === true) return () => 'null'
      return (value) => {
        const image = thumbnailOf(store, String(value))
        return image === undefined ? 'null' : `"${toBase64(image.bytes)}"`
      }
    // Guids and times have nothing to escape.
    case 'Uniqueidentifier':
    case 'Lookup':
    case 'Customer':
    case 'Owner':
    case 'DateTime':
    case 'File':
      return quoted
    default:
      return (value) => (typeof value !== 'string' || ESCAPED.test(value) ? JSON.stringify(value) : quoted(value))
  }
}

/** The etag of a row. */
export function etagOf(row: Row): string {
  return `W/"${row.version}"`
}

/**
 * Makes a writer for the given columns: etag first, explicit nulls, decimals with their zeros, annotations (those that
 * `wants` accepts) before the property they describe, with times of the zone.
 */
export function rowWriter(
  store: RowStore,
  table: TableDefinition,
  columns: readonly ColumnDefinition[],
  wants: (annotation: string) => boolean,
  timeZone = 'UTC',
): RowWriter {
  const fields = columns.map((column) => ({
    name: column.logicalName,
    member: `,${JSON.stringify(wireName(column))}:`,
    write: valueWriter(store, column),
    annotate: annotationWriter(store, table, column, wants, timeZone),
  }))
  // Joined row by row: text that is only appended to stays a tree of pieces, thousands of them for a page.
  const parts: string[] = []
  const write: RowWriter = ({ version, values }) => {
    let at = 0
    parts[at++] = '{"@odata.etag":"W/\\"'
    parts[at++] = version.toString()
    parts[at++] = '\\""'
    for (const { name, member, write, annotate } of fields) {
      const value = name === 'versionnumber' ? version.toString() : (values[name] ?? null)
      if (annotate !== undefined && value !== null) parts[at++] = annotate(value, values)
      parts[at++] = member
      parts[at++] = value === null ? 'null' : write(value)
    }
    parts[at++] = '}'
    parts.length = at
    return parts.join('')
  }
  // Annotations tell of other rows too, and those may change.
  if (fields.some(({ annotate }) => annotate !== undefined)) return write
  return rememberTexts(
    store,
    table,
    columns.map((column) => (column.type === 'Image' && column.unasked === true ? '-' : column.logicalName)).join(),
    write,
  )
}
