import type { StoredValue } from '../schema.ts'
import { wholeSeconds } from './date-time.ts'
import type { RowStore } from './row-store.ts'
import type { Reference } from './reference.ts'

/** What the tracking table records of a table. */
export type TrackedKind = 'delete' | 'owner' | 'disassociate'

/** One entry to be recorded. */
export type TrackedEvent =
  | { readonly kind: 'delete' | 'owner'; readonly row: Reference }
  | {
      readonly kind: 'disassociate'
      readonly intersectTable: string
      readonly relationship: string
      readonly row: Reference
      readonly related: Reference
    }

const KIND_VALUES: Readonly<Record<TrackedKind, number>> = { disassociate: 1, delete: 2, owner: 3 }

/**
 * Fills the mobile-tracking table (`resco_mobiletracking`) as a plug-in on the master would: inside the transaction of
 * the change it records, with a row of its own and therefore a version of its own. Off until enabled for a table.
 */
export class MobileTracking {
  readonly #store: RowStore
  readonly #trackingTable: string | undefined
  readonly #kinds = new Map<string, ReadonlySet<TrackedKind>>()

  constructor(store: RowStore, trackingTable: string | undefined) {
    this.#store = store
    this.#trackingTable = trackingTable
  }

  /** Records these kinds of event for a table (removed N:N links: for the intersect table) from now on. */
  enable(table: string, kinds: readonly TrackedKind[] = ['delete', 'owner', 'disassociate']): void {
    if (this.#trackingTable === undefined) throw new RangeError('the seed has no tracking table')
    if (this.#store.schema.table(table) === undefined) throw new RangeError(`no table ${table}`)
    this.#kinds.set(table, new Set(kinds))
  }

  disable(table: string): void {
    this.#kinds.delete(table)
  }

  record(event: TrackedEvent, by: string): void {
    const target = this.#trackingTable
    const watched = event.kind === 'disassociate' ? event.intersectTable : event.row.table
    if (target === undefined || this.#kinds.get(watched)?.has(event.kind) !== true) return
    const table = this.#store.schema.table(target)
    if (table === undefined) return
    const id = this.#store.newId()
    const now = wholeSeconds(this.#store.now())
    const related = event.kind === 'disassociate' ? event.related : undefined
    const offered: Readonly<Record<string, StoredValue>> = {
      [table.primaryId]: id,
      resco_name: `${event.kind} ${watched}`,
      resco_kind: KIND_VALUES[event.kind],
      resco_tablename: event.row.table,
      resco_rowid: event.row.id,
      resco_relatedtablename: related?.table ?? null,
      resco_relatedrowid: related?.id ?? null,
      resco_relationship: event.kind === 'disassociate' ? event.relationship : null,
      createdon: now,
      modifiedon: now,
      createdby: by,
      modifiedby: by,
    }
    const values = this.#store.blank(table)
    for (const name of Object.keys(values)) values[name] = offered[name] ?? null
    this.#store.insert(target, id, values)
  }
}
