import type { TableDefinition } from '../schema.ts'
import type { RowStore } from './row-store.ts'
import type { Row } from './row.ts'

/** As many rows as a page has, and as many selections as clients take turns with. */
const ROWS = 5000
const SELECTIONS = 4
/** Rows with documents or images in them are not worth the memory. */
const LONGEST = 8192

/** Texts that rows of one selection were written as last, one or two pages of them. Rows are never changed in place. */
class RowTexts {
  readonly table: TableDefinition
  #young = new Map<Row, string>()
  #old = new Map<Row, string>()

  constructor(table: TableDefinition) {
    this.table = table
  }

  get(row: Row): string | undefined {
    const text = this.#young.get(row)
    if (text !== undefined) return text
    const old = this.#old.get(row)
    return old === undefined ? undefined : this.keep(row, old)
  }

  keep(row: Row, text: string): string {
    if (text.length > LONGEST) return text
    if (this.#young.size >= ROWS) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(row, text)
    return text
  }
}

const byStore = new WeakMap<RowStore, Map<string, RowTexts>>()

/**
 * Gives back what `write` made of a row the last time, where that is not long ago. The selection names the columns; a
 * change of the schema replaces the table's definition, and with it all texts.
 */
export function rememberTexts(
  store: RowStore,
  table: TableDefinition,
  selection: string,
  write: (row: Row) => string,
): (row: Row) => string {
  const known = byStore.get(store) ?? new Map<string, RowTexts>()
  byStore.set(store, known)
  const key = `${table.logicalName} ${selection}`
  const before = known.get(key)
  const texts = before?.table === table ? before : new RowTexts(table)
  // The one used last goes to the end; the one at the beginning is the first to be forgotten.
  known.delete(key)
  known.set(key, texts)
  for (const oldest of known.keys()) {
    if (known.size <= SELECTIONS) break
    known.delete(oldest)
  }
  return (row) => texts.get(row) ?? texts.keep(row, write(row))
}
