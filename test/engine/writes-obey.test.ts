import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ClientOrg } from '@outpost/core'
import type { Configuration, OfflineTransaction, Store } from '@outpost/core'
import { memoryStore } from '@outpost/core/memory'
import { openSqliteStore } from '@outpost/store-sqlite'
import { afterEach, expect, test } from 'vitest'
import { world } from './world.ts'
import type { Device } from './world.ts'

/* What another client org has put in force in the same store holds for the next write: none goes by what it found before. */

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

const STORES: Readonly<Record<string, () => Promise<Store>>> = {
  memory: async () => memoryStore(),
  SQLite: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'outpost-obey-'))
    const store = await openSqliteStore({ path: join(folder, 'org.db') })
    closing.push(async () => {
      await store.close()
      rmSync(folder, { recursive: true })
    })
    return store
  },
}

interface Two {
  readonly device: Device
  readonly other: ClientOrg
  /** Writes to a row of its own through the first client org, and gives back the transaction. */
  readonly written: (values: Readonly<Record<string, string>>) => Promise<OfflineTransaction | undefined>
}

async function two(name: string, configuration: Configuration): Promise<Two> {
  const there = world()
  const store = (await STORES[name]?.()) ?? memoryStore()
  const device = await there.device({ store, configuration })
  await device.sync()
  const other = await ClientOrg.open({ store, master: there.master(), env: there.env, delivery: 'on-demand' })
  closing.unshift(async () => {
    await other.close()
    await device.org.close()
  })
  const ids = (await device.org.table('account').query({})).map((row) => String(row['accountid']))
  return {
    device,
    other,
    written: async (values) => {
      const { seq } = await device.org.write((draft) => draft.update('account', ids.pop() ?? '', values))
      return device.org.outbox.get(seq ?? 0)
    },
  }
}

for (const name of Object.keys(STORES)) {
  test(`${name}: a write obeys the configuration and the policy that another client org has put in force since the last`, async () => {
    const { other, written } = await two(name, { tables: { account: { columns: ['name', 'telephone1'] } } })
    expect((await written({ name: 'First', telephone1: '1' }))?.changes[0]).not.toHaveProperty('whole')
    await other.configure({ tables: { account: { columns: ['name'], conflictPolicy: 'client-row-wins' } } })
    expect((await written({ name: 'Second' }))?.changes[0]).toHaveProperty('whole')
    await expect(written({ telephone1: '2' })).rejects.toMatchObject({ code: 'invalid' })
    await other.configure({ tables: { account: { columns: ['name', 'telephone1'] } } })
    expect((await written({ name: 'Third', telephone1: '3' }))?.changes[0]).not.toHaveProperty('whole')
  })

  test(`${name}: of writes at once each obeys what was put in force before it`, async () => {
    const { other, written } = await two(name, { tables: { account: { columns: ['name', 'telephone1'] } } })
    await written({ telephone1: '0' })
    const before = [written({ telephone1: '1' }), written({ telephone1: '2' })]
    const configured = other.configure({ tables: { account: { columns: ['name'] } } })
    const told = await Promise.allSettled([...before, configured.then(() => written({ telephone1: '3' }))])
    expect(told[2]).toMatchObject({ status: 'rejected', reason: { code: 'invalid' } })
    expect((await written({ name: 'After' }))?.changes).toHaveLength(1)
  })

  test(`${name}: nothing is written when the user has signed out in another client org since the last write`, async () => {
    const { device, other, written } = await two(name, { tables: { account: { columns: ['name'] } } })
    await written({ name: 'First' })
    await other.signOut({ unsent: 'keep' })
    await expect(written({ name: 'Second' })).rejects.toMatchObject({ place: { rule: 'signed-out' } })
    await other.connect()
    expect(await written({ name: 'Third' })).toMatchObject({ status: 'pending' })
    expect(await device.org.outbox.counts()).toMatchObject({ pending: 2 })
    await other.signOut({ unsent: 'discard' })
    await expect(written({ name: 'Fourth' })).rejects.toMatchObject({ code: 'refused' })
  })

  test(`${name}: a write knows the columns that another client org has brought since the last`, async () => {
    const { device, other, written } = await two(name, { tables: { account: { columns: ['name'] } } })
    await written({ name: 'First' })
    await other.configure({ tables: { account: { columns: ['name', 'fax'] } } })
    const unseen = await written({ fax: '1' })
    expect(unseen?.changes[0]).toMatchObject({ version: 'W/"0"' })
    await other.sync()
    const seen = await written({ fax: '2' })
    expect(seen?.changes[0]).toMatchObject({ kind: 'update' })
    expect(seen?.changes[0]).not.toMatchObject({ version: 'W/"0"' })
    expect(device.org.configuration.tables['account']?.columns).toEqual(['name', 'fax'])
  })
}
