import type { Change } from '../change.ts'
import type { ConfiguredTable } from '../copy/configuration.ts'
import { MasterError } from '../errors.ts'
import type { TableMetadata } from '../metadata.ts'
import type {
  MasterOrg,
  MasterRow,
  OutgoingTransaction,
  PushedRow,
  PushOutcome,
  RowVersion,
} from '../ports/master-org.ts'
import type { Store, StoreWriter } from '../ports/store.ts'
import { rowKey, TARGET_SUFFIX } from '../row.ts'
import type { Row } from '../row.ts'

/** Rows of the master that were read before, by row key; null for those that it does not have. */
export type ReadRows = Map<string, { readonly columns: ReadonlySet<string>; readonly row: MasterRow | null }>

/** Rows that a rehearsal has to know of the master and that were not read. */
export interface MissedRows {
  readonly table: TableMetadata
  readonly columns: readonly string[]
  readonly ids: readonly string[]
}

/**
 * Stands in for the master while a push is rehearsed: it answers from rows that were read before, takes what is sent as
 * the master takes it, and keeps it in memory. It knows no plug-ins and refuses nothing but what the rows themselves
 * refuse: one that is gone, one that is there already, one of another version.
 */
export class StandIn implements MasterOrg {
  readonly missed: MissedRows[] = []
  /** What was sent and taken, by the id of its transaction. */
  readonly taken: Map<string, readonly Change[]> = new Map()
  /** The rows that are other ones since; null for those that are gone. */
  readonly changed: Map<string, MasterRow | null> = new Map()
  readonly #read: ReadRows
  readonly #tables: ReadonlyMap<string, ConfiguredTable>
  #versions = 0

  constructor(read: ReadRows, tables: ReadonlyMap<string, ConfiguredTable>) {
    this.#read = read
    this.#tables = tables
  }

  read(request: {
    readonly table: TableMetadata
    readonly columns: readonly string[]
    readonly ids: readonly string[]
  }): Promise<readonly MasterRow[]> {
    const { table, columns, ids } = request
    const missing = ids.filter((id) => !this.#isKnown(table.name, id, columns))
    if (missing.length > 0) {
      this.missed.push({ table, columns, ids: missing })
      return Promise.reject(unknownYet())
    }
    const rows = ids.flatMap((id) => this.#row(table.name, id) ?? [])
    return Promise.resolve(rows.map((row) => ({ ...row, values: only(row.values, columns) })))
  }

  push(transactions: readonly OutgoingTransaction[]): Promise<readonly PushOutcome[]> {
    const outcomes = transactions.map((transaction) => this.#take(transaction))
    return this.missed.length > 0 ? Promise.reject(unknownYet()) : Promise.resolve(outcomes)
  }

  identify(): Promise<never> {
    return Promise.reject(notPartOfIt())
  }

  metadata(): Promise<never> {
    return Promise.reject(notPartOfIt())
  }

  metadataStamp(): Promise<never> {
    return Promise.reject(notPartOfIt())
  }

  pull(): Promise<never> {
    return Promise.reject(notPartOfIt())
  }

  versions(): AsyncIterable<readonly RowVersion[]> {
    throw notPartOfIt()
  }

  /** All of a transaction or nothing. */
  #take({ id, changes, tables, columns }: OutgoingTransaction): PushOutcome {
    const staged = new Map<string, MasterRow | null>()
    for (const change of changes) {
      const key = rowKey(change.table, change.id)
      const found = staged.has(key) ? staged.get(key) : this.#present(change, tables)
      if (found === undefined) return { kind: 'stale' }
      const refusal = refusalOf(change, found, tables.get(change.table))
      if (refusal) return refusal
      staged.set(key, this.#after(change, found))
    }
    for (const [key, row] of staged) this.changed.set(key, row)
    this.taken.set(id, changes)
    const rows = changes.flatMap((change): readonly PushedRow[] => {
      const row = staged.get(rowKey(change.table, change.id))
      if (!row || !this.#tables.has(change.table)) return []
      const known = only(row.values, columns.get(change.table) ?? [])
      return [{ table: change.table, id: row.id, version: row.version, values: known }]
    })
    return { kind: 'processed', rows }
  }

  /** The master's row that a change meets; undefined where it was not read. A link that is not known is not there. */
  #present(change: Change, tables: OutgoingTransaction['tables']): MasterRow | null | undefined {
    const { table: name, id } = change
    if ('relationship' in change) return this.#row(name, id) ?? null
    const table = tables.get(name)
    const columns = this.#tables.get(name)?.columns ?? []
    if (this.#isKnown(name, id, columns)) return this.#row(name, id) ?? null
    if (table) this.missed.push({ table, columns, ids: [id] })
    return undefined
  }

  #after(change: Change, row: MasterRow | null): MasterRow | null {
    if (change.kind === 'delete' || change.kind === 'disassociate') return null
    const version = `rehearsed-${(this.#versions += 1)}`
    const given = change.kind === 'action' ? change.effect : 'values' in change ? change.values : {}
    return { id: change.id, version, values: { ...row?.values, ...given } }
  }

  #isKnown(table: string, id: string, columns: readonly string[]): boolean {
    const key = rowKey(table, id)
    const read = this.#read.get(key)
    return this.changed.has(key) || (read !== undefined && columns.every((column) => read.columns.has(column)))
  }

  #row(table: string, id: string): MasterRow | null | undefined {
    const key = rowKey(table, id)
    return this.changed.has(key) ? this.changed.get(key) : this.#read.get(key)?.row
  }
}

function refusalOf(change: Change, row: MasterRow | null, table: TableMetadata | undefined): PushOutcome | null {
  switch (change.kind) {
    case 'create':
      return row === null ? null : { kind: 'exists' }
    case 'update':
      if (row === null) return GONE
      break
    case 'delete':
      if (row === null) return null
      break
    default:
      return null
  }
  const isConditional = table?.versioned !== false && change.version !== null
  return isConditional && change.version !== row.version ? { kind: 'stale', named: true } : null
}

const GONE: PushOutcome = {
  kind: 'rejected',
  rejection: {
    code: 'not-found',
    rejection: 'gone',
    message: 'The master no longer has this row.',
    remedy: 'Archive the transaction, or create the row again.',
    fix: 'user',
  },
}

function unknownYet(): MasterError {
  return new MasterError('offline', 'a row was not read before the rehearsal', { mayHaveArrived: false })
}

function notPartOfIt(): MasterError {
  return new MasterError('protocol', 'a rehearsed push asks for rows only')
}

function only(values: Row, columns: readonly string[]): Row {
  const names = columns.flatMap((name) => [name, name + TARGET_SUFFIX])
  return Object.fromEntries(
    names.filter((name) => columns.includes(name) || name in values).map((name) => [name, values[name] ?? null]),
  )
}

/** Thrown to end a rehearsal, so that nothing of it is kept. */
class RehearsalOver extends Error {
  override readonly name = 'RehearsalOver'
}

/**
 * Runs the body on a store on which everything that is written is taken back at the end, and gives what the body gave.
 * All of it is one transaction of the real store: nobody sees it, and what others write has to wait.
 */
export async function rehearsed<T>(store: Store, body: (rehearsal: Store) => Promise<T>): Promise<T> {
  let result: { readonly value: T } | undefined
  try {
    await store.write('rehearse', async (tx) => {
      result = { value: await body(onTransaction(tx)) }
      throw new RehearsalOver()
    })
  } catch (error) {
    if (!(error instanceof RehearsalOver)) throw error
  }
  if (!result) throw new RehearsalOver('a rehearsal ended without a result')
  return result.value
}

function onTransaction(tx: StoreWriter): Store {
  const listeners = new Set<Parameters<Store['subscribe']>[0]>()
  return {
    exclusive: true,
    read: (_name, part) => part(tx),
    write: async (_name, part) => {
      const value = await part(tx)
      for (const listener of listeners) listener({ name: 'elsewhere', rows: new Map(), transactions: [] })
      return value
    },
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close: () => Promise.resolve(),
  }
}
