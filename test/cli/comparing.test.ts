import { expect, test } from 'vitest'
import { connectedWorkplace, expectDone, rowsOf, syncedWorkplace } from './workplace.ts'
import type { Workplace } from './workplace.ts'

const ACCOUNT = { account: { columns: ['name', 'telephone1'], syncFilter: 'statecode eq 0' } }
const BOTH = { ...ACCOUNT, contact: { columns: ['fullname'] } }

const active = ({ emulator }: Workplace): readonly string[] =>
  emulator.master.rows('account').flatMap(({ id, values }) => (values['statecode'] === 0 ? [id] : []))

/** One row is missing, one is gone, one is of another version; nothing of it is noticed before a comparison. */
async function diverged(): Promise<{ place: Workplace; gone: string; changed: string; fresh: string }> {
  const place = await connectedWorkplace(BOTH)
  const [changed = ''] = active(place)
  const gone = place.emulator.master.create('account', { name: 'Doomed' })
  await expectDone(place.outpost('sync'))
  place.emulator.master.remove('account', gone)
  place.emulator.master.update('account', changed, { telephone1: '+45 1' })
  const fresh = place.emulator.master.create('account', { name: 'Fresh' })
  return { place, gone, changed, fresh }
}

test('verify names what differs, changes nothing, and is exit code 1 then', async () => {
  const { place, gone, changed, fresh } = await diverged()
  const verified = await place.outpost('verify', '--json')
  expect(verified.exitCode).toBe(1)
  const [account, contact] = verified.json.tables
  expect(account).toMatchObject({ table: 'account', same: false, missing: [fresh], extra: [gone], stale: [changed] })
  expect(contact).toMatchObject({ table: 'contact', same: true })
  const told = await place.outpost('verify', 'account')
  expect(told.exitCode).toBe(1)
  expect(told.out.split('\n').map((line) => line.trim())).toEqual(expect.arrayContaining([fresh, gone, changed]))
  expect((await place.outpost('verify', 'contact')).exitCode).toBe(0)
})

test('repair mends what verify finds, and says what it did', async () => {
  const { place } = await diverged()
  const repaired = await place.outpost('repair', 'account')
  expect(repaired).toMatchObject({ exitCode: 0, err: '' })
  expect(repaired.out).toContain('account: 1 added, 1 read again, 1 removed')
  expect((await place.outpost('verify')).exitCode).toBe(0)
  const rows = rowsOf((await place.outpost('query', 'account', '--json')).out)
  expect(new Set(rows.map((row) => row.accountid))).toEqual(new Set(active(place)))
})

test('a table that may not be read does not keep the others from being verified', async () => {
  const place = await syncedWorkplace(BOTH)
  place.emulator.faults.add({ match: { path: /accounts/ }, times: Infinity, fault: { kind: 'status', status: 403 } })
  const verified = await place.outpost('verify', '--json')
  expect(verified.exitCode).toBe(1)
  expect(verified.json.tables).toMatchObject([
    { table: 'account', error: { code: 'forbidden' } },
    { table: 'contact', same: true },
  ])
})

test('verify refuses a table that is not kept, and says that the master is away', async () => {
  const { outpost, goDown } = await syncedWorkplace(ACCOUNT)
  expect((await outpost('verify', 'acount', '--json')).error).toMatchObject({
    exitCode: 2,
    place: { rule: 'unknown-table' },
  })
  await goDown()
  const away = await outpost('verify', '--json')
  expect(away).toMatchObject({ exitCode: 3, out: '' })
  expect(away.error.remedy).toContain("'outpost verify'")
})

test('explain says how a table is pulled and what is not found so, without the network', async () => {
  const { outpost, goDown } = await syncedWorkplace({ account: { columns: ['name'], syncDeletion: true }, contact: {} })
  await goDown()
  const explained = await outpost('explain', 'account', '--json')
  expect(explained.exitCode).toBe(0)
  expect(explained.json.strategies.map(({ name }: { name: string }) => name)).toEqual(['floor', 'reconciliation'])
  expect(explained.json.mayBeStale).toEqual([])
  const told = (await outpost('explain', 'contact')).out
  expect(told).toMatch(/^Not found until all rows are compared$/m)
  expect(told).toMatch(/^ {2}rows that were deleted on the master stay here$/m)
  expect((await outpost('explain', 'acount')).exitCode).toBe(2)
})

test('dry-run tells both directions, and neither side changes', async () => {
  const { place, gone, changed, fresh } = await diverged()
  await expectDone(place.outpost('import', await place.file('new.jsonl', '{"name":"Neu AG"}\n'), '--rows', 'account'))
  const before = place.emulator.master.count('account')
  const run = await place.outpost('dry-run', '--json')
  expect(run.exitCode).toBe(0)
  expect(run.json.up).toMatchObject([{ seq: 1, becomes: 'sent', changes: [{ kind: 'create', table: 'account' }] }])
  expect(run.json.down.account).toMatchObject({ create: [fresh], update: [changed], delete: [], stay: [gone] })
  const told = (await place.outpost('dry-run', '--table', 'account')).out
  expect(told).toMatch(/#1 +create account\/[0-9a-f-]{36} \(name\)/)
  expect(told).toMatch(/^ +account +1 +1 +0 +0 +1$/m)
  expect(told).not.toContain('contact')
  expect(place.emulator.master.count('account')).toBe(before)
  expect((await place.outpost('status', '--json')).json.transactions.pending).toBe(1)
})

test('a transaction that would become Error makes a dry run exit code 1', async () => {
  const place = await syncedWorkplace({ account: { columns: ['name', 'telephone1'], conflictPolicy: 'manual' } })
  const [id = ''] = active(place)
  const line = JSON.stringify({ accountid: id, telephone1: '+45 2' })
  await expectDone(place.outpost('import', await place.file('x.jsonl', line), '--rows', 'account'))
  place.emulator.master.update('account', id, { telephone1: '+45 1' })
  const run = await place.outpost('dry-run')
  expect(run.exitCode).toBe(1)
  expect(run.out).toMatch(/#1 +would become Error: .*\n +.*telephone1/)
})

test('resync has the next sync read a table from the start', async () => {
  const place = await syncedWorkplace(BOTH)
  const count = active(place).length
  const asked = await place.outpost('resync', 'account', '--json')
  expect(asked).toMatchObject({ exitCode: 0, json: { resync: ['account'] } })
  const { tables } = (await place.outpost('sync', '--json')).json
  expect(tables.account.received).toBe(count)
  expect(tables.contact.received).toBeLessThan(count)
  expect((await place.outpost('resync', 'acount')).exitCode).toBe(2)
})

test('quarantined lists the rows that stay for their unsent changes only', async () => {
  const place = await connectedWorkplace({
    account: { columns: ['name'], syncDeletion: true, uploadFilter: "name eq 'x'" },
  })
  const id = place.emulator.master.create('account', { name: 'Doomed' })
  await expectDone(place.outpost('sync'))
  expect((await place.outpost('quarantined')).out).toBe('No rows are quarantined.\n')
  const line = JSON.stringify({ accountid: id, name: 'Held here' })
  await expectDone(place.outpost('import', await place.file('x.jsonl', line), '--rows', 'account'))
  place.emulator.master.remove('account', id)
  const synced = await place.outpost('sync')
  expect(synced.out).toContain("'outpost quarantined'")
  const listed = await place.outpost('quarantined', '--json')
  expect(listed.json.rows).toMatchObject([{ table: 'account', id }])
  const told = await place.outpost('quarantined', 'account')
  expect(told.out).toMatch(new RegExp(`^account/${id} +20.*Z +`, 'm'))
  expect((await place.outpost('quarantined', 'acount')).exitCode).toBe(2)
})

test('sync brings in only the tables it is told, or those of a scope', async () => {
  const place = await connectedWorkplace(BOTH)
  const scoped = JSON.stringify({ tables: BOTH, scopes: { people: { tables: ['contact'], direction: 'down' } } })
  await expectDone(place.outpost('configure', await place.file('scoped.json', scoped)))
  await expectDone(place.outpost('import', await place.file('n.jsonl', '{"name":"Neu AG"}'), '--rows', 'account'))
  const people = (await place.outpost('sync', '--scope', 'people', '--json')).json
  expect(Object.keys(people.tables)).toEqual(['contact'])
  expect(people.pushed).toMatchObject({ processed: 0, left: 1 })
  const account = (await place.outpost('sync', '--table', 'account', '--json')).json
  expect(Object.keys(account.tables)).toEqual(['account'])
  expect(account.pushed).toMatchObject({ processed: 1, left: 0 })
  for (const argv of [
    ['--scope', 'poeple'],
    ['--table', 'acount'],
    ['--scope', 'people', '--table', 'account'],
  ])
    expect((await place.outpost('sync', ...argv, '--json')).error).toMatchObject({ code: 'invalid', exitCode: 2 })
})

test('sync says what it took, and in which parts', async () => {
  const { outpost } = await connectedWorkplace(ACCOUNT)
  expect((await outpost('sync')).out).toMatch(/^\d+\.\d s, \d+ requests, [\d,]+ bytes/m)
})
