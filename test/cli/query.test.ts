import { expect, test } from 'vitest'
import { expectDone, rowsOf, syncedWorkplace } from './workplace.ts'

const TABLES = { account: { columns: ['name', 'accountnumber', 'telephone1', 'statecode'] } }

test('query filters, sorts, limits and selects, without the network', async () => {
  const { outpost, emulator, goDown } = await syncedWorkplace(TABLES)
  await goDown()
  const queried = await outpost(
    ...['query', 'account', '--where', 'statecode eq 0', '--order-by', 'accountnumber desc', '--limit', '3'],
    ...['--columns', 'accountnumber,name', '--json'],
  )
  expect(queried.exitCode).toBe(0)
  const expected = emulator.master
    .rows('account')
    .filter((row) => row.values['statecode'] === 0)
    .map(({ values }) => ({ accountnumber: values['accountnumber'], name: values['name'] }))
    .toSorted((one, other) => (String(one.accountnumber) < String(other.accountnumber) ? 1 : -1))
    .slice(0, 3)
  expect(rowsOf(queried.out)).toEqual(expected)
})

test('query prints an aligned table that control characters cannot break out of', async () => {
  const { outpost, file } = await syncedWorkplace(TABLES)
  const row = { name: 'Evil \u001b[31m\nAG', accountnumber: 'E-1' }
  await expectDone(outpost('import', await file('x.jsonl', JSON.stringify(row)), '--rows', 'account'))
  const chosen = ['--where', "accountnumber eq 'E-1'", '--columns', 'name,accountnumber']
  const { out } = await outpost('query', 'account', ...chosen)
  expect(out).toBe(['name           accountnumber', 'Evil  [31m AG  E-1', '1 row', ''].join('\n'))
})

test('on a narrow terminal query shows the columns that fit and says how many do not', async () => {
  const { outpostWith, token, database } = await syncedWorkplace(TABLES)
  const variables = { NO_COLOR: '1', OUTPOST_TOKEN: token, OUTPOST_DB: database }
  let out = ''
  const stdout = { isTTY: true, columns: 75, write: (text: string) => void (out += text) }
  await outpostWith({ stdout, variables }, 'query', 'account', '--limit', '2')
  const [heading, ...rest] = out.trimEnd().split('\n')
  expect(heading).toMatch(/^accountid +name$/)
  expect(rest.at(-1)).toBe('2 rows; 3 columns not shown, choose with --columns')
  expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(75)
})

test('query without a match is no failure', async () => {
  const { outpost } = await syncedWorkplace(TABLES)
  const none = await outpost('query', 'account', '--where', "name eq 'Nobody'")
  expect(none).toMatchObject({ exitCode: 0, out: 'No rows.\n' })
  expect(await outpost('query', 'account', '--where', "name eq 'Nobody'", '--json')).toMatchObject({
    exitCode: 0,
    out: '',
  })
})

test('the query of the first run in the help finds something', async () => {
  const { outpost } = await syncedWorkplace(TABLES)
  const [, filter = ''] = /query account --where "(.*)"/.exec((await outpost('--help')).out) ?? []
  expect(rowsOf((await outpost('query', 'account', '--where', filter, '--json')).out)).not.toEqual([])
})

test('query says how to keep a table that is not kept', async () => {
  const { outpost } = await syncedWorkplace(TABLES)
  const refused = await outpost('query', 'contact', '--json')
  expect(refused.error.remedy).toContain("'outpost configure --table <name>'")
})

test('query names what it cannot do', async () => {
  const { outpost } = await syncedWorkplace(TABLES)
  const broken: readonly (readonly [argv: readonly string[], place: Readonly<Record<string, unknown>>])[] = [
    [['contact'], { table: 'contact', rule: 'unknown-table' }],
    [['account', '--where', "name eq 'x"], { rule: 'filter-syntax', position: 8 }],
    [['account', '--where', 'nmae eq 1'], { table: 'account', column: 'nmae', rule: 'unknown-column' }],
    [['account', '--where', 'revenue gt 1'], { table: 'account', column: 'revenue', rule: 'not-selected' }],
    [['account', '--order-by', 'nmae'], { table: 'account', column: 'nmae', rule: 'unknown-column' }],
    [['account', '--order-by', 'name upwards'], { table: 'account', rule: 'order-syntax' }],
    [['account', '--columns', 'name,nmae'], { table: 'account', column: 'nmae', rule: 'unknown-column' }],
    [['account', '--columns', ','], { rule: 'usage' }],
    [['account', '--limit', '-1'], { rule: 'usage' }],
    [['account', '--limit', '1.5'], { rule: 'usage' }],
    [['account', 'contact'], { rule: 'usage' }],
    [[], { rule: 'usage' }],
  ]
  for (const [argv, where] of broken) {
    const refused = await outpost('query', ...argv, '--json')
    expect({ argv, ...refused.error }).toMatchObject({ argv, exitCode: 2, place: where })
  }
})
