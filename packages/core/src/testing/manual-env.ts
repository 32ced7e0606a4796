import type { Env } from '../env.ts'
import { seededIds, seededRandom } from './seeded-random.ts'

export interface ManualEnvOptions {
  /** Milliseconds since 1970 at the start; 2026-01-01T00:00:00Z when absent. */
  readonly now?: number
  /** Decides every random number and id; 1 when absent. */
  readonly seed?: number
  /**
   * Lets the program run until it waits again, called after each wake. The default lets every promise settle that needs
   * no more than this realm; a program that waits for a database or a server needs one that knows when they are quiet.
   */
  readonly settle?: () => Promise<void>
}

/** An environment whose clock stands still until the test moves it. */
export interface ManualEnv extends Env {
  /** Moves the clock, waking each sleeper at its own time, in order of time and then of going to sleep. */
  advance(ms: number): Promise<void>
  /** Sets the clock without waking anybody, as a user who changes the device's clock does. */
  setClock(now: number): void
  /** The times at which the present sleepers wake, ascending. */
  readonly wakeTimes: readonly number[]
}

interface Sleeper {
  readonly due: number
  readonly wake: () => void
}

/** A deterministic environment: two runs with the same seed and the same moves see the same times, numbers and ids. */
export function manualEnv(options: ManualEnvOptions = {}): ManualEnv {
  const settle = options.settle ?? emptyMicrotasks
  const random = seededRandom(options.seed ?? 1)
  const sleepers: Sleeper[] = []
  // Sleeping is measured on a clock that nobody can set, or setClock would shorten or stretch it.
  let elapsed = 0
  let offset = options.now ?? Date.UTC(2026, 0, 1)

  function leave(sleeper: Sleeper): void {
    const at = sleepers.indexOf(sleeper)
    if (at >= 0) sleepers.splice(at, 1)
  }

  return {
    now: () => offset + elapsed,
    random,
    newId: seededIds(random),
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason as Error)
        const sleeper = { due: elapsed + Math.max(0, ms), wake: finish }
        function finish(): void {
          signal.removeEventListener('abort', abort)
          resolve()
        }
        function abort(): void {
          leave(sleeper)
          reject(signal.reason as Error)
        }
        signal.addEventListener('abort', abort, { once: true })
        const at = sleepers.findIndex((other) => other.due > sleeper.due)
        sleepers.splice(at < 0 ? sleepers.length : at, 0, sleeper)
      }),
    async advance(ms) {
      const end = elapsed + ms
      await settle()
      for (let next = sleepers[0]; next && next.due <= end; next = sleepers[0]) {
        elapsed = next.due
        leave(next)
        next.wake()
        await settle()
      }
      elapsed = end
    },
    setClock(now) {
      offset = now - elapsed
    },
    get wakeTimes() {
      return sleepers.map((sleeper) => offset + sleeper.due)
    },
  }
}

/** Resolves when no promise is left that could settle by itself: messages are delivered behind all microtasks. */
function emptyMicrotasks(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(null)
  })
}
