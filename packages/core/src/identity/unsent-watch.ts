import { CanaryKeeper } from './canary.ts'
import type { Canary, Eviction } from './canary.ts'
import type { OutpostEvent } from '../events.ts'
import type { MasterIdentity } from '../ports/master-org.ts'
import type { Store } from '../ports/store.ts'

const DAY_MS = 24 * 60 * 60 * 1000

/** How long the first of the pending transactions has been waiting. */
export interface PendingAge {
  readonly seq: number
  readonly ageMs: number
}

export interface UnsentWatchOptions {
  readonly store: Store
  readonly canary: Canary | undefined
  readonly warnAfterDays: number
  readonly now: () => number
  readonly identity: () => MasterIdentity | null
  readonly emit: (event: OutpostEvent) => void
}

/** Keeps an eye on work that is not sent yet: that it is not lost with the database, and that it does not wait for ever. */
export class UnsentWatch {
  readonly #options: UnsentWatchOptions
  readonly #keeper: CanaryKeeper | undefined
  readonly #unsubscribe: () => void
  #running: Promise<void> = Promise.resolve()
  #warnedOf = 0
  /** What was found to be missing when the client org was opened. */
  evicted: Eviction | null = null

  constructor(options: UnsentWatchOptions) {
    this.#options = options
    const { canary, store, now } = options
    this.#keeper = canary && new CanaryKeeper(canary, store, now)
    this.#unsubscribe = this.#keeper
      ? store.subscribe((change) => {
          if (change.transactions.length > 0) this.#refresh()
        })
      : () => {}
  }

  async open(): Promise<void> {
    this.evicted = (await this.#keeper?.lost()) ?? null
  }

  /** Emits a warning when the transaction that has waited longest has waited too long; once for each. */
  async warn(): Promise<void> {
    const { store, now, warnAfterDays, emit } = this.#options
    const oldest = await oldestPending(store, now())
    if (!oldest || oldest.seq === this.#warnedOf || oldest.ageMs <= warnAfterDays * DAY_MS) return
    this.#warnedOf = oldest.seq
    emit({ type: 'outbox.waiting', ...oldest })
  }

  /** Runs a body that takes unsent work away on purpose. */
  async givingUp<T>(body: () => Promise<T>): Promise<T> {
    this.#keeper?.forget()
    try {
      return await body()
    } finally {
      this.#refresh()
      await this.#running
    }
  }

  /** Resolves when the canary tells of everything that is committed. */
  told(): Promise<void> {
    return this.#running
  }

  async close(): Promise<void> {
    this.#unsubscribe()
    await this.#running
  }

  #refresh(): void {
    const keeper = this.#keeper
    if (!keeper) return
    // A store that cannot be read says so to whoever asks it for something.
    this.#running = this.#running.then(() => keeper.refresh(this.#options.identity())).catch(() => {})
  }
}

/** The pending transaction that has waited longest, by the device clock. */
export async function oldestPending(store: Store, now: number): Promise<PendingAge | null> {
  const [oldest] = await store.read('oldest pending', (tx) => tx.findTransactions({ statuses: ['pending'], limit: 1 }))
  return oldest ? { seq: oldest.seq, ageMs: Math.max(0, now - oldest.createdAt) } : null
}
