import type { RunTrigger, Schedule } from './job.ts'
import { intervalMs, lastUntil, MOST_MISSED, nextAfter, timesDue } from './schedule.ts'

const FIRST_RETRY_MS = 10_000
const LONGEST_RETRY_MS = 600_000

/** How far a job has come. Kept with the job; times are those of the device's clock. */
export interface JobProgress {
  /** The schedule that `nextAt` belongs to, as text: another one begins anew. */
  readonly schedule: string
  /** The next time by the schedule. */
  readonly nextAt: number
  /** The last time by the schedule that was due, so that a clock that is put back a little does not repeat it. */
  readonly dueAt: number | null
  /** What is to be run, or made up for: why, since when, and for how many times of the schedule. Null when nothing is. */
  readonly owed: { readonly trigger: RunTrigger; readonly since: number; readonly due: number } | null
  /** How many runs have failed in a row, and when the next attempt may be made. */
  readonly failures: number
  readonly retryAt: number | null
  /** When that was said: a clock that is before it was put back, and the wait is over. */
  readonly retryFrom: number | null
  /** When the present row of failures began. */
  readonly failingSince: number | null
  readonly lastSuccessAt: number | null
  /** The number of the newest run. */
  readonly runs: number
}

/** A job that has just been activated. One with an interval is due at once, one with a cron expression at its next time. */
export function begin(schedule: Schedule, now: number): JobProgress {
  return {
    schedule: JSON.stringify(schedule),
    nextAt: intervalMs(schedule) === null ? nextAfter(schedule, now) : now,
    dueAt: null,
    owed: null,
    failures: 0,
    retryAt: null,
    retryFrom: null,
    failingSince: null,
    lastSuccessAt: null,
    runs: 0,
  }
}

/** The same progress under the schedule that is in force, which may have been published since. */
export function underSchedule(progress: JobProgress, schedule: Schedule, now: number): JobProgress {
  if (progress.schedule === JSON.stringify(schedule)) return progress
  return { ...progress, schedule: JSON.stringify(schedule), nextAt: nextAfter(schedule, now), dueAt: null }
}

/**
 * What the clock has made of the progress: what is due becomes owed, several times as one, and the next time is found.
 * A clock that was put back does not stop the schedule: no wait is longer than the schedule's own.
 */
export function catchUp(given: JobProgress, schedule: Schedule, now: number): JobProgress {
  const progress = underSchedule(given, schedule, now)
  const nextAt = nextByClock(progress, schedule, now)
  if (nextAt > now) return nextAt === progress.nextAt ? progress : { ...progress, nextAt }
  const due = timesDue(schedule, nextAt, now) + (progress.owed?.due ?? 0)
  const trigger = intervalMs(schedule) === null ? 'schedule' : 'interval'
  return {
    ...progress,
    owed: { trigger, since: progress.owed?.since ?? nextAt, due: Math.min(MOST_MISSED + 1, due) },
    dueAt: lastUntil(schedule, now),
    nextAt: nextAfter(schedule, now),
  }
}

/** When a caught-up job is to run: `now` or before when it is due. */
export function runsAt({ owed, retryAt, retryFrom, nextAt }: JobProgress, now: number): number {
  if (!owed) return nextAt
  return retryAt === null || retryFrom === null || now < retryFrom ? now : retryAt
}

/** A run has ended well. What came due while it went on is served by it. */
export function succeeded(progress: JobProgress, schedule: Schedule, times: Times): JobProgress {
  return {
    ...served(progress, schedule, times),
    owed: null,
    failures: 0,
    retryAt: null,
    retryFrom: null,
    failingSince: null,
    lastSuccessAt: times.endedAt,
  }
}

/** A run has failed: it is tried again by itself, later each time, whatever the schedule. `random` is in [0, 1). */
export function failed(
  progress: JobProgress,
  times: Times,
  retry: { readonly random: number; readonly askedMs?: number | undefined },
): JobProgress {
  const failures = progress.failures + 1
  return {
    ...progress,
    owed: progress.owed ?? { trigger: 'manual', since: times.startedAt, due: 0 },
    failures,
    retryAt: times.endedAt + Math.max(retryMs(failures, retry.random), retry.askedMs ?? 0),
    retryFrom: times.endedAt,
    failingSince: progress.failingSince ?? times.startedAt,
  }
}

export interface Times {
  readonly startedAt: number
  readonly endedAt: number
}

function served(progress: JobProgress, schedule: Schedule, { startedAt, endedAt }: Times): JobProgress {
  const every = intervalMs(schedule)
  if (every === null)
    return progress.nextAt > endedAt ? progress : { ...progress, nextAt: nextAfter(schedule, endedAt) }
  const nextAt = startedAt + every
  return { ...progress, nextAt: nextAt > endedAt ? nextAt : endedAt + every }
}

/** The stored time, unless the clock was put back: then the first one after now that was not due before. */
function nextByClock({ nextAt, dueAt }: JobProgress, schedule: Schedule, now: number): number {
  if (nextAt <= now) return nextAt
  const first = nextAfter(schedule, now)
  if (nextAt <= first) return nextAt
  return first === dueAt ? nextAfter(schedule, first) : first
}

/** Doubling from ten seconds to ten minutes, with up to a fifth of it taken off. */
function retryMs(failures: number, random: number): number {
  const full = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(20, failures - 1))
  return Math.round(full * (1 - random / 5))
}
