/** Everything the engine does not decide itself. A test that injects its own can replay a whole run. */
export interface Env {
  /** Milliseconds since 1970 by the device clock. It decides back-off and nothing else: order is a sequence. */
  now(): number
  /** Resolves after `ms` milliseconds, rejects with the signal's reason when it aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
  /** A number in [0, 1). */
  random(): number
  /** A new GUID, lower-case. */
  newId(): string
}

const LONGEST_TIMER_MS = 2 ** 31 - 1

/** The environment of the running program. */
export const systemEnv: Env = {
  now: () => Date.now(),
  random: () => Math.random(),
  newId: () => crypto.randomUUID(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason as Error)
      // A timer takes no more than 31 bits of milliseconds; a longer one would ring at once.
      const wake = setTimeout(
        () => {
          signal.removeEventListener('abort', stop)
          if (ms <= LONGEST_TIMER_MS) resolve()
          else systemEnv.sleep(ms - LONGEST_TIMER_MS, signal).then(resolve, reject)
        },
        Math.min(ms, LONGEST_TIMER_MS),
      )
      function stop(): void {
        clearTimeout(wake)
        reject(signal.reason as Error)
      }
      signal.addEventListener('abort', stop, { once: true })
    }),
}
