import type { WithheldTransaction } from './rows/row-store.ts'

interface Waiting {
  readonly atMs: number
  readonly end: () => void
}

/** The transactions that have run but not committed: each commits when its time has come, or when all are settled. */
export class DelayedCommits {
  readonly #now: () => number
  #waiting: Waiting[] = []

  constructor(now: () => number) {
    this.#now = now
  }

  /** Commits a transaction so many milliseconds from now, or earlier when everything is settled; resolves then. */
  async hold(transaction: WithheldTransaction<unknown>, ms: number): Promise<void> {
    if (transaction.isEmpty) return
    await new Promise<void>((resolve) => {
      const end = (): void => {
        transaction.commit()
        resolve()
      }
      this.#waiting.push({ atMs: this.#now() + ms, end })
    })
  }

  /** Commits what is due by the clock. */
  settleDue(): void {
    if (this.#waiting.length > 0) this.#settle(({ atMs }) => atMs <= this.#now())
  }

  /** Commits everything. */
  settle(): void {
    this.#settle(() => true)
  }

  #settle(isDue: (one: Waiting) => boolean): void {
    const due = this.#waiting.filter(isDue)
    this.#waiting = this.#waiting.filter((one) => !due.includes(one))
    for (const { end } of due.toSorted((a, b) => a.atMs - b.atMs)) end()
  }
}
