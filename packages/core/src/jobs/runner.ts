import { claimOwners } from '../delivery/claim-owners.ts'
import { Serial } from '../delivery/serial.ts'
import type { Env } from '../env.ts'
import { MasterError, OutpostError } from '../errors.ts'
import type { OutpostEvent, SyncReport, TableReport } from '../events.ts'
import type { Traffic } from '../ports/master-org.ts'
import type { Store, StoreReader, StoreWriter } from '../ports/store.ts'
import { begin, catchUp, failed, runsAt, succeeded } from './due.ts'
import type { JobProgress, Times } from './due.ts'
import { neverPublished, unknownJob } from './job-errors.ts'
import type { Job, JobDefinition, JobRun, JobStep, RunOutcome, RunTrigger } from './job.ts'
import {
  dropRun,
  nextTurn,
  putLease,
  putProgress,
  putRun,
  readJob,
  readJobs,
  readLease,
  readProgress,
  readRun,
} from './job-store.ts'
import type { KeptJob, KeptRun, RunLease } from './job-store.ts'
import { difference, errorOf, errorsOf, joined, newRun, offlineRun, phaseClock, shownRun } from './run-entry.ts'

/** How long nobody else runs a job after its runner was last heard of, and how often it is heard of. */
const LEASE_MS = 60_000
const RENEWED_EVERY_MS = 20_000

export interface RunnerOptions {
  readonly store: Store
  readonly env: Env
  readonly sync: (options: {
    readonly signal: AbortSignal
    readonly scope?: string
    readonly tables?: readonly string[]
  }) => Promise<SyncReport>
  /** What was exchanged with the master so far, where it counts. */
  readonly traffic: () => Traffic | null
  /** Listens to the events of the client org. */
  readonly subscribe: (listener: (event: OutpostEvent) => void) => () => void
  /** Told when a run begins, ends, or is left out for want of a network. */
  readonly onRun: (run: JobRun) => void
}

/** What was asked of the runner: to run it whatever its schedule says, or only when it is due. */
export type RunRequest =
  /** By hand: whoever asked for it can call it off. */
  { readonly trigger: RunTrigger; readonly isByHand?: boolean } | 'when-due'

/** What came of it. `busy`: another runner has a job in progress, until then at the most. */
export type RunAnswer =
  | { readonly kind: 'ran'; readonly run: JobRun }
  | { readonly kind: 'not-due' }
  | { readonly kind: 'busy'; readonly until: number }

/** An active job with its progress as it is kept, and as the clock has made it. */
export interface StandingJob {
  readonly job: Job
  readonly definition: JobDefinition
  readonly stored: JobProgress | undefined
  readonly progress: JobProgress
}

/**
 * Runs jobs, one at a time among all that have the store open, and keeps the log. What it does is claimed in the store
 * first, so that a run is never begun twice, and one that died is found.
 */
export class JobRunner {
  readonly #options: RunnerOptions
  readonly #serial = new Serial()
  readonly #owner: string
  #isRunning = false

  constructor(options: RunnerOptions) {
    this.#options = options
    this.#owner = options.env.newId()
    claimOwners(options.store).add(this.#owner)
  }

  /** Runs a job after those that were asked for before. Throws `refused` where it has no published definition. */
  run(name: string, request: RunRequest, signal: AbortSignal): Promise<RunAnswer> {
    return this.#serial.runUnlessAborted(signal, async () => {
      const claim = await this.#options.store.write('job begins', (tx) => this.#claim(tx, name, request))
      if (claim.kind !== 'claimed') return claim
      this.#isRunning = true
      try {
        this.#options.onRun(shownRun(claim.run))
        return { kind: 'ran', run: await this.#carryOut(claim, signal) }
      } finally {
        this.#isRunning = false
      }
    })
  }

  /** Notes that a due job was not run for want of a network. What is owed is made up for later. */
  async leaveOut(name: string): Promise<void> {
    const { store, env, onRun } = this.#options
    const left = await store.write('job is left out', async (tx) => {
      const [job, known] = [await readJob(tx, name), await readProgress(tx, name)]
      const now = env.now()
      if (job?.state !== 'active' || !job.published) return null
      const stored = known ?? begin(job.published.schedule, now)
      const progress = catchUp(stored, job.published.schedule, now)
      if (!progress.owed || progress.owed.due === stored.owed?.due) return null
      const before = await readRun(tx, name, progress.runs)
      const run = offlineRun(job, progress, { owner: this.#owner, turn: await nextTurn(tx) }, before, now)
      await putRun(tx, run)
      await putProgress(tx, name, { ...progress, runs: run.number })
      return run
    })
    if (left) onRun(shownRun(left))
  }

  /** The active jobs as they stand by the clock. A clock that was put back is taken note of. */
  async look(): Promise<readonly StandingJob[]> {
    const { store, env } = this.#options
    const now = env.now()
    const found = await store.read('look at the jobs', (tx) => this.#standing(tx, now))
    const corrected = found.filter(({ stored, progress }) => progress !== stored && progress.owed === stored?.owed)
    if (corrected.length > 0) {
      await store.write('the clock was set', async (tx) => {
        for (const { job, progress, stored } of await this.#standing(tx, now)) {
          if (progress !== stored && progress.owed === stored?.owed) await putProgress(tx, job.name, progress)
        }
      })
    }
    return found
  }

  /** Finds the runs whose runner died, and has them made up for. */
  async recover(): Promise<void> {
    const { store } = this.#options
    const isThereOne = await store.read('look for dead runs', async (tx) => {
      for (const job of await readJobs(tx)) {
        const progress = await readProgress(tx, job.name)
        const run = progress && (await readRun(tx, job.name, progress.runs))
        if (run?.outcome === 'running' && !(await this.#isAlive(run, await readLease(tx)))) return true
      }
      return false
    })
    if (!isThereOne) return
    await store.write('interrupted runs', async (tx) => {
      for (const job of await readJobs(tx)) await this.#settleDead(tx, job, await readProgress(tx, job.name))
    })
  }

  /** Resolves when no run is in progress here. */
  idle(): Promise<void> {
    return this.#serial.idle()
  }

  async close(): Promise<void> {
    await this.#serial.idle()
    claimOwners(this.#options.store).delete(this.#owner)
  }

  async #standing(tx: StoreReader, now: number): Promise<readonly StandingJob[]> {
    const found: StandingJob[] = []
    for (const job of await readJobs(tx)) {
      const { published, state, name } = job
      if (state !== 'active' || !published) continue
      const stored = await readProgress(tx, name)
      const progress = catchUp(stored ?? begin(published.schedule, now), published.schedule, now)
      found.push({ job, definition: published, stored, progress })
    }
    return found
  }

  async #claim(
    tx: StoreWriter,
    name: string,
    request: RunRequest,
  ): Promise<ClaimedRun | Exclude<RunAnswer, { kind: 'ran' }>> {
    const now = this.#options.env.now()
    const job = await readJob(tx, name)
    if (!job) throw unknownJob(name)
    if (!job.published) throw neverPublished(name)
    const lease = await readLease(tx)
    if (lease && this.#holds(lease)) return { kind: 'busy', until: lease.until }
    const { published } = job
    const known = await this.#settleDead(tx, job, await readProgress(tx, name))
    const isActive = job.state === 'active'
    const started = known ?? begin(published.schedule, now)
    const progress = isActive ? catchUp(started, published.schedule, now) : started
    if (request === 'when-due' && !(isActive && progress.owed && runsAt(progress, now) <= now)) {
      await putProgress(tx, name, progress)
      return { kind: 'not-due' }
    }
    const trigger = request === 'when-due' ? (progress.owed?.trigger ?? 'schedule') : request.trigger
    const run: KeptRun = {
      ...newRun(job, progress.runs + 1, trigger, now),
      missed: Math.max(0, (progress.owed?.due ?? 0) - 1),
      owner: this.#owner,
      turn: await nextTurn(tx),
    }
    await putRun(tx, run)
    await putProgress(tx, name, {
      ...progress,
      runs: run.number,
      owed: progress.owed ?? { trigger, since: now, due: 0 },
    })
    await putLease(tx, { owner: this.#owner, job: name, from: now, until: now + LEASE_MS })
    const isForOneCaller = request !== 'when-due' && request.isByHand === true && progress.owed === null
    return { kind: 'claimed', run, definition: published, isForOneCaller }
  }

  async #carryOut({ run: begun, definition, isForOneCaller }: ClaimedRun, signal: AbortSignal): Promise<JobRun> {
    const { env } = this.#options
    const renewing = new AbortController()
    const renewed = this.#renew(renewing.signal)
    let told: Told
    try {
      told = await this.#sync(definition.step, signal)
    } finally {
      renewing.abort()
      await renewed
    }
    const endedAt = env.now()
    const { askedMs, ...known } = told
    const durationMs = Math.max(0, endedAt - begun.startedAt)
    const ended = await this.#options.store.write('job ends', async (tx) => {
      const lease = await readLease(tx)
      if (lease?.owner === this.#owner) await putLease(tx, undefined)
      const entry = await this.#end(tx, { ...begun, ...known, endedAt, durationMs }, askedMs)
      if (isForOneCaller && signal.aborted && known.outcome === 'stopped') await callOff(tx, begun.job)
      return entry
    })
    const shown = shownRun(ended)
    this.#options.onRun(shown)
    return shown
  }

  /**
   * Puts the run into the log and the job where it belongs after it, unless the job is gone, or a runner that was not heard
   * of for long was taken for dead. Gives the entry.
   */
  async #end(tx: StoreWriter, run: KeptRun, askedMs?: number): Promise<KeptRun> {
    const job = await readJob(tx, run.job)
    const progress = await readProgress(tx, run.job)
    const begun = await readRun(tx, run.job, run.number)
    if (!job?.published || !progress || begun?.outcome !== 'running' || begun.owner !== run.owner) return run
    const after = this.#after(progress, run, job.published.schedule, askedMs)
    const before = run.outcome === 'offline' ? await readRun(tx, run.job, run.number - 1) : undefined
    const entry = before?.outcome === 'offline' ? joined(before, run) : run
    if (entry !== run) await dropRun(tx, run)
    await putRun(tx, entry)
    await putProgress(tx, run.job, { ...after, runs: entry.number })
    return entry
  }

  #after(progress: JobProgress, run: KeptRun, schedule: JobDefinition['schedule'], askedMs?: number): JobProgress {
    const times: Times = { startedAt: run.startedAt, endedAt: run.endedAt ?? run.startedAt }
    switch (run.outcome) {
      case 'succeeded':
      case 'partial':
        return succeeded(progress, schedule, times)
      case 'stopped':
        // It is begun again when there is somebody to run it.
        return progress
      default:
        return failed(progress, times, { random: this.#options.env.random(), askedMs })
    }
  }

  async #sync(step: JobStep, signal: AbortSignal): Promise<Told> {
    const { sync, traffic, subscribe, env } = this.#options
    const { scope, tables } = step
    const seen = new Map<string, TableReport>()
    const phases = phaseClock(() => env.now())
    let metadata: JobRun['metadata']
    const unsubscribe = subscribe((event) => {
      if (event.type === 'pull.table') seen.set(event.table, event.report)
      if (event.type === 'metadata.pulled' && event.changed) metadata = event.drift
      phases.heard(event)
    })
    const before = traffic()
    try {
      const report = await sync({
        signal,
        ...(scope === undefined ? {} : { scope }),
        ...(tables === undefined ? {} : { tables }),
      })
      const errors = errorsOf(report)
      const outcome = errors.length > 0 ? 'partial' : 'succeeded'
      return {
        outcome,
        errors,
        phases: report.phases,
        tables: report.tables,
        pushed: 'push' in report.phases ? report.pushed : null,
        traffic: difference(before, traffic()),
        ...(metadata ? { metadata } : {}),
      }
    } catch (error) {
      const failure = OutpostError.from(error, 'store')
      const isOver = signal.aborted || failure.code === 'closed'
      return {
        outcome: isOver ? 'stopped' : failure.code === 'offline' ? 'offline' : 'failed',
        phases: phases.phases(),
        traffic: difference(before, traffic()),
        tables: Object.fromEntries(seen),
        pushed: null,
        errors: isOver ? [] : [errorOf(failure)],
        ...(metadata ? { metadata } : {}),
        ...(failure instanceof MasterError && failure.retryAfterMs !== undefined
          ? { askedMs: failure.retryAfterMs }
          : {}),
      }
    } finally {
      unsubscribe()
    }
  }

  async #renew(signal: AbortSignal): Promise<void> {
    const { env, store } = this.#options
    try {
      for (;;) {
        await env.sleep(RENEWED_EVERY_MS, signal)
        await store.write('job goes on', async (tx) => {
          const lease = await readLease(tx)
          const now = env.now()
          if (lease?.owner === this.#owner) await putLease(tx, { ...lease, from: now, until: now + LEASE_MS })
        })
      }
    } catch {
      // The run has ended; or the store cannot be written, which the end of the run will say.
    }
  }

  /** A run whose runner died is over; it counts as a failure, so that one that kills its program is not begun at once again. */
  async #settleDead(
    tx: StoreWriter,
    job: KeptJob,
    progress: JobProgress | undefined,
  ): Promise<JobProgress | undefined> {
    const run = progress && (await readRun(tx, job.name, progress.runs))
    if (run?.outcome !== 'running' || (await this.#isAlive(run, await readLease(tx)))) return progress
    await this.#end(tx, { ...run, outcome: 'interrupted' satisfies RunOutcome })
    return readProgress(tx, job.name)
  }

  async #isAlive(run: KeptRun, lease: RunLease | undefined): Promise<boolean> {
    return lease !== undefined && lease.owner === run.owner && lease.job === run.job && this.#holds(lease)
  }

  /** Whether somebody runs a job under this lease. No other program can have an exclusive store open. */
  #holds({ owner, from, until }: RunLease): boolean {
    const { store, env } = this.#options
    if (owner === this.#owner) return this.#isRunning
    if (store.exclusive) return claimOwners(store).has(owner)
    const now = env.now()
    // Before `from` the clock was put back.
    return until > now && now >= from - LEASE_MS
  }
}

interface ClaimedRun {
  readonly kind: 'claimed'
  readonly run: KeptRun
  readonly definition: JobDefinition
  /** Nothing was due: it can be forgotten when it is called off. */
  readonly isForOneCaller: boolean
}

/** What is owed to nobody but the one who asked for it is not made up for. */
async function callOff(tx: StoreWriter, name: string): Promise<void> {
  const progress = await readProgress(tx, name)
  if (progress?.owed?.due === 0) await putProgress(tx, name, { ...progress, owed: null })
}

type Told = Pick<JobRun, 'outcome' | 'phases' | 'tables' | 'pushed' | 'traffic' | 'errors' | 'metadata'> & {
  readonly askedMs?: number
}
