import type { RowStore } from '../rows/row-store.ts'

const DAY_MS = 86_400_000

/** How many rows the tables had when somebody last counted; the service counts once a day at most. */
export class RecordCounts {
  readonly #store: RowStore
  #counts = new Map<string, number>()
  #takenMs = 0

  constructor(store: RowStore) {
    this.#store = store
  }

  /** Counts anew. */
  take(): void {
    this.#takenMs = this.#store.now()
    this.#counts = new Map(
      this.#store.schema.tables().map(({ logicalName }) => [logicalName, this.#store.rows(logicalName).size]),
    )
  }

  /** The count of a table, up to a day old. */
  of(table: string): number {
    if (this.#store.now() - this.#takenMs >= DAY_MS) this.take()
    return this.#counts.get(table) ?? 0
  }
}
