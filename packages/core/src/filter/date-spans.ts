import type { DateFunction } from './filter.ts'
import { beginningOf, moved } from './user-calendar.ts'
import type { CalendarUnit, WallTime } from './user-calendar.ts'

/** From `from` on, before `until`, by the user's clock. */
export interface Span {
  readonly from: WallTime
  readonly until: WallTime
}

/** What a date function asks for: `now` is the user's time, `day` the midnight its value begins with, `count` how many. */
interface Asked {
  readonly now: WallTime
  readonly day: WallTime
  readonly count: number
}

type SpanOf = (asked: Asked) => Span

const days = (first: number, count: number): SpanOf => {
  return ({ now }) => {
    const from = moved(beginningOf('day', now), first, 'day')
    return { from, until: moved(from, count, 'day') }
  }
}

const whole = (unit: 'week' | 'month' | 'year', distance: number): SpanOf => {
  return ({ now }) => {
    const from = moved(beginningOf(unit, now), distance, unit)
    return { from, until: moved(from, 1, unit) }
  }
}

/** The master keeps whole seconds: until now means to the end of the second that now is in. */
const secondAfter = (now: WallTime): WallTime => (Math.floor(now / 1000) + 1) * 1000

/** From the midnight that lies so many units back until now. */
const last = (unit: CalendarUnit, fixed?: number): SpanOf => {
  return ({ now, count }) => ({
    from: moved(beginningOf('day', now), -(fixed ?? count), unit),
    until: secondAfter(now),
  })
}

/** From now until so many units after the midnight that ends today. */
const next = (unit: CalendarUnit, fixed?: number): SpanOf => {
  return ({ now, count }) => ({
    from: now,
    until: moved(moved(beginningOf('day', now), 1, 'day'), fixed ?? count, unit),
  })
}

/** Before the midnight that lies so many units back; of hours and minutes, before that very time. */
const older = (unit: CalendarUnit): SpanOf => {
  const isExact = unit === 'hour' || unit === 'minute'
  return ({ now, count }) => ({
    from: -Infinity,
    until: moved(isExact ? now : beginningOf('day', now), -count, unit),
  })
}

const SPANS: Readonly<Record<DateFunction, SpanOf>> = {
  On: ({ day }) => ({ from: day, until: moved(day, 1, 'day') }),
  OnOrAfter: ({ day }) => ({ from: day, until: Infinity }),
  OnOrBefore: ({ day }) => ({ from: -Infinity, until: moved(day, 1, 'day') }),
  Yesterday: days(-1, 1),
  Today: days(0, 1),
  Tomorrow: days(1, 1),
  Last7Days: last('day', 7),
  Next7Days: next('day', 7),
  LastWeek: whole('week', -1),
  ThisWeek: whole('week', 0),
  NextWeek: whole('week', 1),
  LastMonth: whole('month', -1),
  ThisMonth: whole('month', 0),
  NextMonth: whole('month', 1),
  LastYear: whole('year', -1),
  ThisYear: whole('year', 0),
  NextYear: whole('year', 1),
  LastXHours: ({ now, count }) => ({ from: moved(beginningOf('hour', now), -count, 'hour'), until: secondAfter(now) }),
  NextXHours: ({ now, count }) => ({ from: now, until: moved(secondAfter(now), count, 'hour') }),
  LastXDays: last('day'),
  NextXDays: next('day'),
  LastXWeeks: last('week'),
  NextXWeeks: next('week'),
  LastXMonths: last('month'),
  NextXMonths: next('month'),
  LastXYears: last('year'),
  NextXYears: next('year'),
  OlderThanXMinutes: older('minute'),
  OlderThanXHours: older('hour'),
  OlderThanXDays: older('day'),
  OlderThanXWeeks: older('week'),
  OlderThanXMonths: older('month'),
  OlderThanXYears: older('year'),
}

export function isDateFunction(name: string): name is DateFunction {
  return Object.hasOwn(SPANS, name)
}

/** The stretch of the user's time that a date function asks for. */
export function spanOf(name: DateFunction, asked: Asked): Span {
  return SPANS[name](asked)
}
