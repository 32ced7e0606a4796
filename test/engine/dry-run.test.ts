import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Configuration, Row } from '@outpost/core'
import { openSqliteStore } from '@outpost/store-sqlite'
import { expect, test } from 'vitest'
import { administrator, differences, world } from './world.ts'
import type { Device, World } from './world.ts'

/* A rehearsal of a sync: it says what would happen on both sides, and does none of it. */

const KEPT: Configuration = {
  tables: {
    account: { columns: ['name', 'telephone1', 'accountnumber', 'primarycontactid'], syncDeletion: true },
    contact: { columns: ['lastname', 'parentcustomerid'], conflictPolicy: 'manual' },
  },
}

async function opened(configuration = KEPT): Promise<{ there: World; device: Device }> {
  const there = world()
  const device = await there.device({ configuration })
  await device.sync()
  return { there, device }
}

const company = ({ emulator }: World, name: string): string => emulator.master.create('account', { name })

async function create(device: Device, table: string, values: Row): Promise<string> {
  let id = ''
  await device.org.write((draft) => {
    id = draft.create(table, values)
  })
  return id
}

/** Everything that is stored, as text. */
async function contents({ store, org }: Device): Promise<string> {
  return store.read('compare', async (tx) => {
    const tables = Object.keys(org.configuration.tables)
    const rows = await Promise.all(tables.map((table) => tx.scan(table, {})))
    const bases = await Promise.all(tables.map((table) => tx.bases(table)))
    const parts = [rows, bases, await tx.findTransactions({}), await tx.values('')]
    return JSON.stringify(parts, null, 1)
  })
}

test('a rehearsal of both directions says what the sync then does', async () => {
  const { there, device } = await opened()
  const [gone, changed, both, deleted] = ['Gone', 'Changed', 'Both', 'Deleted'].map((name) => company(there, name))
  await device.sync()
  const { master } = there.emulator
  master.remove('account', String(gone))
  master.update('account', String(changed), { name: 'Changed there' })
  master.update('account', String(both), { name: 'Both there', telephone1: 'there' })
  const fresh = company(there, 'Fresh')
  const made = await create(device, 'account', { name: 'Made' })
  await device.org.write((draft) => draft.update('account', String(both), { telephone1: 'here', accountnumber: '7' }))
  await device.org.write((draft) => draft.delete('account', String(deleted)))
  const child = await create(device, 'contact', {
    lastname: 'Child',
    parentcustomerid: made,
    parentcustomerid$table: 'account',
  })

  const rehearsal = await device.org.dryRun()
  expect(rehearsal.up).toMatchObject([
    { becomes: 'sent', changes: [{ kind: 'create', table: 'account', id: made }], conflicts: [] },
    {
      becomes: 'sent',
      changes: [{ kind: 'update', id: both, columns: ['accountnumber'] }],
      conflicts: [{ column: 'telephone1', local: 'here', remote: 'there', resolved: 'remote' }],
    },
    { becomes: 'sent', changes: [{ kind: 'delete', id: deleted }] },
    { becomes: 'sent', changes: [{ kind: 'create', table: 'contact', id: child }] },
  ])
  expect(rehearsal.down['account']).toEqual({
    create: [fresh],
    update: [changed],
    delete: [gone],
    conflicts: [],
    stay: [],
  })
  expect(rehearsal.down['contact']).toMatchObject({ create: [], update: [], delete: [] })

  const report = await device.sync()
  expect(report.pushed).toMatchObject({ processed: 4, refused: 0, conflicts: 1 })
  expect(report.tables['account']).toMatchObject({ written: 2, pruned: 1 })
  expect(master.row('account', String(both))?.values).toMatchObject({ telephone1: 'there', accountnumber: '7' })
  expect(await differences(there, device)).toEqual([])
  const after = await device.org.dryRun()
  expect(after.up).toEqual([])
  expect(after.down['account']).toEqual({ create: [], update: [], delete: [], conflicts: [], stay: [] })
})

test('a rehearsal sends nothing but reads, and what is stored is the same to the byte', async () => {
  const { there, device } = await opened()
  const id = company(there, 'Both')
  await device.sync()
  there.emulator.master.update('account', id, { name: 'There' })
  await device.org.write((draft) => draft.update('account', id, { name: 'Here' }))
  await create(device, 'account', { name: 'Made' })
  const told: string[] = []
  device.org.subscribe((event) => told.push(event.type))
  const before = await contents(device)
  there.emulator.clearRequests()
  await device.org.dryRun()
  expect(await contents(device)).toBe(before)
  // What a batch holds is logged by itself.
  const sent = there.emulator.requests().filter(({ path }) => !path.endsWith('$batch'))
  expect(sent.length).toBeGreaterThan(0)
  expect(sent.filter(({ method }) => method !== 'GET')).toEqual([])
  expect(told.filter((type) => type.startsWith('push.'))).toEqual([])
})

test('what would become an Error, or wait, says why', async () => {
  const { there, device } = await opened({
    tables: {
      account: { columns: ['name', 'telephone1'], uploadFilter: "name ne 'Draft'", syncDeletion: true },
      contact: { columns: ['lastname', 'emailaddress1'], conflictPolicy: 'manual' },
    },
  })
  const { master } = there.emulator
  const person = master.create('contact', { lastname: 'Person' })
  const gone = company(there, 'Gone')
  await device.sync()
  await create(device, 'account', { name: 'Draft' })
  await device.org.write((draft) => draft.update('contact', person, { lastname: 'Here' }))
  await device.org.write((draft) => draft.update('contact', person, { emailaddress1: 'a@b.example' }), {
    coalesce: false,
  })
  await device.org.write((draft) => draft.update('account', gone, { telephone1: '1' }))
  master.update('contact', person, { lastname: 'There' })
  master.remove('account', gone)

  const { up, down } = await device.org.dryRun()
  expect(up).toMatchObject([
    { becomes: 'waits', reason: { kind: 'held', table: 'account' } },
    {
      becomes: 'error',
      error: { rejection: 'conflict' },
      conflicts: [{ column: 'lastname', resolved: 'undecided', local: 'Here', remote: 'There' }],
    },
    { becomes: 'waits', reason: { kind: 'blocked' } },
    { becomes: 'error', error: { rejection: 'gone' } },
  ])
  expect(down['account']?.stay).toEqual([gone])
  expect(down['contact']?.conflicts).toEqual([person])

  await device.sync().catch(() => null)
  const statuses = (await device.org.outbox.list({ statuses: ['pending', 'error'] })).map(({ status }) => status)
  expect(statuses.toSorted()).toEqual(['error', 'error', 'pending', 'pending'])
})

test('without sync deletion what is gone stays, and the rehearsal says so', async () => {
  const { there, device } = await opened({ tables: { account: { columns: ['name'] } } })
  const gone = company(there, 'Gone')
  await device.sync()
  there.emulator.master.remove('account', gone)
  expect((await device.org.dryRun()).down['account']).toMatchObject({ delete: [], stay: [gone] })
  await device.sync()
  expect(await device.org.table('account').get(gone)).toBeDefined()
})

test('a lost answer is told apart from work that was never done', async () => {
  const { there, device } = await opened()
  const made = await create(device, 'account', { name: 'Made' })
  there.emulator.faults.add({ match: { method: ['POST', 'PATCH'] }, fault: { kind: 'dropAfterCommit' } })
  await device.org.push().catch(() => null)
  there.emulator.faults.clear()
  expect(there.emulator.master.row('account', made)).toBeDefined()
  expect((await device.org.dryRun()).up).toMatchObject([{ becomes: 'nothing-left' }])
  expect(await device.sync()).toMatchObject({ pushed: { processed: 1 } })
})

test('a table that may not be read is told of by itself', async () => {
  const { there, device } = await opened()
  there.emulator.security.revokeReadAccess(administrator(there.emulator), 'contact')
  const fresh = company(there, 'Fresh')
  const { down } = await device.org.dryRun()
  expect(down['account']).toMatchObject({ create: [fresh] })
  const contacts = down['contact']
  expect(contacts?.error?.code === 'forbidden' || (contacts?.stay.length ?? 0) > 0).toBe(true)
})

test('on a database file, too, a rehearsal tells and leaves nothing behind', async () => {
  const there = world()
  const folder = mkdtempSync(join(tmpdir(), 'outpost-rehearsal-'))
  const store = await openSqliteStore({ path: join(folder, 'org.sqlite') })
  const device = await there.device({ store, configuration: KEPT })
  const id = company(there, 'Both')
  await device.sync()
  there.emulator.master.update('account', id, { name: 'There' })
  await device.org.write((draft) => draft.update('account', id, { name: 'Here' }))
  await create(device, 'account', { name: 'Made' })
  const before = await contents(device)
  const { up } = await device.org.dryRun()
  expect(up).toMatchObject([{ becomes: 'nothing-left', conflicts: [{ column: 'name' }] }, { becomes: 'sent' }])
  expect(await contents(device)).toBe(before)
  await device.sync()
  expect((await device.org.dryRun()).up).toEqual([])
  await device.org.close()
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})
