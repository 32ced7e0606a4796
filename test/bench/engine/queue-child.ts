import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ClientOrg } from '@outpost/core'
import type { OfflineTransaction, Store, StoreReader } from '@outpost/core'
import { dataverseMaster } from '@outpost/dataverse-adapter'
import { createEmulator, fieldService } from '@outpost/dataverse-emulator'
import { openSqliteStore } from '@outpost/store-sqlite'
import type { Measures } from '../workloads/workload.ts'

const READS: ReadonlySet<PropertyKey> = new Set<keyof StoreReader>([
  'rows',
  'versions',
  'allVersions',
  'scan',
  'bases',
  'transactions',
  'findTransactions',
  'countTransactions',
  'value',
  'values',
])

const count = { requests: 0, reads: 0, bodies: 0, mostBodies: 0 }

/** The store, with what is read from it counted. */
function counted(store: Store): Store {
  const of = <T extends StoreReader>(tx: T): T => {
    let held = 0
    return new Proxy(tx, {
      get(target, name) {
        const operation: unknown = Reflect.get(target, name)
        if (typeof operation !== 'function') return operation
        if (!READS.has(name)) return operation.bind(target) as unknown
        return async (...given: readonly unknown[]): Promise<unknown> => {
          const found: unknown = await operation.apply(target, given)
          count.reads += 1
          if (name !== 'transactions' && name !== 'findTransactions') return found
          const bodies = (found as readonly (OfflineTransaction | undefined)[]).filter(Boolean).length
          held += bodies
          count.bodies += bodies
          count.mostBodies = Math.max(count.mostBodies, held)
          return found
        }
      },
    })
  }
  return {
    exclusive: store.exclusive,
    read: (name, body) => store.read(name, (tx) => body(of(tx))),
    write: (name, body, options) => store.write(name, (tx) => body(of(tx)), options),
    subscribe: (listener) => store.subscribe(listener),
    close: () => store.close(),
  }
}

interface Took {
  readonly ms: number
  readonly cpuMs: number
}

async function taken(action: () => Promise<void>): Promise<Took> {
  Object.assign(count, { requests: 0, reads: 0, bodies: 0, mostBodies: 0 })
  const [before, start] = [process.cpuUsage(), performance.now()]
  await action()
  const { user, system } = process.cpuUsage(before)
  return { ms: performance.now() - start, cpuMs: (user + system) / 1000 }
}

const pending = Number(process.argv[2])
const folder = mkdtempSync(join(tmpdir(), 'outpost-bench-'))
const emulator = createEmulator({ seed: fieldService({ rows: 200 }) })
const user = emulator.users.find(({ name }) => /admin/i.test(name)) ?? emulator.users[0]
const master = dataverseMaster({
  url: emulator.root,
  token: () => Promise.resolve(emulator.tokenFor(user?.name ?? '')),
  fetch: (url, init) => {
    count.requests += 1
    return emulator.fetch(url, init)
  },
})
const store = await openSqliteStore({ path: join(folder, 'bench.db') })
const org = await ClientOrg.open({ store: counted(store), master, delivery: 'on-demand' })
await org.connect()
await org.configure({ tables: { account: { columns: ['name', 'telephone1'] } } })
const write = (index: number): Promise<unknown> =>
  org.write((draft) => draft.create('account', { name: `Account ${index}`, telephone1: `+00 ${index}` }))
const written = await taken(async () => {
  await Promise.all(Array.from({ length: pending }, (_, index) => write(index)))
})
const readsOfWrites = count.reads
const drained = await taken(async () => {
  const { processed, left } = await org.push()
  if (processed !== pending || left !== 0)
    throw new Error(`${processed} of ${pending} were processed, ${left} are left`)
})
const measures: Measures = {
  'write ms': written.ms,
  'write CPU ms': written.cpuMs,
  'write reads': readsOfWrites,
  'drain ms': drained.ms,
  'drain CPU ms': drained.cpuMs,
  requests: count.requests,
  reads: count.reads,
  'bodies read': count.bodies,
  'most bodies held': count.mostBodies,
}
await org.close()
await store.close()
rmSync(folder, { recursive: true })
process.send?.({ pending, measures })
