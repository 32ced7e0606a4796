import type { Configuration, ConfigurationFile, TableConfiguration } from '@outpost/core'
import { seededRandom } from '@outpost/core/testing'
import { expect, test } from 'vitest'
import { ACCOUNTS, differences, world } from './world.ts'

/* What is kept can change at any time; the rows follow. */

test('a column that is added is filled for rows that are held already', async () => {
  const there = world()
  const device = await there.device({ configuration: { tables: { account: { columns: ['name'] } } } })
  await device.sync()
  await device.org.configure({ tables: { account: { columns: ['name', 'telephone1'] } } })
  await device.sync()
  expect((await device.org.table('account').query({ where: 'telephone1 ne null' })).length).toBeGreaterThan(0)
  expect(await differences(there, device)).toEqual([])
})

test('a column that is dropped and taken back before the next pull is filled again', async () => {
  const there = world()
  const [short, full] = [['name'], ['name', 'telephone1']]
  const device = await there.device({ configuration: { tables: { account: { columns: full } } } })
  await device.sync()
  await device.org.configure({ tables: { account: { columns: short } } })
  await device.org.configure({ tables: { account: { columns: full } } })
  await device.sync()
  expect(await differences(there, device)).toEqual([])
})

test('another sync filter brings its rows and lets go of the others, but not of those with unsent edits', async () => {
  const there = world()
  const device = await there.device({
    configuration: { tables: { account: { columns: ['name'], syncFilter: "name lt 'm'" } } },
  })
  await device.sync()
  const [edited] = await device.org.table('account').query({ limit: 1 })
  const id = String(edited?.['accountid'])
  const { seq } = await device.org.write((draft) => draft.update('account', id, { name: 'aaa edited' }))
  await device.org.configure({ tables: { account: { columns: ['name'], syncFilter: "name ge 'm'" } } })
  there.emulator.faults.add({
    match: { method: 'PATCH' },
    fault: { kind: 'status', status: 400, body: 'json', code: '0x80040265' },
  })
  const report = await device.sync()
  expect(report.tables['account']).toMatchObject({ kept: 1 })
  expect(await device.org.table('account').get(id)).toMatchObject({ name: 'aaa edited' })

  await device.org.outbox.archive([Number(seq)])
  await device.org.configure({
    tables: { account: { columns: ['name'], syncFilter: "name ge 'm'", syncDeletion: true } },
  })
  await device.sync()
  const shown = { account: (values: Readonly<Record<string, unknown>>) => String(values['name']).toLowerCase() >= 'm' }
  expect(await differences(there, device, shown)).toEqual([])
})

test('a table with unsent changes cannot be removed; one without them goes with its rows', async () => {
  const there = world()
  const device = await there.device()
  await device.sync()
  await device.org.write((draft) => draft.create('account', { name: 'Unsent' }))
  const contactsOnly = { tables: { contact: { columns: ['lastname'] } } }
  await expect(device.org.configure(contactsOnly)).rejects.toMatchObject({
    code: 'refused',
    place: { table: 'account' },
  })
  expect(Object.keys(device.org.configuration.tables)).toContain('account')
  await device.org.push()
  await device.org.configure(contactsOnly)
  expect(() => device.org.table('account')).toThrow(expect.objectContaining({ code: 'invalid' }))
})

test('a second sync of an idle org writes nothing and reports nothing new', async () => {
  const there = world()
  const device = await there.device()
  await device.sync()
  await there.env.advance(3_600_000)
  const changes: string[] = []
  device.store.subscribe((change) => changes.push(...change.rows.keys()))
  const report = await device.sync()
  expect(report.tables['account']).toMatchObject({ written: 0, pruned: 0 })
  expect(changes).toEqual([])
})

test('our own write comes back in the next pull without a change event', async () => {
  const there = world()
  const device = await there.device()
  await device.sync()
  await device.org.write((draft) => draft.create('account', { name: 'Ours', revenue: 12.345678 }))
  await device.org.push()
  const changes: string[] = []
  device.store.subscribe((change) => changes.push(...change.rows.keys()))
  const report = await device.sync()
  expect(report.tables['account']).toMatchObject({ written: 0 })
  expect(changes).toEqual([])
  expect(await differences(there, device)).toEqual([])
})

test('columns that the master removed leave the configuration, and the drift names them', async () => {
  const there = world()
  const device = await there.device()
  await device.sync()
  there.emulator.schema.removeColumn('account', 'telephone1')
  const drift = await device.org.updateMetadata()
  expect(drift.changes).toContainEqual({ kind: 'column-removed', table: 'account', column: 'telephone1' })
  expect(device.org.configuration.tables['account']?.columns).not.toContain('telephone1')
  await device.sync()
  expect(await differences(there, device)).toEqual([])
})

test('a download that was interrupted goes on behind the last page it kept', async () => {
  const there = world({ rows: 600 })
  const device = await there.device({ configuration: { tables: { contact: { columns: ['lastname'] } } }, pageSize: 10 })
  there.requests()
  there.emulator.faults.add({ match: { path: /contacts\?/ }, nth: 4, fault: { kind: 'cutBodyAt', bytes: 200 } })
  await expect(device.sync()).rejects.toMatchObject({ code: 'offline' })
  const held = await device.org.table('contact').count()
  expect([held > 0, held % 10]).toEqual([true, 0])
  expect((await device.org.status()).tables['contact']).toMatchObject({ rows: held, complete: false })
  const again = await device.crash()
  there.requests()
  const report = await again.sync()
  expect(report.tables['contact']?.received).toBe(there.emulator.master.count('contact') - held)
  expect((await again.org.status()).tables['contact']?.complete).toBe(true)
})

test('a draft has no effect before it is saved, and none when it is discarded', async () => {
  const there = world()
  const device = await there.device()
  await device.sync()
  const before = device.org.configuration
  const draft = device.org
    .draft()
    .set('task', { columns: ['subject'] })
    .remove('contact')
  expect(Object.keys(draft.configuration.tables)).toEqual(['account', 'task'])
  there.requests()
  await device.sync()
  expect(device.org.configuration).toEqual(before)
  expect(there.requests().filter((request) => request.includes('tasks'))).toEqual([])
  expect((await device.crash()).org.configuration).toEqual(before)
  draft.discard()
  await expect(draft.save()).rejects.toMatchObject({ code: 'refused', place: { rule: 'draft-done' } })
})

test('a draft that is saved is in force as a whole, and after a restart', async () => {
  const there = world()
  const device = await there.device()
  await device.sync()
  await device.org
    .draft()
    .set('task', { columns: ['subject'] })
    .remove('contact')
    .save()
  const again = await device.crash()
  expect(Object.keys(again.org.configuration.tables)).toEqual(['account', 'task'])
  await again.sync()
  expect(await again.org.table('task').count()).toBe(there.emulator.master.count('task'))
  expect(() => again.org.table('contact')).toThrow(expect.objectContaining({ code: 'invalid' }))
})

test('a draft lists its problems, and one that is wrong changes nothing when it is saved', async () => {
  const there = world()
  const device = await there.device()
  await device.sync()
  await device.org.write((draft) => draft.create('contact', { lastname: 'Unsent' }))
  const draft = device.org
    .draft()
    .remove('contact')
    .set('account', { columns: ['name', 'nmae'] })
    .set('nosuch', {})
  const problems = await draft.problems()
  expect(problems.map(({ place }) => [place.table, place.rule])).toEqual([
    ['account', 'unknown-column'],
    ['nosuch', 'unknown-table'],
    ['contact', 'unsent'],
  ])
  await expect(draft.save()).rejects.toMatchObject({
    code: 'invalid',
    problems: [{ place: { column: 'nmae' } }, { place: { table: 'nosuch' } }],
  })
  draft.set('account', { columns: ['name'] }).remove('nosuch')
  await expect(draft.save()).rejects.toMatchObject({ code: 'refused', place: { table: 'contact', rule: 'unsent' } })
  expect(device.org.configuration).toEqual(ACCOUNTS)
  await device.org.push()
  await draft.save()
  expect(Object.keys(device.org.configuration.tables)).toEqual(['account'])
})

test('a draft is refused when another configuration has come in force since', async () => {
  const device = await world().device()
  const [one, other] = [device.org.draft(), device.org.draft()]
  await one.set('task', { columns: ['subject'] }).save()
  other.set('account', { columns: ['name'] })
  await expect(other.save()).rejects.toMatchObject({ code: 'refused', place: { rule: 'configuration-changed' } })
  expect(device.org.configuration.tables['account']).toEqual(ACCOUNTS.tables['account'])
  expect(device.org.configuration.tables['task']).toEqual({ columns: ['subject'] })
})

test('switching tracking on asks for one comparison of all rows, and so does changing it', async () => {
  const there = world()
  const tracked = (tracking: TableConfiguration['tracking']): Configuration => ({
    tables: {
      account: { columns: ['name'], ...(tracking ? { tracking } : {}) },
      systemuser: { columns: ['fullname'] },
      resco_mobiletracking: {},
    },
    mobileTracking: 'resco_mobiletracking',
  })
  const device = await there.device({ configuration: tracked(undefined) })
  await device.sync()
  const due = async (): Promise<readonly string[]> => (await device.org.explainPull('account')).due
  const warnings = async (): Promise<readonly unknown[]> => {
    const problems = await device.org.configurationProblems()
    return problems.map(({ place }) => [place.table, place.rule])
  }
  expect(await due()).toEqual([])
  await device.org.configure(tracked({ deletes: true }))
  expect(await due()).toContain('tracking-enabled')
  // It is a warning: what is in force can be put in force again.
  expect(await warnings()).toEqual([['account', 'tracking-not-compared']])
  await device.org.configure(device.org.configuration)
  await device.sync()
  expect(await due()).toEqual([])
  expect(await warnings()).toEqual([])
  await device.org.configure(tracked({ deletes: true, owners: false }))
  expect(await due()).toEqual([])
  await device.org.configure(tracked({ deletes: true, owners: true }))
  expect(await due()).toContain('tracking-enabled')
})

test('a table can be added and removed while rows are pulled', async () => {
  const there = world({ rows: 600 })
  const device = await there.device({ configuration: { tables: { contact: { columns: ['lastname'] } } }, pageSize: 50 })
  const pulled = device.sync()
  const added = device.org.configure({
    tables: { contact: { columns: ['lastname', 'firstname'] }, task: { columns: ['subject'] } },
  })
  await Promise.all([pulled, added])
  await device.sync()
  expect(await differences(there, device)).toEqual([])
  const again = device.sync()
  await device.org.configure({ tables: { task: { columns: ['subject'] } } })
  await again
  await device.sync()
  expect(Object.keys((await device.org.status()).tables)).toEqual(['task'])
  expect(await differences(there, device)).toEqual([])
})

test('what is exported and imported is the same configuration, whatever it is', async () => {
  const there = world()
  const source = await there.device({ configuration: { tables: {} } })
  const target = await there.device({ configuration: { tables: {} } })
  const names = (await source.org.masterTables()).map(({ name }) => name)
  const definitions = new Map<string, readonly string[]>()
  for (const name of names) {
    const table = await source.org.masterTable(name)
    if (!table || table.intersect) continue
    definitions.set(
      name,
      table.columns.flatMap(({ name: column, readable, type }) => (readable && type === 'text' ? [column] : [])),
    )
  }
  for (let seed = 1; seed <= 150; seed += 1) {
    const configuration = randomConfiguration(definitions, seed)
    await source.org.configure(configuration)
    const file = JSON.parse(JSON.stringify(await source.org.exportConfiguration())) as ConfigurationFile
    const report = await target.org.importConfiguration(file)
    expect(report.leftOut, `seed ${seed}`).toEqual([])
    expect(target.org.configuration, `seed ${seed}`).toEqual(configuration)
    expect(await target.org.exportConfiguration(), `seed ${seed}`).toEqual(file)
  }
})

test('an export names its format, version and organisation, has the jobs in it, and no secret', async () => {
  const there = world()
  const device = await there.device()
  await device.org.jobs.draft('Often', {
    schedule: { everyMinutes: 5 },
    step: { function: 'SyncService', tables: ['contact'] },
  })
  await device.org.jobs.publish('Often')
  await device.org.jobs.activate('Often')
  await device.org.jobs.draft('Often', { schedule: { everyMinutes: 9 }, step: { function: 'SyncService' } })
  const file = await device.org.exportConfiguration()
  expect(file).toMatchObject({ format: 'outpost-configuration', version: 2, ...ACCOUNTS })
  expect(file.organizationUrl).toBe((await device.org.status()).identity?.url)
  expect(JSON.stringify(file)).not.toMatch(/token|secret|password/i)
  const other = await there.device({ configuration: { tables: {} } })
  await other.org.importConfiguration(file)
  expect(await other.org.jobs.get('Often')).toMatchObject({
    state: 'active',
    published: { schedule: { everyMinutes: 5 }, step: { tables: ['contact'] } },
    draft: { schedule: { everyMinutes: 9 } },
  })
  expect((await other.org.exportConfiguration()).jobs).toEqual(file.jobs)
})

test('a file of an unknown version or format is refused; one of version 1 is read', async () => {
  const device = await world().device()
  const tables = { account: { columns: ['name'] } }
  for (const [file, rule] of [
    [{ format: 'outpost-configuration', version: 3, tables }, 'version'],
    [{ format: 'outpost-configuration', tables }, 'version'],
    [{ version: '2', tables }, 'version'],
    [{ format: 'other', version: 2, tables }, 'configuration-format'],
    [[], 'configuration-shape'],
    [{ version: 1 }, 'configuration-shape'],
  ] as const) {
    await expect(device.org.importConfiguration(file)).rejects.toMatchObject({ code: 'invalid', place: { rule } })
  }
  expect(device.org.configuration).toEqual(ACCOUNTS)
  await device.org.importConfiguration({ version: 1, tables })
  expect(device.org.configuration).toEqual({ tables })
})

const FOREIGN = {
  version: 2,
  format: 'outpost-configuration',
  organizationUrl: null,
  tables: {
    account: { columns: ['name', 'new_floor', 'new_room'], indexes: [['name'], ['new_floor', 'name']], colour: 'red' },
    new_machine: {},
    new_part: {},
  },
  scopes: { all: { tables: ['account', 'new_machine'] } },
  jobs: {
    Parts: {
      state: 'active',
      published: { schedule: { everyMinutes: 5 }, step: { function: 'SyncService', tables: ['new_part'] } },
    },
  },
}

test('unknown tables, columns and options are all listed at once, and nothing is changed', async () => {
  const device = await world().device()
  const refused = await device.org.importConfiguration(FOREIGN).catch((error: unknown) => error)
  expect(refused).toMatchObject({ code: 'invalid' })
  const { problems } = refused as { problems: readonly { place: Record<string, string> }[] }
  expect(problems.map(({ place }) => Object.values(place).join(' '))).toEqual([
    'account new_floor unknown-column',
    'account new_room unknown-column',
    'account new_floor unknown-column',
    'account unknown-option',
    'new_machine unknown-table',
    'new_part unknown-table',
  ])
  expect(device.org.configuration).toEqual(ACCOUNTS)
  expect(await device.org.jobs.get('Parts')).toBeUndefined()
})

test('what is unknown is left out where that is asked for, and reported', async () => {
  const device = await world().device()
  const { leftOut } = await device.org.importConfiguration(FOREIGN, { unknown: 'leave-out' })
  expect(leftOut.map(({ what, table, name, of }) => [what, table, name, of].filter(Boolean).join(' '))).toEqual([
    'column account new_floor columns',
    'column account new_room columns',
    'column account new_floor indexes',
    'option account colour tables',
    'table new_machine tables',
    'table new_part tables',
    'table new_machine scopes/all',
    'job Parts jobs',
  ])
  expect(device.org.configuration).toEqual({
    tables: { account: { columns: ['name'], indexes: [['name']] } },
    scopes: { all: { tables: ['account'] } },
  })
})

test('a filter is never left out: other rows would be kept', async () => {
  const device = await world().device()
  const file = { version: 1, tables: { account: { columns: ['name'], syncFilter: "new_floor eq 'x'" } } }
  await expect(device.org.importConfiguration(file, { unknown: 'leave-out' })).rejects.toMatchObject({
    code: 'invalid',
    place: { table: 'account', column: 'new_floor', rule: 'unknown-column' },
  })
  expect(device.org.configuration).toEqual(ACCOUNTS)
})

/** Some tables with some options, local ones, scopes. The same seed makes the same. */
function randomConfiguration(definitions: ReadonlyMap<string, readonly string[]>, seed: number): Configuration {
  const random = seededRandom(seed)
  const maybe = (): boolean => random() < 0.5
  const some = <T>(all: readonly T[], most: number): readonly T[] =>
    [...all].filter(() => random() < most / Math.max(1, all.length)).slice(0, most)
  const tables: Record<string, TableConfiguration> = {}
  for (const name of some([...definitions.keys()], 4)) {
    const columns = some(definitions.get(name) ?? [], 5)
    const [first] = columns
    tables[name] = {
      ...(maybe() ? { columns } : {}),
      ...(first && maybe() ? { indexes: [[first]], uploadFilter: `${first} ne 'x'` } : {}),
      ...(first && maybe() ? { syncFilter: `startswith(${first},'${"é''\""}')` } : {}),
      ...(maybe() ? { syncDeletion: maybe() } : {}),
      ...(maybe() ? { conflictPolicy: 'client-wins' as const } : {}),
      ...(maybe() ? { priority: Math.floor(random() * 9) - 4, changeTracking: maybe() } : {}),
      ...(maybe() ? { localColumns: { own_rank: { type: 'integer' as const, min: 0 } } } : {}),
    }
  }
  const kept = Object.keys(tables)
  return {
    tables,
    ...(maybe()
      ? { localTables: { own_note: { columns: { title: { type: 'text' }, at: { type: 'datetime' } } } } }
      : {}),
    ...(kept.length > 0 && maybe() ? { scopes: { some: { tables: kept.slice(0, 2), direction: 'down' } } } : {}),
  }
}

test('a column that is kept again shows what is unsent of it at once', async () => {
  const there = world()
  const [full, short] = [['name', 'telephone1'], ['name']]
  const device = await there.device({ configuration: { tables: { account: { columns: full } } } })
  await device.sync()
  const [row] = await device.org.table('account').query({ limit: 1 })
  const id = String(row?.['accountid'])
  await device.org.write((draft) => draft.update('account', id, { telephone1: '12' }))
  await device.org.configure({ tables: { account: { columns: short } } })
  await device.org.configure({ tables: { account: { columns: full } } })
  expect(await device.org.table('account').get(id)).toEqual({ ...row, telephone1: '12' })
})

test('columns that are added before the first pull are filled in rows that were sent before it', async () => {
  const there = world()
  const device = await there.device({ configuration: { tables: { account: { columns: ['name'] } } } })
  await device.org.write((draft) => void draft.create('account', { name: 'Sent at once' }))
  await device.org.push()
  await device.org.configure({ tables: { account: { columns: ['name', 'statecode'] } } })
  await device.sync()
  expect(await differences(there, device)).toEqual([])
})
