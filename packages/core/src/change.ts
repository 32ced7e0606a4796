import type { Operation } from 'fast-json-patch'
import type { Row } from './row.ts'

/** A row that comes into being. The id is made on the device, so that sending it twice cannot make two rows. */
export interface CreateChange {
  readonly kind: 'create'
  readonly table: string
  readonly id: string
  readonly values: Row
  /** True when the application chose the id. A row with that id on the master may then be somebody else's. */
  readonly chosenId?: true
  /** The update of a row that the master had deleted, for which the row is created again. */
  readonly recreates?: UpdateChange
}

/** Changed columns of one row. */
export interface UpdateChange {
  readonly kind: 'update'
  readonly table: string
  readonly id: string
  /** The changed columns and their new values; nothing else is sent. */
  readonly values: Row
  /** The values those columns had when the change was made: what a conflict is judged by. */
  readonly before: Row
  /** The same change as an RFC 6902 patch against the row it was made on. */
  readonly patch: readonly Operation[]
  /** The master's version of the row the change was made on; null where the master did not have the row yet. */
  readonly version: string | null
  /** The columns whose value was computed from both sides of a conflict: later changes of the row do not stand on them. */
  readonly merged?: readonly string[]
}

/** A row that goes away. */
export interface DeleteChange {
  readonly kind: 'delete'
  readonly table: string
  readonly id: string
  /** The row as it was, so that the deletion can be undone without the network. */
  readonly before: Row
  readonly version: string | null
}

/** A link of a many-to-many relationship that is made or removed. `first` and `second` are the relationship's sides. */
export interface LinkChange {
  readonly kind: 'associate' | 'disassociate'
  readonly relationship: string
  /** The intersect table, in which the client org keeps the link as a row. */
  readonly table: string
  /** `<first id>:<second id>`, the link's row id in the client org. */
  readonly id: string
  readonly first: { readonly table: string; readonly id: string }
  readonly second: { readonly table: string; readonly id: string }
}

/** One row operation of an offline transaction. */
export type Change = CreateChange | UpdateChange | DeleteChange | LinkChange

/** The row key of each row a change touches without changing it: what its lookups or its link point to. */
export type RowReference = { readonly table: string; readonly id: string }
