import { compareDecimals } from '../rows/decimal.ts'
import { compareGuids } from '../rows/guid.ts'
import type { ColumnKind } from './column-kind.ts'

/** A value of a row as queries see it; a row version is a bigint. */
export type QueryValue = string | number | boolean | bigint | null

function order<T>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function fold(text: QueryValue): string {
  return String(text).toLowerCase().trimEnd()
}

function compareExact(a: QueryValue, b: QueryValue): number {
  if (typeof a === typeof b && typeof a !== 'string') return order(a, b)
  return compareDecimals(String(a), String(b))
}

const COMPARE: Readonly<Record<ColumnKind, (a: QueryValue, b: QueryValue) => number>> = {
  text: (a, b) => order(fold(a), fold(b)),
  number: (a, b) => order(Number(a), Number(b)),
  exact: compareExact,
  boolean: (a, b) => order(Number(a), Number(b)),
  guid: (a, b) => compareGuids(String(a), String(b)),
  dateTime: (a, b) => order(a, b),
  date: (a, b) => order(a, b),
}

/** The order of two filled values of a kind, as the server sorts: text without regard to case or trailing blanks. */
export function comparison(kind: ColumnKind): (a: QueryValue, b: QueryValue) => number {
  return COMPARE[kind]
}
