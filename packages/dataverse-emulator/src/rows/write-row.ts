import { toBase64 } from '../files/base64.ts'
import { thumbnailOf } from '../files/stored-image.ts'
import { Utf8Text, utf8 } from '../json/utf8-text.ts'
import { wireName } from '../schema.ts'
import type { ColumnDefinition, StoredValue, TableDefinition } from '../schema.ts'
import type { RowStore } from './row-store.ts'
import { annotationWriter } from './annotation-writer.ts'
import { padDecimal, roundDecimal } from './decimal.ts'
import type { Row } from './row.ts'

/** Adds what is said of a row to an answer. */
export type RowWriter = (row: Row, out: Utf8Text) => void

/** Adds a value to an answer. */
export type ValueWriter = (value: StoredValue, out: Utf8Text) => void

function plainDecimal(value: StoredValue): string {
  const text = String(value)
  return text.includes('e') || text.includes('E') ? (roundDecimal(text, 20) ?? text) : text
}

/** Writes numbers, most of which have `places` decimals, with at least so many of them. */
function decimalWriter(places: number, least: number): ValueWriter {
  return (value, out) => {
    if (typeof value === 'number' && out.decimal(value, places, least)) return
    out.text(padDecimal(plainDecimal(value), least))
  }
}

const plain: ValueWriter = (value, out) => {
  if (typeof value !== 'number' || !out.decimal(value, 0, 0)) out.text(String(value))
}

const quoted: ValueWriter = (value, out) => {
  if (typeof value === 'string') out.string(value)
  else out.text(JSON.stringify(value))
}

const NULL = utf8('null')

/** Makes a writer of the values of a column. */
export function valueWriter(store: RowStore, column: ColumnDefinition): ValueWriter {
  switch (column.type) {
    case 'Decimal':
      return decimalWriter(column.precision, column.precision)
    case 'Money':
      return decimalWriter(4, 4)
    case 'Double':
      return decimalWriter(Math.max(1, column.precision), 1)
    case 'BigInt':
    case 'Integer':
    case 'Picklist':
    case 'State':
    case 'Status':
    case 'Boolean':
      return plain
    case 'Image':
      if (column.unasked === true) return (_, out) => out.piece(NULL)
      return (value, out) => {
        const image = thumbnailOf(store, String(value))
        out.text(image === undefined ? 'null' : `"${toBase64(image.bytes)}"`)
      }
    default:
      return quoted
  }
}

/** The etag of a row. */
export function etagOf(row: Row): string {
  return `W/"${row.version}"`
}

const ETAG = utf8(',"@odata.etag":"W/\\"')
const END_OF_ETAG = utf8('\\""')

/** Adds the member of an etag. */
export const writeEtag: RowWriter = ({ version }, out) => {
  out.piece(ETAG)
  out.text(version.toString())
  out.piece(END_OF_ETAG)
}

interface Pieces {
  readonly member: Uint8Array
  readonly nothing: Uint8Array
}

const pieces = new WeakMap<ColumnDefinition, Pieces>()

/** The name of a column in an answer; definitions never change in place. */
function piecesOf(column: ColumnDefinition): Pieces {
  let known = pieces.get(column)
  if (known === undefined) {
    const member = `,${JSON.stringify(wireName(column))}:`
    known = { member: utf8(member), nothing: utf8(`${member}null`) }
    pieces.set(column, known)
  }
  return known
}

/**
 * Makes a writer of the members of rows, a comma before each: explicit nulls, decimals with their zeros, annotations
 * (those that `wants` accepts) before the property they describe, with times of the zone.
 */
export function memberWriter(
  store: RowStore,
  table: TableDefinition,
  columns: readonly ColumnDefinition[],
  wants: (annotation: string) => boolean,
  timeZone = 'UTC',
): RowWriter {
  const fields = columns.map((column) => ({
    name: column.logicalName,
    isVersion: column.logicalName === 'versionnumber',
    ...piecesOf(column),
    write: valueWriter(store, column),
    annotate: annotationWriter(store, table, column, wants, timeZone),
  }))
  return ({ version, values }, out) => {
    for (const { name, isVersion, member, nothing, write, annotate } of fields) {
      const value = isVersion ? version.toString() : (values[name] ?? null)
      if (value === null) {
        out.piece(nothing)
        continue
      }
      annotate?.(value, values, out)
      out.piece(member)
      write(value, out)
    }
  }
}

/** Makes a writer of rows as objects: etag first, then the members. */
export function rowWriter(...parts: Parameters<typeof memberWriter>): RowWriter {
  const write = memberWriter(...parts)
  return (row, out) => {
    const at = out.length
    writeEtag(row, out)
    write(row, out)
    out.object(at)
  }
}

/** A column's value in a row as JSON text; undefined where it has none. */
export function valueText(store: RowStore, column: ColumnDefinition, row: Row): string | undefined {
  if (column.logicalName === 'versionnumber') return row.version.toString()
  const value = row.values[column.logicalName] ?? null
  if (value === null) return undefined
  const out = new Utf8Text()
  valueWriter(store, column)(value, out)
  return out.toString()
}

/** One row as JSON text. */
export function rowText(write: RowWriter, row: Row): string {
  const out = new Utf8Text()
  write(row, out)
  return out.toString()
}
