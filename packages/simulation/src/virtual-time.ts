import type { Env } from '@outpost/core'
import { manualEnv, seededIds, seededRandom } from '@outpost/core/testing'
import type { ManualEnv } from '@outpost/core/testing'

/** Lets everything run that waits for nothing but other promises. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** More turns than anything takes that only promises hold up. */
const PATIENCE_TURNS = 2000

/** More turns than anything takes that ends at all. */
const MOST_TURNS = 100_000

/** The time of one run: that of the master, which devices' clocks are set by or not. */
export class VirtualTime {
  readonly #begin: number
  readonly #env: ManualEnv
  #ahead = 0

  constructor(begin: number) {
    this.#begin = begin
    this.#env = manualEnv({ now: begin, settle: turn })
  }

  /** The master's clock, which never goes back. */
  now(): number {
    return this.#env.now() + this.#ahead
  }

  /** Milliseconds since the run began. */
  get passed(): number {
    return this.#env.now() - this.#begin
  }

  /** Puts the master's clock ahead of all devices. */
  putAhead(ms: number): void {
    this.#ahead += ms
  }

  /** Lets time pass, waking whoever sleeps. */
  advance(ms: number): Promise<void> {
    return this.#env.advance(ms)
  }

  /** As long as time has not passed; rejects when it is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return this.#env.sleep(ms, signal)
  }

  /**
   * Waits for it to end, letting time pass where it waits for that. Throws RangeError where it waits for nothing, and where
   * it goes on and on.
   */
  async until<T>(running: Promise<T>): Promise<T> {
    let hasEnded = false
    const end = (): void => void (hasEnded = true)
    running.then(end, end)
    for (let turns = 0; ; turns += 1) {
      await turn()
      if (hasEnded) return running
      if (turns > MOST_TURNS) throw new RangeError('it does not come to an end')
      const [wake] = this.#env.wakeTimes
      if (wake !== undefined) await this.#env.advance(wake - this.#env.now())
      else if (turns > PATIENCE_TURNS) throw new RangeError('it waits for something that does not come')
    }
  }

  /** An environment whose clock `offset` sets, whose numbers and ids the seed decides. */
  env(seed: number, offset: () => number): Env {
    const random = seededRandom(seed)
    return {
      now: () => this.#env.now() + offset(),
      sleep: (ms, signal) => this.#env.sleep(ms, signal),
      random,
      newId: seededIds(random),
    }
  }
}
