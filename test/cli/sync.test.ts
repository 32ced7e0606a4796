import { expect, test } from 'vitest'
import { connectedWorkplace, expectDone, rowsOf, syncedWorkplace } from './workplace.ts'

const TABLES = {
  account: { columns: ['name', 'accountnumber', 'telephone1'], syncFilter: 'statecode eq 0', syncDeletion: true },
  contact: { columns: ['fullname', 'lastname', 'parentcustomerid'] },
}

test('sync downloads what the filters select and reports it per table', async () => {
  const { outpost, emulator } = await connectedWorkplace(TABLES)
  const synced = await outpost('sync', '--json')
  expect(synced.exitCode).toBe(0)
  expect(synced.err).toBe('')
  const active = emulator.master.rows('account').filter((row) => row.values['statecode'] === 0).length
  expect(active).toBeGreaterThan(0)
  expect(synced.json.tables.account).toMatchObject({ received: active, written: active, pruned: 0, kept: 0 })
  expect(synced.json.tables.contact.written).toBe(emulator.master.count('contact'))
  const status = await outpost('status', '--json')
  expect(status.json.tables.account).toEqual({ rows: active, complete: true })
})

test('a second sync brings changes and removes what was deleted', async () => {
  const { outpost, emulator } = await syncedWorkplace(TABLES)
  const [changed, deleted] = emulator.master.rows('account').filter((row) => row.values['statecode'] === 0)
  emulator.master.update('account', changed?.id ?? '', { telephone1: '+45 12 34 56 78' })
  emulator.master.remove('account', deleted?.id ?? '')
  const synced = await outpost('sync', '--json')
  expect(synced.json.tables.account).toMatchObject({ written: 1, pruned: 1 })
  const rows = rowsOf((await outpost('query', 'account', '--where', "telephone1 eq '+45 12 34 56 78'", '--json')).out)
  expect(rows.map((row) => row.accountid)).toEqual([changed?.id])
})

test('progress is plain lines on stderr where there is no terminal', async () => {
  const { outpost, emulator } = await connectedWorkplace(TABLES)
  const synced = await outpost('sync')
  const contacts = emulator.master.count('contact')
  expect(synced.err.split('\n')).toContain(`contact: ${contacts} of ${contacts} rows`)
  expect(synced.err + synced.out).not.toContain('\u001b')
  expect(synced.out).toMatch(new RegExp(`^contact +${contacts} +${contacts} +0 +0 +0 +0$`, 'm'))
})

test('progress is a bar drawn in place on a terminal, narrower than the terminal', async () => {
  const { outpostWith } = await connectedWorkplace(TABLES)
  let drawn = ''
  const stderr = { isTTY: true, columns: 50, write: (text: string) => void (drawn += text) }
  await outpostWith({ stderr }, 'sync')
  expect(drawn).toContain('█')
  const lines = drawn.split(/\r\u001b\[2K|\n/)
  const widths = lines.filter((line) => line.includes('█')).map((line) => line.replaceAll(/\u001b\[\d+m/g, '').length)
  expect(Math.max(...widths)).toBeLessThan(50)
  expect(drawn).toMatch(/✓.*contact +\d+ received/)
})

test('a download shows one percentage for all tables, which never goes down', async () => {
  const { outpostWith } = await connectedWorkplace(TABLES)
  let drawn = ''
  const stderr = { isTTY: true, columns: 100, write: (text: string) => void (drawn += text) }
  await outpostWith({ stderr }, 'sync')
  const shares = [...drawn.matchAll(/ (\d+) %/g)].map(([, share]) => Number(share))
  expect(shares.length).toBeGreaterThan(3)
  expect(shares).toEqual(shares.toSorted((one, other) => one - other))
  expect(drawn).toMatch(/looking for what is gone/)
})

test('a refused transaction is exit code 1, and stays so until somebody decides', async () => {
  const { outpost, file } = await syncedWorkplace(TABLES)
  await expectDone(
    outpost('import', await file('x.jsonl', '{"name":"Twin","accountnumber":"A-000001"}'), '--rows', 'account'),
  )
  const synced = await outpost('sync', '--json')
  expect(synced.exitCode).toBe(1)
  expect(synced.json.pushed).toMatchObject({ processed: 0, refused: 1 })
  expect((await outpost('sync')).exitCode).toBe(1)
  await expectDone(outpost('tx', 'archive', '1'))
  expect((await outpost('sync')).exitCode).toBe(0)
})

test('the progress of a push is one line for each batch', async () => {
  const { outpost, file } = await syncedWorkplace(TABLES)
  const rows = Array.from({ length: 70 }, (_, at) => JSON.stringify({ name: `Row ${at}` }))
  const lines = [...rows, '{"name":"Twin","accountnumber":"A-000001"}'].join('\n')
  await expectDone(outpost('import', await file('x.jsonl', lines), '--rows', 'account'))
  const synced = await outpost('sync')
  const sent = synced.err.split('\n').filter((line) => line.startsWith('sent '))
  const told = sent.map((line) => /^sent (\d+): (\d+) processed(, 1 refused \(#71\))?; \d+ left$/.exec(line) ?? [])
  const sum = (at: number): number => told.reduce((all, numbers) => all + Number(numbers[at]), 0)
  expect({ sent: sum(1), processed: sum(2) }).toEqual({ sent: 71, processed: 70 })
  expect(told.filter((found) => found[3] !== undefined)).toHaveLength(1)
  expect(sent.at(-1)).toMatch(/; 0 left$/)
})

test('a table that the master no longer has is told with the change of the metadata, and is exit code 1 as long as it is kept', async () => {
  const { outpost, emulator } = await syncedWorkplace(TABLES)
  emulator.schema.removeTable('contact')
  const synced = await outpost('sync', '--json')
  expect(synced.exitCode).toBe(1)
  expect(synced.json.metadata.stopped).toMatchObject([{ table: 'contact', code: 'not-found' }])
  const told = await outpost('sync')
  expect(told.exitCode).toBe(1)
  expect(told.out).toMatch(
    /^contact +0 .* not finished$[^]*^contact: .*the master no longer has the table.*\n {2}remedy /m,
  )
  emulator.schema.removeColumn('account', 'telephone1')
  expect((await outpost('sync')).out).toMatch(
    /^The master's metadata has changed:\n {2}account\.telephone1: column removed$[^]*^ {2}contact: not pulled any more: .*here as they were\. Take/m,
  )
})

test('a table that may not be read is exit code 1; the others are finished', async () => {
  const { outpost, emulator } = await connectedWorkplace(TABLES)
  emulator.faults.add({ match: { path: /accounts\?/ }, times: Infinity, fault: { kind: 'status', status: 403 } })
  const synced = await outpost('sync', '--json')
  expect(synced.exitCode).toBe(1)
  expect(synced.json.tables.account.error.code).toBe('forbidden')
  expect(synced.json.tables.contact.written).toBe(emulator.master.count('contact'))
})

test('with the master down the exit code is 3 and what is pending stays', async () => {
  const { outpost, file, url, goDown, comeBack } = await syncedWorkplace(TABLES)
  await expectDone(outpost('import', await file('x.jsonl', '{"name":"Neu AG"}'), '--rows', 'account'))
  await goDown()
  const failed = await outpost('sync', '--json')
  expect(failed.exitCode).toBe(3)
  expect(failed.error).toMatchObject({
    code: 'offline',
    master: url,
    remedy: expect.stringContaining("'outpost sync'"),
  })
  expect((await outpost('status', '--json')).json.transactions.pending).toBe(1)
  await comeBack()
  expect((await outpost('sync', '--json')).json.pushed.processed).toBe(1)
})

test('a token that is refused in the middle is exit code 4; what came before stays', async () => {
  const { outpost, emulator } = await connectedWorkplace(TABLES)
  // The first request about contacts counts them, before anything is downloaded.
  const match = { path: /contacts\?/ }
  const heal = emulator.faults.add({ match, nth: 2, times: Infinity, fault: { kind: 'rejectToken' } })
  const failed = await outpost('sync', '--json')
  expect(failed.exitCode).toBe(4)
  expect((await outpost('status', '--json')).json.tables).toMatchObject({
    account: { complete: true },
    contact: { rows: 0, complete: false },
  })
  heal()
  expect((await outpost('sync', '--json')).json.tables).toMatchObject({
    account: { written: 0 },
    contact: { written: emulator.master.count('contact') },
  })
})

test('a master that asks to wait is exit code 3, with how long it asked for', async () => {
  const { outpost, emulator } = await syncedWorkplace(TABLES)
  emulator.faults.add({ times: Infinity, fault: { kind: 'status', status: 429, retryAfter: 17 } })
  const failed = await outpost('sync', '--json')
  expect(failed.exitCode).toBe(3)
  expect(failed.error).toMatchObject({ code: 'throttled', status: 429, retryAfterMs: 17_000 })
  expect(failed.error.remedy).toContain("Run 'outpost sync' again in 17 s")
})

test('an answer that is cut off changes nothing and is exit code 3', async () => {
  const { outpost, emulator } = await connectedWorkplace(TABLES)
  emulator.faults.add({ match: { path: /accounts\?/ }, times: Infinity, fault: { kind: 'cutBodyAt', bytes: 200 } })
  const failed = await outpost('sync', '--json')
  expect(failed.exitCode).toBe(3)
  expect((await outpost('status', '--json')).json.tables.account.rows).toBe(0)
})

test('an interrupted sync is exit code 130 and is finished by the next one', async () => {
  const { outpost, outpostWith, emulator } = await connectedWorkplace(TABLES)
  const interruption = new AbortController()
  const stderr = {
    write: (text: string) => {
      if (text.startsWith('account: ') && text.includes(' of ')) interruption.abort()
    },
  }
  const interrupted = await outpostWith({ stderr, signal: interruption.signal }, 'sync')
  expect(interrupted.exitCode).toBe(130)
  const rows = (await outpost('status', '--json')).json.tables.account.rows
  expect(rows).toBeGreaterThan(0)
  const synced = await outpost('sync', '--json')
  expect(synced.json.tables.account.written).toBe(0)
  expect(synced.json.tables.contact.written).toBe(emulator.master.count('contact'))
})

test('a sync without tables says what to do', async () => {
  const { outpost } = await connectedWorkplace({})
  const synced = await outpost('sync')
  expect(synced.exitCode).toBe(0)
  expect(synced.out).toContain("'outpost configure'")
})
