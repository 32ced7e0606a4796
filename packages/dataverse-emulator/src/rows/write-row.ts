import { toBase64 } from '../files/base64.ts'
import { thumbnailOf } from '../files/stored-image.ts'
import { isLookupColumn, targetKey, wireName } from '../schema.ts'
import type { ColumnDefinition, StoredValue, StoredValues, TableDefinition } from '../schema.ts'
import type { RowStore } from './row-store.ts'
import { padDecimal, roundDecimal } from './decimal.ts'
import { formattedValue } from './formatted-value.ts'
import type { Row } from './row.ts'

const FORMATTED = 'OData.Community.Display.V1.FormattedValue'
const LOOKUP_TABLE = 'Microsoft.Dynamics.CRM.lookuplogicalname'
const NAVIGATION = 'Microsoft.Dynamics.CRM.associatednavigationproperty'

/** Writes rows of one table as JSON text. */
export type RowWriter = (row: Row) => string

function plainDecimal(value: StoredValue): string {
  const text = String(value)
  return /e/i.test(text) ? (roundDecimal(text, 20) ?? text) : text
}

/** Makes a writer of the values of a column. */
export function valueWriter(store: RowStore, column: ColumnDefinition): (value: StoredValue) => string {
  switch (column.type) {
    case 'Decimal':
      return (value) => padDecimal(plainDecimal(value), column.precision)
    case 'Money':
      return (value) => padDecimal(plainDecimal(value), 4)
    case 'Double':
      return (value) => (Number.isInteger(value) ? `${plainDecimal(value)}.0` : plainDecimal(value))
    case 'BigInt':
    case 'Integer':
    case 'Picklist':
    case 'State':
    case 'Status':
    case 'Boolean':
      return String
    case 'Image':
      return (value) => {
        const image = thumbnailOf(store, String(value))
        return image === undefined ? 'null' : `"${toBase64(image.bytes)}"`
      }
    default:
      return JSON.stringify
  }
}

/** The etag of a row. */
export function etagOf(row: Row): string {
  return `W/"${row.version}"`
}

function annotationWriter(
  store: RowStore,
  table: TableDefinition,
  column: ColumnDefinition,
  wants: (annotation: string) => boolean,
): ((value: StoredValue, row: StoredValues) => string) | undefined {
  const name = wireName(column)
  const member = (annotation: string, text: string | undefined): string =>
    text === undefined ? '' : `${JSON.stringify(`${name}@${annotation}`)}:${JSON.stringify(text)},`
  const formatted = wants(FORMATTED)
  const lookup = isLookupColumn(column) ? column : undefined
  const target = lookup !== undefined && wants(LOOKUP_TABLE)
  const navigation = lookup !== undefined && wants(NAVIGATION)
  if (!formatted && !target && !navigation) return undefined
  return (value, row) => {
    let text = ''
    if (lookup !== undefined) {
      const stored = row[targetKey(column.logicalName)]
      const to = typeof stored === 'string' ? stored : lookup.targets[0]
      const binding = to === undefined ? undefined : store.schema.bindingOf(table.logicalName, column.logicalName, to)
      if (navigation) text += member(NAVIGATION, binding?.navigation)
      if (target) text += member(LOOKUP_TABLE, to)
    }
    return formatted ? text + member(FORMATTED, formattedValue(store, column, value, row)) : text
  }
}

/**
 * Makes a writer for the given columns: etag first, explicit nulls, decimals with their zeros, annotations (those that
 * `wants` accepts) before the property they describe.
 */
export function rowWriter(
  store: RowStore,
  table: TableDefinition,
  columns: readonly ColumnDefinition[],
  wants: (annotation: string) => boolean,
): RowWriter {
  const fields = columns.map((column) => ({
    name: column.logicalName,
    member: `${JSON.stringify(wireName(column))}:`,
    write: valueWriter(store, column),
    annotate: annotationWriter(store, table, column, wants),
  }))
  return (row) => {
    let text = `{"@odata.etag":"W/\\"${row.version}\\""`
    for (const { name, member, write, annotate } of fields) {
      const value = name === 'versionnumber' ? String(row.version) : (row.values[name] ?? null)
      if (value === null) text += `,${member}null`
      else text += `,${annotate === undefined ? '' : annotate(value, row.values)}${member}${write(value)}`
    }
    return `${text}}`
  }
}
