const DAY = /^(\d{4})-(\d{2})-(\d{2})$/
const TIME =
  /^(\d{4}-\d{2}-\d{2})[T ]([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:\.\d+)?)?(Z|[+-](?:0\d|1[0-3]):?[0-5]\d|[+-]14:?00)?$/i
const EARLIEST = '1753-01-01'
const DAY_MS = 24 * 3600 * 1000

/** Whether the text is a day that Dataverse knows: `2026-05-01`, from 1753 on. */
function isDay(text: string): boolean {
  const [, year, month, day] = DAY.exec(text) ?? []
  if (year === undefined || text < EARLIEST) return false
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)))
  return date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day)
}

/** The day some days later, or earlier, as text. */
export function shiftDay(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10)
}

/** A day, or a time with or without its place in the world, as it is written in a filter. */
export interface WrittenTime {
  /** What a clock on the wall shows, in the milliseconds that the same reading has in UTC; midnight for a day alone. */
  readonly wall: number
  readonly hasTime: boolean
  /** How far that wall's clock is ahead of UTC; null where the text does not say which wall. */
  readonly offsetMs: number | null
}

/** Reads a day or a time; null where the text is none that exists. */
export function readTime(text: string): WrittenTime | null {
  if (isDay(text)) return { wall: Date.parse(`${text}T00:00:00Z`), hasTime: false, offsetMs: null }
  const [, day = '', hour = '', minute = '', second = '00', zone] = TIME.exec(text) ?? []
  if (!isDay(day)) return null
  const wall = Date.parse(`${day}T${hour}:${minute}:${second}Z`) + fractionMs(text)
  return { wall, hasTime: true, offsetMs: zone === undefined ? null : offsetOf(zone) }
}

function fractionMs(text: string): number {
  const fraction = /\.\d+/.exec(text)?.[0]
  return fraction === undefined ? 0 : Number(fraction) * 1000
}

function offsetOf(zone: string): number {
  const [, sign, hours = '0', minutes = '0'] = /^([+-])(\d{2}):?(\d{2})$/.exec(zone) ?? []
  const ms = (Number(hours) * 60 + Number(minutes)) * 60_000
  return sign === '-' ? -ms : ms
}
