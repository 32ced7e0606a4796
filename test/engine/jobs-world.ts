import { ClientOrg } from '@outpost/core'
import type { ClientOrgOptions, Configuration, Connectivity, JobRun, MasterOrg, Store } from '@outpost/core'
import { memoryStore, MemoryDatabase } from '@outpost/core/memory'
import { manualEnv } from '@outpost/core/testing'
import type { ManualEnv } from '@outpost/core/testing'
import { dataverseMaster } from '@outpost/dataverse-adapter'
import { createEmulator, fieldService } from '@outpost/dataverse-emulator'
import type { Emulator } from '@outpost/dataverse-emulator'
import { onTestFinished } from 'vitest'
import { knownMetadata } from './known-metadata.ts'
import { administrator } from './world.ts'

export const SECOND = 1000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE

export const KEPT: Configuration = {
  tables: { account: { columns: ['name', 'telephone1'] }, contact: { columns: ['lastname'] } },
  scopes: { accounts: { tables: ['account'] }, people: { tables: ['contact'], direction: 'down' } },
}

/** A network that the test takes away and gives back. */
export interface Network extends Connectivity {
  set(online: boolean): void
}

/** A master in memory, a clock that both sides share, and a device on which jobs run. */
export interface JobWorld {
  readonly emulator: Emulator
  readonly env: ManualEnv
  readonly network: Network
  readonly database: MemoryDatabase
  readonly org: ClientOrg
  readonly store: Store
  /** What the service told, one line for each: job, trigger, outcome. */
  readonly told: string[]
  readonly runs: JobRun[]
  /** Resolves when everything waits for the clock. */
  readonly settle: () => Promise<void>
  /** The paths of the requests since the last look. */
  readonly requests: () => readonly string[]
  /** Another client org on the same store, as in another part of the program. */
  readonly second: (options?: Partial<ClientOrgOptions>) => Promise<ClientOrg>
  /** The program dies and is started again. */
  readonly restart: () => Promise<JobWorld>
}

export async function jobWorld(
  options: {
    readonly now?: number
    readonly configuration?: Configuration
    readonly org?: Partial<ClientOrgOptions>
    /** Whether others can have the store open at the same time, as tabs do. */
    readonly isShared?: boolean
    /** What stands between the client org and its master. */
    readonly through?: (master: MasterOrg) => MasterOrg
  } = {},
): Promise<JobWorld> {
  let inFlight = 0
  let moves = 0
  // A response of the emulator is read by the platform, which takes more than microtasks. One that hangs is waited for no more.
  const settle = async (): Promise<void> => {
    let seen = moves
    for (let quiet = 0; quiet < (inFlight > 0 ? 60 : 12); quiet += 1) {
      await new Promise((resolve) => setImmediate(resolve))
      if (moves !== seen) [quiet, seen] = [0, moves]
    }
  }
  const env = manualEnv({ seed: 1, now: options.now ?? Date.UTC(2026, 4, 1, 8, 10), settle })
  const emulator = createEmulator({ seed: fieldService({ rows: 200 }), clock: () => env.now() })
  const fetch: typeof globalThis.fetch = async (...request) => {
    inFlight += 1
    moves += 1
    try {
      return await emulator.fetch(...request)
    } finally {
      inFlight -= 1
      moves += 1
    }
  }
  const network = networkOf()
  const database = new MemoryDatabase()
  const known = (master: MasterOrg): MasterOrg => knownMetadata(master, emulator, administrator(emulator))
  const openOrg = async (store: Store, more: Partial<ClientOrgOptions> = {}): Promise<ClientOrg> => {
    const org = await ClientOrg.open({
      store,
      master: (options.through ?? ((master: MasterOrg) => master))(
        known(
          dataverseMaster({
            url: emulator.root,
            token: () => Promise.resolve(emulator.tokenFor(administrator(emulator))),
            fetch,
            env,
          }),
        ),
      ),
      env,
      connectivity: network,
      delivery: 'on-demand',
      ...options.org,
      ...more,
    })
    onTestFinished(() => org.close())
    return org
  }
  const open = async (): Promise<JobWorld> => {
    const store = memoryStore({ database })
    if (options.isShared) Object.assign(store, { exclusive: false })
    const org = await openOrg(store)
    const [told, runs]: [string[], JobRun[]] = [[], []]
    org.service.subscribe((run) => {
      told.push(`${run.job} ${run.trigger} ${run.outcome}`)
      if (run.outcome !== 'running') runs.push(run)
    })
    return {
      emulator,
      env,
      network,
      database,
      org,
      store,
      told,
      runs,
      settle,
      requests: () => {
        const sent = emulator.requests().map((request) => request.path)
        emulator.clearRequests()
        return sent
      },
      second: (more) => openOrg(store, more),
      restart: () => {
        database.crash()
        return open()
      },
    }
  }
  const world = await open()
  await world.org.connect()
  await world.org.configure(options.configuration ?? KEPT)
  return world
}

/** A master that is asked table by table. */
export function withoutGlance(given: MasterOrg): MasterOrg {
  const master = { ...given }
  delete master.glance
  return master
}

function networkOf(): Network {
  let online = true
  const listeners = new Set<() => void>()
  return {
    get online() {
      return online
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    set(now) {
      online = now
      for (const listener of listeners) listener()
    },
  }
}
