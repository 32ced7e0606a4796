import type { OutpostErrorCode } from '../errors.ts'
import type { Cost, PushReport, SyncPhase, SyncReport, TableReport } from '../events.ts'

/**
 * When a job runs by itself.
 *
 * - `cron`: a cron expression of five fields, or of six with seconds first, or a name such as `@hourly`, in a time zone of
 *   the IANA database, UTC when absent. Where clocks are put forward, a time of day that does not exist is served right
 *   after the gap; where they are put back, one that comes twice is served once. Steps such as `0/15` or `*` follow the
 *   hours that pass.
 * - `everyMinutes`, `everySeconds`: so long after the beginning of a run; where the run took longer, after its end.
 */
export type Schedule =
  | { readonly cron: string; readonly timeZone?: string }
  | { readonly everyMinutes: number }
  | { readonly everySeconds: number }

/** What a job does: a sync of everything that is kept, of a named scope of the configuration, or of some tables. */
export interface JobStep {
  readonly function: 'SyncService'
  readonly scope?: string
  readonly tables?: readonly string[]
}

/**
 * What makes a job run besides its schedule.
 *
 * - `commit`: a committed write to one of its tables; several writes in a row count as one.
 * - `online`: the network has come back.
 * - `focus`: the application says that it is looked at.
 */
export type JobTrigger = 'commit' | 'online' | 'focus'

/** The part of a job that is drafted and published. */
export interface JobDefinition {
  readonly schedule: Schedule
  readonly step: JobStep
  /** Of runs that are due at once, the one of the greater priority goes first; none waits for ever. The default is 0. */
  readonly priority?: number
  readonly triggers?: readonly JobTrigger[]
}

/**
 * Where a job stands.
 *
 * - `draft`: it was never published.
 * - `published`: it has a definition to run by, but runs only when it is told to.
 * - `active`: it runs by its schedule and its triggers.
 */
export type JobState = 'draft' | 'published' | 'active'

/** A job as it is kept. */
export interface Job {
  readonly name: string
  readonly category: 'Job'
  readonly state: JobState
  /** The number of the published definition: 0 before the first, one more with each. */
  readonly version: number
  /** What it runs by; null before the first publication. */
  readonly published: JobDefinition | null
  /** What was edited since; null when nothing was. It has no effect before it is published. */
  readonly draft: JobDefinition | null
}

/** What made a run begin. */
export type RunTrigger = 'schedule' | 'interval' | 'manual' | JobTrigger

/**
 * How a run ended.
 *
 * - `succeeded`: all of it.
 * - `partial`: some tables could not be finished.
 * - `failed`: the master could not be asked, or something else stood in the way of the whole.
 * - `offline`: there was no network. It is made up for once there is one.
 * - `stopped`: it was told to stop.
 * - `interrupted`: the program died under it.
 */
export type RunOutcome = 'running' | 'succeeded' | 'partial' | 'failed' | 'offline' | 'stopped' | 'interrupted'

/** Something that went wrong in a run. */
export interface RunError {
  readonly code: OutpostErrorCode
  readonly message: string
  readonly table?: string
  readonly remedy?: string
}

/** One run of a job, as the log keeps it. Times are milliseconds since 1970 by the clock of the device. */
export interface JobRun {
  readonly job: string
  /** Counts the runs of the job from 1. */
  readonly number: number
  /** The version of the definition that it ran by. */
  readonly version: number
  readonly trigger: RunTrigger
  /** How many runs were due before and did not take place; 1,000 stands for that or more. This run is for all of them. */
  readonly missed: number
  /** How many attempts in a row the entry stands for. More than one only of `offline`, which is not logged each time. */
  readonly attempts: number
  readonly outcome: RunOutcome
  readonly startedAt: number
  readonly endedAt: number | null
  readonly durationMs: number | null
  /** What each part of the run took. */
  readonly phases: Readonly<Partial<Record<SyncPhase, Cost>>>
  readonly tables: Readonly<Record<string, TableReport>>
  /** What the run took over of the master's metadata, where it had changed. */
  readonly metadata?: SyncReport['metadata'] & object
  /** What became of the outbox; null where it was not sent. */
  readonly pushed: PushReport | null
  /** Requests and body bytes of the run; null where the master does not count them. */
  readonly traffic: { readonly requests: number; readonly bytesSent: number; readonly bytesReceived: number } | null
  readonly errors: readonly RunError[]
}
