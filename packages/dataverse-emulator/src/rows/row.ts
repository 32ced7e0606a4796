import type { StoredValues } from '../schema.ts'

/** One row as stored. Never changed in place: a write puts a new object with a new version. */
export interface Row {
  readonly id: string
  /** The row version of the whole organisation's counter; the etag is `W/"<version>"`. */
  readonly version: bigint
  readonly values: StoredValues
}

/** What is remembered of a deleted row. */
export interface Tombstone {
  readonly id: string
  readonly version: bigint
  /** When it was deleted, by the server's clock. */
  readonly atMs: number
}
