import { expect, test } from 'vitest'
import type { Io } from '@outpost/cli'
import { connectedWorkplace, expectDone, syncedWorkplace } from './workplace.ts'
import type { Outcome, Workplace } from './workplace.ts'

const ACCOUNT = { account: { columns: ['name'], syncFilter: 'statecode eq 0' } }
const INACTIVE = { account: { columns: ['name'], syncFilter: 'statecode eq 1' } }

const tablesOf = async ({ outpost }: Workplace): Promise<unknown> =>
  (await outpost('configure', '--show', '--json')).json.tables

const inactive = ({ emulator }: Workplace): number =>
  emulator.master.rows('account').filter(({ values }) => values['statecode'] === 1).length
const active = (place: Workplace): number => place.emulator.master.count('account') - inactive(place)

/** Runs a command at a terminal where somebody types an answer. */
async function atTerminal(
  { outpostWith }: Workplace,
  answer: string,
  ...argv: readonly string[]
): Promise<Outcome & { readonly drawn: string }> {
  let drawn = ''
  async function* typed(): AsyncIterable<string> {
    yield answer
  }
  const stdin: Io['stdin'] = Object.assign(typed(), { isTTY: true })
  const stderr = { isTTY: true, columns: 100, write: (text: string) => void (drawn += text) }
  const outcome = await outpostWith({ stdin, stderr }, ...argv)
  return Object.assign(outcome, { drawn })
}

test('plan shows what another filter would add and drop, and changes nothing', async () => {
  const workplace = await syncedWorkplace(ACCOUNT)
  const file = await workplace.file('next.json', JSON.stringify({ tables: { ...INACTIVE, contact: {} } }))
  const planned = await workplace.outpost('plan', file, '--json')
  expect(planned.exitCode).toBe(0)
  expect(planned.json.tables.account).toMatchObject({ add: inactive(workplace), drop: active(workplace), why: 'rows' })
  expect(planned.json.tables.contact).toMatchObject({ add: workplace.emulator.master.count('contact'), why: 'new' })
  const told = (await workplace.outpost('configure', file, '--plan')).out
  expect(told).toMatch(new RegExp(`^account +${inactive(workplace)} +${active(workplace)} +0 +0 `, 'm'))
  expect(told).toContain('Nothing was changed.')
  const edit = await workplace.outpost('configure', '--table', 'account', '--filter', '', '--plan', '--json')
  expect(edit.json).toMatchObject({ add: inactive(workplace), drop: 0 })
  expect(await tablesOf(workplace)).toEqual(ACCOUNT)
})

test('plan names rows with unsent changes that would no longer be selected', async () => {
  const workplace = await syncedWorkplace(ACCOUNT)
  const row = workplace.emulator.master.rows('account').find(({ values }) => values['statecode'] === 0)
  const line = JSON.stringify({ accountid: row?.id, name: 'Unsent' })
  await expectDone(workplace.outpost('import', await workplace.file('x.jsonl', line), '--rows', 'account'))
  const file = await workplace.file('next.json', JSON.stringify({ tables: INACTIVE }))
  expect((await workplace.outpost('plan', file, '--json')).json.tables.account.dirty).toEqual([row?.id])
  const told = (await workplace.outpost('plan', file)).out
  expect(told).toContain(`account/${row?.id}`)
  expect(told).toContain('1 row of account would no longer be selected')
})

test('without a terminal, rows leave only with --yes', async () => {
  const workplace = await syncedWorkplace(ACCOUNT)
  const file = await workplace.file('next.json', JSON.stringify({ tables: INACTIVE }))
  for (const argv of [
    ['configure', file],
    ['import', file],
    ['configure', '--table', 'account', '--filter', 'statecode eq 1'],
  ]) {
    const refused = await workplace.outpost(...argv, '--json')
    expect(refused.exitCode).toBe(1)
    expect(refused.error).toMatchObject({ code: 'refused', place: { rule: 'unconfirmed' } })
    expect(refused.error.remedy).toContain('--yes')
  }
  expect(await tablesOf(workplace)).toEqual(ACCOUNT)
  await expectDone(workplace.outpost('configure', file, '--yes'))
  expect(await tablesOf(workplace)).toEqual(INACTIVE)
  const { account } = (await expectDone(workplace.outpost('sync', '--json'))).json.tables
  expect(account).toMatchObject({ pruned: active(workplace), added: inactive(workplace) })
})

test('a table that a file leaves out is confirmed, too', async () => {
  const workplace = await syncedWorkplace({ ...ACCOUNT, contact: {} })
  const file = await workplace.file('next.json', JSON.stringify({ tables: ACCOUNT }))
  const refused = await workplace.outpost('configure', file, '--json')
  expect(refused.error.message).toContain(`${workplace.emulator.master.count('contact')} rows`)
  await expectDone(workplace.outpost('configure', file, '--yes'))
})

test('what takes no row away needs no confirmation and no network', async () => {
  const workplace = await syncedWorkplace(ACCOUNT)
  await workplace.goDown()
  await expectDone(workplace.outpost('configure', '--table', 'account', '--columns', 'name,telephone1'))
  await expectDone(workplace.outpost('configure', '--table', 'contact'))
  const away = await workplace.outpost('configure', '--table', 'account', '--filter', '', '--json')
  expect(away.exitCode).toBe(3)
  expect(away.error.remedy).toContain('--yes')
  await expectDone(workplace.outpost('configure', '--table', 'account', '--filter', '', '--yes'))
})

test('on a terminal the plan is shown and a yes is asked for', async () => {
  const workplace = await syncedWorkplace(ACCOUNT)
  const edit = ['configure', '--table', 'account', '--filter', 'statecode eq 1']
  for (const answer of ['n\n', '\n', '']) {
    const declined = await atTerminal(workplace, answer, ...edit)
    expect(declined.exitCode).toBe(1)
    expect(declined.drawn).toMatch(/^account +\d/m)
    expect(declined.drawn).toContain(`Remove ${active(workplace)} rows from this device`)
    expect(declined.drawn).toContain('Nothing was changed.')
  }
  expect(await tablesOf(workplace)).toEqual(ACCOUNT)
  expect((await atTerminal(workplace, 'y\n', ...edit)).exitCode).toBe(0)
  expect(await tablesOf(workplace)).toEqual(INACTIVE)
})

test('a question that is interrupted changes nothing', async () => {
  const workplace = await syncedWorkplace(ACCOUNT)
  const interruption = new AbortController()
  async function* silence(): AsyncIterable<string> {
    await new Promise((resolve) => interruption.signal.addEventListener('abort', resolve))
    yield 'y\n'
  }
  const stdin = Object.assign(silence(), { isTTY: true })
  const stderr = {
    isTTY: true,
    write: (text: string) => {
      if (text.includes('[y/N]')) interruption.abort()
    },
  }
  const surroundings = { stdin, stderr, signal: interruption.signal }
  const ended = await workplace.outpostWith(
    surroundings,
    'configure',
    '--table',
    'account',
    '--filter',
    'statecode eq 1',
  )
  expect(ended.exitCode).toBe(130)
  expect(await tablesOf(workplace)).toEqual(ACCOUNT)
})

test('configure --check lists everything that is wrong, by table, column and rule', async () => {
  const workplace = await connectedWorkplace(ACCOUNT)
  const broken = {
    tables: {
      acount: {},
      account: { columns: ['name', 'nmae'], syncFilter: 'name eq', tracking: { deletes: true } },
      contact: { indexes: [['nonsense']], onDeletedRow: 'maybe' },
    },
    scopes: { all: { tables: ['task'] } },
  }
  const checked = await workplace.outpost(
    'configure',
    await workplace.file('broken.json', JSON.stringify(broken)),
    '--check',
    '--json',
  )
  expect(checked.exitCode).toBe(2)
  const places = checked.json.problems.map(({ place: found }: { place: Record<string, unknown> }) => found)
  expect(places).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ table: 'acount', rule: 'unknown-table' }),
      expect.objectContaining({ table: 'account', column: 'nmae', rule: 'unknown-column' }),
      expect.objectContaining({ table: 'account', rule: 'filter-syntax' }),
      expect.objectContaining({ table: 'contact', column: 'nonsense' }),
    ]),
  )
  expect(new Set(checked.json.problems.map(({ message }: { message: string }) => message)).size).toBe(places.length)
  const told = await workplace.outpost('configure', await workplace.file('broken.json'), '--check')
  expect(told.out).toMatch(/where +table account, column nmae, rule unknown-column/)
  expect(told.out).toContain(`${places.length} problems; nothing was changed.`)
  expect(await tablesOf(workplace)).toEqual(ACCOUNT)
})

test('configure --check is exit code 0 where nothing is wrong; alone it checks what is in force', async () => {
  const workplace = await connectedWorkplace(ACCOUNT)
  expect(await workplace.outpost('configure', '--check')).toMatchObject({
    exitCode: 0,
    out: 'Nothing is wrong with it.\n',
  })
  const edit = ['configure', '--table', 'account', '--columns', 'nmae', '--check', '--json']
  expect((await workplace.outpost(...edit)).json.problems).toMatchObject([{ place: { column: 'nmae' } }])
  for (const argv of [['--plan'], ['--table', 'account', '--plan', '--check'], ['--show', '--plan']])
    expect((await workplace.outpost('configure', ...argv)).exitCode).toBe(2)
})

test('the configuration is shown with how rows are selected and how leavers are found', async () => {
  const workplace = await connectedWorkplace({})
  const tables = {
    account: { columns: ['name'], related: [{ direction: 'parents', table: 'task', lookup: 'regardingobjectid' }] },
    task: { tracking: { deletes: true } },
    incident: { syncDeletion: true },
    contact: { syncFetchXml: '<fetch><entity name="contact"/></fetch>', changeTracking: true },
    resco_mobiletracking: {},
  }
  const file = JSON.stringify({ tables, mobileTracking: 'resco_mobiletracking' })
  const { out } = await expectDone(workplace.outpost('configure', await workplace.file('next.json', file)))
  expect(out).toMatch(/^account +1 chosen +no +merge +parents of task by regardingobjectid +all$/m)
  expect(out).toMatch(/^task +all +tracks deletes +merge +all +all$/m)
  expect(out).toMatch(/^incident +all +compares +merge +all +all$/m)
  expect(out).toMatch(/^contact +all +change tracking +merge +FetchXML +all$/m)
})
