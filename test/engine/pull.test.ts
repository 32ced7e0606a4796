import type { Configuration, MasterOrg, OutpostEvent, PullRequest } from '@outpost/core'
import { MasterError } from '@outpost/core'
import { faultyStore } from '@outpost/core/testing'
import { memoryStore } from '@outpost/core/memory'
import { expect, test } from 'vitest'
import { ITEMS, items, itemsWith, pages } from './items.ts'
import { differences, world } from './world.ts'
import type { Device } from './world.ts'

/** What is committed of a table while `body` runs: the names of the writes and the ids of the rows they changed. */
async function changesOf(device: Device, table: string, body: () => Promise<unknown>): Promise<readonly string[]> {
  const ids: string[] = []
  const leave = device.store.subscribe((change) => ids.push(...(change.rows.get(table) ?? [])))
  await body()
  leave()
  return ids
}

test('another filter brings what it selects and removes what it does not, without a download', async () => {
  const there = items(40)
  const device = await there.device({ configuration: ITEMS })
  await device.sync()
  await device.org.configure(itemsWith({ syncFilter: 'new_size lt 30' }))
  there.requests()
  const report = await device.sync()
  expect(report.tables['new_item']).toMatchObject({ pruned: 10, added: 0, written: 0 })
  expect(await differences(there, device, { new_item: (row) => Number(row['new_size']) < 30 })).toEqual([])

  await device.org.configure(itemsWith({ syncFilter: 'new_size lt 35' }))
  expect((await device.org.status()).tables['new_item']).toMatchObject({ complete: false })
  there.requests()
  expect((await device.sync()).tables['new_item']).toMatchObject({ pruned: 0, added: 5 })
  expect(await differences(there, device, { new_item: (row) => Number(row['new_size']) < 35 })).toEqual([])
  expect((await device.org.status()).tables['new_item']).toMatchObject({ complete: true, rows: 35 })
  // No page of rows from the start: only what is newer, the list of versions, and the five.
  const whole = pages(there.requests()).filter(
    (page) => page.get('$select')?.includes('new_phone') && !/versionnumber|new_itemid/.test(page.get('$filter') ?? ''),
  )
  expect(whole).toEqual([])
})

test('a comparison that is due because of another filter survives the death of the process', async () => {
  const there = items(10)
  const device = await there.device({ configuration: ITEMS })
  await device.sync()
  const narrow = itemsWith({ syncFilter: 'new_size lt 4' })
  await device.org.configure(narrow)
  const again = await (await device.crash()).crash()
  expect((await again.sync()).tables['new_item']).toMatchObject({ pruned: 6 })
  // Once it is done it is not due any more.
  there.requests()
  await again.sync()
  expect(there.requests()).toEqual(['GET /api/data/v9.2/$batch'])
})

test('where most rows of another filter are new they come in pages, not by their ids', async () => {
  const there = items(400)
  const few = itemsWith({ syncFilter: 'new_size lt 10' })
  const estimates: (master: MasterOrg) => MasterOrg = (master) =>
    decorated(master, { estimate: async () => ({ rows: 400, atLeast: false }) })
  const device = await there.device({ configuration: few, through: estimates })
  await device.sync()
  await device.org.configure(ITEMS)
  there.requests()
  expect((await device.sync()).tables['new_item']).toMatchObject({ received: 400, written: 390, added: 0 })
  expect(await differences(there, device)).toEqual([])
})

test('a pull goes on behind the last page that was committed, and fetches no committed page twice', async () => {
  const there = items(100)
  const store = faultyStore(memoryStore())
  const device = await there.device({ configuration: ITEMS, store, pageSize: 10 })
  store.fail({ at: 'commit', name: 'apply page of new_item', skip: 4 })
  await expect(device.sync()).rejects.toMatchObject({ code: 'store' })
  there.requests()
  const report = await device.sync()
  expect(report.tables['new_item']).toMatchObject({ received: 60, written: 60 })
  expect(pages(there.requests())).toHaveLength(6)
  expect(await differences(there, device)).toEqual([])
})

test('the next page is on its way while one is written, and never more than one', async () => {
  const there = items(60)
  const log: string[] = []
  let open = 0
  const device = await there.device({
    configuration: ITEMS,
    pageSize: 10,
    through: (master) =>
      decorated(master, {
        pull: async (request, signal) => {
          open += 1
          log.push(`ask ${open}`)
          const page = await master.pull(request, signal)
          open -= 1
          return page
        },
      }),
  })
  device.store.subscribe((change) => {
    if (change.name === 'apply page of new_item') log.push('committed')
  })
  await device.sync()
  // Each page but the first is asked for before the one before it is committed.
  expect(log).toEqual(['ask 1', ...Array.from({ length: 5 }, () => ['ask 1', 'committed']).flat(), 'committed'])
})

test('a page that fails to be written takes back the request for the next, and its failure is nobody’s', async () => {
  const there = items(60)
  const store = faultyStore(memoryStore())
  let asked = 0
  let told: AbortSignal | undefined
  const device = await there.device({
    configuration: ITEMS,
    store,
    pageSize: 10,
    through: (master) =>
      decorated(master, {
        pull: (request, signal) => {
          asked += 1
          if (asked === 1) return master.pull(request, signal)
          told = signal
          return new Promise((_, reject) => {
            signal.addEventListener('abort', () => reject(new MasterError('aborted', 'told to stop')), { once: true })
          })
        },
      }),
  })
  store.fail({ at: 'commit', name: 'apply page of new_item' })
  await expect(device.sync()).rejects.toMatchObject({ code: 'store' })
  expect(asked).toBe(2)
  expect(told?.aborted).toBe(true)
})

test('a caller who gives up while a page is written ends the request for the next one', async () => {
  const there = items(60)
  const controller = new AbortController()
  const signals: AbortSignal[] = []
  const device = await there.device({
    configuration: ITEMS,
    pageSize: 10,
    through: (master) =>
      decorated(master, {
        pull: (request, signal) => {
          signals.push(signal)
          return master.pull(request, signal)
        },
      }),
  })
  device.store.subscribe((change) => {
    if (change.name === 'apply page of new_item') controller.abort()
  })
  await expect(device.org.sync({ signal: controller.signal })).rejects.toMatchObject({ code: 'aborted' })
  expect(signals).toHaveLength(2)
  expect(signals.at(-1)?.aborted).toBe(true)
  await device.sync()
  expect(await differences(there, device)).toEqual([])
})

test('a row that the master only touched changes nothing here but its version', async () => {
  const there = items(5)
  const device = await there.device({ configuration: ITEMS })
  await device.sync()
  const [touched = '', changed = '', elsewhere = ''] = there.ids
  const { master } = there.emulator
  master.update('new_item', touched, { new_name: 'Item 0' })
  master.update('new_item', changed, { new_name: 'Renamed' })
  // A column that is not kept.
  master.update('new_item', elsewhere, { new_web: 'elsewhere' })
  const versions = async (): Promise<ReadonlyMap<string, string | null>> =>
    device.store.read('versions', (tx) => tx.versions('new_item', [touched, changed, elsewhere]))
  const before = await versions()
  const told = await changesOf(device, 'new_item', async () => {
    expect((await device.sync()).tables['new_item']).toMatchObject({ written: 1 })
  })
  expect(told).toEqual([changed])
  const after = await versions()
  for (const id of [touched, changed, elsewhere]) expect(after.get(id)).not.toBe(before.get(id))
  // And so the next change of it is sent on top of the version that the master has.
  await device.org.write((draft) => draft.update('new_item', touched, { new_phone: 'x' }))
  expect(await device.org.push()).toMatchObject({ processed: 1, conflicts: 0 })
})

test('a touched row with unsent changes gets the version below them, and nobody is told of a change', async () => {
  const there = items(3)
  const scopes = { down: { tables: ['new_item'], direction: 'down' } } as const
  const device = await there.device({ configuration: { ...ITEMS, scopes } })
  await device.sync()
  const [id = ''] = there.ids
  await device.org.write((draft) => draft.update('new_item', id, { new_phone: 'mine' }))
  const base = async (): Promise<string | null | undefined> =>
    (await device.store.read('base', (tx) => tx.bases('new_item', [id])))[0]?.version
  const before = await base()
  there.emulator.master.update('new_item', id, { new_web: 'elsewhere' })
  expect(await changesOf(device, 'new_item', () => device.org.sync({ scope: 'down' }))).toEqual([])
  expect(await base()).not.toBe(before)
  await device.sync()
  expect(await differences(there, device)).toEqual([])
})

test('what was pushed comes back with a pull without being a change, and is known as the echo', async () => {
  const there = items(3)
  const device = await there.device({ configuration: ITEMS })
  await device.sync()
  const [id = ''] = there.ids
  await device.org.write((draft) => draft.update('new_item', id, { new_phone: 'mine' }))
  await device.org.push()
  expect(await changesOf(device, 'new_item', () => device.sync())).toEqual([])
  const [transaction] = await device.org.outbox.list({ statuses: 'all' })
  expect(transaction?.history.map(({ event }) => event)).toContain('echoed')
})

test('a page that was on its way while a row was written here does not bring the older row back', async () => {
  const there = items(3)
  const [id = ''] = there.ids
  let overtake: (() => Promise<void>) | undefined
  const device = await there.device({
    configuration: ITEMS,
    through: (master) =>
      decorated(master, {
        pull: async (request, signal) => {
          const page = await master.pull(request, signal)
          await overtake?.()
          return page
        },
      }),
  })
  await device.sync()
  there.emulator.master.update('new_item', id, { new_name: 'Once' })
  overtake = async () => {
    overtake = undefined
    // Another tab pulls and commits a newer row while this page travels.
    there.emulator.master.update('new_item', id, { new_name: 'Twice' })
    const version = `W/"${String(there.emulator.master.rows('new_item').find((row) => row.id === id)?.version)}"`
    const values = { new_itemid: id, new_name: 'Twice', new_phone: '0' }
    await device.store.write('another tab', (tx) => tx.putRows('new_item', [{ id, version, values }]))
  }
  await device.sync()
  expect((await device.rows('new_item')).get(id)).toMatchObject({ new_name: 'Twice' })
})

test('tables of a greater priority are pulled first and can be used before the others are here', async () => {
  const there = world()
  const tables: Configuration['tables'] = {
    contact: { columns: ['lastname'] },
    account: { columns: ['name'], priority: 5 },
    task: { columns: ['subject'], priority: -1 },
  }
  const device = await there.device({ configuration: { tables }, pageSize: 5 })
  const order: string[] = []
  const completeAt: Record<string, readonly string[]> = {}
  device.org.subscribe((event) => {
    if (event.type === 'pull.page' && order.at(-1) !== event.table) order.push(event.table)
  })
  device.store.subscribe((change) => {
    if (change.name !== 'apply page of contact' || completeAt['contact']) return
    completeAt['contact'] = []
    void device.org.status().then((status) => {
      completeAt['contact'] = Object.entries(status.tables).flatMap(([name, { complete }]) => (complete ? [name] : []))
    })
  })
  const report = await device.sync()
  expect(order).toEqual(['account', 'contact', 'task'])
  expect(completeAt['contact']).toContain('account')
  expect(completeAt['contact']).not.toContain('task')
  expect(Object.keys(report.tables)).toEqual(['contact', 'account', 'task'])
})

test('a table that fails does not stop the others, nor move their marks', async () => {
  const there = world()
  const device = await there.device()
  await device.sync()
  there.emulator.master.update('contact', there.emulator.master.rows('contact')[0]?.id ?? '', { firstname: 'New' })
  there.emulator.faults.add({
    match: { path: /\/accounts/, part: true },
    fault: { kind: 'status', status: 403 },
    times: 1,
  })
  const report = await device.sync()
  expect(report.tables['account']?.error).toMatchObject({ code: 'forbidden' })
  expect(report.tables['contact']).toMatchObject({ written: 1 })
  expect((await device.sync()).tables['account']?.error).toBeUndefined()
  expect(await differences(there, device)).toEqual([])
})

test('only the tables that are asked for are pulled', async () => {
  const there = world()
  const device = await there.device()
  there.requests()
  const report = await device.org.sync({ tables: ['contact'] })
  expect(Object.keys(report.tables)).toEqual(['contact'])
  expect(pages(there.requests(), 'accounts')).toEqual([])
  expect((await device.org.status()).tables).toMatchObject({
    account: { rows: 0, complete: false },
    contact: { complete: true },
  })
  await expect(device.org.sync({ tables: ['nosuch'] })).rejects.toMatchObject({
    code: 'invalid',
    place: { table: 'nosuch', rule: 'unknown-table' },
  })
})

test('a scope is synced by its name, and one that goes down sends nothing', async () => {
  const there = world()
  const scopes = {
    people: { tables: ['contact'], direction: 'down' },
    all: { tables: ['account', 'contact'] },
  } as const
  const device = await there.device({
    configuration: { tables: { account: { columns: ['name'] }, contact: { columns: ['lastname'] } }, scopes },
  })
  await device.org.write((draft) => draft.create('account', { name: 'Unsent' }))
  const report = await device.org.sync({ scope: 'people' })
  expect(Object.keys(report.tables)).toEqual(['contact'])
  expect(report.pushed).toEqual({ processed: 0, refused: 0, overruled: 0, conflicts: 0, left: 1 })
  expect(await device.org.outbox.counts()).toMatchObject({ pending: 1 })
  expect((await device.org.sync({ scope: 'all' })).pushed).toMatchObject({ processed: 1, left: 0 })
  await expect(device.org.sync({ scope: 'nosuch' })).rejects.toMatchObject({ place: { rule: 'unknown-scope' } })
})

test('a forced full sync writes every row anew, removes what is gone and keeps unsent changes', async () => {
  const there = items(20)
  const device = await there.device({ configuration: ITEMS })
  await device.sync()
  const [spoilt = '', gone = '', dirty = ''] = there.ids
  // Whatever has happened to the copy: another value at the same version.
  await device.store.write('spoil', async (tx) => {
    const [row] = await tx.rows('new_item', [spoilt])
    if (row) await tx.putRows('new_item', [{ ...row, values: { ...row.values, new_name: 'Spoilt' } }])
  })
  there.emulator.master.remove('new_item', gone)
  await device.org.write((draft) => draft.update('new_item', dirty, { new_phone: 'mine' }))
  await device.sync()
  expect(await differences(there, device)).toHaveLength(2)

  await device.org.write((draft) => draft.update('new_item', dirty, { new_name: 'Mine' }))
  await device.org.resync(['new_item'])
  await device.org.sync({ tables: ['new_item'] })
  expect(await differences(there, device)).toEqual([])
  expect((await device.rows('new_item')).get(dirty)).toMatchObject({ new_name: 'Mine', new_phone: 'mine' })
  await expect(device.org.resync(['nosuch'])).rejects.toMatchObject({ code: 'invalid' })
})

test('the parts of a run are told as they begin, and the report says what each took', async () => {
  const there = world()
  const device = await there.device({
    configuration: { tables: { account: { columns: ['name'], syncDeletion: true } } },
  })
  const phases: string[] = []
  device.org.subscribe((event: OutpostEvent) => {
    if (event.type === 'sync.phase') phases.push(event.phase)
    // Every page takes the master three seconds.
    if (event.type === 'pull.page') there.env.setClock(there.env.now() + 3000)
  })
  const report = await device.sync()
  expect(phases.filter((phase) => ['push', 'rows', 'deletions'].includes(phase))).toEqual(['push', 'rows', 'deletions'])
  expect(report.tables['account']?.phases.rows?.ms).toBe(3000)
  expect(report.phases.rows?.ms).toBe(3000)
  expect(report.ms).toBe(3000)
  expect(report.tables['account']?.phases).toHaveProperty('deletions')
})

test('a checkpoint that an older version stored is gone on from', async () => {
  const there = items(10)
  const device = await there.device({ configuration: ITEMS })
  await device.sync()
  const stored = async (change: object): Promise<void> =>
    device.store.write('as before', async (tx) => {
      const { master } = (await tx.value('checkpoint/new_item')) as { readonly master: string }
      const fingerprint = JSON.stringify([null, ['new_itemid:guid', 'new_name:text', 'new_phone:text']])
      const former = { fingerprint, master, everyRow: false, sweepDue: false, complete: true, ...change }
      await tx.setValue('checkpoint/new_item', former)
    })
  await stored({})
  there.requests()
  expect((await device.sync()).tables['new_item']).toMatchObject({ received: 1, written: 0 })
  expect(there.requests()).toHaveLength(1)

  // One that was to be begun anew, with a row that is no longer wanted.
  await stored({ fingerprint: '' })
  there.emulator.master.remove('new_item', there.ids[0] ?? '')
  expect((await device.sync()).tables['new_item']).toMatchObject({ received: 9, pruned: 1 })

  // One that is opened with another filter than it was made for.
  await stored({})
  await device.org.configure(itemsWith({ syncFilter: 'new_size lt 5' }))
  expect((await device.sync()).tables['new_item']).toMatchObject({ pruned: 5 })
})

test('a checkpoint that the master no longer knows begins the table anew, and what is gone is found', async () => {
  const there = items(10)
  let expired = false
  const device = await there.device({
    configuration: ITEMS,
    through: (master) =>
      decorated(master, {
        pull: (request, signal) => {
          if (!expired || request.checkpoint === null) return master.pull(request, signal)
          expired = false
          return Promise.reject(new MasterError('expired', 'too old'))
        },
      }),
  })
  await device.sync()
  there.emulator.master.remove('new_item', there.ids[0] ?? '')
  expired = true
  expect((await device.sync()).tables['new_item']).toMatchObject({ received: 9, written: 0, pruned: 1 })
  expect(await differences(there, device)).toEqual([])
})

/** The master with some of its methods replaced. */
function decorated(
  master: MasterOrg,
  own: {
    pull?: (request: PullRequest, signal: AbortSignal) => ReturnType<MasterOrg['pull']>
    estimate?: NonNullable<MasterOrg['estimate']>
  },
): MasterOrg {
  return new Proxy(master, {
    get: (target, name) => {
      if (name === 'glance') return undefined
      const replaced: unknown = Reflect.get(own, name)
      if (replaced !== undefined) return replaced
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}
