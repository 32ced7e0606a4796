import type { Row } from './row.ts'

/** Which rows hold a given id in one column. */
export class LookupIndex {
  readonly #column: string
  readonly #holders = new Map<string, Set<string>>()

  constructor(column: string, rows: Iterable<Row>) {
    this.#column = column
    for (const row of rows) this.add(row)
  }

  /** Ids of the rows that hold this id. */
  get(id: string): Iterable<string> {
    return this.#holders.get(id) ?? []
  }

  add(row: Row): void {
    const id = row.values[this.#column]
    if (typeof id !== 'string') return
    const holders = this.#holders.get(id)
    if (holders === undefined) this.#holders.set(id, new Set([row.id]))
    else holders.add(row.id)
  }

  remove(row: Row): void {
    const id = row.values[this.#column]
    if (typeof id !== 'string') return
    const holders = this.#holders.get(id)
    holders?.delete(row.id)
    if (holders?.size === 0) this.#holders.delete(id)
  }
}
