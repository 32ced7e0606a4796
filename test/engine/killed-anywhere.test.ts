import { memoryStore, MemoryDatabase } from '@outpost/core/memory'
import { faultyStore } from '@outpost/core/testing'
import type { FaultPoint } from '@outpost/core/testing'
import { ClientOrg } from '@outpost/core'
import { expect, test } from 'vitest'
import { knownMetadata } from './known-metadata.ts'
import { ACCOUNTS, administrator, differences, world } from './world.ts'
import type { Device, World } from './world.ts'

/*
 * Invariants I1 and I2 across crashes: the same day's work is done again and again, and each time the device dies at
 * another commit of its store, once just before it and once just after.
 */

const CONFIGURATION = {
  tables: {
    account: { ...ACCOUNTS.tables['account'], syncDeletion: true },
    contact: { ...ACCOUNTS.tables['contact'], syncDeletion: true },
  },
}

interface Step {
  readonly run: (org: ClientOrg, there: World) => Promise<unknown>
  /** Whether the step's work is there, so that it must not be done twice. */
  readonly done?: (org: ClientOrg) => Promise<boolean>
}

const PARENT = '0f0f0f0f-0000-4000-8000-000000000001'

const DAY: readonly Step[] = [
  { run: (org) => org.connect() },
  { run: (org) => org.configure(CONFIGURATION) },
  { run: (org) => org.sync() },
  {
    run: (org) =>
      org.write((draft) => {
        draft.create('account', { name: 'Made offline' }, PARENT)
        draft.create('contact', { lastname: 'Child', parentcustomerid: PARENT, parentcustomerid$table: 'account' })
      }),
    done: async (org) => (await org.table('account').get(PARENT)) !== undefined,
  },
  {
    run: (org) => org.write((draft) => draft.update('account', PARENT, { telephone1: '42' })),
    done: async (org) => (await org.table('account').get(PARENT))?.['telephone1'] === '42',
  },
  { run: (org) => org.push() },
  {
    run: (_, { emulator }) => {
      const [row] = emulator.master.rows('contact')
      if (row) emulator.master.update('contact', row.id, { firstname: 'Changed there' })
      return Promise.resolve()
    },
  },
  { run: (org) => org.sync() },
  { run: (org) => org.sync() },
]

test.each<['commit' | 'acknowledge', string]>([
  ['commit', 'before'],
  ['acknowledge', 'behind'],
])(
  'a device that dies at any commit (%s: just %s it) loses nothing and doubles nothing',
  async (at) => {
    const writes = await live(at, null)
    expect(writes).toBeGreaterThan(10)
    for (let kill = 0; kill < writes; kill += 1) await live(at, kill)
  },
  180_000,
)

/** Lives through the day, dying at the given write; gives back how many writes there were. */
async function live(at: FaultPoint, kill: number | null): Promise<number> {
  const there = world({ rows: 200 })
  const database = new MemoryDatabase()
  let store = faultyStore(memoryStore({ database }), kill === null ? [] : [{ at, skip: kill }])
  const writes = (): number => store.begun.filter((name) => name.startsWith('write')).length
  const open = (): Promise<ClientOrg> => {
    const master = knownMetadata(there.master(), there.emulator, administrator(there.emulator))
    return ClientOrg.open({ store, master, env: there.env, delivery: 'on-demand', pageSize: 20 })
  }
  let org: ClientOrg | null = null
  for (const step of DAY) {
    try {
      org ??= await open()
      await step.run(org, there)
    } catch (error) {
      if (store.strikes === 0) throw error
      database.crash()
      store = faultyStore(memoryStore({ database }))
      org = await open()
      if (!(await step.done?.(org))) await step.run(org, there)
    }
  }
  if (!org) throw new Error('the day has steps')
  expect({ kill, counts: await org.outbox.counts() }).toMatchObject({ counts: { pending: 0, error: 0, processed: 2 } })
  const made = there.emulator.master.rows('contact').filter((row) => row.values['lastname'] === 'Child')
  expect({
    kill,
    parents: there.emulator.master.row('account', PARENT)?.values['telephone1'],
    children: made.length,
  }).toEqual({
    kill,
    parents: '42',
    children: 1,
  })
  const rows: Device['rows'] = async (table) =>
    new Map((await store.read('compare', (tx) => tx.scan(table, {}))).map((row) => [row.id, row.values]))
  expect({ kill, differences: await differences(there, { org, rows }) }).toEqual({ kill, differences: [] })
  return writes()
}
