import { ClientOrg, MasterError } from '@outpost/core'
import type { Configuration, Row } from '@outpost/core'
import { MemoryDatabase, memoryStore } from '@outpost/core/memory'
import { manualEnv } from '@outpost/core/testing'
import { integer } from '@outpost/dataverse-emulator'
import { expect, test } from 'vitest'
import { administrator, differences, world } from './world.ts'
import type { World } from './world.ts'

/** The accounts of one city, kept in step with the master by comparing ids. */
const OF_OSLO: Configuration = {
  tables: {
    account: {
      columns: ['name', 'address1_city', 'telephone1'],
      syncFilter: "address1_city eq 'Oslo'",
      syncDeletion: true,
    },
  },
}

const isOfOslo = { account: (values: Row): boolean => values['address1_city'] === 'Oslo' }

function accounts(world: World, count: number, city = 'Oslo'): readonly string[] {
  return Array.from({ length: count }, (_, nth) =>
    world.emulator.master.create('account', { name: `Account ${nth}`, address1_city: city }),
  )
}

test('rows that were deleted or left the filter go; rows that came into it come', async () => {
  const { emulator, ...rest } = world()
  const here = { emulator, ...rest }
  const [gone = '', moved = ''] = accounts(here, 4)
  const [other = ''] = accounts(here, 1, 'Bergen')
  const device = await here.device({ configuration: OF_OSLO })
  await device.sync()
  expect(await differences(here, device, isOfOslo)).toEqual([])

  emulator.master.remove('account', gone)
  emulator.master.update('account', moved, { address1_city: 'Bergen' })
  emulator.master.update('account', other, { address1_city: 'Oslo' })
  const report = await device.sync()
  expect(report.tables['account']).toMatchObject({ pruned: 2, kept: 0 })
  expect(await differences(here, device, isOfOslo)).toEqual([])
})

test('without deletion, what was deleted on the master stays, and the explanation says so', async () => {
  const here = world()
  const [gone = ''] = accounts(here, 2)
  const { account } = OF_OSLO.tables
  const device = await here.device({ configuration: { tables: { account: { ...account, syncDeletion: false } } } })
  await device.sync()
  here.emulator.master.remove('account', gone)
  await device.sync()
  expect([...(await device.rows('account')).keys()]).toContain(gone)
  const { mayBeStale, notUsed } = await device.org.explainPull('account')
  expect(mayBeStale).toContain('rows that were deleted on the master stay here')
  expect(notUsed.map(({ name }) => name)).toContain('reconciliation')
})

test('a row with unsent changes that left the filter is quarantined, sent, and goes once the master has it', async () => {
  const here = world()
  const [id = ''] = accounts(here, 3)
  const device = await here.device({ configuration: OF_OSLO })
  await device.sync()
  const told: unknown[] = []
  device.org.subscribe((event) => {
    if (event.type === 'row.quarantined') told.push([event.table, event.id, event.reason])
  })

  // The write cannot be sent yet, so that the row leaves while it is unsent.
  here.emulator.faults.add({ match: { method: 'PATCH', part: true }, times: 1, fault: { kind: 'status', status: 503 } })
  here.emulator.faults.add({ match: { method: 'PATCH' }, times: 1, fault: { kind: 'status', status: 503 } })
  await device.org.write((draft) => draft.update('account', id, { telephone1: '1' }))
  here.emulator.master.update('account', id, { address1_city: 'Bergen' })
  await device.sync().catch(() => {})
  expect(await device.org.quarantined('account')).toEqual([
    { table: 'account', id, reason: 'left-scope', since: here.env.now() },
  ])
  expect(told).toEqual([['account', id, 'left-scope']])
  expect((await device.rows('account')).get(id)?.['telephone1']).toBe('1')

  here.emulator.faults.clear()
  device.org.reconnect()
  await device.sync()
  expect(here.emulator.master.row('account', id)?.values).toMatchObject({ telephone1: '1' })
  expect((await device.rows('account')).has(id)).toBe(false)
  expect(await device.org.quarantined()).toEqual([])
})

test('a list of ids that breaks off removes nothing', async () => {
  const here = world({ rows: 600 })
  const device = await here.device({
    configuration: { tables: { contact: { columns: ['lastname'], syncDeletion: true } } },
    through: (master) => ({
      ...master,
      async *versions(request, signal) {
        for await (const page of master.versions(request, signal)) {
          yield page.slice(0, 10)
          if (isBroken) throw new MasterError('rejected', 'the rest of the list is missing')
        }
      },
    }),
  })
  let isBroken = true
  const [contact] = here.emulator.master.rows('contact')
  expect(contact).toBeDefined()
  const report = await device.sync()
  expect(report.tables['contact']).toMatchObject({ pruned: 0, error: { code: 'rejected' } })
  expect((await device.rows('contact')).size).toBe(here.emulator.master.count('contact'))
  // A whole list of those ten removes the others.
  isBroken = false
  await device.sync()
  expect((await device.rows('contact')).size).toBe(10)
})

test('what is pushed, pulled or removed while ids are compared is as the master has it', async () => {
  const here = world()
  const [first = '', second = '', third = ''] = accounts(here, 4)
  let during = async (): Promise<void> => {}
  const device = await here.device({
    configuration: OF_OSLO,
    through: (master) => ({
      ...master,
      async *versions(request, signal) {
        // What was read of the list is old when it is used.
        const pages = []
        for await (const page of master.versions(request, signal)) pages.push(page)
        await during()
        yield* pages
      },
    }),
  })
  await device.sync()
  // Another tab of the same user pulls meanwhile: a row that came, one that changed, and one that was hidden for a moment.
  during = async () => {
    during = async () => {}
    const made = here.emulator.master.create('account', { name: 'made meanwhile', address1_city: 'Oslo' })
    here.emulator.master.update('account', first, { name: 'changed meanwhile' })
    const rows = await here
      .master()
      .read(
        { table: metadata, columns: ['name', 'address1_city', 'telephone1'], ids: [made, first] },
        new AbortController().signal,
      )
    await device.store.write('another tab', async (tx) => {
      await tx.deleteRows('account', [third])
      await tx.putRows(
        'account',
        rows.map((row) => ({ id: row.id, version: row.version, values: { ...row.values, accountid: row.id } })),
      )
    })
  }
  const metadata = await device.org.masterTable('account').then((table) => {
    if (!table) throw new Error('no accounts')
    return table
  })
  here.emulator.master.update('account', second, { telephone1: '2' })
  await device.sync()
  expect(await differences(here, device, isOfOslo)).toEqual([])
})

test('a death in the middle of a comparison is made good by the next', async () => {
  const here = world()
  const gone = accounts(here, 5)
  let device = await here.device({ configuration: OF_OSLO })
  await device.sync()
  for (const id of gone) here.emulator.master.remove('account', id)
  accounts(here, 3)
  // The process dies when it has removed them here and before it has said so.
  device.store.subscribe((change) => {
    if (change.name === 'prune account') device.database.crash()
  })
  await device.sync().catch(() => {})
  device = await device.crash()
  await device.sync()
  expect(await differences(here, device, isOfOslo)).toEqual([])
})

test('rows that time alone moves out of the filter go, and those it moves in come', async () => {
  const here = world()
  const { master } = here.emulator
  const due = (days: number): string => new Date(here.env.now() + days * 86_400_000).toISOString().replace('T08', 'T12')
  const [today, nextWeek] = [0, 7].map((days) =>
    master.create('task', { subject: `in ${days}`, scheduledend: due(days) }),
  )
  const filter = "Microsoft.Dynamics.CRM.Today(PropertyName='scheduledend')"
  const device = await here.device({
    configuration: { tables: { task: { columns: ['subject', 'scheduledend'], syncFilter: filter } } },
  })
  await device.sync()
  const held = async (): Promise<readonly string[]> => [...(await device.rows('task')).keys()]
  expect(await held()).toContain(today)
  here.requests()
  await device.sync()
  const idle = here.requests().length

  await here.env.advance(7 * 86_400_000)
  await device.sync()
  expect(await held()).not.toContain(today)
  expect(await held()).toContain(nextWeek)
  // Once in an hour is enough.
  here.requests()
  await device.sync()
  expect(here.requests().length).toBe(idle)
})

/** The time zone code of India, five and a half hours ahead: its days begin at 18:30 of UTC. */
const INDIA = 190

test('days that begin at half past are noticed at once, whatever the clock of the device says by then at the hour', async () => {
  const here = world()
  const { master, schema } = here.emulator
  schema.addTable({
    schemaName: 'UserSettings',
    objectTypeCode: 150,
    displayName: 'User Settings',
    entitySetName: 'usersettingscollection',
    primaryName: null,
    ownership: 'OrganizationOwned',
    columns: [integer('TimeZoneCode')],
  })
  const user = here.emulator.users.find(({ name }) => name === administrator(here.emulator))
  master.create('usersettings', { timezonecode: INDIA }, { id: String(user?.id) })
  const [today, tomorrow] = ['2026-05-01T18:00:00Z', '2026-05-01T19:00:00Z'].map((scheduledend) =>
    master.create('task', { subject: scheduledend, scheduledend }),
  )
  // The device believes that it is another year, and is set back by one more while it waits.
  const env = manualEnv({ seed: 9, now: Date.UTC(2031, 0, 1, 3, 15) })
  const org = await ClientOrg.open({
    store: memoryStore({ database: new MemoryDatabase() }),
    master: here.master(),
    env,
    delivery: 'on-demand',
  })
  await org.connect()
  const syncFilter = "Microsoft.Dynamics.CRM.Today(PropertyName='scheduledend')"
  await org.configure({ tables: { task: { columns: ['subject'], syncFilter } } })
  const held = async (): Promise<readonly boolean[]> => {
    await org.sync()
    const ids = (await org.table('task').query()).map((row) => row['activityid'])
    return [ids.includes(today), ids.includes(tomorrow)]
  }
  expect(await held()).toEqual([true, false])
  const minutes = async (count: number): Promise<void> => {
    await here.env.advance(count * 60_000)
    await env.advance(count * 60_000)
  }
  await minutes(10 * 60 + 29)
  expect(await held()).toEqual([true, false])
  await minutes(2)
  expect((await held()).length).toBe(2)
  await minutes(59)
  expect(await held()).toEqual([false, true])
  env.setClock(env.now() - 366 * 86_400_000)
  await here.env.advance(86_400_000)
  expect(await held()).toEqual([false, false])
  // A device that is right sees it with the first pull of the new day.
  const right = await here.device({ configuration: { tables: { task: { columns: ['subject'], syncFilter } } } })
  const [next, after] = ['2026-05-03T18:00:00Z', '2026-05-03T19:00:00Z'].map((scheduledend) =>
    master.create('task', { subject: scheduledend, scheduledend }),
  )
  const days = Date.UTC(2026, 4, 3, 18, 29) - here.env.now()
  await here.env.advance(days)
  await right.sync()
  const there = async (): Promise<readonly boolean[]> => {
    const ids = [...(await right.rows('task')).keys()]
    return [ids.includes(String(next)), ids.includes(String(after))]
  }
  expect(await there()).toEqual([true, false])
  await minutes(2)
  await right.sync()
  expect(await there()).toEqual([false, true])
})

/** The accounts of the contacts that are kept. */
const ACCOUNTS_OF_CONTACTS: Configuration = {
  tables: {
    contact: { columns: ['lastname', 'parentcustomerid'], syncFilter: "jobtitle eq 'Captain'" },
    account: {
      columns: ['name'],
      related: [{ direction: 'parents', table: 'contact', lookup: 'parentcustomerid' }],
    },
  },
}

test('a related row that is pointed to anew comes, and one that is no longer pointed to goes, without changing', async () => {
  const here = world()
  const { master } = here.emulator
  const [before = '', after = ''] = accounts(here, 2)
  const pointing = (id: string): { readonly table: string; readonly id: string } => ({ table: 'account', id })
  const contact = master.create('contact', { lastname: 'C', jobtitle: 'Captain', parentcustomerid: pointing(before) })
  const device = await here.device({ configuration: ACCOUNTS_OF_CONTACTS })
  const held = async (): Promise<readonly string[]> => [...(await device.rows('account')).keys()]
  await device.sync()
  expect(await held()).toEqual([before])

  master.update('contact', contact, { parentcustomerid: pointing(after) })
  await device.sync()
  await device.sync()
  expect(await held()).toEqual([after])

  // What is pointed to by a change made here, too.
  await device.org.write((draft) =>
    draft.update('contact', contact, { parentcustomerid: before, parentcustomerid$table: 'account' }),
  )
  await device.sync()
  await device.sync()
  expect(await held()).toEqual([before])

  here.requests()
  await device.sync()
  expect(here.requests().filter((request) => request.includes('/accounts?')).length).toBeLessThanOrEqual(1)
})

test('links go both ways, and so does their removal', async () => {
  const here = world()
  const table = 'new_skill_bookableresource'
  const device = await here.device({
    configuration: {
      tables: {
        new_skill: { columns: ['new_name'] },
        bookableresource: { columns: ['name'] },
        [table]: { syncDeletion: true },
      },
    },
  })
  await device.sync()
  const relationship = here.emulator.schema.manyToManyByIntersect(table)?.schemaName ?? ''
  const [one, other] = [...(await device.rows(table)).values()].map((link) => ({
    skill: String(link['new_skillid']),
    resource: { table: 'bookableresource', id: String(link['bookableresourceid']) },
  }))
  if (!one || !other) throw new Error('too few links')
  here.emulator.master.disassociate('new_skill', one.skill, relationship, one.resource)
  await device.org.write((draft) =>
    draft.disassociate(relationship, { table: 'new_skill', id: other.skill }, other.resource),
  )
  await device.sync()
  expect(await differences(here, device)).toEqual([])

  here.emulator.master.associate('new_skill', one.skill, relationship, one.resource)
  await device.org.write((draft) =>
    draft.associate(relationship, { table: 'new_skill', id: other.skill }, other.resource),
  )
  await device.sync()
  await device.sync()
  expect(await differences(here, device)).toEqual([])
})

test('the parties of activities are kept like other rows: new ones come, and those of a deleted activity go', async () => {
  const here = world()
  const { emulator } = here
  const api = emulator.as(administratorOf(here))
  const [contact] = emulator.master.rows('contact')
  const phonecall = async (subject: string): Promise<string> => {
    const parties = [{ 'partyid_contact@odata.bind': `/contacts(${contact?.id ?? ''})`, participationtypemask: 2 }]
    const body = JSON.stringify({ subject, phonecall_activity_parties: parties })
    const headers = { 'Content-Type': 'application/json' }
    const answer = await api('phonecalls', { method: 'POST', headers, body })
    return /\(([^)]+)\)$/.exec(answer.headers.get('OData-EntityId') ?? '')?.[1] ?? ''
  }
  const gone = await phonecall('goes')
  const device = await here.device({
    configuration: {
      tables: {
        phonecall: { columns: ['subject'], syncDeletion: true },
        activityparty: { columns: ['activityid', 'partyid', 'participationtypemask'], syncDeletion: true },
      },
    },
  })
  await device.sync()
  const parties = async (id: string): Promise<number> =>
    [...(await device.rows('activityparty')).values()].filter((party) => party['activityid'] === id).length
  expect(await parties(gone)).toBeGreaterThan(0)

  emulator.master.remove('phonecall', gone)
  const made = await phonecall('comes')
  await device.sync()
  expect(await parties(gone)).toBe(0)
  expect(await parties(made)).toBeGreaterThan(0)
  expect(await differences(here, device)).toEqual([])
})

function administratorOf({ emulator }: World): string {
  return emulator.users.find(({ name }) => /admin/i.test(name))?.name ?? ''
}
