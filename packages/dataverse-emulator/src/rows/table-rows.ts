import type { StoredValue } from '../schema.ts'
import { compareGuids } from './guid.ts'
import { LookupIndex } from './lookup-index.ts'
import type { Row, Tombstone } from './row.ts'
import { SortedList } from './sorted-list.ts'
import { UniqueIndex } from './unique-index.ts'

function compareVersions(a: Row, b: Row): number {
  return a.version < b.version ? -1 : a.version > b.version ? 1 : 0
}

function modifiedOn(row: Row): string {
  const value = row.values['modifiedon']
  return typeof value === 'string' ? value : ''
}

function compareModified(a: Row, b: Row): number {
  const left = modifiedOn(a)
  const right = modifiedOn(b)
  return left < right ? -1 : left > right ? 1 : compareVersions(a, b)
}

/** The rows of one table with the orders that pages are read in: version, and primary key and modifiedon once asked for. */
export class TableRows {
  readonly #byId = new Map<string, Row>()
  readonly #versions = new SortedList<Row>(compareVersions)
  // Made when first asked for and kept from then on.
  readonly #unique = new Map<string, UniqueIndex>()
  readonly #lookups = new Map<string, LookupIndex>()
  #ids: SortedList<string> | undefined
  #modified: SortedList<Row> | undefined
  readonly tombstones: Tombstone[] = []

  get size(): number {
    return this.#byId.size
  }

  get(id: string): Row | undefined {
    return this.#byId.get(id)
  }

  /** Inserts the row or replaces the one with its id; gives the replaced one. */
  put(row: Row): Row | undefined {
    const before = this.#byId.get(row.id)
    if (before === undefined) this.#ids?.add(row.id)
    else this.#forget(before)
    this.#byId.set(row.id, row)
    this.#versions.add(row)
    this.#modified?.add(row)
    for (const index of this.#unique.values()) index.add(row)
    for (const index of this.#lookups.values()) index.add(row)
    return before
  }

  delete(row: Row): void {
    this.#forget(row)
    this.#byId.delete(row.id)
    this.#ids?.remove(row.id)
  }

  /** All rows, in no particular order. */
  all(): IterableIterator<Row> {
    return this.#byId.values()
  }

  /** Rows by primary key, after the given key. */
  *byId(direction: 'asc' | 'desc', after?: string): IterableIterator<Row> {
    this.#ids ??= new SortedList(compareGuids, [...this.#byId.keys()])
    const ids =
      direction === 'asc'
        ? this.#ids.ascending(after === undefined ? undefined : (id) => compareGuids(id, after) <= 0)
        : this.#ids.descending(after === undefined ? undefined : (id) => compareGuids(id, after) < 0)
    for (const id of ids) {
      const row = this.#byId.get(id)
      if (row !== undefined) yield row
    }
  }

  /** Rows by version, above (descending: below) the given one. */
  byVersion(direction: 'asc' | 'desc', after?: bigint): IterableIterator<Row> {
    if (direction === 'asc') {
      return this.#versions.ascending(after === undefined ? undefined : (row) => row.version <= after)
    }
    return this.#versions.descending(after === undefined ? undefined : (row) => row.version < after)
  }

  /** Rows whose modifiedon is at or after the given time, oldest first. */
  modifiedSince(time: string): IterableIterator<Row> {
    this.#modified ??= new SortedList(compareModified, [...this.all()])
    return this.#modified.ascending((row) => modifiedOn(row) < time)
  }

  /** The id of the row that has these values in these columns, where all of them are filled. */
  idByKey(columns: readonly string[], values: Readonly<Record<string, StoredValue>>): string | undefined {
    const name = columns.join()
    let index = this.#unique.get(name)
    if (index === undefined) {
      index = new UniqueIndex(columns, this.all())
      this.#unique.set(name, index)
    }
    return index.get(values)
  }

  /** The rows that hold an id in a column. */
  holding(column: string, id: string): readonly Row[] {
    let index = this.#lookups.get(column)
    if (index === undefined) {
      index = new LookupIndex(column, this.all())
      this.#lookups.set(column, index)
    }
    const rows: Row[] = []
    for (const holder of index.get(id)) {
      const row = this.#byId.get(holder)
      if (row !== undefined) rows.push(row)
    }
    return rows
  }

  #forget(row: Row): void {
    this.#versions.remove(row)
    this.#modified?.remove(row)
    for (const index of this.#unique.values()) index.remove(row)
    for (const index of this.#lookups.values()) index.remove(row)
  }
}
