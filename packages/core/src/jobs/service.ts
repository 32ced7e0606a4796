import type { Connectivity } from '../ports/connectivity.ts'
import type { Env } from '../env.ts'
import { OutpostError } from '../errors.ts'
import type { ConnectionState } from '../events.ts'
import { oldestPending } from '../identity/unsent-watch.ts'
import type { Store, StoreChange, StoreReader } from '../ports/store.ts'
import { DEFAULT_JOB } from './default-job.ts'
import { begin, catchUp, runsAt } from './due.ts'
import { reasonsOf } from './health.ts'
import type { Health, HealthFacts, HealthStatus, JobFacts, LastRun } from './health.ts'
import type { JobRun, JobTrigger, RunTrigger } from './job.ts'
import { readJobs, readProgress, readRun } from './job-store.ts'
import type { KeptJob } from './job-store.ts'
import type { Jobs } from './jobs.ts'
import type { JobRunner, StandingJob } from './runner.ts'
import { Triggers } from './triggers.ts'

/** A device that slept, a clock that was set, a job that was edited in another tab: all are noticed within this time. */
const LONGEST_REST_MS = 60_000
const STORE_RETRY_MS = 10_000
const STOPPED_REST_MS = 1000
/** A due job that so many runs of others went before goes before all priorities. */
const MOST_PASSED_OVER = 5

export interface ServiceOptions {
  readonly store: Store
  readonly env: Env
  readonly connectivity: Connectivity
  readonly runner: JobRunner
  readonly jobs: Jobs
  readonly connection: () => ConnectionState
  readonly onListenerError: (error: unknown) => void
  /** The tables that a step syncs. */
  readonly tablesOf: (job: StandingJob) => readonly string[]
}

export interface StartOptions {
  /** Which triggers of the jobs are heeded besides their schedules. All when absent. */
  readonly triggers?: readonly JobTrigger[]
}

/**
 * Runs the active jobs of a client org while the program lives: by their schedules, and by what triggers them. Runs never
 * overlap and never stop anybody from reading and writing; of those that are due, the one of the greatest priority goes
 * first, and one that others went before five times. Several services may be started on one store, in tabs or programs: each run is begun by one of them.
 */
export class SyncService {
  readonly #options: ServiceOptions
  readonly #listeners = new Set<(run: JobRun) => void>()
  readonly #triggers: Triggers
  #running: { readonly stop: AbortController; readonly ended: Promise<void> } | null = null
  #alarm: AbortController | null = null
  /** How many runs went before each job that is due. */
  #passedOver: ReadonlyMap<string, number> = new Map()
  #isWoken = false
  #storeError: string | null = null
  #status: { readonly status: HealthStatus; readonly since: number } | null = null

  constructor(options: ServiceOptions) {
    this.#options = options
    this.#triggers = new Triggers(options.env)
  }

  get isStarted(): boolean {
    return this.#running !== null
  }

  /**
   * Runs what is due from now on. Starting it twice changes nothing. A client org that was connected before there were
   * jobs gets its own now. Throws `refused` before `connect()`.
   */
  async start(options: StartOptions = {}): Promise<void> {
    const { jobs } = this.#options
    const [known, own] = [await jobs.list(), await jobs.get(DEFAULT_JOB)]
    if (known.length === 0 || own) await jobs.ensure()
    if (this.#running) return
    const stop = new AbortController()
    this.#running = { stop, ended: this.#loop(stop.signal, options.triggers ?? ['commit', 'online', 'focus']) }
  }

  /** Stops the run in progress, which is begun again by the next start, and runs nothing more. Resolves when that is so. */
  async stop(): Promise<void> {
    const running = this.#running
    running?.stop.abort(new OutpostError('aborted', 'the service was stopped'))
    await running?.ended
  }

  /**
   * Says that something has happened: `focus`, `online` and `commit` run the active jobs that name it among their
   * triggers, `manual` all active ones. Heeded while the service runs.
   */
  trigger(trigger: JobTrigger | 'manual'): void {
    this.#triggers.add(trigger)
    this.wake()
  }

  /** Calls the listener when a run begins, when it ends, and when one is left out offline. Returns the way out. */
  subscribe(listener: (run: JobRun) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** For the jobs alone: something may be due that was not. */
  wake(): void {
    this.#isWoken = true
    this.#alarm?.abort()
  }

  /** For the runner alone. */
  tell(run: JobRun): void {
    for (const listener of this.#listeners) {
      try {
        listener(run)
      } catch (error) {
        // What a listener does wrong must not stop a run between its beginning and its end.
        this.#options.onListenerError(error)
      }
    }
  }

  /** How the service is doing. Never throws for lack of a network. */
  async health(): Promise<Health> {
    const { store, env, runner, connectivity, connection } = this.#options
    await runner.recover()
    const now = env.now()
    const { jobs, transactions } = await store.read('health', async (tx) => ({
      jobs: await jobFacts(tx, now),
      transactions: await tx.countTransactions(),
    }))
    const facts: HealthFacts = {
      now,
      isStarted: this.isStarted,
      online: connectivity.online,
      storeError: this.#storeError,
      jobs,
      transactions,
      oldestPendingMs: (await oldestPending(store, now))?.ageMs ?? null,
      connection: connection(),
    }
    const reasons = reasonsOf(facts)
    const status = reasons[0]?.status ?? 'ok'
    if (this.#status?.status !== status) this.#status = { status, since: this.#since(status, jobs, now) }
    const next = jobs
      .flatMap(({ name, nextRun }) => (nextRun === null ? [] : [{ job: name, at: nextRun }]))
      .toSorted((one, other) => one.at - other.at)
    const newest = jobs.toSorted((one, other) => other.turn - one.turn || startOf(other) - startOf(one))
    return {
      status,
      since: this.#status.since,
      at: now,
      reasons,
      service: this.isStarted ? 'running' : 'stopped',
      lastRun: newest.find(({ lastRun }) => lastRun !== null)?.lastRun ?? null,
      lastSuccess: latest(jobs.map(({ lastSuccess }) => lastSuccess)),
      next: next[0] ?? null,
      jobs: jobs.map(({ progress: _, turn: __, ...job }) => job),
      transactions,
      oldestPendingMs: facts.oldestPendingMs,
      connection: facts.connection,
    }
  }

  async close(): Promise<void> {
    await this.stop()
    await this.#options.runner.close()
  }

  /** A program that has just been started finds in the jobs since when they have been failing. */
  #since(status: HealthStatus, jobs: readonly JobFacts[], now: number): number {
    if (this.#status || status === 'ok') return now
    const began = jobs.flatMap(({ progress }) => progress?.failingSince ?? [])
    return Math.min(now, ...began)
  }

  async #loop(signal: AbortSignal, heeded: readonly JobTrigger[]): Promise<void> {
    const { store, env, connectivity, runner } = this.#options
    const ways = [
      connectivity.subscribe(() => {
        if (connectivity.online) this.trigger('online')
      }),
      store.subscribe((change) => this.#heardCommit(change)),
    ]
    try {
      while (!signal.aborted) {
        try {
          this.#isWoken = false
          await runner.recover()
          const restMs = await this.#turn(signal, heeded)
          this.#storeError = null
          if (restMs > 0) await this.#rest(restMs, signal)
        } catch (error) {
          if (signal.aborted) return
          const failure = OutpostError.from(error, 'store')
          if (failure.code === 'closed') return
          this.#storeError = failure.message
          await env.sleep(STORE_RETRY_MS, signal)
        }
      }
    } catch (error) {
      // The sleep rejects with what the signal was aborted with.
      if (!signal.aborted) throw error
    } finally {
      for (const leave of ways) leave()
      this.#running = null
    }
  }

  /** Runs the first of what is due. Gives how long there is nothing to do; 0 to look again at once. */
  async #turn(signal: AbortSignal, heeded: readonly JobTrigger[]): Promise<number> {
    const { env, runner, connectivity, tablesOf } = this.#options
    const standing = await runner.look()
    const now = env.now()
    this.#triggers.assign(standing, heeded, tablesOf, connectivity.online)
    if (!connectivity.online) {
      for (const { job, progress, stored } of standing) {
        if (progress.owed && progress.owed.due !== stored?.owed?.due) await runner.leaveOut(job.name)
      }
    }
    const waiting = standing
      .flatMap((each) => this.#candidates(each, now))
      .toSorted(
        (one, other) =>
          Number(one.at > now) - Number(other.at > now) ||
          this.#isOverdue(other) - this.#isOverdue(one) ||
          other.priority - one.priority ||
          one.at - other.at,
      )
    const [first] = waiting
    if (!first || first.at > now) {
      const soonest = Math.min(...waiting.map(({ at }) => at))
      return Math.max(1, Math.min(LONGEST_REST_MS, soonest - now))
    }
    this.#triggers.taken(first.name)
    const request = first.trigger === null ? 'when-due' : { trigger: first.trigger }
    const answer = await runner.run(first.name, request, signal)
    if (answer.kind === 'ran') {
      const due = waiting.filter(({ name, at }) => at <= now && name !== first.name)
      this.#passedOver = new Map(due.map(({ name }) => [name, (this.#passedOver.get(name) ?? 0) + 1]))
      return answer.run.outcome === 'stopped' ? STOPPED_REST_MS : 0
    }
    // Somebody else was faster.
    if (answer.kind === 'not-due') return STOPPED_REST_MS
    if (first.trigger !== null) this.#triggers.putBack(first.name, first.trigger)
    return Math.max(1000, Math.min(LONGEST_REST_MS, answer.until - now))
  }

  #isOverdue({ name }: Candidate): number {
    return Number((this.#passedOver.get(name) ?? 0) >= MOST_PASSED_OVER)
  }

  #candidates({ job, definition, progress }: StandingJob, now: number): readonly Candidate[] {
    const { name } = job
    const { priority = 0 } = definition
    const { online } = this.#options.connectivity
    const asked = this.#triggers.of(name, now, progress)
    const found: Candidate[] = asked && (online || asked.trigger === 'manual') ? [{ name, priority, ...asked }] : []
    // Without a network a due job waits; only its next time has to be noticed.
    if (online) found.push({ name, priority, at: runsAt(progress, now), trigger: null })
    else found.push({ name, priority, at: progress.nextAt, trigger: null })
    return found
  }

  #heardCommit({ name, transactions, rows }: StoreChange): void {
    if (name !== 'commit' || transactions.length === 0) return
    this.#triggers.committed(rows.keys())
    this.wake()
  }

  async #rest(ms: number, signal: AbortSignal): Promise<void> {
    if (this.#isWoken) return
    const alarm = new AbortController()
    this.#alarm = alarm
    try {
      await this.#options.env.sleep(ms, AbortSignal.any([signal, alarm.signal]))
    } catch (error) {
      if (!alarm.signal.aborted) throw error
    } finally {
      this.#alarm = null
    }
  }
}

interface Candidate {
  readonly name: string
  readonly priority: number
  readonly at: number
  /** Null where the schedule asks for it. */
  readonly trigger: RunTrigger | null
}

async function jobFacts(tx: StoreReader, now: number): Promise<readonly JobFacts[]> {
  const facts: JobFacts[] = []
  for (const job of await readJobs(tx)) facts.push(await factsOf(tx, job, now))
  return facts
}

async function factsOf(tx: StoreReader, { name, state, published }: KeptJob, now: number): Promise<JobFacts> {
  const stored = await readProgress(tx, name)
  const schedule = state === 'active' ? published?.schedule : undefined
  const progress = schedule ? catchUp(stored ?? begin(schedule, now), schedule, now) : stored
  const newest = stored && (await readRun(tx, name, stored.runs))
  const isRunning = newest?.outcome === 'running'
  const last = isRunning ? await readRun(tx, name, newest.number - 1) : newest
  return {
    name,
    state,
    nextRun: schedule && progress ? runsAt(progress, now) : null,
    isRunning,
    lastRun: last ? lastRun(last) : null,
    lastSuccess: stored?.lastSuccessAt ?? null,
    failuresInARow: stored?.failures ?? 0,
    progress,
    turn: last?.turn ?? 0,
  }
}

function startOf({ lastRun: last }: JobFacts): number {
  return last?.startedAt ?? 0
}

function lastRun({ job, number, trigger, outcome, startedAt, endedAt, errors }: JobRun): LastRun {
  return { job, number, trigger, outcome, startedAt, endedAt, errors }
}

function latest(times: readonly (number | null)[]): number | null {
  return times.reduce(
    (latestYet, time) => (time !== null && (latestYet === null || time > latestYet) ? time : latestYet),
    null,
  )
}
