import type { Store, StoreReader } from '../ports/store.ts'

/**
 * A place for one short text outside of the store's database. A browser that clears the one does not always clear the
 * other, so it can tell afterwards what is missing.
 */
export interface Canary {
  /** The last text that was written; null when there is none. */
  read(): string | null
  write(text: string): void
}

/** What the store has lost since the canary was written: the browser, or a person, deleted or replaced its database. */
export interface Eviction {
  /** How many transactions were unsent when the canary was last written. */
  readonly pending: number
  readonly error: number
  /** The seq of the last of them. */
  readonly lastSeq: number
  readonly organizationId: string
  readonly userId: string
  /** When the canary was last written, by the device clock. */
  readonly at: number
}

/** Keeps the canary true to the outbox. A canary that fails is no reason for anything else to fail. */
export class CanaryKeeper {
  readonly #canary: Canary
  readonly #store: Store
  readonly #now: () => number

  constructor(canary: Canary, store: Store, now: () => number) {
    this.#canary = canary
    this.#store = store
    this.#now = now
  }

  /** What the store has lost, compared with what the canary tells; null when nothing is known to be missing. */
  async lost(): Promise<Eviction | null> {
    const told = this.#told()
    if (!told || told.pending + told.error === 0) return null
    const last = await this.#store.read('look for the last transaction', lastSeq)
    return last < told.lastSeq ? told : null
  }

  /** Writes what the outbox holds now. */
  async refresh(identity: { readonly organizationId: string; readonly userId: string } | null): Promise<void> {
    const unsent = await this.#store.read('count for the canary', async (tx) => {
      const { pending, error } = await tx.countTransactions()
      return { pending, error, lastSeq: await lastSeq(tx) }
    })
    const { organizationId = '', userId = '' } = identity ?? {}
    this.#write({ ...unsent, organizationId, userId, at: this.#now() })
  }

  /** Says that nothing is unsent: to be called before the outbox is cleared, so that a crash in between is no eviction. */
  forget(): void {
    this.#write({ pending: 0, error: 0, lastSeq: 0, organizationId: '', userId: '', at: this.#now() })
  }

  #told(): Eviction | null {
    try {
      const told: unknown = JSON.parse(this.#canary.read() ?? 'null')
      return isEviction(told) ? told : null
    } catch {
      // Unreadable, or the platform denies access: then it tells nothing.
      return null
    }
  }

  #write(told: Eviction): void {
    try {
      this.#canary.write(JSON.stringify(told))
    } catch {
      // Full or denied. The work itself is in the store, and safe there.
    }
  }
}

async function lastSeq(tx: StoreReader): Promise<number> {
  const [last] = await tx.findTransactions({ direction: 'descending', limit: 1 })
  return last?.seq ?? 0
}

function isEviction(told: unknown): told is Eviction {
  if (typeof told !== 'object' || told === null) return false
  const { pending, error, lastSeq: last, organizationId, userId, at } = told as Readonly<Record<string, unknown>>
  const numbers = [pending, error, last, at].every((each) => typeof each === 'number' && Number.isFinite(each))
  return numbers && typeof organizationId === 'string' && typeof userId === 'string'
}
