import { expect, test } from 'vitest'
import { expectDone, syncedWorkplace } from './workplace.ts'

const TABLES = { account: { columns: ['name', 'telephone1', 'fax'] }, contact: {} }

test('metadata says what has changed and changes nothing, until --update takes it over', async () => {
  const { outpost, emulator } = await syncedWorkplace(TABLES)
  expect((await outpost('metadata')).out).toBe('Nothing has changed in the metadata of what is kept.\n')
  emulator.schema.removeColumn('account', 'fax')
  const told = await outpost('metadata')
  expect(told.exitCode).toBe(0)
  expect(told.out).toMatch(/^account\.fax: column removed$/m)
  expect(told.out).toMatch(/^account: fax leaves the configuration \(columns\)$/m)
  const columns = async (): Promise<unknown> => (await outpost('configure', '--show')).json.tables.account.columns
  expect(await columns()).toEqual(['name', 'telephone1', 'fax'])
  const previewed = await outpost('metadata', '--preview', '--json')
  expect(previewed.json).toMatchObject({ applied: false, dropped: [{ table: 'account', column: 'fax' }] })
  expect(previewed.json).not.toHaveProperty('configuration')
  expect((await outpost('metadata', '--update', '--json')).json).toMatchObject({ applied: true })
  expect(await columns()).toEqual(['name', 'telephone1'])
  expect((await outpost('metadata', '--json')).json.changes).toEqual([])
})

test('metadata is exit code 1 where a table is not pulled any more, or a transaction becomes Error', async () => {
  const { outpost, emulator, file } = await syncedWorkplace(TABLES)
  await expectDone(outpost('import', await file('n.jsonl', '{"name":"Neu","fax":"1"}'), '--rows', 'account'))
  emulator.schema.removeColumn('account', 'fax')
  const errors = await outpost('metadata')
  expect(errors.exitCode).toBe(1)
  expect(errors.out).toContain('become Errors: #1')
  emulator.schema.removeTable('contact')
  const stopped = await outpost('metadata', '--update')
  expect(stopped.exitCode).toBe(1)
  expect(stopped.out).toMatch(/^contact: not pulled any more: /m)
})

test('a sync tells each change of the metadata', async () => {
  const { outpost, emulator } = await syncedWorkplace(TABLES)
  emulator.schema.removeColumn('account', 'fax')
  const { out } = await expectDone(outpost('sync'))
  expect(out).toMatch(/^The master's metadata has changed:\n {2}account\.fax: column removed$/m)
})

test('metadata refuses options that contradict each other', async () => {
  const { outpost } = await syncedWorkplace({})
  expect((await outpost('metadata', '--preview', '--update')).exitCode).toBe(2)
  expect((await outpost('metadata', '--whole')).exitCode).toBe(2)
})
