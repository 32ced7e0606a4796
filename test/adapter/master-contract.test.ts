import { ClientOrg, clientOrgMaster } from '@outpost/core'
import type { Configuration, Row } from '@outpost/core'
import { memoryStore } from '@outpost/core/memory'
import { manualEnv, masterContract } from '@outpost/core/testing'
import type { MasterUnderTest } from '@outpost/core/testing'
import { createEmulator, fieldService, integer } from '@outpost/dataverse-emulator'
import { dataverseMaster } from '@outpost/dataverse-adapter'
import { expect, test } from 'vitest'

/* What every master must do, asked of Dataverse, and of a client org that is the master of others. */

masterContract('dataverse', { test, expect }, () => {
  const emulator = createEmulator({ seed: fieldService({ rows: 200 }) })
  const { master: hand } = emulator
  emulator.schema.addColumn('new_skill', integer('new_Order'))
  for (const { id } of hand.rows('new_skill')) hand.remove('new_skill', id)
  const [user] = emulator.users
  const env = manualEnv({ seed: 1 })
  const [resource] = hand.rows('bookableresource')
  const defaults: Row = { name: 'An end', resourcetype: Number(resource?.values['resourcetype'] ?? 1) }
  return {
    master: dataverseMaster({
      url: emulator.root,
      token: () => Promise.resolve(emulator.tokenFor(user?.name ?? '')),
      fetch: emulator.fetch,
      env,
    }),
    table: 'new_skill',
    text: 'new_name',
    number: 'new_order',
    links: 'new_skill_bookableresource',
    others: {
      create: (values, of = 'new_skill') =>
        Promise.resolve(hand.create(of, of === 'new_skill' ? values : { ...defaults, ...values })),
      update: (id, values) => Promise.resolve(hand.update('new_skill', id, values)),
      remove: (id) => Promise.resolve(hand.remove('new_skill', id)),
    },
    newId: () => env.newId(),
  }
})

const TASKS: Configuration = {
  tables: {},
  localTables: {
    errand: {
      columns: { title: { type: 'text', maxLength: 100 }, step: { type: 'integer' } },
      primaryName: 'title',
    },
    helper: { columns: { name: { type: 'text' } } },
    errand_helper: {
      columns: {},
      link: {
        relationship: 'Errand_Helper',
        first: { table: 'errand', column: 'errandid' },
        second: { table: 'helper', column: 'helperid' },
      },
    },
  },
}

masterContract('client org', { test, expect }, memoryMaster)

async function memoryMaster(): Promise<MasterUnderTest & { readonly org: ClientOrg }> {
  const env = manualEnv({ seed: 2, now: Date.UTC(2026, 4, 1) })
  const org = await ClientOrg.open({ store: memoryStore(), master: nobody, env, delivery: 'on-demand' })
  await org.configure(TASKS)
  const create = async (values: Row, of = 'errand'): Promise<string> => {
    let id = ''
    await org.write((draft) => void (id = draft.create(of, values)))
    return id
  }
  return {
    org,
    master: clientOrgMaster({ org, organizationId: env.newId(), userId: env.newId(), env }),
    table: 'errand',
    text: 'title',
    number: 'step',
    links: 'errand_helper',
    others: {
      create,
      update: async (id, values) => void (await org.write((draft) => draft.update('errand', id, values))),
      remove: async (id) => void (await org.write((draft) => draft.delete('errand', id))),
    },
    newId: () => env.newId(),
    remove: () => org.close(),
  }
}

/** The master of an org that has none. */
const nobody = dataverseMaster({
  url: 'https://nobody.example.com',
  token: () => Promise.reject(new Error('there is no master')),
  fetch: () => Promise.reject(new Error('there is no master')),
})

test('a client org is a copy of another one: rows go down, edits go up, and both end with the same rows', async () => {
  const { org: office, master } = await memoryMaster()
  const env = manualEnv({ seed: 3, now: Date.UTC(2026, 4, 1) })
  const field = await ClientOrg.open({ store: memoryStore(), master, env, delivery: 'on-demand', pageSize: 3 })
  let [first, second] = ['', '']
  await office.write((draft) => {
    first = draft.create('errand', { title: 'Fetch the parts', step: 1 })
    second = draft.create('errand', { title: 'Call the office', step: 2 })
    for (let n = 3; n <= 9; n += 1) draft.create('errand', { title: `Errand ${n}`, step: n })
  })
  await field.connect()
  await field.configure({ tables: { errand: { syncDeletion: true }, helper: {}, errand_helper: {} } })
  await field.sync()
  expect(await field.table('errand').count()).toBe(9)

  let helper = ''
  await field.write((draft) => {
    draft.update('errand', first, { title: 'Fetch all parts' })
    helper = draft.create('helper', { name: 'Kim' })
    draft.associate('Errand_Helper', { table: 'errand', id: first }, { table: 'helper', id: helper })
  })
  await office.write((draft) => {
    draft.update('errand', first, { step: 10 })
    draft.delete('errand', second)
  })
  await field.sync()
  await field.sync()
  for (const org of [office, field]) {
    expect(await org.table('errand').get(first)).toMatchObject({ title: 'Fetch all parts', step: 10 })
    expect(await org.table('errand').get(second)).toBeUndefined()
    expect(await org.table('helper').get(helper)).toMatchObject({ name: 'Kim' })
    expect(await org.table('errand_helper').count()).toBe(1)
  }
  expect(await field.outbox.counts()).toMatchObject({ pending: 0, error: 0 })
})

test('what the org that is the master refuses becomes an Error of the other one, and nothing is changed', async () => {
  const { org: office, master } = await memoryMaster()
  const env = manualEnv({ seed: 4 })
  const field = await ClientOrg.open({ store: memoryStore(), master, env, delivery: 'on-demand' })
  await field.connect()
  await field.configure({ tables: { errand: { columns: ['title'] } } })
  const errand = { columns: { title: { type: 'text', maxLength: 5 } } } as const
  await office.configure({ tables: {}, localTables: { errand } })
  await field.write((draft) => draft.create('errand', { title: 'Longer than that' }))
  await field.write((draft) => draft.create('errand', { title: 'Short' }))
  await field.push()
  expect(await field.outbox.list()).toMatchObject([{ lastError: { code: 'rejected', rejection: 'invalid' } }])
  expect(await office.table('errand').query()).toMatchObject([{ title: 'Short' }])
})

test('what a client org cannot do as a master it refuses by name', async () => {
  const { master, org } = await memoryMaster()
  const { signal } = new AbortController()
  const table = org.table('errand').definition
  const request = { table, columns: ['errandid'], checkpoint: null, pageSize: 10 }
  const scopes = [
    { filter: null, fetchXml: '<fetch/>' },
    { filter: null, related: [{ direction: 'parents', table, lookup: 'x', filter: null }] },
  ] as const
  for (const scope of scopes)
    await expect(master.pull({ ...request, scope }, signal)).rejects.toMatchObject({ code: 'rejected' })
  const unknown = { ...table, name: 'nosuch' }
  await expect(master.pull({ ...request, table: unknown, scope: { filter: null } }, signal)).rejects.toMatchObject({
    code: 'not-found',
  })
})
