import { ClientOrg } from '@outpost/core'
import type { Configuration, Store } from '@outpost/core'
import { MemoryDatabase, memoryStore } from '@outpost/core/memory'
import { faultyStore } from '@outpost/core/testing'
import type { FaultPoint, FaultyStore } from '@outpost/core/testing'
import { expect, test } from 'vitest'
import { ACCOUNTS, differences, world } from './world.ts'
import type { Device, World } from './world.ts'

/* A configuration is in force as a whole or not at all, whoever else changes it and wherever the process dies. */

const other = (there: World, device: Device): Promise<ClientOrg> =>
  ClientOrg.open({ store: device.store, master: there.master(), env: there.env, delivery: 'on-demand' })

test('a draft that was refused because of another tab can be made anew there, from what is in force', async () => {
  const there = world()
  const device = await there.device()
  await device.sync()
  const tab = await other(there, device)
  const draft = tab.draft().set('task', { columns: ['subject'] })
  await device.org.configure({ tables: { account: { columns: ['name'] } } })
  await expect(draft.save()).rejects.toMatchObject({ code: 'refused', place: { rule: 'configuration-changed' } })
  await tab
    .draft()
    .set('task', { columns: ['subject'] })
    .save()
  expect(tab.configuration).toEqual({ tables: { account: { columns: ['name'] }, task: { columns: ['subject'] } } })
  await tab.sync()
  expect(await tab.table('task').count()).toBe(there.emulator.master.count('task'))
})

test('a tab that did not hear of another configuration syncs by the one that is in force', async () => {
  const there = world()
  const device = await there.device()
  await device.sync()
  const tab = await other(there, device)
  await device.org.configure({ tables: { account: { columns: ['name'] }, task: { columns: ['subject'] } } })
  const report = await tab.sync()
  expect(Object.keys(report.tables)).toEqual(['account', 'task'])
  expect(await differences(there, device)).toEqual([])
})

test('a tab that did not hear of it detaches what is configured now, and sends what another one wrote', async () => {
  const there = world()
  const device = await there.device()
  await device.sync()
  const tab = await other(there, device)
  await device.org.configure({ tables: { task: { columns: ['subject'] } } })
  await device.sync()
  await device.org.write((draft) => draft.create('task', { subject: 'Of the first tab' }))
  await tab.push()
  expect([...there.emulator.master.rows('task')].some(({ values }) => values['subject'] === 'Of the first tab')).toBe(
    true,
  )
  const third = await other(there, device)
  await device.org.configure({ tables: { contact: { columns: ['lastname'] } } })
  await device.sync()
  await third.detach()
  expect(Object.keys(third.configuration.localTables ?? {})).toEqual(['contact'])
  expect(await third.table('contact').count()).toBe(there.emulator.master.count('contact'))
})

test('a tab that did not hear of it writes by what is in force: no more to what is gone, at once to what is new', async () => {
  const there = world()
  const before = { account: { columns: ['name', 'telephone1'] }, contact: { columns: ['lastname'] } }
  const device = await there.device({ configuration: { tables: before } })
  await device.sync()
  const tab = await other(there, device)
  const [account, contact] = await Promise.all(
    ['account', 'contact'].map((name) => tab.table(name).query({ limit: 1 })),
  )
  const id = String(account?.[0]?.['accountid'])
  await device.org.configure({ tables: { account: { columns: ['name'] }, task: { columns: ['subject'] } } })
  await expect(tab.write((draft) => draft.update('account', id, { telephone1: '9' }))).rejects.toMatchObject({
    place: { table: 'account', column: 'telephone1' },
  })
  const contactId = String(contact?.[0]?.['contactid'])
  await expect(tab.write((draft) => draft.update('contact', contactId, { lastname: 'x' }))).rejects.toMatchObject({
    place: { table: 'contact', rule: 'unknown-table' },
  })
  expect(await device.org.outbox.counts()).toMatchObject({ pending: 0 })
  await tab.write((draft) => draft.create('task', { subject: 'New' }))
  expect(tab.configuration).toEqual(device.org.configuration)
  await device.sync()
  expect(await device.org.outbox.counts()).toMatchObject({ pending: 0, processed: 1, error: 0 })
  expect(await differences(there, device)).toEqual([])
})

test('what a caller does to its object afterwards does not change what is in force', async () => {
  const device = await world().device()
  const columns = ['name']
  const tables: Record<string, { columns: string[] }> = { account: { columns } }
  await device.org.configure({ tables })
  columns.push('telephone1')
  tables['contact'] = { columns: ['lastname'] }
  expect(device.org.configuration).toEqual({ tables: { account: { columns: ['name'] } } })
})

test('a scope or a table with the name of a property that every object has is unknown', async () => {
  const device = await world().device()
  for (const name of ['constructor', '__proto__', 'toString']) {
    await expect(device.org.sync({ scope: name })).rejects.toMatchObject({ place: { rule: 'unknown-scope' } })
    expect(() => device.org.table(name)).toThrow(expect.objectContaining({ code: 'invalid' }))
    expect(() => device.org.draft().remove(name)).toThrow(expect.objectContaining({ code: 'invalid' }))
    const tables = JSON.parse(`{"account":{"columns":["name"]},"${name}":{}}`) as Configuration['tables']
    await expect(device.org.configure({ tables })).rejects.toMatchObject({
      place: { table: name, rule: 'unknown-table' },
    })
  }
})

const HOSTILE: readonly (readonly [string, string])[] = [
  ['{"version":1,"tables":{"account":{"__proto__":{"columns":["name"]}}}}', 'unknown-option'],
  ['{"version":1,"tables":{"__proto__":{"account":{}}}}', 'unknown-table'],
  ['{"version":1,"__proto__":{"tables":{}},"tables":{}}', 'configuration-shape'],
  ['{"version":1,"tables":{"account":{"localColumns":{"__proto__":{"type":"text"}}}}}', 'local-name'],
  ['{"version":1,"tables":{},"localTables":{"__proto__":{"columns":{}}}}', 'local-name'],
  ['{"version":1,"tables":{},"localTables":{"constructor":{"columns":{"__proto__":{"type":"text"}}}}}', 'local-name'],
  ['{"version":1,"tables":{"account":{"columns":["__proto__"]}}}', 'unknown-column'],
  ['{"version":1,"tables":{"account":{"conflictRules":{"__proto__":"mine"}}}}', 'unknown-column'],
  ['{"version":1,"tables":{"account":{"conflictPolicy":{"function":"constructor"}}}}', 'conflict-function'],
  ['{"version":1,"tables":{"account":{"conflictPolicy":"constructor"}}}', 'conflict-policy'],
  ['{"version":1,"tables":{},"scopes":{"__proto__":{"tables":["constructor"]}}}', 'scope-table'],
  ['{"version":1,"tables":{},"jobs":{"a":{"state":"constructor"}}}', 'job'],
  ['{"version":1,"tables":{"account":{"priority":1e400}}}', 'option-type'],
  ['{"version":1,"tables":{"account":[]}}', 'option-type'],
  ['{"version":1,"tables":{"account":null}}', 'option-type'],
  ['{"version":1,"tables":{"account":{"columns":"name"}}}', 'option-type'],
  ['{"version":1,"tables":{"account":{"columns":[null]}}}', 'option-type'],
  ['{"version":1,"tables":{"account":{"tracking":{"all":true}}}}', 'option-type'],
  ['{"version":1,"tables":{},"jobs":[]}', 'configuration-shape'],
  ['{"version":1,"tables":{},"jobs":{"a/b":{"state":"draft"}}}', 'job-name'],
  ['{"version":1,"tables":{},"organizationUrl":{}}', 'configuration-shape'],
]

test('a file that was tampered with is refused by name, and nothing is changed', async () => {
  const device = await world().device()
  const jobs = await device.org.jobs.list()
  for (const [text, rule] of HOSTILE) {
    for (const unknown of ['refuse', 'leave-out'] as const) {
      const refused = await device.org
        .importConfiguration(JSON.parse(text), { unknown })
        .catch((error: unknown) => error)
      if (unknown === 'leave-out' && /^(unknown|configuration-shape)/.test(rule) && !/jobs|Url/.test(text)) {
        expect(refused).toMatchObject({ leftOut: [expect.anything()] })
        await device.org.configure(ACCOUNTS)
      } else expect(refused).toMatchObject({ code: 'invalid', place: { rule } })
      expect(device.org.configuration).toEqual(ACCOUNTS)
      expect(await device.org.jobs.list()).toEqual(jobs)
    }
  }
  expect(({} as Record<string, unknown>)['columns']).toBeUndefined()
})

test('values that no file can hold are refused as such', async () => {
  const device = await world().device()
  const circle: unknown[] = []
  circle.push(circle)
  for (const columns of [circle, [1n], new Map(), () => {}]) {
    const configuration = { tables: { account: { columns } } } as never
    await expect(device.org.configure(configuration)).rejects.toMatchObject({
      code: 'invalid',
      place: { rule: 'option-type' },
    })
  }
})

test('a file of twenty thousand unknown tables is refused with all of them and a message of a bearable size', async () => {
  const device = await world().device()
  const tables = Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`new_t${n}`, {}]))
  const refused = (await device.org.importConfiguration({ version: 1, tables }).catch((e: unknown) => e)) as {
    problems: readonly unknown[]
    message: string
  }
  expect(refused.problems).toHaveLength(20_000)
  expect(refused.message.length).toBeLessThan(5000)
  const columns = Array.from({ length: 200_000 }, (_, n) => n)
  const typed = (await device.org
    .importConfiguration({ version: 1, tables: { account: { columns } } })
    .catch((e: unknown) => e)) as Error
  expect(typed.message.length).toBeLessThan(5000)
})

const FILE = {
  format: 'outpost-configuration',
  version: 2,
  organizationUrl: null,
  tables: {
    account: { columns: ['name'], localColumns: { rank: { type: 'integer' } } },
    task: { columns: ['subject'] },
  },
  localTables: { draftnote: { columns: { title: { type: 'text' } } } },
  jobs: {
    Often: { state: 'active', published: { schedule: { everyMinutes: 5 }, step: { function: 'SyncService' } } },
    Seldom: { state: 'draft', draft: { schedule: { everyMinutes: 500 }, step: { function: 'SyncService' } } },
  },
}

/** Everything that the store has, but the copy of the metadata, as text. */
async function standing({ org, store }: Pick<Device, 'org' | 'store'>): Promise<string> {
  const tables = [...Object.keys(org.configuration.tables), ...Object.keys(org.configuration.localTables ?? {})]
  const held = await store.read('look', async (tx) => {
    const values = (await tx.values('')).filter(
      ({ key }) => !key.startsWith('catalogue/') && !key.startsWith('privileg'),
    )
    const rows: unknown[] = []
    for (const name of tables) rows.push(name, await tx.scan(name, {}), await tx.bases(name))
    return { values, rows, transactions: await tx.findTransactions({ statuses: ['pending', 'error', 'archived'] }) }
  })
  return JSON.stringify([held, await org.exportConfiguration()])
}

interface Stage {
  readonly there: World
  readonly store: FaultyStore
  readonly org: ClientOrg
  /** The process dies and is started again. */
  readonly reopened: () => Promise<{ readonly org: ClientOrg; readonly store: Store }>
}

/** A device that has downloaded everything, with unsent work where it is asked for. */
async function stage(isDirty: boolean): Promise<Stage> {
  const there = world()
  const database = new MemoryDatabase()
  const store = faultyStore(memoryStore({ database }))
  const { org } = await there.device({ store })
  await org.sync()
  const [first] = await org.table('account').query({ limit: 1 })
  if (isDirty) await org.write((draft) => draft.update('account', String(first?.['accountid']), { telephone1: '7' }))
  return {
    there,
    store,
    org,
    reopened: async () => {
      database.crash()
      const again = memoryStore({ database })
      const master = there.master()
      return {
        org: await ClientOrg.open({ store: again, master, env: there.env, delivery: 'on-demand' }),
        store: again,
      }
    },
  }
}

test.each([
  ['configure', false, (org: ClientOrg) => org.configure({ tables: { account: { columns: ['name'] } } })],
  [
    'a draft',
    false,
    (org: ClientOrg) =>
      org
        .draft()
        .remove('contact')
        .set('task', { columns: ['subject'] })
        .save(),
  ],
  ['an import', false, (org: ClientOrg) => org.importConfiguration(FILE)],
  ['detach', true, (org: ClientOrg) => org.detach({ unsent: 'keep' })],
] as const)(
  '%s that dies at any point of the store leaves everything as it was, or all of it done',
  async (_what, isDirty, act) => {
    const plain = await stage(isDirty)
    const before = await standing(plain)
    await act(plain.org)
    const after = await standing(await plain.reopened())
    expect(after).not.toBe(before)
    const points: readonly FaultPoint[] = ['body', 'commit', 'acknowledge', { call: 1 }, { call: 9 }, { afterCall: 20 }]
    for (const at of points) {
      for (let skip = 0; skip < 10; skip += 1) {
        const { org, store, reopened } = await stage(isDirty)
        store.fail({ at, skip })
        await act(org).then(
          () => {},
          () => {},
        )
        const hasStruck = store.strikes > 0
        store.heal()
        const found = await standing(await reopened())
        expect({ at, skip, isWhole: [before, after].includes(found) }).toEqual({ at, skip, isWhole: true })
        if (!hasStruck) break
      }
    }
  },
  120_000,
)
