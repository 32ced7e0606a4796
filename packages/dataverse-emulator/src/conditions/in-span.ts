import { badQuery } from '../errors.ts'
import { parseDate, wholeSeconds } from '../rows/date-time.ts'
import type { DateTimeColumn } from '../schema.ts'
import { fromWall, startOfDay, toWall } from './calendar.ts'
import type { Span, WallTime } from './calendar.ts'
import type { Condition, ConditionContext, QueryColumn } from './condition.ts'

const SECOND = 1000
const LOCAL = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,7})?)?))?(Z|[+-]\d{2}:?\d{2})?$/i

// The texts of other years do not sort like times.
function clamp(ms: number): number {
  return Math.min(Math.max(ms, -62_135_596_800_000), 253_402_300_799_000)
}

// Stored text is cut to whole seconds or days, so a bound between two of them means the later one.
function bound(column: DateTimeColumn, wall: WallTime, timeZone: string): string {
  const ms = clamp(wall)
  if (column.behavior === 'DateOnly') {
    const day = startOfDay(ms)
    return new Date(clamp(day === ms ? day : day + 24 * 3600 * SECOND)).toISOString().slice(0, 10)
  }
  const instant = column.behavior === 'TimeZoneIndependent' ? ms : fromWall(ms, timeZone)
  return wholeSeconds(clamp(Math.ceil(instant / SECOND) * SECOND))
}

/** Whether a date column lies within a span of the user's time. */
export function inSpan(column: QueryColumn, span: Span, { timeZone }: ConditionContext): Condition {
  const { definition, value } = column
  if (definition.type !== 'DateTime') throw new TypeError(`${definition.logicalName} is no date`)
  const from = bound(definition, span.from, timeZone)
  const until = bound(definition, span.until, timeZone)
  return (row) => {
    const found = value(row)
    return typeof found === 'string' ? found >= from && found < until : null
  }
}

/** A date, or the user's date at a time, as text in a condition gives it. */
export function dayOf(text: string, timeZone: string): WallTime {
  const [, date = '', time, zone] = LOCAL.exec(text) ?? []
  if (parseDate(date) === undefined) {
    throw badQuery(`The date-time format for '${text}' is invalid, or value is outside the supported range.`)
  }
  if (time === undefined || zone === undefined) return Date.parse(`${date}T00:00:00Z`)
  return startOfDay(toWall(Date.parse(`${date}T${time}${zone}`), timeZone))
}

/** A time in a condition as a DateTime column stores it: without an offset it is the user's own time. */
export function storedTime(column: DateTimeColumn, text: string, timeZone: string): string | undefined {
  const [, date = '', time = '00:00:00', zone] = LOCAL.exec(text.trim()) ?? []
  if (parseDate(date) === undefined) return undefined
  if (column.behavior === 'DateOnly' && zone === undefined) return date
  const ms = Date.parse(`${date}T${time.slice(0, 12)}${zone ?? 'Z'}`)
  if (Number.isNaN(ms)) return undefined
  const local = column.behavior === 'UserLocal' && zone === undefined
  const instant = wholeSeconds(local ? fromWall(ms, timeZone) : ms)
  return column.behavior === 'DateOnly' ? instant.slice(0, 10) : instant
}
