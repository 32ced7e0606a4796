import { ClientOrg } from '@outpost/core'
import type { Configuration, MasterOrg, Row } from '@outpost/core'
import { memoryStore, MemoryDatabase } from '@outpost/core/memory'
import { manualEnv } from '@outpost/core/testing'
import type { ManualEnv } from '@outpost/core/testing'
import { dataverseMaster } from '@outpost/dataverse-adapter'
import { createEmulator, fieldService, guidFrom, privilegesOf } from '@outpost/dataverse-emulator'
import type { Backup, Emulator, Knobs } from '@outpost/dataverse-emulator'
import { reseededEnv } from '../arena.ts'
import { KEPT } from './kept.ts'
import { powerCutStore } from './power-cut.ts'
import type { PowerCut } from './power-cut.ts'

/** Whose device it is: a technician, who reads the rows of a business unit. */
export const TECHNICIAN = 'Amara Okafor'

/** A role that lets its users read every account and contact; nobody has it to begin with. */
export const OVERSEER = 'Overseer'

/** The master's time when a run begins. The device has a clock of its own. */
const BEGIN = Date.parse('2025-06-02T06:00:00Z')

/** How a request or its answer gets lost. */
export type Break = 'request' | 'answer' | 'cut' | 'refused' | 'portal'

/** What is between a device and the master. The requests are numbered from 0. */
interface Line {
  sent: number
  readonly breaks: Map<number, Break>
  /** Called before a request is sent. */
  before: (() => void) | undefined
}

/** A master and a device for one run; nothing of an earlier run is in them. */
export interface Site {
  readonly emulator: Emulator
  readonly line: Line
  readonly org: ClientOrg
  /** The device's clock. */
  readonly clock: ManualEnv
  /** Lets time pass, everywhere. */
  passes(ms: number): void
  /** Moves the master's clock alone, which never goes back. */
  masterClockGoesOn(ms: number): void
  /** What the device has of a table. */
  held(table: string): Promise<ReadonlyMap<string, HeldRow>>
  /** The power fails at the nth commit from now on. */
  losesPower(cut: PowerCut): void
  /** The device dies at this moment, and is started again. */
  restarts(): Promise<void>
  /** Undone when the run is over. */
  readonly undo: (() => void)[]
  close(): Promise<void>
}

export interface HeldRow {
  readonly version: string | null
  readonly values: Row
}

/**
 * One emulator for all runs: each begins with a backup of it, and with a device that has copied the metadata. Making both
 * anew takes 300 ms, going back to them 2.
 */
class Ground {
  #now = BEGIN
  #seed = 0
  #ids = 0
  readonly #clock = manualEnv({ now: BEGIN })
  readonly #env = reseededEnv(this.#clock)
  readonly emulator: Emulator = createEmulator({
    seed: fieldService({ rows: 200 }),
    clock: () => this.#now,
    newId: () => guidFrom(`run ${this.#seed}|${this.#ids++}`),
    limits: { serviceProtection: false },
    tokenLifetimeMs: 10_000 * 3_600_000,
    logLimit: 100,
  })
  readonly #knobs: Knobs = { ...this.emulator.knobs }
  readonly #database = new MemoryDatabase()
  #backup: Backup | undefined

  async begin(): Promise<void> {
    const { emulator } = this
    for (const table of Object.keys(KEPT)) emulator.tracking.enable(table)
    const everywhere = { read: 'organization' } as const
    emulator.security.addRole({
      name: OVERSEER,
      privileges: privilegesOf('none'),
      tablePrivileges: { account: everywhere, contact: everywhere, new_equipment: everywhere },
    })
    const store = memoryStore({ database: this.#database })
    const org = await ClientOrg.open({
      store,
      master: this.#master((input, init) => emulator.fetch(input, init)),
      env: this.#env,
      delivery: 'on-demand',
    })
    await org.connect()
    await org.close()
    await store.close()
    this.#backup = emulator.backup()
  }

  async open(seed: number, configuration: Configuration, pageSize: number): Promise<Site> {
    const { emulator } = this
    if (!this.#backup) throw new Error('begin first')
    emulator.settle()
    emulator.restoreBackup(this.#backup)
    // What a restore in the middle of a run goes back to, unless a backup is made before.
    emulator.backup()
    emulator.faults.clear()
    emulator.mutateBetweenPages(undefined)
    Object.assign(emulator.knobs, this.#knobs)
    this.#seed = seed
    this.#ids = 0
    this.#env.reseed(seed)
    this.#now = BEGIN
    this.#clock.setClock(BEGIN)
    const database = new MemoryDatabase()
    database.commit(this.#database.state)
    const line: Line = { sent: 0, breaks: new Map(), before: undefined }
    let lives = 0
    let store = powerCutStore(memoryStore({ database }))
    const start = (): Promise<ClientOrg> => {
      const life = ++lives
      return ClientOrg.open({
        store,
        // A device that has died sends nothing more, whatever it was about to send.
        master: this.#master((input, init) =>
          life === lives ? this.#carried(line, input, init) : Promise.reject(new TypeError('fetch failed')),
        ),
        env: this.#env,
        delivery: 'on-demand',
        pageSize,
      })
    }
    let org = await start()
    await org.configure(configuration)
    const undo: (() => void)[] = []
    return {
      emulator,
      line,
      clock: this.#clock,
      undo,
      get org() {
        return org
      },
      passes: (ms) => {
        this.#now += ms
        this.#clock.setClock(this.#clock.now() + ms)
      },
      masterClockGoesOn: (ms) => {
        this.#now += ms
      },
      held: async (table) => {
        const rows = await store.read('compare', (tx) => tx.scan(table, {}))
        return new Map(rows.map(({ id, version, values }) => [id, { version, values }]))
      },
      losesPower: (cut) => store.cutAt(cut),
      restarts: async () => {
        const dead = org
        database.crash()
        store = powerCutStore(memoryStore({ database }))
        org = await start()
        await dead.close()
      },
      close: async () => {
        await org.close()
        for (const undone of undo.splice(0)) undone()
      },
    }
  }

  #master(fetch: Emulator['fetch']): MasterOrg {
    const token = this.emulator.tokenFor(TECHNICIAN)
    return dataverseMaster({
      url: this.emulator.root,
      token: () => Promise.resolve(token),
      fetch,
      env: this.#env,
    })
  }

  async #carried(line: Line, input: string | URL | Request, init: RequestInit | undefined): Promise<Response> {
    const broken = line.breaks.get(line.sent)
    line.sent += 1
    line.before?.()
    if (init?.signal?.aborted) throw init.signal.reason as Error
    switch (broken) {
      case undefined:
        return this.emulator.fetch(input, init)
      case 'request':
        throw new TypeError('fetch failed')
      case 'answer':
        await this.emulator.fetch(input, init)
        throw new TypeError('fetch failed')
      case 'cut': {
        const { status, headers } = await this.emulator.fetch(input, init)
        const body = new ReadableStream<Uint8Array>({
          start: (controller) => controller.error(new TypeError('terminated')),
        })
        return new Response(status === 204 || status === 304 ? null : body, { status, headers })
      }
      case 'refused':
        return new Response('<html>', { status: 503, headers: { 'Content-Type': 'text/html' } })
      case 'portal':
        return new Response('<html>', { status: 200, headers: { 'Content-Type': 'text/html' } })
    }
  }
}

let ground: Promise<Ground> | undefined

async function makeGround(): Promise<Ground> {
  const made = new Ground()
  await made.begin()
  return made
}

/** A site whose device has this configuration and no rows yet. */
export async function openSite(seed: number, configuration: Configuration, pageSize: number): Promise<Site> {
  return (await (ground ??= makeGround())).open(seed, configuration, pageSize)
}
