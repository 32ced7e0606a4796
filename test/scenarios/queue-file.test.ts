import type { QueueDecision, QueueFile } from '@outpost/core'
import { expect, test } from 'vitest'
import { dayWithAnn } from './script.ts'
import type { Technician } from './script.ts'

/* The queue as a file: a copy against loss, a letter to whoever can help, and their answer. */

test('C5: a queue that was exported comes back after the device has lost its storage, and arrives once', async () => {
  const { office, ann } = await dayWithAnn()
  const pump = office.adds('account', { name: 'Pump' })
  await ann.syncs()
  const sent = await ann.adds('account', { name: 'Sent before' })
  await ann.syncs()
  const customer = await ann.adds('account', { name: 'Northwind' })
  await ann.adds('contact', { lastname: 'Rey', parentcustomerid: customer.id, parentcustomerid$table: 'account' })
  await ann.changes('account', pump, { telephone1: '5' })
  const file = await queueOf(ann)

  await ann.losesStorage()
  await ann.setsUp()
  expect(await ann.sees('account', customer.id)).toBeUndefined()
  await ann.org.outbox.importQueue(file)
  expect(await ann.sees('account', customer.id)).toMatchObject({ name: 'Northwind' })
  await ann.syncs()
  expect(office.count('account', { name: 'Northwind' })).toBe(1)
  expect(office.count('contact', { lastname: 'Rey', parentcustomerid: customer.id })).toBe(1)
  expect(office.row('account', pump)).toMatchObject({ telephone1: '5' })
  expect(office.count('account', { name: 'Sent before' })).toBe(1)
  expect(office.row('account', sent.id)).toBeDefined()
})

test('C5: a queue that is imported where it has never been lost is known, and nothing of it happens twice', async () => {
  const { office, ann } = await dayWithAnn()
  await ann.adds('account', { name: 'Once' })
  const file = await queueOf(ann)
  await ann.syncs()
  await ann.org.outbox.importQueue(file)
  await ann.syncs()
  expect(office.count('account', { name: 'Once' })).toBe(1)
  expect(office.heard()).toEqual(['Create account'])
  expect(await ann.outbox()).toEqual(['processed'])
})

test('RC-03: mailing an error makes a file of the write and its error that anybody can read, and changes nothing', async () => {
  const { office, ann } = await dayWithAnn()
  office.refuses('Create', 'account', 'Ask the head office.')
  const { id, seq } = await ann.adds('account', { name: 'Northwind' })
  await ann.syncs()
  const before = await ann.transaction(seq)
  const mail = JSON.stringify(await ann.org.outbox.exportQueue({ seqs: [seq] }))
  expect(mail).toContain(id)
  expect(mail).toContain('"name":"Northwind"')
  expect(mail).toContain('Ask the head office.')
  expect(await ann.transaction(seq)).toEqual(before)
})

test('RC-04: an administrator decides about errors that were exported, and the device does what was decided', async () => {
  const { office, ann } = await dayWithAnn()
  office.adds('account', { name: 'First', accountnumber: 'A-1' })
  const unlock = office.refuses('Create', 'contact', 'Ask the head office.')
  const twice = await ann.adds('account', { name: 'Second', accountnumber: 'A-1' })
  const person = await ann.adds('contact', { lastname: 'Rey' })
  const never = await ann.adds('contact', { lastname: 'Never' })
  await ann.syncs()
  const file = await queueOf(ann)
  expect(file.transactions.map(({ lastError }) => lastError?.rejection)).toEqual(['key-clash', 'business', 'business'])

  unlock()
  const decisions: readonly QueueDecision[] = [
    { kind: 'amend', values: { accountnumber: 'A-2' } },
    { kind: 'set-pending' },
    { kind: 'archive' },
  ]
  const report = await ann.org.outbox.importQueue(withDecisions(file, decisions))
  expect(report).toMatchObject({ imported: [], decided: [twice.seq, person.seq, never.seq], refused: [] })
  await ann.syncs()
  expect(await ann.outbox()).toEqual(['processed', 'processed', 'archived'])
  expect(office.row('account', twice.id)).toMatchObject({ name: 'Second', accountnumber: 'A-2' })
  expect(office.row('contact', person.id)).toMatchObject({ lastname: 'Rey' })
  expect([office.row('contact', never.id), await ann.sees('contact', never.id)]).toEqual([undefined, undefined])
})

test('RC-04: what Ann has settled meanwhile is not decided a second time', async () => {
  const { office, ann } = await dayWithAnn()
  office.adds('account', { name: 'First', accountnumber: 'A-1' })
  const { id, seq } = await ann.adds('account', { name: 'Second', accountnumber: 'A-1' })
  await ann.syncs()
  const file = await queueOf(ann)
  await ann.org.outbox.amend(seq, { accountnumber: 'A-3' })
  await ann.syncs()
  const answer = withDecisions(file, [{ kind: 'amend', values: { accountnumber: 'A-2' } }])
  expect(await ann.org.outbox.importQueue(answer)).toMatchObject({ decided: [], refused: [{ seq }] })
  await ann.syncs()
  expect(office.row('account', id)).toMatchObject({ accountnumber: 'A-3' })
  expect(office.heard()).toEqual(['Create account'])
})

test('RC-04: a file of Ann’s is not taken by Bo’s device', async () => {
  const today = await dayWithAnn()
  const { office, ann } = today
  office.refuses('Create', 'account', 'Ask the head office.', (row) => row['name'] === 'Ann’s')
  await ann.adds('account', { name: 'Ann’s' })
  await ann.syncs()
  const bo = await today.technician('Bo')
  const answer = withDecisions(await queueOf(ann), [{ kind: 'amend', values: { name: 'Bo’s' } }])
  await expect(bo.org.outbox.importQueue(answer)).rejects.toMatchObject({ code: 'refused' })
  await bo.syncs()
  expect(await bo.outbox()).toEqual([])
  expect(office.count('account', { name: 'Bo’s' })).toBe(0)
})

/** The queue as it is when it has been mailed. */
async function queueOf(technician: Technician): Promise<QueueFile> {
  return JSON.parse(JSON.stringify(await technician.org.outbox.exportQueue())) as QueueFile
}

function withDecisions(file: QueueFile, decisions: readonly QueueDecision[]): QueueFile {
  const decided = file.transactions.map((transaction, at) => {
    const decision = decisions[at]
    return decision ? { ...transaction, decision } : transaction
  })
  return { ...file, transactions: decided }
}
