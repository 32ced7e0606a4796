import { ClientOrg } from '@outpost/core'
import type { Env } from '@outpost/core'
import { memoryStore, MemoryDatabase } from '@outpost/core/memory'
import { dataverseMaster } from '@outpost/dataverse-adapter'
import { Book } from './book.ts'
import { Line } from './line.ts'
import type { Scenario } from './scenario.ts'
import { ShakyStore } from './shaky-store.ts'

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
}

/** A device with its user, its database and the client orgs that have it open. It outlives its crashes. */
export class Device {
  readonly number: number
  /** Who is using it now. */
  user: string
  readonly book: Book = new Book()
  readonly line: Line
  readonly hasTabs: boolean
  /** How far its clock is ahead of what it should be. */
  clockOffset = 0
  store: ShakyStore
  readonly #options: DeviceOptions
  readonly #env: Env
  readonly #database: MemoryDatabase
  #tabs: ClientOrg[] = []
  #life = 0

  constructor(options: DeviceOptions) {
    this.#options = options
    this.number = options.number
    this.user = options.user
    this.hasTabs = options.hasTabs
    this.#env = options.env(() => this.clockOffset)
    this.line = new Line(options.fetch, this.#env)
    this.#database = options.connected(options.user)
    this.store = new ShakyStore(memoryStore({ database: this.#database }))
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

  now(): number {
    return this.#env.now()
  }

  async openTab(): Promise<ClientOrg> {
    const { scenario, url, token, pageSize, delivery } = this.#options
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
      }),
      env: this.#env,
      delivery,
      pageSize,
      ...(scenario.conflictFunctions ? { conflictFunctions: scenario.conflictFunctions } : {}),
    })
    this.#tabs.push(org)
    return org
  }

  async closeTab(): Promise<void> {
    if (this.#tabs.length > 1) await this.#tabs.pop()?.close()
  }

  /** Everything that is not committed is gone, and the device is started again with one tab. */
  async crash(): Promise<void> {
    const dead = this.#tabs
    this.#tabs = []
    this.#life += 1
    this.#database.crash()
    this.store = new ShakyStore(memoryStore({ database: this.#database }))
    await this.openTab()
    await Promise.all(dead.map((org) => org.close()))
  }

  async close(): Promise<void> {
    this.#life += 1
    const open = this.#tabs
    this.#tabs = []
    await Promise.all(open.map((org) => org.close()))
  }
}
