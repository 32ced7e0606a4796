/** Runs jobs one after another, in the order they were given. */
export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve()

  /** Settles as the job does. A job that fails does not keep the next from running. */
  run<T>(job: () => Promise<T>): Promise<T> {
    const result = this.#last.then(job)
    this.#last = result.then(ignore, ignore)
    return result
  }

  /** Resolves when every job given so far has settled. */
  async idle(): Promise<void> {
    await this.#last
  }
}

function ignore(): void {}
