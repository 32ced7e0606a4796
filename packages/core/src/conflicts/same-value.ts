import { decimalText, roundsTo } from '../rows/decimal.ts'
import type { ColumnMetadata } from '../metadata.ts'
import type { ColumnValue } from '../row.ts'

/** Whether the master would hold the same for both: it rounds decimals, and several choices have no order. */
export function sameValue(column: ColumnMetadata | undefined, one: ColumnValue, other: ColumnValue): boolean {
  if (one === other) return true
  if (column?.type === 'choices') return optionsText(optionsOf(one)) === optionsText(optionsOf(other))
  const decimals = column?.precision !== undefined && isDecimal(one) && isDecimal(other)
  return decimals && roundsTo(one, other, column.precision ?? 0)
}

/** The options of a column of several choices; none where it is empty. */
export function optionsOf(value: ColumnValue): ReadonlySet<number> {
  return new Set(typeof value === 'string' && value !== '' ? value.split(',').map(Number) : [])
}

/** Options as a row holds them, in ascending order; null where there are none. */
export function optionsText(options: ReadonlySet<number>): string | null {
  return options.size === 0 ? null : [...options].toSorted((one, other) => one - other).join(',')
}

function isDecimal(value: ColumnValue): value is string | number {
  return typeof value === 'number' || (typeof value === 'string' && decimalText(value) !== '')
}
