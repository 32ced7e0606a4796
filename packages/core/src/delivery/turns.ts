import type { DeliveryLoop } from './delivery-loop.ts'
import { abortError, MasterError, OutpostError } from '../errors.ts'
import { Serial } from './serial.ts'

/**
 * Lets one run at a time speak to the master, and tells the delivery loop what a run has learnt of the connection. While
 * the master has asked to wait, a run is refused with `throttled`.
 */
export class Turns {
  readonly #serial = new Serial()
  readonly #loop: DeliveryLoop
  readonly #closing: AbortSignal

  constructor(loop: DeliveryLoop, closing: AbortSignal) {
    this.#loop = loop
    this.#closing = closing
  }

  /** Whether somebody waits for the run that goes on now to end. */
  get areWanted(): boolean {
    return this.#serial.isWanted
  }

  /** Runs alone, without a look at the connection. */
  run<T>(body: () => Promise<T>): Promise<T> {
    return this.#serial.run(body)
  }

  /** Runs alone, with the caller's signal and the org's own. */
  async withMaster<T>(asked: AbortSignal | undefined, body: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const signal = asked ? AbortSignal.any([asked, this.#closing]) : this.#closing
    this.#refuseWhileThrottled()
    return this.#serial.runUnlessAborted(signal, async () => {
      // The run before may have been asked to wait.
      this.#refuseWhileThrottled()
      try {
        const result = await body(signal)
        this.#loop.succeeded()
        await this.#loop.remembered()
        return result
      } catch (error) {
        if (!(error instanceof OutpostError)) throw error
        // The master's side only sees that it was told to stop, not that the client org was closed.
        if (error.code === 'aborted' && signal.aborted) throw abortError(signal)
        if (OF_THE_CONNECTION.has(error.code)) this.#loop.failed(error)
        await this.#loop.remembered()
        throw error
      }
    })
  }

  /** How long the master still wants to be left alone, in milliseconds; not more than 0 when it may be asked. */
  throttledFor(): number {
    return this.#loop.throttledForMs
  }

  /** Resolves when everything given so far has ended. */
  idle(): Promise<void> {
    return this.#serial.idle()
  }

  #refuseWhileThrottled(): void {
    const left = this.throttledFor()
    if (left > 0) {
      throw new MasterError('throttled', `the master has asked to wait; ${Math.ceil(left / 1000)} s are left`, {
        retryAfterMs: left,
        mayHaveArrived: false,
      })
    }
  }
}

const OF_THE_CONNECTION: ReadonlySet<string> = new Set([
  'offline',
  'timeout',
  'unavailable',
  'throttled',
  'protocol',
  'unauthenticated',
  'wrong-master',
])
