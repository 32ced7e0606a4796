/** As long as a timer can wait. */
export const LONGEST_SECONDS = Math.floor((2 ** 31 - 1) / 1000)

/** Seconds that one run may take where nobody says it: several times what the slowest contenders take. */
export function usualTimeLimit(rows: number, pending: number): number {
  return Math.min(LONGEST_SECONDS, Math.ceil(120 + rows / 200 + pending / 10))
}

export function lateBy(seconds: number): string {
  return `was not done after ${seconds} seconds (--time-limit), and was ended`
}
