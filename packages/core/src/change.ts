import type { Operation } from 'fast-json-patch'
import type { ColumnValue, Row } from './row.ts'

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
  /**
   * Lookups that can only be set when other rows of the same transaction are there: two rows that point to each other, or
   * one to itself. They are sent as an update that follows the creates, within the same unit.
   */
  readonly deferred?: readonly string[]
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
  /** Where a conflict is won with the whole row: every column that may be sent of it, as the row was after the change. */
  readonly whole?: Row
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

/**
 * A row as a parameter of an action, by its logical columns. Without `values` it only refers to a row; with them it is a
 * row of its own, as `IncidentResolution` of CloseIncident is. Its lookups are named as in a write; as it is kept, each has
 * its `$table` beside it.
 */
export type RowParameter = {
  readonly $row: { readonly table: string; readonly id?: string; readonly values?: Row }
}

/** JSON as the master takes it, with rows anywhere in it. */
export type ActionParameter =
  | ColumnValue
  | RowParameter
  | readonly ActionParameter[]
  | { readonly [name: string]: ActionParameter }

/**
 * How it is told whether an action had its effect, where its answer was lost: by a look at one row of the master, which
 * matches the filter, is there, or is gone. The row need not be of a configured table. `repeatable`: it may simply be sent
 * again, twice is as good as once.
 */
export type ActionEvidence =
  | { readonly kind: 'repeatable' }
  | { readonly kind: 'row-matches'; readonly table: string; readonly id: string; readonly filter: string }
  | { readonly kind: 'row-exists' | 'row-gone'; readonly table: string; readonly id: string }

/** A call of an action of the master, such as CloseIncident. */
export interface ActionChange {
  readonly kind: 'action'
  /** Its name, as in the address of a request. */
  readonly action: string
  /** The row it is about: the one it is bound to, or else the one with whose changes it must stay in order. */
  readonly table: string
  readonly id: string
  readonly bound: boolean
  readonly parameters: Readonly<Record<string, ActionParameter>>
  readonly evidence: ActionEvidence
  /** What the row is shown with until the action is delivered; never sent. */
  readonly effect: Row
  /** The values those columns had when the action was written. */
  readonly before: Row
}

/** One row operation of an offline transaction. */
export type Change = CreateChange | UpdateChange | DeleteChange | LinkChange | ActionChange

/** The row key of each row a change touches without changing it: what its lookups or its link point to. */
export type RowReference = { readonly table: string; readonly id: string }
