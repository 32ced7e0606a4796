import { expect, test } from 'vitest'
import { expectDone, rowsOf, syncedWorkplace } from './workplace.ts'
import type { Workplace } from './workplace.ts'

const TABLES = {
  account: {
    columns: ['name', 'accountnumber', 'numberofemployees', 'creditonhold', 'revenue'],
    uploadFilter: "name ne 'Held'",
  },
  contact: { columns: ['lastname', 'parentcustomerid'] },
}
const PARENT = '11111111-1111-4111-8111-111111111111'

/** Imports rows offline: each line becomes one transaction. */
async function writes(place: Workplace, table: string, ...rows: readonly unknown[]): Promise<void> {
  const lines = rows.map((row) => JSON.stringify(row)).join('\n')
  await expectDone(place.outpost('import', await place.file(`${table}.jsonl`, lines), '--rows', table))
}

/** A workplace whose transaction #1 the master has refused: the account number is taken. */
async function refusedOnce(): Promise<Workplace> {
  const place = await syncedWorkplace(TABLES)
  await writes(place, 'account', { accountid: PARENT, name: 'Twin', accountnumber: 'A-000001' })
  expect((await place.outpost('sync')).exitCode).toBe(1)
  return place
}

test('tx list shows what is in Error unless asked otherwise', async () => {
  const place = await refusedOnce()
  await writes(place, 'account', { name: 'Neu AG' }, { name: 'Held' })
  const seqs = async (...argv: readonly string[]): Promise<readonly string[]> => {
    const { json } = await place.outpost('tx', 'list', ...argv, '--json')
    return json.transactions.map(({ seq, status }: { seq: number; status: string }) => `${seq} ${status}`)
  }
  expect(await seqs()).toEqual(['1 error'])
  expect(await seqs('--status', 'pending')).toEqual(['2 pending', '3 pending'])
  expect(await seqs('--status', 'Pending,error', '--limit', '2')).toEqual(['1 error', '2 pending'])
  expect(await seqs('--status', 'all', '--row', `account/{${PARENT.toUpperCase()}}`)).toEqual(['1 error'])
  expect(await seqs('--status', 'archived')).toEqual([])
  expect(await seqs('--status', 'all', '--text', 'neu ag')).toEqual(['2 pending'])
  expect(await seqs('--status', 'all', '--after', '1', '--limit', '1')).toEqual(['2 pending'])
  expect(await seqs('--class', 'conflict,Key-Clash')).toEqual(['1 error'])
  expect(await seqs('--class', 'gone')).toEqual([])
  expect(await seqs('--table', 'contact')).toEqual([])
  const text = (await place.outpost('tx', '--status', 'all')).out
  expect(text).toMatch(/^ *1 +error .*\n +key-clash: /m)
  expect(text).toMatch(/^ *2 +pending .*\n +ready to be sent$/m)
  expect(text).toMatch(/^ *3 +pending .*\n +held by the upload filter of account$/m)
})

test('tx list shows the reason on a terminal of 80 columns', async () => {
  const place = await refusedOnce()
  let out = ''
  const stdout = { isTTY: true, columns: 80, write: (text: string) => void (out += text) }
  await place.outpostWith({ stdout }, 'tx', 'list')
  expect(out).toMatch(/^ +key-clash: /m)
  expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80)
})

test('tx show tells the changes, the history, and the error with its remedy', async () => {
  const place = await refusedOnce()
  const { out } = await place.outpost('tx', 'show', '1')
  expect(out).toMatch(/error +key-clash: Entity Key/)
  expect(out).toMatch(/cause +\S/)
  expect(out).toMatch(/remedy +\S/)
  expect(out).toMatch(/mended by +you/)
  expect(out).toContain('outpost tx retry 1')
  expect(out).toMatch(/answer +HTTP 412, 0x80060892/)
  expect(out).toMatch(/^ +accountnumber +"A-000001"$/m)
  expect(out).toMatch(/committed\n.*sent\n.*refused/)
  const { json } = await place.outpost('tx', 'show', '1', '--json')
  expect(json).toMatchObject({
    seq: 1,
    status: 'error',
    lastError: { rejection: 'key-clash', status: 412, fix: 'user' },
  })
})

test('tx show puts what was, what was made of it and what the master has side by side', async () => {
  const place = await syncedWorkplace({
    account: { columns: ['name', 'accountnumber'], conflictPolicy: 'manual' },
  })
  const [row] = rowsOf((await place.outpost('query', 'account', '--limit', '1', '--json')).out)
  await writes(place, 'account', { accountid: row.accountid, name: 'Ours' })
  const before = (await place.outpost('tx', 'show', '1')).out
  expect(before).toMatch(/COLUMN +BASE +MINE +THEIRS$/m)
  place.emulator.master.update('account', row.accountid, { name: 'Theirs' })
  expect((await place.outpost('sync')).exitCode).toBe(1)
  const { out } = await place.outpost('tx', 'show', '1')
  expect(out).toMatch(/^ +made on W\/"\d+"; the master has W\/"\d+" now$/m)
  const line = out.split('\n').find((each) => each.trimStart().startsWith('name '))
  expect(line?.trim().split(/  +/)).toEqual(['name', JSON.stringify(row.name), '"Ours" *', '"Theirs" *'])
  expect(out).toMatch(/^ +name: left to you \(manual\)$/m)
  const { json } = await place.outpost('tx', 'show', '1', '--json')
  expect(json.comparison).toMatchObject([
    { table: 'account', columns: [{ column: 'name', base: row.name, mine: 'Ours', theirs: 'Theirs' }] },
  ])
})

test('tx show fits a terminal of 80 columns', async () => {
  const place = await refusedOnce()
  await expectDone(place.outpost('tx', 'amend', '1', `name=${'long '.repeat(30)}`))
  let out = ''
  const stdout = { isTTY: true, columns: 80, write: (text: string) => void (out += text) }
  await place.outpostWith({ stdout }, 'tx', 'show', '1')
  const lines = out.split('\n')
  const changes = lines.slice(lines.findIndex((line) => line.includes('Changes')))
  expect(Math.max(...changes.slice(1, 6).map((line) => line.length))).toBeLessThanOrEqual(80)
})

test('tx show cuts nothing in which both sides differ, however narrow the terminal is', async () => {
  const place = await syncedWorkplace({ account: { columns: ['name', 'accountnumber'], conflictPolicy: 'manual' } })
  const [row] = rowsOf((await place.outpost('query', 'account', '--limit', '1', '--json')).out)
  const alike = 'The very same beginning '.repeat(5)
  await writes(place, 'account', { accountid: row.accountid, name: `${alike}ours` })
  place.emulator.master.update('account', row.accountid, { name: `${alike}theirs` })
  expect((await place.outpost('sync')).exitCode).toBe(1)
  for (const columns of [30, 80, undefined]) {
    let out = ''
    const write = (text: string): void => void (out += text)
    await place.outpostWith({ stdout: columns ? { isTTY: true, columns, write } : { write } }, 'tx', 'show', '1')
    const changes = out.slice(out.indexOf('Changes'), out.indexOf('History'))
    const unbroken = (text: string): string => text.replaceAll(/\s+/g, '')
    expect(unbroken(changes)).toContain(unbroken(`MINE * "${alike}ours"`))
    expect(unbroken(changes)).toContain(unbroken(`THEIRS * "${alike}theirs"`))
    if (columns) expect(Math.max(...changes.split('\n').map((line) => line.length))).toBeLessThanOrEqual(columns)
  }
})

test('tx show says what each way out of a conflict comes to, and they come to it', async () => {
  const place = await syncedWorkplace({
    account: { columns: ['name', 'accountnumber'], conflictPolicy: 'manual' },
  })
  const [row] = rowsOf((await place.outpost('query', 'account', '--limit', '1', '--json')).out)
  await writes(place, 'account', { accountid: row.accountid, name: 'Ours', accountnumber: 'O-1' })
  place.emulator.master.update('account', row.accountid, { name: 'Theirs', accountnumber: 'T-1' })
  expect((await place.outpost('sync')).exitCode).toBe(1)
  const { out } = await place.outpost('tx', 'show', '1')
  expect(out).toMatch(/outpost tx retry 1 +sends MINE/)
  expect(out).toMatch(/outpost tx amend 1 --drop column +takes THEIRS there/)
  expect(out).toMatch(/outpost tx archive 1 +takes THEIRS/)
  expect(out).toMatch(/cause .*name, accountnumber/)
  expect(out).toMatch(/mended by +you/)
  expect(out).toMatch(/outcome +no effect on the master/)
  await expectDone(place.outpost('tx', 'amend', '1', '--drop', 'name'))
  await expectDone(place.outpost('sync'))
  const values = { name: 'Theirs', accountnumber: 'O-1' }
  expect(place.emulator.master.row('account', row.accountid)?.values).toMatchObject(values)
  expect(rowsOf((await place.outpost('query', 'account', '--limit', '1', '--json')).out)).toMatchObject([values])
  const settled = (await place.outpost('tx', 'show', '1')).out
  expect(settled).toMatch(/outcome +the master has it/)
  expect(settled).toMatch(/amended: name taken out/)
})

test('tx show does not say that the master has lost a row which it has not got yet', async () => {
  const place = await refusedOnce()
  await writes(place, 'account', { accountid: PARENT, name: 'Renamed' })
  const { out } = await place.outpost('tx', 'show', '2')
  expect(out).toContain('the master does not have the row')
})

test('tx amend corrects values by the type of their column, and the next sync sends them', async () => {
  const place = await refusedOnce()
  const amended = await place.outpost(
    ...['tx', 'amend', '1', 'accountnumber=X=1', 'numberofemployees=12', 'creditonhold=true', 'revenue=1.50', '--json'],
  )
  expect(amended.exitCode).toBe(0)
  expect(amended.json).toMatchObject({ seq: 1, status: 'pending', attempts: 0, lastError: null })
  expect((await place.outpost('sync')).exitCode).toBe(0)
  expect(place.emulator.master.row('account', PARENT)?.values).toMatchObject({
    name: 'Twin',
    accountnumber: 'X=1',
    numberofemployees: 12,
    creditonhold: true,
  })
})

test('tx amend with an empty value clears the column', async () => {
  const place = await refusedOnce()
  await expectDone(place.outpost('tx', 'amend', '1', 'accountnumber='))
  expect((await place.outpost('sync')).exitCode).toBe(0)
  expect(place.emulator.master.row('account', PARENT)?.values['accountnumber'] ?? null).toBeNull()
})

test('tx amend --drop takes a column out of the change', async () => {
  const place = await syncedWorkplace(TABLES)
  const [row] = rowsOf((await place.outpost('query', 'account', '--limit', '1', '--json')).out)
  await writes(place, 'account', { accountid: row.accountid, name: 'Renamed', accountnumber: 'A-1' })
  const amended = await place.outpost('tx', 'amend', '1', '--drop', 'accountnumber', '--json')
  expect(amended.json.changes[0].values).toEqual({ name: 'Renamed' })
  expect((await place.outpost('sync')).exitCode).toBe(0)
  const values = place.emulator.master.row('account', row.accountid)?.values
  expect(values).toMatchObject({ name: 'Renamed', accountnumber: row.accountnumber })
})

test('tx amend --drop refuses what is not there and what would leave nothing', async () => {
  const place = await syncedWorkplace(TABLES)
  const [row] = rowsOf((await place.outpost('query', 'account', '--limit', '1', '--json')).out)
  await writes(place, 'account', { accountid: row.accountid, name: 'Renamed' })
  const missing = await place.outpost('tx', 'amend', '1', '--drop', 'revenue', '--json')
  expect(missing.error).toMatchObject({ exitCode: 2, place: { column: 'revenue', rule: 'unknown-column' } })
  const emptied = await place.outpost('tx', 'amend', '1', '--drop', 'name', '--json')
  expect(emptied.error).toMatchObject({ exitCode: 2, place: { rule: 'empty-change' } })
  expect((await place.outpost('tx', 'show', '1', '--json')).json.changes[0].values).toEqual({ name: 'Renamed' })
})

test('tx amend names the rule that a value breaks and changes nothing', async () => {
  const place = await refusedOnce()
  const broken: readonly (readonly [pair: string, place: Readonly<Record<string, unknown>>])[] = [
    ['numberofemployees=many', { column: 'numberofemployees', rule: 'value-type' }],
    ['numberofemployees=-1', { column: 'numberofemployees', rule: 'range' }],
    ['creditonhold=ja', { column: 'creditonhold', rule: 'value-type' }],
    [`name=${'x'.repeat(161)}`, { column: 'name', rule: 'max-length' }],
    ['nmae=x', { column: 'nmae', rule: 'unknown-column' }],
    ['telephone1=x', { column: 'telephone1', rule: 'not-selected' }],
    ['name', { rule: 'usage' }],
  ]
  for (const [pair, where] of broken) {
    const refused = await place.outpost('tx', 'amend', '1', pair, '--json')
    expect({ pair, ...refused.error }).toMatchObject({ pair, exitCode: 2, place: where })
  }
  expect((await place.outpost('tx', 'show', '1', '--json')).json.status).toBe('error')
})

test('tx retry makes chosen or all transactions pending again, and sends nothing by itself', async () => {
  const place = await refusedOnce()
  place.emulator.clearRequests()
  await expectDone(place.outpost('tx', 'retry', '1'))
  expect((await place.outpost('status', '--json')).json.transactions).toMatchObject({ pending: 1, error: 0 })
  expect(place.emulator.requests()).toEqual([])
  expect((await place.outpost('sync')).exitCode).toBe(1)
  expect((await place.outpost('tx', 'retry', '--all', '--json')).json).toEqual({ pending: 1 })
})

test('tx retry needs numbers or --all, and numbers that exist', async () => {
  const place = await refusedOnce()
  for (const argv of [[], ['1', '--all'], ['one'], ['99']]) {
    const { error } = await place.outpost('tx', 'retry', ...argv, '--json')
    expect({ argv, exitCode: error.exitCode }).toEqual({ argv, exitCode: 2 })
  }
  await writes(place, 'account', { name: 'Neu AG' })
  await place.outpost('sync')
  const processed = await place.outpost('tx', 'retry', '2', '--json')
  expect(processed.exitCode).toBe(1)
  expect(processed.error.code).toBe('refused')
})

test('tx retry of a child names the parent that has to come along', async () => {
  const place = await refusedOnce()
  await writes(place, 'contact', { lastname: 'Lund', parentcustomerid: PARENT, parentcustomerid$table: 'account' })
  await expectDone(place.outpost('tx', 'archive', '1', '--with-dependents'))
  const { exitCode, error } = await place.outpost('tx', 'retry', '2', '--json')
  expect(exitCode).toBe(1)
  expect(error).toMatchObject({
    place: { rule: 'lookup-order' },
    remedy: expect.stringMatching(/#1 .*set it to pending/),
  })
  await expectDone(place.outpost('tx', 'retry', '2', '1'))
})

test('a filter that can match nothing is an error, not an empty list', async () => {
  const place = await refusedOnce()
  for (const argv of [
    ['tx', 'list', '--table', 'acount'],
    ['tx', 'list', '--row', `acount/${PARENT}`],
    ['tx', 'list', '--class', ''],
    ['tx', 'list', '--class', 'conflict,konflict'],
    ['tx', 'list', '--limit', '0'],
    ['tx', 'trace', `acount/${PARENT}`],
    ['conflicts', '--table', 'acount'],
    ['conflicts', '--limit', '0'],
    ['tx', 'export', '--only', ''],
    ['tx', 'export', '--only', '1', '--status', 'error'],
  ]) {
    const { exitCode, error, out } = await place.outpost(...argv, '--json')
    expect({ argv, exitCode, code: error.code, out }).toEqual({ argv, exitCode: 2, code: 'invalid', out: '' })
  }
})

test('a delivered transaction that was archived is not sent again', async () => {
  const place = await syncedWorkplace(TABLES)
  await writes(place, 'account', { accountid: PARENT, name: 'Neu AG' })
  await expectDone(place.outpost('sync'))
  await expectDone(place.outpost('tx', 'archive', '1'))
  const refused = await place.outpost('tx', 'retry', '1', '--json')
  expect(refused.error).toMatchObject({ code: 'refused', exitCode: 1, remedy: expect.stringContaining('anew') })
  expect(place.emulator.master.row('account', PARENT)?.values['name']).toBe('Neu AG')
  expect((await place.outpost('tx', 'archive', '--help')).out).toContain('only put away')
})

test('tx archive takes the effect back, and takes dependents along only when told', async () => {
  const place = await refusedOnce()
  await writes(place, 'contact', { lastname: 'Lund', parentcustomerid: PARENT, parentcustomerid$table: 'account' })
  const refused = await place.outpost('tx', 'archive', '1', '--json')
  expect(refused.exitCode).toBe(1)
  expect(refused.error).toMatchObject({ code: 'refused', remedy: expect.stringContaining('--with-dependents') })
  expect((await place.outpost('tx', 'archive', '1', '--with-dependents', '--json')).json).toEqual({ archived: [1, 2] })
  const gone = await place.outpost('query', 'account', '--where', "name eq 'Twin'", '--json')
  expect(gone.out).toBe('')
  expect((await place.outpost('sync')).exitCode).toBe(0)
  expect(place.emulator.master.row('account', PARENT)).toBeUndefined()
})

test('numbers, statuses and rows that are none are usage errors', async () => {
  const place = await syncedWorkplace(TABLES)
  for (const argv of [
    ['show', 'x'],
    ['show'],
    ['show', '1.5'],
    ['list', '--status', 'failed'],
    ['list', '--row', 'account'],
    ['list', '--row', 'account/12'],
    ['list', '--class', 'conflcit'],
    ['archive'],
    ['amend', '1'],
    ['amend', '1', 'name=a', 'name=b'],
    ['amend', '1', 'name=a', '--drop', 'name'],
    ['list', 'frobnicate'],
    ['frobnicate'],
  ]) {
    const refused = await place.outpost('tx', ...argv, '--json')
    expect({ argv, ...refused.error }).toMatchObject({ argv, exitCode: 2, place: { rule: 'usage' } })
  }
  expect((await place.outpost('tx', 'frobnicate')).err).toContain("unknown command 'tx frobnicate'")
  const unknown = await place.outpost('tx', 'show', '99', '--json')
  expect(unknown.exitCode).toBe(2)
  expect(unknown.error.place.rule).toBe('unknown-transaction')
})
