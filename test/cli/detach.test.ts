import { expect, test } from 'vitest'
import { expectDone, rowsOf, syncedWorkplace } from './workplace.ts'

const ACCOUNT = { account: { columns: ['name'], syncFilter: 'statecode eq 0' } }

test('detach makes the tables local; rows are read, exported and imported without a master', async () => {
  const { outpost, emulator, file, goDown } = await syncedWorkplace(ACCOUNT)
  const held = rowsOf((await outpost('query', 'account', '--json')).out).length
  await goDown()
  const detached = await outpost('detach', '--json')
  expect(detached).toMatchObject({ exitCode: 0, json: { tables: ['account'], unsent: 0 } })
  await expectDone(outpost('import', await file('n.jsonl', '{"name":"Only here"}'), '--rows', 'account'))
  expect(rowsOf((await outpost('query', 'account', '--json')).out)).toHaveLength(held + 1)
  expect(rowsOf((await outpost('export', '--rows', 'account')).out)).toHaveLength(held + 1)
  expect((await outpost('export')).json.localTables).toHaveProperty('account')
  const status = await outpost('status')
  expect(status.out).toMatch(new RegExp(`^account +${held + 1} +only here$`, 'm'))
  expect((await outpost('sync')).exitCode).toBe(1)
  expect(emulator.master.rows('account').some(({ values }) => values['name'] === 'Only here')).toBe(false)
})

test('detach is refused while something is unsent, unless it is told what becomes of it', async () => {
  const { outpost, file } = await syncedWorkplace(ACCOUNT)
  await expectDone(outpost('import', await file('n.jsonl', '{"name":"Unsent"}'), '--rows', 'account'))
  const refused = await outpost('detach', '--json')
  expect(refused).toMatchObject({ exitCode: 1 })
  expect(refused.error).toMatchObject({ code: 'refused', unsent: { pending: 1 } })
  expect(refused.error.remedy).toContain('--keep')
  expect((await outpost('detach', '--keep', '--discard')).exitCode).toBe(2)
  await expectDone(outpost('detach', '--keep'))
  expect(rowsOf((await outpost('query', 'account', '--where', "name eq 'Unsent'", '--json')).out)).toHaveLength(1)
})

test('detach --discard takes unsent work back', async () => {
  const { outpost, file } = await syncedWorkplace(ACCOUNT)
  await expectDone(outpost('import', await file('n.jsonl', '{"name":"Unsent"}'), '--rows', 'account'))
  const { out } = await expectDone(outpost('detach', '--discard'))
  expect(out).toContain('1 unsent transaction taken back')
  expect((await outpost('query', 'account', '--where', "name eq 'Unsent'", '--json')).out).toBe('')
})
