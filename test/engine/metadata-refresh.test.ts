import type { ClientOrg, Store, TableMetadata } from '@outpost/core'
import { memoryStore, MemoryDatabase } from '@outpost/core/memory'
import { choice, text } from '@outpost/dataverse-emulator'
import { expect, test } from 'vitest'
import { differences, world } from './world.ts'
import type { Device, World } from './world.ts'

async function copyOf(org: ClientOrg): Promise<readonly TableMetadata[]> {
  const found: TableMetadata[] = []
  for (const { name } of await org.masterTables()) {
    const table = await org.masterTable(name)
    if (table) found.push(table)
  }
  return found
}

/** The copy of the device is what a device has that connects now. */
async function expectFresh(there: World, device: Device): Promise<void> {
  const other = await there.device({ configuration: { tables: {} } })
  expect(await copyOf(device.org)).toEqual(await copyOf(other.org))
  expect((await device.org.status()).catalogueStamp).toBe((await other.org.status()).catalogueStamp)
}

const isMetadata = (request: string): boolean =>
  /EntityDefinitions|RetrieveMetadataChanges|organizations\?/.test(request)

/** A store that tells which values are written and read. */
function watched(): { readonly store: Store; readonly written: string[]; readonly read: string[] } {
  const inner = memoryStore({ database: new MemoryDatabase() })
  const [written, read]: [string[], string[]] = [[], []]
  const watching = <T extends object>(tx: T): T =>
    new Proxy(tx, {
      get(target, property) {
        const value: unknown = Reflect.get(target, property)
        if (typeof value !== 'function') return value
        return (...given: unknown[]): unknown => {
          if (property === 'setValue') written.push(String(given[0]))
          if (property === 'setValues') written.push(...(given[0] as ReadonlyMap<string, unknown>).keys())
          if (property === 'value') read.push(String(given[0]))
          if (property === 'values') read.push(`${String(given[0])}*`)
          return value.apply(target, given)
        }
      },
    })
  const store: Store = {
    exclusive: inner.exclusive,
    read: (name, body) => inner.read(name, (tx) => body(watching(tx))),
    write: (name, body, options) => inner.write(name, (tx) => body(watching(tx)), options),
    subscribe: (listener) => inner.subscribe(listener),
    close: () => inner.close(),
  }
  return { store, written, read }
}

test('a change of one table is one table read, one definition written, and the copy is as a fresh one', async () => {
  const there = world()
  const { store, written, read } = watched()
  const device = await there.device({ store })
  await device.sync()
  there.requests()
  written.length = 0
  read.length = 0
  there.emulator.schema.addColumn('account', text('new_Floor'))
  await device.sync()
  const asked = there.requests().filter(isMetadata)
  // The stamp twice, what has changed, the list of tables, and the one table.
  expect(asked.length).toBeLessThanOrEqual(5)
  const definitions = (keys: readonly string[]): readonly string[] => [
    ...new Set(keys.filter((key) => key.startsWith('catalogue/table/'))),
  ]
  expect(definitions(written)).toEqual(['catalogue/table/account'])
  expect(definitions(read).filter((key) => key.endsWith('*'))).toEqual([])
  // Of some fifty: the one, and those that are configured or have to do with rights.
  expect(definitions(read).length).toBeLessThan(10)
  await expectFresh(there, device)
})

test('a sync with nothing new asks for no metadata but the stamp', async () => {
  const there = world()
  const device = await there.device()
  await device.sync()
  there.requests()
  await device.sync()
  expect(there.requests().filter((request) => /EntityDefinitions|RetrieveMetadataChanges/.test(request))).toEqual([])
})

test('when the stamp has expired everything is copied, and the copy is as a fresh one', async () => {
  const there = world()
  const device = await there.device()
  await device.sync()
  there.emulator.schema.addColumn('account', text('new_Floor'))
  there.emulator.schema.expireStamps()
  there.emulator.schema.removeColumn('contact', 'emailaddress1')
  const report = await device.sync()
  expect(report.metadata?.changes).toContainEqual({
    kind: 'column-removed',
    table: 'contact',
    column: 'emailaddress1',
  })
  await expectFresh(there, device)
})

test('after a backup was restored the copy is that of the organisation that is there now', async () => {
  const there = world()
  const device = await there.device()
  await device.sync()
  there.emulator.backup()
  there.emulator.schema.addColumn('account', text('new_Floor'))
  await device.sync()
  there.emulator.restoreBackup()
  await device.sync()
  expect((await device.org.masterTable('account'))?.columns.map(({ name }) => name)).not.toContain('new_floor')
  await expectFresh(there, device)
})

test('the same organisation with new ids for everything is copied as a whole', async () => {
  const there = world()
  const device = await there.device()
  await device.sync()
  there.emulator.schema.renewIds('restored elsewhere')
  there.emulator.schema.addColumn('account', text('new_Floor'))
  await device.sync()
  expect((await device.org.masterTable('account'))?.columns.map(({ name }) => name)).toContain('new_floor')
  await expectFresh(there, device)
  there.emulator.schema.removeColumn('account', 'new_floor')
  await device.sync()
  await expectFresh(there, device)
})

test('another organisation at the same address is refused with a way out, and nothing changes here', async () => {
  const there = world()
  const device = await there.device()
  await device.sync()
  const [id = ''] = [...(await device.rows('account')).keys()]
  const { seq } = await device.org.write((draft) => draft.update('account', id, { name: 'Unsent' }))
  there.emulator.replaceOrganization()
  const before = await copyOf(device.org)
  for (const run of [() => device.org.sync(), () => device.org.updateMetadata(), () => device.org.connect()]) {
    const error: unknown = await run().catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'wrong-master', remedy: expect.stringMatching(/another store/) })
  }
  expect(await copyOf(device.org)).toEqual(before)
  expect(await device.org.outbox.get(Number(seq))).toMatchObject({ status: 'pending', attempts: 0 })
})

test('a refresh that is interrupted at any request leaves the old copy, and the next one is whole', async () => {
  const there = world()
  let device = await there.device()
  await device.sync()
  for (let nth = 1; nth <= 5; nth += 1) {
    const before = await copyOf(device.org)
    const stamp = (await device.org.status()).catalogueStamp
    there.emulator.schema.addColumn('account', text(`new_Floor${nth}`))
    there.emulator.faults.add({
      match: { path: /EntityDefinitions|RetrieveMetadataChanges|organizations\?/ },
      nth,
      fault: { kind: 'cutBodyAt', bytes: 20 },
    })
    const failed = await device.org.updateMetadata().then(
      () => false,
      () => true,
    )
    if (failed) {
      expect(await copyOf(device.org)).toEqual(before)
      expect((await device.org.status()).catalogueStamp).toBe(stamp)
    } else expect(nth).toBeGreaterThan(4)
    there.emulator.faults.clear()
    device = await device.crash()
    await device.sync()
    await expectFresh(there, device)
  }
})

test('a preview tells what an update would do, and changes nothing', async () => {
  const there = world()
  const device = await there.device({
    configuration: {
      tables: {
        account: {
          columns: ['name', 'telephone1', 'accountcategorycode', 'primarycontactid'],
          indexes: [['telephone1'], ['name']],
          conflictRules: { telephone1: 'client-wins' },
        },
        contact: { columns: ['lastname'], syncFilter: "emailaddress1 ne 'x'" },
        new_x: {},
      },
    },
  })
  await device.sync()
  const [id = ''] = [...(await device.rows('account')).keys()]
  const unfit = await device.org.write((draft) => draft.update('account', id, { telephone1: '4711' }))
  const fits = await device.org.write((draft) => draft.create('account', { name: 'Fits' }))
  const before = {
    copy: await copyOf(device.org),
    configuration: device.org.configuration,
    status: await device.org.status(),
    rows: await device.rows('account'),
  }
  const { schema } = there.emulator
  schema.removeColumn('account', 'telephone1')
  schema.addColumn('account', text('new_Floor'))
  schema.changeTable('account', { displayName: 'Firm' })
  schema.changeColumn('account', 'name', (column) => ({ ...column, maxLength: 50, displayName: 'Firm name' }))
  schema.renameOption('account', 'accountcategorycode', 1, 'Key')
  schema.removeOption('account', 'accountcategorycode', 2)
  schema.addOption('account', 'accountcategorycode', { value: 9, label: 'New' })
  schema.retypeColumn('account', choice('AccountNumber', { 1: 'One' }))
  schema.removeColumn('contact', 'emailaddress1')
  schema.addKey('contact', { schemaName: 'new_ByName', columns: ['lastname'] })
  schema.removeTable('new_x')
  const preview = await device.org.previewMetadata()
  const account = { table: 'account' }
  expect(preview.changes).toEqual(
    expect.arrayContaining([
      { kind: 'column-removed', ...account, column: 'telephone1' },
      { kind: 'column-added', ...account, column: 'new_floor' },
      expect.objectContaining({ kind: 'table-renamed', ...account, to: 'Firm' }),
      expect.objectContaining({ kind: 'column-renamed', ...account, column: 'name', to: 'Firm name' }),
      expect.objectContaining({ kind: 'column-narrowed', ...account, column: 'name', limit: 'maxLength', to: 50 }),
      expect.objectContaining({ kind: 'option-renamed', ...account, value: 1, to: 'Key' }),
      expect.objectContaining({ kind: 'option-removed', ...account, value: 2 }),
      expect.objectContaining({ kind: 'option-added', ...account, value: 9, label: 'New' }),
      { kind: 'column-retyped', ...account, column: 'accountnumber', from: 'text', to: 'choice' },
      { kind: 'column-removed', table: 'contact', column: 'emailaddress1' },
      expect.objectContaining({ kind: 'key-added', table: 'contact' }),
      { kind: 'table-removed', table: 'new_x' },
    ]),
  )
  expect(preview.dropped).toEqual([
    { table: 'account', option: 'columns', column: 'telephone1' },
    { table: 'account', option: 'conflictRules', column: 'telephone1' },
    { table: 'account', option: 'indexes', column: 'telephone1' },
  ])
  expect(preview.stopped.map(({ table }) => table)).toEqual(['contact', 'new_x'])
  expect(preview.refused).toEqual([unfit.seq])

  expect(await copyOf(device.org)).toEqual(before.copy)
  expect(device.org.configuration).toEqual(before.configuration)
  expect(await device.org.status()).toEqual(before.status)
  expect(await device.rows('account')).toEqual(before.rows)

  expect(await device.org.updateMetadata()).toEqual(preview)
  expect(await device.org.outbox.get(Number(unfit.seq))).toMatchObject({ status: 'error' })
  expect(await device.org.outbox.get(Number(fits.seq))).toMatchObject({ status: 'pending' })
  expect((await device.org.previewMetadata()).changes).toEqual([])
})

test('RS-06: over a whole session nothing but GET goes to the metadata of the master', async () => {
  const there = world()
  const device = await there.device()
  await device.sync()
  await device.org.write((draft) => draft.create('account', { name: 'Ours' }))
  there.emulator.schema.addColumn('account', text('new_Floor'))
  await device.org.previewMetadata()
  await device.sync()
  there.emulator.schema.removeColumn('account', 'telephone1')
  await device.org.updateMetadata()
  await device.org.updateMetadata({ whole: true })
  await device.org.connect()
  await device.sync()
  const paths = /EntityDefinitions|RelationshipDefinitions|OptionSetDefinitions|Metadata|PublishXml|Publish/i
  const touched = there.emulator.requests().filter(({ path }) => paths.test(path))
  expect(touched.length).toBeGreaterThan(5)
  expect(touched.filter(({ method }) => method !== 'GET')).toEqual([])
  expect(await differences(there, device)).toEqual([])
})

test('a master whose caches are half a minute old does not give an old copy', async () => {
  const there = world()
  const device = await there.device()
  await device.sync()
  there.emulator.knobs.metadataCacheMs = 30_000
  there.emulator.schema.removeColumn('account', 'telephone1')
  await device.org.updateMetadata()
  expect(device.org.configuration.tables['account']?.columns).not.toContain('telephone1')
  expect((await device.org.masterTable('account'))?.columns.map(({ name }) => name)).not.toContain('telephone1')
  await expectFresh(there, device)
})

test('a backup that was restored and customised on since is copied as a whole, once the rows have shown it', async () => {
  const there = world()
  const device = await there.device()
  await device.sync()
  there.emulator.backup()
  there.emulator.schema.removeColumn('account', 'telephone1')
  const [id = ''] = [...(await device.rows('account')).keys()]
  there.emulator.master.update('account', id, { name: 'Lost with the restore' })
  await device.sync()
  there.emulator.restoreBackup()
  // Its stamps are as high as the device's now, and say nothing of the column that is back.
  for (const name of ['One', 'Two', 'Three']) there.emulator.schema.addColumn('contact', text(`new_${name}`))
  await device.sync()
  await device.sync()
  expect((await device.org.masterTable('account'))?.columns.map(({ name }) => name)).toContain('telephone1')
  await expectFresh(there, device)
})
