import { ClientOrg } from '@outpost/core'
import type { MasterOrg } from '@outpost/core'
import { integer } from '@outpost/dataverse-emulator'
import { expect, test } from 'vitest'
import { world } from './world.ts'
import type { Device, World } from './world.ts'

/* Tabs of one store bring its copy of the metadata up to date, each with what it has of it in memory. */

const KEPT = { tables: { account: { columns: ['name', 'telephone1'] } } } as const

/** Long enough for nothing to be asked for again by its time. */
const LATER = 60 * 60_000

const other = (there: World, { store }: Device, master: MasterOrg = there.master()): Promise<ClientOrg> =>
  ClientOrg.open({ store, master, env: there.env, delivery: 'on-demand' })

test('a tab whose answer comes late does not empty a column of another type that another tab has read', async () => {
  const there = world()
  const id = there.emulator.master.create('account', { name: 'Kept', telephone1: '555' })
  const device = await there.device({ configuration: KEPT })
  await device.sync()
  const master = there.master()
  let meanwhile = async (): Promise<void> => {}
  const late = await other(there, device, {
    ...master,
    metadataChanges: async (request, signal) => {
      const changes = await master.metadataChanges?.(request, signal)
      await meanwhile()
      if (!changes) throw new Error('the master tells no changes')
      return changes
    },
  })
  there.emulator.schema.retypeColumn('account', integer('Telephone1'))
  there.emulator.master.update('account', id, { telephone1: 7 })
  const seen: unknown[] = []
  meanwhile = async () => {
    await device.sync()
    seen.push((await device.rows('account')).get(id)?.['telephone1'])
  }
  await late.sync()
  expect(seen[0]).toBe(7)
  expect((await device.rows('account')).get(id)).toMatchObject({ telephone1: 7 })
})

test('nor does one that has not heard of what another tab made of a backup that came back', async () => {
  const there = world()
  const { emulator, env } = there
  const id = emulator.master.create('account', { name: 'Kept', telephone1: '555' })
  const changed = emulator.master.create('account', { name: 'As it was' })
  const before = emulator.backup()
  emulator.schema.retypeColumn('account', integer('Telephone1'))
  emulator.master.update('account', changed, { name: 'Changed since' })
  const device = await there.device({ configuration: KEPT })
  const between = emulator.backup()
  emulator.master.update('account', changed, { name: 'Changed again' })
  await device.sync()
  await env.advance(LATER)
  emulator.restoreBackup(between)
  await device.sync()
  // Both know that the copy is to be made anew, and have it as it is.
  const [first, second] = [await other(there, device), await other(there, device)]
  await env.advance(LATER)

  emulator.restoreBackup(before)
  await first.sync()
  expect((await device.rows('account')).get(changed)).toMatchObject({ name: 'As it was' })
  expect((await device.rows('account')).get(id)).toMatchObject({ telephone1: '555' })
  await second.sync()
  expect((await device.rows('account')).get(id)).toMatchObject({ telephone1: '555' })
})
