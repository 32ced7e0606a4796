import { promises as files } from 'node:fs'
import { fieldService } from '@outpost/dataverse-emulator'
import { expect, test } from 'vitest'
import { ADMINISTRATOR, DISPATCHER, workplace } from './workplace.ts'

test('connect binds the client org, copies the metadata and downloads no rows', async () => {
  const { outpost, url, emulator, database } = await workplace()
  const connected = await outpost('connect', url, '--json')
  expect(connected.exitCode).toBe(0)
  const dispatcher = emulator.users.find((user) => user.name === DISPATCHER)
  expect(connected.json).toMatchObject({ url, userId: dispatcher?.id, database })
  const tables = await outpost('tables', '--json')
  expect(tables.json.tables).toHaveLength(connected.json.tables)
  expect(tables.json.tables).toContainEqual(expect.objectContaining({ name: 'msdyn_workorder', kept: false }))
  expect((await outpost('status', '--json')).json.tables).toEqual({})
  const writes = emulator.requests().filter((request) => !isRead(request))
  expect(writes).toEqual([])
})

test('tables shows the columns of a table with what can be written', async () => {
  const { outpost, url } = await workplace()
  await outpost('connect', url)
  const shown = await outpost('tables', 'account')
  expect(shown.out).toMatch(/^accountnumber +Account Number +text +create, update +at most 20 characters$/m)
  const unknown = await outpost('tables', 'acount', '--json')
  expect(unknown.exitCode).toBe(2)
  expect(unknown.error.place).toEqual({ table: 'acount', rule: 'unknown-table' })
})

test('every spelling of an address is the same organisation', async () => {
  const { outpost, url } = await workplace()
  await outpost('connect', url)
  const again = await outpost('connect', `${url}/api/data/v9.2/`, '--json')
  expect(again.exitCode).toBe(0)
  expect(again.json.url).toBe(url)
})

test('an address that cannot be one is a usage error and leaves no file behind', async () => {
  const { outpost, database } = await workplace()
  const refused = await outpost('connect', 'http://contoso.example', '--json')
  expect(refused.exitCode).toBe(2)
  expect(refused.error).toMatchObject({ code: 'invalid', place: { rule: 'url-http' }, exitCode: 2 })
  await expect(files.access(database)).rejects.toMatchObject({ code: 'ENOENT' })
})

test('connect says what it is doing, on stderr', async () => {
  const { outpost, url } = await workplace()
  const connected = await outpost('connect', url)
  expect(connected.err).toMatch(new RegExp(`^connecting to ${url} .*\nmetadata: \\d+ tables\n$`))
})

test('a master that cannot be reached is exit code 3; its address is named and no file stays', async () => {
  const { outpost, url, goDown, database } = await workplace()
  await goDown()
  const failed = await outpost('connect', url, '--json')
  expect(failed.exitCode).toBe(3)
  expect(failed.error).toMatchObject({ code: 'offline', cause: 'ECONNREFUSED', master: url })
  expect((await outpost('connect', url)).err).toContain(`master  ${url}`)
  for (const suffix of ['', '-wal', '-shm', '-lock']) {
    await expect(files.access(database + suffix)).rejects.toMatchObject({ code: 'ENOENT' })
  }
})

test('connecting again in vain leaves the client org as it is', async () => {
  const { outpost, url, goDown } = await workplace()
  await outpost('connect', url)
  await goDown()
  expect((await outpost('connect', url)).exitCode).toBe(3)
  expect((await outpost('status', '--json')).json.identity.url).toBe(url)
})

test('a captive portal is not taken for a master', async () => {
  const { outpost, url, emulator } = await workplace()
  emulator.faults.add({ times: Infinity, fault: { kind: 'captivePortal' } })
  const failed = await outpost('connect', url, '--json')
  expect(failed.exitCode).toBe(3)
  expect(failed.error.code).toBe('protocol')
})

test('a gateway that answers 503 with a page is exit code 3', async () => {
  const { outpost, url, emulator } = await workplace()
  emulator.faults.add({ times: Infinity, fault: { kind: 'status', status: 503, body: 'html' } })
  const failed = await outpost('connect', url, '--json')
  expect(failed.exitCode).toBe(3)
  expect(failed.error).toMatchObject({ code: 'unavailable', status: 503 })
})

test('without a token, and with one that is refused, the exit code is 4', async () => {
  const { outpostWith, url, database } = await workplace()
  for (const variables of [{ OUTPOST_DB: database }, { OUTPOST_DB: database, OUTPOST_TOKEN: 'made-up-token' }]) {
    const failed = await outpostWith({ variables }, 'connect', url, '--json')
    expect(failed.exitCode).toBe(4)
    expect(failed.error.code).toBe('unauthenticated')
    expect(failed.error.remedy).toMatch(/OUTPOST_TOKEN.*--token-command/)
    expect(failed.err + failed.out).not.toContain('made-up-token')
  }
})

test('a token command is asked again when the master refuses what it gave first', async () => {
  const { outpostWith, url, database, token, file } = await workplace()
  const path = await file('token', 'expired-token')
  const variables = { PATH: process.env['PATH'], OUTPOST_DB: database, GOOD: token }
  const command = `cat ${path}; printf %s "$GOOD" > ${path}`
  const connected = await outpostWith({ variables }, 'connect', url, '--token-command', command)
  expect(connected.exitCode).toBe(0)
})

test('a token command that fails is exit code 4 and says how it ended', async () => {
  const { outpostWith, url, database } = await workplace()
  const variables = { PATH: process.env['PATH'], OUTPOST_DB: database }
  const command = 'echo please log in >&2; exit 3'
  const failed = await outpostWith({ variables }, 'connect', url, '--token-command', command, '--json')
  expect(failed.exitCode).toBe(4)
  expect(failed.error.message).toContain('ended with code 3: please log in')
})

test('the token is in no file and in no output', async () => {
  const { outpost, url, token, database } = await workplace()
  const outputs = [
    await outpost('connect', url),
    await outpost('status'),
    await outpost('export'),
    await outpost('sync'),
  ]
  for (const { out, err } of outputs) expect(out + err).not.toContain(token)
  for (const suffix of ['', '-wal']) {
    const bytes = await files.readFile(database + suffix).catch(() => Buffer.alloc(0))
    expect(bytes.includes(token)).toBe(false)
  }
})

test('a client org is not connected to a second organisation', async () => {
  const first = await workplace()
  const seed = fieldService({ rows: 200 })
  const id = '00000000-0000-4000-8000-0000000000aa'
  const second = await workplace({ seed: { ...seed, organization: { ...seed.organization, id } } })
  await first.outpost('connect', first.url)
  const variables = { OUTPOST_DB: first.database, OUTPOST_TOKEN: second.token }
  const refused = await first.outpostWith({ variables }, 'connect', second.url, '--json')
  expect(refused.exitCode).toBe(4)
  expect(refused.error).toMatchObject({ code: 'wrong-master', remedy: expect.stringContaining('--db') })
  expect((await first.outpost('status', '--json')).json.identity.url).toBe(first.url)
})

test('another user of the same organisation is refused, and nothing is sent', async () => {
  const { outpost, outpostWith, url, database, emulator } = await workplace()
  await outpost('connect', url)
  emulator.clearRequests()
  const variables = { OUTPOST_DB: database, OUTPOST_TOKEN: emulator.tokenFor(ADMINISTRATOR) }
  const refused = await outpostWith({ variables }, 'sync', '--json')
  expect(refused.exitCode).toBe(4)
  expect(refused.error.code).toBe('wrong-master')
  expect(emulator.requests().every(isRead)).toBe(true)
})

/** A batch is what its parts are, and those stand in the log beside it. */
function isRead({ method, path }: { readonly method: string; readonly path: string }): boolean {
  return method === 'GET' || (method === 'POST' && path.endsWith('$batch'))
}
