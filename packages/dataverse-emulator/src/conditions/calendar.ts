/**
 * Moments are kept here as a clock on the wall shows them: the milliseconds that the same reading would have in UTC.
 * Days, weeks and months of the user can then be counted with the UTC functions of Date.
 */
export type WallTime = number

/** From `from` on, before `until`. */
export interface Span {
  readonly from: WallTime
  readonly until: WallTime
}

export type Unit = 'minute' | 'hour' | 'day' | 'week' | 'month' | 'year'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const formats = new Map<string, Intl.DateTimeFormat>()

function wallFormat(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone)
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
    formats.set(timeZone, format)
  }
  return format
}

/** What the clock on the wall shows in a time zone at an instant. */
export function toWall(ms: number, timeZone: string): WallTime {
  if (timeZone === 'UTC') return ms
  const parts = new Map(
    wallFormat(timeZone)
      .formatToParts(ms)
      .map(({ type, value }) => [type, Number(value)]),
  )
  const read = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0
  const whole = Date.UTC(read('year'), read('month') - 1, read('day'), read('hour'), read('minute'), read('second'))
  return whole + (((ms % 1000) + 1000) % 1000)
}

/** The instant at which the clock on the wall shows this; within an hour that is skipped, the end of the gap. */
export function fromWall(wall: WallTime, timeZone: string): number {
  if (timeZone === 'UTC' || !Number.isFinite(wall)) return wall
  const guess = wall - (toWall(wall, timeZone) - wall)
  return guess - (toWall(guess, timeZone) - wall)
}

/** Midnight at the beginning of the day. */
export function startOfDay(wall: WallTime): WallTime {
  return Math.floor(wall / DAY) * DAY
}

/** The full hour before. */
export function startOfHour(wall: WallTime): WallTime {
  return Math.floor(wall / HOUR) * HOUR
}

/** The midnight with which a unit of the calendar begins; weeks begin on Sunday. */
export function startOf(unit: 'day' | 'week' | 'month' | 'year', wall: WallTime): WallTime {
  const day = startOfDay(wall)
  const date = new Date(day)
  if (unit === 'day') return day
  if (unit === 'week') return day - date.getUTCDay() * DAY
  return Date.UTC(date.getUTCFullYear(), unit === 'month' ? date.getUTCMonth() : 0, 1)
}

/** Moves by whole units. A day that the month does not have becomes its last one. */
export function plus(wall: WallTime, count: number, unit: Unit): WallTime {
  switch (unit) {
    case 'minute':
      return wall + count * MINUTE
    case 'hour':
      return wall + count * HOUR
    case 'day':
      return wall + count * DAY
    case 'week':
      return wall + count * 7 * DAY
    case 'month':
    case 'year': {
      const date = new Date(wall)
      const months = date.getUTCMonth() + (unit === 'month' ? count : count * 12)
      const lastDay = new Date(Date.UTC(date.getUTCFullYear(), months + 1, 0)).getUTCDate()
      const day = Math.min(date.getUTCDate(), lastDay)
      return Date.UTC(date.getUTCFullYear(), months, day) + (wall - startOfDay(wall))
    }
  }
}
