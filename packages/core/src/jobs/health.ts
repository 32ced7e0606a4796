import type { ConnectionState } from '../events.ts'
import type { TransactionStatus } from '../outbox/offline-transaction.ts'
import type { JobProgress } from './due.ts'
import type { JobRun, JobState, RunOutcome, RunTrigger } from './job.ts'

/** So many failures in a row make a job, and with it the service, `failing`. */
const FAILING_AFTER = 3
/** So long without a network is no longer only a nuisance. */
const OFFLINE_FAILING_MS = 60 * 60_000
/** So long a due job may wait for others before something is wrong. */
const OVERDUE_MS = 15 * 60_000
const WAITING_MS = 24 * 60 * 60_000

export type HealthStatus = 'ok' | 'degraded' | 'failing'

/** One thing that is not as it should be. */
export interface HealthReason {
  readonly code:
    | 'signed-out'
    | 'store'
    | 'job-failing'
    | 'job-overdue'
    | 'offline-long'
    | 'offline'
    | 'job-failed'
    | 'job-partial'
    | 'connection-paused'
    | 'transactions-in-error'
    | 'transactions-waiting'
    | 'service-stopped'
    | 'no-active-job'
  readonly status: Exclude<HealthStatus, 'ok'>
  readonly message: string
  readonly job?: string
}

/** How one job is doing. Times are those of the device's clock. */
export interface JobHealth {
  readonly name: string
  readonly state: JobState
  readonly nextRun: number | null
  readonly isRunning: boolean
  readonly lastRun: LastRun | null
  readonly lastSuccess: number | null
  readonly failuresInARow: number
}

export interface LastRun {
  readonly job: string
  readonly number: number
  readonly trigger: RunTrigger
  readonly outcome: RunOutcome
  readonly startedAt: number
  readonly endedAt: number | null
  readonly errors: JobRun['errors']
}

/**
 * How the service is doing, as plain JSON for a monitor. The status is that of the worst reason.
 *
 * - `failing`: a sign-in is missing, the store cannot be used, a job has failed three times in a row or has been due for
 *   15 minutes, or there was no network for an hour.
 * - `degraded`: the last run of a job failed or left out something, the master asked to wait or cannot be reached, a
 *   transaction is in Error or has waited for a day, the service is stopped, or no job is active.
 * - `ok`: nothing of that.
 */
export interface Health {
  readonly status: HealthStatus
  /** Since when it has been so, as far as this program knows. */
  readonly since: number
  readonly at: number
  readonly reasons: readonly HealthReason[]
  readonly service: 'running' | 'stopped'
  readonly lastRun: LastRun | null
  readonly lastSuccess: number | null
  readonly next: { readonly job: string; readonly at: number } | null
  readonly jobs: readonly JobHealth[]
  readonly transactions: Readonly<Record<TransactionStatus, number>>
  readonly oldestPendingMs: number | null
  readonly connection: ConnectionState
}

/** What the health is found from. */
export interface HealthFacts {
  readonly now: number
  readonly isStarted: boolean
  readonly online: boolean
  readonly storeError: string | null
  readonly jobs: readonly JobFacts[]
  readonly transactions: Health['transactions']
  readonly oldestPendingMs: number | null
  readonly connection: ConnectionState
}

export interface JobFacts extends JobHealth {
  readonly progress: JobProgress | undefined
  /** The number of the last run among those of all jobs. */
  readonly turn: number
}

/** Everything that is not as it should be, the worst first. */
export function reasonsOf(facts: HealthFacts): readonly HealthReason[] {
  const active = facts.jobs.filter(({ state }) => state === 'active')
  const { connection, transactions, oldestPendingMs } = facts
  const reasons: (HealthReason | false)[] = [
    connection.kind === 'signed-out' && failing('signed-out', connection.message),
    facts.storeError !== null && failing('store', facts.storeError),
    ...active.map((job) => ofJob(job, facts)),
    connection.kind === 'paused' && degraded('connection-paused', connection.message),
    transactions.error > 0 && degraded('transactions-in-error', `${transactions.error} in Error need a person`),
    oldestPendingMs !== null &&
      oldestPendingMs > WAITING_MS &&
      degraded('transactions-waiting', 'a transaction has been pending for more than a day'),
    !facts.isStarted && active.length > 0 && degraded('service-stopped', 'nobody runs the jobs'),
    active.length === 0 && degraded('no-active-job', 'nothing is synced by itself'),
  ]
  const found = reasons.filter((reason) => reason !== false)
  return [...found.filter(({ status }) => status === 'failing'), ...found.filter(({ status }) => status !== 'failing')]
}

function ofJob(job: JobFacts, facts: HealthFacts): HealthReason | false {
  const { name, lastRun, progress, failuresInARow } = job
  const last = lastRun?.errors[0]?.message ?? lastRun?.outcome ?? ''
  if (lastRun?.outcome === 'offline') {
    return facts.now - lastRun.startedAt > OFFLINE_FAILING_MS
      ? failing('offline-long', 'no network for more than an hour', name)
      : degraded('offline', 'no network; the run is made up for when it is back', name)
  }
  if (failuresInARow >= FAILING_AFTER)
    return failing('job-failing', `failed ${failuresInARow} times in a row: ${last}`, name)
  const dueSince = failuresInARow === 0 ? (progress?.owed?.since ?? null) : null
  if (facts.isStarted && facts.online && !job.isRunning && dueSince !== null && facts.now - dueSince > OVERDUE_MS) {
    return failing('job-overdue', 'it is due and does not run', name)
  }
  if (failuresInARow > 0) return degraded('job-failed', `failed: ${last}`, name)
  return lastRun?.outcome === 'partial' && degraded('job-partial', last, name)
}

function failing(code: HealthReason['code'], message: string, job?: string): HealthReason {
  return { code, status: 'failing', message, ...(job === undefined ? {} : { job }) }
}

function degraded(code: HealthReason['code'], message: string, job?: string): HealthReason {
  return { code, status: 'degraded', message, ...(job === undefined ? {} : { job }) }
}
