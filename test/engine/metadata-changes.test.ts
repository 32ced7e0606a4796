import type { Json, MasterMetadata, MasterOrg, TableMetadata } from '@outpost/core'
import { choice, createEmulator, fieldService, lookup, text } from '@outpost/dataverse-emulator'
import type { Emulator } from '@outpost/dataverse-emulator'
import { expect, test } from 'vitest'
import { dataverseMaster } from '@outpost/dataverse-adapter'
import { administrator } from './world.ts'

const { signal } = new AbortController()

function organisation(): { readonly emulator: Emulator; readonly master: MasterOrg } {
  const emulator = createEmulator({ seed: fieldService({ rows: 200 }) })
  const master = dataverseMaster({
    url: emulator.root,
    token: () => Promise.resolve(emulator.tokenFor(administrator(emulator))),
    fetch: emulator.fetch,
  })
  return { emulator, master }
}

type Copy = ReadonlyMap<string, TableMetadata>

const copyOf = ({ tables }: MasterMetadata): Copy => new Map(tables.map((table) => [table.name, table]))

const sorted = (copy: Copy): readonly TableMetadata[] =>
  [...copy.values()].toSorted((one, other) => (one.name < other.name ? -1 : 1))

/** A copy that follows the master by its changes. */
async function follower(master: MasterOrg): Promise<{
  readonly follow: () => Promise<readonly string[]>
  readonly copy: () => Copy
}> {
  const first = await master.metadata(signal)
  const copy = new Map(copyOf(first))
  let since = first.since ?? ''
  return {
    copy: () => copy,
    follow: async () => {
      const known = (): Promise<ReadonlyMap<string, Json>> =>
        Promise.resolve(new Map([...copy].map(([name, table]) => [name, table.parts ?? null])))
      const changes = await master.metadataChanges?.({ since, known }, signal)
      if (!changes) throw new Error('the adapter cannot tell changes')
      for (const table of changes.tables) copy.set(table.name, table)
      for (const name of changes.removed) copy.delete(name)
      since = changes.since
      return [...changes.tables.map(({ name }) => name), ...changes.removed.map((name) => `-${name}`)]
    },
  }
}

const { schema: sample } = createEmulator({ seed: fieldService({ rows: 200 }) })
const manyToMany = sample.tables().flatMap(({ logicalName }) => sample.manyToManyByIntersect(logicalName) ?? [])[0]
if (!manyToMany) throw new Error('the sample has no many-to-many relationship')

type Schema = Emulator['schema']

const CHANGES: readonly (readonly [string, (schema: Schema) => void])[] = [
  ['a column is added', (schema) => schema.addColumn('account', text('new_Floor'))],
  ['a column is removed', (schema) => schema.removeColumn('account', 'telephone1')],
  ['a column with a base is removed', (schema) => schema.removeColumn('account', 'revenue')],
  ['a lookup is removed', (schema) => schema.removeColumn('account', 'primarycontactid')],
  ['a column is retyped', (schema) => schema.retypeColumn('account', choice('Telephone1', { 1: 'One' }))],
  ['a text becomes shorter', (schema) => schema.changeColumn('account', 'name', (one) => ({ ...one, maxLength: 10 }))],
  [
    'a column becomes required',
    (schema) => schema.changeColumn('account', 'telephone1', (one) => ({ ...one, required: 'SystemRequired' })),
  ],
  ['a table is renamed', (schema) => schema.changeTable('account', { displayName: 'Firm' })],
  ['an option is added', (schema) => schema.addOption('account', 'accountcategorycode', { value: 3, label: 'New' })],
  ['an option is renamed', (schema) => schema.renameOption('account', 'accountcategorycode', 1, 'Key')],
  ['an option is removed', (schema) => schema.removeOption('account', 'accountcategorycode', 2)],
  [
    'a table is added',
    (schema) => schema.addTable({ schemaName: 'new_Thing', objectTypeCode: 10999, displayName: 'Thing', columns: [] }),
  ],
  ['a table is removed', (schema) => schema.removeTable('new_x')],
  ['a table that others point to is removed', (schema) => schema.removeTable('opportunity')],
  [
    'a table is made anew under its name',
    (schema) => {
      schema.removeTable('new_x')
      schema.addTable({ schemaName: 'new_X', objectTypeCode: 10998, displayName: 'X', columns: [text('new_Other')] })
    },
  ],
  [
    'a lookup is added',
    (schema) =>
      schema.addColumn(
        'new_reading',
        lookup('new_TakenFor', { table: 'account', relationship: 'new_account_reading' }),
      ),
  ],
  [
    'a many-to-many relationship is added',
    (schema) =>
      schema.addManyToMany({
        schemaName: 'new_account_contact',
        table1: 'account',
        table2: 'contact',
        intersectTable: 'new_account_contact',
        intersectSet: 'new_account_contactset',
        objectTypeCode: 10997,
        navigation1: 'new_account_contact',
        navigation2: 'new_account_contact',
      }),
  ],
  ['a many-to-many relationship is removed', (schema) => schema.removeRelationship(manyToMany.schemaName)],
  ['a key is added', (schema) => schema.addKey('contact', { schemaName: 'new_ByMail', columns: ['emailaddress1'] })],
  [
    'a key is removed',
    (schema) => {
      const table = schema.tables().find(({ keys }) => keys.length > 0)
      schema.removeKey(table?.logicalName ?? '', table?.keys[0]?.schemaName ?? '')
    },
  ],
]

test.each(CHANGES)('after %s the copy that follows equals a fresh copy', async (_, change) => {
  const { emulator, master } = organisation()
  const { follow, copy } = await follower(master)
  const before = new Map(copy())
  change(emulator.schema)
  emulator.clearRequests()
  const concerned = await follow()
  const asked = emulator.requests()
  const fresh = copyOf(await master.metadata(signal))
  expect(sorted(copy())).toEqual(sorted(fresh))
  expect([...copy().keys()].toSorted()).not.toEqual([])
  expect(sorted(copy())).not.toEqual(sorted(before))
  // What did not change is not read again.
  expect(concerned.length).toBeLessThan(fresh.size / 2)
  expect(asked.map(({ method }) => method)).toEqual(asked.map(() => 'GET'))
})

test('all kinds of changes one after the other, and nothing in between', async () => {
  const { emulator, master } = organisation()
  const { follow, copy } = await follower(master)
  expect(await follow()).toEqual([])
  for (const [, change] of CHANGES) {
    try {
      change(emulator.schema)
    } catch (error) {
      // An earlier change has taken away what this one is about.
      expect(error).toBeInstanceOf(RangeError)
    }
    await follow()
  }
  expect(sorted(copy())).toEqual(sorted(copyOf(await master.metadata(signal))))
  expect(await follow()).toEqual([])
})

test('an expired stamp, and one of another organisation, are expired', async () => {
  for (const age of [
    (emulator: Emulator) => emulator.schema.expireStamps(),
    (emulator: Emulator) => emulator.replaceOrganization(),
  ]) {
    const { emulator, master } = organisation()
    const { follow } = await follower(master)
    age(emulator)
    await expect(follow()).rejects.toMatchObject({ code: 'expired' })
  }
})

test('a master whose caches are old is asked past them', async () => {
  const { emulator, master } = organisation()
  const { follow, copy } = await follower(master)
  emulator.knobs.metadataCacheMs = 30_000
  emulator.schema.addColumn('account', text('new_Floor'))
  await follow()
  expect(
    copy()
      .get('account')
      ?.columns.map(({ name }) => name),
  ).toContain('new_floor')
})

test('an answer that is cut off leaves the copy as it was, and the same question is answered afterwards', async () => {
  const { emulator, master } = organisation()
  const { follow, copy } = await follower(master)
  const before = sorted(copy())
  emulator.schema.addColumn('account', text('new_Floor'))
  for (const nth of [1, 2, 3, 4]) {
    emulator.faults.add({ match: {}, nth, fault: { kind: 'cutBodyAt', bytes: 20 } })
    await expect(follow()).rejects.toMatchObject({ code: 'offline' })
    expect(sorted(copy())).toEqual(before)
  }
  expect(await follow()).toEqual(['account'])
})
