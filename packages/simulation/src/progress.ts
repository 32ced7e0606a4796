import { counted } from './report.ts'
import type { SearchProgress } from './search.ts'

/** How many seeds are named: what a line of a terminal has room for. */
const MOST_SEEDS = 5

/** `1,240/10,000 runs · 38.2 runs/s · 3 min 49 s left · nothing found`, or `… · something found in 2 runs (17, 1022)`. */
export function progressInWords({ runs, of, bad }: SearchProgress, ms: number): string {
  const perSecond = ms > 0 ? (runs * 1000) / ms : 0
  const left = perSecond > 0 ? `${durationInWords(((of - runs) / perSecond) * 1000)} left` : '…'
  const found = bad.length === 0 ? 'nothing found' : `something found in ${counted(bad.length, 'run')} (${lastOf(bad)})`
  return `${runs.toLocaleString('en-US')}/${counted(of, 'run')} · ${perSecond.toFixed(1)} runs/s · ${left} · ${found}`
}

function lastOf(seeds: readonly number[]): string {
  const last = seeds.slice(-MOST_SEEDS).join(', ')
  return seeds.length > MOST_SEEDS ? `…, ${last}` : last
}

export function durationInWords(ms: number): string {
  const seconds = Math.round(ms / 1000)
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60]
  if (hours > 0) return `${hours} h ${minutes} min`
  return minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`
}

/** A line that is written over itself on a terminal; elsewhere one is written now and then. */
export class ProgressLine {
  readonly #write: (text: string) => void
  readonly #isTerminal: boolean
  readonly #everyMs: number
  #writtenAt: number

  constructor(options: {
    readonly write: (text: string) => void
    readonly isTerminal: boolean
    readonly begun: number
  }) {
    this.#write = options.write
    this.#isTerminal = options.isTerminal
    this.#everyMs = options.isTerminal ? 100 : 10_000
    this.#writtenAt = options.begun
  }

  show(line: () => string, now: number): void {
    if (now - this.#writtenAt < this.#everyMs) return
    this.#writtenAt = now
    this.#write(this.#isTerminal ? `\r${line()}\u001B[K` : `${line()}\n`)
  }

  /** Leaves the terminal's line to what comes next. */
  end(): void {
    if (this.#isTerminal) this.#write('\r\u001B[K')
  }
}
