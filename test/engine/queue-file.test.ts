import { ClientOrg } from '@outpost/core'
import type { OfflineTransaction, OutpostError, QueueDecision, QueuedTransaction, QueueFile, Row } from '@outpost/core'
import { memoryStore } from '@outpost/core/memory'
import { expect, test } from 'vitest'
import { ACCOUNTS, administrator, differences, world } from './world.ts'
import type { Device, World } from './world.ts'

/* The queue as a file: taken to another device of the same user, or decided about by somebody else. */

type Edited = Omit<QueueFile, 'transactions'> & { readonly transactions: readonly QueuedTransaction[] }

async function exported(device: Device): Promise<Edited> {
  return JSON.parse(JSON.stringify(await device.org.outbox.exportQueue())) as Edited
}

/** The file with a decision about the transaction with this seq. */
function decided(file: Edited, seq: number, decision: QueueDecision): Edited {
  const transactions = file.transactions.map((each) => (each.seq === seq ? { ...each, decision } : each))
  return { ...file, transactions }
}

const all = async (device: Device): Promise<readonly OfflineTransaction[]> =>
  device.org.outbox.list({ statuses: 'all', limit: 1000 })

interface Day {
  readonly there: World
  readonly device: Device
  readonly accounts: readonly Row[]
}

async function day(): Promise<Day> {
  const there = world()
  const device = await there.device()
  await device.sync()
  const accounts = await device.org.table('account').query({ where: 'accountnumber ne null', limit: 4 })
  return { there, device, accounts }
}

const idOf = (row: Row | undefined): string => String(row?.['accountid'])

/** A refused create (#1), a parent with its child (#2), an update in two steps (#3, #4), a deletion (#5), one put away (#6). */
async function workOn({ device, accounts }: Day): Promise<void> {
  const { org } = device
  await org.write((draft) =>
    draft.create('account', { name: 'Taken', accountnumber: String(accounts[0]?.['accountnumber']) }),
  )
  await org.push()
  await org.write((draft) => {
    const parent = draft.create('account', { name: 'Parent' })
    draft.create('contact', { lastname: 'Child', parentcustomerid: parent, parentcustomerid$table: 'account' })
  })
  await org.write((draft) => draft.update('account', idOf(accounts[1]), { name: 'One' }), { coalesce: false })
  await org.write((draft) => draft.update('account', idOf(accounts[1]), { telephone1: '2' }), { coalesce: false })
  const [contact] = await org.table('contact').query({ where: "lastname ne 'Child'", limit: 1 })
  await org.write((draft) => draft.delete('contact', String(contact?.['contactid'])), { after: [3] })
  await org.write((draft) => draft.update('account', idOf(accounts[3]), { name: 'Put away' }))
  await org.outbox.archive([6])
}

test('a queue comes to an empty device of the same user as it was, and is delivered once from there', async () => {
  const start = await day()
  await workOn(start)
  const file = await exported(start.device)
  const other = await start.there.device()
  const report = await other.org.outbox.importQueue(file)
  expect(report).toEqual({ imported: [1, 2, 3, 4, 5, 6], decided: [], known: [], refused: [] })
  expect(await all(other)).toEqual(await all(start.device))
  const again = await exported(other)
  expect({ ...again, exportedAt: '' }).toEqual({ ...file, exportedAt: '' })
  const changed = idOf(start.accounts[1])
  expect(await other.org.table('account').get(changed)).toEqual(await start.device.org.table('account').get(changed))
  await other.sync()
  expect((await other.org.outbox.counts()).processed).toBe(4)
  await start.device.sync()
  expect(await differences(start.there, start.device)).toEqual(await differences(start.there, other))
})

test('a file says the same each time but for its time', async () => {
  const start = await day()
  await workOn(start)
  const one = JSON.stringify(await start.device.org.outbox.exportQueue())
  await start.there.env.advance(60_000)
  const two = JSON.stringify(await start.device.org.outbox.exportQueue())
  expect(two).not.toBe(one)
  const timeless = (text: string): string => text.replace(/"exportedAt":"[^"]*"/, '')
  expect(timeless(two)).toBe(timeless(one))
})

test('what is chosen by number or status is in the file, what is settled is waited for no longer', async () => {
  const start = await day()
  await workOn(start)
  const { outbox } = start.device.org
  expect((await outbox.exportQueue({ seqs: [4, 1, 4] })).transactions.map(({ seq }) => seq)).toEqual([1, 4])
  expect((await outbox.exportQueue({ statuses: ['archived'] })).transactions.map(({ seq }) => seq)).toEqual([6])
  expect((await outbox.exportQueue()).transactions.find(({ seq }) => seq === 4)?.dependsOn).toEqual([3])
  await start.device.org.push()
  await expect(outbox.exportQueue({ seqs: [99] })).rejects.toMatchObject({ code: 'invalid' })
  expect((await outbox.exportQueue()).transactions.map(({ seq }) => seq)).toEqual([1, 6])
  expect((await outbox.exportQueue({ seqs: [4] })).transactions[0]?.dependsOn).toEqual([])
})

test("another user's queue, and one of another organisation, are refused", async () => {
  const start = await day()
  await workOn(start)
  const file = await exported(start.device)
  const stranger = start.there.emulator.users.find(({ name }) => name !== administrator(start.there.emulator))
  const other = await start.there.device({ user: String(stranger?.name) })
  await expect(other.org.outbox.importQueue(file)).rejects.toMatchObject({
    code: 'refused',
    place: { rule: 'other-user' },
  })
  expect(await all(other)).toEqual([])
  const elsewhere = { ...file, identity: { ...file.identity, organizationId: 'another' } }
  const target = await start.there.device()
  await expect(target.org.outbox.importQueue(elsewhere)).rejects.toMatchObject({
    code: 'refused',
    place: { rule: 'other-organisation' },
  })
  const forged = { ...file, transactions: file.transactions.map((each) => ({ ...each, userId: 'somebody' })) }
  const report = await target.org.outbox.importQueue(forged)
  expect(report.imported).toEqual([])
  expect(report.refused).toHaveLength(file.transactions.length)
})

test('what is there already is not doubled, and nothing of it changes', async () => {
  const start = await day()
  await workOn(start)
  const file = await exported(start.device)
  const before = await all(start.device)
  const report = await start.device.org.outbox.importQueue(file)
  expect(report).toEqual({ imported: [], decided: [], known: file.transactions.map(({ id }) => id), refused: [] })
  expect(await all(start.device)).toEqual(before)
})

test('tables and columns that are not kept are named, and only what waits for such a transaction stays out with it', async () => {
  const start = await day()
  await workOn(start)
  const file = await exported(start.device)
  const { account } = ACCOUNTS.tables as Record<'account', { readonly columns: readonly string[] }>
  const columns = account.columns.filter((name) => name !== 'primarycontactid')
  const without = columns.filter((name) => name !== 'telephone1')
  const accountsOnly = await start.there.device({ configuration: { tables: { account: { columns } } } })
  const one = await accountsOnly.org.outbox.importQueue(file)
  expect(one.refused.map(({ seq }) => seq)).toEqual([2, 5])
  expect(one.refused[0]?.reason).toContain("'contact'")
  expect(one.imported).toHaveLength(4)
  const fewColumns = await start.there.device({
    configuration: { tables: { ...ACCOUNTS.tables, account: { columns: without } } },
  })
  const two = await fewColumns.org.outbox.importQueue(file)
  expect(two.refused).toEqual([{ id: expect.any(String), seq: 4, reason: expect.stringContaining("'telephone1'") }])
  const nameless = file.transactions.map((each) => (each.seq === 3 ? { ...each, userId: 'somebody' } : each))
  const three = await (await start.there.device()).org.outbox.importQueue({ ...file, transactions: nameless })
  expect(three.refused.map(({ seq }) => seq)).toEqual([3, 4, 5])
})

const MALFORMED: readonly (readonly [string, (file: Edited) => unknown, RegExp])[] = [
  ['another format', (file) => ({ ...file, format: 'csv' }), /format/],
  ['no object', () => 'outpost-queue', /format/],
  ['no version', ({ version: _, ...file }) => file, /version is missing/],
  ['a newer version', (file) => ({ ...file, version: 2 }), /version 2 is newer/],
  ['an unknown status', (file) => edit(file, { status: 'sent' }), /transactions\[0\]\.status/],
  ['a misspelled decision', (file) => edit(file, { decison: { kind: 'discard' } }), /transactions\[0\]\.decison/],
  ['an unknown decision', (file) => edit(file, { decision: { kind: 'burn' } }), /transactions\[0\]\.decision\.kind/],
  ['no changes', (file) => edit(file, { changes: [] }), /transactions\[0\]\.changes must not be empty/],
  [
    'a change of no kind',
    (file) => edit(file, { changes: [{ table: 'account', id: 'x' }] }),
    /transactions\[0\]\.changes\[0\]\.kind/,
  ],
  [
    'an object for a value',
    (file) =>
      edit(file, { changes: [{ kind: 'create', table: 'account', id: 'x', values: { name: { first: 'a' } } }] }),
    /transactions\[0\]\.changes\[0\]\.values\.name/,
  ],
  ['an id twice', (file) => edit(file, { id: file.transactions[1]?.id }), /transactions\[1\]\.id is there twice/],
  ['a row without values', (file) => ({ ...file, rows: [{ table: 'account', id: 'x', version: null }] }), /rows\[0\]/],
]

test('what is no queue file, or was edited into none, is invalid; the place is named and nothing is taken', async () => {
  const start = await day()
  await workOn(start)
  const file = await exported(start.device)
  const other = await start.there.device()
  for (const [name, broken, place] of MALFORMED) {
    const failure = await other.org.outbox.importQueue(broken(file)).catch((error: unknown) => error)
    expect({ name, failure }).toMatchObject({ failure: { code: 'invalid', message: expect.stringMatching(place) } })
  }
  expect(await all(other)).toEqual([])
})

function edit(file: Edited, change: object): unknown {
  const [first, ...others] = file.transactions
  return { ...file, transactions: [{ ...first, ...change }, ...others] }
}

test('what the other device may have sent is looked for on the master before it is sent again', async () => {
  const start = await day()
  const { device, there } = start
  const id = idOf(start.accounts[0])
  await device.org.write((draft) => draft.create('account', { name: 'Once' }))
  await device.org.write((draft) => draft.update('account', id, { numberofemployees: 7 }))
  there.emulator.faults.add({ match: { path: /batch/ }, fault: { kind: 'dropAfterCommit' } })
  await device.org.push().catch(() => undefined)
  const version = there.emulator.master.row('account', id)?.version
  const file = await exported(device)
  expect(file.transactions.map(({ outcome }) => outcome)).toEqual(['unknown', 'unknown'])
  const other = await there.device()
  await other.org.outbox.importQueue(file)
  there.requests()
  await other.sync()
  expect(there.requests().some((request) => !request.startsWith('GET'))).toBe(false)
  expect(there.emulator.master.rows('account').filter(({ values }) => values['name'] === 'Once')).toHaveLength(1)
  expect(there.emulator.master.row('account', id)?.version).toBe(version)
  expect((await other.org.outbox.counts()).processed).toBe(2)
})

test('what was sent since the file was made has one effect all the same', async () => {
  const start = await day()
  await workOn(start)
  const file = await exported(start.device)
  await start.device.sync()
  const other = await start.there.device()
  await other.org.outbox.importQueue(file)
  await other.sync()
  expect(start.there.emulator.master.rows('account').filter(({ values }) => values['name'] === 'Parent')).toHaveLength(
    1,
  )
  expect(await other.org.outbox.counts()).toMatchObject({ pending: 0, processed: 4, error: 1, archived: 1 })
})

test('amounts are not added twice, and a row under a chosen id is not taken for another one, where both devices send them', async () => {
  const there = world()
  const { account, contact } = ACCOUNTS.tables
  const configuration = {
    tables: { account: { ...account, conflictRules: { numberofemployees: 'sum' as const } }, contact: { ...contact } },
  }
  const device = await there.device({ configuration })
  await device.sync()
  const [row] = await device.org.table('account').query({ where: 'numberofemployees gt 10', limit: 1 })
  const chosen = '11111111-1111-4111-8111-111111111111'
  const before = Number(row?.['numberofemployees'])
  await device.org.write((draft) => draft.update('account', idOf(row), { numberofemployees: before + 5 }))
  await device.org.write((draft) => draft.create('account', { name: 'Chosen' }, chosen))
  const file = await exported(device)
  expect(file.transactions.map(({ outcome }) => outcome)).toEqual(['not-sent', 'not-sent'])
  await device.org.push()
  const other = await there.device({ configuration })
  await other.org.outbox.importQueue(file)
  await other.sync()
  expect(there.emulator.master.row('account', idOf(row))?.values['numberofemployees']).toBe(before + 5)
  expect((await other.org.outbox.counts()).processed).toBe(2)
})

test('links that the other device has made and removed since the file was made are left as they are', async () => {
  const there = world()
  const { master, plugins } = there.emulator
  const skill = { table: 'new_skill', id: master.create('new_skill', { new_name: 'Welding' }) }
  const [old, next] = ['Old', 'New'].map((name) => master.create('bookableresource', { name }))
  const end = (id = ''): { table: string; id: string } => ({ table: 'bookableresource', id })
  master.associate('new_skill', skill.id, 'new_Skill_BookableResource', end(old))
  const heard: string[] = []
  for (const message of ['Associate', 'Disassociate'])
    plugins.register({
      name: message,
      message,
      table: 'new_skill',
      stage: 'postOperation',
      run: () => heard.push(message),
    })
  const configuration = { tables: { new_skill: {}, bookableresource: {}, new_skill_bookableresource: {} } }
  const device = await there.device({ configuration })
  await device.sync()
  await device.org.write((draft) => draft.disassociate('new_Skill_BookableResource', skill, end(old)))
  await device.org.write((draft) => draft.associate('new_Skill_BookableResource', skill, end(next)))
  const file = await exported(device)
  await device.org.push()
  const other = await there.device({ configuration })
  await other.org.outbox.importQueue(file)
  await other.sync()
  expect(heard.toSorted()).toEqual(['Associate', 'Disassociate'])
  expect((await other.org.outbox.counts()).processed).toBe(2)
  expect(await differences(there, other)).toEqual([])
})

test('actions, circles, states and owners go through a file as they are, and happen once', async () => {
  const there = world()
  const configuration = {
    tables: {
      ...ACCOUNTS.tables,
      account: {
        columns: ['name', 'primarycontactid', 'ownerid', 'statecode', 'statuscode'],
        conflictPolicy: 'client-row-wins' as const,
      },
      incident: { columns: ['title', 'statecode', 'statuscode'] },
    },
  }
  const device = await there.device({ configuration })
  await device.sync()
  const [incident] = await device.org.table('incident').query({ where: 'statecode eq 0', limit: 1 })
  const [account] = await device.org.table('account').query({ where: 'statecode eq 0', limit: 1 })
  const [on, activity] = [String(incident?.['incidentid']), '22222222-2222-4222-8222-222222222222']
  await device.org.write((draft) => {
    const parent = draft.create('account', { name: 'Fogg & Sons' })
    const person = draft.create('contact', {
      lastname: 'Fogg',
      parentcustomerid: parent,
      parentcustomerid$table: 'account',
    })
    draft.update('account', parent, { primarycontactid: person })
  })
  await device.org.write((draft) => draft.update('account', idOf(account), { name: 'Whole' }), { coalesce: false })
  await device.org.write((draft) => draft.setState('account', idOf(account), 1))
  await device.org.write((draft) =>
    draft.action('CloseIncident', {
      on: { table: 'incident', id: on },
      parameters: {
        IncidentResolution: {
          $row: { table: 'incidentresolution', id: activity, values: { subject: 'Mended', incidentid: on } },
        },
        Status: 5,
      },
      happened: { table: 'incidentresolution', id: activity },
      effect: { statecode: 1, statuscode: 5 },
    }),
  )
  const file = await exported(device)
  const other = await there.device({ configuration })
  expect((await other.org.outbox.importQueue(file)).imported).toEqual([1, 2, 3, 4])
  expect((await all(other)).map(({ changes }) => changes)).toEqual((await all(device)).map(({ changes }) => changes))
  await device.sync()
  await other.sync()
  expect((await device.org.outbox.counts()).processed).toBe(4)
  expect((await other.org.outbox.counts()).processed).toBe(4)
  const closed = there.emulator.requests({ method: 'POST' }).filter(({ path }) => path.endsWith('CloseIncident'))
  expect(closed.length).toBe(1)
  const [written, ...later] = await other.org.outbox.trace({ table: 'incident', id: on })
  expect(written).toMatchObject({
    kind: 'written',
    changes: [{ kind: 'action', action: { action: 'CloseIncident', bound: false } }],
  })
  expect(later.map(({ event }) => event)).toEqual(['delivered', 'echoed'])
})

test('the newer of both known rows is the one that imported changes stand on', async () => {
  const start = await day()
  const id = idOf(start.accounts[0])
  await start.device.org.write((draft) => draft.update('account', id, { name: 'Ours' }))
  const file = await exported(start.device)
  start.there.emulator.master.update('account', id, { telephone1: 'theirs' })
  const other = await start.there.device()
  await other.sync()
  await other.org.outbox.importQueue(file)
  expect(await other.org.table('account').get(id)).toMatchObject({ name: 'Ours', telephone1: 'theirs' })
  await other.sync()
  expect(start.there.emulator.master.row('account', id)?.values).toMatchObject({ name: 'Ours', telephone1: 'theirs' })
})

test('a file with fewer columns than are kept here leaves the rest to the next pull', async () => {
  const start = await day()
  const { contact } = ACCOUNTS.tables
  const few = await start.there.device({
    configuration: { tables: { account: { columns: ['name'] }, contact: { ...contact } } },
  })
  await few.sync()
  const id = idOf(start.accounts[0])
  await few.org.write((draft) => draft.update('account', id, { name: 'Ours' }))
  const other = await start.there.device()
  await other.org.outbox.importQueue(await exported(few))
  await other.sync()
  expect(await differences(start.there, other)).toEqual([])
  expect(start.there.emulator.master.row('account', id)?.values['name']).toBe('Ours')
})

test('a row that came with a file goes with the next pull where its filter does not want it and nothing of it is unsent', async () => {
  const start = await day()
  const id = idOf(start.accounts[0])
  await start.device.org.write((draft) => draft.update('account', id, { name: 'Ours' }))
  const file = await exported(start.device)
  const { account, ...others } = ACCOUNTS.tables
  const elsewhere = { ...account, syncFilter: `accountid ne ${id}` }
  const other = await start.there.device({ configuration: { tables: { ...others, account: elsewhere } } })
  await other.sync()
  await other.org.outbox.importQueue(file)
  await other.org.outbox.discard([1])
  expect(await other.org.table('account').get(id)).toMatchObject({ name: start.accounts[0]?.['name'] })
  await other.sync()
  expect(await other.org.table('account').get(id)).toBeUndefined()
})

test('RC-04: what was decided elsewhere is done on the device that has the transaction, each in its way', async () => {
  const start = await day()
  const { device, there, accounts } = start
  const taken = String(accounts[0]?.['accountnumber'])
  for (const name of ['Again', 'Corrected', 'Put away', 'Thrown away']) {
    await device.org.write((draft) => draft.create('account', { name, accountnumber: taken }))
  }
  await device.org.push()
  let file = await exported(device)
  file = decided(file, 1, { kind: 'set-pending' })
  file = decided(file, 2, { kind: 'amend', values: { accountnumber: 'FREE-2' } })
  file = decided(file, 3, { kind: 'archive', local: 'keep' })
  file = decided(file, 4, { kind: 'discard' })
  there.emulator.master.update('account', idOf(accounts[0]), { accountnumber: null })
  const report = await device.org.outbox.importQueue(file)
  expect(report).toEqual({ imported: [], decided: [1, 2, 3, 4], known: [], refused: [] })
  await device.sync()
  const names = there.emulator.master.rows('account').map(({ values }) => String(values['name']))
  const sent = names.filter((name) => ['Again', 'Corrected', 'Put away', 'Thrown away'].includes(name))
  expect(sent.toSorted()).toEqual(['Again', 'Corrected'])
  expect((await all(device)).map(({ seq, status, kept }) => [seq, status, kept])).toEqual([
    [1, 'processed', undefined],
    [2, 'processed', undefined],
    [3, 'archived', true],
  ])
})

test('RC-04: a decision about a transaction that has changed meanwhile, or that cannot be done, is refused alone', async () => {
  const start = await day()
  const { device, accounts } = start
  const taken = String(accounts[0]?.['accountnumber'])
  for (const name of ['One', 'Two', 'Three']) {
    await device.org.write((draft) => draft.create('account', { name, accountnumber: taken }))
  }
  await device.org.push()
  let file = await exported(device)
  await device.org.outbox.amend(1, { name: 'One by hand' })
  file = decided(file, 1, { kind: 'discard' })
  file = decided(file, 2, { kind: 'amend', values: { nosuchcolumn: 1 } })
  file = decided(file, 3, { kind: 'archive' })
  const report = await device.org.outbox.importQueue(file)
  expect(report.decided).toEqual([3])
  expect(report.refused).toMatchObject([
    { seq: 1, reason: expect.stringMatching(/changed here/) },
    { seq: 2, reason: expect.stringMatching(/nosuchcolumn/) },
  ])
  expect((await all(device)).map(({ status }) => status)).toEqual(['pending', 'error', 'archived'])
  const again = await device.org.outbox.importQueue(file)
  expect(again.decided).toEqual([])
})

test('RC-04: what is to be discarded and is not here stays out, and so does what needs it', async () => {
  const { there, device } = await day()
  const parent = crypto.randomUUID()
  await device.org.write((draft) => draft.create('account', { name: 'Parent' }, parent))
  await device.org.write((draft) =>
    draft.create('contact', { lastname: 'Child', parentcustomerid: parent, parentcustomerid$table: 'account' }),
  )
  const file = decided(await exported(device), 1, { kind: 'discard' })
  await device.org.outbox.discard([1], { dependents: 'discard' })
  const again = await device.org.outbox.importQueue(file)
  expect(again).toMatchObject({ imported: [], decided: [], refused: [{ seq: 2 }] })
  expect(again.known).toEqual([file.transactions[0]?.id])
  expect(await all(device)).toEqual([])
  expect(await differences(there, device)).toEqual([])
})

test('an import of which nothing was committed leaves nothing, and one of which it was leaves everything', async () => {
  const start = await day()
  await workOn(start)
  const file = await exported(start.device)
  const other = await start.there.device()
  const running = other.org.outbox.importQueue(file).catch(() => undefined)
  const reopened = await other.crash()
  await running
  expect([0, file.transactions.length]).toContain((await all(reopened)).length)
})

test('an export without a master to speak of is refused like any other operation: by its promise', async () => {
  const org = await ClientOrg.open({ store: memoryStore(), master: world().master(), delivery: 'on-demand' })
  await expect(org.outbox.exportQueue().catch(({ code }: OutpostError) => code)).resolves.toBe('refused')
  await org.close()
})
