import { promises as files } from 'node:fs'
import { fieldService } from '@outpost/dataverse-emulator'
import { expect, test } from 'vitest'
import { connectedWorkplace, expectDone, rowsOf, syncedWorkplace, workplace } from './workplace.ts'

const TABLES = {
  account: { columns: ['name', 'accountnumber', 'numberofemployees', 'ownerid'], syncFilter: 'statecode eq 0' },
  contact: { columns: ['lastname', 'parentcustomerid', 'createdon'] },
}

test('an exported configuration imported elsewhere is the same configuration', async () => {
  const here = await connectedWorkplace(TABLES)
  const path = await here.file('outpost.json')
  const exported = await here.outpost('export', path, '--json')
  expect(exported.json).toEqual({ file: path, tables: 2 })
  const there = await workplace()
  await expectDone(there.outpost('connect', there.url))
  await expectDone(there.outpost('import', path))
  const [ours, theirs] = [(await here.outpost('export')).out, (await there.outpost('export')).out]
  expect(theirs.replace(there.url, here.url)).toBe(ours)
})

test('what an imported configuration has that is unknown here is left out when that is asked for', async () => {
  const { outpost, file } = await connectedWorkplace({})
  const text = JSON.stringify({ version: 1, tables: { account: { columns: ['name', 'nmae'] }, nosuch: {} } })
  const path = await file('foreign.json', text)
  const refused = await outpost('import', path, '--json')
  expect(refused.exitCode).toBe(2)
  expect(refused.error.message).toMatch(/'nmae'.*'nosuch'/)
  const taken = await outpost('import', path, '--leave-out-unknown', '--json')
  expect(taken.json.tables).toEqual({ account: { columns: ['name'] } })
  expect(taken.json.leftOut).toEqual([
    { what: 'column', name: 'nmae', of: 'columns', table: 'account' },
    { what: 'table', name: 'nosuch', of: 'tables' },
  ])
})

test('editing one table leaves scopes and local tables alone', async () => {
  const { outpost, file } = await connectedWorkplace({})
  const configuration = {
    version: 2,
    format: 'outpost-configuration',
    tables: { account: { columns: ['name'] } },
    localTables: { note: { columns: { title: { type: 'text' } } } },
    scopes: { all: { tables: ['account'] } },
  }
  await expectDone(outpost('import', await file('all.json', JSON.stringify(configuration))))
  await expectDone(outpost('configure', '--table', 'account', '--sync-deletion'))
  await expectDone(outpost('configure', '--table', 'task', '--columns', 'subject'))
  await expectDone(outpost('configure', '--remove', 'task'))
  const { json } = await outpost('configure', '--show')
  expect(json).toMatchObject({
    ...configuration,
    tables: { account: { columns: ['name'], syncDeletion: true } },
  })
})

test('rows that are exported and imported again change nothing', async () => {
  const { outpost, file, emulator } = await syncedWorkplace(TABLES)
  for (const table of ['account', 'contact']) {
    const path = await file(`${table}.jsonl`)
    const exported = await outpost('export', path, '--rows', table, '--json')
    expect(exported.json.rows).toBe(rowsOf(await files.readFile(path, 'utf8')).length)
    const imported = await outpost('import', path, '--rows', table, '--json')
    expect(imported.exitCode).toBe(0)
    expect(imported.json).toMatchObject({ created: 0, updated: 0, unchanged: exported.json.rows, refused: [] })
  }
  expect(emulator.master.count('contact')).toBeGreaterThan(0)
  expect((await outpost('status', '--json')).json.transactions.pending).toBe(0)
})

test('export --rows takes a filter and columns', async () => {
  const { outpost } = await syncedWorkplace(TABLES)
  const { out } = await outpost(
    'export',
    '--rows',
    'account',
    '--where',
    "accountnumber eq 'A-000001'",
    '--columns',
    'name',
  )
  const rows = rowsOf(out)
  expect(rows.map((row) => Object.keys(row))).toEqual([['name']])
  expect((await outpost('export', '--where', 'x', '--json')).error.place.rule).toBe('usage')
  expect((await outpost('export', '--rows', 'nothing', '--json')).exitCode).toBe(2)
})

test('an export that cannot be written leaves nothing behind', async () => {
  const { outpost, file } = await connectedWorkplace(TABLES)
  const folder = await file('folder')
  await files.mkdir(folder)
  const failed = await outpost('export', folder, '--json')
  expect(failed.exitCode).toBe(2)
  expect(failed.error.place.rule).toBe('file')
  await expect(files.access(`${folder}.part`)).rejects.toMatchObject({ code: 'ENOENT' })
})

test('import --rows updates only what differs, creates the rest, and the next sync sends it', async () => {
  const { outpost, emulator, file } = await syncedWorkplace(TABLES)
  const [row] = rowsOf((await outpost('query', 'account', '--limit', '1', '--json')).out)
  const lines = [
    JSON.stringify({ ...row, name: 'Renamed' }),
    '',
    JSON.stringify({ accountid: '22222222-2222-4222-8222-222222222222', name: 'Chosen id', numberofemployees: null }),
    JSON.stringify({ name: 'Made id' }),
  ]
  const imported = await outpost('import', await file('x.jsonl', lines.join('\r\n')), '--rows', 'account', '--json')
  expect(imported.json).toMatchObject({ created: 2, updated: 1, unchanged: 0, refused: [] })
  const { transactions } = (await outpost('tx', 'list', '--status', 'pending', '--json')).json
  expect(transactions[0].changes[0]).toMatchObject({ kind: 'update', values: { name: 'Renamed' } })
  expect(Object.keys(transactions[0].changes[0].values)).toEqual(['name'])
  expect((await outpost('sync')).exitCode).toBe(0)
  expect(emulator.master.row('account', row.accountid)?.values['name']).toBe('Renamed')
  expect(emulator.master.row('account', '22222222-2222-4222-8222-222222222222')?.values['name']).toBe('Chosen id')
})

test('lines that break a rule are reported with line, column and rule; the others are imported', async () => {
  const { outpost, file } = await connectedWorkplace(TABLES)
  const lines = [
    '{"name":"Good"}',
    '{"name":5}',
    'not json',
    '',
    '{"name":"x","nmae":1}',
    '{"accountid":"12","name":"x"}',
    '[1]',
    '{"name":{"nested":true}}',
    `{"name":"${'x'.repeat(161)}"}`,
    '{"name":"x","numberofemployees":-1}',
    '{"name":"x","telephone1":"1"}',
    '{"name":"x","ownerid":"33333333-3333-4333-8333-333333333333"}',
    '{"name":"Also good"}',
  ]
  const imported = await outpost('import', await file('x.jsonl', lines.join('\n')), '--rows', 'account', '--json')
  expect(imported.exitCode).toBe(1)
  expect(imported.json.created).toBe(2)
  const refused = imported.json.refused.map(({ line, column, rule }: Record<string, unknown>) => [line, column, rule])
  expect(refused).toEqual([
    [2, 'name', 'value-type'],
    [3, undefined, 'json'],
    [5, 'nmae', 'unknown-column'],
    [6, 'accountid', 'row-id'],
    [7, undefined, 'shape'],
    [8, 'name', 'value-type'],
    [9, 'name', 'max-length'],
    [10, 'numberofemployees', 'range'],
    [11, 'telephone1', 'not-selected'],
    [12, 'ownerid', 'lookup-target'],
  ])
  expect((await outpost('status', '--json')).json.transactions.pending).toBe(2)
})

test('rows of one client org are imported into another; columns that cannot be set are left out, which is said once', async () => {
  const tables = {
    account: { columns: ['name', 'statecode', 'statuscode', 'createdon', 'versionnumber', 'modifiedon'] },
  }
  const here = await syncedWorkplace(tables)
  const path = await here.file('accounts.jsonl')
  const { rows } = (await here.outpost('export', path, '--rows', 'account', '--json')).json
  const there = await connectedWorkplace(tables, { seed: fieldService({ rows: 200 }) })
  const imported = await there.outpost('import', path, '--rows', 'account')
  expect(imported).toMatchObject({ exitCode: 0, err: '' })
  expect(imported.out).toContain(`${rows} rows created, 0 updated, 0 unchanged, 0 refused.`)
  for (const column of ['statecode', 'createdon', 'versionnumber']) {
    expect(imported.out.match(new RegExp(`^  ${column} cannot be set`, 'gm'))).toHaveLength(1)
  }
  expect((await there.outpost('status', '--json')).json.transactions.pending).toBe(rows)
})

test('of many refused lines the first are shown, and all are counted by their reason', async () => {
  const { outpost, file } = await connectedWorkplace(TABLES)
  const lines = Array.from({ length: 30 }, (_, at) => (at % 3 === 0 ? '{"name":5}' : '{"name":"x","telephone1":"1"}'))
  const imported = await outpost('import', await file('x.jsonl', lines.join('\n')), '--rows', 'account')
  expect(imported.exitCode).toBe(1)
  expect(imported.out.match(/^  line \d+ /gm)).toHaveLength(20)
  expect(imported.out).toContain(
    'and 10 more. In all:\n        20  not-selected, column telephone1\n        10  value-type',
  )
})

test('rows that are imported as a configuration are told apart from one', async () => {
  const { outpost, file } = await connectedWorkplace(TABLES)
  const refused = await outpost('import', await file('x.jsonl', '{"name":"A"}\n{"name":"B"}\n'), '--json')
  expect(refused.error).toMatchObject({ exitCode: 2, place: { rule: 'usage' } })
  expect(refused.error.remedy).toContain('--rows <table>')
})

test('an interrupted import keeps what it has committed and says where it stopped', async () => {
  const { outpost, outpostWith } = await connectedWorkplace(TABLES)
  const interruption = new AbortController()
  async function* stdin(): AsyncIterable<string> {
    yield '{"name":"First"}\n'
    yield '{"name":"Second"}\n'
    // By now both lines are on their way; the file is endless.
    setImmediate(() => interruption.abort())
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve))
      yield '\n'
    }
  }
  const interrupted = await outpostWith(
    { stdin: stdin(), signal: interruption.signal },
    ...['import', '-', '--rows', 'account', '--json'],
  )
  expect(interrupted.exitCode).toBe(130)
  expect(interrupted.json.interrupted).toBe(true)
  expect((await outpost('status', '--json')).json.transactions.pending).toBe(interrupted.json.created)
})

test('rows are not imported into a table that is not kept, nor from a file that is not there', async () => {
  const { outpost, file } = await connectedWorkplace(TABLES)
  const path = await file('x.jsonl', '{"subject":"x"}\n')
  expect((await outpost('import', path, '--rows', 'task', '--json')).error.place).toMatchObject({
    rule: 'unknown-table',
  })
  const missing = await outpost('import', '/no/such.jsonl', '--rows', 'account', '--json')
  expect(missing.exitCode).toBe(2)
  expect(missing.error.place.rule).toBe('file')
})
