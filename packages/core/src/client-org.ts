import type { Canary } from './identity/canary.ts'
import type { Catalogue } from './copy/catalogue.ts'
import { claimOwners } from './delivery/claim-owners.ts'
import { commit } from './write/commit.ts'
import { dryRun } from './compare/dry-run.ts'
import type { DryRun } from './compare/dry-run.ts'
import { planConfiguration } from './compare/plan.ts'
import type { ConfigurationPlan } from './compare/plan.ts'
import { repair, verify } from './compare/verify.ts'
import type { RepairReport, VerifyOptions, VerifyReport } from './compare/verify.ts'
import { refuseUnknownChoice } from './choices.ts'
import { ConfigurationDraft } from './copy/configuration-draft.ts'
import { configurationFile, fitFile, namesIn, readConfigurationFile } from './copy/configuration-file.ts'
import type { ConfigurationFile, ConfigurationImport } from './copy/configuration-file.ts'
import { cutOff, needsMaster, notConnected } from './copy/without-master.ts'
import { detach } from './copy/detach.ts'
import type { DetachChoice } from './copy/detach.ts'
import type { WriteOptions } from './write/commit.ts'
import type { Configuration, ConfiguredTable } from './copy/configuration.ts'
import type { ConflictFunctions } from './conflicts/conflict-policy.ts'
import { Delivery, inAll } from './delivery/delivery.ts'
import { Draft } from './write/draft.ts'
import { systemEnv } from './env.ts'
import type { Env } from './env.ts'
import { OutpostError, throwIfAborted } from './errors.ts'
import { EventListeners } from './event-listeners.ts'
import type { OutpostEvent, PushReport, SyncReport } from './events.ts'
import { IdentityGuard, whoseOf } from './identity/identity-guard.ts'
import type { Jobs } from './jobs/jobs.ts'
import { jobsOf } from './jobs/jobs-of.ts'
import { putFiledJobs } from './jobs/put-filed-jobs.ts'
import type { SyncService } from './jobs/service.ts'
import { KeptTables } from './copy/kept-tables.ts'
import type { MetadataDrift } from './copy/metadata-drift.ts'
import type { TableMetadata } from './metadata.ts'
import { oldestPending, tableStatus } from './org-status.ts'
import type { OrgStatus } from './org-status.ts'
import { ConflictLog } from './outbox/conflict-log.ts'
import { Outbox } from './outbox/outbox.ts'
import { alwaysOnline } from './ports/connectivity.ts'
import type { Connectivity } from './ports/connectivity.ts'
import type { MasterIdentity, MasterOrg } from './ports/master-org.ts'
import type { Store } from './ports/store.ts'
import { pullTables } from './pull/pull-tables.ts'
import { startAnew } from './pull/checkpoint.ts'
import type { PullContext } from './pull/pull-context.ts'
import { explainPull } from './pull/explain.ts'
import type { PullExplanation } from './pull/explain.ts'
import { quarantinedRows } from './pull/quarantine.ts'
import type { QuarantinedRow } from './pull/quarantine.ts'
import { lookAtAll } from './pull/look.ts'
import type { Look, LookRequest } from './pull/look.ts'
import { SyncRun } from './pull/sync-run.ts'
import type { Row } from './row.ts'
import { isOfAnother, readSettings, releaseLeases, setSignedOut, writeIdentity } from './settings.ts'
import { connectedByAnother, refusedAfterSignOut, signOut } from './identity/sign-out.ts'
import type { UnsentChoice } from './identity/sign-out.ts'
import { Table } from './rows/table.ts'
import { UnsentWatch } from './identity/unsent-watch.ts'

export interface ClientOrgOptions {
  readonly store: Store
  readonly master: MasterOrg
  readonly env?: Env
  readonly connectivity?: Connectivity
  /** When writes are sent: as soon as they are committed (the default), or only by `push()` and `sync()`. */
  readonly delivery?: 'at-once' | 'on-demand'
  /** Rows per page of a pull. The default is 5,000, the most that Dataverse gives. */
  readonly pageSize?: number
  /** The functions that a table's `conflictPolicy` can name. They belong to the program and are not stored. */
  readonly conflictFunctions?: ConflictFunctions
  /** Where to note, outside of the store's database, that there is unsent work, so that its loss can be told. */
  readonly canary?: Canary
  /** An event warns of a transaction that has been pending for longer than so many days. The default is 7. */
  readonly warnAfterDays?: number
  /** Told of exceptions thrown by listeners of events, which are ignored otherwise. */
  readonly onListenerError?: (error: unknown) => void
}

export interface CallOptions {
  readonly signal?: AbortSignal
}

export interface SyncOptions extends CallOptions {
  /** The tables to pull; all that are configured when absent. */
  readonly tables?: readonly string[]
  /** The name of a scope of the configuration: its tables, in its direction. Instead of `tables`. */
  readonly scope?: string
}

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
  readonly #listeners: EventListeners
  readonly #identity: IdentityGuard
  readonly #watch: UnsentWatch
  /** The master it was cut off from. */
  #detachedFrom: MasterIdentity | null = null

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
      identity: () => this.#connected(),
      hasLeft: async (tx) => {
        if (this.#detachedFrom) throw cutOff(this.#detachedFrom)
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
      connected: () => this.#connected(),
      sync: (asked) => this.sync(asked),
      traffic: () => master.traffic?.() ?? null,
      subscribe: (listener) => this.subscribe(listener),
      connection: () => this.#delivery.connection,
      onListenerError: options.onListenerError ?? (() => {}),
    })
    this.jobs = jobs
    this.service = service
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
      this.#detachedFrom = null
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
  async updateMetadata(options: CallOptions & { readonly whole?: boolean } = {}): Promise<MetadataDrift> {
    return this.#delivery.turns.withMaster(options.signal, async (signal) => {
      await this.#admitted()
      await this.#identity.ensure(signal)
      return this.#kept.pullMetadata(signal, options.whole ? { whole: true } : {})
    })
  }

  /** What `updateMetadata()` would say now. Nothing is changed by it, here or there. */
  async previewMetadata(options: CallOptions = {}): Promise<MetadataDrift> {
    return this.#delivery.turns.withMaster(options.signal, async (signal) => {
      await this.#admitted()
      await this.#identity.ensure(signal)
      return this.#kept.previewMetadata(signal)
    })
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
    return this.#configure(configuration)
  }

  /** Everything that a configuration breaks, each with its place, rule and remedy; the one in force when none is given. */
  configurationProblems(configuration?: Configuration): Promise<readonly OutpostError[]> {
    return this.#kept.problems(configuration)
  }

  /** The configuration in force, to be edited. What is edited has no effect before it is saved. */
  draft(): ConfigurationDraft<ConfigurationPlan> {
    return new ConfigurationDraft(this.configuration, {
      problems: (configuration) => this.#kept.allProblems(configuration),
      plan: (configuration, options) => this.plan(configuration, options),
      save: (configuration, instead) => this.#configure(configuration, { instead }),
    })
  }

  /** Everything that is set up here, as plain JSON for a file: tables, scopes and jobs, without rows or secrets. */
  async exportConfiguration(): Promise<ConfigurationFile> {
    const from = this.#identity.bound ?? this.#detachedFrom
    return configurationFile(this.configuration, from?.url ?? null, await this.jobs.list())
  }

  /**
   * Puts what a file says in force, the configuration as a whole or not at all, and sets up its jobs. Throws `invalid` for
   * a version that cannot be read, and with everything the master or this program does not know; with `unknown:
   * 'leave-out'` that is left out and reported instead, but never a part of a filter, without which other rows would be
   * kept or sent. Throws what `configure` throws.
   */
  async importConfiguration(
    file: unknown,
    options: { readonly unknown?: 'refuse' | 'leave-out' } = {},
  ): Promise<ConfigurationImport> {
    const { configuration, jobs, leftOut } = await this.#fitted(file, options)
    await this.#configure(configuration, {
      also: async (tx) => {
        if (jobs) await putFiledJobs(tx, jobs, this.#env.now())
      },
    })
    this.service.wake()
    return { leftOut }
  }

  /**
   * The configuration that `importConfiguration` would put in force, to be planned or shown. Nothing is changed. Throws
   * `invalid` as that does.
   */
  async readConfiguration(
    file: unknown,
    options: { readonly unknown?: 'refuse' | 'leave-out' } = {},
  ): Promise<ConfigurationImport & { readonly configuration: Configuration }> {
    const { configuration, leftOut } = await this.#fitted(file, options)
    return { configuration, leftOut }
  }

  async #fitted(
    file: unknown,
    { unknown = 'refuse' }: { readonly unknown?: 'refuse' | 'leave-out' },
  ): Promise<ReturnType<typeof fitFile>> {
    refuseUnknownChoice('unknown', unknown, ['refuse', 'leave-out'])
    const read = readConfigurationFile(file)
    const catalogue = await this.#kept.catalogue.tables(namesIn(read))
    return fitFile(read, catalogue, unknown, this.#env.now())
  }

  async #configure(given: Configuration, options?: Parameters<KeptTables['configure']>[1]): Promise<void> {
    const configuration = this.#kept.own(given)
    await this.#delivery.turns.run(async () => {
      // What is only here needs no master.
      if (needsMaster(configuration)) this.#connected()
      const { bound } = this.#identity
      const isOurs = await this.#store.read('look whose it is', async (tx) =>
        bound ? !(await isOfAnother(tx, bound)) : (await readSettings(tx)).identity === null,
      )
      if (!isOurs) throw refusedAfterSignOut()
      await this.#kept.follow(bound?.userId ?? '')
      await this.#kept.configure(configuration, options)
      this.#delivery.begunAnew()
    })
    this.#delivery.wake()
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
      const { userId } = this.#connected()
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
    const table = (): ConfiguredTable => {
      const configured = this.#kept.all.get(name)
      if (configured) return configured
      throw notConfigured(name)
    }
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
    const { bound } = this.#identity
    // What is only here needs no master.
    if (!bound && this.#kept.all.size === 0) this.#connected()
    const draft = new Draft(() => this.#env.newId())
    await body(draft)
    const requests = draft.close()
    const context = {
      tables: this.#kept.all,
      definitions: await this.#kept.catalogue.tables(requests.flatMap((each) => this.#kept.tablesNeeded(each))),
      privileges: this.#kept.privileges,
      ...(bound ? whoseOf(bound) : NOBODY),
      catalogueStamp: this.#kept.catalogue.stamp ?? '',
      now: this.#env.now(),
      id: this.#env.newId(),
      options,
    }
    const seq = await this.#store.write('commit', async (tx) => {
      if (await this.#identity.hasLeft(tx)) throw refusedAfterSignOut()
      return commit(tx, requests, context)
    })
    await this.#watch.told()
    if (seq !== null) this.#delivery.wake()
    return { seq }
  }

  /** Sends what the outbox holds. Throws when the master cannot be asked; everything unsent stays pending then. */
  async push(options: CallOptions = {}): Promise<PushReport> {
    return this.#delivery.push(options.signal, async (signal) => {
      await this.#admitted()
      await this.#watch.warn()
      await this.#identity.ensure(signal)
    })
  }

  /**
   * One whole run: metadata if it has changed, push, then a pull of every configured table, and last what was left of the
   * push because it is large, or was released by the pull. A table that fails does not stop the others; its error is in
   * the report. With `tables`, or with a `scope` of the configuration, only those are pulled; a scope that goes down only
   * sends nothing. Throws when the master cannot be asked at all, and, once everything is pulled, when it gave no answer to
   * what was pushed.
   */
  async sync(options: SyncOptions = {}): Promise<SyncReport> {
    const { tables, isDownOnly } = this.#asked(options)
    const { pushed, isThereMore, ...report } = await this.#delivery.turns.withMaster(options.signal, async (signal) => {
      const { userId } = await this.#admitted()
      await this.#watch.warn()
      const run = new SyncRun(this.#pullContext())
      const sends = !isDownOnly && (await this.#delivery.isSomethingReady())
      const stamp = this.#kept.catalogue.stamp
      const look = await this.#look(run, { tables: tables(), sends }, signal)
      const metadata = await run.inPhase('metadata', () => this.#kept.refreshMetadata(signal, look?.metadataStamp))
      await run.inPhase('standing', () => this.#kept.renewPrivileges(userId, signal, look?.standing ?? undefined))
      const sent = isDownOnly
        ? await this.#delivery.unsent()
        : await run.inPhase('push', () => this.#delivery.pushSmall(signal)).catch(unlessOfOneRequest)
      // Pages that were read before anything was sent, or of tables as they were before, are not what is there now.
      const isAsSeen = !(sent instanceof OutpostError) && isNothing(sent) && this.#kept.catalogue.stamp === stamp
      const firstPages = isAsSeen ? look?.firstPages : undefined
      const asked = { tables: tables(), inPhase: run.inPhase, ...(firstPages ? { firstPages } : {}) }
      const reports = await pullTables(this.#pullContext(), asked, signal)
      if (sent instanceof OutpostError) throw sent
      const more = !isDownOnly && (await this.#delivery.isThereMore())
      return { ...metadata, ...run.cost, pushed: sent, tables: reports, isThereMore: more }
    })
    const rest = isThereMore ? [await this.push(options)] : []
    this.#delivery.wake()
    return { ...report, pushed: inAll([pushed, ...rest]) }
  }

  /**
   * Makes the next pull of these tables, or of all, a full one: every row is read and written anew, and what is no longer
   * there is removed. Rows with unsent changes keep them. Throws `invalid` for an unknown table.
   */
  async resync(tables: readonly string[] = [...this.#kept.byName.keys()]): Promise<void> {
    this.#configured(tables)
    await this.#delivery.turns.run(() => this.#store.write('resync', (tx) => startAnew(tx, tables)))
  }

  async status(): Promise<OrgStatus> {
    await this.#watch.warn()
    const signedOut = await this.#store.read('status', (tx) => this.#identity.hasLeft(tx))
    const { bound } = this.#identity
    // In another tab the store can have been cleared, or have become somebody else's.
    const isGone = bound !== null && (await this.#store.read('status', (tx) => isOfAnother(tx, bound)))
    return {
      identity: bound,
      signedOut,
      catalogueStamp: this.#kept.catalogue.stamp,
      connection: this.#delivery.connection,
      tables: isGone ? {} : await tableStatus(this.#store, this.#kept.byName),
      transactions: await this.outbox.counts(),
      oldestPending: await oldestPending(this.#store, this.#env.now()),
      evicted: this.#watch.evicted,
    }
  }

  /** How a table is pulled, and what that does not find. Asks the device only. Throws `invalid` for an unknown table. */
  async explainPull(table: string): Promise<PullExplanation> {
    const configured = this.#kept.byName.get(table)
    if (!configured) throw notConfigured(table)
    return explainPull(this.#pullContext(), configured)
  }

  /**
   * What `configure(configuration)` followed by `sync()` would do, table by table: rows to add, to drop and to read again,
   * rows with unsent changes that would leave, requests and bytes. Ids and versions are listed under the new scopes;
   * nothing is changed. Throws `invalid` for a configuration that breaks a rule.
   */
  async plan(configuration: Configuration, options: CallOptions = {}): Promise<ConfigurationPlan> {
    return this.#asking(options, async (signal) =>
      planConfiguration(this.#pullContext(), await this.#kept.checked(configuration), signal),
    )
  }

  /**
   * Compares ids and versions of a table with the master's, in ranges of ids and without reading rows, and names the rows
   * that differ. Nothing is changed. Throws `invalid` for an unknown table.
   */
  async verify(table: string, options: VerifyOptions = {}): Promise<VerifyReport> {
    this.#configured([table])
    return this.#asking(options, (signal) =>
      verify(this.#pullContext(), this.#tableNow(table), signal, options.buckets),
    )
  }

  /** Mends what `verify` finds: reads what is missing or stale, removes what is not shown. Unsent changes stay. */
  async repair(table: string, options: VerifyOptions = {}): Promise<RepairReport> {
    this.#configured([table])
    return this.#asking(options, (signal) =>
      repair(this.#pullContext(), this.#tableNow(table), signal, options.buckets),
    )
  }

  /**
   * What `sync()` would create, update and delete on both sides, and which conflicts it would meet. Only reads are sent,
   * and nothing that is stored changes. With `tables`, only those are looked at on the way down.
   */
  async dryRun(options: Pick<SyncOptions, 'signal' | 'tables'> = {}): Promise<DryRun> {
    const { tables } = this.#asked(options)
    return this.#asking(options, (signal) =>
      dryRun({ ...this.#pullContext(), readiness: this.#delivery.readiness() }, tables(), signal),
    )
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
    this.#detachedFrom = settings.detached
    await this.#kept.load(settings.configuration, settings.identity?.userId ?? '')
    this.#delivery.begunAnew()
    if (settings.signedOut) this.#delivery.signedOut()
  }

  /** One look at everything, where the master can be asked so; else who answers is asked for by itself. */
  async #look(run: SyncRun, asked: Omit<LookRequest, 'privileges'>, signal: AbortSignal): Promise<Look | null> {
    const look = await run.inPhase('glance', async () => {
      const privileges = await this.#kept.privilegesAsked()
      const shown = await lookAtAll(this.#pullContext(), { ...asked, privileges }, signal)
      if (shown) this.#identity.answered(shown.identity)
      return shown
    })
    if (!look) await run.inPhase('identity', async () => void (await this.#identity.identify(signal)))
    return look
  }

  /** What a sync was asked to pull; the tables as they are when it comes to that. */
  #asked({ tables, scope: name }: SyncOptions): {
    readonly tables: () => readonly ConfiguredTable[]
    readonly isDownOnly: boolean
  } {
    const scope = name === undefined ? undefined : this.configuration.scopes?.[name]
    if (name !== undefined && (!scope || tables)) {
      const message = scope ? `a scope and tables were both given` : `the configuration has no scope '${name}'`
      throw new OutpostError('invalid', message, { place: { rule: scope ? 'scope-and-tables' : 'unknown-scope' } })
    }
    const names = scope?.tables ?? tables
    this.#configured(names ?? [])
    const all = (): readonly ConfiguredTable[] => [...this.#kept.byName.values()]
    return {
      tables: () => (names ? all().filter(({ metadata }) => names.includes(metadata.name)) : all()),
      isDownOnly: scope?.direction === 'down',
    }
  }

  /** Throws `invalid` unless the tables are configured. */
  #configured(tables: readonly string[]): void {
    for (const table of tables) {
      if (!this.#kept.byName.has(table)) throw notConfigured(table)
    }
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

  /** Asks the master on behalf of the user, in turn with pushes and pulls. */
  #asking<T>({ signal: asked }: CallOptions, body: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return this.#delivery.turns.withMaster(asked, async (signal) => {
      await this.#admitted()
      await this.#identity.ensure(signal)
      return body(signal)
    })
  }

  /** The table as it is configured by now. */
  #tableNow(name: string): ConfiguredTable {
    const table = this.#kept.byName.get(name)
    if (table) return table
    throw notConfigured(name)
  }

  /** Throws unless the master may be asked on behalf of the user this client org belongs to. */
  async #admitted(): Promise<MasterIdentity> {
    const identity = this.#connected()
    await this.#delivery.admit()
    return identity
  }

  #connected(): MasterIdentity {
    if (this.#identity.bound) return this.#identity.bound
    throw this.#detachedFrom === null ? notConnected() : cutOff(this.#detachedFrom)
  }
}

/** What one request can meet though others would not: no reason to leave out the pull. */
const OF_ONE_REQUEST: ReadonlySet<string> = new Set(['timeout', 'unavailable', 'protocol'])

/** Whether a push changed nothing on the master, as far as it is known. */
function isNothing({ processed, refused, overruled, conflicts }: PushReport): boolean {
  return processed + refused + overruled + conflicts === 0
}

function unlessOfOneRequest(error: unknown): OutpostError {
  if (error instanceof OutpostError && OF_ONE_REQUEST.has(error.code)) return error
  throw error
}

/** Whose a write is that is for nobody but this client org. */
const NOBODY = { organizationId: '', userId: '' }

function notConfigured(table: string): OutpostError {
  return new OutpostError('invalid', `table '${table}' is not among the tables this client org keeps`, {
    place: { table, rule: 'unknown-table' },
    remedy: 'Add the table to the configuration.',
  })
}
