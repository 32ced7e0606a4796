import { Catalogue, replaceCatalogue } from './catalogue.ts'
import { tablesToCheck } from '../write/check-action.ts'
import { checkConfiguration } from './configuration.ts'
import type { Configuration, ConfiguredTable } from './configuration.ts'
import type { ConflictFunctions } from '../conflicts/conflict-policy.ts'
import type { Request } from '../write/draft.ts'
import { OutpostError, throwIfAborted } from '../errors.ts'
import type { OutpostEvent, SyncReport } from '../events.ts'
import { metadataDrift } from './metadata-drift.ts'
import type { MetadataDrift } from './metadata-drift.ts'
import { columnOf } from '../metadata.ts'
import { recheckPending } from '../outbox/recheck.ts'
import type { MasterOrg } from '../ports/master-org.ts'
import type { Store } from '../ports/store.ts'
import { readPrivileges, writePrivileges } from '../write/privileges.ts'
import type { Privileges } from '../write/privileges.ts'
import { forgetPulls, restartPulls } from '../pull/pull.ts'
import { TARGET_SUFFIX } from '../row.ts'
import { EMPTY_SETTINGS, writeConfiguration } from '../settings.ts'

export interface KeptTablesOptions {
  readonly store: Store
  readonly master: MasterOrg
  readonly conflictFunctions: ConflictFunctions
  emit(event: OutpostEvent): void
  /** The device clock. */
  now(): number
}

/**
 * What a client org keeps of the master: the copy of its metadata, and the configuration that was checked against it. The
 * two change together or not at all.
 */
export class KeptTables {
  readonly catalogue: Catalogue
  readonly #store: Store
  readonly #master: MasterOrg
  readonly #conflictFunctions: ConflictFunctions
  readonly #emit: (event: OutpostEvent) => void
  readonly #now: () => number
  #configuration: Configuration = EMPTY_SETTINGS.configuration
  #byName: ReadonlyMap<string, ConfiguredTable> = new Map()
  #privileges: Privileges | null = null

  constructor(options: KeptTablesOptions) {
    this.catalogue = new Catalogue(options.store)
    this.#store = options.store
    this.#master = options.master
    this.#conflictFunctions = options.conflictFunctions
    this.#emit = (event) => options.emit(event)
    this.#now = () => options.now()
  }

  get configuration(): Configuration {
    return this.#configuration
  }

  /** The configured tables, by logical name. */
  get byName(): ReadonlyMap<string, ConfiguredTable> {
    return this.#byName
  }

  /** What the user may do; null where it is not known. */
  get privileges(): Privileges | null {
    return this.#privileges
  }

  /** The tables whose definitions are needed to check a request: those that it names, and those that lookups point to. */
  tablesNeeded(request: Request): readonly string[] {
    if (!('values' in request)) return tablesToCheck(request)
    const { table, values } = request
    const metadata = this.#byName.get(table)?.metadata
    const targets = Object.keys(values).flatMap((name) => {
      const lookup = (metadata && columnOf(metadata, name)?.targets) ?? []
      const named = lookup.length > 1 ? values[name + TARGET_SUFFIX] : lookup[0]?.table
      return typeof named === 'string' ? [named] : []
    })
    return [...tablesToCheck(request), ...targets]
  }

  /** Takes over what the store holds. `userId` is whose client org it is. */
  async load(configuration: Configuration, userId: string): Promise<void> {
    await this.catalogue.load()
    this.#privileges = await this.#store.read('load privileges', (tx) => readPrivileges(tx, userId))
    this.#configuration = configuration
    const known = await this.catalogue.tables(Object.keys(configuration.tables))
    this.#byName = checkConfiguration(configuration, known, this.#conflictFunctions)
  }

  /**
   * Copies the metadata when it has changed. Where the configuration cannot be kept with the new metadata (a table is
   * gone), that is reported and the old copy stays: the other tables go on, and what is gone fails by itself.
   */
  async refreshMetadata(signal: AbortSignal): Promise<Pick<SyncReport, 'metadataError'>> {
    if ((await this.#master.metadataStamp(signal)) === this.catalogue.stamp) return {}
    try {
      await this.pullMetadata(signal)
      return {}
    } catch (error) {
      if (!(error instanceof OutpostError) || error.code !== 'invalid') throw error
      return { metadataError: { code: error.code, message: error.message } }
    }
  }

  /** Reads anew what the user may do. Where the master does not tell it, nothing is known of it. */
  async renewPrivileges(userId: string, signal: AbortSignal): Promise<void> {
    const names = (await this.#master.privileges?.(userId, signal)) ?? null
    throwIfAborted(signal)
    const known = this.#privileges
    if (names === null ? known === null : known?.size === names.length && names.every((name) => known.has(name))) return
    await this.#store.write('keep privileges', (tx) => writePrivileges(tx, userId, names))
    this.#privileges = names && new Set(names)
  }

  /**
   * Copies the metadata and says what has changed. Pending transactions that it has no room for become Errors at once.
   * Throws `invalid` when the configuration cannot be kept with it.
   */
  async pullMetadata(signal: AbortSignal): Promise<MetadataDrift> {
    const fresh = await this.#master.metadata(signal)
    throwIfAborted(signal)
    const before = await this.catalogue.tables(Object.keys(this.#configuration.tables))
    const byName = new Map(fresh.tables.map((table) => [table.name, table]))
    const drift = metadataDrift(this.#configuration, before, byName)
    const checked = checkConfiguration(drift.configuration, byName, this.#conflictFunctions)
    const { refused, left } = await this.#store.write('replace catalogue', async (tx) => {
      await replaceCatalogue(tx, fresh.stamp, fresh.tables)
      await writeConfiguration(tx, drift.configuration)
      await restartPulls(tx, this.#changedTables(checked))
      await tx.defineTables([...checked.values()].map((table) => table.store))
      const unfit = await recheckPending(tx, { tables: checked, catalogueStamp: fresh.stamp, now: this.#now() })
      return { refused: unfit, left: (await tx.countTransactions()).pending }
    })
    await this.catalogue.load()
    this.#configuration = drift.configuration
    this.#byName = checked
    this.#emit({ type: 'metadata.pulled', tables: fresh.tables.length, changed: drift.changes.length > 0 })
    for (const seq of refused) this.#emit({ type: 'push.settled', seq, status: 'error', left })
    return drift
  }

  /** Replaces the configuration. Throws `invalid`, or `refused` when a table with unsent changes would go. */
  async configure(configuration: Configuration): Promise<void> {
    const known = await this.catalogue.tables(Object.keys(configuration.tables))
    const checked = checkConfiguration(configuration, known, this.#conflictFunctions)
    refuseUnknownFunctions(configuration, this.#configuration, this.#conflictFunctions)
    await this.#store.write('configure', async (tx) => {
      const removed = [...this.#byName.keys()].filter((name) => !checked.has(name))
      for (const name of removed) {
        const dirty = await tx.bases(name)
        if (dirty.length === 0) continue
        throw new OutpostError(
          'refused',
          `table '${name}' has ${dirty.length} rows with unsent changes; it cannot be removed`,
          {
            place: { table: name },
            remedy: 'Sync first, or archive the transactions.',
          },
        )
      }
      await forgetPulls(tx, removed)
      await restartPulls(tx, this.#changedTables(checked))
      await writeConfiguration(tx, configuration)
      await tx.defineTables([...checked.values()].map((table) => table.store))
    })
    this.#configuration = configuration
    this.#byName = checked
  }

  /** The tables of which other rows or columns are wanted than before. */
  #changedTables(next: ReadonlyMap<string, ConfiguredTable>): readonly string[] {
    return [...next].flatMap(([name, table]) => {
      const now = this.#byName.get(name)
      return now && now.fingerprint !== table.fingerprint ? [name] : []
    })
  }
}

/** A function that is named anew must be given; one that was in force before can be that of another program. */
function refuseUnknownFunctions(next: Configuration, now: Configuration, functions: ConflictFunctions): void {
  for (const [name, { conflictPolicy }] of Object.entries(next.tables)) {
    if (typeof conflictPolicy !== 'object' || Object.hasOwn(functions, conflictPolicy.function)) continue
    const before = now.tables[name]?.conflictPolicy
    if (typeof before === 'object' && before.function === conflictPolicy.function) continue
    const message = `configuration of table '${name}': there is no conflict function '${conflictPolicy.function}'`
    throw new OutpostError('invalid', message, {
      place: { table: name, rule: 'conflict-function' },
      remedy: 'Give it as one of `conflictFunctions` when the client org is opened.',
    })
  }
}
