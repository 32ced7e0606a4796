import type { HistoryEntry } from '@outpost/core'
import { expect, test } from 'vitest'
import { ACCOUNTS, world } from './world.ts'
import type { Device } from './world.ts'

/* What a push wrote is recognised when a later pull brings it back, and the ids of both sides' requests are kept. */

async function historyOf(device: Device, seq: number | null): Promise<readonly HistoryEntry[]> {
  return (await device.org.outbox.get(Number(seq)))?.history ?? []
}

async function awaited(device: Device): Promise<readonly string[]> {
  return (await device.store.read('look', (tx) => tx.values('echo/'))).map(({ key }) => key)
}

test('the requests of a delivery are known by both ids, and the history has the version it gave the row', async () => {
  const there = world()
  const device = await there.device()
  const { seq } = await device.org.write((draft) => draft.create('account', { name: 'Made' }))
  there.requests()
  await device.org.push()
  const [, sent, delivered] = await historyOf(device, seq)
  const requests = there.emulator.requests({ method: 'PATCH' })
  expect(sent?.requestId).toMatch(/^[0-9a-f-]{36}$/)
  expect(requests.map(({ headers }) => headers['x-ms-client-request-id'])).toEqual([sent?.requestId])
  expect(delivered?.masterRequestId).toMatch(/^[0-9a-f-]{36}$/)
  const [row] = there.emulator.master.rows('account').filter(({ values }) => values['name'] === 'Made')
  expect(delivered?.versions).toEqual({ [`account/${row?.id}`]: `W/"${row?.version}"` })
})

test('a refusal and an answer that says to wait are known by the id the master gave them', async () => {
  const there = world()
  const device = await there.device()
  await device.sync()
  const [account] = await device.org.table('account').query({ where: 'accountnumber ne null', limit: 1 })
  const { seq } = await device.org.write((draft) =>
    draft.create('account', { name: 'Twice', accountnumber: String(account?.['accountnumber']) }),
  )
  there.emulator.faults.add({ match: { method: 'PATCH' }, fault: { kind: 'status', status: 503, body: 'json' } })
  await device.org.push().catch(() => undefined)
  await there.env.advance(3_600_000)
  await device.org.push()
  const entries = await historyOf(device, seq)
  const answers = entries.filter(({ event }) => event === 'deferred' || event === 'refused')
  expect(answers).toHaveLength(2)
  for (const { masterRequestId } of answers) expect(masterRequestId).toMatch(/^[0-9a-f-]{36}$/)
  expect(new Set(entries.filter(({ event }) => event === 'sent').map(({ requestId }) => requestId)).size).toBe(2)
})

test('the first pull that brings back what was written is kept with the transaction, and later ones are not', async () => {
  const there = world()
  const device = await there.device()
  await device.sync()
  const [account] = await device.org.table('account').query({ limit: 1 })
  const { seq } = await device.org.write((draft) =>
    draft.update('account', String(account?.['accountid']), { name: 'Ours' }),
  )
  await device.org.push()
  expect(await awaited(device)).toEqual([`account/${account?.['accountid']}`].map((key) => `echo/${key}`))
  const changes: string[][] = []
  device.store.subscribe(({ rows }) => changes.push([...rows.keys()]))
  await device.sync()
  const history = await historyOf(device, seq)
  expect(history.map(({ event }) => event)).toEqual(['committed', 'sent', 'delivered', 'echoed'])
  expect(history[3]?.versions).toEqual(history[2]?.versions)
  expect(changes.flat()).toEqual([])
  expect(await awaited(device)).toEqual([])
  await device.sync()
  expect(await historyOf(device, seq)).toHaveLength(4)
})

test('a newer version of the row is the echo of every write of it that came before', async () => {
  const there = world()
  const device = await there.device()
  await device.sync()
  const [account] = await device.org.table('account').query({ limit: 1 })
  const id = String(account?.['accountid'])
  const first = await device.org.write((draft) => draft.update('account', id, { name: 'One' }))
  await device.org.push()
  const second = await device.org.write((draft) => draft.update('account', id, { telephone1: '2' }))
  await device.org.push()
  there.emulator.master.update('account', id, { name: 'Three' })
  await device.sync()
  const version = `W/"${there.emulator.master.row('account', id)?.version}"`
  for (const { seq } of [first, second]) {
    expect((await historyOf(device, seq)).at(-1)).toMatchObject({
      event: 'echoed',
      versions: { [`account/${id}`]: version },
    })
  }
})

test('of a group each row is recognised', async () => {
  const there = world()
  const device = await there.device()
  await device.sync()
  const ids = { account: '', contact: '' }
  const { seq } = await device.org.write((draft) => {
    ids.account = draft.create('account', { name: 'Parent' })
    ids.contact = draft.create('contact', { lastname: 'Child' })
  })
  await device.org.push()
  await device.sync()
  const echoes = (await historyOf(device, seq)).filter(({ event }) => event === 'echoed')
  expect(echoes.flatMap(({ versions }) => Object.keys(versions ?? {})).toSorted()).toEqual([
    `account/${ids.account}`,
    `contact/${ids.contact}`,
  ])
})

test('a row that pulls do not bring back, and one of a table that is no longer kept, is waited for no longer', async () => {
  const there = world()
  const { account, contact } = ACCOUNTS.tables
  const device = await there.device({
    configuration: {
      tables: { account: { ...account, syncFilter: "name eq 'Nobody'" }, contact: { ...contact } },
    },
  })
  await device.sync()
  await device.org.write((draft) => draft.create('account', { name: 'Somebody' }))
  await device.org.write((draft) => draft.create('contact', { lastname: 'Leaver' }))
  await device.org.push()
  expect(await awaited(device)).toHaveLength(2)
  await device.org.configure({ tables: { account: { ...account, syncFilter: "name eq 'Nobody'" } } })
  expect(await awaited(device)).toHaveLength(1)
  await device.sync()
  await device.sync()
  expect(await awaited(device)).toEqual([])
})

test('one that was archived after its delivery is told nothing more', async () => {
  const there = world()
  const device = await there.device()
  await device.sync()
  const { seq } = await device.org.write((draft) => draft.create('account', { name: 'Gone by' }))
  await device.org.push()
  await device.org.outbox.archive([Number(seq)])
  await device.sync()
  expect((await historyOf(device, seq)).at(-1)?.event).toBe('archived')
  expect(await awaited(device)).toEqual([])
})
