import type { StoredValues } from '../schema.ts'
import type { Row } from './row.ts'

/** Finds the row with given values in the columns of a key. Text counts without regard to case or trailing blanks. */
export class UniqueIndex {
  readonly #columns: readonly string[]
  readonly #ids = new Map<string, string>()

  constructor(columns: readonly string[], rows: Iterable<Row>) {
    this.#columns = columns
    for (const row of rows) this.add(row)
  }

  /** The id of the row with these values; undefined too where one of them is missing, which no key can match. */
  get(values: StoredValues): string | undefined {
    const key = this.#keyOf(values)
    return key === undefined ? undefined : this.#ids.get(key)
  }

  add(row: Row): void {
    const key = this.#keyOf(row.values)
    if (key !== undefined) this.#ids.set(key, row.id)
  }

  remove(row: Row): void {
    const key = this.#keyOf(row.values)
    if (key !== undefined && this.#ids.get(key) === row.id) this.#ids.delete(key)
  }

  #keyOf(values: StoredValues): string | undefined {
    return keyOf(this.#columns, values)
  }
}

/** What two rows have in common whose values in the columns are the same; undefined where one of them is missing. */
export function keyOf(columns: readonly string[], values: StoredValues): string | undefined {
  const parts: string[] = []
  for (const column of columns) {
    const value = values[column] ?? null
    if (value === null) return undefined
    parts.push(String(value).trimEnd().toLowerCase())
  }
  return JSON.stringify(parts)
}
