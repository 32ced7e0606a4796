import type { Configuration, CreateChange } from '@outpost/core'
import { expect, test } from 'vitest'
import { differences, world } from './world.ts'
import type { Device, World } from './world.ts'

/*
 * Rows that are made offline and point to each other, or to themselves: one write, one unit on the master, nothing lost of
 * what points where.
 */

const CUSTOMERS: Configuration = {
  tables: {
    account: { columns: ['name', 'telephone1', 'primarycontactid', 'parentaccountid'] },
    contact: { columns: ['lastname', 'parentcustomerid'] },
  },
}

async function office(configuration = CUSTOMERS): Promise<{ there: World; device: Device }> {
  const there = world()
  const device = await there.device({ configuration })
  await device.sync()
  there.requests()
  return { there, device }
}

/** Pushes, and checks that everything arrived and that the device shows what the master has, before and after a pull. */
async function delivered(there: World, device: Device): Promise<void> {
  await device.org.push()
  expect(await device.org.outbox.list({ statuses: ['pending', 'error'] })).toEqual([])
  expect(await differences(there, device)).toEqual([])
  await device.sync()
  expect(await differences(there, device)).toEqual([])
}

function there(world: World, table: string, id: string): unknown {
  return world.emulator.master.row(table, id)?.values
}

async function deferredOf(device: Device, seq: number | null): Promise<Readonly<Record<string, readonly string[]>>> {
  const creates = (await device.org.outbox.get(seq ?? 0))?.changes.filter((change) => change.kind === 'create') ?? []
  const putOff = creates.filter(
    (change): change is CreateChange => change.kind === 'create' && change.deferred !== undefined,
  )
  return Object.fromEntries(putOff.map((change) => [change.id, change.deferred ?? []]))
}

test('an account and its primary contact are made in one write, each pointing to the other', async () => {
  const { there: master, device } = await office()
  let [account, contact] = ['', '']
  await device.org.write((draft) => {
    account = draft.create('account', { name: 'Fogg & Sons' })
    contact = draft.create('contact', {
      lastname: 'Fogg',
      parentcustomerid: account,
      parentcustomerid$table: 'account',
    })
    draft.update('account', account, { primarycontactid: contact })
  })
  expect((await device.rows('account')).get(account)).toMatchObject({ primarycontactid: contact })
  await device.org.push()
  expect(master.requests().map((request) => request.split('/').at(-1))).toEqual(['$batch'])
  expect(there(master, 'account', account)).toMatchObject({ primarycontactid: contact, name: 'Fogg & Sons' })
  expect(there(master, 'contact', contact)).toMatchObject({ parentcustomerid: account })
  await delivered(master, device)
})

test('work orders that point to themselves, and to each other in a circle of three', async () => {
  const { there: master, device } = await office({
    tables: { msdyn_workorder: { columns: ['msdyn_name', 'msdyn_parentworkorder'] } },
  })
  let own = ''
  const self = await device.org.write((draft) => {
    own = draft.create('msdyn_workorder', { msdyn_name: 'Own' })
    draft.update('msdyn_workorder', own, { msdyn_parentworkorder: own })
  })
  expect(await deferredOf(device, self.seq)).toEqual({ [own]: ['msdyn_parentworkorder'] })
  const ids: string[] = []
  const three = await device.org.write((draft) => {
    for (const name of ['one', 'two', 'three']) ids.push(draft.create('msdyn_workorder', { msdyn_name: name }))
    for (const [at, id] of ids.entries()) {
      draft.update('msdyn_workorder', id, { msdyn_parentworkorder: ids[(at + 1) % 3] ?? '' })
    }
  })
  expect(Object.values(await deferredOf(device, three.seq))).toEqual([['msdyn_parentworkorder']])
  await delivered(master, device)
  expect(there(master, 'msdyn_workorder', own)).toMatchObject({ msdyn_parentworkorder: own })
  for (const [at, id] of ids.entries()) {
    expect(there(master, 'msdyn_workorder', id)).toMatchObject({ msdyn_parentworkorder: ids[(at + 1) % 3] })
  }
})

test('a circle that the master does not allow, such as an account that is its own parent, is its refusal', async () => {
  const { there: master, device } = await office()
  const own = 'b0a7c0de-0000-4000-8000-000000000001'
  const { seq } = await device.org.write((draft) => draft.create('account', { name: 'Own', parentaccountid: own }, own))
  await device.org.push()
  expect(await device.org.outbox.get(seq ?? 0)).toMatchObject({
    status: 'error',
    lastError: { change: 0, rejection: 'invalid', masterCode: '0x80040387' },
  })
  expect(there(master, 'account', own)).toBeUndefined()
})

test('three accounts and a contact in a circle, and one beside it that only points into it', async () => {
  const { there: master, device } = await office()
  const ids: string[] = []
  const { seq } = await device.org.write((draft) => {
    for (const name of ['into', 'one', 'two', 'three']) ids.push(draft.create('account', { name }))
    const [into = '', one = '', two = '', three = ''] = ids
    draft.update('account', into, { parentaccountid: one })
    draft.update('account', one, { parentaccountid: two })
    draft.update('account', two, { parentaccountid: three })
    const person = draft.create('contact', {
      lastname: 'Last',
      parentcustomerid: one,
      parentcustomerid$table: 'account',
    })
    draft.update('account', three, { primarycontactid: person })
  })
  expect(Object.values(await deferredOf(device, seq))).toHaveLength(1)
  await delivered(master, device)
  expect(ids.map((id) => master.emulator.master.row('account', id)?.values['parentaccountid'])).toEqual([
    ids[1],
    ids[2],
    ids[3],
    null,
  ])
})

test('a circle in a write with links, updates, deletions and an action', async () => {
  const { there: master, device } = await office({
    tables: {
      ...CUSTOMERS.tables,
      bookableresource: { columns: ['name'] },
      new_skill: { columns: ['new_name'] },
      new_skill_bookableresource: { columns: [] },
    },
  })
  master.emulator.operations.register({
    name: 'new_Ring',
    kind: 'action',
    binding: { to: 'row', table: 'account' },
    run: ({ row, service }) =>
      service.update('account', row?.id ?? '', { telephone1: `ring ${String(row?.values['primarycontactid'])}` }),
  })
  const [old, gone] = await device.org.table('contact').query({ limit: 2 })
  const [resource] = await device.org.table('bookableresource').query({ limit: 1 })
  let [account, contact, skill] = ['', '', '']
  await device.org.write((draft) => {
    draft.delete('contact', String(gone?.['contactid']))
    account = draft.create('account', { name: 'Fogg & Sons' })
    contact = draft.create('contact', {
      lastname: 'Fogg',
      parentcustomerid: account,
      parentcustomerid$table: 'account',
    })
    draft.update('account', account, { primarycontactid: contact })
    draft.update('contact', String(old?.['contactid']), {
      parentcustomerid: account,
      parentcustomerid$table: 'account',
    })
    skill = draft.create('new_skill', { new_name: 'Ringing' })
    draft.associate(
      'new_Skill_BookableResource',
      { table: 'new_skill', id: skill },
      { table: 'bookableresource', id: String(resource?.['bookableresourceid']) },
    )
    draft.action('new_Ring', { on: { table: 'account', id: account }, bound: true, happened: 'repeatable' })
  })
  // Of a link it is the pull that tells the master's own id.
  await device.sync()
  await delivered(master, device)
  // The action saw the whole row: what was put off comes before it.
  expect(there(master, 'account', account)).toMatchObject({ primarycontactid: contact, telephone1: `ring ${contact}` })
  expect(there(master, 'contact', String(old?.['contactid']))).toMatchObject({ parentcustomerid: account })
  expect(there(master, 'contact', String(gone?.['contactid']))).toBeUndefined()
})

test('where one of the rows was made by an earlier write there is no circle, only order', async () => {
  const { there: master, device } = await office()
  let [account, contact] = ['', '']
  await device.org.write((draft) => void (account = draft.create('account', { name: 'First' })))
  const { seq } = await device.org.write(
    (draft) => {
      contact = draft.create('contact', {
        lastname: 'Second',
        parentcustomerid: account,
        parentcustomerid$table: 'account',
      })
      draft.update('account', account, { primarycontactid: contact })
    },
    { coalesce: false },
  )
  expect(await deferredOf(device, seq)).toEqual({})
  await delivered(master, device)
  expect(there(master, 'account', account)).toMatchObject({ primarycontactid: contact })
})

test('a circle that the master refuses is refused whole, names the row, and can be mended', async () => {
  const { there: master, device } = await office()
  master.emulator.plugins.register({
    name: 'Sundays',
    message: 'Update',
    table: 'account',
    stage: 'preOperation',
    run: ({ target, refuse }) => {
      if (target['name'] === undefined && target['primarycontactid']) refuse('No primary contacts on Sundays.')
    },
  })
  let [account, contact] = ['', '']
  const { seq } = await device.org.write((draft) => {
    account = draft.create('account', { name: 'Fogg & Sons' })
    contact = draft.create('contact', {
      lastname: 'Fogg',
      parentcustomerid: account,
      parentcustomerid$table: 'account',
    })
    draft.update('account', account, { primarycontactid: contact })
  })
  await device.org.push()
  const refused = await device.org.outbox.get(seq ?? 0)
  expect(refused?.lastError).toMatchObject({ rejection: 'business', message: 'No primary contacts on Sundays.' })
  expect(refused?.changes[refused.lastError?.change ?? -1]).toMatchObject({ table: 'account', id: account })
  expect([there(master, 'account', account), there(master, 'contact', contact)]).toEqual([undefined, undefined])

  await device.org.outbox.amend(seq ?? 0, { primarycontactid: undefined }, { table: 'account', id: account })
  expect(await deferredOf(device, seq)).toEqual({})
  await delivered(master, device)
  expect(there(master, 'account', account)).toMatchObject({ primarycontactid: null })
})

test('an amended lookup can close a circle, which is then broken like any other', async () => {
  const { there: master, device } = await office()
  let [account, contact] = ['', '']
  const { seq } = await device.org.write((draft) => {
    account = draft.create('account', { name: 'Fogg & Sons' })
    contact = draft.create('contact', {
      lastname: 'Fogg',
      parentcustomerid: account,
      parentcustomerid$table: 'account',
    })
  })
  await device.org.outbox.amend(seq ?? 0, { primarycontactid: contact }, { table: 'account', id: account })
  expect(Object.values(await deferredOf(device, seq)).flat()).toHaveLength(1)
  await delivered(master, device)
  expect(there(master, 'account', account)).toMatchObject({ primarycontactid: contact })
})

test('rows that the master deleted are made again although they point to each other', async () => {
  const { there: master, device } = await office({
    tables: {
      account: { columns: ['name', 'primarycontactid'], onDeletedRow: 'recreate' },
      contact: { columns: ['lastname', 'parentcustomerid'], onDeletedRow: 'recreate' },
    },
  })
  let [account, contact] = ['', '']
  await device.org.write((draft) => {
    account = draft.create('account', { name: 'Fogg & Sons' })
    contact = draft.create('contact', {
      lastname: 'Fogg',
      parentcustomerid: account,
      parentcustomerid$table: 'account',
    })
    draft.update('account', account, { primarycontactid: contact })
  })
  await delivered(master, device)
  const other = await master.device({ configuration: CUSTOMERS })
  await other.sync()
  await other.org.write((draft) => draft.update('account', account, { primarycontactid: null }))
  await other.org.write((draft) => draft.delete('contact', contact))
  await other.org.write((draft) => draft.delete('account', account))
  await other.org.push()
  expect([there(master, 'account', account), there(master, 'contact', contact)]).toEqual([undefined, undefined])

  await device.org.write((draft) => {
    draft.update('account', account, { name: 'Fogg & Daughters' })
    draft.update('contact', contact, { lastname: 'Fogg-Passepartout' })
  })
  await device.org.push()
  await delivered(master, device)
  expect(there(master, 'account', account)).toMatchObject({ name: 'Fogg & Daughters', primarycontactid: contact })
  expect(there(master, 'contact', contact)).toMatchObject({ parentcustomerid: account })
})

test('a row that is made to point to itself by a later write is made first, and then pointed', async () => {
  const { there: master, device } = await office({
    tables: { msdyn_workorder: { columns: ['msdyn_name', 'msdyn_parentworkorder'] } },
  })
  let own = ''
  const made = await device.org.write((draft) => void (own = draft.create('msdyn_workorder', { msdyn_name: 'Own' })))
  const pointed = await device.org.write((draft) =>
    draft.update('msdyn_workorder', own, { msdyn_parentworkorder: own }),
  )
  expect(pointed.seq).not.toBe(made.seq)
  await delivered(master, device)
  expect(there(master, 'msdyn_workorder', own)).toMatchObject({ msdyn_parentworkorder: own })
})

test('a lookup that was put off can be changed before it is sent', async () => {
  const { there: master, device } = await office()
  let [account, contact] = ['', '']
  await device.org.write((draft) => {
    account = draft.create('account', { name: 'Fogg & Sons' })
    contact = draft.create('contact', {
      lastname: 'Fogg',
      parentcustomerid: account,
      parentcustomerid$table: 'account',
    })
    draft.update('account', account, { primarycontactid: contact })
  })
  let successor = ''
  await device.org.write((draft) => {
    successor = draft.create('contact', { lastname: 'Passepartout' })
    draft.update('account', account, { primarycontactid: successor })
  })
  await delivered(master, device)
  expect(there(master, 'account', account)).toMatchObject({ primarycontactid: successor })
})

test('an archived circle leaves nothing behind, and comes back whole', async () => {
  const { there: master, device } = await office()
  let [account, contact] = ['', '']
  const { seq } = await device.org.write((draft) => {
    account = draft.create('account', { name: 'Fogg & Sons' })
    contact = draft.create('contact', {
      lastname: 'Fogg',
      parentcustomerid: account,
      parentcustomerid$table: 'account',
    })
    draft.update('account', account, { primarycontactid: contact })
  })
  await device.org.outbox.archive([seq ?? 0])
  expect(await differences(master, device)).toEqual([])
  await device.org.outbox.setPending([seq ?? 0])
  await delivered(master, device)
  expect(there(master, 'account', account)).toMatchObject({ primarycontactid: contact })
})
