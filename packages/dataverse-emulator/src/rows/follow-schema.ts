import { targetKey } from '../schema.ts'
import type { ColumnDefinition, Schema, SchemaChange, StoredValue } from '../schema.ts'
import { convertValue } from './convert-value.ts'
import type { RowStore } from './row-store.ts'
import type { Row } from './row.ts'

/**
 * Lets rows follow the schema: the values of a removed column vanish, a retyped one keeps what its new type can hold, a
 * removed table takes its rows along, and lookups that led to it are empty. Versions stay: to the change feed nothing
 * has happened.
 */
export function followSchema(schema: Schema, store: RowStore): void {
  schema.follow((change) => follow(store, change))
}

function follow(store: RowStore, change: SchemaChange): void {
  switch (change.kind) {
    case 'tableRemoved':
      return store.dropTable(change.table)
    case 'columnsRemoved':
      return rewrite(store, change.table, (values) => {
        for (const name of change.columns) {
          delete values[name]
          delete values[targetKey(name)]
        }
      })
    case 'targetRemoved':
      return clearTarget(store, change)
    case 'columnRetyped':
      return rewrite(store, change.table, (values) => retype(values, change.before, change.after))
    case 'optionRemoved':
      return rewrite(store, change.table, (values) => {
        values[change.column] = withoutOption(values[change.column] ?? null, change.value)
      })
  }
}

type TargetRemoved = Extract<SchemaChange, { readonly kind: 'targetRemoved' }>

function clearTarget(store: RowStore, { table, column, target }: TargetRemoved): void {
  const key = targetKey(column)
  const clear = (values: Record<string, StoredValue>): void => {
    values[column] = null
    values[key] = null
  }
  rewrite(store, table, clear, ({ values }) => values[key] === target)
}

function retype(values: Record<string, StoredValue>, before: ColumnDefinition, after: ColumnDefinition): void {
  const name = before.logicalName
  const value = convertValue(before, after, values[name] ?? null)
  delete values[targetKey(name)]
  values[name] = value
}

// The platform clears a choice whose option is deleted.
function withoutOption(value: StoredValue, option: number): StoredValue {
  if (typeof value !== 'string') return value === option ? null : value
  const rest = value.split(',').filter((one) => one !== String(option))
  return rest.length === 0 ? null : rest.join(',')
}

function rewrite(
  store: RowStore,
  name: string,
  change: (values: Record<string, StoredValue>) => void,
  concerns: (row: Row) => boolean = () => true,
): void {
  const table = store.schema.table(name)
  if (table === undefined) return
  const rows = store.rows(name)
  const blank = store.blank(table)
  for (const row of [...rows.all()].filter(concerns)) {
    const values: Record<string, StoredValue> = { ...row.values }
    change(values)
    const kept: Record<string, StoredValue> = { ...blank }
    for (const [column, value] of Object.entries(values)) if (column in kept) kept[column] = value
    const next: Row = { ...row, values: kept }
    rows.put(next)
  }
}
