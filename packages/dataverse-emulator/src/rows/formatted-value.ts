import { targetKey } from '../schema.ts'
import type { ChoiceOption, ColumnDefinition, MoneyColumn, StoredValue, StoredValues } from '../schema.ts'
import type { RowStore } from './row-store.ts'
import { roundDecimal } from './decimal.ts'

function grouped(text: string): string {
  const [whole = '', fraction] = text.split('.')
  const withCommas = whole.replace(/\B(?=(\d{3})+$)/g, ',')
  return fraction === undefined ? withCommas : `${withCommas}.${fraction}`
}

function groupedWhole(whole: number): string {
  if (whole < 1000) return String(whole)
  return whole < 1_000_000
    ? `${Math.floor(whole / 1000)},${String(whole % 1000).padStart(3, '0')}`
    : grouped(String(whole))
}

function numberText(value: StoredValue, places: number): string {
  if (typeof value === 'number') {
    const scale = 10 ** places
    const size = Math.abs(value)
    const units = Math.round(size * scale)
    // Nothing to round away: the digits that roundDecimal would give, without its detours.
    if (units < 1e15 && units / scale === size) {
      const whole = Math.floor(units / scale)
      const fraction = places === 0 ? '' : `.${String(units - whole * scale).padStart(places, '0')}`
      return `${value < 0 ? '-' : ''}${groupedWhole(whole)}${fraction}`
    }
  }
  return grouped(roundDecimal(String(value), places) ?? String(value))
}

function label(options: readonly ChoiceOption[], value: StoredValue): string {
  return options.find((option) => option.value === Number(value))?.label ?? String(value)
}

function dayText(date: string): string {
  const month = date.slice(date[5] === '0' ? 6 : 5, 7)
  const day = date.slice(date[8] === '0' ? 9 : 8, 10)
  return `${month}/${day}/${date.slice(0, 4)}`
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

interface Currency {
  readonly symbol: string
  readonly precision: number
}

function currencyOf(store: RowStore, id: StoredValue): Currency {
  const values = store.rows('transactioncurrency').get(String(id ?? ''))?.values
  const precision = values?.['currencyprecision']
  return { symbol: String(values?.['currencysymbol'] ?? ''), precision: typeof precision === 'number' ? precision : 2 }
}

/** Makes the text people see for a value of a row; undefined where it has none. */
export type Formatter = (value: StoredValue, row: StoredValues) => string | undefined

function moneyFormatter(store: RowStore, column: MoneyColumn): Formatter {
  const known = new Map<StoredValue, Currency>()
  return (value, row) => {
    const id = row['transactioncurrencyid'] ?? null
    let currency = known.get(id)
    if (currency === undefined) {
      currency = currencyOf(store, id)
      known.set(id, currency)
    }
    const text = numberText(value, column.precisionSource === 0 ? column.precision : currency.precision)
    return text.startsWith('-') ? `-${currency.symbol}${text.slice(1)}` : `${currency.symbol}${text}`
  }
}

/**
 * Makes the texts people see for the values of a column, in US English, for one answer; undefined for types that have
 * none. Times are those of the zone, except in columns that are independent of zones.
 */
export function formatter(store: RowStore, column: ColumnDefinition, timeZone = 'UTC'): Formatter | undefined {
  switch (column.type) {
    case 'Picklist':
    case 'State':
    case 'Status':
      return (value) => label(column.options, value)
    case 'MultiSelectPicklist':
      return (value) =>
        String(value)
          .split(',')
          .map((one) => label(column.options, one))
          .join('; ')
    case 'Boolean':
      return (value) => (value === true ? column.trueLabel : column.falseLabel)
    case 'Integer':
    case 'BigInt':
      return (value) => (Number.isSafeInteger(value) ? numberText(value, 0) : grouped(String(value)))
    case 'Decimal':
    case 'Double':
      return (value) => numberText(value, column.precision)
    case 'Money':
      return moneyFormatter(store, column)
    case 'DateTime': {
      const show = column.format === 'DateOnly' ? dayText : timeText
      const isLocal = column.behavior === 'UserLocal'
      return (value) => show(isLocal ? inZone(String(value), timeZone) : String(value))
    }
    case 'Lookup':
    case 'Customer':
    case 'Owner': {
      const key = targetKey(column.logicalName)
      return (value, row) => {
        const stored = row[key]
        return displayName(store, typeof stored === 'string' ? stored : (column.targets[0] ?? ''), String(value))
      }
    }
    case 'EntityName':
      return (value) => store.schema.table(String(value))?.displayName
    default:
      return undefined
  }
}

/** The text people see for one value, as `formatter` makes it. */
export function formattedValue(
  store: RowStore,
  column: ColumnDefinition,
  value: StoredValue,
  row: StoredValues,
  timeZone = 'UTC',
): string | undefined {
  return formatter(store, column, timeZone)?.(value, row)
}
