import type { Row } from '../row.ts'

/** A row with the version that it has as a master's row. */
export interface FedRow {
  readonly id: string
  readonly version: number
  readonly values: Row
}

interface Known {
  readonly version: number
  readonly text: string
}

/** Gives the rows of tables versions: a row that differs from the last look at it gets the next one. */
export class RowFeed {
  readonly #tables = new Map<string, ReadonlyMap<string, Known>>()
  #version: number

  constructor(first: number) {
    this.#version = first
  }

  /** The rows with their versions. `rows` is all of the table. */
  look(table: string, rows: readonly Row[], idOf: (row: Row) => string): readonly FedRow[] {
    const before = this.#tables.get(table)
    const now = new Map<string, Known>()
    const fed = rows.map((values) => {
      const id = idOf(values)
      const text = JSON.stringify(values)
      const known = before?.get(id)
      const version = known?.text === text ? known.version : (this.#version += 1)
      now.set(id, { version, text })
      return { id, version, values }
    })
    this.#tables.set(table, now)
    return fed
  }
}
