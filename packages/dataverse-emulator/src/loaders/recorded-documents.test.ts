import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { asker, made } from '../ask.test-support.ts'
import { createEmulator } from '../emulator.ts'
import type { Seed } from '../schema.ts'
import { seedFromFiles } from '../seed-files.ts'

// Documents and rows of real organisations, where a folder of them is at hand.
const folder = process.env['OUTPOST_DATAVERSE_DATA'] ?? ''
const absent = folder === '' || !existsSync(join(folder, 'recorded'))
const cloud = join(folder, 'metadata/csdl/cloud-v9-full.metadata.xml.gz')
const definitionFiles = (): string[] => {
  const directory = join(folder, 'metadata/entitydefinitions')
  return readdirSync(directory).map((name) => join(directory, name))
}
const asAdministrator = { as: 'System Administrator' }
const serve = (seed: Seed): ReturnType<typeof asker> =>
  asker(createEmulator({ seed, clock: () => Date.parse(seed.asOf) }))

test.skipIf(absent).each(['contact', 'account'])(
  'a new %s has the columns of the recorded row, and no others but those the recording lacks by its age',
  async (name) => {
    const ask = serve(seedFromFiles({ schemaFiles: definitionFiles() }))
    const recorded = JSON.parse(readFileSync(join(folder, `recorded/${name}.entity.json`), 'utf8'))
    const columns = (row: object): string[] => Object.keys(row).filter((column) => !column.includes('@'))
    const id = await made(
      (method, path, question) => ask(method, path, { ...asAdministrator, ...question }),
      `${name}s`,
      name === 'contact' ? { firstname: 'John', lastname: 'Doe' } : { name: 'Contoso' },
    )
    const { json } = await ask('GET', `${name}s(${id})`, asAdministrator)
    const ours = new Set(columns(json))
    expect(columns(recorded).filter((column) => !ours.has(column))).toEqual([])
    const theirs = new Set(columns(recorded))
    expect(columns(json).filter((column) => !theirs.has(column)).length).toBeLessThanOrEqual(1)
  },
)

test.skipIf(absent)('every recorded EntityDefinitions document loads by itself', () => {
  const files = [
    ...definitionFiles(),
    join(folder, 'metadata/raw/account.entitydefinition.raw.json.gz'),
    join(folder, 'metadata/fieldservice-facts/msdyn_workorder.json'),
    join(folder, 'metadata/fieldservice-facts/msdyn_workorderservicetask.json'),
    join(folder, 'recorded/RetrieveMetadataChanges.queueitem.json'),
  ]
  for (const file of files) expect(seedFromFiles({ schemaFiles: [file] }).schema.tables().length).toBeGreaterThan(0)
})

test.skipIf(absent)(
  'the document of a whole cloud organisation loads in seconds and is served',
  async () => {
    const started = performance.now()
    const seed = seedFromFiles({ schemaFiles: [cloud] })
    // It takes about one; the limit leaves room for a machine that is busy with other things.
    expect(performance.now() - started).toBeLessThan(15_000)
    expect(seed.schema.tables().length).toBeGreaterThan(800)
    const ask = serve(seed)
    const at = (method: string, path: string, body?: object): ReturnType<typeof ask> =>
      ask(method, path, { ...asAdministrator, ...(body === undefined ? {} : { body }) })
    const created = await at('POST', 'accounts', { name: 'Contoso', revenue: 12.5 })
    expect(created.status).toBe(204)
    const found = await at(
      'GET',
      "accounts?$select=name,revenue&$filter=contains(name,'conto')&$expand=owninguser($select=fullname)",
    )
    expect(found.json.value).toMatchObject([{ name: 'Contoso', revenue: 12.5 }])
    expect((await at('GET', 'EntityDefinitions?$select=LogicalName')).json.value.length).toBe(
      seed.schema.tables().length,
    )
    expect((await at('GET', '$metadata')).text).toContain('<EntityType Name="msdyn_customerasset"')
  },
  60_000,
)

test.skipIf(absent)(
  'exported rows load with their links; what the index lists completes the schema',
  async () => {
    const seed = seedFromFiles({ schemaFiles: [cloud, ...definitionFiles()], rowsDirectory: join(folder, 'rows/edu') })
    const ask = serve(seed)
    const count = await ask('GET', 'contacts/$count', asAdministrator)
    expect(count.text.replace(/^\uFEFF/, '')).toBe('253')
    const { json } = await ask(
      'GET',
      'mshied_academicperioddetailses?$top=1&$select=mshied_name&$expand=mshied_academicperiodid($select=mshied_name)',
      asAdministrator,
    )
    expect(json.value[0].mshied_academicperiodid.mshied_name).toBeTypeOf('string')
    const linked = await ask(
      'GET',
      'contacts(8644c9e3-6ac6-e811-a984-000d3a1618d5)/mshied_contact_areaofinterest?$select=mshied_name',
      asAdministrator,
    )
    expect(linked.json.value).toHaveLength(3)
  },
  60_000,
)
