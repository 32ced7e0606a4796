import { expect, test } from 'vitest'
import { begin, catchUp, failed, runsAt, succeeded } from './due.ts'
import type { JobProgress } from './due.ts'
import type { Schedule } from './job.ts'
import { nextAfter, timesDue } from './schedule.ts'

const at = (text: string): number => Date.parse(text)
const HOURLY: Schedule = { cron: '0 * * * *' }
const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** The times at which the schedule is due, as ISO text, one after another. */
function times(schedule: Schedule, from: string, count: number): readonly string[] {
  const found: string[] = []
  let time = at(from)
  for (let each = 0; each < count; each += 1) {
    time = nextAfter(schedule, time)
    found.push(new Date(time).toISOString().slice(0, 16))
  }
  return found
}

/** A run at that time that went well. */
const ran = (progress: JobProgress, schedule: Schedule, now: number): JobProgress =>
  succeeded(catchUp(progress, schedule, now), schedule, { startedAt: now, endedAt: now + 1000 })

test('a cron expression is due in UTC unless it says where', () => {
  expect(times({ cron: '0 8 * * 1-5' }, '2026-05-01T07:00:00Z', 2)).toEqual(['2026-05-01T08:00', '2026-05-04T08:00'])
  const there = { cron: '0 8 * * *', timeZone: 'America/New_York' }
  expect(times(there, '2026-05-01T07:00:00Z', 1)).toEqual(['2026-05-01T12:00'])
  expect(times({ cron: '@hourly' }, '2026-05-01T07:30:00Z', 1)).toEqual(['2026-05-01T08:00'])
  expect(times({ cron: '30 0 7 * * *' }, '2026-05-01T07:00:00Z', 1)).toEqual(['2026-05-01T07:00'])
})

test('a time of day that the clocks leave out is served right after the gap', () => {
  const schedule = { cron: '30 2 * * *', timeZone: 'Europe/Copenhagen' }
  expect(times(schedule, '2026-03-27T12:00:00Z', 3)).toEqual([
    '2026-03-28T01:30',
    '2026-03-29T01:00',
    '2026-03-30T00:30',
  ])
})

test('a time of day that comes twice is served once', () => {
  const schedule = { cron: '30 2 * * *', timeZone: 'Europe/Copenhagen' }
  expect(times(schedule, '2026-10-24T12:00:00Z', 2)).toEqual(['2026-10-25T00:30', '2026-10-26T01:30'])
})

test('steps follow the hours that pass, also when the clocks change', () => {
  const schedule = { cron: '0 * * * *', timeZone: 'Europe/Copenhagen' }
  for (const [from, to] of [
    ['2026-10-24T22:00:00Z', '2026-10-25T04:00'],
    ['2026-03-28T22:00:00Z', '2026-03-29T04:00'],
  ] as const) {
    expect(times(schedule, from, 6).at(-1)).toBe(to)
  }
})

test('what was due several times is run once, and says how many it stands for', () => {
  const started = begin(HOURLY, at('2026-05-01T07:30:00Z'))
  const progress = catchUp(started, HOURLY, at('2026-05-01T11:10:00Z'))
  expect(progress).toMatchObject({ owed: { trigger: 'schedule', due: 4 }, nextAt: at('2026-05-01T12:00:00Z') })
  expect(catchUp(progress, HOURLY, at('2026-05-01T11:20:00Z'))).toBe(progress)
  expect(catchUp(progress, HOURLY, at('2026-05-01T13:20:00Z'))).toMatchObject({ owed: { due: 6 } })
})

test('a year asleep is counted to a thousand, quickly', () => {
  const every = { cron: '* * * * *' }
  const now = at('2026-05-01T00:00:00Z')
  expect(timesDue(every, nextAfter(every, now), now + 365 * 24 * HOUR)).toBe(1000)
  expect(timesDue({ everySeconds: 1 }, now, now + 365 * 24 * HOUR)).toBe(1000)
})

test('an interval is counted from the beginning of a run, or from its end where it took longer', () => {
  const every = { everyMinutes: 10 }
  const now = at('2026-05-01T08:00:00Z')
  const started = begin(every, now)
  expect(runsAt(catchUp(started, every, now), now)).toBeLessThanOrEqual(now)
  const short = succeeded(catchUp(started, every, now), every, { startedAt: now, endedAt: now + 2 * MINUTE })
  expect(short.nextAt).toBe(now + 10 * MINUTE)
  const long = succeeded(catchUp(started, every, now), every, { startedAt: now, endedAt: now + 25 * MINUTE })
  expect(long.nextAt).toBe(now + 35 * MINUTE)
})

test('a clock that is put back by years does not stop the schedule', () => {
  for (const schedule of [HOURLY, { everyMinutes: 60 }]) {
    const then = at('2031-01-01T00:30:00Z')
    const before = ran(begin(schedule, then), schedule, then)
    const now = at('2026-05-01T08:10:00Z')
    const seen = catchUp(before, schedule, now)
    expect(seen.owed).toBeNull()
    expect(seen.nextAt - now).toBeLessThanOrEqual(HOUR)
    // What was seen is kept, so that the wait ends.
    expect(catchUp(seen, schedule, now + 30 * MINUTE).nextAt).toBe(seen.nextAt)
    expect(catchUp(seen, schedule, now + HOUR).owed).not.toBeNull()
  }
})

test('a clock that is put back a little repeats nothing', () => {
  const nine = at('2026-05-01T09:00:00Z')
  const before = ran(begin(HOURLY, nine - MINUTE), HOURLY, nine)
  const seen = catchUp(before, HOURLY, nine - 2 * MINUTE)
  expect(seen.owed).toBeNull()
  expect(seen.nextAt).toBe(nine + HOUR)
})

test('a clock that is put forward by years makes one run, and putting it right again one wait', () => {
  const now = at('2026-05-01T08:10:00Z')
  const far = ran(ran(begin(HOURLY, now), HOURLY, now), HOURLY, now + 10 * 365 * 24 * HOUR)
  expect(far.owed).toBeNull()
  expect(catchUp(far, HOURLY, now + MINUTE).nextAt).toBe(at('2026-05-01T09:00:00Z'))
})

test('a failure is tried again later each time, ten minutes at most, and what is due meanwhile is counted', () => {
  let now = at('2026-05-01T09:00:00Z')
  let progress = begin(HOURLY, now - 1)
  const waits: number[] = []
  for (let attempt = 0; attempt < 12; attempt += 1) {
    progress = failed(catchUp(progress, HOURLY, now), { startedAt: now, endedAt: now }, { random: 0 })
    waits.push(runsAt(progress, now) - now)
    now = runsAt(progress, now)
  }
  expect(waits.slice(0, 4)).toEqual([10_000, 20_000, 40_000, 80_000])
  expect(waits.at(-1)).toBe(10 * MINUTE)
  const after = ran(progress, HOURLY, now)
  expect(catchUp(progress, HOURLY, now).owed?.due).toBe(2)
  expect(after).toMatchObject({ owed: null, failures: 0, retryAt: null, nextAt: at('2026-05-01T11:00:00Z') })
})

test('the wait that a master asks for is the least; a clock that is put back ends it', () => {
  const now = at('2026-05-01T09:00:00Z')
  const progress = failed(
    catchUp(begin(HOURLY, now - 1), HOURLY, now),
    { startedAt: now, endedAt: now },
    { random: 0, askedMs: HOUR },
  )
  expect(runsAt(progress, now)).toBe(now + HOUR)
  expect(runsAt(progress, now - 1)).toBeLessThan(now)
})
