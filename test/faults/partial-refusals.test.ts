import { fieldService } from '@outpost/dataverse-emulator'
import { expect, test } from 'vitest'
import { anyRow, CONFIGURATION, converges, failureOf, faultWorld } from './fault-world.ts'
import type { FaultWorld } from './fault-world.ts'

/* Refusals that concern one table or one moment: they stop what they concern and nothing else. */

const TABLE_REFUSALS = [
  [403, '0x80040220', 'forbidden'],
  [404, '0x80040217', 'not-found'],
  [400, '0x80060888', 'rejected'],
] as const

test.each(TABLE_REFUSALS)(
  'a table that the master refuses to read (%i) is reported, and the others are read',
  async (status, code, expected) => {
    const there = await faultWorld()
    const device = await there.synced({ configuration: { tables: {} } })
    await device.org.configure(CONFIGURATION)
    there.emulator.faults.add({
      match: { path: /\/accounts\?/ },
      times: Infinity,
      fault: { kind: 'status', status, code, body: 'json' },
    })
    const { tables } = await device.org.sync()
    expect(tables['account']?.error).toMatchObject({ code: expected })
    expect(tables['contact']).toMatchObject({ received: 14 })
    expect(await device.org.status()).toMatchObject({
      connection: { kind: 'connected' },
      tables: { account: { rows: 0, complete: false }, contact: { rows: 14, complete: true } },
    })
    await there.heal()
    await converges(there, device)
  },
)

test.each(TABLE_REFUSALS)(
  'a list of ids that the master refuses to go on with (%i) removes nothing',
  async (status, code, expected) => {
    const there = await faultWorld()
    const device = await there.synced()
    const before = (await device.rows('contact')).size
    const gone = there.emulator.master.rows('contact')[0]?.id ?? ''
    there.emulator.master.remove('contact', gone)
    there.emulator.faults.add({
      match: { path: /\/contacts\?.*contactid asc/ },
      nth: 2,
      fault: { kind: 'status', status, code, body: 'json' },
    })
    const { tables } = await device.org.sync()
    expect(tables['contact']?.error).toMatchObject({ code: expected })
    expect((await device.rows('contact')).size).toBe(before)
    await there.heal()
    const report = await converges(there, device)
    expect(report.tables['contact']).toMatchObject({ pruned: 1 })
  },
)

test.each(TABLE_REFUSALS)(
  'a lost write that cannot be verified (%i) waits, and holds up no other write and no pull',
  async (status, code, expected) => {
    const there = await faultWorld()
    const device = await there.synced()
    const id = String((await anyRow(device, 'account'))['accountid'])
    const lost = await device.org.write((draft) => draft.update('account', id, { telephone1: '555' }))
    there.proxy.add({ match: /^PATCH /, fault: { kind: 'reset-answer', after: 0 } })
    await failureOf(device.org.push())
    there.emulator.faults.add({
      match: { path: /\/accounts\?.*\.In\(/ },
      times: Infinity,
      fault: { kind: 'status', status, code, body: 'json' },
    })
    let contact = ''
    await device.org.write((draft) => {
      contact = draft.create('contact', { lastname: 'Behind' })
    })
    const made = there.emulator.master.create('contact', { lastname: 'Made there' })

    const report = await device.org.sync()
    expect(report.pushed).toMatchObject({ processed: 1, left: 1 })
    expect(await device.org.table('contact').get(made)).toMatchObject({ lastname: 'Made there' })
    expect(await device.org.outbox.get(Number(lost.seq))).toMatchObject({
      status: 'pending',
      outcome: 'unknown',
      lastError: { code: expected },
      reason: { kind: 'backing-off' },
    })
    expect(there.effects(contact)).toBe(1)

    await there.heal()
    await converges(there, device)
    expect(there.effects(id)).toBe(1)
  },
)

test.each([
  ['account', 'contact', { status: 'processed' }],
  ['contact', 'contact', { status: 'error', lastError: { rejection: 'permission' } }],
])(
  'a transaction of two tables, of which %s changed on the master and the user may not read %s, does not wait for ever',
  async (changed, refused, expected) => {
    const there = await faultWorld()
    const device = await there.synced()
    const id = async (table: string): Promise<string> => String((await anyRow(device, table))[`${table}id`])
    const ids = { account: await id('account'), contact: await id('contact') }
    const { seq } = await device.org.write((draft) => {
      draft.update('account', ids.account, { telephone1: '555' })
      draft.update('contact', ids.contact, { lastname: 'Ours' })
    })
    if (changed === 'account') there.emulator.master.update('account', ids.account, { name: 'Theirs' })
    else there.emulator.master.update('contact', ids.contact, { firstname: 'Theirs' })
    there.emulator.faults.add({
      match: { path: new RegExp(`/${refused}s\\?.*\\.In\\(`) },
      times: Infinity,
      fault: { kind: 'status', status: 403, code: '0x80040220', body: 'json' },
    })
    await device.org.push()
    expect(await device.org.outbox.get(Number(seq))).toMatchObject(expected)
  },
)

test('a user who loses the right to read a table keeps the rows with unsent changes only, and gets the other tables', async () => {
  const seed = fieldService({ rows: 200 })
  const users = seed.users.map((user) => ({ ...user, tablePrivileges: { account: { read: 'none' as const } } }))
  const there = await faultWorld({ seed: { ...seed, users } })
  const device = await there.synced()
  const kept = String((await anyRow(device, 'account'))['accountid'])
  await device.org.write((draft) => draft.update('account', kept, { telephone1: '555' }))
  const made = there.emulator.master.create('contact', { lastname: 'Made there' })
  const { tables } = await device.org.sync()
  expect(tables['account']?.error).toMatchObject({ code: 'forbidden' })
  expect([...(await device.rows('account')).keys()]).toEqual([kept])
  expect(await device.org.table('account').get(kept)).toMatchObject({ telephone1: '555' })
  expect(await device.org.quarantined()).toMatchObject([{ table: 'account', id: kept }])
  expect(await device.org.table('contact').get(made)).toMatchObject({ lastname: 'Made there' })
})

test.each([
  ['in seconds', () => 17],
  ['as a date', (there: FaultWorld) => new Date(there.env.now() + 17_000).toUTCString()],
])('nothing at all is sent while the master has asked to wait (%s)', async (_, retryAfter) => {
  const there = await faultWorld()
  const device = await there.synced()
  const { seq } = await device.org.write((draft) => draft.create('account', { name: 'Made offline' }))
  there.emulator.faults.add({
    match: { method: 'PATCH' },
    fault: { kind: 'status', status: 429, retryAfter: retryAfter(there) },
  })
  expect(await failureOf(device.org.push())).toMatchObject({ code: 'throttled', retryAfterMs: 17_000 })
  const transaction = await device.org.outbox.get(Number(seq))
  expect(transaction).toMatchObject({
    status: 'pending',
    outcome: 'not-sent',
    attempts: 0,
    lastError: { code: 'throttled' },
  })
  const { connection } = await device.org.status()
  expect(connection).toMatchObject({ kind: 'paused', code: 'throttled' })
  if (connection.kind === 'paused') expect(connection.until).toBeGreaterThanOrEqual(there.env.now() + 17_000)

  const before = there.proxy.requests().length
  await there.env.advance(16_900)
  for (const run of [() => device.org.push(), () => device.org.sync(), () => device.org.connect()]) {
    expect(await failureOf(run())).toMatchObject({ code: 'throttled' })
  }
  expect(there.proxy.requests()).toHaveLength(before)
  await there.heal()
  await converges(there, device)
})

test('a pause that the master asks for without a length has one all the same', async () => {
  const there = await faultWorld({ knobs: { hideRetryAfter: true } })
  const device = await there.synced({ delivery: 'at-once' })
  there.emulator.faults.add({
    match: { method: 'PATCH' },
    times: 2,
    fault: { kind: 'status', status: 429, retryAfter: 17 },
  })
  let id = ''
  await device.org.write((draft) => {
    id = draft.create('account', { name: 'Made offline' })
  })
  await device.org.idle()
  const pauses: number[] = []
  for (
    let { connection } = await device.org.status();
    connection.kind === 'paused';
    { connection } = await device.org.status()
  ) {
    pauses.push(connection.until - there.env.now())
    await there.env.advance(connection.until - there.env.now())
    await device.org.idle()
  }
  expect(pauses).toHaveLength(2)
  expect(Math.min(...pauses)).toBeGreaterThan(0)
  expect((await device.org.status()).transactions).toMatchObject({ processed: 1, pending: 0 })
  expect(there.effects(id)).toBe(1)
})

test.each([
  ['a create', 'PATCH'],
  ['a delete', 'DELETE'],
  ['a link', 'POST'],
])('an empty 200, which no Dataverse gives, is not taken for the success of %s', async (kind, method) => {
  const there = await faultWorld()
  const device = await there.synced({
    configuration: {
      tables: {
        ...CONFIGURATION.tables,
        bookableresource: { columns: ['name'] },
        new_skill: { columns: ['new_name'] },
        new_skill_bookableresource: {},
      },
    },
  })
  const contact = String((await anyRow(device, 'contact'))['contactid'])
  const skill = { table: 'new_skill', id: String((await anyRow(device, 'new_skill'))['new_skillid']) }
  const resource = {
    table: 'bookableresource',
    id: String((await anyRow(device, 'bookableresource'))['bookableresourceid']),
  }
  const { seq } = await device.org.write((draft) => {
    if (kind === 'a create') draft.create('account', { name: 'Made offline' })
    else if (kind === 'a delete') draft.delete('contact', contact)
    else draft.associate('new_Skill_BookableResource', skill, resource)
  })
  there.emulator.faults.add({ match: { method }, fault: { kind: 'status', status: 200, body: 'empty' } })
  expect(await failureOf(device.org.push())).toMatchObject({ code: 'protocol' })
  expect(await device.org.outbox.get(Number(seq))).toMatchObject({ status: 'pending', outcome: 'unknown' })
  await there.heal()
  await converges(there, device)
})

test('an answer to a batch that ends in the middle loses nothing and doubles nothing', async () => {
  const there = await faultWorld()
  const device = await there.synced()
  const ids: string[] = []
  for (let at = 0; at < 6; at += 1) {
    await device.org.write((draft) => {
      ids.push(
        draft.create('account', { name: `Made offline ${at}` }),
        draft.create('contact', { lastname: `Child ${at}` }),
      )
    })
  }
  there.emulator.faults.add({ match: { path: /\$batch/ }, fault: { kind: 'truncateJson' } })
  await device.org.sync().catch(() => undefined)
  const { transactions } = await device.org.status()
  expect({ kept: transactions.pending + transactions.processed, error: transactions.error }).toEqual({
    kept: 6,
    error: 0,
  })
  await there.heal()
  await converges(there, device)
  expect(ids.map((id) => there.effects(id))).toEqual(ids.map(() => 1))
})

test('one refused write in a batch delays only what needs it', async () => {
  const there = await faultWorld()
  const device = await there.synced()
  const taken = String((await anyRow(device, 'account', 'accountnumber ne null'))['accountnumber'])
  let refused = ''
  const ids: string[] = []
  await device.org.write((draft) => ids.push(draft.create('account', { name: 'Before' })))
  const { seq } = await device.org.write((draft) => {
    refused = draft.create('account', { name: 'Refused', accountnumber: taken })
  })
  await device.org.write((draft) =>
    draft.create('contact', { lastname: 'Child', parentcustomerid: refused, parentcustomerid$table: 'account' }),
  )
  await device.org.write((draft) => ids.push(draft.create('account', { name: 'Behind' })))
  expect((await device.org.sync()).pushed).toMatchObject({ processed: 2, refused: 1, left: 1 })
  expect(ids.map((id) => there.effects(id))).toEqual([1, 1])
  const [pending] = await device.org.outbox.list({ statuses: ['pending'] })
  expect(pending?.reason).toEqual({ kind: 'blocked', by: seq })

  await device.org.outbox.archive([Number(seq)], { dependents: 'archive' })
  await converges(there, device)
})
