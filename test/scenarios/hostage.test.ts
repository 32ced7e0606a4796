import { expect, test } from 'vitest'
import { dayWithAnn } from './script.ts'

/* A write that cannot be delivered holds up nothing but what needs it. */

test('C1: the first of 68 writes is refused, and the other 67 arrive in the same sync', async () => {
  const { office, ann } = await dayWithAnn()
  const unlock = office.refuses('Create', 'account', 'Not before Monday.', (row) => row['name'] === 'Customer 1')
  ann.goesOffline()
  for (let at = 1; at <= 68; at += 1) await ann.adds('account', { name: `Customer ${at}`, telephone1: '068' })
  ann.goesOnline()

  await ann.syncs()
  expect(office.count('account', { telephone1: '068' })).toBe(67)
  expect((await ann.outbox()).filter((words) => words !== 'processed')).toEqual(['error: business'])

  unlock()
  await ann.org.outbox.setAllPending()
  await ann.syncs()
  expect(office.count('account', { telephone1: '068' })).toBe(68)
})

test('C1: what a plug-in, a limit of size, or a missing privilege refuses does not stop what is behind it', async () => {
  const tables = {
    annotation: { columns: ['subject', 'documentbody'] },
    incident: { columns: ['title', 'customerid'] },
  }
  const { office, ann } = await dayWithAnn({ tables })
  const customer = office.adds('account', { name: 'Northwind' })
  await ann.syncs()
  office.refuses('Update', 'account', 'This customer is locked.')
  const [organisation] = office.emulator.master.rows('organization')
  office.changes('organization', String(organisation?.id), { maxuploadfilesize: 1024 })

  await ann.changes('account', customer, { telephone1: '1' })
  await ann.adds('annotation', { subject: 'Photo', documentbody: 'A'.repeat(4000) })
  await ann.adds('incident', { title: 'Leak', customerid: customer, customerid$table: 'account' })
  await ann.adds('contact', { lastname: 'Behind them all' })
  office.forbids('Ann', 'incident', ['create'])
  await ann.syncs()
  expect(await ann.outbox()).toEqual(['error: business', 'error: size', 'error: permission', 'processed'])
  expect(office.count('contact', { lastname: 'Behind them all' })).toBe(1)
})

test('C1: what needs a refused row waits for it, says so, and follows it by itself', async () => {
  const { office, ann } = await dayWithAnn()
  const unlock = office.refuses('Create', 'account', 'No new customers today.')
  const parent = await ann.adds('account', { name: 'Refused' })
  await ann.adds('contact', { lastname: 'Child', parentcustomerid: parent.id, parentcustomerid$table: 'account' })
  await ann.adds('contact', { lastname: 'Stranger' })
  await ann.syncs()
  expect(await ann.outbox()).toEqual(['error: business', `pending: blocked by #${parent.seq}`, 'processed'])

  unlock()
  await ann.org.outbox.setPending([parent.seq])
  await ann.syncs()
  expect(await ann.outbox()).toEqual(['processed', 'processed', 'processed'])
  expect(office.count('contact', { lastname: 'Child', parentcustomerid: parent.id })).toBe(1)
})

test('C1: a refused write does not keep the office’s news from arriving', async () => {
  const { office, ann } = await dayWithAnn()
  office.refuses('Create', 'account', 'No new customers today.')
  await ann.adds('account', { name: 'Refused' })
  const news = office.adds('account', { name: 'News' })
  await ann.syncs()
  expect(await ann.outbox()).toEqual(['error: business'])
  expect(await ann.sees('account', news)).toMatchObject({ name: 'News' })
})

test('C2: after an hour of every kind of failure the outbox empties by itself, without a new write', async () => {
  const { clock, office, ann } = await dayWithAnn({ delivery: 'at-once' })
  const { faults } = office.emulator
  const broken = [
    faults.add({ match: { method: ['POST', 'PATCH'] }, nth: 1, times: 3, fault: { kind: 'dropAfterCommit' } }),
    faults.add({ nth: 2, times: 4, fault: { kind: 'status', status: 503, body: 'html' } }),
    faults.add({ nth: 5, times: 2, fault: { kind: 'status', status: 429, retryAfter: 20, body: 'empty' } }),
    faults.add({ nth: 7, times: 2, fault: { kind: 'captivePortal' } }),
  ]
  for (let at = 1; at <= 5; at += 1) await ann.adds('account', { name: `Waits ${at}`, telephone1: '002' })
  await clock.advance(60 * 60_000)
  expect(ann.events.filter((event) => event.type === 'connection').length).toBeGreaterThan(6)
  ann.goesOffline()
  await ann.adds('account', { name: 'Waits 6', telephone1: '002' })
  for (const heal of broken) heal()
  ann.goesOnline()
  await clock.advance(10 * 60_000)
  expect(new Set(await ann.outbox())).toEqual(new Set(['processed']))
  expect(office.count('account', { telephone1: '002' })).toBe(6)
})

test('C2: a device that went to sleep in the middle of a push goes on when it is opened', async () => {
  const { clock, office, ann } = await dayWithAnn({ delivery: 'at-once' })
  ann.line.losesWrite('answer')
  await ann.adds('account', { name: 'Sent, then asleep' })
  await ann.adds('account', { name: 'Not sent yet' })
  await ann.restarts()
  await clock.advance(10 * 60_000)
  expect(await ann.outbox()).toEqual(['processed', 'processed'])
  expect(office.count('account', { name: 'Sent, then asleep' })).toBe(1)
  expect(office.count('account', { name: 'Not sent yet' })).toBe(1)
})

test('C2: a device that nobody told that the network is back finds out by itself, says so, and sends', async () => {
  const { clock, office, ann } = await dayWithAnn({ delivery: 'at-once' })
  const stalls = (): readonly unknown[] => ann.events.filter(({ type }) => type === 'stalled')
  ann.goesOffline()
  const { id } = await ann.adds('account', { name: 'Waits' })
  await clock.advance(60 * 60_000)
  expect(stalls()).toEqual([])
  ann.line.comesUpUnnoticed()
  await clock.advance(10 * 60_000)
  expect(stalls()).toMatchObject([{ pending: 1 }])
  expect(office.row('account', id)).toMatchObject({ name: 'Waits' })
  await clock.advance(60 * 60_000)
  expect(stalls().length).toBe(1)
})

test('C1: a write whose answer was lost, and whose row cannot be read any more, does not hold up the others for ever', async () => {
  const { clock, office, ann } = await dayWithAnn({ delivery: 'at-once' })
  ann.line.losesWrite('answer')
  const lost = await ann.adds('contact', { lastname: 'Lost' })
  await ann.org.idle()
  office.emulator.faults.add({
    match: { method: 'GET', path: /contacts/ },
    times: Infinity,
    fault: { kind: 'status', status: 500, body: 'empty' },
  })
  const others = [await ann.adds('account', { name: 'One' }), await ann.adds('account', { name: 'Two' })]
  await clock.advance(10 * 60_000)
  expect(await ann.outbox(...others.map(({ seq }) => seq))).toEqual(['processed', 'processed'])
  expect((await ann.transaction(lost.seq)).status).toBe('pending')
  office.emulator.faults.clear()
  await clock.advance(10 * 60_000)
  expect(await ann.outbox(lost.seq)).toEqual(['processed'])
  expect(office.count('contact', { lastname: 'Lost' })).toBe(1)
})
