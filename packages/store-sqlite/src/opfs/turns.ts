interface Waiting {
  readonly isAlone: boolean
  readonly start: () => void
}

/** Who may use the one connection: many readers at once, or one writer, each when all that asked before have had their turn. */
export class Turns {
  readonly #waiting: Waiting[] = []
  #running = 0
  #isTaken = false

  /** Runs the job beside others that share. */
  shared<T>(job: () => Promise<T>): Promise<T> {
    return this.#take(false, job)
  }

  /** Runs the job while nothing else runs. */
  alone<T>(job: () => Promise<T>): Promise<T> {
    return this.#take(true, job)
  }

  async #take<T>(isAlone: boolean, job: () => Promise<T>): Promise<T> {
    await new Promise<void>((start) => {
      this.#waiting.push({ isAlone, start })
      this.#next()
    })
    try {
      return await job()
    } finally {
      this.#running--
      this.#isTaken = false
      this.#next()
    }
  }

  #next(): void {
    for (let [first] = this.#waiting; first; [first] = this.#waiting) {
      if (this.#isTaken || (first.isAlone && this.#running > 0)) return
      this.#waiting.shift()
      this.#running++
      this.#isTaken = first.isAlone
      first.start()
    }
  }
}
