import { promises as files } from 'node:fs'
import { openSqliteStore } from '@outpost/store-sqlite'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { connectedWorkplace, expectDone, syncedWorkplace, workplace } from './workplace.ts'

const TABLES = { account: { columns: ['name', 'accountnumber'] } }

test('status shows what is here, offline', async () => {
  const { outpost, url, emulator, goDown } = await syncedWorkplace(TABLES)
  await goDown()
  const { out, exitCode } = await outpost('status')
  expect(exitCode).toBe(0)
  expect(out).toContain(url)
  expect(out).toContain('0 pending · 0 processed · 0 error · 0 archived')
  expect(out).toMatch(new RegExp(`^account +${emulator.master.count('account')} +complete$`, 'm'))
})

test('status of a client org that is not connected says so', async () => {
  const { outpost, database } = await workplace()
  const store = await openSqliteStore({ path: database })
  await store.close()
  const status = await outpost('status', '--json')
  expect(status).toMatchObject({ exitCode: 0, json: { identity: null, tables: {} } })
  const refused = await outpost('sync', '--json')
  expect(refused.exitCode).toBe(1)
  expect(refused.error.code).toBe('refused')
})

test('only connect makes a database; every other command says that there is none', async () => {
  const { outpost, database } = await workplace()
  for (const argv of [
    ['status'],
    ['sync'],
    ['watch'],
    ['tx'],
    ['query', 'account'],
    ['export'],
    ['disconnect'],
    ['tables'],
  ]) {
    const failed = await outpost(...argv, '--json')
    const told = { argv, exitCode: failed.exitCode, ...failed.error }
    expect(told).toMatchObject({ argv, exitCode: 5, code: 'store', remedy: expect.stringContaining('--db') })
  }
  await expect(files.access(database)).rejects.toMatchObject({ code: 'ENOENT' })
})

test('a file that is not ours is left as it is', async () => {
  const { outpost, url, database, file } = await workplace()
  await file('outpost.db', 'dear diary\n'.repeat(200))
  for (const argv of [['connect', url], ['status'], ['disconnect', '--discard-unsent']]) {
    const failed = await outpost(...argv, '--json')
    expect({ argv, ...failed.error }).toMatchObject({ argv, exitCode: 5, code: 'store-foreign' })
  }
  expect(await files.readFile(database, 'utf8')).toBe('dear diary\n'.repeat(200))
})

test('a database of a newer version is not touched', async () => {
  const { outpost, database } = await connectedWorkplace(TABLES)
  const connection = new Database(database)
  connection.pragma('user_version = 99')
  connection.close()
  const failed = await outpost('status', '--json')
  expect(failed.exitCode).toBe(5)
  expect(failed.error.code).toBe('store-newer')
})

test('a database that is in use says so', async () => {
  const { outpost, database } = await connectedWorkplace(TABLES)
  const store = await openSqliteStore({ path: database })
  const failed = await outpost('status', '--json')
  expect(failed.exitCode).toBe(5)
  expect(failed.error.code).toBe('store-busy')
  await store.close()
  expect((await outpost('status')).exitCode).toBe(0)
})

test('--db goes before OUTPOST_DB', async () => {
  const { outpost, url, file } = await workplace()
  const path = await file('elsewhere.db')
  await expectDone(outpost('connect', url, '--db', path))
  expect((await outpost('--db', path, 'status', '--json')).json.database).toBe(path)
  expect((await outpost('status')).exitCode).toBe(5)
})

test('disconnect removes the files of the database', async () => {
  const { outpost, database } = await syncedWorkplace(TABLES)
  expect((await outpost('disconnect', '--json')).json).toMatchObject({ removed: true })
  for (const suffix of ['', '-wal', '-shm', '-lock']) {
    await expect(files.access(database + suffix)).rejects.toMatchObject({ code: 'ENOENT' })
  }
})

test('disconnect refuses while transactions are unsent, unless told to discard them', async () => {
  const { outpost, file } = await connectedWorkplace(TABLES)
  await expectDone(outpost('import', await file('x.jsonl', '{"name":"Neu AG"}'), '--rows', 'account'))
  const refused = await outpost('disconnect', '--json')
  expect(refused.exitCode).toBe(1)
  expect(refused.error).toMatchObject({ code: 'refused', remedy: expect.stringContaining('--discard-unsent') })
  expect((await outpost('status', '--json')).json.transactions.pending).toBe(1)
  expect((await outpost('disconnect', '--discard-unsent')).exitCode).toBe(0)
})
