import type { Env } from '../env.ts'

/** How long nothing may be settled while something could be sent: longer than any request takes. */
const STALLED_AFTER_MS = 180_000

export interface WatchdogOptions {
  readonly env: Env
  /** How many transactions are pending, and whether one of them could be sent now. */
  look(): Promise<{ readonly pending: number; readonly ready: boolean }>
  /** Nothing was settled since that time of the device clock, though something could be sent. */
  onStalled(since: number, pending: number): void
}

/**
 * Sees to it that delivery never stops silently, whatever the reason: a platform that forgets to tell that it is online,
 * a timer that never rang, a request that hangs. It sleeps while nothing is pending.
 */
export class Watchdog {
  readonly #options: WatchdogOptions
  readonly #closing = new AbortController()
  #watching: Promise<void> | null = null
  #moves = 0

  constructor(options: WatchdogOptions) {
    this.#options = options
  }

  /** There may be something to deliver from now on. */
  watch(): void {
    if (this.#closing.signal.aborted) return
    // An abort ends the watch; a store that cannot be read says so to whoever asks it for something.
    this.#watching ??= this.#watch()
      .catch(() => {})
      .finally(() => {
        this.#watching = null
      })
  }

  /** A transaction was settled. */
  moved(): void {
    this.#moves += 1
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#watching
  }

  async #watch(): Promise<void> {
    const options = this.#options
    for (;;) {
      const [moves, since] = [this.#moves, options.env.now()]
      await options.env.sleep(STALLED_AFTER_MS, this.#closing.signal)
      if (this.#moves !== moves) continue
      const { pending, ready } = await options.look()
      if (pending === 0) return
      if (ready && this.#moves === moves) options.onStalled(since, pending)
    }
  }
}
