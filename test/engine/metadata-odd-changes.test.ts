import { MasterError } from '@outpost/core'
import type { MasterOrg } from '@outpost/core'
import { dataverseMaster } from '@outpost/dataverse-adapter'
import { choice, integer, memo, text } from '@outpost/dataverse-emulator'
import { expect, test } from 'vitest'
import { administrator, differences, world } from './world.ts'
import type { Device, World } from './world.ts'

/* Changes of the metadata at awkward moments, and in awkward combinations. */

const ORDER = 'msdyn_workorder'
const TYPE = 'msdyn_workordertype'
const LINK = 'new_skill_bookableresource'

async function expectSame(there: World, device: Device): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await device.sync()
  expect(await differences(there, device)).toEqual([])
  const fresh = await there.device({ configuration: device.org.configuration })
  for (const name of Object.keys(device.org.configuration.tables)) {
    expect(await device.org.masterTable(name)).toEqual(await fresh.org.masterTable(name))
  }
  await fresh.sync()
  for (const name of Object.keys(device.org.configuration.tables)) {
    expect(await device.rows(name)).toEqual(await fresh.rows(name))
  }
}

/** A master that does something when the nth page of a table comes in. */
function amid(table: string, nth: number, what: () => void): (master: MasterOrg) => MasterOrg {
  let page = 0
  return (master) => ({
    ...master,
    pull: async (request, signal) => {
      const answer = await master.pull(request, signal)
      if (request.table.name === table && (page += 1) === nth) what()
      return answer
    },
  })
}

const pages = (there: World): number => there.requests().filter((path) => path.includes('msdyn_workorders')).length

test.each([
  ['a column is added', (there: World) => there.emulator.schema.addColumn(ORDER, text('new_Colour'))],
  ['a column is removed', (there: World) => there.emulator.schema.removeColumn(ORDER, 'msdyn_city')],
  [
    'a column is made anew',
    (there: World) => {
      there.emulator.schema.removeColumn(ORDER, 'msdyn_city')
      there.emulator.schema.addColumn(ORDER, text('msdyn_City'))
    },
  ],
  ['a text becomes a number', (there: World) => there.emulator.schema.retypeColumn(ORDER, integer('msdyn_City'))],
  ['a number becomes a text', (there: World) => there.emulator.schema.retypeColumn(ORDER, text('new_TravelDistance'))],
  [
    'a number becomes a choice',
    (there: World) => {
      there.emulator.schema.retypeColumn(ORDER, choice('new_TravelDistance', { 1: 'One' }))
    },
  ],
  [
    'two changes come one after the other',
    (there: World) => {
      there.emulator.schema.removeColumn(ORDER, 'msdyn_city')
      there.emulator.schema.addColumn(ORDER, integer('msdyn_City'))
      there.emulator.schema.addColumn(ORDER, memo('new_Colour'))
      there.emulator.schema.retypeColumn(ORDER, text('new_TravelDistance'))
    },
  ],
] as const)('%s between two pages of a first download: it ends as a fresh copy', async (_, change) => {
  const there = world({ rows: 300 })
  let changed = false
  const device = await there.device({
    configuration: { tables: { [ORDER]: {} } },
    pageSize: 5,
    through: amid(ORDER, 3, () => {
      changed = true
      change(there)
      for (const row of there.emulator.master.rows(ORDER).slice(0, 30)) {
        if (there.emulator.schema.column(ORDER, 'msdyn_city')?.type === 'String')
          there.emulator.master.update(ORDER, row.id, { msdyn_city: `Since ${row.id.slice(0, 4)}` })
      }
    }),
  })
  for (const { id } of [...there.emulator.master.rows(ORDER)].slice(0, 100)) {
    there.emulator.master.update(ORDER, id, { new_traveldistance: 1 })
  }
  await device.sync()
  expect(changed).toBe(true)
  await expectSame(there, device)
  expect(pages(there)).toBeGreaterThan(0)
})

test('a table is removed between two pages of a first download: its rows stay, and the others come', async () => {
  const there = world({ rows: 300 })
  const device = await there.device({
    configuration: { tables: { [TYPE]: { priority: 5 }, account: { columns: ['name'] } } },
    pageSize: 2,
    through: amid(TYPE, 1, () => there.emulator.schema.removeTable(TYPE)),
  })
  const first = await device.sync()
  expect(first.tables[TYPE]?.error).toBeDefined()
  expect(first.tables['account']?.error).toBeUndefined()
  const second = await device.sync()
  expect(second.metadata?.changes).toContainEqual({ kind: 'table-removed', table: TYPE })
  expect(second.tables[TYPE]?.error?.code).toBe('not-found')
  expect((await device.rows(TYPE)).size).toBe(2)
})

test('only names that are shown have changed: nothing is downloaded again, and pending work is sent', async () => {
  const there = world()
  const device = await there.device({
    configuration: { tables: { [ORDER]: { columns: ['msdyn_name', 'msdyn_city'] } } },
  })
  await device.sync()
  const [id] = [...(await device.rows(ORDER)).keys()]
  const { seq } = await device.org.write((draft) => draft.update(ORDER, id ?? '', { msdyn_city: 'Odense' }))
  there.emulator.schema.changeTable(ORDER, { displayName: 'Job sheet' })
  const report = await device.sync()
  expect(report.metadata?.changes).toMatchObject([{ kind: 'table-renamed', table: ORDER, to: 'Job sheet' }])
  expect(report.tables[ORDER]?.received).toBeLessThanOrEqual(2)
  expect(await device.org.outbox.get(seq ?? 0)).toMatchObject({ status: 'processed' })
  await expectSame(there, device)
})

test('a table is removed with creates in it, and others that lead to them, waiting: all are kept with the reason', async () => {
  const there = world()
  const device = await there.device({
    configuration: {
      tables: {
        [TYPE]: {},
        [ORDER]: { columns: ['msdyn_name', 'msdyn_workordertype'] },
        account: { columns: ['name'] },
      },
    },
  })
  await device.sync()
  const made = { type: '', order: '' }
  const type = await device.org.write((draft) => {
    made.type = draft.create(TYPE, { msdyn_name: 'Inspection' })
  })
  const order = await device.org.write((draft) => {
    made.order = draft.create(ORDER, { msdyn_name: 'Pump', msdyn_workordertype: made.type })
  })
  const after = await device.org.write((draft) => draft.update(ORDER, made.order, { msdyn_name: 'Fan' }))
  const free = await device.org.write((draft) => draft.create('account', { name: 'Free' }))
  there.emulator.schema.removeTable(TYPE)
  const report = await device.sync()
  expect(report.metadata?.refused).toEqual([type.seq, order.seq])
  const status = async (seq: number | null): Promise<string | undefined> =>
    (await device.org.outbox.get(seq ?? 0))?.status
  expect(await status(free.seq)).toBe('processed')
  expect([await status(type.seq), await status(order.seq), await status(after.seq)]).toEqual([
    'error',
    'error',
    expect.stringMatching(/pending|error/),
  ])
  await device.org.outbox.amend(order.seq ?? 0, { msdyn_workordertype: undefined })
  await device.sync()
  await device.sync()
  expect([await status(order.seq), await status(after.seq)]).toEqual(['processed', 'processed'])
  expect(there.emulator.master.row(ORDER, made.order)?.values).toMatchObject({ msdyn_name: 'Fan' })
})

test('a metadata request that is refused stops neither what waits to be sent nor what is kept', async () => {
  const there = world()
  let refuses = false
  const device = await there.device({
    through: (master) => ({
      ...master,
      metadataChanges: async (request, signal) => {
        if (refuses) throw new MasterError('protocol', 'not understood')
        return master.metadataChanges?.(request, signal) as never
      },
    }),
  })
  await device.sync()
  refuses = true
  there.emulator.schema.addColumn('account', text('new_Colour'))
  await device.org.write((draft) => draft.create('account', { name: 'Mine' }))
  await device.sync().catch(() => {})
  expect((await device.org.outbox.counts()).pending).toBe(1)
  refuses = false
  await device.sync()
  expect((await device.org.outbox.counts()).pending).toBe(0)
})

test('the metadata changes between any two requests of its refresh: the next sync has it all', async () => {
  for (let at = 1; ; at += 1) {
    const there = world()
    let requests = Number.NEGATIVE_INFINITY
    const device = await there.device({
      configuration: { tables: { [ORDER]: {}, account: {} } },
      through: () =>
        dataverseMaster({
          url: there.emulator.root,
          token: () => Promise.resolve(there.emulator.tokenFor(administrator(there.emulator))),
          env: there.env,
          fetch: async (...request) => {
            const answer = await there.emulator.fetch(...request)
            requests += 1
            if (requests === at) {
              there.emulator.schema.addColumn('account', text('new_Two'))
              there.emulator.schema.removeColumn(ORDER, 'msdyn_city')
            }
            return answer
          },
        }),
    })
    await device.sync()
    there.emulator.schema.addColumn(ORDER, text('new_One'))
    there.emulator.schema.retypeColumn(ORDER, text('new_TravelDistance'))
    requests = 0
    await device.sync()
    const seen = requests
    await expectSame(there, device)
    expect(await device.org.masterTable('account')).toMatchObject({
      columns: at > seen ? expect.anything() : expect.arrayContaining([expect.objectContaining({ name: 'new_two' })]),
    })
    if (at > seen) return
  }
})

test('a rule for conflicts that no longer suits its column is left out and named, and its table goes on', async () => {
  const there = world()
  const device = await there.device({
    configuration: {
      tables: {
        [ORDER]: { columns: ['msdyn_name', 'new_traveldistance'], conflictRules: { new_traveldistance: 'sum' } },
      },
    },
  })
  await device.sync()
  there.emulator.schema.retypeColumn(ORDER, text('new_TravelDistance'))
  const report = await device.sync()
  expect(report.metadata).toMatchObject({
    dropped: [{ table: ORDER, option: 'conflictRules', column: 'new_traveldistance' }],
    stopped: [],
  })
  await expectSame(there, device)
})

test('what became of a pending value when its column became another is in its history', async () => {
  const there = world()
  const device = await there.device({
    configuration: { tables: { [ORDER]: { columns: ['msdyn_name', 'new_traveldistance'] } } },
  })
  const id = there.emulator.master.create(ORDER, { msdyn_name: 'Pump' })
  await device.sync()
  const { seq } = await device.org.write((draft) => draft.update(ORDER, id, { new_traveldistance: 12 }))
  there.emulator.schema.retypeColumn(ORDER, integer('new_TravelDistance'))
  const report = await device.org.updateMetadata()
  expect(report.migrated).toEqual([seq])
  const held = await device.org.outbox.get(seq ?? 0)
  expect(held?.history.map(({ event }) => event)).toEqual(['committed', 'migrated'])
  await expectSame(there, device)
})

test('a relationship between many rows is removed while links of it wait: what waits is kept with the reason', async () => {
  const there = world()
  const { schema, master } = there.emulator
  const link = schema.manyToManyByIntersect(LINK)
  const device = await there.device({
    configuration: {
      tables: { new_skill: { columns: ['new_name'] }, bookableresource: { columns: ['name'] }, [LINK]: {} },
    },
  })
  await device.sync()
  const [skill, resource] = ['new_skill', 'bookableresource'].map((name) => ({
    table: name,
    id: master.create(name, { [name === 'new_skill' ? 'new_name' : 'name']: 'New' }),
  }))
  await device.sync()
  if (!skill || !resource || !link) throw new Error('no such rows')
  const linked = await device.org.write((draft) => draft.associate(link.schemaName, skill, resource))
  const other = await device.org.write((draft) => draft.update('new_skill', skill.id, { new_name: 'Renamed' }))
  schema.removeRelationship(link.schemaName)
  const report = await device.sync()
  expect(report.metadata?.changes).toEqual(
    expect.arrayContaining([
      { kind: 'table-removed', table: LINK },
      { kind: 'relationship-removed', table: 'new_skill', relationship: link.schemaName },
    ]),
  )
  expect(await device.org.outbox.get(linked.seq ?? 0)).toMatchObject({ status: 'error', attempts: 0 })
  expect(await device.org.outbox.get(other.seq ?? 0)).toMatchObject({ status: 'processed' })
  await device.org.outbox.archive([linked.seq ?? 0])
  const { [LINK]: _, ...tables } = device.org.configuration.tables
  await device.org.configure({ tables })
  await expectSame(there, device)
})

test('a column that has become another is empty until it was read anew, and the others stay', async () => {
  const there = world()
  let isSlow = false
  const device = await there.device({
    configuration: {
      tables: { [ORDER]: { columns: ['msdyn_name', 'msdyn_city', 'new_traveldistance'], indexes: [['msdyn_city']] } },
    },
    through: (master) => ({
      ...master,
      pull: async (request, signal) => {
        if (isSlow && request.checkpoint === null) throw new MasterError('timeout', 'later')
        return master.pull(request, signal)
      },
    }),
  })
  const { schema } = there.emulator
  const id = there.emulator.master.create(ORDER, { msdyn_name: 'Pump', msdyn_city: 'Aarhus', new_traveldistance: 12 })
  const edited = there.emulator.master.create(ORDER, { msdyn_name: 'Fan', msdyn_city: 'Odense', new_traveldistance: 5 })
  await device.sync()
  await device.org.write((draft) => draft.update(ORDER, edited, { msdyn_name: 'Blower' }))
  schema.removeColumn(ORDER, 'msdyn_city')
  schema.addColumn(ORDER, text('msdyn_City'))
  schema.retypeColumn(ORDER, choice('new_TravelDistance', { 12: 'Twelve' }))
  isSlow = true
  await device.org.updateMetadata()
  expect(await device.org.table(ORDER).get(edited)).toMatchObject({
    msdyn_name: 'Blower',
    msdyn_city: null,
    new_traveldistance: null,
  })
  await device.sync().catch(() => {})
  expect(await device.org.table(ORDER).get(id)).toMatchObject({
    msdyn_name: 'Pump',
    msdyn_city: null,
    new_traveldistance: null,
  })
  isSlow = false
  await expectSame(there, device)
})
