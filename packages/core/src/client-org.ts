import type { ClientOrgOptions } from './client-org-options.ts'
import { Comparisons } from './compare/comparisons.ts'
import type { DryRun } from './compare/dry-run.ts'
import type { ConfigurationPlan } from './compare/plan.ts'
import type { RepairReport, VerifyOptions, VerifyReport } from './compare/verify.ts'
import type { Catalogue } from './copy/catalogue.ts'
import type { ConfigurationDraft } from './copy/configuration-draft.ts'
import type { ConfigurationFile, ConfigurationImport } from './copy/configuration-file.ts'
import type { Configuration, ConfiguredTable } from './copy/configuration.ts'
import { detach } from './copy/detach.ts'
import type { DetachChoice } from './copy/detach.ts'
import { KeptTables } from './copy/kept-tables.ts'
import type { MetadataDrift } from './copy/metadata-drift.ts'
import { SetUp } from './copy/set-up.ts'
import type { ImportOptions } from './copy/set-up.ts'
import { claimOwners } from './delivery/claim-owners.ts'
import { Delivery } from './delivery/delivery.ts'
import { systemEnv } from './env.ts'
import type { Env } from './env.ts'
import { OutpostError, throwIfAborted } from './errors.ts'
import { EventListeners } from './event-listeners.ts'
import type { OutpostEvent, PushReport, SyncReport } from './events.ts'
import { IdentityGuard } from './identity/identity-guard.ts'
import { connectedByAnother, signOut } from './identity/sign-out.ts'
import type { UnsentChoice } from './identity/sign-out.ts'
import { UnsentWatch } from './identity/unsent-watch.ts'
import { jobsOf } from './jobs/jobs-of.ts'
import type { Jobs } from './jobs/jobs.ts'
import type { SyncService } from './jobs/service.ts'
import type { TableMetadata } from './metadata.ts'
import { orgStatus } from './org-status.ts'
import type { StatusContext } from './org-status.ts'
import type { OrgStatus } from './org-status.ts'
import { ConflictLog } from './outbox/conflict-log.ts'
import { Outbox } from './outbox/outbox.ts'
import { alwaysOnline } from './ports/connectivity.ts'
import type { MasterIdentity, MasterOrg } from './ports/master-org.ts'
import type { Store } from './ports/store.ts'
import { startAnew } from './pull/checkpoint.ts'
import { explainPull } from './pull/explain.ts'
import type { PullExplanation } from './pull/explain.ts'
import type { PullContext } from './pull/pull-context.ts'
import { quarantinedRows } from './pull/quarantine.ts'
import type { QuarantinedRow } from './pull/quarantine.ts'
import type { Row } from './row.ts'
import { Table } from './rows/table.ts'
import { isOfAnother, readSettings, releaseLeases, setSignedOut, writeIdentity } from './settings.ts'
import { configured } from './sync/asked.ts'
import type { CallOptions, SyncOptions } from './sync/asked.ts'
import { sync } from './sync/sync.ts'
import type { SyncContext } from './sync/sync.ts'
import type { WriteOptions } from './write/commit.ts'
import type { Draft } from './write/draft.ts'
import { writeOffline } from './write/write.ts'
import { GroupCommit } from './write/group-commit.ts'
import { WriteOrder } from './write/write-order.ts'
import type { WriteContext } from './write/write.ts'

/**
 * A client org: the on-device copy of a master org's metadata and of the rows its sync filters select.
 *
 * Reads and writes go to the device alone and never wait for the network. Every committed write is an offline
 * transaction in the outbox, sent at once when the master can be reached and kept when not.
 *
 * Once `write()` has resolved, nothing but `archive`, `discard` and a sign-out that discards takes the transaction away:
 * not a crash, not a lost answer, not a refusal.
 */
export class ClientOrg {
  readonly outbox: Outbox
  readonly conflicts: ConflictLog
  /** What is synced when. */
  readonly jobs: Jobs
  /** Runs the jobs, once it is started. */
  readonly service: SyncService
  readonly #store: Store
  readonly #master: MasterOrg
  readonly #env: Env
  readonly #pageSize: number
  readonly #kept: KeptTables
  readonly #delivery: Delivery
  readonly #closing = new AbortController()
  readonly #writes = new WriteOrder()
  readonly #listeners: EventListeners
  readonly #identity: IdentityGuard
  readonly #watch: UnsentWatch
  /** The same, as the rooms are given them. */
  readonly #parts: SyncContext & StatusContext & WriteContext
  readonly #setUp: SetUp
  readonly #comparisons: Comparisons

  /** Opens the client org that the store holds; an empty store gives one that is not connected yet. */
  static async open(options: ClientOrgOptions): Promise<ClientOrg> {
    const org = new ClientOrg(options)
    await org.#load()
    await org.#watch.open()
    org.#delivery.wake()
    return org
  }

  private constructor(options: ClientOrgOptions) {
    const { store, master, env = systemEnv, connectivity = alwaysOnline } = options
    this.#store = store
    this.#master = master
    this.#env = env
    this.#pageSize = options.pageSize ?? 5000
    this.#identity = new IdentityGuard(master, env)
    this.#listeners = new EventListeners(options.onListenerError ?? (() => {}))
    const emit = (event: OutpostEvent): void => this.#listeners.emit(event)
    this.#kept = new KeptTables({
      store,
      master,
      conflictFunctions: { ...options.conflictFunctions },
      emit,
      now: () => env.now(),
    })
    this.#watch = new UnsentWatch({
      store,
      canary: options.canary,
      warnAfterDays: options.warnAfterDays ?? 7,
      now: () => env.now(),
      identity: () => this.#identity.bound,
      emit,
    })
    this.#delivery = new Delivery({
      store,
      master,
      env,
      connectivity,
      mode: options.delivery ?? 'at-once',
      kept: this.#kept,
      identity: this.#identity,
      watch: this.#watch,
      closing: this.#closing.signal,
      emit,
    })
    this.conflicts = new ConflictLog(store)
    this.outbox = new Outbox({
      store,
      tables: () => this.#kept.byName,
      isInForce: (tx) => this.#kept.isInForce(tx),
      follow: () => this.#delivery.follow(),
      identity: () => this.#identity.connected(),
      hasLeft: async (tx) => {
        if (this.#identity.detachedFrom) this.#identity.connected()
        return this.#identity.hasLeft(tx)
      },
      catalogueStamp: () => this.#kept.catalogue.stamp,
      readiness: () => ({ ...this.#delivery.readiness(), connection: this.#delivery.connection }),
      wake: () => this.#delivery.wake(),
      push: (options) => this.push(options),
    })
    const { jobs, service } = jobsOf({
      store,
      env,
      connectivity,
      configuration: () => this.configuration,
      connected: () => this.#identity.connected(),
      sync: (asked) => this.sync(asked),
      traffic: () => master.traffic?.() ?? null,
      subscribe: (listener) => this.subscribe(listener),
      connection: () => this.#delivery.connection,
      onListenerError: options.onListenerError ?? (() => {}),
    })
    this.jobs = jobs
    this.service = service
    this.#parts = {
      store,
      env,
      kept: this.#kept,
      delivery: this.#delivery,
      identity: this.#identity,
      watch: this.#watch,
      outbox: this.outbox,
      writes: this.#writes,
      commits: new GroupCommit(store),
      pulling: () => this.#pullContext(),
    }
    this.#setUp = new SetUp({ ...this.#parts, jobs, service })
    this.#comparisons = new Comparisons(this.#parts)
  }

  /**
   * Binds this client org to the master's organisation, its tenant and the signed-in user, copies the metadata, and sees
   * to it that there is a job. No rows are downloaded.
   *
   * Connecting again renews the copy, and ends a sign-out that kept everything: what is pending is sent then. Throws
   * `wrong-master` when the client org belongs to another organisation or user; nothing is changed then.
   */
  async connect(options: CallOptions = {}): Promise<MasterIdentity> {
    const identity = await this.#delivery.turns.withMaster(options.signal, async (signal) => {
      const found = await this.#identity.identifyWithTenant(signal)
      await this.#store.write('connect', async (tx) => {
        if ((await readSettings(tx)).identity && (await isOfAnother(tx, found))) throw connectedByAnother()
        await writeIdentity(tx, found)
        await setSignedOut(tx, false)
      })
      this.#identity.bound = found
      this.#identity.detachedFrom = null
      await this.#kept.pullMetadata(signal, { whole: true })
      await this.#kept.renewPrivileges(found.userId, signal)
      return found
    })
    await this.jobs.ensure()
    this.#delivery.wake()
    return identity
  }

  /**
   * Brings the copy of the master's metadata up to date and says what has changed. Rows stay; columns that the master no
   * longer has leave the configuration, and pending transactions that need them become Errors. A table that the master no
   * longer has, or whose configuration names what is gone, is kept as it is and not pulled. With `whole` everything is
   * copied anew, else what has changed.
   */
  updateMetadata(options: CallOptions & { readonly whole?: boolean } = {}): Promise<MetadataDrift> {
    return this.#delivery.asking(options.signal, (signal) =>
      this.#kept.pullMetadata(signal, options.whole ? { whole: true } : {}),
    )
  }

  /** What `updateMetadata()` would say now. Nothing is changed by it, here or there. */
  previewMetadata(options: CallOptions = {}): Promise<MetadataDrift> {
    return this.#delivery.asking(options.signal, (signal) => this.#kept.previewMetadata(signal))
  }

  /** The tables of the master, as the local copy of its metadata has them. */
  masterTables(): ReturnType<Catalogue['list']> {
    return this.#kept.catalogue.list()
  }

  /** The definition of one table of the master, as the local copy has it; undefined when the master has no such table. */
  async masterTable(name: string): Promise<TableMetadata | undefined> {
    const tables = await this.#kept.catalogue.tables([name])
    return tables.get(name)
  }

  /** The configuration in force. */
  get configuration(): Configuration {
    return this.#kept.configuration
  }

  /**
   * Replaces the configuration as a whole, or not at all. Rows of tables that are no longer configured are removed from
   * the device. Throws `invalid` naming table, column and rule; `refused` when a table with unsent transactions would go.
   */
  configure(configuration: Configuration): Promise<void> {
    return this.#setUp.configure(configuration)
  }

  /** Everything that a configuration breaks, each with its place, rule and remedy; the one in force when none is given. */
  configurationProblems(configuration?: Configuration): Promise<readonly OutpostError[]> {
    return this.#kept.problems(configuration)
  }

  /** The configuration in force, to be edited. What is edited has no effect before it is saved. */
  draft(): ConfigurationDraft<ConfigurationPlan> {
    return this.#setUp.draft((configuration, options) => this.plan(configuration, options))
  }

  /** Everything that is set up here, as plain JSON for a file: tables, scopes and jobs, without rows or secrets. */
  exportConfiguration(): Promise<ConfigurationFile> {
    return this.#setUp.file()
  }

  /**
   * Puts what a file says in force, its jobs included: all of it or nothing. Jobs that it does not name are removed, but by
   * a file that says nothing of jobs all are left as they are. Throws `invalid` for a version that cannot be read, and
   * with everything the master or this program does not know; with `unknown:
   * 'leave-out'` that is left out and reported instead, but never a part of a filter, without which other rows would be
   * kept or sent. Throws what `configure` throws.
   */
  importConfiguration(file: unknown, options: ImportOptions = {}): Promise<ConfigurationImport> {
    return this.#setUp.import(file, options)
  }

  /**
   * The configuration that `importConfiguration` would put in force, to be planned or shown. Nothing is changed. Throws
   * `invalid` as that does.
   */
  readConfiguration(
    file: unknown,
    options: ImportOptions = {},
  ): Promise<ConfigurationImport & { readonly configuration: Configuration }> {
    return this.#setUp.read(file, options)
  }

  /**
   * Cuts this client org off from its master, once and for all: what it holds goes on as a local org. Its tables become
   * local tables with all of their rows; reads, writes, deletes and queries go on, and nothing is sent or pulled. What
   * becomes of unsent work `unsent` says: `refuse` (the default) throws `UnsentError` when there is any, `keep` leaves
   * the rows as they are shown, `discard` takes them back to what the master was known to have.
   *
   * `connect()` binds it to a master again, the same or another, which adds that master's tables to what is here. A table
   * that is here already stays the local one until it is taken out of the configuration.
   */
  async detach(options: { readonly unsent?: DetachChoice } = {}): Promise<void> {
    await this.#delivery.turns.run(async () => {
      const { userId } = this.#identity.connected()
      await this.#kept.follow(userId)
      const readiness = this.#delivery.readiness()
      await this.#watch.givingUp(() =>
        this.#store.write('detach', (tx) => detach(tx, this.#kept.all, options.unsent ?? 'refuse', readiness)),
      )
      this.#identity.forget()
      await this.#load()
    })
  }

  /** The rows of a configured table. `T` is the application's own row type. Throws `invalid` for an unknown table. */
  table<T extends Row = Row>(name: string): Table<T> {
    const table = (): ConfiguredTable => configured(this.#kept.all, name)
    table()
    return new Table<T>({
      store: this.#store,
      table,
      filterContext: () => this.#delivery.readiness(),
    })
  }

  /**
   * Commits row operations as one offline transaction: all of them or none, here and on the master. Resolves when they
   * are durable on the device, without waiting for the network; `seq` is null when nothing has to be sent: nothing was
   * changed, or only what this client org has for itself, its local tables and columns. Throws `invalid` for what the
   * master would certainly refuse, naming table, row, column and rule.
   */
  async write(body: (draft: Draft) => unknown, options: WriteOptions = {}): Promise<{ readonly seq: number | null }> {
    throwIfAborted(this.#closing.signal)
    try {
      const seq = await writeOffline(this.#parts, body, options)
      await this.#watch.told()
      if (seq !== null) this.#delivery.wake()
      return { seq }
    } catch (error) {
      // It may be in the store all the same.
      if (error instanceof OutpostError && error.code === 'store') this.#delivery.wake()
      throw error
    }
  }

  /** Sends what the outbox holds. Throws when the master cannot be asked; everything unsent stays pending then. */
  push(options: CallOptions = {}): Promise<PushReport> {
    return this.#delivery.push(options.signal)
  }

  /**
   * One whole run: metadata if it has changed, push, then a pull of every configured table, and last what was left of the
   * push because it is large, or was released by the pull. A table that fails does not stop the others; its error is in
   * the report. With `tables`, or with a `scope` of the configuration, only those are pulled; a scope that goes down only
   * sends nothing. Throws when the master cannot be asked at all, and, once everything is pulled, when it gave no answer to
   * what was pushed.
   */
  sync(options: SyncOptions = {}): Promise<SyncReport> {
    return sync(this.#parts, options)
  }

  /**
   * Makes the next pull of these tables, or of all, a full one: every row is read and written anew, and what is no longer
   * there is removed. Rows with unsent changes keep them. Throws `invalid` for an unknown table.
   */
  async resync(tables: readonly string[] = [...this.#kept.byName.keys()]): Promise<void> {
    for (const table of tables) configured(this.#kept.byName, table)
    await this.#delivery.turns.run(() => this.#store.write('resync', (tx) => startAnew(tx, tables)))
  }

  status(): Promise<OrgStatus> {
    return orgStatus(this.#parts)
  }

  /** How a table is pulled, and what that does not find. Asks the device only. Throws `invalid` for an unknown table. */
  async explainPull(table: string): Promise<PullExplanation> {
    return explainPull(this.#pullContext(), configured(this.#kept.byName, table))
  }

  /**
   * What `configure(configuration)` followed by `sync()` would do, table by table: rows to add, to drop and to read again,
   * rows with unsent changes that would leave, requests and bytes. Ids and versions are listed under the new scopes;
   * nothing is changed. Throws `invalid` for a configuration that breaks a rule.
   */
  plan(configuration: Configuration, options: CallOptions = {}): Promise<ConfigurationPlan> {
    return this.#comparisons.plan(configuration, options)
  }

  /**
   * Compares ids and versions of a table with the master's, in ranges of ids and without reading rows, and names the rows
   * that differ. Nothing is changed. Throws `invalid` for an unknown table.
   */
  verify(table: string, options: VerifyOptions = {}): Promise<VerifyReport> {
    return this.#comparisons.verify(table, options)
  }

  /** Mends what `verify` finds: reads what is missing or stale, removes what is not shown. Unsent changes stay. */
  repair(table: string, options: VerifyOptions = {}): Promise<RepairReport> {
    return this.#comparisons.repair(table, options)
  }

  /**
   * What `sync()` would create, update and delete on both sides, and which conflicts it would meet. Only reads are sent,
   * and nothing that is stored changes. With `tables`, only those are looked at on the way down.
   */
  dryRun(options: Pick<SyncOptions, 'signal' | 'tables'> = {}): Promise<DryRun> {
    return this.#comparisons.dryRun(options)
  }

  /** The rows that the master no longer shows and that stay because they have unsent changes; of one table or of all. */
  async quarantined(table?: string): Promise<readonly QuarantinedRow[]> {
    return this.#store.read('quarantined rows', (tx) => quarantinedRows(tx, table))
  }

  /** Forgets a pause of the connection, or that a sign-in was missing, and tries again now. */
  reconnect(): void {
    this.#identity.forget()
    this.#delivery.reconnect()
  }

  /** Resolves when the delivery that is going on in the background, if any, has ended. */
  idle(): Promise<void> {
    return this.#delivery.idle()
  }

  /** Calls the listener with every event from now on. Returns the way out. */
  subscribe(listener: (event: OutpostEvent) => void): () => void {
    return this.#listeners.add(listener)
  }

  /**
   * Signs the user out of this device. What happens to transactions that the master does not have yet, `unsent` says:
   *
   * - `refuse` (the default): throws `UnsentError` (code `refused`) with their counts when there are any. Otherwise
   *   everything is removed from the device.
   * - `keep`: everything stays. Nothing is sent, pulled or written until the same user calls `connect()` again.
   * - `discard`: everything is removed from the device, unsent transactions included.
   */
  async signOut(options: { readonly unsent?: UnsentChoice } = {}): Promise<void> {
    const { unsent = 'refuse' } = options
    const leave = (): Promise<void> =>
      this.#store.write('sign out', (tx) => signOut(tx, unsent, this.#delivery.readiness()))
    await this.#delivery.turns.run(async () => {
      await (unsent === 'discard' ? this.#watch.givingUp(leave) : leave())
      this.#identity.forget()
      await this.#load()
    })
  }

  /** Ends background work and waits for what is going on. The store stays open: it belongs to whoever opened it. */
  async close(): Promise<void> {
    this.#closing.abort(new OutpostError('closed', 'the client org was closed'))
    await this.service.close()
    await this.#delivery.close()
    await this.#watch.close()
  }

  async #load(): Promise<void> {
    const settings = await this.#store.read('load settings', readSettings)
    if (this.#store.exclusive) {
      await this.#store.write('release leases', (tx) => releaseLeases(tx, claimOwners(this.#store)))
    }
    this.#identity.bound = settings.identity
    this.#identity.detachedFrom = settings.detached
    await this.#kept.load(settings.configuration, settings.identity?.userId ?? '')
    this.#delivery.begunAnew()
    if (settings.signedOut) this.#delivery.signedOut()
  }

  #pullContext(): PullContext {
    return {
      store: this.#store,
      master: this.#master,
      env: this.#env,
      pageSize: this.#pageSize,
      tables: this.#kept.byName,
      mobileTracking: this.#kept.configuration.mobileTracking,
      userId: this.#identity.bound?.userId ?? '',
      emit: (event) => this.#listeners.emit(event),
    }
  }
}
