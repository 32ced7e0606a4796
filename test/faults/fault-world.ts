import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ClientOrg, OutpostError } from '@outpost/core'
import type { Configuration, MasterOrg, OrgStatus, Row, Store, SyncReport } from '@outpost/core'
import { manualEnv } from '@outpost/core/testing'
import type { ManualEnv } from '@outpost/core/testing'
import { dataverseMaster } from '@outpost/dataverse-adapter'
import type { TokenRequest } from '@outpost/dataverse-adapter'
import { createEmulator, fieldService } from '@outpost/dataverse-emulator'
import type { Emulator, EmulatorOptions, Incoming, Outgoing } from '@outpost/dataverse-emulator'
import { serve } from '@outpost/dataverse-emulator/server'
import { openSqliteStore } from '@outpost/store-sqlite'
import { expect, onTestFinished } from 'vitest'
import { administrator, differences } from '../engine/world.ts'
import { chaosProxy } from './chaos-proxy.ts'
import type { ChaosProxy } from './chaos-proxy.ts'

/** No request takes longer than this, by the manual clock. */
export const DEADLINE_MS = 30_000

/** The changes that a sync sends as a batch. Its first batch is the look at everything, which only reads. */
export const CHANGES_OF_SYNC = { match: /^POST .*\$batch/, nth: 2 } as const

/** Longer than any pause or back-off; shorter than the life of a token. */
const LATER_MS = 10 * 60_000

/** Accounts come in three pages and contacts in five; ids are compared at every pull, on pages of the same size. */
export const PAGE_SIZE = 3

export const CONFIGURATION: Configuration = {
  tables: {
    account: {
      columns: ['name', 'accountnumber', 'telephone1', 'revenue', 'numberofemployees', 'primarycontactid'],
      syncDeletion: true,
    },
    contact: {
      columns: ['firstname', 'lastname', 'fullname', 'emailaddress1', 'parentcustomerid'],
      syncDeletion: true,
    },
  },
}

/** A master behind real HTTP, a network that can fail, and the clock that all share. Everything ends with the test. */
export interface FaultWorld {
  readonly emulator: Emulator
  readonly proxy: ChaosProxy
  readonly env: ManualEnv
  master(options?: MasterOptions): MasterOrg
  /** A client org on disk, not connected yet. */
  device(options?: DeviceOptions): Promise<Device>
  /** A client org on disk that holds everything the master has. */
  synced(options?: DeviceOptions): Promise<Device>
  /** The faults stop; time passes until nothing waits any more. */
  heal(): Promise<void>
  /** How many requests of clients had an effect on this account or contact, whatever became of their answers. */
  effects(id: string): number
}

export interface MasterOptions {
  readonly url?: string
  readonly token?: (request: TokenRequest) => string | Promise<string>
}

export interface DeviceOptions extends MasterOptions {
  readonly configuration?: Configuration
  readonly path?: string
  readonly delivery?: 'at-once' | 'on-demand'
  readonly pageSize?: number
  readonly store?: (store: Store) => Store
}

export interface Device {
  readonly org: ClientOrg
  readonly store: Store
  readonly path: string
  readonly rows: (table: string) => Promise<ReadonlyMap<string, Row>>
}

/** The database of a client org in sync. Every emulator of these tests begins with the same rows, so that one does for all. */
let template: Promise<Uint8Array> | undefined

async function makeTemplate(): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'outpost-template-'))
  const { env, emulator } = begin()
  const path = join(folder, 'client.db')
  const store = await openSqliteStore({ path })
  const token = (): Promise<string> => Promise.resolve(emulator.tokenFor(administrator(emulator)))
  const master = dataverseMaster({ url: emulator.root, token, env, fetch: emulator.fetch, pageSize: PAGE_SIZE })
  const org = await ClientOrg.open({ store, master, env, delivery: 'on-demand', pageSize: PAGE_SIZE })
  await org.connect()
  await org.configure(CONFIGURATION)
  await org.sync()
  await org.close()
  await store.close()
  const database = await readFile(path)
  await rm(folder, { recursive: true })
  return database
}

/** Nothing here changes the schema, so that all emulators can have the same one; rows are made for each anew. */
const SEED = fieldService({ rows: 200 })

function begin(options: Partial<EmulatorOptions> = {}): { readonly env: ManualEnv; readonly emulator: Emulator } {
  const env = manualEnv({ now: Date.UTC(2026, 4, 1, 8) })
  return { env, emulator: createEmulator({ seed: SEED, clock: () => env.now(), ...options }) }
}

export async function faultWorld(options: Partial<EmulatorOptions> = {}): Promise<FaultWorld> {
  const { env, emulator } = begin(options)
  const taken = new Map<string, number>()
  const served = await serve({ ...emulator, exchange: (request) => countingEffects(emulator, taken, request) })
  const proxy = await chaosProxy(served.url)
  onTestFinished(async () => {
    await proxy.close()
    await served.close()
  })
  const user = administrator(emulator)
  const master = (given: MasterOptions = {}): MasterOrg =>
    dataverseMaster({
      url: given.url ?? proxy.url,
      token: async (request) => (await given.token?.(request)) ?? emulator.tokenFor(user),
      env,
      pageSize: PAGE_SIZE,
      timeouts: { readMs: DEADLINE_MS, writeMs: DEADLINE_MS, metadataMs: DEADLINE_MS },
    })
  const device = async (given: DeviceOptions = {}): Promise<Device> => {
    const path = given.path ?? join(await temporaryFolder(), 'client.db')
    const opened = await openSqliteStore({ path })
    const store = given.store?.(opened) ?? opened
    const org = await ClientOrg.open({
      store,
      master: master(given),
      env,
      delivery: given.delivery ?? 'on-demand',
      pageSize: given.pageSize ?? PAGE_SIZE,
    })
    onTestFinished(async () => {
      await org.close()
      await store.close()
    })
    return { org, store, path, rows: (table) => rowsOf(store, table) }
  }
  return {
    emulator,
    proxy,
    env,
    master,
    device,
    synced: async (given = {}) => {
      const path = join(await temporaryFolder(), 'client.db')
      if (!given.configuration) await writeFile(path, await (template ??= makeTemplate()))
      const made = await device({ ...given, path })
      if (given.configuration) {
        await made.org.connect()
        await made.org.configure(given.configuration)
        await made.org.sync()
      }
      return made
    },
    heal: async () => {
      proxy.heal()
      emulator.faults.clear()
      await env.advance(LATER_MS)
    },
    effects: (id) => taken.get(id) ?? 0,
  }
}

/** Handles the request, and counts for each row whether it was changed by it. */
async function countingEffects(emulator: Emulator, taken: Map<string, number>, request: Incoming): Promise<Outgoing> {
  if (request.method === 'GET') return emulator.exchange(request)
  const before = versions(emulator)
  try {
    return await emulator.exchange(request)
  } finally {
    const after = versions(emulator)
    for (const id of new Set([...before.keys(), ...after.keys()])) {
      if (before.get(id) !== after.get(id)) taken.set(id, (taken.get(id) ?? 0) + 1)
    }
  }
}

function versions({ master }: Emulator): ReadonlyMap<string, bigint> {
  const rows = Object.keys(CONFIGURATION.tables).flatMap((table) => master.rows(table))
  return new Map(rows.map(({ id, version }) => [id, version] as const))
}

/** A folder that goes away with the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'outpost-faults-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

export async function rowsOf(store: Store, table: string): Promise<ReadonlyMap<string, Row>> {
  const rows = await store.read('compare', (tx) => tx.scan(table, {}))
  return new Map(rows.map((row) => [row.id, row.values] as const))
}

/** The error of ours that the promise rejects with; fails the test when it does not. */
export async function failureOf(promise: Promise<unknown>): Promise<OutpostError> {
  const failure = await outcomeOf(promise)
  if (!(failure instanceof OutpostError)) throw new Error('it was expected to fail, and did not')
  return failure
}

/** The error of ours that the promise rejects with, or what it resolves to. Any other error fails the test. */
export async function outcomeOf<T>(promise: Promise<T>): Promise<T | OutpostError> {
  try {
    return await promise
  } catch (error) {
    if (error instanceof OutpostError) return error
    throw error
  }
}

/** Syncs on a healed network and checks that both sides agree and that nothing is left in the outbox. */
export async function converges(there: FaultWorld, { org, rows }: Device): Promise<SyncReport> {
  org.reconnect()
  const report = await org.sync()
  const { connection, transactions }: OrgStatus = await org.status()
  expect({ connection, pending: transactions.pending, error: transactions.error }).toEqual({
    connection: { kind: 'connected' },
    pending: 0,
    error: 0,
  })
  expect(Object.values(report.tables).map(({ error }) => error)).toEqual(
    Object.values(report.tables).map(() => undefined),
  )
  expect(await differences(there, { org, rows })).toEqual([])
  there.emulator.assertNoUnexpected()
  return report
}

/** The first row of the table that the condition selects. */
export async function anyRow({ org }: Pick<Device, 'org'>, table: string, where?: string): Promise<Row> {
  const [row] = await org.table(table).query({ ...(where === undefined ? {} : { where }), limit: 1 })
  if (!row) throw new Error(`the client org holds no such ${table}`)
  return row
}
