import { MasterError, OutpostError } from '@outpost/core'
import type { Draft, Row } from '@outpost/core'
import { expect, test } from 'vitest'
import { ACCOUNTS, differences, world } from './world.ts'
import type { Device, World } from './world.ts'

/*
 * Invariant I2: exactly one effect, whatever answers are lost. Each kind of change is pushed once for every request that
 * its delivery takes, and that request's answer, or the request itself, is lost.
 */

const CONFIGURATION = {
  tables: {
    ...ACCOUNTS.tables,
    account: { columns: [...(ACCOUNTS.tables['account']?.columns ?? []), 'statecode', 'statuscode', 'ownerid'] },
    incident: { columns: ['title', 'statecode', 'statuscode', 'customerid'] },
    lead: { columns: ['subject', 'statecode', 'statuscode'] },
    msdyn_workorder: { columns: ['msdyn_name', 'msdyn_parentworkorder'] },
    bookableresource: { columns: ['name'] },
    new_skill: { columns: ['new_name'] },
    new_skill_bookableresource: {},
  },
}

interface Scenario {
  readonly name: string
  write(draft: Draft, rows: Rows): void
  /** How often the change had an effect on the master, and whether it is there. */
  effect(world: World, rows: Rows, before: Versions): { readonly there: boolean; readonly times: number }
}

interface Rows {
  readonly account: Row
  readonly contact: Row
  readonly resource: Row
  readonly skill: Row
  /** Not closed, and not qualified. */
  readonly incident: Row
  readonly lead: Row
  /** A link that is there. */
  readonly linked: readonly [{ table: string; id: string }, { table: string; id: string }]
  /** Who is to own what is given away. */
  readonly owner: string
}

type Versions = ReadonlyMap<string, bigint>

const scenarios: readonly Scenario[] = [
  {
    name: 'a create',
    write: (draft) => draft.create('account', { name: 'Made offline' }),
    effect: ({ emulator }) => {
      const made = emulator.master.rows('account').filter((row) => row.values['name'] === 'Made offline')
      return { there: made.length > 0, times: made.length }
    },
  },
  {
    name: 'an update',
    write: (draft, { account }) => draft.update('account', id(account, 'accountid'), { telephone1: '555 01' }),
    effect: ({ emulator }, { account }, before) => {
      const row = emulator.master.row('account', id(account, 'accountid'))
      return { there: row?.values['telephone1'] === '555 01', times: row?.version === before.get('effect') ? 1 : 2 }
    },
  },
  {
    name: 'a delete',
    write: (draft, { contact }) => draft.delete('contact', id(contact, 'contactid')),
    effect: ({ emulator }, { contact }) => ({
      there: !emulator.master.row('contact', id(contact, 'contactid')),
      times: 1,
    }),
  },
  {
    name: 'an association',
    write: (draft, rows) => draft.associate('new_Skill_BookableResource', ...ends(rows)),
    effect: ({ emulator }, rows) => {
      const links = linksOf(emulator, rows)
      return { there: links > 0, times: links }
    },
  },
  {
    name: 'a group of a parent, its child and a changed row',
    write: (draft, { account }) => {
      const parent = draft.create('account', { name: 'Made offline' })
      draft.create('contact', { lastname: 'Grouped', parentcustomerid: parent, parentcustomerid$table: 'account' })
      draft.update('account', id(account, 'accountid'), { telephone1: '555 02' })
    },
    effect: ({ emulator }) => {
      const parents = emulator.master.rows('account').filter((row) => row.values['name'] === 'Made offline')
      const children = emulator.master.rows('contact').filter((row) => row.values['lastname'] === 'Grouped')
      const changed = emulator.master.rows('account').filter((row) => row.values['telephone1'] === '555 02')
      expect([children.length, changed.length]).toEqual([parents.length, parents.length])
      return { there: parents.length > 0, times: parents.length }
    },
  },
  {
    name: 'a disassociation',
    write: (draft, { linked }) => draft.disassociate('new_Skill_BookableResource', ...linked),
    effect: ({ emulator }, { linked: [skill, resource] }) => ({
      there: linked(emulator, skill.id, resource.id) === 0,
      times: 1,
    }),
  },
  {
    name: 'a new owner',
    write: (draft, { account, owner }) =>
      draft.assign('account', id(account, 'accountid'), { table: 'systemuser', id: owner }),
    effect: ({ emulator }, { account, owner }, before) => {
      const row = emulator.master.row('account', id(account, 'accountid'))
      return { there: row?.values['ownerid'] === owner, times: row?.version === before.get('effect') ? 1 : 2 }
    },
  },
  {
    name: 'a new state',
    write: (draft, { account }) => draft.setState('account', id(account, 'accountid'), 1, 2),
    effect: ({ emulator }, { account }, before) => {
      const row = emulator.master.row('account', id(account, 'accountid'))
      return { there: row?.values['statecode'] === 1, times: row?.version === before.get('effect') ? 1 : 2 }
    },
  },
  {
    name: 'a circle of two new rows',
    write: (draft) => {
      const account = draft.create('account', { name: 'Made offline' })
      const contact = draft.create('contact', {
        lastname: 'Grouped',
        parentcustomerid: account,
        parentcustomerid$table: 'account',
      })
      draft.update('account', account, { primarycontactid: contact })
    },
    effect: ({ emulator }) => {
      const accounts = emulator.master.rows('account').filter((row) => row.values['name'] === 'Made offline')
      const contacts = emulator.master.rows('contact').filter((row) => row.values['lastname'] === 'Grouped')
      const whole = accounts.filter((row) => row.values['primarycontactid'] === contacts[0]?.id)
      expect([whole.length, contacts.length]).toEqual([accounts.length, accounts.length])
      return { there: accounts.length > 0, times: accounts.length }
    },
  },
  {
    name: 'a new row that points to itself',
    write: (draft) => {
      const order = draft.create('msdyn_workorder', { msdyn_name: 'Made offline' })
      draft.update('msdyn_workorder', order, { msdyn_parentworkorder: order })
    },
    effect: ({ emulator }) => {
      const made = emulator.master.rows('msdyn_workorder').filter((row) => row.values['msdyn_name'] === 'Made offline')
      expect(made.every((row) => row.values['msdyn_parentworkorder'] === row.id)).toBe(true)
      return { there: made.length > 0, times: made.length }
    },
  },
  {
    name: 'a closed case, known by the activity that closed it',
    write: (draft, { incident }) => closeCase(draft, incident, { table: 'incidentresolution', id: ACTIVITY }),
    effect: ({ emulator }, { incident }) => closed(emulator, incident),
  },
  {
    name: 'a closed case, known by its state',
    write: (draft, { incident }) => closeCase(draft, incident, 'statecode eq 1'),
    effect: ({ emulator }, { incident }) => closed(emulator, incident),
  },
  {
    name: 'a qualified lead, known by its state',
    write: (draft, { lead }) =>
      draft.action('QualifyLead', {
        on: { table: 'lead', id: id(lead, 'leadid') },
        bound: true,
        parameters: { CreateAccount: true, CreateContact: false, CreateOpportunity: true, Status: 3 },
        happened: 'statecode eq 1',
      }),
    effect: ({ emulator }, { lead }) => {
      const made = emulator.master
        .rows('opportunity')
        .filter((row) => row.values['originatingleadid'] === lead['leadid'])
      return { there: made.length > 0, times: made.length }
    },
  },
  {
    name: 'a bound action that counts, known by the count',
    write: (draft, { account }) =>
      draft.action('new_Hire', {
        on: { table: 'account', id: id(account, 'accountid') },
        bound: true,
        happened: `numberofemployees gt ${String(account['numberofemployees'])}`,
      }),
    effect: ({ emulator }, { account }) => {
      const now = emulator.master.row('account', id(account, 'accountid'))?.values['numberofemployees']
      const times = Number(now) - Number(account['numberofemployees'])
      return { there: times > 0, times }
    },
  },
  {
    name: 'an action that writes to a table which is not kept here',
    write: (draft, { account }) => remark(draft, account),
    effect: ({ emulator }) => remarks(emulator),
  },
  {
    name: 'an action that takes its row away',
    write: (draft, { contact }) =>
      draft.action('new_Retire', {
        on: { table: 'contact', id: id(contact, 'contactid') },
        parameters: { Who: { $row: { table: 'contact', id: id(contact, 'contactid') } } },
        happened: { table: 'contact', id: id(contact, 'contactid'), gone: true },
      }),
    effect: ({ emulator }, { contact }) => {
      const notes = remarks(emulator)
      expect(emulator.master.row('contact', id(contact, 'contactid')) === undefined).toBe(notes.there)
      return notes
    },
  },
  {
    name: 'a group of an action and a new row',
    write: (draft, { account }) => {
      draft.create('contact', { lastname: 'Grouped' })
      remark(draft, account)
    },
    effect: ({ emulator }) => {
      const notes = remarks(emulator)
      const made = emulator.master.rows('contact').filter((row) => row.values['lastname'] === 'Grouped')
      expect(made).toHaveLength(notes.times)
      return notes
    },
  },
  {
    name: 'a group of an action, a changed row, a deletion and a link',
    write: (draft, rows) => {
      draft.update('account', id(rows.account, 'accountid'), { telephone1: '555 03' })
      draft.delete('contact', id(rows.contact, 'contactid'))
      draft.associate('new_Skill_BookableResource', ...ends(rows))
      closeCase(draft, rows.incident, 'statecode eq 1')
    },
    effect: ({ emulator }, rows) => {
      const times = closed(emulator, rows.incident)
      const { telephone1 } = emulator.master.row('account', id(rows.account, 'accountid'))?.values ?? {}
      expect(telephone1 === '555 03').toBe(times.there)
      expect(emulator.master.row('contact', id(rows.contact, 'contactid')) === undefined).toBe(times.there)
      expect(linksOf(emulator, rows)).toBe(times.times)
      return times
    },
  },
]

for (const scenario of scenarios) {
  for (const fault of ['dropBeforeCommit', 'dropAfterCommit'] as const) {
    test(`${scenario.name} has one effect when any of its requests is lost (${fault})`, async () => {
      const requests = await deliver(scenario, [], fault)
      for (let nth = 1; nth <= requests; nth += 1) await deliver(scenario, [nth], fault)
      if (fault === 'dropBeforeCommit') return
      // What follows is sent to find out what became of the first.
      await deliver(scenario, [2, 3], fault)
      await deliver(scenario, [2, 3, 4], fault)
    })
  }
}

test('a row that was to be deleted and is hidden from its user is not taken for deleted', async () => {
  const there = world()
  const { emulator } = there
  const user = 'Amara Okafor'
  emulator.security.privilegeDepth(user, 'account', 'organization', ['delete'])
  const device = await there.device({ configuration: ACCOUNTS, user })
  await device.sync()
  const [account = {}] = await device.org.table('account').query({ limit: 1 })
  const lost = id(account, 'accountid')
  await device.org.write((draft) => draft.delete('account', lost))
  emulator.faults.add({ nth: 1, fault: { kind: 'dropBeforeCommit' } })
  await expect(device.org.push()).rejects.toMatchObject({ code: 'offline' })
  emulator.security.revokeReadAccess(user, { table: 'account', id: lost })
  await device.org.push()
  const [transaction] = await device.org.outbox.list({ statuses: 'all' })
  expect(transaction?.history.map(({ event }) => event)).toContain('verified')
  // Either it is deleted, or nobody says that it was.
  const isThere = emulator.master.row('account', lost) !== undefined
  expect({ status: transaction?.status, isThere }).toEqual({ status: isThere ? 'error' : 'processed', isThere })
})

test('an edit that came twice is not called unsent where the row that it met the second time could not be read', async () => {
  const there = world()
  let isUnread = false
  const cut = (): Promise<never> => Promise.reject(new MasterError('offline', 'cut off'))
  const device = await there.device({
    configuration: ACCOUNTS,
    through: (master) => ({
      ...master,
      read: (...of) => (isUnread ? cut() : master.read(...of)),
      push: async (...of) => {
        if (isUnread) await master.push(...of)
        return isUnread ? master.push(...of) : cut()
      },
    }),
  })
  await device.sync()
  const [account = {}] = await device.org.table('account').query({ limit: 1 })
  const edited = id(account, 'accountid')
  await device.org.write((draft) => draft.update('account', edited, { name: 'Ours' }))
  isUnread = true
  await device.org.push().catch(() => {})
  expect(there.emulator.master.row('account', edited)?.values['name']).toBe('Ours')
  expect(await device.org.outbox.list({ statuses: 'all' })).toMatchObject([{ status: 'pending', outcome: 'unknown' }])
  isUnread = false
  await device.org.push()
  expect(await device.org.outbox.list({ statuses: 'all' })).toMatchObject([{ status: 'processed' }])
})

test('the history tells in which version a row was met that was looked at after a lost answer', async () => {
  const there = world()
  const device = await there.device({ configuration: ACCOUNTS })
  await device.sync()
  const [account = {}] = await device.org.table('account').query({ limit: 1 })
  const lost = id(account, 'accountid')
  await device.org.write((draft) => draft.update('account', lost, { name: 'Ours' }))
  there.emulator.faults.add({ nth: 1, fault: { kind: 'dropBeforeCommit' } })
  await expect(device.org.push()).rejects.toMatchObject({ code: 'offline' })
  there.emulator.master.update('account', lost, { telephone1: '1' })
  const met = there.emulator.master.row('account', lost)?.version
  await device.org.push()
  const [transaction] = await device.org.outbox.list({ statuses: 'all' })
  expect(transaction?.history.find(({ event }) => event === 'verified')).toMatchObject({
    versions: { [`account/${lost}`]: `W/"${met}"` },
  })
})

test('an action of which the master no longer has what would tell of it is left to a person', async () => {
  const there = world()
  registerActions(there.emulator)
  const device = await there.device({ configuration: ACCOUNTS })
  await device.sync()
  const [account = {}] = await device.org.table('account').query({ where: 'numberofemployees gt 0', limit: 1 })
  const on = { table: 'account', id: id(account, 'accountid') }
  await device.org.write((draft) => draft.action('new_Hire', { on, bound: true, happened: "telephone1 eq 'hired'" }))
  there.emulator.faults.add({ nth: 1, fault: { kind: 'dropAfterCommit' } })
  await expect(device.org.push()).rejects.toMatchObject({ code: 'offline' })
  there.emulator.schema.removeColumn('account', 'telephone1')
  await there.env.advance(60_000)
  device.org.reconnect()
  await device.sync()
  const [transaction] = await device.org.outbox.list({ statuses: 'all' })
  expect(transaction).toMatchObject({ status: 'error', outcome: 'unknown' })
  const { numberofemployees } = there.emulator.master.row('account', on.id)?.values ?? {}
  expect(numberofemployees).toBe(Number(account['numberofemployees']) + 1)
})

/** Delivers the scenario with some requests lost, checks its effect and gives back how many requests it took. */
async function deliver(
  scenario: Scenario,
  lost: readonly number[],
  kind: 'dropBeforeCommit' | 'dropAfterCommit',
): Promise<number> {
  const there = world()
  registerActions(there.emulator)
  const device = await there.device({ configuration: CONFIGURATION })
  await device.sync()
  const rows = await sampleRows(there, device)
  await device.org.write((draft) => scenario.write(draft, rows))
  there.requests()
  for (const nth of lost) there.emulator.faults.add({ nth, fault: { kind } })
  const versions = new Map<string, bigint>()
  for (let attempt = 1; attempt <= 2 + lost.length; attempt += 1) {
    const failure = await device.org.push().then(
      () => null,
      (error: unknown) => error,
    )
    const version = there.emulator.master.row('account', id(rows.account, 'accountid'))?.version
    if (!versions.has('effect') && scenario.effect(there, rows, new Map()).there && version !== undefined)
      versions.set('effect', version)
    if (failure === null) break
    expect(failure).toBeInstanceOf(OutpostError)
    expect((failure as OutpostError).code).toBe('offline')
  }
  const sent = there.requests().length
  const [transaction] = await device.org.outbox.list({ statuses: 'all' })
  expect({ lost, status: transaction?.status, outcome: transaction?.outcome }).toEqual({
    lost,
    status: 'processed',
    outcome: 'known',
  })
  expect({ lost, ...scenario.effect(there, rows, versions) }).toEqual({ lost, there: true, times: 1 })
  there.emulator.faults.clear()
  await device.sync()
  expect(await differences(there, device)).toEqual([])
  return sent
}

async function sampleRows({ emulator }: World, device: Device): Promise<Rows> {
  const first = async (table: string, where?: string): Promise<Row> => {
    const [row] = await device.org.table(table).query({ limit: 1, ...(where === undefined ? {} : { where }) })
    if (!row) throw new Error(`the seed has no ${table}`)
    return row
  }
  const link = await first('new_skill_bookableresource')
  return {
    account: await first('account', 'statecode eq 0 and numberofemployees gt 0'),
    contact: await first('contact'),
    resource: await first('bookableresource'),
    skill: await first('new_skill'),
    incident: await first('incident', 'statecode eq 0'),
    lead: await first('lead', 'statecode eq 0'),
    linked: [
      { table: 'new_skill', id: id(link, 'new_skillid') },
      { table: 'bookableresource', id: id(link, 'bookableresourceid') },
    ],
    owner: emulator.users.at(-1)?.id ?? '',
  }
}

const ACTIVITY = '5c1f0d4e-0000-4000-8000-00000000000a'
const NOTE = '5c1f0d4e-0000-4000-8000-00000000000b'

function registerActions({ operations }: World['emulator']): void {
  operations.register({
    name: 'new_Hire',
    kind: 'action',
    binding: { to: 'row', table: 'account' },
    run: ({ row, service }) => {
      const count = Number(row?.values['numberofemployees'] ?? 0) + 1
      service.update('account', row?.id ?? '', { numberofemployees: count })
    },
  })
  operations.register({
    name: 'new_Remark',
    kind: 'action',
    parameters: { About: 'mscrm.account', NoteId: 'Edm.Guid' },
    run: ({ parameters, reference, service }) => {
      const given = parameters['NoteId']
      const noteId = typeof given === 'string' && !service.row('annotation', given) ? given : undefined
      service.create('annotation', { subject: 'Remarked', objectid: reference('About') }, noteId)
    },
  })
  operations.register({
    name: 'new_Retire',
    kind: 'action',
    parameters: { Who: 'mscrm.contact' },
    run: ({ reference, service }) => {
      const who = reference('Who')
      service.create('annotation', { subject: 'Remarked' })
      if (service.row('contact', who.id)) service.remove('contact', who.id)
    },
  })
}

function closeCase(draft: Draft, incident: Row, happened: string | { table: string; id: string }): void {
  const activity = typeof happened === 'string' ? {} : { id: happened.id }
  const values = { subject: 'Done', incidentid: id(incident, 'incidentid') }
  draft.action('CloseIncident', {
    on: { table: 'incident', id: id(incident, 'incidentid') },
    parameters: { IncidentResolution: { $row: { table: 'incidentresolution', ...activity, values } }, Status: 5 },
    happened,
    effect: { statecode: 1, statuscode: 5 },
  })
}

function closed(emulator: World['emulator'], incident: Row): { there: boolean; times: number } {
  const made = emulator.master
    .rows('incidentresolution')
    .filter((row) => row.values['incidentid'] === incident['incidentid'])
  return { there: made.length > 0, times: made.length }
}

/** An action that, sent twice, would write two notes. */
function remark(draft: Draft, account: Row): void {
  const about = { table: 'account', id: id(account, 'accountid') }
  draft.action('new_Remark', {
    on: about,
    parameters: { About: { $row: about }, NoteId: NOTE },
    happened: { table: 'annotation', id: NOTE },
  })
}

function remarks(emulator: World['emulator']): { there: boolean; times: number } {
  const made = emulator.master.rows('annotation').filter((row) => row.values['subject'] === 'Remarked')
  return { there: made.length > 0, times: made.length }
}

function id(row: Row, column: string): string {
  return String(row[column])
}

function ends({ skill, resource }: Rows): [{ table: string; id: string }, { table: string; id: string }] {
  return [
    { table: 'new_skill', id: id(skill, 'new_skillid') },
    { table: 'bookableresource', id: id(resource, 'bookableresourceid') },
  ]
}

function linksOf(emulator: World['emulator'], { skill, resource }: Rows): number {
  return linked(emulator, id(skill, 'new_skillid'), id(resource, 'bookableresourceid'))
}

function linked(emulator: World['emulator'], skill: string, resource: string): number {
  return emulator.master
    .rows('new_skill_bookableresource')
    .filter((row) => row.values['new_skillid'] === skill && row.values['bookableresourceid'] === resource).length
}
