import { faultyStore } from '@outpost/core/testing'
import type { FaultyStore } from '@outpost/core/testing'
import { expect, test } from 'vitest'
import { dayWithAnn } from './script.ts'
import type { Day, DeviceOptions, Technician } from './script.ts'

/* The life of an offline transaction, and what a person can see of it and do to it. */

test('RS-23: what is saved while the office can be reached is there at once, before the clock has moved', async () => {
  const { clock, office, ann } = await dayWithAnn({ delivery: 'at-once' })
  const before = clock.now()
  const { id } = await ann.adds('account', { name: 'At once' })
  await ann.org.idle()
  expect(office.row('account', id)).toMatchObject({ name: 'At once' })
  expect(ann.line.sent().length).toBe(1)
  expect(clock.now()).toBe(before)
})

test('RS-24: what is saved offline is sent after the reconnect, each row’s changes in their order, restarts or not', async () => {
  const { clock, office, ann } = await dayWithAnn({ delivery: 'at-once' })
  const pump = office.adds('account', { name: 'Pump' })
  await ann.syncs()
  const seen = office.watches('account', 'telephone1')
  ann.goesOffline()
  for (const step of ['travelling', 'on site', 'working', 'done']) {
    await ann.changes('account', pump, { telephone1: step }, { coalesce: false })
    await ann.restarts()
  }
  await clock.advance(3_600_000)
  expect(seen).toEqual([])
  ann.goesOnline()
  await clock.advance(60_000)
  expect(seen).toEqual(['travelling', 'on site', 'working', 'done'])
  expect(await ann.outbox()).toEqual(['processed', 'processed', 'processed', 'processed'])
})

test('RS-25: a transaction goes from pending to error, back, and to processed, and its history tells when and why', async () => {
  const { clock, office, ann } = await dayWithAnn()
  const unlock = office.refuses('Create', 'account', 'Not before noon.')
  const { seq } = await ann.adds('account', { name: 'Early' })
  expect(await ann.outbox(seq)).toEqual(['pending: ready'])
  await ann.syncs()
  expect(await ann.outbox(seq)).toEqual(['error: business'])
  await clock.advance(3_600_000)
  unlock()
  await ann.org.outbox.setPending([seq])
  await ann.syncs()
  expect(await ann.outbox(seq)).toEqual(['processed'])
  const { history } = await ann.transaction(seq)
  const events = history.map(({ event }) => event)
  expect(events.filter((event) => event !== 'echoed')).toEqual([
    'committed',
    'sent',
    'refused',
    'set-pending',
    'sent',
    'delivered',
  ])
  const times = history.map(({ at }) => at)
  expect(Number(times.at(-1)) - Number(times[0])).toBe(3_600_000)
  expect(times).toEqual(times.toSorted((a, b) => a - b))
})

test('RS-25: what is not allowed in its state is refused and changes nothing', async () => {
  const { ann, processed, error, archived } = await oneOfEach()
  const before = await ann.org.outbox.list({ statuses: 'all' })
  const { outbox } = ann.org
  await expect(outbox.setPending([processed])).rejects.toMatchObject({ code: 'refused' })
  await expect(outbox.amend(processed, { name: 'Too late' })).rejects.toMatchObject({ code: 'refused' })
  await expect(outbox.amend(archived, { name: 'Put away' })).rejects.toMatchObject({ code: 'refused' })
  await expect(outbox.setPending([error, processed])).rejects.toMatchObject({ code: 'refused' })
  expect(await outbox.list({ statuses: 'all' })).toEqual(before)
})

test('RS-26: the list shows errors unless it is asked for pending, processed, archived, or all of them', async () => {
  const { ann, processed, error, pending, archived } = await oneOfEach()
  const seqs = async (...[options]: Parameters<typeof ann.org.outbox.list>): Promise<readonly number[]> =>
    (await ann.org.outbox.list(options)).map(({ seq }) => seq)
  expect(await seqs()).toEqual([error])
  expect(await seqs({ statuses: ['pending'] })).toEqual([pending])
  expect(await seqs({ statuses: ['processed'] })).toEqual([processed])
  expect(await seqs({ statuses: ['archived'] })).toEqual([archived])
  expect(await seqs({ statuses: ['error', 'archived'] })).toEqual([error, archived])
  expect(await seqs({ statuses: 'all' })).toEqual([processed, error, pending, archived])
})

test('RS-27: the chosen errors are sent again with their attempts begun anew, in their old order, and no others', async () => {
  const { office, ann } = await dayWithAnn()
  const seen = office.watches('account', 'name')
  const unlock = office.refuses('Create', 'account', 'Not now.')
  const [first, second, third] = [
    await ann.adds('account', { name: 'First' }),
    await ann.adds('account', { name: 'Second' }),
    await ann.adds('account', { name: 'Third' }),
  ]
  await ann.syncs()
  await ann.org.outbox.archive([first.seq])
  unlock()
  await ann.org.outbox.setPending([second.seq, first.seq])
  expect(await ann.transaction(first.seq)).toMatchObject({ status: 'pending', attempts: 0, lastError: null })
  await ann.syncs()
  expect(seen).toEqual(['First', 'Second'])
  expect(await ann.outbox()).toEqual(['processed', 'processed', 'error: business'])
  expect(office.row('account', third.id)).toBeUndefined()
})

test('RS-27: an edit that was put away and is sent again goes before the edits of the row that were made after it', async () => {
  const { office, ann } = await dayWithAnn()
  const pump = office.adds('account', { name: 'Pump' })
  await ann.syncs()
  const seen = office.watches('account', 'telephone1')
  const first = await ann.changes('account', pump, { telephone1: 'first' }, { coalesce: false })
  await ann.org.outbox.archive([first])
  const second = await ann.changes('account', pump, { telephone1: 'second' }, { coalesce: false })
  await ann.org.outbox.setPending([first])
  expect(await ann.outbox(second)).toEqual([`pending: blocked by #${first}`])
  await ann.syncs()
  expect(seen).toEqual(['first', 'second'])
})

test('RS-28: no request is ever sent for what was put away, whatever is tried', async () => {
  const { office, ann } = await dayWithAnn()
  const pump = office.adds('account', { name: 'Pump' })
  await ann.syncs()
  const seq = await ann.changes('account', pump, { telephone1: 'never' })
  await ann.org.outbox.archive([seq])
  office.asked()
  await ann.syncs()
  await ann.restarts()
  await ann.org.outbox.setAllPending()
  await ann.syncs()
  expect(office.asked().filter((request) => !request.startsWith('GET'))).toEqual([])
  expect(office.heard()).toEqual([])
  expect(await ann.outbox(seq)).toEqual(['archived'])
  expect(await ann.sees('account', pump)).toMatchObject({ telephone1: null })
})

test('RS-28: putting away a row that others need is refused with their numbers, and takes them along when told to', async () => {
  const { office, ann } = await dayWithAnn()
  const customer = await ann.adds('account', { name: 'Never mind' })
  const child = { lastname: 'Child', parentcustomerid: customer.id, parentcustomerid$table: 'account' }
  const person = await ann.adds('contact', child)
  const refusal: unknown = await ann.org.outbox.archive([customer.seq]).catch((error: unknown) => error)
  expect(refusal).toMatchObject({ code: 'refused', message: expect.stringContaining(`#${person.seq}`) })
  expect(await ann.outbox()).toEqual(['pending: ready', `pending: blocked by #${customer.seq}`])
  expect(await ann.org.outbox.dependents([customer.seq])).toMatchObject([
    { seq: person.seq, because: 'needs-row', of: customer.seq, row: { table: 'account', id: customer.id } },
  ])

  expect(await ann.org.outbox.archive([customer.seq], { dependents: 'archive' })).toEqual([customer.seq, person.seq])
  await ann.syncs()
  expect(await ann.outbox()).toEqual(['archived', 'archived'])
  expect(await ann.sees('contact', person.id)).toBeUndefined()
  expect(office.heard()).toEqual([])
})

test('RS-29: all errors become pending at once, in their order; when the device fails in the middle, none does', async () => {
  let store: FaultyStore | undefined
  const { office, ann } = await dayWithAnn({ over: (inner) => (store = faultyStore(inner)) })
  const seen = office.watches('account', 'name')
  const unlock = office.refuses('Create', 'account', 'Not now.')
  for (const name of ['First', 'Second', 'Third']) await ann.adds('account', { name })
  await ann.syncs()
  unlock()

  store?.fail({ at: 'commit', name: 'set all pending' })
  await expect(ann.org.outbox.setAllPending()).rejects.toMatchObject({ code: 'store' })
  expect(await ann.outbox()).toEqual(['error: business', 'error: business', 'error: business'])

  expect(await ann.org.outbox.setAllPending()).toBe(3)
  await ann.syncs()
  expect(seen).toEqual(['First', 'Second', 'Third'])
  expect(await ann.outbox()).toEqual(['processed', 'processed', 'processed'])
})

/** A morning after which the outbox has one transaction in each state. */
async function oneOfEach(options?: DeviceOptions): Promise<
  Day & {
    readonly ann: Technician
    readonly processed: number
    readonly error: number
    readonly pending: number
    readonly archived: number
  }
> {
  const today = await dayWithAnn(options)
  const { office, ann } = today
  office.refuses('Create', 'account', 'No.', (row) => row['name'] === 'Refused')
  const processed = await ann.adds('account', { name: 'Taken' })
  const error = await ann.adds('account', { name: 'Refused' })
  await ann.syncs()
  const pending = await ann.adds('account', { name: 'Waiting' })
  const archived = await ann.adds('account', { name: 'Put away' })
  await ann.org.outbox.archive([archived.seq])
  return { ...today, processed: processed.seq, error: error.seq, pending: pending.seq, archived: archived.seq }
}
