import { expect, test } from 'vitest'
import type { Fault } from '@outpost/dataverse-emulator'
import { dayWithAnn } from './script.ts'

/* What the office answers, and what becomes of the write that it answers so. */

interface Signal {
  readonly status: number
  readonly code?: string
  readonly body?: 'html' | 'empty'
}

const signals = (status: number, ...codes: readonly string[]): readonly Signal[] =>
  codes.map((code) => ({ status, code }))

test.each<[string, readonly Signal[]]>([
  ['permission', [{ status: 403 }, ...signals(403, '0x80040220', '0x80048306', '0x80040299')]],
  ['key-clash', signals(412, '0x80060892', '0x80073002')],
  ['duplicate', [...signals(412, '0x80040333'), ...signals(500, '0x80040333')]],
  [
    'invalid',
    signals(
      400,
      '0x80044331',
      '0x8004432f',
      '0x80044330',
      '0x8004431a',
      '0x80048408',
      '0x80048d19',
      '0x80060888',
      '0x80040203',
    ),
  ],
  [
    'business',
    [...signals(400, '0x80040265', '0x80040224', '0x8004418d'), ...signals(500, '0x80040224', '0x8004418d')],
  ],
  ['state', [...signals(405, '0x80040227'), { status: 405 }, { status: 501 }]],
  ['size', [{ status: 413, body: 'html' }, ...signals(400, '0x80044a02')]],
])(
  'C23: a verdict of class %s is an error at once: it is not tried again until a person says so',
  async (ends, verdicts) => {
    const { office, ann } = await dayWithAnn()
    for (const verdict of verdicts) {
      const { id, seq } = await ann.adds('account', { name: 'Judged' })
      office.emulator.faults.add({ match: { method: 'PATCH' }, fault: answer(verdict) })
      await ann.syncs()
      expect({ ...verdict, ends: await ann.outbox(seq) }).toEqual({ ...verdict, ends: [`error: ${ends}`] })
      await ann.syncs()
      expect(office.row('account', id)).toBeUndefined()
      await ann.org.outbox.setPending([seq])
      await ann.syncs()
      expect(await ann.outbox(seq)).toEqual(['processed'])
      expect(office.row('account', id)).toMatchObject({ name: 'Judged' })
    }
  },
)

test.each<[string, Signal]>([
  ['408', { status: 408, body: 'empty' }],
  ['502', { status: 502, body: 'html' }],
  ['503', { status: 503, body: 'html' }],
  ['504', { status: 504, body: 'html' }],
  ['500 and nothing else', { status: 500, body: 'empty' }],
  ['500 for an error of SQL', { status: 500, code: '0x80044150' }],
  ['500 for a timeout of SQL', { status: 500, code: '0x80044151' }],
  ['500 for a deadlock', { status: 500, code: '0x80040255' }],
  ['500 for a lock', { status: 500, code: '0x80044339' }],
])(
  'C23: an answer that passes (%s) leaves the write pending, and it is sent again by itself',
  async (_name, passing) => {
    const { clock, office, ann } = await dayWithAnn({ delivery: 'at-once' })
    office.emulator.faults.add({ match: { method: 'PATCH' }, times: 3, fault: answer(passing) })
    const { seq } = await ann.adds('account', { name: 'Patient' })
    await ann.org.idle()
    expect((await ann.transaction(seq)).status).toBe('pending')
    await clock.advance(30 * 60_000)
    expect(await ann.outbox(seq)).toEqual(['processed'])
    expect(office.count('account', { name: 'Patient' })).toBe(1)
  },
)

test.each(['0x80072321', '0x80072322', '0x80072326', 'without a code'])(
  'C23: an office that is asked too much (429 %s) hears nothing at all until the time it named, and it is no attempt',
  async (code) => {
    const { clock, office, ann } = await dayWithAnn({ delivery: 'at-once' })
    const throttled: Signal = code.startsWith('0x') ? { status: 429, code } : { status: 429, body: 'empty' }
    office.emulator.faults.add({ match: { method: 'PATCH' }, fault: { ...answer(throttled), retryAfter: 40 } })
    const first = await ann.adds('account', { name: 'First' })
    await ann.org.idle()
    ann.line.sent()
    const second = await ann.adds('account', { name: 'Second' })
    expect(await ann.syncs()).toBe('throttled')
    await clock.advance(39_000)
    expect(ann.line.sent()).toEqual([])
    await clock.advance(2_000)
    expect(await ann.outbox(first.seq, second.seq)).toEqual(['processed', 'processed'])
    expect(await ann.transaction(first.seq)).toMatchObject({ attempts: 1 })
  },
)

test('C23: a missing sign-in (401) is no verdict: the write waits and goes as soon as there is one', async () => {
  const { office, ann } = await dayWithAnn()
  const { seq } = await ann.adds('account', { name: 'Waits for a sign-in' })
  ann.signIn.expires()
  ann.signIn.needs('password')
  expect(await ann.syncs()).toBe('unauthenticated')
  expect(await ann.transaction(seq)).toMatchObject({ status: 'pending', attempts: 0, lastError: null })
  ann.signIn.needs('nothing')
  ann.org.reconnect()
  await ann.syncs()
  expect(await ann.outbox(seq)).toEqual(['processed'])
  expect(office.count('account', { name: 'Waits for a sign-in' })).toBe(1)
})

test('C23: an old version (412) is merged and sent again within the same sync', async () => {
  const { office, ann } = await dayWithAnn()
  const id = office.adds('account', { name: 'Northwind' })
  await ann.syncs()
  const seq = await ann.changes('account', id, { telephone1: 'ours' })
  office.changes('account', id, { numberofemployees: 7 })
  await ann.syncs()
  expect(await ann.outbox(seq)).toEqual(['processed'])
  expect(office.row('account', id)).toMatchObject({ telephone1: 'ours', numberofemployees: 7 })
})

test('C23: a conflict by any other name (409) is merged and sent again as well', async () => {
  const { office, ann } = await dayWithAnn()
  const id = office.adds('account', { name: 'Northwind' })
  await ann.syncs()
  office.emulator.faults.add({ match: { method: 'PATCH' }, fault: { kind: 'status', status: 409, body: 'empty' } })
  const seq = await ann.changes('account', id, { telephone1: 'ours' })
  office.changes('account', id, { numberofemployees: 7 })
  await ann.syncs()
  expect(await ann.outbox(seq)).toEqual(['processed'])
  expect(office.heard()).toEqual(['Update account'])
  expect(office.row('account', id)).toMatchObject({ telephone1: 'ours', numberofemployees: 7 })
})

test('C23: no answer at all is no verdict: the write is looked for, and sent when it is not there', async () => {
  const { office, ann } = await dayWithAnn()
  const { id, seq } = await ann.adds('account', { name: 'Lost on the way' })
  ann.line.losesWrite('request')
  expect(await ann.syncs()).toBe('offline')
  expect(await ann.transaction(seq)).toMatchObject({ status: 'pending', outcome: 'unknown' })
  await ann.syncsUntilDone()
  expect(await ann.story(seq)).toEqual(expect.arrayContaining(['verified', 'delivered']))
  expect(office.heard()).toEqual(['Create account'])
  expect(office.row('account', id)).toMatchObject({ name: 'Lost on the way' })
})

test('C23: a row that is there already (412) after a lost answer is ours, and the write is done', async () => {
  const { office, ann } = await dayWithAnn()
  const { id, seq } = await ann.adds('account', { name: 'Once' })
  ann.line.losesWrite('answer')
  await ann.pushes()
  await ann.syncsUntilDone()
  expect(await ann.outbox(seq)).toEqual(['processed'])
  expect(office.heard()).toEqual(['Create account'])
  expect(office.row('account', id)).toMatchObject({ name: 'Once' })
})

test('C23: a row that is gone (404) leaves an update to a person, and a deletion done', async () => {
  const { office, ann } = await dayWithAnn()
  const [changed, deleted] = [office.adds('account', { name: 'Changed' }), office.adds('account', { name: 'Deleted' })]
  await ann.syncs()
  await ann.changes('account', changed, { telephone1: '1' })
  await ann.deletes('account', deleted)
  office.deletes('account', changed)
  office.deletes('account', deleted)
  await ann.syncs()
  expect(await ann.outbox()).toEqual(['error: gone', 'processed'])
  expect(await ann.sees('account', changed)).toMatchObject({ telephone1: '1' })
})

test('C23: a checkpoint that has expired makes the table be read anew, and touches no write', async () => {
  const { office, ann } = await dayWithAnn()
  const id = office.adds('account', { name: 'Old news' })
  await ann.syncs()
  office.changes('account', id, { name: 'News' })
  office.emulator.faults.add({
    match: { method: 'GET', path: /\/accounts\?/ },
    fault: { kind: 'status', status: 400, body: 'json', code: '0x80044352' },
  })
  office.refuses('Update', 'account', 'No.')
  const seq = await ann.changes('account', id, { telephone1: '1' })
  await ann.syncs()
  await ann.syncs()
  expect(await ann.outbox(seq)).toEqual(['error: business'])
  expect(await ann.sees('account', id)).toMatchObject({ name: 'News', telephone1: '1' })
})

function answer({ status, code, body }: Signal): Extract<Fault, { kind: 'status' }> {
  if (code !== undefined) return { kind: 'status', status, body: 'json', code }
  return { kind: 'status', status, body: body ?? 'empty' }
}

test.each<[string, Signal]>([
  ['says so (412)', { status: 412, code: '0x80060882' }],
  ['in decimal', { status: 412, code: '-2147088254' }],
  ['without a code', { status: 412 }],
  ['says 409, which it never does', { status: 409, body: 'empty' }],
])(
  'C23: a condition that fails although the row is as it was (%s) is tried again within the same sync',
  async (_name, slip) => {
    const { office, ann } = await dayWithAnn()
    const [changed, deleted] = [1, 2].map((n) => office.adds('account', { name: `Customer ${n}` }))
    await ann.syncs()
    const edit = await ann.changes('account', changed ?? '', { name: 'Mine' })
    office.emulator.faults.add({ match: { method: 'PATCH' }, times: 2, fault: answer(slip) })
    await ann.pushes()
    const removal = await ann.deletes('account', deleted ?? '')
    office.emulator.faults.add({ match: { method: 'DELETE' }, times: 2, fault: answer(slip) })
    await ann.pushes()
    expect(await ann.outbox(edit, removal)).toEqual(['processed', 'processed'])
    expect(office.row('account', changed ?? '')).toMatchObject({ name: 'Mine' })
    expect(office.row('account', deleted ?? '')).toBeUndefined()
  },
)

test('C23: a condition that keeps failing is another row with the same key, unless the office names the version', async () => {
  const { clock, office, ann } = await dayWithAnn()
  const id = office.adds('account', { name: 'Customer' })
  await ann.syncs()
  const edit = await ann.changes('account', id, { name: 'Mine' })
  const keepsFailing = (slip: Signal): void =>
    void office.emulator.faults.add({ match: { method: 'PATCH' }, times: 20, fault: answer(slip) })
  keepsFailing({ status: 412, code: '0x80060882' })
  await ann.pushes()
  expect(await ann.outbox(edit)).toEqual(['pending: backing-off'])
  office.emulator.faults.clear()
  keepsFailing({ status: 412 })
  await clock.advance(120_000)
  await ann.pushes()
  expect(await ann.outbox(edit)).toEqual(['error: key-clash'])
})
