import { badQuery } from '../errors.ts'
import type { ColumnDefinition } from '../schema.ts'
import { plus, startOf, startOfDay, startOfHour, toWall } from './calendar.ts'
import type { Span, Unit, WallTime } from './calendar.ts'
import type { ConditionOperator, ValueCount } from './condition.ts'
import { dayOf, inSpan } from './in-span.ts'

const EVER = { from: -Infinity, until: Infinity }
const SECOND = 1000

export function isDate(column: ColumnDefinition): boolean {
  return column.type === 'DateTime'
}

// Columns that hold days only have no hours and minutes to be asked about.
function hasTime(column: ColumnDefinition): boolean {
  return column.type === 'DateTime' && column.behavior !== 'DateOnly'
}

/** A number of periods in a condition. */
export function countIn(text: string): number {
  if (!/^\d{1,9}$/.test(text.trim())) throw badQuery(`The value '${text}' is not a whole number above zero.`)
  const count = Number(text)
  if (count <= 0) throw badQuery(`The value '${text}' is not a whole number above zero.`)
  return count
}

function operator(
  name: string,
  fetchName: string,
  values: ValueCount,
  span: (now: WallTime, values: readonly string[], timeZone: string) => Span,
  takes: (column: ColumnDefinition) => boolean = isDate,
): ConditionOperator {
  return {
    name,
    fetchNames: [fetchName],
    isFunction: true,
    values,
    counts: values === 'one' && /X/.test(name),
    takes,
    bind: (column, texts, context) => {
      const { nowMs, timeZone } = context
      return inSpan(column, span(toWall(nowMs, timeZone), texts, timeZone), context)
    },
  }
}

function days(first: number, count: number): (now: WallTime) => Span {
  return (now) => {
    const from = plus(startOfDay(now), first, 'day')
    return { from, until: plus(from, count, 'day') }
  }
}

function whole(unit: 'week' | 'month' | 'year', distance: number): (now: WallTime) => Span {
  return (now) => {
    const from = plus(startOf(unit, now), distance, unit)
    return { from, until: plus(from, 1, unit) }
  }
}

// Rows hold whole seconds: up to now includes the second that now is in.
function nextSecond(now: WallTime): WallTime {
  return (Math.floor(now / SECOND) + 1) * SECOND
}

/** From the midnight that lies so many periods back until now. */
function last(unit: Unit): (now: WallTime, values: readonly string[]) => Span {
  return (now, [text = '']) => ({ from: plus(startOfDay(now), -countIn(text), unit), until: nextSecond(now) })
}

/** From now until so many periods after the midnight that ends today. */
function next(unit: Unit): (now: WallTime, values: readonly string[]) => Span {
  return (now, [text = '']) => ({ from: now, until: plus(plus(startOfDay(now), 1, 'day'), countIn(text), unit) })
}

/** Before the midnight that lies so many periods back; of minutes and hours, before that very time. */
function older(unit: Unit): (now: WallTime, values: readonly string[]) => Span {
  const exact = unit === 'minute' || unit === 'hour'
  return (now, [text = '']) => ({ ...EVER, until: plus(exact ? now : startOfDay(now), -countIn(text), unit) })
}

const day = (text: string | undefined, timeZone: string): WallTime => dayOf(text ?? '', timeZone)

/** Operators on dates that do not know of fiscal years. */
export const dateOperators: readonly ConditionOperator[] = [
  operator('Yesterday', 'yesterday', 'none', days(-1, 1)),
  operator('Today', 'today', 'none', days(0, 1)),
  operator('Tomorrow', 'tomorrow', 'none', days(1, 1)),
  operator('Last7Days', 'last-seven-days', 'none', (now) => last('day')(now, ['7'])),
  operator('Next7Days', 'next-seven-days', 'none', (now) => next('day')(now, ['7'])),
  operator('LastWeek', 'last-week', 'none', whole('week', -1)),
  operator('ThisWeek', 'this-week', 'none', whole('week', 0)),
  operator('NextWeek', 'next-week', 'none', whole('week', 1)),
  operator('LastMonth', 'last-month', 'none', whole('month', -1)),
  operator('ThisMonth', 'this-month', 'none', whole('month', 0)),
  operator('NextMonth', 'next-month', 'none', whole('month', 1)),
  operator('LastYear', 'last-year', 'none', whole('year', -1)),
  operator('ThisYear', 'this-year', 'none', whole('year', 0)),
  operator('NextYear', 'next-year', 'none', whole('year', 1)),
  operator('On', 'on', 'one', (_now, [text], zone) => {
    const from = day(text, zone)
    return { from, until: plus(from, 1, 'day') }
  }),
  operator('OnOrAfter', 'on-or-after', 'one', (_now, [text], zone) => ({ ...EVER, from: day(text, zone) })),
  operator('OnOrBefore', 'on-or-before', 'one', (_now, [text], zone) => ({
    ...EVER,
    until: plus(day(text, zone), 1, 'day'),
  })),
  operator(
    'LastXHours',
    'last-x-hours',
    'one',
    (now, [text = '']) => ({ from: plus(startOfHour(now), -countIn(text), 'hour'), until: nextSecond(now) }),
    hasTime,
  ),
  operator(
    'NextXHours',
    'next-x-hours',
    'one',
    (now, [text = '']) => ({ from: now, until: plus(nextSecond(now), countIn(text), 'hour') }),
    hasTime,
  ),
  operator('LastXDays', 'last-x-days', 'one', last('day')),
  operator('NextXDays', 'next-x-days', 'one', next('day')),
  operator('LastXWeeks', 'last-x-weeks', 'one', last('week')),
  operator('NextXWeeks', 'next-x-weeks', 'one', next('week')),
  operator('LastXMonths', 'last-x-months', 'one', last('month')),
  operator('NextXMonths', 'next-x-months', 'one', next('month')),
  operator('LastXYears', 'last-x-years', 'one', last('year')),
  operator('NextXYears', 'next-x-years', 'one', next('year')),
  operator('OlderThanXMinutes', 'olderthan-x-minutes', 'one', older('minute'), hasTime),
  operator('OlderThanXHours', 'olderthan-x-hours', 'one', older('hour'), hasTime),
  operator('OlderThanXDays', 'olderthan-x-days', 'one', older('day')),
  operator('OlderThanXWeeks', 'olderthan-x-weeks', 'one', older('week')),
  operator('OlderThanXMonths', 'olderthan-x-months', 'one', older('month')),
  operator('OlderThanXYears', 'olderthan-x-years', 'one', older('year')),
]
