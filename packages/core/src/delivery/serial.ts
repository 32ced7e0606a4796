import { abortError, throwIfAborted } from '../errors.ts'

/** Runs bodies one after another, in the order in which they were given. A failed body does not stop the next. */
export class Serial {
  #last: Promise<unknown> = Promise.resolve()
  #waiting = 0

  /** Whether somebody waits for the body that runs now to end. */
  get isWanted(): boolean {
    return this.#waiting > 0
  }

  run<T>(body: () => Promise<T>): Promise<T> {
    this.#waiting += 1
    const begin = (): Promise<T> => {
      this.#waiting -= 1
      return body()
    }
    const turn = this.#last.then(begin, begin)
    this.#last = turn.catch(() => {})
    return turn
  }

  /** The same for a caller who can give up: where the signal aborts before its turn, the body never runs. */
  runUnlessAborted<T>(signal: AbortSignal, body: () => Promise<T>): Promise<T> {
    let begun = false
    const turn = this.run(() => {
      throwIfAborted(signal)
      begun = true
      return body()
    })
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        if (!begun) reject(abortError(signal))
      }
      signal.addEventListener('abort', leave, { once: true })
      void turn.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave))
    })
  }

  /** Resolves when everything given so far has ended. */
  async idle(): Promise<void> {
    await this.#last
  }
}
