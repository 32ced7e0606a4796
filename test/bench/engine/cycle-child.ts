import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ClientOrg } from '@outpost/core'
import type { Configuration, Store, StoreReader, StoreWriter, TableConfiguration } from '@outpost/core'
import { dataverseMaster } from '@outpost/dataverse-adapter'
import { createEmulator, fieldService } from '@outpost/dataverse-emulator'
import { openSqliteStore } from '@outpost/store-sqlite'
import type { CycleCost, CycleOrder, CycleStrategy } from './cycle.ts'

const count = { requests: 0, bytes: 0, read: 0, written: 0 }

const WRITES: ReadonlySet<PropertyKey> = new Set<keyof StoreWriter>([
  'putRows',
  'addRows',
  'deleteRows',
  'setVersions',
  'putBases',
  'deleteBases',
  'setValue',
  'setValues',
])

/** How many things an operation of the store was given, or gave back. */
function sizeOf(things: unknown): number {
  if (things instanceof Map || things instanceof Set) return things.size
  return Array.isArray(things) ? things.length : 1
}

/** The store, with the rows and values counted that go in and out. */
function counted(store: Store): Store {
  const of = <T extends StoreReader>(tx: T): T =>
    new Proxy(tx, {
      get(target, name) {
        const operation: unknown = Reflect.get(target, name)
        if (typeof operation !== 'function') return operation
        return async (...given: readonly unknown[]): Promise<unknown> => {
          const found: unknown = await operation.apply(target, given)
          const things = name === 'setValues' ? given[0] : given[1]
          if (WRITES.has(name)) count.written += name === 'setValue' ? 1 : sizeOf(things)
          else count.read += sizeOf(found)
          return found
        }
      },
    })
  return {
    exclusive: store.exclusive,
    read: (name, body) => store.read(name, (tx) => body(of(tx))),
    write: (name, body, options) => store.write(name, (tx) => body(of(tx)), options),
    subscribe: (listener) => store.subscribe(listener),
    close: () => store.close(),
  }
}

const TRACKER = 'resco_mobiletracking'

const STRATEGIES: Readonly<Record<CycleStrategy, TableConfiguration>> = {
  floor: {},
  tracking: { tracking: { deletes: true, owners: true } },
  'change tracking': { changeTracking: true },
  'sync deletion': { syncDeletion: true },
}

function configurationOf(strategy: CycleStrategy): Configuration {
  const account = { columns: ['name', 'telephone1', 'modifiedon'], ...STRATEGIES[strategy] }
  if (strategy !== 'tracking') return { tables: { account } }
  return { tables: { account, [TRACKER]: {}, systemuser: { columns: ['fullname'] } }, mobileTracking: TRACKER }
}

const { rows, changes, strategy } = JSON.parse(process.argv[2] ?? '') as CycleOrder
const folder = mkdtempSync(join(tmpdir(), 'outpost-bench-'))
// A clock of its own, so that what a cycle reads again because it may have been committed late lies behind it.
let now = Date.UTC(2026, 0, 1)
const emulator = createEmulator({
  seed: fieldService({ rows: 200 }),
  clock: () => now,
  limits: { serviceProtection: false },
  tokenLifetimeMs: 365 * 86_400_000,
})
const user = emulator.users.find(({ name }) => /admin/i.test(name)) ?? emulator.users[0]
const token = emulator.tokenFor(user?.name ?? '')
const master = dataverseMaster({
  url: emulator.root,
  token: () => Promise.resolve(token),
  fetch: async (url, init) => {
    const response = await emulator.fetch(url, init)
    const body = await response.arrayBuffer()
    count.requests += 1
    count.bytes += body.byteLength
    return new Response(body.byteLength > 0 ? body : null, { status: response.status, headers: response.headers })
  },
})
const ids = Array.from({ length: rows }, (_, index) =>
  emulator.master.create('account', { name: `Account ${index}`, telephone1: `+00 ${index}` }),
)
if (strategy === 'tracking') emulator.tracking.enable('account')
const store = await openSqliteStore({ path: join(folder, 'bench.db') })
const org = await ClientOrg.open({ store: counted(store), master, delivery: 'on-demand' })
await org.connect()
await org.configure(configurationOf(strategy))
const anHourLater = (): void => void (now += 3_600_000)
anHourLater()
await org.sync()
// What the first download leaves to the cycle after it is not part of a usual one.
anHourLater()
await org.sync()

const costs: CycleCost[] = []
let next = 0
for (const changed of changes) {
  anHourLater()
  for (let index = 0; index < changed; index += 1) {
    const id = ids[next++] ?? ''
    // One of ten is new, and one is deleted; where nothing finds that, it is changed as well.
    if (index % 10 === 8) emulator.master.create('account', { name: `New ${next}`, telephone1: `+00 ${next}` })
    else if (index % 10 === 9 && strategy !== 'floor') emulator.master.remove('account', id)
    else emulator.master.update('account', id, { name: `Changed ${next}` })
  }
  anHourLater()
  Object.assign(count, { requests: 0, bytes: 0, read: 0, written: 0 })
  const start = performance.now()
  await org.sync()
  const ms = performance.now() - start
  costs.push({ rows, strategy, changed, ms, ...count, bytes: Math.round(count.bytes) })
  const { missing, extra, stale } = await org.verify('account')
  const differing = [...missing, ...extra, ...stale]
  if (differing.length > 0) throw new Error(`${strategy}: ${differing.length} accounts are not as they are there`)
}
await org.close()
await store.close()
rmSync(folder, { recursive: true })
process.send?.(costs)
