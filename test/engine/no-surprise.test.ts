import { expect, test } from 'vitest'
import { administrator, differences, world } from './world.ts'
import type { Device, World } from './world.ts'

/* Invariant I5: a row with unsent edits is never overwritten, purged or reverted without a recorded decision. */

async function opened(
  configuration?: Parameters<World['device']>[0],
): Promise<{ there: World; device: Device; id: string }> {
  const there = world()
  const device = await there.device(configuration)
  await device.sync()
  const [account] = await device.org.table('account').query({ limit: 1 })
  return { there, device, id: String(account?.['accountid']) }
}

test('a pull brings new values under an unsent edit and leaves the edit on top', async () => {
  const { there, device, id } = await opened()
  await device.org.write((draft) => draft.update('account', id, { name: 'Ours' }))
  there.emulator.master.update('account', id, { telephone1: '111' })
  there.emulator.faults.add({ match: { method: 'PATCH' }, fault: { kind: 'dropBeforeCommit' } })
  await expect(device.sync()).rejects.toMatchObject({ code: 'offline' })
  expect(await device.org.table('account').get(id)).toMatchObject({ name: 'Ours' })

  await device.sync()
  expect(there.emulator.master.row('account', id)?.values).toMatchObject({ name: 'Ours', telephone1: '111' })
  expect(await differences(there, device)).toEqual([])
})

test('a clash of one column is decided by the policy, recorded, and the other columns are sent', async () => {
  const { there, device, id } = await opened()
  const { seq } = await device.org.write((draft) => draft.update('account', id, { name: 'Ours', telephone1: '222' }))
  there.emulator.master.update('account', id, { name: 'Theirs' })
  const report = await device.sync()
  expect(report.pushed).toMatchObject({ processed: 1 })
  expect(there.emulator.master.row('account', id)?.values).toMatchObject({ name: 'Theirs', telephone1: '222' })
  const merged = (await device.org.outbox.get(Number(seq)))?.history.find((entry) => entry.event === 'merged')
  expect(merged?.conflicts).toMatchObject([
    { column: 'name', local: 'Ours', remote: 'Theirs', resolved: 'remote', policy: 'merge' },
  ])
  expect(await differences(there, device)).toEqual([])
})

test.each([
  ['server-wins', 'archived', 'Theirs'],
  ['client-wins', 'processed', 'Ours'],
  ['manual', 'error', 'Theirs'],
] as const)('under %s a clashing edit ends %s and the master shows %s', async (conflictPolicy, status, name) => {
  const configuration = { tables: { account: { columns: ['name', 'telephone1'], conflictPolicy } } }
  const { there, device, id } = await opened({ configuration })
  const { seq } = await device.org.write((draft) => draft.update('account', id, { name: 'Ours' }))
  there.emulator.master.update('account', id, { name: 'Theirs' })
  await device.sync()
  const transaction = await device.org.outbox.get(Number(seq))
  expect(transaction?.status).toBe(status)
  expect(transaction?.history.flatMap((entry) => entry.conflicts ?? [])).toMatchObject([
    { column: 'name', local: 'Ours', remote: 'Theirs' },
  ])
  expect(there.emulator.master.row('account', id)?.values['name']).toBe(name)
  if (status === 'error') {
    expect(await device.org.table('account').get(id)).toMatchObject({ name: 'Ours' })
    await device.org.outbox.archive([Number(seq)])
  }
  await device.sync()
  expect(await differences(there, device)).toEqual([])
})

test('a row with unsent edits that was deleted on the master stays, and its transaction says why it cannot be sent', async () => {
  const configuration = { tables: { account: { columns: ['name'], syncDeletion: true } } }
  const { there, device } = await opened({ configuration })
  const id = there.emulator.master.create('account', { name: 'Nobody points to it' })
  await device.sync()
  const { seq } = await device.org.write((draft) => draft.update('account', id, { name: 'Ours' }))
  there.emulator.master.remove('account', id)
  const report = await device.sync()
  expect(report.tables['account']).toMatchObject({ pruned: 0, kept: 1 })
  expect(await device.org.table('account').get(id)).toMatchObject({ name: 'Ours' })
  expect((await device.org.outbox.get(Number(seq)))?.lastError).toMatchObject({ rejection: 'gone', code: 'not-found' })

  await device.org.outbox.archive([Number(seq)])
  await device.sync()
  expect(await differences(there, device)).toEqual([])
})

test('a rejected token pauses the connection and is no verdict on the write', async () => {
  const { there, device, id } = await opened()
  const { seq } = await device.org.write((draft) => draft.update('account', id, { name: 'Ours' }))
  there.emulator.faults.add({ times: Infinity, fault: { kind: 'rejectToken' } })
  await expect(device.org.push()).rejects.toMatchObject({ code: 'unauthenticated' })
  expect(await device.org.outbox.get(Number(seq))).toMatchObject({
    status: 'pending',
    attempts: 0,
    outcome: 'not-sent',
  })
  expect((await device.org.status()).connection.kind).toBe('signed-out')

  there.emulator.faults.clear()
  device.org.reconnect()
  expect(await device.org.push()).toMatchObject({ processed: 1 })
})

test("another user's sign-in sends nothing", async () => {
  const there = world()
  const names = there.emulator.users.map((user) => user.name)
  const [mine, other] = [administrator(there.emulator), names.find((name) => name !== administrator(there.emulator))]
  const first = await there.device({ user: mine })
  await first.sync()
  await first.org.write((draft) => draft.create('account', { name: 'Mine' }))
  await first.org.close()
  await first.store.close()
  const { memoryStore } = await import('@outpost/core/memory')
  const { ClientOrg } = await import('@outpost/core')
  const org = await ClientOrg.open({
    store: memoryStore({ database: first.database }),
    master: there.master(other ?? ''),
    env: there.env,
    delivery: 'on-demand',
  })
  await expect(org.push()).rejects.toMatchObject({ code: 'wrong-master' })
  await expect(org.sync()).rejects.toMatchObject({ code: 'wrong-master' })
  expect(there.emulator.master.rows('account').some((row) => row.values['name'] === 'Mine')).toBe(false)
  expect(await org.outbox.counts()).toMatchObject({ pending: 1 })
})

test('signing out is refused while there is unsent work, which says how much', async () => {
  const { device, id } = await opened()
  await device.org.write((draft) => draft.update('account', id, { name: 'Ours' }))
  await expect(device.org.signOut()).rejects.toMatchObject({
    code: 'refused',
    message: expect.stringContaining('1 pending'),
  })
  expect(await device.org.table('account').get(id)).toMatchObject({ name: 'Ours' })
  await device.org.signOut({ unsent: 'discard' })
  expect((await device.org.status()).identity).toBeNull()
})
