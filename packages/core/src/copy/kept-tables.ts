import { Catalogue, readStamp, retireTables } from './catalogue.ts'
import { tablesToCheck } from '../write/check-action.ts'
import { problemsOf, refuseProblems } from './check-configuration.ts'
import type { Configuration, ConfiguredTable } from './configuration.ts'
import { checkShape } from './check-shape.ts'
import {
  changedMeanwhile,
  hasOtherColumns,
  isOldClash,
  isSame,
  newlyTracked,
  notCompared,
  unknownFunctions,
  unsentRows,
} from './configuration-change.ts'
import type { ConflictFunctions } from '../conflicts/conflict-policy.ts'
import type { Request } from '../write/draft.ts'
import { throwIfAborted } from '../errors.ts'
import type { OutpostError } from '../errors.ts'
import type { OutpostEvent, SyncReport } from '../events.ts'
import { fitConfiguration } from './fit-configuration.ts'
import type { Definitions } from './fit-configuration.ts'
import type { MetadataDrift } from './metadata-drift.ts'
import { NO_PAST, readPast } from './past-kinds.ts'
import { readableTables } from './readable-tables.ts'
import { applyRefresh, askForMetadata, planRefresh, recheckWith } from './refresh-metadata.ts'
import type { Refresh } from './refresh-metadata.ts'
import { columnOf } from '../metadata.ts'
import { readUserFacts, renewStanding } from '../identity/standing.ts'
import type { MasterOrg, Standing, UserFacts } from '../ports/master-org.ts'
import type { Store, StoreReader, StoreWriter } from '../ports/store.ts'
import { readPrivileges } from '../write/privileges.ts'
import type { Privileges } from '../write/privileges.ts'
import { dueOf, followConfiguration, forgetPulls, makeDue } from '../pull/checkpoint.ts'
import { forgetStrategies } from '../pull/strategies.ts'
import { TARGET_SUFFIX } from '../row.ts'
import { refreshUnsent } from '../rows/local-rows.ts'
import { EMPTY_SETTINGS, readConfiguration, writeConfiguration } from '../settings.ts'

export interface KeptTablesOptions {
  readonly store: Store
  readonly master: MasterOrg
  readonly conflictFunctions: ConflictFunctions
  emit(event: OutpostEvent): void
  /** The device clock. */
  now(): number
}

/** What is in force of a store, whoever put it there. */
export interface InForce {
  readonly configuration: Configuration
  /** Of the copy of the metadata. */
  readonly stamp: string | null
}

export async function inForce(tx: StoreReader): Promise<InForce> {
  return { configuration: await readConfiguration(tx), stamp: await readStamp(tx) }
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
  #readable: ReadonlyMap<string, ConfiguredTable> = new Map()
  #definitions: Definitions = { present: new Map(), retired: new Map(), past: NO_PAST }
  /** What `privilegesAsked` gives for these tables. */
  #asked: readonly string[] | undefined
  #privileges: Privileges | null = null
  #userFacts: UserFacts = {}
  /** Whose client org was loaded. */
  #userId = ''

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

  /** The tables that are kept of the master, by logical name; the same map as long as the same is asked for. */
  get byName(): ReadonlyMap<string, ConfiguredTable> {
    return this.#readable
  }

  /** All tables that can be read and written here: the same, and those that only this client org has. */
  get all(): ReadonlyMap<string, ConfiguredTable> {
    return this.#all
  }

  /** What the user may do; null where it is not known. */
  get privileges(): Privileges | null {
    return this.#privileges
  }

  /** What filters may ask about the user, as far as the master has told it. */
  get userFacts(): UserFacts {
    return this.#userFacts
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
    this.#may(await this.#store.read('load privileges', (tx) => readPrivileges(tx, userId)))
    this.#userFacts = await this.#store.read('load facts', (tx) => readUserFacts(tx, userId))
    this.#userId = userId
    this.#configuration = configuration
    this.#definitions = await this.#definitionsFor(configuration)
    this.#take(fitConfiguration(configuration, this.#definitions, this.#conflictFunctions))
  }

  /**
   * Takes over what was put in force by another tab or program since. Gives back whether anything was. `stored` is what
   * the store has, where it was read just now.
   */
  async follow(userId: string, stored?: InForce): Promise<boolean> {
    const there = stored ?? (await this.#store.read('look for another configuration', (tx) => inForce(tx)))
    if (this.#isThis(there)) return false
    await this.load(there.configuration, userId)
    return true
  }

  /** Whether nothing else was put in force since. */
  async isInForce(tx: StoreReader): Promise<boolean> {
    return this.#isThis(await inForce(tx))
  }

  #isThis({ configuration, stamp }: InForce): boolean {
    return stamp === this.catalogue.stamp && isSame(configuration, this.#configuration)
  }

  /** The configuration as it is now, for itself: what its maker does to it later counts for nothing. Throws `invalid`. */
  own(configuration: Configuration): Configuration {
    const problems: OutpostError[] = []
    checkShape(configuration, (problem) => problems.push(problem))
    refuseProblems(problems)
    return JSON.parse(JSON.stringify(configuration)) as Configuration
  }

  /**
   * What a configuration would break, rule by rule. Where none is given, that of the one in force, and the tables of which
   * not everything is known because they were not compared since their tracking was changed.
   */
  async problems(configuration?: Configuration): Promise<readonly OutpostError[]> {
    if (configuration) return this.#broken(configuration)
    const waiting = await this.#store.read('look for tables to compare', async (tx) => {
      const names: string[] = []
      for (const name of this.#byName.keys()) {
        if ((await dueOf(tx, name)).includes('tracking-enabled')) names.push(name)
      }
      return names
    })
    return [...(await this.#broken(this.#configuration)), ...waiting.map(notCompared)]
  }

  async #broken(configuration: Configuration): Promise<readonly OutpostError[]> {
    const shape: OutpostError[] = []
    if (!checkShape(configuration, (problem) => shape.push(problem))) return shape
    const { present, retired } = await this.#definitionsFor(configuration)
    const known = new Map([...retired, ...present])
    const functions = this.#conflictFunctions
    return [
      ...problemsOf(configuration, known, functions),
      ...unknownFunctions(configuration, this.#configuration, functions),
    ]
  }

  /** What all tables would be under a configuration, for the user. Throws `invalid` for what it breaks. */
  async checked(configuration: Configuration): Promise<ReadonlyMap<string, ConfiguredTable>> {
    const problems = await this.#broken(configuration)
    refuseProblems(problems.filter((problem) => !isOldClash(problem, this.#configuration)))
    const tables = fitConfiguration(configuration, await this.#definitionsFor(configuration), this.#conflictFunctions)
    return readableTables(tables, this.#privileges)
  }

  /** The same, and the tables that cannot go because of unsent changes of their rows. */
  async allProblems(configuration: Configuration): Promise<readonly OutpostError[]> {
    const problems = (await this.#broken(configuration)).filter((each) => !isOldClash(each, this.#configuration))
    if (problems.some(({ place }) => place.rule === 'configuration-shape')) return problems
    const gone = [...this.#byName.keys()].filter((name) => !Object.hasOwn(configuration.tables, name))
    const unsent = await this.#store.read('look for unsent rows', async (tx) => {
      const found: OutpostError[] = []
      for (const name of gone) {
        const dirty = await tx.bases(name)
        if (dirty.length > 0) found.push(unsentRows(name, dirty.length))
      }
      return found
    })
    return [...problems, ...unsent]
  }

  /** Brings the copy of the metadata up to date when it has changed. `stamp` is the master's, where it is known. */
  async refreshMetadata(signal: AbortSignal, stamp?: string): Promise<Pick<SyncReport, 'metadata'>> {
    const there = stamp ?? (await this.#master.metadataStamp(signal))
    const whole = await this.catalogue.isDistrusted()
    if (!whole && there === this.catalogue.stamp) return {}
    const { configuration: _, ...metadata } = await this.pullMetadata(signal, { stamp: there, whole })
    return { metadata }
  }

  /**
   * Sees whether the user's standing has changed, and reads anew what the user may do where it has. Where the master does
   * not tell it, nothing is known of it. `shown` is the standing that a look with `privilegesAsked()` has shown.
   */
  async renewPrivileges(userId: string, signal: AbortSignal, shown?: Standing | null): Promise<void> {
    const asked = await this.privilegesAsked()
    const request = { userId, asked, tables: [...this.#byName.keys()], ...(shown === undefined ? {} : { shown }) }
    const renewed = await renewStanding({ store: this.#store, master: this.#master }, request, signal)
    this.#may(renewed.privileges)
    this.#userFacts = renewed.facts
  }

  /** The names of the privileges that decide what may be done with the kept tables and with what their lookups point to. */
  async privilegesAsked(): Promise<readonly string[]> {
    if (this.#asked) return this.#asked
    const tables = this.#byName
    const asked = await this.#privilegesOf(tables)
    if (tables === this.#byName) this.#asked = asked
    return asked
  }

  async #privilegesOf(byName: ReadonlyMap<string, ConfiguredTable>): Promise<readonly string[]> {
    const kept = [...byName.values()].map(({ metadata }) => metadata)
    const targets = kept.flatMap(({ columns }) => columns.flatMap((column) => column.targets ?? []))
    const others = [...new Set(targets.map(({ table }) => table))].filter((name) => !byName.has(name))
    const tables = [...kept, ...(await this.catalogue.tables(others)).values()]
    return [...new Set(tables.flatMap(({ privileges = {} }) => Object.values(privileges)))].toSorted()
  }

  /**
   * Brings the copy of the metadata up to date and says what has changed. Pending transactions that it has no room for
   * become Errors at once. What of the configuration does not fit any more stops its own table and no other.
   */
  async pullMetadata(
    signal: AbortSignal,
    options: { readonly stamp?: string; readonly whole?: boolean } = {},
  ): Promise<MetadataDrift> {
    const refresh = await this.#planRefresh(signal, options)
    const { update, definitions, drift, after } = refresh
    const done = await this.#store.write('update catalogue', async (tx) => {
      const { configuration, stamp } = await inForce(tx)
      if (stamp !== refresh.stamp || !isSame(configuration, refresh.configuration)) return null
      return {
        ...(await applyRefresh(tx, refresh, this.#now())),
        left: (await tx.countTransactions()).pending,
      }
    })
    if (!done) {
      // Another tab was faster: what it has brought up to date has not changed since.
      await this.follow(this.#userId)
      return this.pullMetadata(signal, options)
    }
    const { refused, migrated, left } = done
    await this.catalogue.load()
    this.#configuration = drift.configuration
    this.#definitions = definitions
    this.#take(after)
    const { configuration, ...rest } = drift
    const told = { ...rest, refused: refused.map(({ seq }) => seq), migrated: migrated.map(({ seq }) => seq) }
    const changed = drift.changes.length > 0
    this.#emit({ type: 'metadata.pulled', tables: update.tables.length, changed, drift: told })
    for (const { seq } of refused) this.#emit({ type: 'push.settled', seq, status: 'error', left })
    return { ...told, configuration }
  }

  /** What `pullMetadata` would say now. Nothing is changed. */
  async previewMetadata(signal: AbortSignal): Promise<MetadataDrift> {
    const refresh = await this.#planRefresh(signal, {})
    const { refused, migrated } = await this.#store.read('preview metadata', (tx) =>
      recheckWith(tx, refresh, this.#now()),
    )
    return { ...refresh.drift, refused: refused.map(({ seq }) => seq), migrated: migrated.map(({ seq }) => seq) }
  }

  async #planRefresh(
    signal: AbortSignal,
    options: { readonly stamp?: string; readonly whole?: boolean },
  ): Promise<Refresh> {
    const stamp = options.stamp ?? (await this.#master.metadataStamp(signal))
    const whole = options.whole ?? (await this.catalogue.isDistrusted())
    const update = await askForMetadata(this.#master, this.catalogue, { stamp, whole }, signal)
    throwIfAborted(signal)
    return planRefresh(update, this.catalogue.stamp, {
      configuration: this.#configuration,
      definitions: this.#definitions,
      tables: this.#all,
      functions: this.#conflictFunctions,
    })
  }

  /**
   * Replaces the configuration. Throws `invalid`, or `refused` when a table with unsent changes would go, or when
   * another configuration than `instead` is in force by now. `also` is done in the same store transaction.
   */
  async configure(
    configuration: Configuration,
    { instead, also }: { readonly instead?: Configuration; readonly also?: (tx: StoreWriter) => Promise<void> } = {},
  ): Promise<void> {
    const problems = await this.#broken(configuration)
    refuseProblems(problems.filter((problem) => !isOldClash(problem, this.#configuration)))
    const definitions = await this.#definitionsFor(configuration)
    const checked = fitConfiguration(configuration, definitions, this.#conflictFunctions)
    await this.#store.write('configure', async (tx) => {
      const stored = await readConfiguration(tx)
      if (instead && !isSame(instead, stored)) throw changedMeanwhile()
      const removed = Object.keys(stored.tables).filter((name) => checked.get(name)?.isLocal !== false)
      for (const name of removed) {
        const dirty = await tx.bases(name)
        if (dirty.length > 0) throw unsentRows(name, dirty.length)
      }
      await forgetPulls(tx, removed)
      await forgetStrategies(tx, removed)
      await followConfiguration(tx, this.#all, checked)
      await makeDue(tx, newlyTracked(this.#configuration, configuration), 'tracking-enabled')
      await writeConfiguration(tx, configuration)
      await retireTables(tx, definitions.retired)
      const all = [...checked.values()]
      // A table that was the master's and is local now, or the other way round, is another table of the same name.
      const others = all.filter(({ metadata: { name }, isLocal }) => {
        return !Object.hasOwn((isLocal ? stored.tables : stored.localTables) ?? {}, name)
      })
      if (others.length < all.length) await tx.defineTables(others.map((table) => table.store))
      await tx.defineTables(all.map((table) => table.store))
      for (const [name, table] of checked)
        if (hasOtherColumns(stored.tables[name], configuration.tables[name])) await refreshUnsent(tx, table)
      await also?.(tx)
    })
    this.#configuration = configuration
    this.#definitions = definitions
    this.#take(checked)
  }

  #take(checked: ReadonlyMap<string, ConfiguredTable>): void {
    this.#all = checked
    this.#asked = undefined
    this.#byName = new Map([...checked].filter(([, { isLocal }]) => !isLocal))
    this.#readable = readableTables(this.#byName, this.#privileges)
  }

  #may(privileges: Privileges | null): void {
    const before = this.#privileges
    const areSame = before?.size === privileges?.size && [...(privileges ?? [])].every((name) => before?.has(name))
    this.#privileges = privileges
    if (!areSame) this.#readable = readableTables(this.#byName, privileges)
  }

  /** What the master has, or had, under the names of the configuration. */
  async #definitionsFor({ tables, localTables = {} }: Configuration): Promise<Definitions> {
    const present = await this.catalogue.tables([...Object.keys(tables), ...Object.keys(localTables)])
    const retired = await this.catalogue.retired(Object.keys(tables).filter((name) => !present.has(name)))
    return { present, retired, past: await this.#store.read('load past kinds', readPast) }
  }
}
