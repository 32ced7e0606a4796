import { ClientOrg, OutpostError } from '@outpost/core'
import type { Configuration, Env, StoreColumn, StoreColumnType, TableConfiguration } from '@outpost/core'
import { memoryStore } from '@outpost/core/memory'
import type { MemoryDatabase } from '@outpost/core/memory'
import { dataverseMaster } from '@outpost/dataverse-adapter'
import { Book } from './book.ts'
import { Line } from './line.ts'
import type { Scenario } from './scenario.ts'
import { ShakyStore } from './shaky-store.ts'
import type { StoreFault, StoreWatch } from './shaky-store.ts'

export interface DeviceOptions {
  readonly number: number
  readonly scenario: Scenario
  readonly url: string
  readonly fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>
  readonly token: (user: string) => string
  readonly env: (offset: () => number) => Env
  /** A database that was connected as the user and holds nothing else. */
  readonly connected: (user: string) => MemoryDatabase
  readonly user: string
  readonly pageSize: number
  readonly delivery: 'at-once' | 'on-demand'
  /** Whether two tabs can have the device's database open. */
  readonly hasTabs: boolean
  /** Whether all ids of tables are compared where the scenario says so. */
  readonly comparesIds: boolean
  /** Called with each client org that is opened. */
  readonly onOpened: (org: ClientOrg) => void
  readonly storeWatch: StoreWatch
}

/** How a device goes down. */
export interface Crash {
  /** What was committed without having to outlive a loss of power is lost, too. */
  readonly isPowerLost?: boolean
  /** What goes wrong while it is started again, after which it is started once more. */
  readonly again?: StoreFault
}

/** A device with its user, its database and the client orgs that have it open. It outlives its crashes. */
export class Device {
  readonly number: number
  /** Who is using it now. */
  user: string
  readonly book: Book = new Book()
  readonly line: Line
  readonly hasTabs: boolean
  /** How many rows a page has that it asks for. */
  readonly pageSize: number
  /** How far its clock is ahead of what it should be. */
  clockOffset = 0
  store: ShakyStore
  /** How often a loss of power has taken what did not have to outlive it. */
  powerLosses = 0
  readonly #options: DeviceOptions
  readonly #env: Env
  readonly #database: MemoryDatabase
  /** What a loss of power leaves: everything up to the last commit that had to outlive one. */
  #durable: MemoryDatabase['state']
  #tabs: ClientOrg[] = []
  #life = 0

  constructor(options: DeviceOptions) {
    this.#options = options
    this.number = options.number
    this.user = options.user
    this.hasTabs = options.hasTabs
    this.pageSize = options.pageSize
    this.#env = options.env(() => this.clockOffset)
    this.line = new Line(options.fetch, this.#env)
    this.#database = options.connected(options.user)
    this.#durable = this.#database.state
    this.store = this.#boot()
  }

  /** The client org of the first tab. */
  get org(): ClientOrg {
    const [first] = this.#tabs
    if (!first) throw new RangeError(`device ${this.number} is off`)
    return first
  }

  get tabs(): readonly ClientOrg[] {
    return this.#tabs
  }

  /**
   * The configuration as it goes for this device: on some no ids are compared but where there is a reason, so that what gives
   * a reason is seen. A difference that a step makes can make them be compared all the same.
   */
  asConfigured(configuration: Configuration): Configuration {
    if (this.#options.comparesIds) return configuration
    const entries = Object.entries(configuration.tables)
    const lax = ({ syncDeletion: _, ...table }: TableConfiguration): TableConfiguration => table
    return { ...configuration, tables: Object.fromEntries(entries.map(([name, table]) => [name, lax(table)])) }
  }

  /** Whether what is written is sent without anybody asking for it. */
  get sendsByItself(): boolean {
    return this.#options.delivery === 'at-once'
  }

  /** Whether nothing happens on it by itself. */
  get isQuiet(): boolean {
    return this.#options.delivery === 'on-demand' && !this.#tabs.some(({ service }) => service.isStarted)
  }

  now(): number {
    return this.#env.now()
  }

  async openTab(): Promise<ClientOrg> {
    const { scenario, url, token, delivery } = this.#options
    const life = this.#life
    const org = await ClientOrg.open({
      store: this.store.tab({ exclusive: !this.hasTabs }),
      master: dataverseMaster({
        url,
        token: () => Promise.resolve(token(this.user)),
        // Of a life that has ended nothing more is sent, whatever it was about to send.
        fetch: (input, init) =>
          life === this.#life ? this.line.fetch(input, init) : Promise.reject(new TypeError('fetch failed')),
        env: this.#env,
        // Ids are small: more of them come in a page.
        pageSize: this.pageSize * 4,
      }),
      env: this.#env,
      delivery,
      pageSize: this.pageSize,
      ...(scenario.conflictFunctions ? { conflictFunctions: scenario.conflictFunctions } : {}),
    })
    this.#tabs.push(org)
    this.#options.onOpened(org)
    return org
  }

  async closeTab(): Promise<void> {
    if (this.#tabs.length > 1) await this.#tabs.pop()?.close()
  }

  /** What the store holds now: the same object as long as nothing is committed. */
  get held(): object {
    return this.#database.state
  }

  /** The tables that the store has: another tab may have configured others than one knows of. */
  get tables(): Iterable<string> {
    return this.#database.state.tables.keys()
  }

  hasTable(name: string): boolean {
    return this.#database.state.tables.has(name)
  }

  /** The columns that the store has of a table: the same list as long as they are the same. */
  columnsOf(table: string): readonly StoreColumn[] {
    return this.#database.state.tables.get(table)?.definition.columns ?? []
  }

  /** What a column can hold as the store has it. */
  columnType(table: string, name: string): StoreColumnType | undefined {
    return this.columnsOf(table).find((each) => each.name === name)?.type
  }

  /** Everything that is not committed is gone, and the device is started again with one tab. */
  async crash(how: Crash = {}): Promise<void> {
    const dead = [...this.#tabs]
    this.#fall(how)
    if (how.again) {
      this.store.plan(how.again)
      // It may die of it or not come up; the next start is as good as any.
      await this.openTab().catch(isOurs)
      dead.push(...this.#tabs)
      this.#fall(how)
    }
    await this.openTab()
    await Promise.all(dead.map((org) => org.close()))
  }

  /** It is emptied, and given to somebody as new: connected as them, with nothing else on it. */
  async giveTo(user: string): Promise<void> {
    const old = [...this.#tabs]
    this.#fall({})
    this.#database.commit(this.#options.connected(user).state)
    this.#durable = this.#database.state
    this.user = user
    await this.openTab()
    await Promise.all(old.map((org) => org.close()))
  }

  async close(): Promise<void> {
    this.#life += 1
    const open = this.#tabs
    this.#tabs = []
    await Promise.all(open.map((org) => org.close()))
  }

  #fall({ isPowerLost = false }: Crash): void {
    this.#tabs = []
    this.#life += 1
    this.#database.crash()
    if (isPowerLost) {
      this.powerLosses += 1
      this.#database.commit(this.#durable)
    }
    this.store = this.#boot()
  }

  #boot(): ShakyStore {
    const { storeWatch } = this.#options
    const keep = (): void => void (this.#durable = this.#database.state)
    return new ShakyStore(memoryStore({ database: this.#database }), storeWatch, keep)
  }
}

function isOurs(error: unknown): void {
  if (!(error instanceof OutpostError)) throw error
}
