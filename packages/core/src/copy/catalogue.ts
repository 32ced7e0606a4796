import type { TableMetadata } from '../metadata.ts'
import type { Store, StoreReader, StoreWriter } from '../ports/store.ts'

const STAMP = 'catalogue/stamp'
const TABLE = 'catalogue/table/'

/** The client org's copy of the master's metadata, by logical name. It is pulled, never pushed. */
export class Catalogue {
  readonly #store: Store
  readonly #loaded = new Map<string, TableMetadata>()
  #stamp: string | null = null

  constructor(store: Store) {
    this.#store = store
  }

  /** The master's stamp of this copy; null before the first copy. */
  get stamp(): string | null {
    return this.#stamp
  }

  async load(): Promise<void> {
    this.#loaded.clear()
    this.#stamp = await this.#store.read(
      'load catalogue stamp',
      async (tx) => ((await tx.value(STAMP)) as string | undefined) ?? null,
    )
  }

  /** The definitions of those of the tables that the master has. */
  async tables(names: Iterable<string>): Promise<ReadonlyMap<string, TableMetadata>> {
    const wanted = [...new Set(names)]
    const missing = wanted.filter((name) => !this.#loaded.has(name))
    if (missing.length > 0) {
      const found = await this.#store.read('load table definitions', (tx) => readTables(tx, missing))
      for (const table of found) this.#loaded.set(table.name, table)
    }
    return new Map(
      wanted.flatMap((name) => {
        const table = this.#loaded.get(name)
        return table ? [[name, table] as const] : []
      }),
    )
  }

  /** The names and labels of all tables of the master, in the order of their names. */
  async list(): Promise<readonly { readonly name: string; readonly label: string; readonly columns: number }[]> {
    const values = await this.#store.read('list table definitions', (tx) => tx.values(TABLE))
    return values.map(({ value }) => {
      const table = value as TableMetadata
      return { name: table.name, label: table.label, columns: table.columns.length }
    })
  }
}

/** Replaces the whole copy in the given store transaction. The catalogue must be loaded again afterwards. */
export async function replaceCatalogue(
  tx: StoreWriter,
  stamp: string,
  tables: readonly TableMetadata[],
): Promise<void> {
  const names = new Set(tables.map((table) => TABLE + table.name))
  for (const { key } of await tx.values(TABLE)) if (!names.has(key)) await tx.setValue(key, undefined)
  for (const table of tables) await tx.setValue(TABLE + table.name, table)
  await tx.setValue(STAMP, stamp)
}

async function readTables(tx: StoreReader, names: readonly string[]): Promise<readonly TableMetadata[]> {
  const found: TableMetadata[] = []
  for (const name of names) {
    const value = await tx.value(TABLE + name)
    if (value !== undefined) found.push(value as TableMetadata)
  }
  return found
}
