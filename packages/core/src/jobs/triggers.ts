import type { Env } from '../env.ts'
import type { JobProgress } from './due.ts'
import type { JobTrigger, RunTrigger } from './job.ts'
import type { StandingJob } from './runner.ts'

/** A run waits until so long nothing more was committed, but no longer than this in all. */
const COMMITS_SETTLE_MS = 2_000
const COMMITS_SETTLE_AT_MOST_MS = 10_000

interface Asked {
  readonly trigger: RunTrigger
  /** When it was asked for, and when it may begin. */
  readonly from: number
  readonly at: number
  /** Whether it is heeded although the job has just failed. */
  readonly isUrgent: boolean
}

/** What has happened that jobs are to be run for, by job once it is known which. */
export class Triggers {
  readonly #env: Env
  readonly #happened = new Set<JobTrigger | 'manual'>()
  readonly #committed = new Set<string>()
  readonly #asked = new Map<string, Asked>()

  constructor(env: Env) {
    this.#env = env
  }

  add(trigger: JobTrigger | 'manual'): void {
    this.#happened.add(trigger)
  }

  /** Rows of these tables were written here. */
  committed(tables: Iterable<string>): void {
    for (const table of tables) this.#committed.add(table)
  }

  /** Finds the jobs that what has happened is for. Those that are no longer active are asked for no more. */
  assign(
    jobs: readonly StandingJob[],
    heeded: readonly JobTrigger[],
    tablesOf: (job: StandingJob) => readonly string[],
    online: boolean,
  ): void {
    const names = new Set(jobs.map(({ job }) => job.name))
    for (const name of this.#asked.keys()) if (!names.has(name)) this.#asked.delete(name)
    for (const each of jobs) {
      const { job, definition, progress } = each
      const hears = (trigger: JobTrigger): boolean =>
        heeded.includes(trigger) && (definition.triggers ?? []).includes(trigger)
      const isBack = online && this.#happened.has('online')
      if (this.#happened.has('manual')) this.#ask(job.name, 'manual', { isUrgent: true })
      else if (isBack && progress.owed) this.#ask(job.name, progress.owed.trigger, { isUrgent: true })
      else if (isBack && hears('online')) this.#ask(job.name, 'online', { isUrgent: true })
      else if (this.#happened.has('focus') && hears('focus')) this.#ask(job.name, 'focus', { isUrgent: false })
      else if (this.#happened.has('commit') && hears('commit')) this.#ask(job.name, 'commit', { isUrgent: false })
      if (hears('commit') && tablesOf(each).some((table) => this.#committed.has(table))) this.#askAfterCommit(job.name)
    }
    this.#happened.clear()
    this.#committed.clear()
  }

  /** What the job is asked for, and when it may begin; undefined when nothing is. */
  of(
    name: string,
    now: number,
    { owed, retryAt, retryFrom }: JobProgress,
  ): { trigger: RunTrigger; at: number } | undefined {
    const asked = this.#asked.get(name)
    if (!asked) return undefined
    // Before `from` the clock was put back, and what was to be waited for is over.
    const at = now < asked.from ? now : asked.at
    const isWaiting = !asked.isUrgent && owed && retryAt !== null && retryFrom !== null && now >= retryFrom
    return { trigger: asked.trigger, at: isWaiting ? Math.max(at, retryAt) : at }
  }

  /** The run is about to begin: what happens from now on is for another one. */
  taken(name: string): void {
    this.#asked.delete(name)
  }

  putBack(name: string, trigger: RunTrigger): void {
    this.#ask(name, trigger, { isUrgent: true })
  }

  #ask(name: string, trigger: RunTrigger, { isUrgent }: { readonly isUrgent: boolean }): void {
    const now = this.#env.now()
    const before = this.#asked.get(name)
    if (before?.isUrgent) return
    this.#asked.set(name, { trigger, from: now, at: now, isUrgent })
  }

  #askAfterCommit(name: string): void {
    const now = this.#env.now()
    const before = this.#asked.get(name)
    if (before && before.trigger !== 'commit') return
    const from = before?.from ?? now
    const at = Math.min(now + COMMITS_SETTLE_MS, from + COMMITS_SETTLE_AT_MOST_MS)
    this.#asked.set(name, { trigger: 'commit', from, at, isUrgent: false })
  }
}
