import { ClientOrg } from '@outpost/core'
import { MasterError } from '@outpost/core'
import type { Configuration, MasterOrg, Row } from '@outpost/core'
import { faultyStore } from '@outpost/core/testing'
import { memoryStore } from '@outpost/core/memory'
import { expect, test } from 'vitest'
import { items, itemsWith, ITEMS, pages } from './items.ts'
import { differences, world } from './world.ts'
import type { Device, World } from './world.ts'

const WITH_SIZE = itemsWith({ columns: ['new_name', 'new_phone', 'new_size'] })

test('a column that is added is brought by a pass that reads nothing else', async () => {
  const there = items(50)
  const device = await there.device({ configuration: ITEMS, pageSize: 10 })
  await device.sync()
  await device.org.configure(WITH_SIZE)
  there.requests()
  const report = await device.sync()
  expect(report.tables['new_item']).toMatchObject({ written: 0, layers: { received: 50, written: 50 } })
  const selected = pages(there.requests()).map((query) => query.get('$select')?.split(',') ?? [])
  expect(selected).toHaveLength(5)
  for (const columns of selected) {
    expect(columns).toContain('new_size')
    expect(columns).not.toContain('new_name')
  }
  expect(await differences(there, device)).toEqual([])
  there.requests()
  expect((await device.sync()).tables['new_item']?.layers).toBeUndefined()
  expect(there.requests()).toHaveLength(1)
})

test('the pass for an added column goes on where it was stopped', async () => {
  const there = items(50)
  const store = faultyStore(memoryStore())
  const device = await there.device({ configuration: ITEMS, pageSize: 10, store })
  await device.sync()
  await device.org.configure(WITH_SIZE)
  store.fail({ at: 'commit', name: 'apply columns of new_item', skip: 2 })
  await expect(device.sync()).rejects.toMatchObject({ code: 'store' })
  there.requests()
  expect((await device.sync()).tables['new_item']?.layers).toEqual({ received: 30, written: 30 })
  expect(await differences(there, device)).toEqual([])
})

test('a column that is dropped and taken back between two pulls is brought anew', async () => {
  const there = items(5)
  const device = await there.device({ configuration: WITH_SIZE })
  await device.sync()
  await device.org.configure(ITEMS)
  await device.org.configure(WITH_SIZE)
  expect([...(await device.rows('new_item')).values()].map((row) => row['new_size'])).toEqual([
    null,
    null,
    null,
    null,
    null,
  ])
  await device.sync()
  expect(await differences(there, device)).toEqual([])
})

test('a column that is dropped while it is brought is brought from the start when it is taken back', async () => {
  const there = items(30)
  const store = faultyStore(memoryStore())
  const device = await there.device({ configuration: ITEMS, pageSize: 10, store })
  await device.sync()
  await device.org.configure(WITH_SIZE)
  store.fail({ at: 'commit', name: 'apply columns of new_item', skip: 1 })
  await expect(device.sync()).rejects.toMatchObject({ code: 'store' })
  await device.org.configure(ITEMS)
  await device.org.configure(WITH_SIZE)
  await device.sync()
  expect(await differences(there, device)).toEqual([])
})

test('an added column comes below unsent changes too, and those stay', async () => {
  const there = items(5)
  const scopes = { down: { tables: ['new_item'], direction: 'down' } } as const
  const device = await there.device({ configuration: { ...ITEMS, scopes } })
  await device.sync()
  const [id = ''] = there.ids
  await device.org.write((draft) => draft.update('new_item', id, { new_name: 'Mine' }))
  await device.org.configure({ ...WITH_SIZE, scopes })
  await device.org.sync({ scope: 'down' })
  expect((await device.rows('new_item')).get(id)).toMatchObject({ new_name: 'Mine', new_size: 0 })
  const [base] = await device.store.read('base', (tx) => tx.bases('new_item', [id]))
  expect(base?.values).toMatchObject({ new_name: 'Item 0', new_size: 0 })
  await device.sync()
  expect(await differences(there, device)).toEqual([])
})

test('rows that change while an added column is brought are whole in the end', async () => {
  const there = items(30)
  let pulled = 0
  const device = await there.device({
    configuration: ITEMS,
    pageSize: 10,
    through: (master) =>
      pulling(master, (request) => {
        if (!request.columns.includes('new_size') || request.columns.includes('new_name')) return
        pulled += 1
        // Behind and before the pass, and a row that is new.
        if (pulled === 2)
          for (const at of [0, 29])
            there.emulator.master.update('new_item', there.ids[at] ?? '', { new_size: 500 + at })
        if (pulled === 2) there.add(77)
      }),
  })
  await device.sync()
  await device.org.configure(WITH_SIZE)
  await device.sync()
  await device.sync()
  expect(await differences(there, device)).toEqual([])
})

test.each([
  ['after', true],
  ['before', false],
])('a row made here %s the first pull has all columns once the filter wants it', async (_when, isPulled) => {
  const syncFilter = "startswith(new_name,'Item')"
  const columns = ['new_name', 'new_phone', 'statecode']
  const there = items(5)
  const device = await there.device({ configuration: itemsWith({ syncFilter }) })
  if (isPulled) await device.sync()
  await device.org.write((draft) => draft.create('new_item', { new_name: 'Mine' }))
  await device.org.push()
  await device.org.configure(itemsWith({ syncFilter, columns }))
  await device.sync()
  const next = itemsWith({ columns })
  expect((await device.org.plan(next)).tables['new_item']).toMatchObject({ why: 'rows', refresh: 1 })
  await device.org.configure(next)
  await device.sync()
  expect(await differences(there, device)).toEqual([])
  expect((await device.org.plan(next)).tables).toEqual({})
})

const PEOPLE = (columns: readonly string[]): Configuration => ({
  scopes: { down: { tables: ['account', 'contact'], direction: 'down' } },
  tables: {
    account: { columns: ['name'], syncFilter: "address1_city eq 'Oslo'" },
    contact: { columns, related: [{ direction: 'children', table: 'account', lookup: 'parentcustomerid' }] },
  },
})

const WORKER = '0c0ffee0-0000-4000-8000-000000000001'

test.each([
  { how: 'at once', at: undefined },
  { how: 'when it was stopped before they were marked', at: 'rows of contact that lack columns' },
  { how: 'when it was stopped behind its last page', at: 'apply columns of contact' },
])('a row made here that is wanted later has a column that came to the others meanwhile, $how', async ({ at }) => {
  const there = world()
  const { master } = there.emulator
  const oslo = String(master.create('account', { name: 'Oslo', address1_city: 'Oslo' }))
  for (const lastname of ['One', 'Two'])
    master.create('contact', { lastname, parentcustomerid: { table: 'account', id: oslo } })
  const account = String(master.create('account', { name: 'Firm', address1_city: 'Bergen' }))
  await there.env.advance(3_600_000)
  const store = faultyStore(memoryStore())
  const device = await there.device({ configuration: PEOPLE(['lastname', 'parentcustomerid']), store })
  await device.sync()
  await device.org.write((draft) =>
    draft.create('contact', { lastname: 'Mine', parentcustomerid: account, parentcustomerid$table: 'account' }, WORKER),
  )
  await device.org.push()
  await device.org.configure(PEOPLE(['lastname', 'parentcustomerid', 'statecode']))
  if (at) {
    store.fail({ at: 'commit', name: at })
    await expect(device.sync()).rejects.toMatchObject({ code: 'store' })
  }
  for (let round = 0; round < 3; round += 1) {
    await device.sync()
    await there.env.advance(3_600_000)
  }
  expect((await device.rows('contact')).get(WORKER)).toMatchObject({ lastname: 'Mine', statecode: null })

  master.update('account', account, { address1_city: 'Oslo' })
  await device.sync()
  expect((await device.rows('contact')).get(WORKER)).toMatchObject({ statecode: 0 })
  there.requests()
  await device.org.repair('contact')
  expect(there.requests().filter((line) => line.includes('statecode'))).toEqual([])
})

test('a row with an unsent deletion that is hidden while a column comes has it when both are over', async () => {
  const there = world()
  const { master } = there.emulator
  const account = String(master.create('account', { name: 'Firm', address1_city: 'Oslo' }))
  const id = String(master.create('contact', { lastname: 'Old', parentcustomerid: { table: 'account', id: account } }))
  await there.env.advance(3_600_000)
  const device = await there.device({ configuration: PEOPLE(['lastname', 'parentcustomerid']) })
  await device.sync()
  const { seq } = await device.org.write((draft) => draft.delete('contact', id))
  master.update('account', account, { address1_city: 'Bergen' })
  await device.org.configure(PEOPLE(['lastname', 'parentcustomerid', 'statecode']))
  await device.org.sync({ scope: 'down' })
  await device.org.outbox.discard([Number(seq)])
  master.update('account', account, { address1_city: 'Oslo' })
  await device.org.sync({ scope: 'down' })
  expect((await device.rows('contact')).get(id)).toMatchObject({ lastname: 'Old', statecode: 0 })
})

test('columns that a version without marks has brought come once more', async () => {
  const there = items(5)
  const device = await there.device({ configuration: WITH_SIZE })
  await device.sync()
  await device.store.write('as it was stored before', async (tx) => {
    const checkpoint = (await tx.value('checkpoint/new_item')) as { readonly columns: readonly string[] }
    const added = checkpoint.columns.filter((column) => column.startsWith('new_size:'))
    await tx.setValue('checkpoint/new_item', { ...checkpoint, added })
  })
  expect((await device.sync()).tables['new_item']?.layers).toEqual({ received: 5, written: 0 })
  expect((await device.sync()).tables['new_item']?.layers).toBeUndefined()
})

test('a row with an unsent deletion has an added column when that is taken back, though its table was refused meanwhile', async () => {
  const there = world()
  const { master, faults } = there.emulator
  const account = String(master.create('account', { name: 'Firm', address1_city: 'Oslo' }))
  const id = String(master.create('contact', { lastname: 'Old', parentcustomerid: { table: 'account', id: account } }))
  await there.env.advance(3_600_000)
  const configuration = (columns: readonly string[]): Configuration => {
    const { scopes, tables } = PEOPLE(columns)
    return {
      ...(scopes ? { scopes } : {}),
      tables: { ...tables, contact: { ...tables['contact'], syncDeletion: true } },
    }
  }
  const device = await there.device({ configuration: configuration(['lastname', 'parentcustomerid']) })
  await device.sync()
  const { seq } = await device.org.write((draft) => draft.delete('contact', id))
  await device.org.configure(configuration(['lastname', 'parentcustomerid', 'statecode']))
  faults.add({ match: { path: /\/contacts/, part: true }, fault: { kind: 'status', status: 403 }, times: 1 })
  const report = await device.org.sync({ scope: 'down' })
  expect(report.tables['contact']?.error).toMatchObject({ code: 'forbidden' })
  await device.org.sync({ scope: 'down' })
  await device.org.outbox.discard([Number(seq)])
  await device.org.sync({ scope: 'down' })
  expect((await device.rows('contact')).get(id)).toMatchObject({ lastname: 'Old', statecode: 0 })
})

test('the mark of a row that lacks a column goes with the row when that is deleted from here', async () => {
  const there = world()
  const account = String(there.emulator.master.create('account', { name: 'Firm', address1_city: 'Bergen' }))
  await there.env.advance(3_600_000)
  const device = await there.device({ configuration: PEOPLE(['lastname', 'parentcustomerid']) })
  await device.sync()
  await device.org.write((draft) =>
    draft.create('contact', { lastname: 'Mine', parentcustomerid: account, parentcustomerid$table: 'account' }, WORKER),
  )
  await device.org.push()
  await device.org.configure(PEOPLE(['lastname', 'parentcustomerid', 'statecode']))
  await device.sync()
  const marks = () => device.store.read('marks', (tx) => tx.values('lack'))
  expect(await marks()).toHaveLength(2)
  await device.org.write((draft) => draft.delete('contact', WORKER))
  await device.sync()
  expect(await marks()).toEqual([])
})

test('a hidden row that has one of two columns which came without marks has both once it is shown', async () => {
  const there = world()
  const { master } = there.emulator
  const oslo = String(master.create('account', { name: 'Oslo', address1_city: 'Oslo' }))
  master.create('contact', { lastname: 'One', parentcustomerid: { table: 'account', id: oslo } })
  const account = String(master.create('account', { name: 'Firm', address1_city: 'Bergen' }))
  await there.env.advance(3_600_000)
  const device = await there.device({ configuration: PEOPLE(['lastname', 'parentcustomerid', 'firstname']) })
  await device.sync()
  const values = { lastname: 'Mine', firstname: 'F', parentcustomerid: account, parentcustomerid$table: 'account' }
  await device.org.write((draft) => draft.create('contact', values, WORKER))
  await device.org.push()
  await device.org.configure(PEOPLE(['lastname', 'parentcustomerid', 'firstname', 'statecode']))
  await device.sync()
  await there.env.advance(3_600_000)
  await device.sync()
  // The first name had come to the others before the row was made, the state behind it.
  await device.store.write('as it was stored before', async (tx) => {
    const checkpoint = (await tx.value('checkpoint/contact')) as { readonly columns: readonly string[] }
    const added = checkpoint.columns.filter((column) => /^(?:firstname|statecode):/.test(column))
    await tx.setValue('checkpoint/contact', { ...checkpoint, added })
    for (const { key } of await tx.values('lack')) await tx.setValue(key, undefined)
  })
  await device.sync()
  master.update('account', account, { address1_city: 'Oslo' })
  await device.sync()
  expect((await device.rows('contact')).get(WORKER)).toMatchObject({ firstname: 'F', statecode: 0 })
})

const NOTES: Configuration = {
  tables: { annotation: { columns: ['subject', 'filename', 'documentbody'] }, account: { columns: ['name'] } },
}

/** A world in which so many notes have a body that says which note it is. */
function notes(count: number): World & { readonly ids: readonly string[] } {
  const made = world()
  const { master } = made.emulator
  for (const { id } of master.rows('annotation')) master.remove('annotation', id)
  const ids = Array.from({ length: count }, (_, n) =>
    String(
      master.create('annotation', {
        subject: `Note ${n}`,
        filename: `${n}.txt`,
        isdocument: true,
        documentbody: btoa(`body ${n}`),
      }),
    ),
  )
  made.env.setClock(made.env.now() + 3_600_000)
  made.requests()
  return { ...made, ids }
}

function bodies(sent: readonly string[]): { readonly withBody: number; readonly without: number } {
  const selected = pages(sent, 'annotations').map((query) => query.get('$select') ?? '')
  const withBody = selected.filter((columns) => columns.includes('documentbody')).length
  return { withBody, without: selected.length - withBody }
}

const bodyOf = async (device: Device, id: string): Promise<Row[string] | undefined> =>
  (await device.rows('annotation')).get(id)?.['documentbody']

test('bodies of notes are not kept unless they are named', async () => {
  const there = notes(3)
  const device = await there.device({ configuration: { tables: { annotation: {} } } })
  await device.sync()
  const [row] = (await device.rows('annotation')).values()
  expect(row).toHaveProperty('subject')
  expect(row).not.toHaveProperty('documentbody')
})

test('bodies come after all rows of all tables, a few with each request', async () => {
  const there = notes(25)
  const device = await there.device({ configuration: NOTES })
  const order: string[] = []
  device.org.subscribe((event) => {
    if (event.type === 'pull.page') order.push(`${event.table} ${event.columns?.join() ?? 'rows'}`)
  })
  const report = await device.sync()
  expect(order).toEqual([
    'annotation rows',
    'account rows',
    'annotation documentbody',
    'annotation documentbody',
    'annotation documentbody',
  ])
  expect(report.tables['annotation']).toMatchObject({ received: 25, layers: { received: 25, written: 25 } })
  expect(bodies(there.requests())).toEqual({ withBody: 3, without: 1 })
  expect(await bodyOf(device, there.ids[7] ?? '')).toBe(btoa('body 7'))
  expect(await differences(there, device)).toEqual([])
})

test('a note that changes has its new body in the end, and one that does not is not read again', async () => {
  const there = notes(12)
  const device = await there.device({ configuration: NOTES })
  await device.sync()
  const [renamed = '', rewritten = ''] = there.ids
  const { master } = there.emulator
  master.update('annotation', renamed, { subject: 'Renamed' })
  master.update('annotation', rewritten, { documentbody: btoa('another') })
  there.requests()
  const report = await device.sync()
  // The page of rows kept the bodies that were here, so only the one that is another one is written.
  expect(report.tables['annotation']).toMatchObject({ written: 1, layers: { received: 2, written: 1 } })
  expect(await bodyOf(device, renamed)).toBe(btoa('body 0'))
  expect(await bodyOf(device, rewritten)).toBe(btoa('another'))
  expect((await device.sync()).tables['annotation']).toMatchObject({ layers: { received: 0, written: 0 } })
})

test('bodies that are named later are read for the rows that are here, and goes on after a death', async () => {
  const there = notes(25)
  const store = faultyStore(memoryStore())
  const without: Configuration = { tables: { ...NOTES.tables, annotation: { columns: ['subject', 'filename'] } } }
  const device = await there.device({ configuration: without, store })
  await device.sync()
  await device.org.configure(NOTES)
  store.fail({ at: 'commit', name: 'apply bodies of annotation', skip: 1 })
  await expect(device.sync()).rejects.toMatchObject({ code: 'store' })
  expect((await device.sync()).tables['annotation']?.layers).toEqual({ received: 15, written: 15 })
  expect(await differences(there, device)).toEqual([])
})

test('a body that the master does not give fails no row, keeps no other body waiting, and is asked for again', async () => {
  const there = notes(15)
  const [bad = ''] = there.ids
  let refuses = true
  const device = await there.device({
    configuration: NOTES,
    through: (master) =>
      reading(master, ({ columns, ids }) => {
        if (refuses && columns.includes('documentbody') && ids.includes(bad))
          throw new MasterError('rejected', 'too large')
      }),
  })
  const report = await device.sync()
  expect(report.tables['annotation']).toMatchObject({ received: 15, written: 15, error: { code: 'rejected' } })
  expect(report.tables['account']?.error).toBeUndefined()
  const lines = await differences(there, device)
  expect(lines).toEqual([expect.stringContaining(`annotation ${bad} documentbody`)])
  refuses = false
  expect((await device.sync()).tables['annotation']?.error).toBeUndefined()
  expect(await differences(there, device)).toEqual([])
})

function pulling(master: MasterOrg, look: (request: Parameters<MasterOrg['pull']>[0]) => void): MasterOrg {
  return within(master, 'pull', look)
}

function reading(master: MasterOrg, look: (request: Parameters<MasterOrg['read']>[0]) => void): MasterOrg {
  return within(master, 'read', look)
}

/** The master, with a look at each request of one method before it is sent. */
function within<M extends 'pull' | 'read'>(
  master: MasterOrg,
  method: M,
  look: (request: Parameters<MasterOrg[M]>[0]) => void,
): MasterOrg {
  return new Proxy(master, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      if (name !== method) return value.bind(target) as unknown
      return async (request: Parameters<MasterOrg[M]>[0], signal: AbortSignal): Promise<unknown> => {
        look(request)
        return value.call(target, request, signal) as Promise<unknown>
      }
    },
  })
}

test('a page of added columns that comes when another tab has configured another filter does not count for that', async () => {
  const filter = "startswith(new_name,'Item')"
  const more = ['new_name', 'new_phone', 'statecode']
  const there = items(5)
  let during: (() => Promise<void>) | undefined
  const device = await there.device({
    configuration: itemsWith({ syncFilter: filter }),
    through: (master) => ({
      ...master,
      pull: async (request, signal) => {
        const page = await master.pull(request, signal)
        if (during && request.columns.includes('statecode') && !request.columns.includes('new_name')) {
          const now = during
          during = undefined
          await now()
        }
        return page
      },
    }),
  })
  await device.sync()
  await device.org.write((draft) => draft.create('new_item', { new_name: 'Mine' }))
  await device.org.push()
  await device.org.configure(itemsWith({ syncFilter: filter, columns: more }))
  const tab = await ClientOrg.open({
    store: device.store,
    master: there.master(),
    env: there.env,
    delivery: 'on-demand',
  })
  let done = false
  during = async () => {
    await tab.configure(itemsWith({ columns: more }))
    done = true
  }
  await device.sync()
  await device.sync()
  await device.sync()
  expect(done).toBe(true)
  expect(await differences(there, device)).toEqual([])
})
