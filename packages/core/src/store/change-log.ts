import type { StoreChange } from '../ports/store.ts'

/** Collects what one transaction of a store changes, for its change event. */
export class ChangeLog {
  readonly #rows = new Map<string, Set<string>>()
  readonly #wholeTables = new Set<string>()
  readonly #transactions = new Set<number>()

  addRows(table: string, ids: readonly string[]): void {
    if (ids.length === 0 || this.#wholeTables.has(table)) return
    const known = this.#rows.get(table) ?? new Set()
    this.#rows.set(table, known)
    for (const id of ids) known.add(id)
  }

  /** Notes that a table came, went, was defined anew or was cleared. */
  addWholeTable(table: string): void {
    this.#wholeTables.add(table)
    this.#rows.set(table, new Set())
  }

  addTransactions(seqs: Iterable<number>): void {
    for (const seq of seqs) this.#transactions.add(seq)
  }

  toChange(name: string): StoreChange {
    const rows = new Map(Array.from(this.#rows, ([table, ids]) => [table, [...ids]] as const))
    return { name, rows, transactions: [...this.#transactions] }
  }
}

/** The listeners of a store. */
export class ChangeListeners {
  readonly #listeners = new Set<{ readonly listen: (change: StoreChange) => void }>()

  /** Returns the way out. The same function can listen twice. */
  add(listen: (change: StoreChange) => void): () => void {
    const entry = { listen }
    this.#listeners.add(entry)
    return () => {
      this.#listeners.delete(entry)
    }
  }

  /** Tells every listener. What one throws reaches the program as an unhandled error: the commit has happened. */
  tell(change: StoreChange): void {
    for (const { listen } of [...this.#listeners]) {
      try {
        listen(change)
      } catch (error) {
        void Promise.reject(error)
      }
    }
  }
}
