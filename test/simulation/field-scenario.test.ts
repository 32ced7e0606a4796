import { ClientOrg } from '@outpost/core'
import { memoryStore, MemoryDatabase } from '@outpost/core/memory'
import { manualEnv } from '@outpost/core/testing'
import { dataverseMaster } from '@outpost/dataverse-adapter'
import { createEmulator } from '@outpost/dataverse-emulator'
import { expect, test } from 'vitest'
import { scenario } from './field-scenario.ts'

test('each of the configurations is one that its users can sync with', async () => {
  const seed = scenario.seed()
  const begin = Date.parse(seed.asOf)
  const emulator = createEmulator({ seed, clock: () => begin })
  scenario.prepare?.(emulator)
  for (const user of scenario.users) {
    const env = manualEnv({ now: begin })
    const token = emulator.tokenFor(user)
    const org = await ClientOrg.open({
      store: memoryStore({ database: new MemoryDatabase() }),
      master: dataverseMaster({
        url: emulator.root,
        token: () => Promise.resolve(token),
        fetch: (input, init) => emulator.fetch(input, init),
        env,
      }),
      env,
      delivery: 'on-demand',
      ...(scenario.conflictFunctions ? { conflictFunctions: scenario.conflictFunctions } : {}),
    })
    await org.connect()
    for (const configuration of scenario.configurations) {
      await org.configure(configuration)
      const { tables } = await org.sync()
      const found = Object.entries(tables)
      expect(found.filter(([, { error }]) => error).map(([name, { error }]) => `${name}: ${error?.message}`)).toEqual(
        [],
      )
      expect(Object.keys(configuration.tables).length).toBe(found.length)
    }
    await org.close()
  }
  emulator.assertNoUnexpected()
})

test('the tables have one of everything that makes a difference', () => {
  const { schema } = scenario.seed()
  const people = schema
    .tables()
    .filter(({ objectTypeCode }) => [1, 2, 5].includes(objectTypeCode) || objectTypeCode > 10_000)
  const columns = people.flatMap((table) => table.columns)
  const cascades = people.flatMap(({ logicalName }) =>
    schema.relationshipsOf(logicalName).oneToMany.map(({ cascade }) => `${cascade.delete} ${cascade.assign}`),
  )
  expect(new Set(people.map(({ ownership }) => ownership))).toEqual(new Set(['UserOwned', 'OrganizationOwned', 'None']))
  for (const cascade of ['Cascade Cascade', 'Restrict NoCascade', 'RemoveLink NoCascade', 'RemoveLink Cascade'])
    expect(cascades).toContain(cascade)
  for (const type of ['Customer', 'Money', 'Decimal', 'Double', 'Picklist', 'MultiSelectPicklist', 'Status', 'Owner'])
    expect(columns.map((column) => String(column.type))).toContain(type)
  expect(columns.map((column) => (column.type === 'DateTime' ? column.behavior : ''))).toEqual(
    expect.arrayContaining(['DateOnly', 'UserLocal', 'TimeZoneIndependent']),
  )
  expect(people.map(({ optimisticConcurrency }) => optimisticConcurrency)).toContain(false)
  expect(people.map(({ canEnableChangeTracking }) => canEnableChangeTracking)).toContain(false)
  expect(people.flatMap(({ keys }) => keys)).toHaveLength(1)
  expect(people.filter(({ isIntersect }) => isIntersect)).toHaveLength(1)
})
