/**
 * A reading of the user's clock: the milliseconds that the same reading has in UTC. The calendar of the user can then be
 * counted with the UTC functions of Date.
 */
export type WallTime = number

export type CalendarUnit = 'minute' | 'hour' | 'day' | 'week' | 'month' | 'year'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

const clocks = new Map<string, Intl.DateTimeFormat>()

function clockOf(timeZone: string): Intl.DateTimeFormat {
  let clock = clocks.get(timeZone)
  if (!clock) {
    clock = new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    })
    clocks.set(timeZone, clock)
  }
  return clock
}

/** What the user's clock shows at an instant. */
export function wallTimeAt(instant: number, timeZone: string): WallTime {
  return instant + offsetAt(instant, timeZone)
}

/** The instant at which the user's clock shows this. */
export function instantOf(wall: WallTime, timeZone: string): number {
  if (!Number.isFinite(wall)) return wall
  // The zone's offset is asked for an instant near by, and again for the one that this leads to.
  const near = wall - offsetAt(wall, timeZone)
  return wall - offsetAt(near, timeZone)
}

const LIMIT_MS = 8_000_000_000_000_000

function offsetAt(instant: number, timeZone: string): number {
  if (timeZone === 'UTC' || Math.abs(instant) > LIMIT_MS) return 0
  const shown: Record<string, number> = {}
  for (const { type, value } of clockOf(timeZone).formatToParts(instant)) shown[type] = Number(value)
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = shown
  const wholeSeconds = Math.floor(instant / 1000) * 1000
  return Date.UTC(year, month - 1, day, hour, minute, second) - wholeSeconds
}

/** The beginning of the hour, day, week (on Sunday), month or year. */
export function beginningOf(unit: Exclude<CalendarUnit, 'minute'>, wall: WallTime): WallTime {
  if (unit === 'hour') return Math.floor(wall / HOUR_MS) * HOUR_MS
  const midnight = Math.floor(wall / DAY_MS) * DAY_MS
  if (unit === 'day') return midnight
  const date = new Date(midnight)
  if (unit === 'week') return midnight - date.getUTCDay() * DAY_MS
  return Date.UTC(date.getUTCFullYear(), unit === 'month' ? date.getUTCMonth() : 0, 1)
}

const EXACT_MS: Readonly<Record<Exclude<CalendarUnit, 'month' | 'year'>, number>> = {
  minute: MINUTE_MS,
  hour: HOUR_MS,
  day: DAY_MS,
  week: 7 * DAY_MS,
}

/** The same time some units later, or earlier; where the month is shorter, on its last day. Infinite beyond all dates. */
export function moved(wall: WallTime, count: number, unit: CalendarUnit): WallTime {
  if (unit !== 'month' && unit !== 'year') return wall + count * EXACT_MS[unit]
  const midnight = beginningOf('day', wall)
  const date = new Date(midnight)
  const months = date.getUTCFullYear() * 12 + date.getUTCMonth() + count * (unit === 'year' ? 12 : 1)
  const [year, month] = [Math.floor(months / 12), ((months % 12) + 12) % 12]
  if (Math.abs(year) > 200_000) return year > 0 ? Infinity : -Infinity
  const last = midnightOf(year, month + 1, 0)
  const wanted = midnightOf(year, month, date.getUTCDate())
  return Math.min(wanted, last) + (wall - midnight)
}

/** `Date.UTC` takes years below 100 for those of the last century. */
function midnightOf(year: number, month: number, day: number): number {
  return new Date(0).setUTCFullYear(year, month, day)
}
