import { isLookupColumn, targetKey, wireName } from '../schema.ts'
import type { ColumnDefinition, LookupColumn, StoredValue, StoredValues, TableDefinition } from '../schema.ts'
import { utf8 } from '../json/utf8-text.ts'
import type { Utf8Text } from '../json/utf8-text.ts'
import { formatter } from './formatted-value.ts'
import type { RowStore } from './row-store.ts'

const FORMATTED = 'OData.Community.Display.V1.FormattedValue'
const LOOKUP_TABLE = 'Microsoft.Dynamics.CRM.lookuplogicalname'
const NAVIGATION = 'Microsoft.Dynamics.CRM.associatednavigationproperty'

/** Adds the annotations of a value to an answer, each with a comma before it. */
export type AnnotationWriter = (value: StoredValue, row: StoredValues, out: Utf8Text) => void

// Types whose formatted text depends on nothing but the value: it is made once for each value of an answer.
const BY_VALUE: ReadonlySet<ColumnDefinition['type']> = new Set([
  'Picklist',
  'State',
  'Status',
  'MultiSelectPicklist',
  'Boolean',
  'EntityName',
])

const NOTHING = new Uint8Array()

function textWriter(store: RowStore, column: ColumnDefinition, timeZone: string): AnnotationWriter | undefined {
  const format = formatter(store, column, timeZone)
  if (format === undefined) return undefined
  const start = `,${JSON.stringify(`${wireName(column)}@${FORMATTED}`)}:`
  const member = utf8(start)
  if (!BY_VALUE.has(column.type)) {
    return (value, row, out) => {
      const text = format(value, row)
      if (text === undefined) return
      out.piece(member)
      out.string(text)
    }
  }
  const known = new Map<StoredValue, Uint8Array>()
  return (value, row, out) => {
    let piece = known.get(value)
    if (piece === undefined) {
      const text = format(value, row)
      piece = text === undefined ? NOTHING : utf8(start + JSON.stringify(text))
      known.set(value, piece)
    }
    out.piece(piece)
  }
}

function targetWriter(
  store: RowStore,
  table: TableDefinition,
  column: LookupColumn,
  wants: (annotation: string) => boolean,
): AnnotationWriter {
  const member = (annotation: string, text: string): string =>
    `,${JSON.stringify(`${wireName(column)}@${annotation}`)}:${JSON.stringify(text)}`
  const textFor = (target: string): string => {
    const binding = store.schema.bindingOf(table.logicalName, column.logicalName, target)
    const navigation = wants(NAVIGATION) && binding !== undefined ? member(NAVIGATION, binding.navigation) : ''
    return navigation + (wants(LOOKUP_TABLE) ? member(LOOKUP_TABLE, target) : '')
  }
  const key = targetKey(column.logicalName)
  const [first] = column.targets
  const known = new Map<string, Uint8Array>()
  return (_, row, out) => {
    const stored = row[key]
    const target = typeof stored === 'string' ? stored : first
    if (target === undefined) return
    let piece = known.get(target)
    if (piece === undefined) {
      piece = utf8(textFor(target))
      known.set(target, piece)
    }
    out.piece(piece)
  }
}

/** Makes the writer of a column's annotations, for one answer; undefined where none is wanted. */
export function annotationWriter(
  store: RowStore,
  table: TableDefinition,
  column: ColumnDefinition,
  wants: (annotation: string) => boolean,
  timeZone: string,
): AnnotationWriter | undefined {
  const formatted = wants(FORMATTED) ? textWriter(store, column, timeZone) : undefined
  const isTarget = isLookupColumn(column) && (wants(LOOKUP_TABLE) || wants(NAVIGATION))
  if (!isTarget) return formatted
  const target = targetWriter(store, table, column, wants)
  if (formatted === undefined) return target
  return (value, row, out) => {
    formatted(value, row, out)
    target(value, row, out)
  }
}
