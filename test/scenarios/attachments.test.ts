import { expect, test } from 'vitest'
import { dayWithAnn } from './script.ts'

/* Photos and reports are large and slow. They never hold up the data, unless the data says that it needs them. */

const tables = {
  incident: { columns: ['title', 'customerid', 'description'] },
  annotation: { columns: ['subject', 'filename', 'documentbody', 'objectid'] },
}
const PHOTO = 'A'.repeat(1_000_000)

test('C3: a photo that the office finds too big is an error of its own, and the data of that day arrives', async () => {
  const { office, ann } = await dayWithAnn({ tables })
  const [organisation] = office.emulator.master.rows('organization')
  office.changes('organization', String(organisation?.id), { maxuploadfilesize: 1024 })
  const customer = await ann.adds('account', { name: 'Northwind' })
  const photo = await ann.adds('annotation', photoOf(customer.id))
  const person = await ann.adds('contact', { lastname: 'Rey' })
  await ann.syncs()
  expect(await ann.outbox(customer.seq, photo.seq, person.seq)).toEqual(['processed', 'error: size', 'processed'])
  expect(office.row('contact', person.id)).toMatchObject({ lastname: 'Rey' })
  expect(office.row('annotation', photo.id)).toBeUndefined()
})

test('C3: a photo that takes for ever goes last, though it was taken first, and what is written meanwhile is not behind it', async () => {
  const { clock, office, ann } = await dayWithAnn({ tables })
  const customer = office.adds('account', { name: 'Northwind' })
  await ann.syncs()
  office.emulator.faults.add({ match: { body: /AAAAAAAA/ }, times: Infinity, fault: { kind: 'hang' } })
  const photo = await ann.adds('annotation', photoOf(customer))
  const before = await ann.adds('contact', { lastname: 'Written after the photo' })
  const syncing = ann.syncs()
  await clock.advance(1000)
  expect(office.row('contact', before.id)).toMatchObject({ lastname: 'Written after the photo' })
  await clock.advance(10 * 60_000)
  expect(await syncing).toBe('timeout')
  expect((await ann.transaction(photo.seq)).status).toBe('pending')

  const after = await ann.adds('contact', { lastname: 'Written while it hangs' })
  const again = ann.syncs()
  await clock.advance(10 * 60_000)
  await again
  expect(office.row('contact', after.id)).toMatchObject({ lastname: 'Written while it hangs' })

  office.emulator.faults.clear()
  await ann.syncsUntilDone()
  expect(office.row('annotation', photo.id)).toMatchObject({ subject: 'Photo' })
  expect(office.count('annotation', { subject: 'Photo', filename: 'valve.jpg' })).toBe(1)
})

test('C3: a report that declares that it needs its photo waits for it, and one that does not goes ahead', async () => {
  const { office, ann } = await dayWithAnn({ tables })
  const customer = office.adds('account', { name: 'Northwind' })
  const [leak, noise] = ['Leak', 'Noise'].map((title) =>
    office.adds('incident', { title, customerid: { table: 'account', id: customer } }),
  ) as [string, string]
  await ann.syncs()
  const unlock = office.refuses('Create', 'annotation', 'The photo store is full.')
  const photo = await ann.adds('annotation', photoOf(customer))
  const needing = await ann.changes('incident', leak, { description: 'See the photo.' }, { after: [photo.seq] })
  const other = await ann.changes('incident', noise, { description: 'No photo.' })
  await ann.syncs()
  expect(await ann.outbox(photo.seq, needing, other)).toEqual([
    'error: business',
    `pending: blocked by #${photo.seq}`,
    'processed',
  ])
  expect(office.row('incident', leak)?.['description'] ?? null).toBeNull()

  unlock()
  await ann.org.outbox.setPending([photo.seq])
  await ann.syncs()
  expect(await ann.outbox(photo.seq, needing)).toEqual(['processed', 'processed'])
  expect(office.row('incident', leak)).toMatchObject({ description: 'See the photo.' })
  expect(
    office
      .heard()
      .filter((each) => each !== 'Update incident')
      .at(-1),
  ).toBe('Create annotation')
})

test('C3: the office’s news arrive while a photo cannot be sent', async () => {
  const { office, ann } = await dayWithAnn({ tables })
  const customer = office.adds('account', { name: 'Northwind' })
  await ann.syncs()
  await ann.adds('annotation', photoOf(customer))
  const news = office.adds('account', { name: 'News' })
  office.emulator.faults.add({
    match: { body: /AAAAAAAA/ },
    times: Infinity,
    fault: { kind: 'status', status: 504, body: 'html' },
  })
  expect(await ann.syncs()).toBe('unavailable')
  expect(await ann.sees('account', news)).toMatchObject({ name: 'News' })
})

function photoOf(customer: string): Readonly<Record<string, string>> {
  return {
    subject: 'Photo',
    filename: 'valve.jpg',
    documentbody: PHOTO,
    objectid: customer,
    objectid$table: 'account',
  }
}
