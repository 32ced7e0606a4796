import { Catalogue, replaceCatalogue } from './catalogue.ts'
import { tablesToCheck } from '../write/check-action.ts'
import { checkConfiguration, problemsOf, refuseFirst } from './configuration.ts'
import type { Configuration, ConfiguredTable } from './configuration.ts'
import { checkShape } from './check-shape.ts'
import {
  changedMeanwhile,
  isOldClash,
  isSame,
  newlyTracked,
  unknownFunctions,
  unsentRows,
} from './configuration-change.ts'
import type { ConflictFunctions } from '../conflicts/conflict-policy.ts'
import type { Request } from '../write/draft.ts'
import { OutpostError, throwIfAborted } from '../errors.ts'
import type { OutpostEvent, SyncReport } from '../events.ts'
import { metadataDrift } from './metadata-drift.ts'
import type { MetadataDrift } from './metadata-drift.ts'
import { columnOf } from '../metadata.ts'
import type { TableMetadata } from '../metadata.ts'
import { recheckPending } from '../outbox/recheck.ts'
import type { MasterOrg } from '../ports/master-org.ts'
import type { Store } from '../ports/store.ts'
import { readPrivileges, writePrivileges } from '../write/privileges.ts'
import type { Privileges } from '../write/privileges.ts'
import { followConfiguration, forgetPulls, makeDue } from '../pull/checkpoint.ts'
import { TARGET_SUFFIX } from '../row.ts'
import { EMPTY_SETTINGS, readSettings, writeConfiguration } from '../settings.ts'

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
  #all: ReadonlyMap<string, ConfiguredTable> = new Map()
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

  /** The tables that are kept of the master, by logical name. */
  get byName(): ReadonlyMap<string, ConfiguredTable> {
    return this.#byName
  }

  /** All tables that can be read and written here: the same, and those that only this client org has. */
  get all(): ReadonlyMap<string, ConfiguredTable> {
    return this.#all
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
    this.#take(checkConfiguration(configuration, await this.#definitions(configuration), this.#conflictFunctions))
  }

  /** What a configuration would break, rule by rule; what is in force where none is given. */
  async problems(configuration: Configuration = this.#configuration): Promise<readonly OutpostError[]> {
    const shape: OutpostError[] = []
    if (!checkShape(configuration, (problem) => shape.push(problem))) return shape
    const known = await this.#definitions(configuration)
    const functions = this.#conflictFunctions
    return [
      ...problemsOf(configuration, known, functions),
      ...unknownFunctions(configuration, this.#configuration, functions),
    ]
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
      await followConfiguration(tx, this.#all, checked)
      await tx.defineTables([...checked.values()].map((table) => table.store))
      const unfit = await recheckPending(tx, { tables: checked, catalogueStamp: fresh.stamp, now: this.#now() })
      return { refused: unfit, left: (await tx.countTransactions()).pending }
    })
    await this.catalogue.load()
    this.#configuration = drift.configuration
    this.#take(checked)
    this.#emit({ type: 'metadata.pulled', tables: fresh.tables.length, changed: drift.changes.length > 0 })
    for (const seq of refused) this.#emit({ type: 'push.settled', seq, status: 'error', left })
    return drift
  }

  /**
   * Replaces the configuration. Throws `invalid`, or `refused` when a table with unsent changes would go, or when
   * another configuration than `instead` is in force by now.
   */
  async configure(configuration: Configuration, instead?: Configuration): Promise<void> {
    const problems = await this.problems(configuration)
    refuseFirst(problems.filter((problem) => !isOldClash(problem, this.#configuration)))
    const known = await this.#definitions(configuration)
    const checked = checkConfiguration(configuration, known, this.#conflictFunctions)
    await this.#store.write('configure', async (tx) => {
      const { configuration: stored } = await readSettings(tx)
      if (instead && !isSame(instead, stored)) throw changedMeanwhile()
      const removed = Object.keys(stored.tables).filter((name) => checked.get(name)?.isLocal !== false)
      for (const name of removed) {
        const dirty = await tx.bases(name)
        if (dirty.length > 0) throw unsentRows(name, dirty.length)
      }
      await forgetPulls(tx, removed)
      await followConfiguration(tx, this.#all, checked)
      await makeDue(tx, newlyTracked(this.#configuration, configuration), 'tracking-enabled')
      await writeConfiguration(tx, configuration)
      const all = [...checked.values()]
      // A table that was the master's and is local now, or the other way round, is another table of the same name.
      const others = all.filter(({ metadata: { name }, isLocal }) => {
        return !Object.hasOwn((isLocal ? stored.tables : stored.localTables) ?? {}, name)
      })
      if (others.length < all.length) await tx.defineTables(others.map((table) => table.store))
      await tx.defineTables(all.map((table) => table.store))
    })
    this.#configuration = configuration
    this.#take(checked)
  }

  #take(checked: ReadonlyMap<string, ConfiguredTable>): void {
    this.#all = checked
    this.#byName = new Map([...checked].filter(([, { isLocal }]) => !isLocal))
  }

  /** What the master has under the names of the configuration. */
  #definitions({ tables, localTables = {} }: Configuration): Promise<ReadonlyMap<string, TableMetadata>> {
    return this.catalogue.tables([...Object.keys(tables), ...Object.keys(localTables)])
  }
}
