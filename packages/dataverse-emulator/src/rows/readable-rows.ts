import { columnMask } from '../security/column-security.ts'
import type { TableDefinition } from '../schema.ts'
import { reach } from './access.ts'
import type { RowStore } from './row-store.ts'
import type { Row } from './row.ts'
import type { TableRows } from './table-rows.ts'
import type { User } from './user.ts'

/** The rows of one table as somebody may see them. */
export interface ReadableRows {
  readonly table: TableDefinition
  readonly rows: TableRows
  readonly sees: (row: Row) => boolean
  /** The row without values the reader may not see; undefined where nothing is withheld. */
  readonly mask: ((row: Row) => Row) | undefined
  /** A row by its id, masked; undefined where there is none that the reader may see. */
  readonly get: (id: string) => Row | undefined
}

/** Finds what a reader may see of a table, once per table and request; a table without any read privilege is refused (403). */
export type Readable = (table: TableDefinition) => ReadableRows

/** What a user may see, as it is now. */
export function readableBy(store: RowStore, user: User): Readable {
  const known = new Map<string, ReadableRows>()
  return (table) => {
    let readable = known.get(table.logicalName)
    if (readable !== undefined) return readable
    const rows = store.rows(table.logicalName)
    const sees = reach(store, table, user, 'read')
    const mask = columnMask(store, table, user)
    const get = (id: string): Row | undefined => {
      const row = rows.get(id)
      if (row === undefined || !sees(row)) return undefined
      return mask === undefined ? row : mask(row)
    }
    readable = { table, rows, sees, mask, get }
    known.set(table.logicalName, readable)
    return readable
  }
}
