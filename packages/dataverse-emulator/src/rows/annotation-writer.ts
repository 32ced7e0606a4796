import { isLookupColumn, targetKey, wireName } from '../schema.ts'
import type { ColumnDefinition, LookupColumn, StoredValue, StoredValues, TableDefinition } from '../schema.ts'
import { formattedValue } from './formatted-value.ts'
import type { RowStore } from './row-store.ts'

const FORMATTED = 'OData.Community.Display.V1.FormattedValue'
const LOOKUP_TABLE = 'Microsoft.Dynamics.CRM.lookuplogicalname'
const NAVIGATION = 'Microsoft.Dynamics.CRM.associatednavigationproperty'

/** Writes the annotations of a value, each with a comma before it. */
export type AnnotationWriter = (value: StoredValue, row: StoredValues) => string

// Types whose formatted text depends on nothing but the value: it is made once for each value of an answer.
const BY_VALUE: ReadonlySet<ColumnDefinition['type']> = new Set([
  'Picklist',
  'State',
  'Status',
  'MultiSelectPicklist',
  'Boolean',
  'EntityName',
])

function textWriter(store: RowStore, column: ColumnDefinition, timeZone: string): AnnotationWriter {
  const member = `,${JSON.stringify(`${wireName(column)}@${FORMATTED}`)}:`
  const write: AnnotationWriter = (value, row) => {
    const text = formattedValue(store, column, value, row, timeZone)
    return text === undefined ? '' : member + JSON.stringify(text)
  }
  const isLookup = isLookupColumn(column)
  if (!isLookup && !BY_VALUE.has(column.type)) return write
  const known = new Map<StoredValue, string>()
  return (value, row) => {
    let text = known.get(value)
    if (text === undefined) {
      text = write(value, row)
      known.set(value, text)
    }
    return text
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
  const known = new Map<string, string>()
  return (_, row) => {
    const stored = row[key]
    const target = typeof stored === 'string' ? stored : first
    if (target === undefined) return ''
    const text = known.get(target) ?? textFor(target)
    known.set(target, text)
    return text
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
  return formatted === undefined ? target : (value, row) => formatted(value, row) + target(value, row)
}
