import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { ClientOrg } from '@outpost/core'
import { memoryStore, MemoryDatabase } from '@outpost/core/memory'
import { manualEnv } from '@outpost/core/testing'
import { dataverseMaster } from '@outpost/dataverse-adapter'
import { choice, createEmulator, fieldService, loadSchema, lookup, seedFrom, text } from '@outpost/dataverse-emulator'
import type { Emulator } from '@outpost/dataverse-emulator'
import { expect, test } from 'vitest'
import { administrator } from './world.ts'

/** Loose: each takes some seconds, and the machine may be busy. */
const TIME_MS = 180_000

/** A client org that has copied the metadata, and how long the answers were that it got since the last look. */
async function connected(
  emulator: Emulator,
): Promise<{ org: ClientOrg; longest: () => number; requests: () => number }> {
  const env = manualEnv({ now: Date.UTC(2026, 4, 1, 8) })
  let lengths: number[] = []
  const master = dataverseMaster({
    url: emulator.root,
    token: () => Promise.resolve(emulator.tokenFor(administrator(emulator))),
    fetch: async (url, init) => {
      const response = await emulator.fetch(url, init)
      lengths.push((await response.clone().arrayBuffer()).byteLength)
      return response
    },
    env,
  })
  const store = memoryStore({ database: new MemoryDatabase() })
  const org = await ClientOrg.open({ store, master, env, delivery: 'on-demand' })
  await org.connect()
  return {
    org,
    longest: () => Math.max(0, ...lengths),
    requests: () => {
      const { length } = lengths
      lengths = []
      return length
    },
  }
}

async function columnsOf(org: ClientOrg): Promise<number> {
  return (await org.masterTables()).reduce((sum, { columns }) => sum + columns, 0)
}

test(
  'the metadata of 866 tables and more than 20,000 columns is copied, and followed by what changes',
  async () => {
    const emulator = createEmulator({ seed: fieldService({ rows: 200 }), clock: () => Date.UTC(2026, 4, 1, 8) })
    const missing = 866 - emulator.schema.tables().length
    for (let nth = 0; nth < missing; nth += 1) {
      emulator.schema.addTable({
        schemaName: `new_Table${nth}`,
        objectTypeCode: 20_000 + nth,
        displayName: `Table ${nth}`,
        columns: [
          lookup('new_Of', { table: 'account', relationship: `new_account_table${nth}` }),
          choice('new_Kind', { 1: 'One', 2: 'Two' }),
          ...Array.from({ length: 18 }, (_, index) => text(`new_Text${index}`)),
        ],
      })
    }
    const { org, requests } = await connected(emulator)
    expect(await org.masterTables()).toHaveLength(866)
    expect(await columnsOf(org)).toBeGreaterThan(20_000)
    expect((await org.masterTable('account'))?.oneToMany.length).toBeGreaterThan(missing)
    requests()
    emulator.schema.addColumn('new_table7', text('new_Late'))
    await org.updateMetadata()
    expect(requests()).toBeLessThan(8)
    expect((await org.masterTable('new_table7'))?.columns.map(({ name }) => name)).toContain('new_late')
  },
  TIME_MS,
)

test(
  'a single definition of more than 10 MB is read',
  async () => {
    const emulator = createEmulator({ seed: fieldService({ rows: 200 }), clock: () => Date.UTC(2026, 4, 1, 8) })
    const labels = Object.fromEntries(
      Array.from({ length: 60 }, (_, at) => [at + 1, `An option with a long name ${at}`]),
    )
    emulator.schema.addTable({
      schemaName: 'new_Wide',
      objectTypeCode: 20_000,
      displayName: 'Wide',
      columns: Array.from({ length: 400 }, (_, at) => choice(`new_Choice${at}`, labels)),
    })
    const { org, longest } = await connected(emulator)
    expect(longest()).toBeGreaterThan(10_000_000)
    const table = await org.masterTable('new_wide')
    expect(table?.columns.find(({ name }) => name === 'new_choice399')?.options).toHaveLength(60)
    await org.configure({ tables: { new_wide: {} } })
    await org.sync()
  },
  TIME_MS,
)

const folder = process.env['OUTPOST_DATAVERSE_DATA'] ?? ''
const csdl = join(folder, 'metadata/csdl/cloud-v9-full.metadata.xml.gz')

test.skipIf(folder === '' || !existsSync(csdl))(
  'the metadata of a whole cloud organisation is copied',
  async () => {
    const document = gunzipSync(readFileSync(csdl)).toString('utf8')
    const schema = loadSchema([{ name: 'cloud', text: document }])
    const emulator = createEmulator({ seed: seedFrom({ schema }), clock: () => Date.UTC(2026, 4, 1, 8) })
    const { org, requests } = await connected(emulator)
    const tables = await org.masterTables()
    expect(tables).toHaveLength(schema.tables().length)
    expect(tables.length).toBeGreaterThan(800)
    requests()
    schema.addColumn('account', text('new_Late'))
    await org.updateMetadata()
    expect(requests()).toBeLessThan(8)
    expect((await org.masterTable('account'))?.columns.map(({ name }) => name)).toContain('new_late')
  },
  TIME_MS,
)
