import { targetKey } from '../schema.ts'
import type { ChoiceOption, ColumnDefinition, StoredValue, StoredValues } from '../schema.ts'
import type { RowStore } from './row-store.ts'
import { roundDecimal } from './decimal.ts'

function grouped(text: string): string {
  const [whole = '', fraction] = text.split('.')
  const withCommas = whole.replace(/\B(?=(\d{3})+$)/g, ',')
  return fraction === undefined ? withCommas : `${withCommas}.${fraction}`
}

function label(options: readonly ChoiceOption[], value: StoredValue): string {
  return options.find((option) => option.value === Number(value))?.label ?? String(value)
}

function dayText(date: string): string {
  return `${Number(date.slice(5, 7))}/${Number(date.slice(8, 10))}/${date.slice(0, 4)}`
}

function timeText(instant: string): string {
  const hour = Number(instant.slice(11, 13))
  return `${dayText(instant)} ${hour % 12 === 0 ? 12 : hour % 12}:${instant.slice(14, 16)} ${hour < 12 ? 'AM' : 'PM'}`
}

/** The primary name of a row, as lookups to it display it. */
export function displayName(store: RowStore, table: string, id: string): string | undefined {
  const name = store.schema.table(table)?.primaryName
  const value = typeof name === 'string' ? store.rows(table).get(id)?.values[name] : undefined
  return typeof value === 'string' ? value : undefined
}

/** The text people see for a value (US English, UTC); undefined for types that have none. */
export function formattedValue(
  store: RowStore,
  column: ColumnDefinition,
  value: StoredValue,
  row: StoredValues,
): string | undefined {
  switch (column.type) {
    case 'Picklist':
    case 'State':
    case 'Status':
      return label(column.options, value)
    case 'MultiSelectPicklist':
      return String(value)
        .split(',')
        .map((one) => label(column.options, one))
        .join('; ')
    case 'Boolean':
      return value === true ? column.trueLabel : column.falseLabel
    case 'Integer':
    case 'BigInt':
      return grouped(String(value))
    case 'Decimal':
    case 'Double':
      return grouped(roundDecimal(String(value), column.precision) ?? String(value))
    case 'Money': {
      const currency = store.rows('transactioncurrency').get(String(row['transactioncurrencyid'] ?? ''))
      const symbol = currency?.values['currencysymbol'] ?? ''
      return `${String(symbol)}${grouped(roundDecimal(String(value), 2) ?? String(value))}`
    }
    case 'DateTime':
      return column.format === 'DateOnly' ? dayText(String(value)) : timeText(String(value))
    case 'Lookup':
    case 'Customer':
    case 'Owner': {
      const stored = row[targetKey(column.logicalName)]
      const target = typeof stored === 'string' ? stored : (column.targets[0] ?? '')
      return displayName(store, target, String(value))
    }
    case 'EntityName':
      return store.schema.table(String(value))?.displayName
    default:
      return undefined
  }
}
