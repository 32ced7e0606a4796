import type { ColumnDefinition, TableDefinition } from '../schema.ts'
import type { RowStore } from './row-store.ts'
import type { Row } from './row.ts'

/** Whoever asks for a page again and again is a bench, or a test that waits; taking turns, there may be a few of them. */
const PAGES = 4
/** Smaller pages are written soon enough; greater ones are not worth the memory. */
const LEAST_ROWS = 500
const MOST_BYTES = 16_000_000

interface WrittenPage {
  readonly table: TableDefinition
  readonly selection: string
  readonly rows: readonly Row[]
  readonly bytes: Uint8Array
}

const byStore = new WeakMap<RowStore, WrittenPage[]>()

function selectionOf(columns: readonly ColumnDefinition[]): string {
  return columns.map((column) => `${column.logicalName}${column.type === 'Image' && column.unasked ? '-' : ''}`).join()
}

function isSame(page: WrittenPage, rows: readonly Row[]): boolean {
  return page.rows.length === rows.length && page.rows.every((row, at) => row === rows[at])
}

/**
 * The text of a page's rows in these columns: as it was written lately, or written now. Rows and table definitions are
 * never changed in place, so the same objects have the same text. Only for what depends on nothing else: no annotations,
 * no rows around them, no columns withheld.
 */
export function pageText(
  store: RowStore,
  table: TableDefinition,
  columns: readonly ColumnDefinition[],
  rows: readonly Row[],
  write: () => Uint8Array,
): Uint8Array {
  if (rows.length < LEAST_ROWS) return write()
  const pages = byStore.get(store) ?? []
  byStore.set(store, pages)
  const selection = selectionOf(columns)
  const at = pages.findIndex((page) => page.table === table && page.selection === selection && isSame(page, rows))
  const [known] = at < 0 ? [] : pages.splice(at, 1)
  const page = known ?? { table, selection, rows, bytes: write() }
  if (page.bytes.length <= MOST_BYTES) pages.push(page)
  if (pages.length > PAGES) pages.shift()
  return page.bytes
}
