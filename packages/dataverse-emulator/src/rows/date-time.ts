const DATE = /^(\d{4})-(\d{2})-(\d{2})$/
const DATE_TIME = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(Z|[+-]\d{2}:\d{2})?$/i

const EARLIEST = '1753-01-01'

function isDay(year: string, month: string, day: string): boolean {
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)))
  return date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day)
}

/** A date as Dataverse stores a DateOnly column; undefined where the text is no date from 1753-01-01 on. */
export function parseDate(text: string): string | undefined {
  const match = DATE.exec(text)
  if (match === null || !isDay(match[1] ?? '', match[2] ?? '', match[3] ?? '')) return undefined
  return text < EARLIEST ? undefined : text
}

/**
 * An instant as Dataverse stores it: UTC in whole seconds, `2023-04-18T20:00:00Z`. An offset is applied, none means
 * UTC, a plain date means its midnight; undefined where the text is no time from 1753-01-01 on.
 */
export function parseDateTime(text: string): string | undefined {
  const day = parseDate(text)
  if (day !== undefined) return `${day}T00:00:00Z`
  const match = DATE_TIME.exec(text)
  if (match === null) return undefined
  const [, year = '', month = '', date = '', hour = '', minute = '', second = '00', zone = 'Z'] = match
  // No zone is further from UTC than 14 hours.
  if (/^[+-]/.test(zone) && zone.slice(1) > '14:00') return undefined
  if (!isDay(year, month, date) || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined
  const ms = Date.parse(`${year}-${month}-${date}T${hour}:${minute}:${second}${zone.toUpperCase()}`)
  if (Number.isNaN(ms)) return undefined
  const utc = wholeSeconds(ms)
  return utc < EARLIEST ? undefined : utc
}

/** A clock reading in the form of a DateTime column: whole seconds, UTC. */
export function wholeSeconds(ms: number): string {
  return `${new Date(Math.floor(ms / 1000) * 1000).toISOString().slice(0, 19)}Z`
}
