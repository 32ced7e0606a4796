import type { Schema, StoredValue, StoredValues, TableDefinition } from '../schema.ts'
import { rowShape } from './row-shape.ts'
import { TableRows } from './table-rows.ts'
import type { Row, Tombstone } from './row.ts'
import { keyOf } from './unique-index.ts'

/** One change of a transaction, to be taken back or done again. */
interface Step {
  /** Table and id of the row, or what it is to be the only one with; absent for what is no row. */
  readonly key?: string
  /** The version this change was stamped with. */
  readonly version?: bigint
  readonly undo: () => void
  readonly redo: () => void
  /** Called once the change can be seen and will not be taken back. */
  readonly committed?: () => void
}

/** A transaction whose rows are stamped already but not to be seen before it commits. */
export interface WithheldTransaction<T> {
  /** What the body gave. */
  readonly result: T
  /** Whether it has changed anything; without that there is nothing to commit. */
  readonly isEmpty: boolean
  /** Makes its rows visible. Once is enough; a second time does nothing. */
  commit(): void
}

/** All rows, deletions and the version counter of a moment. */
export interface StoreSnapshot {
  readonly version: bigint
  readonly tables: ReadonlyMap<string, { readonly rows: readonly Row[]; readonly tombstones: readonly Tombstone[] }>
}

interface Withheld {
  readonly steps: readonly Step[]
  readonly keys: ReadonlySet<string>
  readonly firstVersion: bigint
}

/** Thrown inside a transaction that meets a row locked by a withheld one; the outermost transaction catches it. */
class RowLocked extends Error {
  readonly by: Withheld
  constructor(by: Withheld) {
    super('The row is locked by a transaction that has not committed yet.')
    this.by = by
  }
}

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
  /** Bytes of files, images and the like, each under the row that stands for them: they go when it goes. */
  readonly contents: WeakMap<Row, Uint8Array> = new WeakMap()
  readonly #tables = new Map<string, TableRows>()
  // By definition: a schema change replaces the definition and thereby the shape of rows written from then on.
  readonly #shapes = new WeakMap<TableDefinition, () => Record<string, StoredValue>>()
  #version: bigint
  #steps: Step[] | undefined
  #withheld: Withheld[] = []
  #withholds = false

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

  /** Uses up a version that no row gets, so that what is given out from now on lies above everything until now. */
  skipVersion(): void {
    this.#next()
  }

  rows(table: string): TableRows {
    let rows = this.#tables.get(table)
    if (rows === undefined) {
      rows = new TableRows()
      this.#tables.set(table, rows)
    }
    return rows
  }

  /** The highest version below which everything has committed; what the change feed reads up to. */
  get committedVersion(): bigint {
    return this.#withheld.reduce(
      (lowest, { firstVersion }) => (firstVersion <= lowest ? firstVersion - 1n : lowest),
      this.#version,
    )
  }

  /** Runs the body; when it throws, every change it made is undone. May be nested. */
  atomically<T>(body: () => T): T {
    for (;;) {
      try {
        return this.#transaction(body)
      } catch (error) {
        // The writer of a locked row waits for the commit and then begins again, as the database lets it.
        if (!(error instanceof RowLocked) || this.#steps !== undefined) throw error
        this.#commit(error.by)
      }
    }
  }

  /**
   * Runs the body as a transaction whose changes carry the versions and times of now, but are not to be seen until it
   * commits. Whoever writes one of its rows meanwhile makes it commit first.
   */
  withhold<T>(body: () => T): WithheldTransaction<T> {
    let steps: readonly Step[] = []
    this.#withholds = true
    let result: T
    try {
      result = this.atomically(() => {
        const value = body()
        steps = this.#steps ?? []
        return value
      })
    } finally {
      this.#withholds = false
    }
    for (const step of steps.toReversed()) step.undo()
    const first = steps.find(({ version }) => version !== undefined)
    if (first?.version === undefined) return { result, isEmpty: true, commit: () => undefined }
    const withheld: Withheld = {
      steps,
      keys: new Set(steps.flatMap(({ key }) => (key === undefined ? [] : [key]))),
      firstVersion: first.version,
    }
    this.#withheld.push(withheld)
    return { result, isEmpty: false, commit: () => this.#commit(withheld) }
  }

  /** Forgets a table that is no more, its deletions included. */
  dropTable(table: string): void {
    this.#tables.delete(table)
  }

  /** Everything as it is now; cheap, because rows are never changed in place. */
  snapshot(): StoreSnapshot {
    const tables = [...this.#tables].map(
      ([name, rows]) => [name, { rows: [...rows.all()], tombstones: [...rows.tombstones] }] as const,
    )
    return { version: this.#version, tables: new Map(tables) }
  }

  /** Puts everything back as it was, the version counter included: versions given out since come again. */
  restore({ version, tables }: StoreSnapshot): void {
    this.#withheld = []
    this.#tables.clear()
    for (const [name, { rows, tombstones }] of tables) {
      const restored = this.rows(name)
      for (const row of rows) restored.put(row)
      restored.tombstones.push(...tombstones)
    }
    this.#version = version
  }

  #transaction<T>(body: () => T): T {
    const outer = this.#steps
    const steps: Step[] = []
    this.#steps = steps
    let done = false
    try {
      const result = body()
      done = true
      if (outer !== undefined) for (const step of steps) outer.push(step)
      else if (!this.#withholds) for (const step of steps) step.committed?.()
      return result
    } finally {
      this.#steps = outer
      if (!done) for (const step of steps.toReversed()) step.undo()
    }
  }

  #commit(withheld: Withheld): void {
    if (!this.#withheld.includes(withheld)) return
    this.#withheld = this.#withheld.filter((one) => one !== withheld)
    for (const step of withheld.steps) step.redo()
    for (const step of withheld.steps) step.committed?.()
  }

  /**
   * The id of the row that has these values in these columns, before a row with them is written: where a withheld
   * transaction has written one, the writer waits for its commit.
   */
  holder(table: string, columns: readonly string[], values: StoredValues): string | undefined {
    // A link is the same from either end.
    const inOrder = columns.toSorted()
    const value = keyOf(inOrder, values)
    if (value === undefined) return undefined
    const key = `${table} ${inOrder.join()} ${value}`
    this.#lock(key)
    this.#hold(key)
    return this.rows(table).idByKey(columns, values)
  }

  /**
   * To be called before a row is made to point to another one: waits for the commit of a withheld transaction that has
   * deleted that one, and lets its deletion wait for this one, so that neither misses the other.
   */
  pointTo(table: string, id: string): void {
    this.#lock(`deleted ${table} ${id}`)
    this.#hold(`pointed to ${table} ${id}`)
  }

  /** Lets others wait for this transaction, where it is one that is to be withheld. */
  #hold(key: string): void {
    if (this.#withholds) this.#steps?.push({ key, undo: () => undefined, redo: () => undefined })
  }

  #lock(key: string): void {
    if (this.#withheld.length === 0) return
    const by = this.#withheld.find(({ keys }) => keys.has(key))
    if (by === undefined) return
    if (this.#steps === undefined) this.#commit(by)
    else throw new RowLocked(by)
  }

  /** Has something besides rows taken back when the running transaction is. */
  onUndo(step: () => void): void {
    this.#steps?.push({ undo: step, redo: () => undefined })
  }

  /** Has something done once the running transaction has committed; never, where it is taken back. */
  onCommit(committed: () => void): void {
    this.#steps?.push({ undo: () => undefined, redo: () => undefined, committed })
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
    this.#lock(`${table} ${row.id}`)
    this.#lock(`pointed to ${table} ${row.id}`)
    this.#hold(`deleted ${table} ${row.id}`)
    const rows = this.rows(table)
    const tombstone = { id: row.id, version: this.#next(), atMs: this.now() }
    const redo = (): void => {
      rows.delete(row)
      rows.tombstones.push(tombstone)
    }
    redo()
    const undo = (): void => {
      rows.tombstones.pop()
      rows.put(row)
    }
    this.#steps?.push({ key: `${table} ${row.id}`, version: tombstone.version, undo, redo })
  }

  #put(table: string, row: Row): Row {
    this.#lock(`${table} ${row.id}`)
    const rows = this.rows(table)
    const before = rows.put(row)
    const undo = (): void => {
      if (before === undefined) rows.delete(row)
      else rows.put(before)
    }
    this.#steps?.push({ key: `${table} ${row.id}`, version: row.version, undo, redo: () => void rows.put(row) })
    return row
  }

  #next(): bigint {
    this.#version += 1n + ((this.#version * 7n + 3n) % 4n)
    return this.#version
  }
}
