import type { OutpostError } from '../errors.ts'
import type { Cost, OutpostEvent, SyncPhase, SyncReport } from '../events.ts'
import type { Traffic } from '../ports/master-org.ts'
import type { JobProgress } from './due.ts'
import type { JobRun, RunError, RunTrigger } from './job.ts'
import type { KeptJob, KeptRun } from './job-store.ts'

/** The entry of a run that begins. */
export function newRun({ name, version }: KeptJob, number: number, trigger: RunTrigger, now: number): JobRun {
  return {
    job: name,
    number,
    version,
    trigger,
    missed: 0,
    attempts: 1,
    outcome: 'running',
    startedAt: now,
    endedAt: null,
    durationMs: null,
    phases: {},
    tables: {},
    pushed: null,
    traffic: null,
    errors: [],
  }
}

/** The entry for a due run that was left out without a network; the one before goes on where it says the same. */
export function offlineRun(
  job: KeptJob,
  progress: JobProgress,
  { owner, turn }: { readonly owner: string; readonly turn: number },
  before: KeptRun | undefined,
  now: number,
): KeptRun {
  const run: KeptRun = {
    ...newRun(job, progress.runs + 1, progress.owed?.trigger ?? 'schedule', now),
    outcome: 'offline',
    missed: Math.max(0, (progress.owed?.due ?? 0) - 1),
    endedAt: now,
    durationMs: 0,
    owner,
    turn,
  }
  return before?.outcome === 'offline' ? joined(before, run) : run
}

/** One entry for two attempts in a row that met the same. */
export function joined(before: KeptRun, { number: _, startedAt: __, ...run }: KeptRun): KeptRun {
  const durationMs = run.endedAt === null ? null : Math.max(0, run.endedAt - before.startedAt)
  return {
    ...run,
    number: before.number,
    startedAt: before.startedAt,
    durationMs,
    attempts: before.attempts + run.attempts,
    ...(before.turn === undefined ? {} : { turn: before.turn }),
  }
}

/** The entry without what is only for the store. */
export function shownRun({ owner: _, turn: __, ...run }: KeptRun): JobRun {
  return run
}

/** Everything that a sync could not do although it ended. */
export function errorsOf({ tables }: SyncReport): readonly RunError[] {
  return Object.entries(tables).flatMap(([table, { error }]) => (error ? [{ ...error, table }] : []))
}

export function errorOf({ code, message, place, remedy }: OutpostError): RunError {
  return {
    code,
    message,
    ...(place.table === undefined ? {} : { table: place.table }),
    ...(remedy === undefined ? {} : { remedy }),
  }
}

export function difference(before: Traffic | null, after: Traffic | null): JobRun['traffic'] {
  if (!before || !after) return null
  return {
    requests: after.requests - before.requests,
    bytesSent: after.bytesSent - before.bytesSent,
    bytesReceived: after.bytesReceived - before.bytesReceived,
  }
}

/** Measures the parts of a run that does not come back with a report. */
export function phaseClock(now: () => number): {
  heard(event: OutpostEvent): void
  phases(): JobRun['phases']
} {
  const begun: { readonly phase: SyncPhase; readonly at: number }[] = []
  return {
    heard(event) {
      if (event.type === 'sync.phase') begun.push({ phase: event.phase, at: now() })
    },
    phases() {
      const phases: Partial<Record<SyncPhase, Cost>> = {}
      for (const [index, { phase, at }] of begun.entries()) {
        const ms = Math.max(0, (begun[index + 1]?.at ?? now()) - at)
        phases[phase] = { requests: 0, bytes: 0, ms: ms + (phases[phase]?.ms ?? 0) }
      }
      return phases
    },
  }
}
