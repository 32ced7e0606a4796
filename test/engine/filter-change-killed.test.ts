import { ClientOrg } from '@outpost/core'
import type { Configuration } from '@outpost/core'
import { memoryStore, MemoryDatabase } from '@outpost/core/memory'
import { faultyStore } from '@outpost/core/testing'
import type { StoreFault } from '@outpost/core/testing'
import { expect, test } from 'vitest'
import { world } from './world.ts'
import type { World } from './world.ts'

/*
 * A filter is changed to and fro, with unsent changes in rows that leave, and each time the process dies at another commit
 * or request. One sync afterwards, the rows are those of the new filter, and no unsent change is lost.
 */

const [LEAVES, STAYS] = [5, 45]
const filtered = (from: number, until: number): Configuration => ({
  tables: {
    account: {
      columns: ['name', 'numberofemployees', 'telephone1'],
      syncFilter: `startswith(name,'Company ') and numberofemployees ge ${from} and numberofemployees lt ${until}`,
      uploadFilter: "not startswith(telephone1,'draft')",
    },
  },
})
const FILTERS = [filtered(0, 50), filtered(40, 100)] as const

interface Site {
  readonly there: World
  readonly database: MemoryDatabase
  readonly ids: readonly string[]
}

async function opened({ there, database }: Site, faults: readonly StoreFault[] = []): Promise<Opened> {
  database.crash()
  const store = faultyStore(memoryStore({ database }), faults)
  const given = { store, master: there.master(), env: there.env, delivery: 'on-demand', pageSize: 20 } as const
  return {
    org: await ClientOrg.open(given),
    writes: () => store.begun.filter((name) => name.startsWith('write')).length,
  }
}

interface Opened {
  readonly org: ClientOrg
  readonly writes: () => number
}

async function site(): Promise<Site> {
  const there = world({ rows: 200 })
  const ids = Array.from({ length: 100 }, (_, count) =>
    there.emulator.master.create('account', { name: `Company ${count}`, numberofemployees: count }),
  )
  const made = { there, database: new MemoryDatabase(), ids }
  const { org } = await opened(made)
  await org.connect()
  await org.configure(FILTERS[0])
  await org.sync()
  for (const at of [LEAVES, STAYS])
    await org.write((draft) => draft.update('account', ids[at] ?? '', { telephone1: `draft ${at}` }))
  await org.close()
  return made
}

interface Changed {
  readonly commits: number
  readonly died: boolean
}

/** Changes to a filter, dying as told, and then goes on. */
async function change(here: Site, to: 0 | 1, faults: readonly StoreFault[]): Promise<Changed> {
  let device: Opened | undefined
  const went = await opened(here, faults)
    .then(async (found) => {
      device = found
      await found.org.configure(FILTERS[to])
      return (await found.org.sync()).tables['account']?.error === undefined
    })
    .catch(() => false)
  const count = device?.writes() ?? 0
  here.there.emulator.faults.clear()
  const after = (await opened(here)).org
  if (JSON.stringify(after.configuration) !== JSON.stringify(FILTERS[to])) await after.configure(FILTERS[to])
  await after.sync()
  const rows = await after.table('account').query({})
  const found = rows.map((row) => here.ids.indexOf(String(row['accountid']))).toSorted((one, other) => one - other)
  const [from, until] = to === 0 ? [0, 50] : [40, 100]
  const wanted = here.ids.map((_, at) => at).filter((at) => (at >= from && at < until) || at === LEAVES)
  expect({ to, faults, found }).toEqual({ to, faults, found: wanted })
  for (const at of [LEAVES, STAYS])
    expect(rows.find((row) => row['accountid'] === here.ids[at])?.['telephone1']).toBe(`draft ${at}`)
  const left = (await after.quarantined('account')).map(({ id, reason }) => [here.ids.indexOf(id), reason])
  expect(left).toEqual(to === 0 ? [] : [[LEAVES, 'left-scope']])
  expect(await after.outbox.counts()).toMatchObject({ pending: 2, error: 0 })
  await after.close()
  return { commits: count, died: !went }
}

test.each<['commit' | 'acknowledge', 0 | 1]>([
  ['commit', 1],
  ['acknowledge', 0],
])('a change of filter that dies at any commit (%s) is made good', async (at, to) => {
  const here = await site()
  const back = to === 1 ? 0 : 1
  if (to === 0) await change(here, 1, [])
  const { commits } = await change(here, to, [])
  let deaths = 0
  for (let skip = 0; skip < commits; skip += 1) {
    await change(here, back, [])
    deaths += (await change(here, to, [{ at, skip }])).died ? 1 : 0
  }
  expect(deaths).toBeGreaterThan(4)
})

test('a change of filter that dies at any request is made good', async () => {
  const here = await site()
  let deaths = 0
  for (let nth = 1; nth <= 8; nth += 1) {
    here.there.emulator.faults.add({ nth, fault: { kind: 'dropBeforeCommit' } })
    deaths += (await change(here, nth % 2 === 1 ? 1 : 0, [])).died ? 1 : 0
  }
  expect(deaths).toBeGreaterThan(2)
})
