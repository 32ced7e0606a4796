import { ClientOrg, OutpostError } from '@outpost/core'
import type { Env, ListedTransaction, MasterOrg, Row, Store } from '@outpost/core'
import { memoryStore, MemoryDatabase } from '@outpost/core/memory'
import { manualEnv, seededIds, seededRandom } from '@outpost/core/testing'
import type { ManualEnv } from '@outpost/core/testing'
import { guardedStore } from './guarded-store.ts'
import type { GuardedStore } from './guarded-store.ts'
import type { Line, Loss } from './losses.ts'
import { ModelMaster, TAKEN_NUMBER } from './model-master.ts'
import type { CallFault } from './model-master.ts'
import { KEPT } from './model-tables.ts'

/** The rows that both sides have when a run begins, by table. */
export type Stock = Readonly<Record<'account' | 'contact' | 'new_skill' | 'bookableresource', readonly string[]>>

/** One device and its master, for one run; nothing of an earlier run is in it. */
export interface Arena {
  readonly org: ClientOrg
  readonly store: GuardedStore
  readonly env: ManualEnv
  readonly stock: Stock
  readonly line: Line
  /** The master's row, by logical columns. */
  masterRow(table: string, id: string): Row | undefined
  masterIds(table: string): readonly string[]
  /** The master's own hand. */
  masterPut(table: string, id: string, values: Row): void
  masterRemove(table: string, id: string): void
  localRow(table: string, id: string): Promise<Row | undefined>
  localIds(table: string): Promise<readonly string[]>
}

export interface ModelArena extends Arena {
  readonly master: ModelMaster
}

const NOW = Date.UTC(2026, 4, 1, 8)

/** A database and a master in sync, to be copied for each run: both are made of states that are never changed. */
interface Template {
  readonly database: MemoryDatabase
  readonly master: ModelMaster
  readonly stock: Stock
}

let template: Promise<Template> | undefined

async function makeTemplate(): Promise<Template> {
  const newId = seededIds(seededRandom(7))
  const master = new ModelMaster()
  const some = (count: number): readonly string[] => Array.from({ length: count }, newId)
  const stock = { account: some(4), contact: some(3), new_skill: some(2), bookableresource: some(2) }
  for (const id of stock.account) master.put('account', id, { name: 'Stock' })
  for (const id of stock.contact) master.put('contact', id, { lastname: 'Stock' })
  for (const id of stock.new_skill) master.put('new_skill', id, { new_name: 'Stock' })
  for (const id of stock.bookableresource) master.put('bookableresource', id, { name: 'Stock' })
  master.put('account', newId(), { name: 'Taken', accountnumber: TAKEN_NUMBER })
  const database = new MemoryDatabase()
  const store = memoryStore({ database })
  const org = await ClientOrg.open({ store, master, env: manualEnv({ now: NOW }), delivery: 'on-demand' })
  await org.connect()
  await org.configure(KEPT)
  await org.sync()
  await org.close()
  await store.close()
  return { database, master, stock }
}

const FAULTS: Readonly<Record<Loss | 'none', CallFault | null>> = {
  none: null,
  request: { when: 'before', code: 'offline' },
  answer: { when: 'after', code: 'offline' },
  cut: { when: 'after', code: 'protocol' },
  refused: { when: 'before', code: 'unavailable' },
  hidden: { when: 'after', code: 'unavailable' },
  late: { when: 'after', code: 'timeout' },
  silent: { when: 'before', code: 'timeout' },
  half: { when: 'half', code: 'offline' },
  throttled: { when: 'before', code: 'throttled' },
}

/** A device on a model master, as `seed` says. `around` wraps what the device is given. */
export async function modelArena(
  seed: number,
  around: { readonly store?: (store: Store) => Store; readonly master?: (master: ModelMaster) => MasterOrg } = {},
): Promise<ModelArena> {
  const from = await (template ??= makeTemplate())
  const database = new MemoryDatabase()
  database.commit(from.database.state)
  const master = from.master.copy()
  const env = manualEnv({ seed, now: NOW + 60_000 })
  const store = guardedStore(memoryStore({ database }))
  const losses = new Map<number, Loss>()
  master.faultOf = (call) => FAULTS[losses.get(call) ?? 'none']
  const org = await ClientOrg.open({
    store: around.store?.(store) ?? store,
    master: around.master?.(master) ?? master,
    env,
    delivery: 'on-demand',
  })
  return {
    org,
    store,
    env,
    master,
    stock: from.stock,
    line: {
      losses,
      get sent() {
        return master.calls
      },
    },
    masterRow: (table, id) => master.row(table, id),
    masterIds: (table) => master.ids(table),
    masterPut: (table, id, values) => master.put(table, id, values),
    masterRemove: (table, id) => master.remove(table, id),
    ...localRows(store),
  }
}

export function localRows(store: Store): Pick<Arena, 'localRow' | 'localIds'> {
  return {
    localRow: async (table, id) => (await store.read('look', (tx) => tx.rows(table, [id])))[0]?.values,
    localIds: (table) => store.read('look', (tx) => tx.ids(table, { limit: 10_000 })),
  }
}

/** Longer than any back-off. */
const LATER_MS = 10 * 60_000

/**
 * Pushes until nothing more can be sent, however often the master cannot be asked in between, letting time pass. Gives
 * back what is in the outbox then.
 */
export async function pushUntilQuiet(arena: Arena, most = 60): Promise<readonly ListedTransaction[]> {
  for (let round = 0; round < most; round += 1) {
    await arena.org.push().catch((error: unknown) => {
      if (!(error instanceof OutpostError)) throw error
    })
    const all = await everyTransaction(arena)
    const waits = all.some(({ reason }) =>
      ['ready', 'verifying', 'backing-off', 'in-flight'].includes(reason?.kind ?? ''),
    )
    if (!waits) return all
    await arena.env.advance(LATER_MS)
    arena.org.reconnect()
  }
  throw new Error(`not quiet after ${most} pushes: ${told(await everyTransaction(arena))}`)
}

export function everyTransaction({ org }: Pick<Arena, 'org'>): Promise<readonly ListedTransaction[]> {
  return org.outbox.list({ statuses: 'all', limit: 10_000 })
}

/** The outbox in a line, for failures. */
export function told(transactions: readonly ListedTransaction[]): string {
  return transactions
    .map(({ seq, status, reason, lastError, history, changes }) =>
      [
        `#${seq}`,
        status,
        reason?.kind ?? '',
        lastError ? `${lastError.rejection ?? lastError.code}: ${lastError.message}` : '',
        `[${changes.map(({ kind, table, id }) => `${kind} ${table} ${id.slice(0, 4)}`).join(', ')}]`,
        `(${history.map(({ event }) => event).join(', ')})`,
      ].join(' '),
    )
    .join('\n  ')
}

/** Where device and master differ, in every row of every kept table. */
export async function differencesOf(arena: Arena): Promise<readonly string[]> {
  const found: string[] = []
  for (const [table, { columns = [] }] of Object.entries(KEPT.tables)) {
    const [here, there] = [await arena.localIds(table), arena.masterIds(table)]
    for (const id of here) if (!there.includes(id)) found.push(`${table} ${id} is only on the device`)
    for (const id of there) {
      const [mine, theirs] = [await arena.localRow(table, id), arena.masterRow(table, id)]
      if (!mine) found.push(`${table} ${id} is missing on the device`)
      for (const column of mine ? columns : []) {
        const [one, other] = [mine?.[column] ?? null, theirs?.[column] ?? null]
        if (one !== other) found.push(`${table} ${id} ${column}: ${String(one)} here, ${String(other)} there`)
      }
    }
  }
  return found
}

/** An environment whose ids and numbers begin anew with each seed, over a clock that goes on. */
export function reseededEnv(env: ManualEnv): Env & { reseed(seed: number): void } {
  let random = seededRandom(1)
  let newId = seededIds(random)
  return {
    now: () => env.now(),
    sleep: (ms, signal) => env.sleep(ms, signal),
    random: () => random(),
    newId: () => newId(),
    reseed: (seed) => {
      random = seededRandom(seed)
      newId = seededIds(random)
    },
  }
}
