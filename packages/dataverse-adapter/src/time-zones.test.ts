import { expect, test } from 'vitest'
import { timeZoneOf } from './time-zones.ts'

test.each([
  [0, 12],
  [4, 8],
  [35, 5],
  [92, 0],
  [110, -1],
  [134, -3],
  [184, -5],
  [190, -5.5],
  [193, -5.75],
  [235, -9],
  [299, -13.75],
])('a user with the code %i is %d hours behind UTC in January', (code, hours) => {
  const january = Date.UTC(2026, 0, 15, 12)
  const shown = new Intl.DateTimeFormat('en-GB', {
    timeZone: timeZoneOf(code) ?? '',
    dateStyle: 'short',
    timeStyle: 'long',
  })
  const wall = shown.format(january)
  const parts = /^(\d+)\/(\d+)\/(\d+), (\d+):(\d+):(\d+)/.exec(wall)?.slice(1).map(Number) ?? []
  const [day = 0, month = 0, year = 0, hour = 0, minute = 0] = parts
  expect((january - Date.UTC(year, month - 1, day, hour, minute)) / 3_600_000).toBe(hours)
})

test('every code that is known is one of a time zone that the runtime knows', () => {
  const zones = Array.from({ length: 400 }, (_, code) => timeZoneOf(code)).filter((zone) => zone !== undefined)
  expect(zones.length).toBeGreaterThan(130)
  for (const timeZone of zones) expect(() => new Intl.DateTimeFormat('en', { timeZone })).not.toThrow()
  expect(timeZoneOf(999)).toBeUndefined()
})
