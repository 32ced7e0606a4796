const FIRST_MS = 1_000
export const LONGEST_DELAY_MS = 120_000

/**
 * How long to wait before the next attempt, after `attempts` failed ones: doubling from one second to two minutes, with
 * up to half of it taken off by `random` (in [0, 1)), so that devices which failed together do not return together.
 */
export function delayMs(attempts: number, random: number): number {
  const full = Math.min(LONGEST_DELAY_MS, FIRST_MS * 2 ** Math.max(0, attempts - 1))
  return Math.round(full * (1 - random / 2))
}

/** A master that does not say how long is given as much as if this many attempts had failed before: its limits are by minutes. */
const UNTOLD_ATTEMPTS = 3

/** How long to leave a throttling master alone; what it asked for is the least. Browsers can be kept from reading that. */
export function throttledMs(askedMs: number | undefined, attempts: number, random: number): number {
  return askedMs === undefined
    ? delayMs(attempts + UNTOLD_ATTEMPTS, random)
    : Math.max(askedMs, delayMs(attempts, random))
}
