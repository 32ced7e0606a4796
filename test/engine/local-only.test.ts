import { ClientOrg } from '@outpost/core'
import type { Configuration } from '@outpost/core'
import { MemoryDatabase, memoryStore } from '@outpost/core/memory'
import { text } from '@outpost/dataverse-emulator'
import { expect, test } from 'vitest'
import { world } from './world.ts'

/* What only this client org has: tables and columns that the master knows nothing of. */

const WITH_LOCAL: Configuration = {
  tables: {
    account: {
      columns: ['name', 'telephone1', 'revenue'],
      localColumns: { rank: { type: 'integer' }, visited: { type: 'datetime' } },
      indexes: [['rank']],
    },
  },
  localTables: {
    draftnote: {
      columns: { title: { type: 'text', required: true }, about: { type: 'guid' }, pinned: { type: 'boolean' } },
      indexes: [['title']],
    },
  },
}

test('rows of a local table are written, queried and deleted here, and never sent', async () => {
  const there = world()
  const device = await there.device({ configuration: WITH_LOCAL })
  await device.sync()
  there.requests()
  let id = ''
  const { seq } = await device.org.write((draft) => {
    id = draft.create('draftnote', { title: 'Call back', pinned: true })
    draft.create('draftnote', { title: 'Buy a map' })
  })
  expect(seq).toBeNull()
  await device.org.write((draft) => draft.update('draftnote', id, { title: 'Call back soon' }))
  const again = await device.crash()
  const notes = again.org.table('draftnote')
  expect(await notes.query({ where: "startswith(title,'Call')" })).toEqual([
    { draftnoteid: id, title: 'Call back soon', about: null, pinned: true },
  ])
  expect((await notes.query({ orderBy: ['title'] })).map((row) => row['title'])).toEqual([
    'Buy a map',
    'Call back soon',
  ])
  await again.org.write((draft) => draft.delete('draftnote', id))
  expect(await notes.count()).toBe(1)
  expect(await again.org.outbox.counts()).toEqual({ pending: 0, processed: 0, error: 0, archived: 0 })
  expect((await again.sync()).tables).not.toHaveProperty('draftnote')
  expect(there.requests().filter((request) => /draftnote/.test(request))).toEqual([])
})

test('a value that does not suit its local column is refused, and so is a new row without what it needs', async () => {
  const device = await world().device({ configuration: WITH_LOCAL })
  await expect(device.org.write((draft) => draft.create('draftnote', { title: 5 }))).rejects.toMatchObject({
    code: 'invalid',
    place: { table: 'draftnote', column: 'title', rule: 'value-type' },
  })
  await expect(device.org.write((draft) => draft.create('draftnote', { pinned: true }))).rejects.toMatchObject({
    place: { table: 'draftnote', column: 'title', rule: 'required' },
  })
  await expect(device.org.write((draft) => draft.create('draftnote', { titel: 'x' }))).rejects.toMatchObject({
    place: { column: 'titel', rule: 'unknown-column' },
  })
  expect(await device.org.table('draftnote').count()).toBe(0)
})

test('of a write to both kinds of columns the local part is here at once and only the rest is sent', async () => {
  const there = world()
  const device = await there.device({ configuration: WITH_LOCAL })
  await device.sync()
  const [first] = await device.org.table('account').query({ limit: 1 })
  const id = String(first?.['accountid'])
  const { seq } = await device.org.write((draft) => draft.update('account', id, { telephone1: '555', rank: 7 }))
  const entry = await device.org.outbox.get(Number(seq))
  expect(entry?.changes).toMatchObject([{ kind: 'update', values: { telephone1: '555' } }])
  expect(JSON.stringify(entry?.changes)).not.toContain('rank')
  expect(await device.org.table('account').get(id)).toMatchObject({ telephone1: '555', rank: 7 })
  await device.sync()
  expect(await device.org.table('account').get(id)).toMatchObject({ telephone1: '555', rank: 7 })
  expect(there.emulator.master.row('account', id)?.values).toMatchObject({ telephone1: '555' })
  const bodies = there.emulator.requests().map((request) => JSON.stringify(request))
  expect(bodies.filter((body) => body.includes('"rank"'))).toEqual([])
})

test('a write of local columns alone makes no transaction and lasts', async () => {
  const there = world()
  const device = await there.device({ configuration: WITH_LOCAL })
  await device.sync()
  const [first] = await device.org.table('account').query({ limit: 1 })
  const id = String(first?.['accountid'])
  const { seq } = await device.org.write((draft) => draft.update('account', id, { rank: 3 }))
  expect(seq).toBeNull()
  const again = await device.crash()
  expect(await again.org.table('account').query({ where: 'rank eq 3' })).toMatchObject([{ accountid: id, rank: 3 }])
  expect((await again.org.outbox.counts()).pending).toBe(0)
})

test('local columns outlast pulls, merges, refusals, reverts and a deletion that was taken back', async () => {
  const there = world()
  const device = await there.device({ configuration: WITH_LOCAL })
  await device.sync()
  const [first, second] = await device.org.table('account').query({ limit: 2 })
  const [id, other] = [String(first?.['accountid']), String(second?.['accountid'])]
  const rank = async (of = id): Promise<unknown> => (await device.org.table('account').get(of))?.['rank']
  await device.org.write((draft) => {
    draft.update('account', id, { rank: 1 })
    draft.update('account', other, { rank: 2 })
  })

  there.emulator.master.update('account', id, { telephone1: 'from the master' })
  await device.sync()
  expect(await device.org.table('account').get(id)).toMatchObject({ telephone1: 'from the master', rank: 1 })

  await device.org.write((draft) => draft.update('account', id, { telephone1: 'ours', rank: 4 }))
  there.emulator.master.update('account', id, { name: 'Changed there' })
  await device.sync()
  expect(await device.org.table('account').get(id)).toMatchObject({
    name: 'Changed there',
    telephone1: 'ours',
    rank: 4,
  })

  const { seq } = await device.org.write((draft) => draft.delete('account', id))
  expect(await device.org.table('account').get(id)).toBeUndefined()
  await device.org.outbox.archive([Number(seq)])
  expect(await rank()).toBe(4)

  const edit = await device.org.write((draft) => draft.update('account', other, { telephone1: 'x' }))
  await device.org.write((draft) => draft.update('account', other, { rank: 9 }))
  await device.org.outbox.archive([Number(edit.seq)])
  expect(await rank(other)).toBe(9)
  await device.org.resync()
  await device.sync()
  expect([await rank(), await rank(other)]).toEqual([4, 9])
})

test('a row that is created with local values keeps them when the master has it', async () => {
  const there = world()
  const device = await there.device({ configuration: WITH_LOCAL })
  await device.sync()
  let id = ''
  await device.org.write((draft) => void (id = draft.create('account', { name: 'New', rank: 5 })))
  expect(await device.org.table('account').get(id)).toMatchObject({ name: 'New', rank: 5 })
  await device.sync()
  expect(there.emulator.master.row('account', id)?.values).toMatchObject({ name: 'New' })
  expect(await device.org.table('account').get(id)).toMatchObject({ name: 'New', rank: 5 })
})

test.each(['before', 'behind'] as const)(
  'a row that was created and deleted here has its local values again where the deletion is taken back (%s the delivery)',
  async (when) => {
    const there = world()
    const device = await there.device({ configuration: WITH_LOCAL })
    await device.sync()
    let id = ''
    const apart = { coalesce: false }
    await device.org.write((draft) => void (id = draft.create('account', { name: 'New', rank: 7 })), apart)
    const { seq } = await device.org.write((draft) => draft.delete('account', id), apart)
    expect((await device.rows('account')).has(id)).toBe(false)
    if (when === 'behind') {
      there.emulator.faults.add({ match: { method: 'DELETE' }, times: 9, fault: { kind: 'status', status: 403 } })
      await device.org.push()
      there.emulator.faults.clear()
      expect(there.emulator.master.row('account', id)).toBeDefined()
    }
    await device.org.outbox.archive([seq ?? 0])
    expect((await device.rows('account')).get(id)).toMatchObject({ name: 'New', rank: 7 })
    await device.sync()
    expect((await device.rows('account')).get(id)).toMatchObject({ name: 'New', rank: 7 })
  },
)

test('a table that is neither selected nor local takes no writes', async () => {
  const device = await world().device({ configuration: WITH_LOCAL })
  await expect(device.org.write((draft) => draft.create('contact', { lastname: 'x' }))).rejects.toMatchObject({
    code: 'invalid',
    place: { table: 'contact', rule: 'unknown-table' },
  })
})

test('an org without a master takes local tables, and connecting adds those of the master to what is there', async () => {
  const there = world()
  const database = new MemoryDatabase()
  const org = await ClientOrg.open({
    store: memoryStore({ database }),
    master: there.master(),
    env: there.env,
    delivery: 'on-demand',
  })
  await org.configure({ tables: {}, localTables: { draftnote: { columns: { title: { type: 'text' } } } } })
  await org.write((draft) => draft.create('draftnote', { title: 'Before there was a master' }))
  await expect(org.sync()).rejects.toMatchObject({ code: 'refused', place: { rule: 'not-connected' } })
  await expect(org.configure({ tables: { account: {} } })).rejects.toMatchObject({ code: 'refused' })

  await org.connect()
  await org.configure({ ...org.configuration, tables: { account: { columns: ['name'] } } })
  await org.sync()
  expect(await org.table('draftnote').query()).toMatchObject([{ title: 'Before there was a master' }])
  expect(await org.table('account').count()).toBe(there.emulator.master.count('account'))
})

test('a name that the master comes to use as well is reported by name, and nothing is overwritten', async () => {
  const there = world()
  const device = await there.device({
    configuration: {
      tables: { account: { localColumns: { new_rank: { type: 'integer' } } } },
      localTables: { new_note: { columns: { title: { type: 'text' } } } },
    },
  })
  await device.sync()
  const [first] = await device.org.table('account').query({ limit: 1 })
  const id = String(first?.['accountid'])
  await device.org.write((draft) => {
    draft.update('account', id, { new_rank: 3 })
    draft.create('new_note', { title: 'mine' })
  })
  there.emulator.schema.addColumn('account', text('new_rank'))
  await device.org.updateMetadata()
  await device.sync()
  const problems = await device.org.configurationProblems()
  expect(problems.map(({ place }) => place)).toEqual([{ table: 'account', column: 'new_rank', rule: 'local-clash' }])
  expect(problems[0]?.message).toMatch(/text there, integer here/)
  expect(await device.org.table('account').get(id)).toMatchObject({ new_rank: 3 })
  await device.org.configure(device.org.configuration)

  const fresh = await there.device()
  const clash: Configuration = { tables: { account: { localColumns: { new_rank: { type: 'integer' } } } } }
  await expect(fresh.org.configure(clash)).rejects.toMatchObject({ place: { column: 'new_rank', rule: 'local-clash' } })
})

test('what only this client org has is in nothing that is sent, whatever becomes of a write, nor in a queue file', async () => {
  const there = world()
  const device = await there.device({ configuration: WITH_LOCAL })
  const { org } = device
  const ids = Array.from({ length: 5 }, (_, n) => there.emulator.master.create('account', { name: `Own ${n}` }))
  await device.sync()
  const SECRET = 471_147
  const update = async (nth: number, telephone1: string, coalesce = true): Promise<number> => {
    const id = ids[nth] ?? ''
    const { seq } = await org.write((draft) => draft.update('account', id, { telephone1, rank: SECRET }), { coalesce })
    return Number(seq)
  }
  const sends = async (telephone1: string, send: () => Promise<unknown>): Promise<void> => {
    there.emulator.clearRequests()
    await send()
    const sent = there.emulator.requests().map(({ path, body }) => decodeURIComponent(path) + body)
    expect(sent.filter((text) => text.includes(telephone1)).length).toBeGreaterThan(0)
    expect(sent.filter((text) => text.includes(String(SECRET)) || /\brank\b/.test(text))).toEqual([])
  }
  await org.write((draft) => void draft.create('account', { name: 'New', telephone1: '+100', rank: SECRET }))
  await sends('+100', () => device.sync())
  await update(0, '+200')
  await update(0, '+201')
  await sends('+201', () => device.sync())
  await update(1, '+300')
  there.emulator.master.update('account', ids[1] ?? '', { name: 'Changed there' })
  await sends('+300', () => org.push())
  const amended = await update(2, '+400', false)
  await update(2, '+401', false)
  await org.outbox.amend(amended, { telephone1: '+402' })
  await expect(org.outbox.amend(amended, { rank: 1 })).rejects.toMatchObject({ code: 'invalid' })
  await sends('+402', () => device.sync())
  await org.write((draft) => {
    draft.create('account', { name: 'One of two', telephone1: '+500', rank: SECRET })
    draft.update('account', ids[3] ?? '', { telephone1: '+501', rank: SECRET })
  })
  await sends('+501', () => device.sync())

  await org.write((draft) => draft.update('account', ids[4] ?? '', { rank: SECRET }))
  const other = await there.device({ configuration: WITH_LOCAL })
  await other.sync()
  await other.org.write((draft) => draft.update('account', ids[4] ?? '', { rank: 7 }))
  there.emulator.master.update('account', ids[4] ?? '', { name: 'Newer' })
  await device.sync()
  await update(4, '+600')
  const file = JSON.stringify(await org.outbox.exportQueue())
  expect(file).toContain('+600')
  expect(file).not.toContain('rank')
  await other.org.outbox.importQueue(JSON.parse(file))
  const imported = { name: 'Newer', telephone1: '+600', rank: 7 }
  expect(await other.org.table('account').get(ids[4] ?? '')).toMatchObject(imported)
  await sends('+600', () => other.sync())
  expect(await other.org.table('account').get(ids[4] ?? '')).toMatchObject(imported)
})
