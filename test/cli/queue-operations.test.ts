import { promises as files } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { ADMINISTRATOR, expectDone, rowsOf, syncedWorkplace } from './workplace.ts'
import type { Workplace } from './workplace.ts'

/* What is done about the queue as a whole: sent again, put away, written to a file, taken over, traced, left behind. */

const TABLES = {
  account: { columns: ['name', 'accountnumber', 'telephone1'] },
  contact: { columns: ['lastname', 'parentcustomerid'] },
}
const PARENT = '11111111-1111-4111-8111-111111111111'

async function writes(place: Workplace, table: string, ...rows: readonly unknown[]): Promise<void> {
  const lines = rows.map((row) => JSON.stringify(row)).join('\n')
  await expectDone(place.outpost('import', await place.file(`${table}.jsonl`, lines), '--rows', table))
}

/** #1 creates an account whose number is taken and was refused, #2 a contact of it. */
async function parentAndChild(): Promise<Workplace> {
  const place = await syncedWorkplace(TABLES)
  await writes(place, 'account', { accountid: PARENT, name: 'Twin', accountnumber: 'A-000001' })
  expect((await place.outpost('sync')).exitCode).toBe(1)
  await writes(place, 'contact', { lastname: 'Lund', parentcustomerid: PARENT, parentcustomerid$table: 'account' })
  return place
}

async function statuses(place: Workplace): Promise<readonly string[]> {
  const { json } = await place.outpost('tx', 'list', '--status', 'all', '--json')
  return json.transactions.map(({ seq, status }: { seq: number; status: string }) => `${seq} ${status}`)
}

async function named(place: Workplace, name: string): Promise<number> {
  return rowsOf((await place.outpost('query', 'account', '--where', `name eq '${name}'`, '--json')).out).length
}

test('tx retry-all sends everything in Error again at once', async () => {
  const place = await parentAndChild()
  const still = await place.outpost('tx', 'retry-all', '--json')
  expect(still.exitCode).toBe(1)
  expect(still.json).toMatchObject({ pushed: { refused: 1, left: 1 }, transactions: { error: 1, pending: 1 } })
  const holder = place.emulator.master.rows('account').find((row) => row.values['accountnumber'] === 'A-000001')
  place.emulator.master.update('account', String(holder?.id), { accountnumber: 'A-OTHER' })
  const done = await place.outpost('tx', 'retry-all')
  expect(done.exitCode).toBe(0)
  expect(done.out).toContain('Sent: 2 processed')
  expect(await statuses(place)).toEqual(['1 processed', '2 processed'])
})

test('tx archive --preview tells what would go along and why, and changes nothing', async () => {
  const place = await parentAndChild()
  const { out, exitCode } = await place.outpost('tx', 'archive', '1', '--preview')
  expect(exitCode).toBe(0)
  expect(out).toMatch(/Would be archived:\n +#1 +create account/)
  expect(out).toMatch(new RegExp(`#2 +create contact .*\\n +needs account ${PARENT}, which #1 creates`))
  expect(await statuses(place)).toEqual(['1 error', '2 pending'])
  const { json } = await place.outpost('tx', 'discard', '1', '--preview', '--json')
  expect(json).toMatchObject({ preview: true, seqs: [1], dependents: [{ seq: 2, because: 'needs-row', of: 1 }] })
  expect(await statuses(place)).toEqual(['1 error', '2 pending'])
})

test('a preview says what would be refused', async () => {
  const place = await syncedWorkplace(TABLES)
  await writes(place, 'account', { accountid: PARENT, name: 'Delivered' })
  await expectDone(place.outpost('sync'))
  const { json } = await place.outpost('tx', 'discard', '1', '--preview', '--json')
  expect(json).toMatchObject({ refused: [{ seq: 1, reason: 'the master has it' }] })
  expect((await place.outpost('tx', 'discard', '1')).exitCode).toBe(1)
  expect((await place.outpost('tx', 'archive', '1', '--preview', '--json')).json.refused).toEqual([])
  await expectDone(place.outpost('tx', 'archive', '1'))
  expect((await place.outpost('tx', 'archive', '1', '--preview')).out).toContain('is archived already')
})

test('tx archive says of what was sent without an answer that the master may have it', async () => {
  const place = await syncedWorkplace(TABLES)
  await writes(place, 'account', { accountid: PARENT, name: 'Lost' })
  // A batch of reads is a POST, too.
  for (const match of [{ method: 'PATCH' }, { method: 'POST', body: /^PATCH /m }]) {
    place.emulator.faults.add({ match, fault: { kind: 'dropAfterCommit' } })
  }
  expect((await place.outpost('sync')).exitCode).toBe(3)
  expect((await place.outpost('tx', 'archive', '1')).out).toMatch(/may have #1/)
  place.emulator.faults.clear()
  expect((await place.outpost('tx', 'show', '1')).out).toMatch(/outcome +sent, .*may have it/)
  await expectDone(place.outpost('sync'))
  expect(await named(place, 'Lost')).toBe(1)
})

test('tx archive --keep leaves the row as it is, until it is archived again without it', async () => {
  const place = await parentAndChild()
  await expectDone(place.outpost('tx', 'archive', '2'))
  await expectDone(place.outpost('tx', 'archive', '1', '--keep'))
  expect(await named(place, 'Twin')).toBe(1)
  expect((await place.outpost('tx', 'list', '--status', 'archived')).out).toMatch(/1 +archived, kept/)
  await expectDone(place.outpost('tx', 'archive', '1'))
  expect(await named(place, 'Twin')).toBe(0)
})

test('tx discard deletes without a trace, and takes dependents along only when told', async () => {
  const place = await parentAndChild()
  const refused = await place.outpost('tx', 'discard', '1', '--json')
  expect(refused.error).toMatchObject({ exitCode: 1, remedy: expect.stringContaining('--with-dependents') })
  expect((await place.outpost('tx', 'discard', '1', '--with-dependents', '--json')).json).toEqual({ discarded: [1, 2] })
  expect(await statuses(place)).toEqual([])
  expect(await named(place, 'Twin')).toBe(0)
})

test('tx revert gives a row its values of the master back', async () => {
  const place = await syncedWorkplace(TABLES)
  const [row] = rowsOf((await place.outpost('query', 'account', '--limit', '1', '--json')).out)
  await writes(place, 'account', { accountid: row.accountid, name: 'Ours' })
  const reverted = await place.outpost('tx', 'revert', `account/${row.accountid}`, '--json')
  expect(reverted.json).toEqual({ archived: [1] })
  expect(await named(place, 'Ours')).toBe(0)
  expect((await place.outpost('tx', 'revert', `account/${row.accountid}`)).out).toContain('Nothing unsent')
})

test('tx export and tx import carry the queue to another database of the same user', async () => {
  const place = await parentAndChild()
  const file = await place.file('queue.json')
  expect((await expectDone(place.outpost('tx', 'export', file))).out).toContain('Wrote 2 transactions to')
  const text = await files.readFile(file, 'utf8')
  expect(JSON.parse(text)).toMatchObject({
    format: 'outpost-queue',
    version: 1,
    transactions: [{ seq: 1 }, { seq: 2 }],
  })
  expect(text).not.toContain(place.token)
  const only = await place.outpost('tx', 'export', '--only', '2')
  expect(only.json.transactions.map(({ seq }: { seq: number }) => seq)).toEqual([2])

  const other = ['--db', await place.file('other.db')]
  const tables = await place.file('tables.json', JSON.stringify({ tables: TABLES }))
  await expectDone(place.outpost('connect', place.url, ...other))
  await expectDone(place.outpost('configure', tables, ...other))
  const imported = await place.outpost('tx', 'import', file, '--json', ...other)
  expect(imported.json).toEqual({ imported: [1, 2], decided: [], known: [], refused: [] })
  const again = await place.outpost('tx', 'import', file, ...other)
  expect(again.out).toContain('2 transactions known already')
  expect((await place.outpost('tx', 'list', '--status', 'all', '--json', ...other)).json.transactions).toHaveLength(2)
})

test('tx import carries out decisions, says what it could not do, and refuses what is no queue file', async () => {
  const place = await parentAndChild()
  const exported = (await place.outpost('tx', 'export')).json
  const [first, second] = exported.transactions
  const decided = await place.file(
    'decided.json',
    JSON.stringify({
      ...exported,
      transactions: [
        { ...first, decision: { kind: 'amend', values: { accountnumber: 'FREE-1' } } },
        { ...second, decision: { kind: 'amend', values: { nosuch: 1 } } },
      ],
    }),
  )
  const { exitCode, out } = await place.outpost('tx', 'import', decided)
  expect(exitCode).toBe(1)
  expect(out).toContain('Carried out the decisions about #1.')
  expect(out).toMatch(/#2 +.*nosuch/)
  expect((await place.outpost('sync')).exitCode).toBe(0)
  expect(place.emulator.master.row('account', PARENT)?.values['accountnumber']).toBe('FREE-1')

  const broken = await place.file('broken.json', JSON.stringify({ ...exported, version: 7 }))
  expect((await place.outpost('tx', 'import', broken, '--json')).error).toMatchObject({
    exitCode: 2,
    place: { rule: 'queue-version' },
  })
  const stranger = { ...exported, identity: { ...exported.identity, userId: 'somebody' } }
  const foreign = await place.file('foreign.json', JSON.stringify(stranger))
  expect((await place.outpost('tx', 'import', foreign, '--json')).error).toMatchObject({
    exitCode: 1,
    place: { rule: 'other-user' },
  })
  expect((await place.outpost('tx', 'import', await place.file('text.json', 'no json'), '--json')).exitCode).toBe(2)
})

test('tx trace tells the way of a row, with the ids that both sides know the requests by', async () => {
  const place = await parentAndChild()
  await expectDone(place.outpost('tx', 'amend', '1', 'accountnumber=FREE-1'))
  await expectDone(place.outpost('sync'))
  const { out } = await place.outpost('tx', 'trace', `account/${PARENT}`)
  expect(out).toMatch(/^Transaction #1$/m)
  expect(out).toMatch(/committed\n +create\n +name = "Twin"\n +accountnumber = "A-000001"$/m)
  expect(out).toMatch(/sent +request [0-9a-f-]{36}$/m)
  expect(out).toMatch(/refused +key-clash: /)
  expect(out).toMatch(/remedy: \S/)
  expect(out).toMatch(/amended\n +create\n +accountnumber = "FREE-1"$/m)
  expect(out).toMatch(/delivered +version W\/"\d+"; the master's request [0-9a-f-]{36}$/m)
  expect(out).toMatch(/echoed +a pull brought it back as version W\/"\d+"$/m)
  const { json } = await place.outpost('tx', 'trace', `account/${PARENT}`, '--json')
  expect(json.entries.map(({ event }: { event: string }) => event)).toEqual(
    expect.arrayContaining(['committed', 'sent', 'refused', 'amended', 'delivered', 'echoed']),
  )
  const nothing = await place.outpost('tx', 'trace', `account/${PARENT.replaceAll('1', '2')}`)
  expect(nothing).toMatchObject({ exitCode: 0, out: expect.stringContaining('Nothing was written') })
})

test('sign-out refuses with counts while something is unsent, and removes the client org when nothing is', async () => {
  const place = await parentAndChild()
  const refused = await place.outpost('sign-out', '--json')
  expect(refused.error).toMatchObject({
    code: 'refused',
    exitCode: 1,
    unsent: { pending: 1, error: 1 },
    remedy: expect.stringContaining('--keep'),
  })
  expect((await place.outpost('sign-out', '--keep', '--discard')).exitCode).toBe(2)
  const discarded = await place.outpost('sign-out', '--discard', '--json')
  expect(discarded.json).toMatchObject({ removed: true, unsent: 2 })
  expect((await place.outpost('status')).exitCode).toBe(5)
})

test('sign-out --keep keeps what is unsent for the same user, and for nobody else', async () => {
  const place = await parentAndChild()
  expect((await place.outpost('sign-out', '--keep', '--json')).json).toMatchObject({ removed: false, unsent: 2 })
  const held = await place.outpost('sync', '--json')
  expect(held.error).toMatchObject({ exitCode: 4, remedy: expect.stringContaining('outpost connect') })
  expect((await place.outpost('status', '--json')).json).toMatchObject({ signedOut: true, oldestPending: { seq: 2 } })
  expect((await place.outpost('status')).out).toMatch(/^User .*signed out/m)
  const amended = await place.outpost('tx', 'amend', '1', 'accountnumber=A-2', '--json')
  expect(amended.error).toMatchObject({ exitCode: 1, remedy: expect.stringContaining('outpost connect') })
  const stranger = {
    PATH: process.env['PATH'],
    OUTPOST_TOKEN: place.emulator.tokenFor(ADMINISTRATOR),
    OUTPOST_DB: place.database,
  }
  expect((await place.outpostWith({ variables: stranger }, 'connect', place.url)).exitCode).toBe(4)
  await expectDone(place.outpost('connect', place.url))
  expect((await place.outpost('status', '--json')).json.transactions).toMatchObject({ pending: 1, error: 1 })
})

test('the JSON of each command has the properties that its documentation names', async () => {
  const place = await parentAndChild()
  const readme = await files.readFile(fileURLToPath(new URL('../../packages/cli/README.md', import.meta.url)), 'utf8')
  const [, table = ''] = readme.split('### What `--json` prints')
  const documented = (command: string): readonly string[] => {
    const row = table
      .split('\n')
      .find((line) => line.startsWith('| `') && line.split('|')[1]?.includes(`\`${command}\``))
    return [...(row?.split('|')[2] ?? '').matchAll(/`(\w+)`/g)].map(([, name]) => String(name))
  }
  const queue = await place.file('queue.json')
  const commands: readonly (readonly [string, readonly string[]])[] = [
    ['status', ['status']],
    ['tx list', ['tx', 'list']],
    ['tx show', ['tx', 'show', '1']],
    ['--preview', ['tx', 'archive', '1', '--preview']],
    ['tx trace', ['tx', 'trace', `account/${PARENT}`]],
    ['conflicts', ['conflicts']],
    ['tx export', ['tx', 'export', queue]],
    ['tx import', ['tx', 'import', queue]],
    ['tx retry', ['tx', 'retry', '1']],
    ['tx retry-all', ['tx', 'retry-all']],
    ['sync', ['sync']],
    ['explain', ['explain', 'account']],
    ['verify', ['verify']],
    ['repair', ['repair']],
    ['dry-run', ['dry-run']],
    ['quarantined', ['quarantined']],
    ['metadata', ['metadata']],
    ['configure --check', ['configure', '--check']],
    ['resync', ['resync', 'account']],
    ['tx archive', ['tx', 'archive', '2']],
    ['tx discard', ['tx', 'discard', '1']],
    ['sign-out', ['sign-out', '--keep']],
  ]
  for (const [command, argv] of commands) {
    const { json } = await place.outpost(...argv, '--json')
    const names = documented(command)
    expect({ command, isDocumented: names.length > 0 }).toEqual({ command, isDocumented: true })
    const undocumented = Object.keys(json).filter((name) => !names.includes(name))
    // Of a transaction the table names what people look for; its type has the rest.
    expect({ command, undocumented: command === 'tx show' ? [] : undocumented }).toEqual({ command, undocumented: [] })
    if (command === 'tx show') expect(names.filter((name) => !(name in json))).toEqual([])
  }
})
