import { MasterError } from '@outpost/core'
import type { Configuration, Row } from '@outpost/core'
import { expect, test } from 'vitest'
import { differences, world } from './world.ts'
import type { World } from './world.ts'

const OF_OSLO: Configuration = {
  tables: {
    account: {
      columns: ['name', 'address1_city', 'telephone1'],
      syncFilter: "address1_city eq 'Oslo'",
      changeTracking: true,
    },
  },
}

const isOfOslo = { account: (values: Row): boolean => values['address1_city'] === 'Oslo' }

function account({ emulator }: World, name: string, city = 'Oslo'): string {
  return emulator.master.create('account', { name, address1_city: city })
}

/** The requests for accounts, parts of a batch included, readable. */
function asked({ emulator }: World): readonly string[] {
  const requests = emulator.requests().map(({ method, path }) => `${method} ${decodeURIComponent(path)}`)
  emulator.clearRequests()
  return requests.filter((request) => request.includes('accounts?'))
}

const LATER = 60 * 60_000

test('change tracking tells of deleted rows and of rows that left the filter, without a list of ids', async () => {
  const here = world({ rows: 2000 })
  const [gone, left, other] = [account(here, 'goes'), account(here, 'leaves'), account(here, 'comes', 'Bergen')]
  const device = await here.device({ configuration: OF_OSLO })
  await device.sync()
  await here.env.advance(LATER)
  await device.sync()
  here.requests()

  here.emulator.master.remove('account', gone)
  here.emulator.master.update('account', left, { address1_city: 'Bergen' })
  here.emulator.master.update('account', other, { address1_city: 'Oslo' })
  here.emulator.master.remove('account', account(here, 'made and deleted, never seen'))
  const report = await device.sync()
  expect(report.tables['account']).toMatchObject({ pruned: 2 })
  expect(await differences(here, device, isOfOslo)).toEqual([])
  const requests = asked(here)
  expect(requests.filter((request) => request.includes('$deltatoken'))).toHaveLength(1)
  // In one look what is new and what has changed; then the newest rows seen, one of which is gone, and the doubtful ones.
  expect(requests).toHaveLength(4)
})

test('a cycle in which nothing has changed is one request, with change tracking as without', async () => {
  const here = world()
  account(here, 'stays')
  const device = await here.device({ configuration: OF_OSLO })
  await device.sync()
  await here.env.advance(LATER)
  await device.sync()
  here.requests()
  await device.sync()
  expect(here.requests()).toEqual(['GET /api/data/v9.2/$batch'])
  const gone = account(here, 'goes')
  await device.sync()
  here.emulator.master.remove('account', gone)
  here.requests()
  await device.sync()
  expect(here.requests()).toHaveLength(3)
  expect(await differences(here, device, isOfOslo)).toEqual([])
})

test('a token that the one look finds too old is replaced as any other', async () => {
  const here = world()
  const gone = account(here, 'goes')
  const device = await here.device({ configuration: OF_OSLO })
  await device.sync()
  await here.env.advance(LATER)
  await device.sync()
  here.emulator.master.remove('account', gone)
  here.emulator.expireDelta()
  await device.sync()
  expect(await differences(here, device, isOfOslo)).toEqual([])
  const { strategies } = await device.org.explainPull('account')
  expect(strategies.map(({ name }) => name)).toContain('delta')
})

test('the token is taken before the first download: what is deleted during that is found', async () => {
  const here = world()
  const [gone = ''] = Array.from({ length: 30 }, (_, nth) => account(here, `Account ${nth}`))
  const device = await here.device({ configuration: OF_OSLO, pageSize: 10 })
  device.org.subscribe((event) => {
    if (event.type === 'pull.page' && here.emulator.master.row('account', gone)) {
      here.emulator.master.remove('account', gone)
    }
  })
  await device.sync()
  expect(here.emulator.master.row('account', gone)).toBeUndefined()
  expect(await differences(here, device, isOfOslo)).toEqual([])
})

test('a token that is too old is replaced, and what happened meanwhile is found by comparing; unsent changes stay', async () => {
  const here = world()
  const [gone, edited] = [account(here, 'goes'), account(here, 'edited')]
  const device = await here.device({ configuration: OF_OSLO })
  await device.sync()
  here.emulator.master.remove('account', gone)
  here.emulator.master.update('account', edited, { address1_city: 'Bergen' })
  here.emulator.expireDelta()
  await device.org.write((draft) => draft.update('account', edited, { telephone1: '1' }))
  here.emulator.faults.add({ match: { method: 'PATCH', part: true }, times: 9, fault: { kind: 'status', status: 503 } })
  here.emulator.faults.add({ match: { method: 'PATCH' }, times: 9, fault: { kind: 'status', status: 503 } })
  await device.sync().catch(() => {})
  expect([...(await device.rows('account')).keys()]).not.toContain(gone)
  expect(await device.org.quarantined()).toMatchObject([{ id: edited, reason: 'left-scope' }])
  expect((await device.rows('account')).get(edited)?.['telephone1']).toBe('1')

  here.emulator.faults.clear()
  device.org.reconnect()
  await device.sync()
  expect(here.emulator.master.row('account', edited)?.values).toMatchObject({ telephone1: '1' })
  expect(await differences(here, device, isOfOslo)).toEqual([])
  const { strategies, due } = await device.org.explainPull('account')
  expect(strategies.map(({ name }) => name)).toContain('delta')
  expect(due).toEqual([])
})

test.each([400, 403] as const)(
  'a token that is refused without a code is given up, and a new one is followed (%i)',
  async (status) => {
    const here = world()
    const [gone, later] = [account(here, 'goes'), account(here, 'goes later')]
    // Neither of them is among the newest, which are watched without change tracking, too.
    for (let nth = 0; nth < 10; nth += 1) account(here, `Account ${nth}`)
    const device = await here.device({ configuration: OF_OSLO })
    await device.sync()
    here.emulator.knobs.emptyErrorCodes = true
    here.emulator.knobs.expiredTokenStatus = status
    here.emulator.master.remove('account', gone)
    here.emulator.expireDelta()
    await device.sync()
    expect(await differences(here, device, isOfOslo)).toEqual([])
    here.emulator.master.remove('account', later)
    await device.sync()
    expect(await differences(here, device, isOfOslo)).toEqual([])
  },
)

test.each(['forbidden', 'rejected', 'expired'] as const)(
  'change tracking whose fresh token is refused twice (%s) is asked for no more, and why is told',
  async (code) => {
    const here = world()
    for (let nth = 0; nth < 30; nth += 1) account(here, `Account ${nth}`)
    let asked = 0
    const device = await here.device({
      pageSize: 10,
      configuration: OF_OSLO,
      through: (master) => ({
        ...master,
        changes: (request, signal) => {
          asked += 1
          if (asked > 60) throw new Error('it goes on and on')
          if (request.token !== null) return Promise.reject(new MasterError(code, 'not now'))
          return master.changes?.(request, signal) ?? Promise.reject(new Error('no changes'))
        },
      }),
    })
    await device.sync()
    expect(asked).toBe(2)
    await device.sync()
    expect(asked).toBe(4)
    await device.sync()
    expect(asked).toBe(4)
    const { notUsed } = await device.org.explainPull('account')
    expect(notUsed.find(({ name }) => name === 'delta')?.why).toContain(`refused it (${code})`)
  },
)

test('change tracking whose fresh token is refused once is begun anew with the next pull', async () => {
  const here = world()
  const gone = account(here, 'goes')
  for (let nth = 0; nth < 30; nth += 1) account(here, `Account ${nth}`)
  let asked = 0
  const device = await here.device({
    pageSize: 10,
    configuration: OF_OSLO,
    through: (master) => ({
      ...master,
      changes: (request, signal) => {
        asked += 1
        if (asked === 2) return Promise.reject(new MasterError('rejected', 'not now'))
        return master.changes?.(request, signal) ?? Promise.reject(new Error('no changes'))
      },
    }),
  })
  await device.sync()
  await device.sync()
  here.emulator.master.remove('account', gone)
  await device.sync()
  expect(await differences(here, device, isOfOslo)).toEqual([])
})

test('who may not read the whole table has no change tracking: that is remembered, and the rest goes on', async () => {
  const here = world()
  const { emulator } = here
  const { account: options } = OF_OSLO.tables
  const configuration: Configuration = { tables: { account: { ...options, syncDeletion: true } } }
  const device = await here.device({ user: 'Amara Okafor', configuration })
  emulator.security.privilegeDepth('Amara Okafor', 'account', 'businessUnit', ['read'])
  const report = await device.sync()
  expect(report.tables['account']?.error).toBeUndefined()
  const explained = await device.org.explainPull('account')
  const delta = explained.notUsed.find(({ name }) => name === 'delta')
  expect(delta?.why).toContain('forbidden')
  expect(explained.strategies.map(({ name }) => name)).toEqual(['floor', 'reconciliation'])
  here.requests()
  await device.sync()
  // One look for what is new and one list of ids; change tracking is not asked for again.
  const requests = asked(here)
  expect(requests.filter((request) => !request.includes('versionnumber'))).toHaveLength(1)
  expect(requests.join()).not.toContain('deltatoken')

  emulator.security.privilegeDepth('Amara Okafor', 'account', 'organization', ['read'])
  await device.sync()
  await device.sync()
  const { strategies } = await device.org.explainPull('account')
  expect(strategies.map(({ name }) => name)).toContain('delta')
})

test('a table that is not tracked, or for which it is not switched on, says so', async () => {
  const here = world()
  const device = await here.device({
    configuration: { tables: { new_x: { changeTracking: true }, contact: { columns: ['lastname'] } } },
  })
  await device.sync()
  const why = async (table: string): Promise<string | undefined> =>
    (await device.org.explainPull(table)).notUsed.find(({ name }) => name === 'delta')?.why
  expect(await why('contact')).toContain('not switched on')
  expect(await why('new_x')).toContain('not enabled for the table')
})

test('a row whose deletion is taken back goes nevertheless, if the master has deleted it meanwhile', async () => {
  const here = world()
  const [alone, edited] = [account(here, 'held'), account(here, 'held, too')]
  const { account: ofOslo } = OF_OSLO.tables
  const configuration: Configuration = {
    tables: { account: { ...ofOslo, uploadFilter: "not startswith(name,'held')" } },
  }
  const device = await here.device({ configuration })
  await device.sync()
  await here.env.advance(LATER)
  await device.sync()

  const { org } = device
  const edit = await org.write((draft) => draft.update('account', edited, { telephone1: 'edited' }))
  const deletions = [
    await org.write((draft) => draft.delete('account', alone)),
    await org.write((draft) => draft.delete('account', edited)),
  ]
  for (const id of [alone, edited]) here.emulator.master.remove('account', id)
  await device.sync()
  await org.outbox.archive(
    deletions.map(({ seq }) => seq ?? 0),
    { local: 'revert' },
  )
  await device.sync()
  expect((await device.rows('account')).get(alone)).toBeUndefined()
  expect(await org.quarantined()).toMatchObject([{ table: 'account', id: edited, reason: 'deleted' }])
  await org.outbox.archive([edit.seq ?? 0], { local: 'revert' })
  await device.sync()
  expect(await differences(here, device, isOfOslo)).toEqual([])
})

test('a row that is written from here and is none of those that are wanted goes when change tracking tells of it', async () => {
  const here = world()
  const id = account(here, 'leaves')
  const device = await here.device({ configuration: OF_OSLO })
  await device.sync()
  await here.env.advance(LATER)
  await device.sync()
  await device.org.write((draft) => draft.update('account', id, { address1_city: 'Bergen' }))
  await device.org.write((draft) => draft.create('account', { name: 'never wanted', address1_city: 'Bergen' }))
  await device.sync()
  await device.sync()
  expect(here.emulator.master.row('account', id)?.values['address1_city']).toBe('Bergen')
  expect(await differences(here, device, isOfOslo)).toEqual([])
})
