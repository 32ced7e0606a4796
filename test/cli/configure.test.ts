import { expect, test } from 'vitest'
import { connectedWorkplace, expectDone, rowsOf, syncedWorkplace, workplace } from './workplace.ts'

const ACCOUNT = { account: { columns: ['name', 'accountnumber'], syncFilter: 'statecode eq 0' } }

test('configure puts a file in force, and --show gives it back', async () => {
  const { outpost } = await connectedWorkplace(ACCOUNT)
  const shown = await outpost('configure', '--show')
  expect(shown.exitCode).toBe(0)
  expect(shown.json).toMatchObject({ format: 'outpost-configuration', version: 2, tables: ACCOUNT })
})

test('configure - reads stdin', async () => {
  const { outpostWith, outpost } = await connectedWorkplace({})
  async function* stdin(): AsyncIterable<string> {
    yield '{"tables":{"contact"'
    yield ':{}}}'
  }
  expect((await outpostWith({ stdin: stdin() }, 'configure', '-')).exitCode).toBe(0)
  expect((await outpost('configure', '--show')).json.tables).toEqual({ contact: {} })
})

test('configure --table adds a table, then edits only what is given', async () => {
  const { outpost } = await connectedWorkplace(ACCOUNT)
  await expectDone(
    outpost(
      'configure',
      '--table',
      'task',
      '--columns',
      'subject, scheduledend',
      '--filter',
      'statecode eq 0',
      '--sync-deletion',
    ),
  )
  await expectDone(outpost('configure', '--table', 'task', '--index', 'subject', '--index', 'scheduledend,subject'))
  await expectDone(
    outpost('configure', '--table', 'task', '--filter', '', '--no-sync-deletion', '--conflict-policy', 'client-wins'),
  )
  await expectDone(outpost('configure', '--table', 'account', '--columns', '*', '--upload-filter', "name ne 'x'"))
  expect((await outpost('configure', '--show', '--json')).json.tables).toEqual({
    account: { syncFilter: 'statecode eq 0', uploadFilter: "name ne 'x'" },
    task: {
      columns: ['subject', 'scheduledend'],
      syncDeletion: false,
      conflictPolicy: 'client-wins',
      indexes: [['subject'], ['scheduledend', 'subject']],
    },
  })
})

test('configure --remove takes a table and its rows away', async () => {
  const { outpost } = await syncedWorkplace({ ...ACCOUNT, contact: {} })
  await expectDone(outpost('configure', '--remove', 'account'))
  expect(Object.keys((await outpost('status', '--json')).json.tables)).toEqual(['contact'])
  const again = await outpost('configure', '--remove', 'account', '--json')
  expect(again.exitCode).toBe(2)
  expect(again.error.place).toEqual({ table: 'account', rule: 'unknown-table' })
})

test('a table with unsent transactions is not removed', async () => {
  const { outpost, file } = await connectedWorkplace(ACCOUNT)
  await expectDone(outpost('import', await file('new.jsonl', '{"name":"Neu AG"}\n'), '--rows', 'account'))
  const refused = await outpost('configure', '--remove', 'account', '--json')
  expect(refused.exitCode).toBe(1)
  expect(refused.error).toMatchObject({ code: 'refused', place: { table: 'account' } })
  expect(rowsOf((await outpost('query', 'account', '--json')).out)).toHaveLength(1)
})

test('configure names the broken rule and changes nothing', async () => {
  const { outpost, file } = await connectedWorkplace(ACCOUNT)
  const broken: readonly (readonly [what: string, file: string, place: Readonly<Record<string, unknown>>])[] = [
    ['a file that is not JSON', '{"tables":', { rule: 'json' }],
    ['no tables', '{}', { rule: 'configuration-shape' }],
    ['a list', '[]', { rule: 'configuration-shape' }],
    ['a version of the future', '{"version":3,"tables":{}}', { rule: 'version' }],
    ['an unknown option of the file', '{"tabels":{},"tables":{}}', { rule: 'configuration-shape' }],
    ['a table that is a text', '{"tables":{"account":"all"}}', { rule: 'option-type', table: 'account' }],
    ['columns that are a text', '{"tables":{"account":{"columns":"name"}}}', { rule: 'option-type', table: 'account' }],
    ['an unknown option', '{"tables":{"account":{"filter":"x"}}}', { rule: 'unknown-option', table: 'account' }],
    ['an unknown table', '{"tables":{"acount":{},"contct":{}}}', { rule: 'unknown-table', table: 'acount' }],
    [
      'an unknown column',
      '{"tables":{"account":{"columns":["nmae"]}}}',
      { rule: 'unknown-column', table: 'account', column: 'nmae' },
    ],
    [
      'an unknown column in a filter',
      `{"tables":{"account":{"syncFilter":"statecode eq 0 and nmae eq 'x'"}}}`,
      { rule: 'unknown-column', table: 'account', column: 'nmae', position: 19 },
    ],
    ['a broken filter', '{"tables":{"account":{"syncFilter":"name eq"}}}', { rule: 'filter-syntax', position: 7 }],
    [
      'an upload filter over a column that is not kept',
      `{"tables":{"account":{"columns":["name"],"uploadFilter":"telephone1 ne null"}}}`,
      { rule: 'not-selected', table: 'account', column: 'telephone1' },
    ],
    [
      'an index of four columns',
      '{"tables":{"account":{"indexes":[["name","accountnumber","telephone1","statecode"]]}}}',
      { rule: 'index', table: 'account' },
    ],
    [
      'a conflict policy that there is not',
      '{"tables":{"account":{"conflictPolicy":"mine"}}}',
      { rule: 'conflict-policy', table: 'account' },
    ],
    [
      'links without both sides',
      '{"tables":{"new_skill":{},"new_skill_bookableresource":{}}}',
      { rule: 'intersect-sides', table: 'new_skill_bookableresource' },
    ],
  ]
  for (const [what, text, place] of broken) {
    const refused = await outpost('configure', await file('broken.json', text), '--json')
    const told = { what, exitCode: refused.exitCode, ...refused.error }
    expect(told).toMatchObject({ what, exitCode: 2, code: 'invalid', place })
  }
  expect((await outpost('configure', '--show')).json.tables).toEqual(ACCOUNT)
})

test('all unknown tables of a file are named at once', async () => {
  const { outpost, file } = await connectedWorkplace({})
  const refused = await outpost(
    'import',
    await file('x.json', '{"tables":{"acount":{},"task":{},"contct":{}}}'),
    '--json',
  )
  expect(refused.exitCode).toBe(2)
  expect(refused.error.message).toMatch(/'acount'.*'contct'/)
})

test('a file that cannot be read is named', async () => {
  const { outpost } = await connectedWorkplace({})
  const refused = await outpost('configure', '/no/such/file.json', '--json')
  expect(refused.exitCode).toBe(2)
  expect(refused.error.place.rule).toBe('file')
  expect(refused.error.message).toContain('/no/such/file.json')
})

test('configure does one thing at a time', async () => {
  const { outpost } = await connectedWorkplace({})
  for (const argv of [
    [],
    ['--show', '--remove', 'account'],
    ['file.json', '--table', 'account'],
    ['--show', '--columns', 'name'],
    ['--table', 'account', '--index', 'a,b,c,d'],
    ['--table', 'account', '--conflict-policy', 'mine'],
  ]) {
    const refused = await outpost('configure', ...argv, '--json')
    const told = { argv, exitCode: refused.exitCode, rule: refused.error.place.rule }
    expect(told).toEqual({ argv, exitCode: 2, rule: 'usage' })
  }
})

test('options of a table without --table say what is missing', async () => {
  const { outpost } = await connectedWorkplace({})
  const refused = await outpost('configure', '--columns', 'name')
  expect(refused.exitCode).toBe(2)
  expect(refused.err).toContain('--table <name>')
})

test('nothing is configured before the client org is connected', async () => {
  const { outpost, file } = await workplace()
  expect((await outpost('configure', '--table', 'account')).exitCode).toBe(5)
  await file('outpost.db', '')
  const refused = await outpost('configure', '--table', 'account', '--json')
  expect(refused.exitCode).toBe(1)
  expect(refused.error).toMatchObject({ code: 'refused', remedy: expect.stringContaining('outpost connect') })
})
