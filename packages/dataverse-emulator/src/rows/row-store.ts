import type { Schema, StoredValue, StoredValues, TableDefinition } from '../schema.ts'
import { rowShape } from './row-shape.ts'
import { TableRows } from './table-rows.ts'
import type { Row } from './row.ts'

/** What a row store needs from outside. */
export interface RowStoreOptions {
  readonly now: () => number
  readonly newId: () => string
  readonly firstVersion: bigint
}

/**
 * All rows of the organisation under one version counter. Versions rise but skip, as those of a shared database do.
 * Changes made inside `atomically` are taken back when it throws; the versions they used are not given out again.
 */
export class RowStore {
  readonly schema: Schema
  readonly now: () => number
  readonly newId: () => string
  readonly #tables = new Map<string, TableRows>()
  // By definition: a schema change replaces the definition and thereby the shape of rows written from then on.
  readonly #shapes = new WeakMap<TableDefinition, () => Record<string, StoredValue>>()
  #version: bigint
  #undo: (() => void)[] | undefined

  constructor(schema: Schema, options: RowStoreOptions) {
    this.schema = schema
    this.now = options.now
    this.newId = options.newId
    this.#version = options.firstVersion
  }

  /** The highest version given out so far. */
  get version(): bigint {
    return this.#version
  }

  rows(table: string): TableRows {
    let rows = this.#tables.get(table)
    if (rows === undefined) {
      rows = new TableRows()
      this.#tables.set(table, rows)
    }
    return rows
  }

  /** Runs the body; when it throws, every change it made is undone. May be nested. */
  atomically<T>(body: () => T): T {
    const outer = this.#undo
    const undo: (() => void)[] = []
    this.#undo = undo
    let done = false
    try {
      const result = body()
      done = true
      outer?.push(...undo)
      return result
    } finally {
      this.#undo = outer
      if (!done) for (const step of undo.toReversed()) step()
    }
  }

  /** An empty row to be filled and inserted: every column without a value. */
  blank(table: TableDefinition): Record<string, StoredValue> {
    let shape = this.#shapes.get(table)
    if (shape === undefined) {
      shape = rowShape(table)
      this.#shapes.set(table, shape)
    }
    return shape()
  }

  insert(table: string, id: string, values: StoredValues): Row {
    return this.#put(table, { id, version: this.#next(), values })
  }

  /** Replaces the row's values; the version rises even where nothing differs. */
  update(table: string, row: Row, values: StoredValues): Row {
    return this.#put(table, { id: row.id, version: this.#next(), values })
  }

  delete(table: string, row: Row): void {
    const rows = this.rows(table)
    rows.delete(row)
    rows.tombstones.push({ id: row.id, version: this.#next(), atMs: this.now() })
    this.#undo?.push(() => {
      rows.tombstones.pop()
      rows.put(row)
    })
  }

  #put(table: string, row: Row): Row {
    const rows = this.rows(table)
    const before = rows.put(row)
    this.#undo?.push(() => {
      if (before === undefined) rows.delete(row)
      else rows.put(before)
    })
    return row
  }

  #next(): bigint {
    this.#version += 1n + ((this.#version * 7n + 3n) % 4n)
    return this.#version
  }
}
