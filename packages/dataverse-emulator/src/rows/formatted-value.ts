import { targetKey } from '../schema.ts'
import type { ChoiceOption, ColumnDefinition, MoneyColumn, StoredValue, StoredValues } from '../schema.ts'
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

const clocks = new Map<string, Intl.DateTimeFormat>()

/** A time in UTC as the clocks of a zone show it, in the same form. */
function inZone(instant: string, zone: string): string {
  if (zone === 'UTC') return instant
  let clock = clocks.get(zone)
  if (clock === undefined) {
    clock = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
    })
    clocks.set(zone, clock)
  }
  const parts = new Map(clock.formatToParts(Date.parse(instant)).map(({ type, value }) => [type, value]))
  const part = (name: Intl.DateTimeFormatPartTypes): string => parts.get(name) ?? ''
  return `${part('year').padStart(4, '0')}-${part('month')}-${part('day')}T${part('hour')}:${part('minute')}:00Z`
}

function moneyText(store: RowStore, column: MoneyColumn, value: StoredValue, row: StoredValues): string {
  const currency = store.rows('transactioncurrency').get(String(row['transactioncurrencyid'] ?? ''))?.values
  const ofCurrency = currency?.['currencyprecision']
  const scale = column.precisionSource === 0 ? column.precision : typeof ofCurrency === 'number' ? ofCurrency : 2
  const text = grouped(roundDecimal(String(value), scale) ?? String(value))
  const symbol = String(currency?.['currencysymbol'] ?? '')
  return text.startsWith('-') ? `-${symbol}${text.slice(1)}` : `${symbol}${text}`
}

/**
 * The text people see for a value, in US English; undefined for types that have none. Times are those of the zone,
 * except in columns that are independent of zones.
 */
export function formattedValue(
  store: RowStore,
  column: ColumnDefinition,
  value: StoredValue,
  row: StoredValues,
  timeZone = 'UTC',
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
    case 'Money':
      return moneyText(store, column, value, row)
    case 'DateTime': {
      const shown = column.behavior === 'UserLocal' ? inZone(String(value), timeZone) : String(value)
      return column.format === 'DateOnly' ? dayText(shown) : timeText(shown)
    }
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
