import type { Configuration, PullExplanation } from '@outpost/core'
import { expect, test } from 'vitest'
import { world } from './world.ts'

const names = ({ strategies }: PullExplanation): readonly string[] => strategies.map(({ name }) => name)

test('a table says how it is pulled, why not otherwise, and what that does not find', async () => {
  const here = world()
  const configuration: Configuration = {
    tables: {
      account: { columns: ['name'], syncFilter: "name ne 'x'" },
      contact: { columns: ['lastname'], syncDeletion: true },
      annotation: { columns: ['subject', 'documentbody'], changeTracking: true },
      incident: { columns: ['title'], tracking: { deletes: true } },
      resco_mobiletracking: {},
    },
    mobileTracking: 'resco_mobiletracking',
  }
  const device = await here.device({ configuration })
  expect((await device.org.explainPull('account')).checkpoint).toBe('not pulled yet')
  await device.sync()

  const account = await device.org.explainPull('account')
  expect(names(account)).toEqual(['floor'])
  expect(account.notUsed.map(({ name }) => name)).toEqual(['reconciliation', 'tracking', 'delta', 'layers'])
  expect(account.mayBeStale).toContain('rows that left the filter by a change of their own stay here')
  expect(account.checkpoint).toBe('all rows are here; goes on with what is newer')

  const contact = await device.org.explainPull('contact')
  expect(names(contact)).toEqual(['floor', 'reconciliation'])
  expect(contact.mayBeStale).toEqual([])

  expect(names(await device.org.explainPull('annotation'))).toEqual(['floor', 'delta', 'layers'])
  expect(names(await device.org.explainPull('incident'))).toEqual(['floor', 'tracking'])
})

test('a change of the filter is a reason to compare, and says so until it is done', async () => {
  const here = world()
  const device = await here.device({ configuration: { tables: { account: { columns: ['name'] } } } })
  await device.sync()
  await device.org.configure({ tables: { account: { columns: ['name'], syncFilter: "startswith(name,'A')" } } })
  const explained = await device.org.explainPull('account')
  expect(explained.due).toEqual(['filter-changed'])
  expect(explained.checkpoint).toBe('all rows were here; goes on with what is newer')
  expect(names(explained)).toEqual(['floor', 'reconciliation'])
  await device.sync()
  expect((await device.org.explainPull('account')).due).toEqual([])
})

test('a table that has related rows only does not claim to keep all of them', async () => {
  const here = world()
  const related = { direction: 'children', table: 'account', lookup: 'parentcustomerid' } as const
  const tables = { account: { columns: ['name'] }, contact: { columns: ['lastname'], related: [related] } }
  const device = await here.device({ configuration: { tables } })
  await device.sync()
  const { strategies, mayBeStale } = await device.org.explainPull('contact')
  expect(strategies[0]?.why).toContain('only rows that are related')
  expect(strategies[0]?.why).not.toContain('all rows')
  expect(mayBeStale).toContain('rows that left the filter by a change of their own stay here')
})

test('a table that is not kept cannot be explained', async () => {
  const here = world()
  const device = await here.device()
  await expect(device.org.explainPull('nosuch')).rejects.toMatchObject({ code: 'invalid' })
})
