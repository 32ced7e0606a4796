import type { LineFault } from './line.ts'

/** What happens to requests for a while: to those of one user, or to everybody's. */
export interface Outage {
  /** Whose; everybody's when absent. */
  readonly user?: string
  readonly fault: (left: number) => LineFault
  /** How long it lasts. */
  readonly ms: number
}

/** What lasts for a time of the master's and ends by itself: outages, and what is to be taken back later. */
export class Outages {
  readonly #passed: () => number
  #lasting: (Outage & { readonly until: number })[] = []
  #later: { readonly at: number; readonly happens: () => void }[] = []

  /** `passed` gives the milliseconds since the run began. */
  constructor(passed: () => number) {
    this.#passed = passed
  }

  begin(outage: Outage): void {
    this.#lasting.push({ ...outage, until: this.#passed() + outage.ms })
  }

  /** Happens before the first request of anybody after so many milliseconds, or when everything ends. */
  later(ms: number, happens: () => void): void {
    this.#later.push({ at: this.#passed() + ms, happens })
  }

  /** What strikes a request of this user now. */
  strike(user: string): LineFault | undefined {
    if (this.#later.length > 0) this.#happen(this.#passed())
    if (this.#lasting.length === 0) return undefined
    const now = this.#passed()
    this.#lasting = this.#lasting.filter(({ until }) => until > now)
    const outage = this.#lasting.find((each) => each.user === undefined || each.user === user)
    return outage?.fault(outage.until - now)
  }

  /** Everything is over, at once. */
  end(): void {
    this.#lasting = []
    this.#happen(Infinity)
  }

  #happen(now: number): void {
    const due = this.#later.filter(({ at }) => at <= now)
    this.#later = this.#later.filter(({ at }) => at > now)
    for (const { happens } of due) happens()
  }
}
