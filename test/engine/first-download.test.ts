import { memoryStore } from '@outpost/core/memory'
import type { MasterOrg, OutpostEvent, Store, StoreWriter } from '@outpost/core'
import { expect, test } from 'vitest'
import { world } from './world.ts'
import type { Device } from './world.ts'

/* The first download of several tables: in the order of their priority, usable before its end, resumed where it stopped. */

const CONFIGURATION = {
  tables: {
    task: { columns: ['subject'] },
    account: { columns: ['name'], priority: 5 },
    contact: { columns: ['lastname'], priority: 9 },
  },
} as const

type Progress = Extract<OutpostEvent, { readonly type: 'pull.progress' }>

function listen({ org }: Pick<Device, 'org'>): Progress[] {
  const told: Progress[] = []
  org.subscribe((event) => {
    if (event.type === 'pull.progress') told.push(event)
  })
  return told
}

test('a download that is cut off in a later table goes on from the fraction it had reached', async () => {
  const there = world({ rows: 600 })
  const device = await there.device({ configuration: CONFIGURATION, pageSize: 5 })
  const first = listen(device)
  there.emulator.faults.add({
    match: { path: /accounts\?.*orderby/ },
    nth: 3,
    times: 50,
    fault: { kind: 'cutBodyAt', bytes: 50 },
  })
  await expect(device.sync()).rejects.toMatchObject({ code: 'offline' })
  there.emulator.faults.clear()
  const reached = first.at(-1)?.fraction ?? 0
  expect(reached).toBeGreaterThan(0.1)
  expect(await device.org.table('contact').count()).toBe(there.emulator.master.count('contact'))
  const again = await device.crash()
  const second = listen(again)
  await again.sync()
  expect(second[0]?.fraction).toBeGreaterThanOrEqual(reached)
  expect(second.every(({ fraction }, at) => fraction >= (second[at - 1]?.fraction ?? 0))).toBe(true)
  expect([...first, ...second].filter(({ fraction }) => fraction === 1)).toHaveLength(1)
})

test('a table that is added later has a progress of its own', async () => {
  const there = world({ rows: 600 })
  const device = await there.device({ configuration: { tables: { contact: { columns: ['lastname'] } } }, pageSize: 20 })
  await device.sync()
  await device.org.configure({ tables: { contact: { columns: ['lastname'] }, account: { columns: ['name'] } } })
  const told = listen(device)
  await device.sync()
  expect(told[0]?.fraction).toBeLessThan(0.2)
  expect(told.at(-1)?.fraction).toBe(1)
})

test('rows of the master that come and go while they are counted and pulled: progress rises, ends once, rows are right', async () => {
  const there = world({ rows: 600 })
  const device = await there.device({ configuration: CONFIGURATION, pageSize: 20 })
  const told = listen(device)
  const ids = there.emulator.master.rows('contact').map(({ id }) => id)
  let at = 0
  device.org.subscribe((event) => {
    if (event.type !== 'pull.page' || at > 5) return
    at += 1
    for (const id of ids.splice(0, 15)) if (at % 2 === 0) there.emulator.master.remove('contact', id)
    for (let n = 0; n < 30; n += 1) there.emulator.master.create('task', { subject: `late ${at} ${n}` })
  })
  await device.sync()
  expect(told.every(({ fraction }, nth) => fraction >= (told[nth - 1]?.fraction ?? 0))).toBe(true)
  expect(told.filter(({ fraction }) => fraction === 1)).toHaveLength(1)
  expect(await device.org.table('task').count()).toBe(there.emulator.master.count('task'))
})

test('tables come by priority, and an early one is queried, watched and written while a later one is on its way', async () => {
  const there = world({ rows: 600 })
  const device = await there.device({ configuration: CONFIGURATION, pageSize: 20 })
  const order: string[] = []
  const seen: number[] = []
  let seq: number | null = null
  const used: Promise<unknown>[] = []
  device.org.subscribe((event) => {
    if (event.type !== 'pull.page') return
    if (order.at(-1) !== event.table) order.push(event.table)
    if (event.table !== 'account') return
    used.push(
      device.org
        .table('contact')
        .query({ orderBy: ['lastname'] })
        .then((rows) => seen.push(rows.length)),
      seq === null
        ? ((seq = 0),
          device.org.write((draft) => draft.create('contact', { lastname: 'Amid' })).then((done) => (seq = done.seq)))
        : Promise.resolve(),
    )
  })
  const contacts = there.emulator.master.count('contact')
  await device.sync()
  await Promise.all(used)
  expect(order).toEqual(['contact', 'account', 'task'])
  expect(seen.length).toBeGreaterThan(1)
  expect(seen.every((count) => count === contacts || count === contacts + 1)).toBe(true)
  expect(seq).toBe(1)
  await device.sync()
  expect(there.emulator.master.count('contact')).toBe(contacts + 1)
})

test('never more than one page is ahead, and a download that is given up leaves no request and no failure behind', async () => {
  const there = world({ rows: 600 })
  let open = 0
  let most = 0
  let written = 0
  let given = 0
  const through = (master: MasterOrg): MasterOrg =>
    new Proxy(master, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name)
        if (name !== 'pull') return typeof value === 'function' ? (value.bind(target) as unknown) : value
        return async (...asked: Parameters<MasterOrg['pull']>) => {
          open += 1
          try {
            const page = await target.pull(...asked)
            given += 1
            most = Math.max(most, given - written)
            return page
          } finally {
            open -= 1
          }
        }
      },
    })
  const device = await there.device({ configuration: CONFIGURATION, pageSize: 20, through })
  const unhandled: unknown[] = []
  const note = (error: unknown): void => void unhandled.push(error)
  process.on('unhandledRejection', note)
  const controller = new AbortController()
  device.org.subscribe((event) => {
    if (event.type !== 'pull.page') return
    written += 1
    if (written === 5) controller.abort()
  })
  await expect(device.org.sync({ signal: controller.signal })).rejects.toMatchObject({ code: 'aborted' })
  expect(open).toBe(0)
  await new Promise((resolve) => setImmediate(resolve))
  process.off('unhandledRejection', note)
  expect(unhandled).toEqual([])
  expect(most).toBeLessThanOrEqual(2)
})

test('a row that was sent before the first download has the columns that were configured between the two', async () => {
  const there = world()
  const device = await there.device({ configuration: { tables: { account: { columns: ['name'] } } } })
  let id = ''
  await device.org.write((draft) => {
    id = draft.create('account', { name: 'Sent first' })
  })
  await device.org.push()
  await device.org.configure({ tables: { account: { columns: ['name', 'creditonhold'] } } })
  await device.sync()
  expect((await device.rows('account')).get(id)).toMatchObject({ name: 'Sent first', creditonhold: false })
})

/** A store that counts the rows whose versions it is asked for. */
function countingVersions(): { readonly store: Store; readonly asked: () => number } {
  const store = memoryStore()
  let asked = 0
  const counting = (tx: StoreWriter): StoreWriter =>
    new Proxy(tx, {
      get(target, name) {
        if (name === 'versions') asked += 1
        const operation: unknown = Reflect.get(target, name)
        return typeof operation === 'function' ? operation.bind(target) : operation
      },
    })
  const write: Store['write'] = (name, body, options) => store.write(name, (tx) => body(counting(tx)), options)
  const read: Store['read'] = (name, body) => store.read(name, body)
  const subscribe: Store['subscribe'] = (listener) => store.subscribe(listener)
  return { store: { exclusive: true, read, write, subscribe, close: () => store.close() }, asked: () => asked }
}

test('rows of a first pass are added without a look at what is held', async () => {
  const there = world({ rows: 600 })
  const { store, asked } = countingVersions()
  const device = await there.device({ store, configuration: CONFIGURATION, pageSize: 20 })
  await device.sync()
  expect(await device.org.table('account').count()).toBe(there.emulator.master.count('account'))
  expect(asked()).toBe(0)
})
