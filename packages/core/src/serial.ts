/** Runs bodies one after another, in the order in which they were given. A failed body does not stop the next. */
export class Serial {
  #last: Promise<unknown> = Promise.resolve()

  run<T>(body: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(body, body)
    this.#last = turn.catch(() => {})
    return turn
  }

  /** Resolves when everything given so far has ended. */
  async idle(): Promise<void> {
    await this.#last
  }
}
