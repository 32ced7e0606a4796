import { Cron } from 'croner'
import { OutpostError } from '../errors.ts'
import type { Schedule } from './job.ts'

/** As many missed runs are counted, at most. */
export const MOST_MISSED = 1000

/** The length of an interval in milliseconds; null for a cron expression. */
export function intervalMs(schedule: Schedule): number | null {
  if ('everyMinutes' in schedule) return schedule.everyMinutes * 60_000
  return 'everySeconds' in schedule ? schedule.everySeconds * 1000 : null
}

/** The first time after `moment` at which the schedule is due. An interval counts from `moment`. */
export function nextAfter(schedule: Schedule, moment: number): number {
  if (!('cron' in schedule)) return moment + (intervalMs(schedule) ?? 0)
  const next = cronOf(schedule).nextRun(new Date(moment))
  // A checked expression has a next time until the year 3000.
  if (!next) throw neverDue(schedule.cron)
  return next.getTime()
}

/** The last time up to `moment` at which the schedule is due; of an interval, which has none of its own, the moment. */
export function lastUntil(schedule: Schedule, moment: number): number {
  if (!('cron' in schedule)) return moment
  const [last] = cronOf(schedule).previousRuns(1, new Date(moment + 1000))
  return last && last.getTime() <= moment ? last.getTime() : moment
}

/** How many times the schedule is due from `first`, which is one of its times, up to `moment`; `MOST_MISSED` at most. */
export function timesDue(schedule: Schedule, first: number, moment: number): number {
  if (first > moment) return 0
  const every = intervalMs(schedule)
  if (every !== null) return Math.min(MOST_MISSED, 1 + Math.floor((moment - first) / every))
  let count = 0
  for (let at = first; at <= moment && count < MOST_MISSED; at = nextAfter(schedule, at)) count += 1
  return count
}

/** Throws `invalid`, rule `schedule`, for a schedule that cannot be read or is never due. */
export function checkSchedule(schedule: Schedule, now: number): void {
  if (!('cron' in schedule)) return
  const { cron, timeZone } = schedule
  if (timeZone !== undefined) checkTimeZone(timeZone)
  // The question mark would stand for the moment at which the expression is read.
  const isExpression = !cron.includes('?') && (cron.startsWith('@') || /^\S+(\s+\S+){4,5}$/.test(cron.trim()))
  if (!isExpression) throw unreadable(cron, 'five fields are needed, or six with seconds first, or a name like @hourly')
  const next = readCron(schedule).nextRun(new Date(now))
  if (!next) throw neverDue(cron)
}

/** The schedule in a few words. */
export function scheduleText(schedule: Schedule): string {
  if ('everyMinutes' in schedule) return `every ${schedule.everyMinutes} min`
  if ('everySeconds' in schedule) return `every ${schedule.everySeconds} s`
  return `${schedule.cron} (${schedule.timeZone ?? 'UTC'})`
}

function readCron(schedule: Extract<Schedule, { cron: string }>): Cron {
  try {
    return cronOf(schedule)
  } catch (cause) {
    throw unreadable(schedule.cron, cause instanceof Error ? cause.message.replace(/^\w+: /, '') : '', cause)
  }
}

/** Without a function to call it has no timers. */
function cronOf({ cron, timeZone }: Extract<Schedule, { cron: string }>): Cron {
  return new Cron(cron.trim(), { paused: true, mode: '5-or-6-parts', timezone: timeZone ?? 'UTC' })
}

function checkTimeZone(timeZone: string): void {
  try {
    Intl.DateTimeFormat('en', { timeZone })
  } catch (cause) {
    throw new OutpostError('invalid', `job: there is no time zone '${timeZone}'`, {
      cause,
      place: { rule: 'time-zone' },
      remedy: 'Use a name of the IANA database, such as Europe/Copenhagen.',
    })
  }
}

function unreadable(cron: string, why: string, cause?: unknown): OutpostError {
  return new OutpostError('invalid', `job: '${cron}' is no schedule: ${why}`, {
    ...(cause === undefined ? {} : { cause }),
    place: { rule: 'schedule' },
    remedy: "A cron expression is 'minute hour day month weekday', such as '0 * * * *' for every hour.",
  })
}

function neverDue(cron: string): OutpostError {
  return new OutpostError('invalid', `job: '${cron}' is never due`, { place: { rule: 'schedule' } })
}
