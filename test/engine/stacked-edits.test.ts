import { expect, test } from 'vitest'
import { differences, world } from './world.ts'
import type { Device, DeviceOptions, World } from './world.ts'

/*
 * Several unsent changes of one row stand on one another, where they are not folded into one. What happens to one must not
 * be taken for a conflict by the next.
 */

async function opened(options?: DeviceOptions): Promise<{ there: World; device: Device; id: string }> {
  const there = world()
  const device = await there.device(options)
  await device.sync()
  const [account] = await device.org.table('account').query({ limit: 1 })
  return { there, device, id: String(account?.['accountid']) }
}

const change = async (device: Device, id: string, values: Record<string, string | null>): Promise<number> =>
  Number((await device.org.write((draft) => draft.update('account', id, values), { coalesce: false })).seq)

test('archiving an edit lets the later one stand, although the master was touched meanwhile', async () => {
  const { there, device, id } = await opened()
  const first = await change(device, id, { name: 'B' })
  await change(device, id, { name: 'C' })
  await device.org.outbox.archive([first])
  there.emulator.master.update('account', id, { telephone1: '999' })
  await device.sync()
  expect(there.emulator.master.row('account', id)?.values).toMatchObject({ name: 'C', telephone1: '999' })
  expect(await differences(there, device)).toEqual([])
})

test('an edit that the master overruled does not take a later edit of another column with it', async () => {
  const configuration = {
    tables: { account: { columns: ['name', 'telephone1'], conflictPolicy: 'server-wins' as const } },
  }
  const { there, device, id } = await opened({ configuration })
  const first = await change(device, id, { name: 'Ours', telephone1: '1' })
  const second = await change(device, id, { telephone1: '2' })
  there.emulator.master.update('account', id, { name: 'Theirs' })
  await device.sync()
  expect((await device.org.outbox.get(first))?.status).toBe('archived')
  expect((await device.org.outbox.get(second))?.status).toBe('processed')
  expect(there.emulator.master.row('account', id)?.values).toMatchObject({ name: 'Theirs', telephone1: '2' })
  expect(await differences(there, device)).toEqual([])
})

test('an edit behind a conflict that was discarded does not go over what the conflict was about', async () => {
  const configuration = { tables: { account: { columns: ['name', 'telephone1'], conflictPolicy: 'manual' as const } } }
  const { there, device, id } = await opened({ configuration })
  const first = await change(device, id, { name: 'Ours' })
  there.emulator.master.update('account', id, { name: 'Theirs' })
  await device.sync()
  expect((await device.org.outbox.get(first))?.status).toBe('error')
  const second = await change(device, id, { name: 'Ours, later' })
  await device.org.outbox.discard([first])
  await device.sync()
  expect(await device.org.outbox.get(second)).toMatchObject({ status: 'error', lastError: { code: 'conflict' } })
  expect(there.emulator.master.row('account', id)?.values['name']).toBe('Theirs')
})

test('an edit behind a discarded one stands on what was delivered while that was archived', async () => {
  const { there, device, id } = await opened()
  const first = await change(device, id, { name: 'B' })
  const second = await change(device, id, { name: 'C' })
  await device.org.outbox.archive([first])
  await device.sync()
  expect((await device.org.outbox.get(second))?.status).toBe('processed')
  await device.org.outbox.setPending([first])
  const third = await change(device, id, { name: 'D' })
  await device.org.outbox.discard([first])
  await device.sync()
  expect((await device.org.outbox.get(third))?.history.flatMap(({ conflicts = [] }) => conflicts)).toEqual([])
  expect(there.emulator.master.row('account', id)?.values['name']).toBe('D')
  expect(await differences(there, device)).toEqual([])
})

test('nor does such an edit take that back where the row is sent as a whole', async () => {
  const columns = ['name', 'telephone1']
  const configuration = { tables: { account: { columns, conflictPolicy: 'client-row-wins' as const } } }
  const { there, device, id } = await opened({ configuration })
  const first = await change(device, id, { name: 'B' })
  await change(device, id, { name: 'C' })
  await device.org.outbox.archive([first])
  await device.sync()
  await device.org.outbox.setPending([first])
  await change(device, id, { telephone1: '2' })
  await device.org.outbox.discard([first])
  there.emulator.master.update('account', id, { fax: '9' })
  await device.sync()
  expect(there.emulator.master.row('account', id)?.values).toMatchObject({ name: 'C', telephone1: '2', fax: '9' })
  expect(await differences(there, device)).toEqual([])
})

test('an edit behind an archived one stands on the unsent one below that, not on what was delivered before both', async () => {
  const columns = ['name', 'telephone1']
  const configuration = { tables: { account: { columns, conflictPolicy: 'client-row-wins' as const } } }
  const { there, device, id } = await opened({ configuration })
  await change(device, id, { name: 'B' })
  await device.sync()
  await change(device, id, { name: 'C' })
  const archived = await change(device, id, { name: 'D' })
  await change(device, id, { telephone1: '2' })
  await device.org.outbox.archive([archived])
  await device.sync()
  expect(there.emulator.master.row('account', id)?.values).toMatchObject({ name: 'C', telephone1: '2' })
})

test.each(['another edit from here', 'a touch on the master'])(
  'an edit behind a discarded one stands on what was delivered while that was archived, also behind %s',
  async (how) => {
    const { there, device, id } = await opened()
    const first = await change(device, id, { name: 'B' })
    await change(device, id, { name: 'C' })
    await device.org.outbox.archive([first])
    await device.sync()
    if (how === 'another edit from here') await change(device, id, { telephone1: '77' })
    else there.emulator.master.update('account', id, { telephone1: '99' })
    await device.sync()
    await device.org.outbox.setPending([first])
    const third = await change(device, id, { name: 'D' })
    await device.org.outbox.discard([first])
    await device.sync()
    expect((await device.org.outbox.get(third))?.history.flatMap(({ conflicts = [] }) => conflicts)).toEqual([])
    expect(there.emulator.master.row('account', id)?.values['name']).toBe('D')
    expect(await differences(there, device)).toEqual([])
  },
)

test('an archived edit that is set to pending again comes back under the later ones', async () => {
  const { there, device, id } = await opened()
  const first = await change(device, id, { name: 'B' })
  await device.org.outbox.archive([first])
  const second = await change(device, id, { name: 'C' })
  await device.org.outbox.setPending([first])
  expect(await device.org.table('account').get(id)).toMatchObject({ name: 'C' })
  expect((await device.org.outbox.get(second))?.reason).toEqual({ kind: 'blocked', by: first })
  await device.sync()
  expect(there.emulator.master.row('account', id)?.values['name']).toBe('C')
  expect(await device.org.outbox.counts()).toMatchObject({ processed: 2, archived: 0, error: 0 })
})

/** An edit that the master has overruled, what was delivered since, and another edit on that: then the first one once more. */
async function overruledTwice(
  made: (device: Device, id: string) => Promise<number>,
): Promise<{ readonly there: World; readonly device: Device; readonly id: string }> {
  const { there, device } = await opened()
  const id = there.emulator.master.create('account', { name: 'Made there' })
  await device.sync()
  const first = await change(device, id, { name: 'Overruled' })
  there.emulator.master.update('account', id, { name: 'Theirs' })
  await device.sync()
  expect((await device.org.outbox.get(first))?.status).toBe('archived')
  await change(device, id, { name: 'Ours' })
  await device.sync()
  const last = await made(device, id)
  await device.org.outbox.setPending([first])
  await device.sync()
  expect((await device.org.outbox.get(first))?.status).toBe('archived')
  expect((await device.org.outbox.get(last))?.status).toBe('processed')
  return { there, device, id }
}

test('an edit of what was delivered since does not meet that as a conflict because an older one is overruled once more', async () => {
  const { there, device, id } = await overruledTwice((here, row) => change(here, row, { name: 'Ours, later' }))
  expect(there.emulator.master.row('account', id)?.values['name']).toBe('Ours, later')
  expect(await device.org.table('account').get(id)).toMatchObject({ name: 'Ours, later' })
})

test('nor does a deletion', async () => {
  const { there, id } = await overruledTwice(async ({ org }, row) =>
    Number((await org.write((draft) => draft.delete('account', row))).seq),
  )
  expect(there.emulator.master.row('account', id)).toBeUndefined()
})

test('a deletion of what was delivered since goes behind an older edit that is delivered after all', async () => {
  const columns = ['name']
  const { there, device } = await opened({
    configuration: { tables: { account: { columns, conflictPolicy: 'client-wins', onUpdatedRow: 'error' } } },
  })
  const id = there.emulator.master.create('account', { name: 'Made there' })
  await device.sync()
  const first = await change(device, id, { name: 'Put away' })
  await device.org.outbox.archive([first])
  await change(device, id, { name: 'Ours' })
  await device.sync()
  await device.org.write((draft) => draft.delete('account', id))
  await device.org.outbox.setPending([first])
  await device.sync()
  expect(await device.org.outbox.counts()).toMatchObject({ processed: 3, error: 0 })
  expect(there.emulator.master.row('account', id)).toBeUndefined()
})

test('what was delivered cannot be archived and then sent a second time', async () => {
  const { device, id } = await opened()
  const seq = await change(device, id, { name: 'B' })
  await device.org.push()
  await device.org.outbox.archive([seq])
  await expect(device.org.outbox.setPending([seq])).rejects.toMatchObject({ code: 'refused' })
})

test('while the answer is missing a correction is refused, because the master may have the old values', async () => {
  const { there, device } = await opened()
  await device.org.write((draft) => draft.create('account', { name: 'First' }))
  there.emulator.faults.add({ match: { method: 'PATCH' }, fault: { kind: 'dropAfterCommit' } })
  await expect(device.org.push()).rejects.toMatchObject({ code: 'offline' })
  await expect(device.org.outbox.amend(1, { name: 'Corrected' })).rejects.toMatchObject({ code: 'refused' })
  await device.org.push()
  expect(await device.org.outbox.counts()).toMatchObject({ processed: 1 })
})

test('a row is not deleted before the rows that pointed to it have let go, even when they are refused', async () => {
  const { there, device } = await opened({
    configuration: {
      tables: { account: { columns: ['name'] }, contact: { columns: ['lastname', 'parentcustomerid'] } },
    },
  })
  const { master } = there.emulator
  const [a, b] = [master.create('account', { name: 'A' }), master.create('account', { name: 'B' })]
  const contact = master.create('contact', { lastname: 'Moves', parentcustomerid: { table: 'account', id: a } })
  await device.sync()
  await device.org.write((draft) =>
    draft.update('contact', contact, { parentcustomerid: b, parentcustomerid$table: 'account' }),
  )
  const deletion = await device.org.write((draft) => draft.delete('account', a))
  expect((await device.org.outbox.get(Number(deletion.seq)))?.reason).toEqual({ kind: 'blocked', by: 1 })
  there.emulator.faults.add({
    match: { method: 'PATCH', path: /contacts/ },
    fault: { kind: 'status', status: 400, body: 'json', code: '0x80040265' },
  })
  await device.org.push()
  expect(master.row('contact', contact)?.values['parentcustomerid']).toBe(a)
  expect(master.row('account', a)).toBeDefined()
})

test('a deletion that a person decided about is sent when it is set to pending again', async () => {
  const { there, device } = await opened()
  const id = there.emulator.master.create('account', { name: 'Unloved' })
  await device.sync()
  await device.org.write((draft) => draft.delete('account', id))
  there.emulator.master.update('account', id, { name: 'Loved again' })
  await device.sync()
  expect((await device.org.outbox.get(1))?.lastError).toMatchObject({ rejection: 'conflict' })
  await device.org.outbox.setPending([1])
  await device.sync()
  expect(there.emulator.master.row('account', id)).toBeUndefined()
  expect(await differences(there, device)).toEqual([])
})

test('a transaction that the master cannot swallow does not keep the others from arriving', async () => {
  const { there, device } = await opened()
  for (const name of ['Good 1', 'Poison', 'Good 2'])
    await device.org.write((draft) => draft.create('account', { name }))
  const swallow = there.emulator.fetch
  const { ClientOrg } = await import('@outpost/core')
  const { dataverseMaster } = await import('@outpost/dataverse-adapter')
  const org = await ClientOrg.open({
    store: device.store,
    env: there.env,
    delivery: 'on-demand',
    master: dataverseMaster({
      url: there.emulator.root,
      token: () => Promise.resolve(there.emulator.tokenFor('Sunniva Admin')),
      env: there.env,
      fetch: (url, init) =>
        typeof init?.body === 'string' && init.body.includes('Poison')
          ? Promise.resolve(
              new Response('<html>Gateway timeout</html>', { status: 504, headers: { 'Content-Type': 'text/html' } }),
            )
          : swallow(url, init),
    }),
  })
  for (let round = 0; round < 6; round += 1) await org.push().catch(() => {})
  const names = there.emulator.master.rows('account').map((row) => row.values['name'])
  expect(names).toEqual(expect.arrayContaining(['Good 1', 'Good 2']))
  expect(await org.outbox.counts()).toMatchObject({ processed: 2, pending: 1, error: 0 })
})

test('two hundred edits of one row are delivered in their order, each waiting for one other', async () => {
  const { there, device, id } = await opened()
  for (let at = 1; at <= 200; at += 1) await change(device, id, { name: `Edit ${at}` })
  const listed = await device.org.outbox.list({ statuses: ['pending'] })
  expect(listed.map(({ dependsOn }) => dependsOn.length).filter((count) => count > 1)).toEqual([])
  await device.org.push()
  expect(there.emulator.master.row('account', id)?.values['name']).toBe('Edit 200')
  expect(await device.org.outbox.counts()).toMatchObject({ processed: 200, pending: 0 })
})

test.each([
  ['revenue', 1.005],
  ['revenue', 2.675],
  ['revenue', 0.285],
])('an unanswered write of %s %d is recognised on the master, however it was rounded', async (column, value) => {
  const { there, device, id } = await opened()
  await device.org.write((draft) => draft.update('account', id, { [column]: value }))
  there.emulator.faults.add({ match: { method: 'PATCH' }, fault: { kind: 'dropAfterCommit' } })
  await expect(device.org.push()).rejects.toMatchObject({ code: 'offline' })
  const version = there.emulator.master.row('account', id)?.version
  await device.sync()
  expect((await device.org.outbox.get(1))?.status).toBe('processed')
  expect(there.emulator.master.row('account', id)?.version).toBe(version)
})

test('an exception of a listener neither stops the delivery nor goes unseen', async () => {
  const there = world()
  const device = await there.device()
  await device.sync()
  device.org.subscribe((event) => {
    if (event.type === 'push.sent') throw new TypeError('a bug of the application')
  })
  await device.org.write((draft) => draft.create('account', { name: 'Sent all the same' }))
  expect(await device.org.push()).toMatchObject({ processed: 1 })
})

test('a table that the master has dropped is reported and does not stop the others', async () => {
  const there = world()
  const device = await there.device({ configuration: { tables: { account: { columns: ['name'] }, new_x: {} } } })
  await device.sync()
  there.emulator.schema.removeTable('new_x')
  await device.org.write((draft) => draft.create('account', { name: 'Still sent' }))
  const report = await device.sync()
  expect(report.metadata?.changes).toEqual([{ kind: 'table-removed', table: 'new_x' }])
  expect(report.pushed).toMatchObject({ processed: 1 })
  expect(report.tables['account']?.error).toBeUndefined()
  expect(report.tables['new_x']?.error).toMatchObject({ code: 'not-found', remedy: expect.any(String) })
})

test('an edit of a column that is no longer kept is sent, and not taken for a conflict', async () => {
  const { there, device, id } = await opened()
  await change(device, id, { telephone1: '4711' })
  await device.org.configure({ tables: { account: { columns: ['name'] }, contact: { columns: ['lastname'] } } })
  there.emulator.master.update('account', id, { name: 'Theirs' })
  await device.sync()
  expect(there.emulator.master.row('account', id)?.values).toMatchObject({ name: 'Theirs', telephone1: '4711' })
})

test('what comes back under several edits is what the next one stands on, and a later one may say the same again', async () => {
  const { there, device, id } = await opened()
  const first = await change(device, id, { name: 'B' })
  await device.org.outbox.archive([first])
  await change(device, id, { name: 'C' })
  const third = Number((await device.org.write((draft) => draft.update('account', id, { name: 'D' }))).seq)
  await device.org.outbox.setPending([first])
  expect(await device.org.outbox.compare(third)).toMatchObject([{ columns: [{ base: 'C', mine: 'D' }] }])
  await device.org.write((draft) => draft.update('account', id, { name: 'B' }))
  expect(await device.org.table('account').get(id)).toMatchObject({ name: 'B' })
  await device.sync()
  expect(there.emulator.master.row('account', id)?.values['name']).toBe('B')
  expect(await differences(there, device)).toEqual([])
})

test('a create that was cancelled does not come back beside a later create of the same row', async () => {
  const { there, device } = await opened()
  const id = '7c1f0d4e-0000-4000-8000-00000000000a'
  const created = async (name: string): Promise<number> =>
    Number((await device.org.write((draft) => draft.create('account', { name }, id))).seq)
  const first = await created('First')
  await device.org.write((draft) => draft.delete('account', id))
  const second = await created('Second')
  await expect(device.org.outbox.setPending([first])).rejects.toMatchObject({
    code: 'refused',
    place: { rule: 'two-creates', row: id },
  })
  await device.org.outbox.archive([second])
  await device.org.outbox.setPending([first])
  await device.sync()
  expect(there.emulator.master.row('account', id)?.values['name']).toBe('First')
  expect(await differences(there, device)).toEqual([])
})
