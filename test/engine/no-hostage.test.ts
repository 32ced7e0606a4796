import { expect, test } from 'vitest'
import { differences, world } from './world.ts'

/* Invariant I4: what cannot be delivered delays only what depends on it. */

test('a refused write does not stop the writes behind it, and its dependents say by whom they are blocked', async () => {
  const there = world()
  const device = await there.device()
  await device.sync()
  const taken = String(
    (await device.org.table('account').query({ where: 'accountnumber ne null', limit: 1 }))[0]?.['accountnumber'],
  )

  let refusedId = ''
  const before = await device.org.write((draft) => draft.create('account', { name: 'Before' }))
  const refused = await device.org.write((draft) => {
    refusedId = draft.create('account', { name: 'Refused', accountnumber: taken })
  })
  const child = await device.org.write((draft) =>
    draft.create('contact', { lastname: 'Child', parentcustomerid: refusedId, parentcustomerid$table: 'account' }),
  )
  const edit = await device.org.write((draft) => draft.update('account', refusedId, { telephone1: '1' }), {
    coalesce: false,
  })
  const behind = await device.org.write((draft) => draft.create('account', { name: 'Behind' }))

  const report = await device.org.push()
  expect(report).toMatchObject({ processed: 2, refused: 1, left: 2 })
  const listed = await device.org.outbox.list({ statuses: 'all' })
  expect(listed.map(({ seq, status, reason }) => [seq, status, reason?.kind])).toEqual([
    [before.seq, 'processed', undefined],
    [refused.seq, 'error', undefined],
    [child.seq, 'pending', 'blocked'],
    [edit.seq, 'pending', 'blocked'],
    [behind.seq, 'processed', undefined],
  ])
  expect(listed[2]?.reason).toEqual({ kind: 'blocked', by: refused.seq })
  expect(listed[1]?.lastError).toMatchObject({ code: 'rejected', rejection: 'key-clash', masterCode: '0x80060892' })

  await device.org.outbox.amend(Number(refused.seq), { accountnumber: 'NOT-TAKEN-1' })
  expect(await device.org.push()).toMatchObject({ processed: 3, refused: 0, left: 0 })
  await device.sync()
  expect(await differences(there, device)).toEqual([])
})

test('a pull runs whatever the outbox holds', async () => {
  const there = world()
  const device = await there.device()
  await device.sync()
  const [account] = await device.org.table('account').query({ where: 'accountnumber ne null', limit: 1 })
  await device.org.write((draft) =>
    draft.create('account', { name: 'Refused', accountnumber: String(account?.['accountnumber']) }),
  )
  const made = there.emulator.master.create('account', { name: 'Made there' })

  const report = await device.sync()
  expect(report.pushed).toMatchObject({ refused: 1 })
  expect(await device.org.table('account').get(made)).toMatchObject({ name: 'Made there' })
})

test('a write that the master gives no answer to does not keep the pull from running', async () => {
  const there = world()
  const device = await there.device()
  await device.sync()
  await device.org.write((draft) => draft.create('account', { name: 'Never answered' }))
  const made = there.emulator.master.create('account', { name: 'Made there' })
  there.emulator.faults.add({
    match: { method: 'PATCH' },
    times: Infinity,
    fault: { kind: 'status', status: 504, body: 'html' },
  })
  await expect(device.sync()).rejects.toMatchObject({ code: 'unavailable' })
  expect(await device.org.table('account').get(made)).toMatchObject({ name: 'Made there' })
  expect(await device.org.outbox.counts()).toMatchObject({ pending: 1, error: 0 })
})

test('a table that the master refuses does not stop the others', async () => {
  const there = world()
  const device = await there.device()
  there.emulator.faults.add({
    match: { path: /\/accounts\?/ },
    times: Infinity,
    fault: { kind: 'status', status: 403, body: 'json', code: '0x80040220' },
  })
  const report = await device.sync()
  expect(report.tables['account']?.error).toMatchObject({ code: 'forbidden' })
  expect(report.tables['contact']?.error).toBeUndefined()
  expect(await device.org.table('contact').count()).toBeGreaterThan(0)
})

test('a transaction held back by the upload filter holds back nothing else, and leaves when it begins to match', async () => {
  const there = world()
  const configuration = {
    tables: { account: { columns: ['name', 'telephone1'], uploadFilter: "not startswith(name,'Draft')" } },
  }
  const device = await there.device({ configuration })
  await device.sync()
  let draftId = ''
  const held = await device.org.write((draft) => {
    draftId = draft.create('account', { name: 'Draft of a customer' })
  })
  await device.org.write((draft) => draft.create('account', { name: 'Ready' }))
  expect(await device.org.push()).toMatchObject({ processed: 1, left: 1 })
  expect((await device.org.outbox.get(Number(held.seq)))?.reason).toEqual({
    kind: 'held',
    table: 'account',
    row: draftId,
  })
  expect(there.emulator.master.row('account', draftId)).toBeUndefined()

  await device.org.write((draft) => draft.update('account', draftId, { name: 'A real customer' }))
  expect(await device.org.push()).toMatchObject({ processed: 1, left: 0 })
  expect(there.emulator.master.row('account', draftId)?.values).toMatchObject({ name: 'A real customer' })
})

test('a table that the master does not show any more holds up its own writes only, where they have to be looked at first', async () => {
  const there = world()
  const readings = { tables: { account: { columns: ['name'] }, new_reading: { columns: ['new_name'] } } }
  const device = await there.device({ configuration: readings })
  const reading = there.emulator.master.create('new_reading', { new_name: 'Before' })
  await device.sync()
  const edit = await device.org.write((draft) => draft.update('new_reading', reading, { new_name: 'After' }))
  const made = await device.org.write((draft) => draft.create('account', { name: 'Behind' }))
  const show = there.emulator.faults.add({
    match: { method: 'GET', path: /new_readings/ },
    fault: { kind: 'status', status: 403, code: '0x80040220', body: 'json' },
    times: 100,
  })

  expect(await device.org.push()).toMatchObject({ processed: 1, left: 1 })
  expect(await device.org.outbox.get(Number(made.seq))).toMatchObject({ status: 'processed' })
  expect(await device.org.outbox.get(Number(edit.seq))).toMatchObject({
    status: 'pending',
    outcome: 'not-sent',
    reason: { kind: 'backing-off' },
    lastError: { code: 'forbidden' },
  })
  expect(there.emulator.master.row('new_reading', reading)?.values).toMatchObject({ new_name: 'Before' })

  show()
  await there.env.advance(300_000)
  expect(await device.org.push()).toMatchObject({ processed: 1, left: 0 })
  expect(there.emulator.master.row('new_reading', reading)?.values).toMatchObject({ new_name: 'After' })
})

test('what waited for a part of a transaction that was dropped since waits for it no longer', async () => {
  const there = world()
  const device = await there.device()
  await device.sync()
  const [mine, other] = await device.org.table('account').query({ where: 'accountnumber ne null', limit: 2 })
  const [id, otherId] = [String(mine?.['accountid']), String(other?.['accountid'])]
  const group = await device.org.write((draft) => {
    draft.update('account', id, { name: 'Mine' })
    draft.update('account', otherId, { accountnumber: String(mine?.['accountnumber']) })
  })
  const behind = await device.org.write((draft) => draft.update('account', id, { telephone1: '1' }))
  there.emulator.master.update('account', id, { name: 'Theirs' })

  await device.sync()
  expect(await device.org.outbox.get(Number(group.seq))).toMatchObject({ status: 'error', changes: [{ id: otherId }] })
  expect(await device.org.outbox.get(Number(behind.seq))).toMatchObject({ status: 'processed' })
  expect(there.emulator.master.row('account', id)?.values).toMatchObject({ name: 'Theirs', telephone1: '1' })
})

test('what waited for a part that was dropped does not wait because the rest still points to the row', async () => {
  const there = world()
  const device = await there.device()
  await device.sync()
  const [mine, other] = await device.org.table('account').query({ where: 'accountnumber ne null', limit: 2 })
  const [id, otherId] = [String(mine?.['accountid']), String(other?.['accountid'])]
  const group = await device.org.write((draft) => {
    draft.update('account', id, { name: 'Mine' })
    draft.create('contact', { lastname: 'Points there', parentcustomerid: id, parentcustomerid$table: 'account' })
    draft.update('account', otherId, { accountnumber: String(mine?.['accountnumber']) })
  })
  const behind = await device.org.write((draft) => draft.update('account', id, { telephone1: '1' }))
  there.emulator.master.update('account', id, { name: 'Theirs' })

  await device.sync()
  expect(await device.org.outbox.get(Number(group.seq))).toMatchObject({ status: 'error', changes: [{}, {}] })
  expect(await device.org.outbox.get(Number(behind.seq))).toMatchObject({ status: 'processed' })
})

test('a deletion no longer waits for a transaction that does not point to the row any more', async () => {
  const there = world()
  const device = await there.device()
  await device.sync()
  const [account] = await device.org.table('account').query({ where: 'accountnumber ne null', limit: 1 })
  const contact = there.emulator.master.create('contact', { lastname: 'To go' })
  await device.sync()
  const points = await device.org.write((draft) =>
    draft.create('account', {
      name: 'Refused',
      accountnumber: String(account?.['accountnumber']),
      primarycontactid: contact,
    }),
  )
  const deletion = await device.org.write((draft) => draft.delete('contact', contact))
  expect(await device.org.push()).toMatchObject({ refused: 1, left: 1 })
  await device.org.outbox.amend(Number(points.seq), { primarycontactid: null })
  expect(await device.org.push()).toMatchObject({ refused: 1, left: 0 })
  expect(await device.org.outbox.get(Number(deletion.seq))).toMatchObject({ status: 'processed' })
  expect(there.emulator.master.row('contact', contact)).toBeUndefined()
})

test('what waited for a transaction that is put away does not wait for what only that one needed', async () => {
  const there = world()
  const device = await there.device()
  await device.sync()
  const [mine, other] = await device.org.table('account').query({ where: 'accountnumber ne null', limit: 2 })
  const [id, otherId] = [String(mine?.['accountid']), String(other?.['accountid'])]
  const refused = await device.org.write((draft) =>
    draft.update('account', id, { accountnumber: String(other?.['accountnumber']) }),
  )
  const group = await device.org.write((draft) => {
    draft.update('account', id, { name: 'Mine' })
    draft.update('account', otherId, { name: 'Mine' })
  })
  const sameRow = await device.org.write((draft) => draft.update('account', id, { telephone1: '2' }))
  const behind = await device.org.write((draft) => draft.update('account', otherId, { telephone1: '1' }))
  expect(await device.org.push()).toMatchObject({ refused: 1, left: 3 })

  await device.org.outbox.archive([Number(group.seq)], { dependents: 'refuse' })
  expect(await device.org.push()).toMatchObject({ processed: 1, left: 1 })
  expect(there.emulator.master.row('account', otherId)?.values).toMatchObject({ telephone1: '1' })
  expect((await device.org.outbox.get(Number(behind.seq)))?.status).toBe('processed')
  expect((await device.org.outbox.get(Number(sameRow.seq)))?.reason).toEqual({ kind: 'blocked', by: refused.seq })
})
