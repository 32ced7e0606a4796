/** What became of a job. */
export interface JobOutcome {
  readonly name: string
  /** What it failed with; a failed job is not tried again. */
  readonly error?: unknown
}

interface Job {
  readonly name: string
  readonly dueMs: number
  readonly run: () => void
}

/** Work the server has accepted and does after its answer: async plug-ins and background operations. */
export class JobQueue {
  readonly #jobs: Job[] = []
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  get waiting(): number {
    return this.#jobs.length
  }

  /** Adds a job; gives a function that takes it out again, true where it had not run yet. */
  add(name: string, run: () => void): () => boolean {
    const job = { name, run, dueMs: this.#now() }
    this.#jobs.push(job)
    return () => {
      const at = this.#jobs.indexOf(job)
      if (at >= 0) this.#jobs.splice(at, 1)
      return at >= 0
    }
  }

  /** Runs every job, those included that jobs add, in order; or only what has waited for `olderThanMs`. */
  run(olderThanMs = 0): readonly JobOutcome[] {
    const outcomes: JobOutcome[] = []
    const limit = this.#now() - olderThanMs
    for (;;) {
      const job = this.#jobs[0]
      if (job === undefined || job.dueMs > limit) return outcomes
      this.#jobs.shift()
      try {
        job.run()
        outcomes.push({ name: job.name })
      } catch (error) {
        // A job that fails has nobody to tell; whoever ran the jobs learns of it.
        outcomes.push({ name: job.name, error })
      }
    }
  }
}
