import type { Env } from '../env.ts'
import type { Configuration } from '../copy/configuration.ts'
import type { Store, StoreWriter } from '../ports/store.ts'
import { checkAgainst, checkDefinition, checkName } from './check-definition.ts'
import { DEFAULT_JOB, defaultJob, upgraded } from './default-job.ts'
import { begin, catchUp, runsAt, underSchedule } from './due.ts'
import { isRunningElsewhere, neverPublished, unknownJob } from './job-errors.ts'
import type { Job, JobDefinition, JobRun } from './job.ts'
import { deleteJob, newestFirst, putJob, putProgress, readJob, readJobs, readProgress, readRuns } from './job-store.ts'
import type { KeptJob, KeptRun } from './job-store.ts'
import { shownRun } from './run-entry.ts'
import type { JobRunner } from './runner.ts'

export interface JobsOptions {
  readonly store: Store
  readonly env: Env
  readonly runner: JobRunner
  readonly configuration: () => Configuration
  /** Throws unless the client org belongs to somebody. */
  readonly connected: () => unknown
  /** Told when a job has changed, so that whoever waits for the next run looks again. */
  readonly changed: () => void
}

export interface LogQuery {
  /** Only the runs of this job. */
  readonly job?: string
  /** How many, the newest first. The default is 50. */
  readonly limit?: number
}

/**
 * The jobs of a client org: what is synced when. A job is drafted, published and activated; what is edited of an active
 * one has no effect before it is published again. They are kept in the client org's store, and run by its service.
 */
export class Jobs {
  readonly #options: JobsOptions

  constructor(options: JobsOptions) {
    this.#options = options
  }

  /** All jobs, by name. */
  async list(): Promise<readonly Job[]> {
    const jobs = await this.#options.store.read('jobs', readJobs)
    return jobs.map(shownJob)
  }

  async get(name: string): Promise<Job | undefined> {
    const job = await this.#options.store.read('job', (tx) => readJob(tx, name))
    return job && shownJob(job)
  }

  /** Makes a new job, or replaces what is edited of one that is there. Throws `invalid` naming the broken rule. */
  async draft(name: string, definition: JobDefinition): Promise<Job> {
    checkName(name)
    const draft = checkDefinition(definition, this.#options.env.now())
    return this.#change('draft a job', async (tx) => {
      const job = (await readJob(tx, name)) ?? newJob(name)
      return { ...job, draft }
    })
  }

  /**
   * Puts what was edited in force; nothing happens where nothing was. A run in progress goes on with what it began with.
   * Throws `invalid` when the definition names a scope or tables that the configuration does not have.
   */
  async publish(name: string): Promise<Job> {
    return this.#change('publish a job', async (tx) => {
      const job = await mustRead(tx, name)
      const { draft } = job
      if (!draft) return job
      checkAgainst(draft, this.#options.configuration())
      const progress = await readProgress(tx, name)
      const now = this.#options.env.now()
      if (progress) await putProgress(tx, name, underSchedule(progress, draft.schedule, now))
      const state = job.state === 'active' ? 'active' : 'published'
      return { ...job, state, published: draft, draft: null, version: job.version + 1 }
    })
  }

  /** Has a published job run by its schedule and triggers. Throws `refused` where it was never published. */
  async activate(name: string): Promise<Job> {
    return this.#change('activate a job', async (tx) => {
      const job = await mustRead(tx, name)
      if (!job.published) throw neverPublished(name)
      if (job.state === 'active') return job
      checkAgainst(job.published, this.#options.configuration())
      await this.#begin(tx, name, job.published)
      return { ...job, state: 'active' }
    })
  }

  /** Has a job run only when it is told to. A run in progress ends as it would. */
  async deactivate(name: string): Promise<Job> {
    return this.#change('deactivate a job', async (tx) => {
      const job = await mustRead(tx, name)
      return job.state === 'active' ? { ...job, state: 'published' } : job
    })
  }

  /** Removes a job with its log. */
  async remove(name: string): Promise<void> {
    await this.#options.store.write('remove a job', async (tx) => {
      await mustRead(tx, name)
      await deleteJob(tx, name)
    })
    this.#options.changed()
  }

  /**
   * Sees to it that there is the job `SyncService`, which syncs everything once an hour: makes it, published and active,
   * where it is missing, and renews one that was made by an older version. What was edited of it stays.
   */
  async ensure(): Promise<Job> {
    this.#options.connected()
    return this.#change('ensure the job', async (tx) => {
      const job = await readJob(tx, DEFAULT_JOB)
      if (job) return upgraded(job)
      const made = defaultJob()
      if (made.published) await this.#begin(tx, made.name, made.published)
      return made
    })
  }

  /**
   * Runs a published job now, by its published definition, and resolves when the run has ended, well or not. It waits for
   * a run that is in progress here, and is `refused` while one is in another program or tab. One that the signal stops is
   * not begun again.
   */
  async run(name: string, options: { readonly signal?: AbortSignal } = {}): Promise<JobRun> {
    this.#options.connected()
    const { signal = new AbortController().signal } = options
    const answer = await this.#options.runner.run(name, { trigger: 'manual', isByHand: true }, signal)
    this.#options.changed()
    if (answer.kind !== 'ran') throw isRunningElsewhere(name)
    return answer.run
  }

  /** What the runs of all jobs, or of one, were like; the newest first. The last 100 of each job are kept. */
  async log({ job, limit = 50 }: LogQuery = {}): Promise<readonly JobRun[]> {
    await this.#options.runner.recover()
    return this.#options.store.read('job log', async (tx) => {
      const names = job === undefined ? (await readJobs(tx)).map(({ name }) => name) : [(await mustRead(tx, job)).name]
      const runs: KeptRun[] = []
      for (const name of names) runs.push(...(await readRuns(tx, name)).toReversed())
      return (job === undefined ? runs.toSorted(newestFirst) : runs).slice(0, limit).map(shownRun)
    })
  }

  /** When an active job runs next (device clock), which is past while it is due; null for one that is not active. */
  async nextRun(name: string): Promise<number | null> {
    const now = this.#options.env.now()
    return this.#options.store.read('next run', async (tx) => {
      const job = await mustRead(tx, name)
      const progress = await readProgress(tx, name)
      if (job.state !== 'active' || !job.published) return null
      const { schedule } = job.published
      return runsAt(catchUp(progress ?? begin(schedule, now), schedule, now), now)
    })
  }

  async #change(what: string, body: (tx: StoreWriter) => Promise<KeptJob>): Promise<Job> {
    const job = await this.#options.store.write(what, async (tx) => {
      const changed = await body(tx)
      await putJob(tx, changed)
      return changed
    })
    this.#options.changed()
    return shownJob(job)
  }

  /** An active job begins anew, but for its log. */
  async #begin(tx: StoreWriter, name: string, { schedule }: JobDefinition): Promise<void> {
    const before = await readProgress(tx, name)
    const fresh = begin(schedule, this.#options.env.now())
    const kept = before && { runs: before.runs, lastSuccessAt: before.lastSuccessAt }
    await putProgress(tx, name, { ...fresh, ...kept })
  }
}

function newJob(name: string): KeptJob {
  return { name, category: 'Job', state: 'draft', version: 0, published: null, draft: null }
}

function shownJob({ origin: _, ...job }: KeptJob): Job {
  return job
}

async function mustRead(tx: Parameters<typeof readJob>[0], name: string): Promise<KeptJob> {
  const job = await readJob(tx, name)
  if (!job) throw unknownJob(name)
  return job
}
