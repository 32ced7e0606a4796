/* oxlint-disable no-restricted-globals, no-restricted-properties -- the one place that meets the platform; all of it can be replaced by options */

/** A clock that reads `startMs` now and runs on from there. */
export function clockFrom(startMs: number): () => number {
  const began = Date.now()
  return () => startMs + Date.now() - began
}

/** The clock of the machine. */
export function realClock(): number {
  return Date.now()
}

/** Resolves when the signal aborts. */
export async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

/** Waits; rejects with the signal's reason when it aborts first. */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const elapsed = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([elapsed, aborted(signal)])
  clearTimeout(timer)
  signal.throwIfAborted()
}
