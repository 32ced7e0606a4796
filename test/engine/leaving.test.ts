import type { Configuration, Row } from '@outpost/core'
import { expect, test } from 'vitest'
import { differences, world } from './world.ts'
import type { World } from './world.ts'

/** The accounts of one city, kept in step with the master by comparing ids. */
const OF_OSLO: Configuration = {
  tables: {
    account: {
      columns: ['name', 'address1_city', 'telephone1'],
      syncFilter: "address1_city eq 'Oslo'",
      syncDeletion: true,
    },
  },
}

const isOfOslo = { account: (values: Row): boolean => values['address1_city'] === 'Oslo' }

function accounts(world: World, count: number, city = 'Oslo'): readonly string[] {
  return Array.from({ length: count }, (_, nth) =>
    world.emulator.master.create('account', { name: `Account ${nth}`, address1_city: city }),
  )
}

test('rows that were deleted or left the filter go; rows that came into it come', async () => {
  const { emulator, ...rest } = world()
  const here = { emulator, ...rest }
  const [gone = '', moved = ''] = accounts(here, 4)
  const [other = ''] = accounts(here, 1, 'Bergen')
  const device = await here.device({ configuration: OF_OSLO })
  await device.sync()
  expect(await differences(here, device, isOfOslo)).toEqual([])

  emulator.master.remove('account', gone)
  emulator.master.update('account', moved, { address1_city: 'Bergen' })
  emulator.master.update('account', other, { address1_city: 'Oslo' })
  const report = await device.sync()
  expect(report.tables['account']).toMatchObject({ pruned: 2, kept: 0 })
  expect(await differences(here, device, isOfOslo)).toEqual([])
})

test('without deletion, what was deleted on the master stays, and the explanation says so', async () => {
  const here = world()
  const [gone = ''] = accounts(here, 2)
  const { account } = OF_OSLO.tables
  const device = await here.device({ configuration: { tables: { account: { ...account, syncDeletion: false } } } })
  await device.sync()
  here.emulator.master.remove('account', gone)
  await device.sync()
  expect([...(await device.rows('account')).keys()]).toContain(gone)
  const { mayBeStale, notUsed } = await device.org.explainPull('account')
  expect(mayBeStale).toContain('rows that were deleted on the master stay here')
  expect(notUsed.map(({ name }) => name)).toContain('reconciliation')
})

test('a row with unsent changes that left the filter is quarantined, sent, and goes once the master has it', async () => {
  const here = world()
  const [id = ''] = accounts(here, 3)
  const device = await here.device({ configuration: OF_OSLO })
  await device.sync()
  const told: unknown[] = []
  device.org.subscribe((event) => {
    if (event.type === 'row.quarantined') told.push([event.table, event.id, event.reason])
  })

  // The write cannot be sent yet, so that the row leaves while it is unsent.
  here.emulator.faults.add({ match: { method: 'PATCH', part: true }, times: 1, fault: { kind: 'status', status: 503 } })
  here.emulator.faults.add({ match: { method: 'PATCH' }, times: 1, fault: { kind: 'status', status: 503 } })
  await device.org.write((draft) => draft.update('account', id, { telephone1: '1' }))
  here.emulator.master.update('account', id, { address1_city: 'Bergen' })
  await device.sync().catch(() => {})
  expect(await device.org.quarantined('account')).toEqual([
    { table: 'account', id, reason: 'left-scope', since: here.env.now() },
  ])
  expect(told).toEqual([['account', id, 'left-scope']])
  expect((await device.rows('account')).get(id)?.['telephone1']).toBe('1')

  here.emulator.faults.clear()
  device.org.reconnect()
  await device.sync()
  expect(here.emulator.master.row('account', id)?.values).toMatchObject({ telephone1: '1' })
  expect((await device.rows('account')).has(id)).toBe(false)
  expect(await device.org.quarantined()).toEqual([])
})
