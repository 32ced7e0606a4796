import { OutpostError } from '../errors.ts'
import type { Json, TableMetadata } from '../metadata.ts'
import type { Store, StoreReader, StoreWriter } from '../ports/store.ts'

const STAMP = 'catalogue/stamp'
const SINCE = 'catalogue/since'
const TABLE = 'catalogue/table/'
const ENTRY = 'catalogue/entry/'
const RETIRED = 'catalogue/retired/'
/** That the copy is to be made anew as a whole. */
const DISTRUSTED = 'catalogue/distrusted'
/** The last stamp with which a question was refused. */
const DOUBTED = 'catalogue/doubted'

/** What is kept of a table beside its definition: what a list of all tables needs, and by what changes are told. */
type Entry = {
  readonly name: string
  readonly label: string
  readonly columns: number
  readonly parts: Json
}

/** What makes a copy of the metadata a newer one. */
export interface CatalogueUpdate {
  readonly stamp: string
  /** What to ask for the next changes with; null where only a whole copy can follow. */
  readonly since: string | null
  /** Tables that are new or may have changed. */
  readonly tables: readonly TableMetadata[]
  /** The names of tables that are gone; `others`: all that are not among `tables`. */
  readonly removed: readonly string[] | 'others'
}

/** The client org's copy of the master's metadata, by logical name. It is pulled, never pushed. */
export class Catalogue {
  readonly #store: Store
  readonly #loaded = new Map<string, TableMetadata>()
  #stamp: string | null = null
  #since: string | null = null

  constructor(store: Store) {
    this.#store = store
  }

  /** The master's stamp of this copy; null before the first copy. */
  get stamp(): string | null {
    return this.#stamp
  }

  /** What to ask the master for changes since this copy with; null where it cannot be asked. */
  get since(): string | null {
    return this.#since
  }

  async load(): Promise<void> {
    this.#loaded.clear()
    const [stamp, since] = await this.#store.read('load catalogue stamp', async (tx) => [
      await readStamp(tx),
      (await tx.value(SINCE)) as string | undefined,
    ])
    this.#stamp = stamp ?? null
    this.#since = since ?? null
  }

  /** Whether somebody found that what is known of the master's changes does not hold any more. */
  async isDistrusted(): Promise<boolean> {
    return this.#store.read('look at the copy', isDistrusted)
  }

  /** The definitions of those of the tables that the master has. */
  tables(names: Iterable<string>): Promise<ReadonlyMap<string, TableMetadata>> {
    return this.#tables([...new Set(names)])
  }

  async #tables(wanted: readonly string[]): Promise<ReadonlyMap<string, TableMetadata>> {
    const missing = wanted.filter((name) => !this.#loaded.has(name))
    if (missing.length > 0) {
      const found = await this.#store.read('load table definitions', (tx) => readTables(tx, TABLE, missing))
      for (const table of found) this.#loaded.set(table.name, table)
    }
    return new Map(
      wanted.flatMap((name) => {
        const table = this.#loaded.get(name)
        return table ? [[name, table] as const] : []
      }),
    )
  }

  /** The last definitions of those of the tables that the master no longer has and that are still kept here. */
  async retired(names: Iterable<string>): Promise<ReadonlyMap<string, TableMetadata>> {
    const found = await this.#store.read('load retired tables', (tx) => readTables(tx, RETIRED, [...names]))
    return new Map(found.map((table) => [table.name, table]))
  }

  /** The names and labels of all tables of the master, in the order of their names. */
  async list(): Promise<readonly { readonly name: string; readonly label: string; readonly columns: number }[]> {
    const entries = await this.#store.read('list table definitions', readEntries)
    return entries.map(({ name, label, columns }) => ({ name, label, columns }))
  }

  /** By what the adapter tells which tables a change concerns, for each table of the copy. */
  async parts(): Promise<ReadonlyMap<string, Json>> {
    const entries = await this.#store.read('read parts of tables', readEntries)
    return new Map(entries.map(({ name, parts }) => [name, parts]))
  }
}

/** The master's stamp of the copy that is stored; null before the first copy. */
export async function readStamp(tx: StoreReader): Promise<string | null> {
  return ((await tx.value(STAMP)) as string | undefined) ?? null
}

/**
 * Brings the copy up to date in the given store transaction, and writes no table that is as it was. The catalogue must be
 * loaded again afterwards.
 */
export async function updateCatalogue(tx: StoreWriter, update: CatalogueUpdate): Promise<void> {
  for (const name of await removedNames(tx, update)) {
    await tx.setValue(TABLE + name, undefined)
    await tx.setValue(ENTRY + name, undefined)
  }
  for (const table of update.tables) {
    const { parts = null, ...definition } = table
    const entry: Entry = { name: table.name, label: table.label, columns: table.columns.length, parts }
    await setIfChanged(tx, TABLE + table.name, definition)
    await setIfChanged(tx, ENTRY + table.name, entry)
  }
  await tx.setValue(STAMP, update.stamp)
  await tx.setValue(SINCE, update.since ?? undefined)
  await tx.setValue(DISTRUSTED, undefined)
}

/** Makes the next sync copy the metadata as a whole: what is known of the master's changes does not hold any more. */
export async function distrustCatalogue(tx: StoreWriter): Promise<void> {
  if ((await tx.value(STAMP)) === undefined) return
  // Its stamp stays: by that another tab knows whether it has this copy or an earlier one.
  await tx.setValue(DISTRUSTED, true)
  await tx.setValue(SINCE, undefined)
}

async function isDistrusted(tx: StoreReader): Promise<boolean> {
  // An older version took the stamp away.
  return (await tx.value(DISTRUSTED)) === true || (await readStamp(tx)) === ''
}

/**
 * The same where the master has refused a question that was asked by the copy, once for each stamp: after a backup was restored
 * and changed, other metadata can have the stamp that is known.
 */
export async function doubtCatalogue(tx: StoreWriter): Promise<void> {
  const stamp = await readStamp(tx)
  if (stamp === null || (await isDistrusted(tx)) || (await tx.value(DOUBTED)) === stamp) return
  await tx.setValue(DOUBTED, stamp)
  await distrustCatalogue(tx)
}

/** The master does not understand the question, or what it answers does not fit the table. */
const MISUNDERSTANDINGS: ReadonlySet<string> = new Set(['rejected', 'invalid'])

/** Whether the master and whoever asked by the copy have not understood each other: it may be of another schema. */
export function isMisunderstanding(error: unknown): boolean {
  return error instanceof OutpostError && MISUNDERSTANDINGS.has(error.code)
}

/** Doubts the copy after a misunderstanding. */
export async function doubtMisunderstood(store: Store, error: unknown): Promise<void> {
  if (isMisunderstanding(error)) await store.write('doubt the metadata', doubtCatalogue, { durability: 'relaxed' })
}

/** Whether the copy was read once more after a misunderstanding and is the same: no other one will be understood better. */
export async function wasReadAnew(tx: StoreReader): Promise<boolean> {
  const stamp = await readStamp(tx)
  return stamp !== null && !(await isDistrusted(tx)) && (await wasDoubted(tx, stamp))
}

/** Whether a question was refused that was asked by an earlier copy with this stamp. */
export async function wasDoubted(tx: StoreReader, stamp: string): Promise<boolean> {
  return (await tx.value(DOUBTED)) === stamp
}

/** Keeps these last definitions of tables that the master no longer has, and forgets all others. */
export async function retireTables(tx: StoreWriter, tables: ReadonlyMap<string, TableMetadata>): Promise<void> {
  for (const { key } of await tx.values(RETIRED)) {
    if (!tables.has(key.slice(RETIRED.length))) await tx.setValue(key, undefined)
  }
  for (const [name, table] of tables) await setIfChanged(tx, RETIRED + name, table)
}

async function removedNames(tx: StoreReader, { tables, removed }: CatalogueUpdate): Promise<readonly string[]> {
  if (removed !== 'others') return removed
  const names = new Set(tables.map(({ name }) => name))
  const held = await readEntries(tx)
  return held.map(({ name }) => name).filter((name) => !names.has(name))
}

async function setIfChanged(tx: StoreWriter, key: string, value: Json): Promise<void> {
  const held = await tx.value(key)
  if (held === undefined || JSON.stringify(held) !== JSON.stringify(value)) await tx.setValue(key, value)
}

async function readEntries(tx: StoreReader): Promise<readonly Entry[]> {
  const entries = await tx.values(ENTRY)
  if (entries.length > 0) return entries.map(({ value }) => value as Entry)
  // An older version kept the definitions alone.
  const tables = await tx.values(TABLE)
  return tables.map(({ value }) => {
    const { name, label, columns } = value as TableMetadata
    return { name, label, columns: columns.length, parts: null }
  })
}

async function readTables(
  tx: StoreReader,
  prefix: string,
  names: readonly string[],
): Promise<readonly TableMetadata[]> {
  const found: TableMetadata[] = []
  for (const name of names) {
    const value = await tx.value(prefix + name)
    if (value !== undefined) found.push(value as TableMetadata)
  }
  return found
}
