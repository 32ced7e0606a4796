import { ClientOrg } from '@outpost/core'
import type { Configuration, MasterOrg } from '@outpost/core'
import { memoryStore, MemoryDatabase } from '@outpost/core/memory'
import { faultyStore } from '@outpost/core/testing'
import type { StoreFault } from '@outpost/core/testing'
import { expect, test } from 'vitest'
import { world } from './world.ts'
import type { World } from './world.ts'

/*
 * Rows are deleted, changed and made on the master while some of them have unsent changes here, and each time the sync that
 * is to find it dies at another commit or request. One sync afterwards both agree, and nothing unsent is lost.
 */

const account = { columns: ['name', 'telephone1'], uploadFilter: "not startswith(telephone1,'draft')" }
const WAYS: readonly (readonly [string, Configuration])[] = [
  ['comparison', { tables: { account: { ...account, syncDeletion: true } } }],
  ['changes', { tables: { account: { ...account, changeTracking: true } } }],
  [
    'tracking',
    {
      tables: { account: { ...account, tracking: { deletes: true } }, resco_mobiletracking: {} },
      mobileTracking: 'resco_mobiletracking',
    },
  ],
]

interface Site {
  readonly there: World
  readonly database: MemoryDatabase
}

interface Opened {
  readonly org: ClientOrg
  readonly writes: () => number
}

type Through = (master: MasterOrg) => MasterOrg

async function opened(
  { there, database }: Site,
  faults: readonly StoreFault[] = [],
  through: Through = (master) => master,
): Promise<Opened> {
  database.crash()
  const store = faultyStore(memoryStore({ database }), faults)
  const master = through(there.master())
  return {
    org: await ClientOrg.open({ store, master, env: there.env, delivery: 'on-demand', pageSize: 7 }),
    writes: () => store.begun.filter((name) => name.startsWith('write')).length,
  }
}

/** Aborts with the nth question to the master. */
function abortingAt(nth: number, controller: AbortController): Through {
  let asked = 0
  return (master) =>
    new Proxy(master, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name)
        if (typeof value !== 'function') return value
        return (...given: unknown[]): unknown => {
          asked += 1
          if (asked === nth) queueMicrotask(() => controller.abort())
          return Reflect.apply(value, target, given)
        }
      },
    })
}

interface Death {
  readonly faults?: readonly StoreFault[]
  /** The request that is not answered. */
  readonly dropped?: number
  readonly aborted?: number
}

/** Two rows with drafts, of which the first is deleted on the master, and much else that happens there. */
async function upset(site: Site): Promise<readonly [string, string]> {
  const { env, emulator } = site.there
  const ids = Array.from({ length: 10 }, (_, nth) => emulator.master.create('account', { name: `Row ${nth}` }))
  const [first = '', second = '', sent = '', changed = ''] = ids
  await env.advance(3_600_000)
  const { org } = await opened(site)
  await org.sync()
  for (const id of [first, second])
    await org.write((draft) => draft.update('account', id, { telephone1: `draft ${id}` }))
  await org.write((draft) => draft.update('account', sent, { telephone1: 'mine' }))
  await org.close()
  for (const id of [first, ...ids.slice(5)]) emulator.master.remove('account', id)
  for (const id of [second, sent, changed]) emulator.master.update('account', id, { name: 'Changed there' })
  for (let nth = 0; nth < 9; nth += 1) emulator.master.create('account', { name: `New ${nth}` })
  await env.advance(3_600_000)
  return [first, second]
}

async function live(site: Site, death: Death): Promise<{ readonly commits: number; readonly died: boolean }> {
  const drafts = await upset(site)
  const { emulator } = site.there
  const controller = new AbortController()
  if (death.dropped !== undefined) emulator.faults.add({ nth: death.dropped, fault: { kind: 'dropBeforeCommit' } })
  let device: Opened | undefined
  const went = await opened(site, death.faults, abortingAt(death.aborted ?? 0, controller))
    .then(async (found) => {
      device = found
      return (await found.org.sync({ signal: controller.signal })).tables['account']?.error === undefined
    })
    .catch(() => false)
  const commits = device?.writes() ?? 0
  emulator.faults.clear()

  const { org } = await opened(site)
  await org.sync()
  const rows = await org.table('account').query({})
  const shown = rows.map((row) => [row['accountid'], row['name'], row['telephone1']].join()).toSorted()
  const wanted = [...emulator.master.rows('account')].map(({ id, values }) =>
    [id, values['name'], drafts.includes(id) ? `draft ${id}` : values['telephone1']].join(),
  )
  wanted.push([drafts[0], 'Row 0', `draft ${drafts[0]}`].join())
  expect({ death, shown }).toEqual({ death, shown: wanted.toSorted() })
  const marked = (await org.quarantined('account')).map(({ id, reason }) => [id, reason])
  expect({ death, marked }).toEqual({ death, marked: [[drafts[0], 'deleted']] })
  expect(await org.outbox.counts()).toMatchObject({ pending: 2, error: 0 })

  // Once the drafts are given up, the deleted row goes.
  await org.outbox.archive((await org.outbox.list({ statuses: ['pending'] })).map(({ seq }) => seq))
  await org.sync()
  expect([await org.quarantined(), await org.table('account').get(drafts[0])]).toEqual([[], undefined])
  await org.close()
  return { commits, died: !went }
}

test.each(WAYS)(
  'deletions are found by %s, wherever the device dies or a request ends',
  async (_way, configuration) => {
    const site = { there: world({ rows: 200 }), database: new MemoryDatabase() }
    const { org } = await opened(site)
    await org.connect()
    await org.configure(configuration)
    await org.sync()
    await org.sync()
    await org.close()
    const { commits } = await live(site, {})
    let deaths = 0
    for (let skip = 0; skip < commits; skip += 1) {
      for (const at of ['commit', 'acknowledge'] as const)
        deaths += (await live(site, { faults: [{ at, skip }] })).died ? 1 : 0
    }
    expect(deaths).toBe(2 * commits)
    let ends = 0
    for (let nth = 1; nth <= 10; nth += 1) {
      ends += (await live(site, { dropped: nth })).died ? 1 : 0
      ends += (await live(site, { aborted: nth })).died ? 1 : 0
    }
    expect(ends).toBeGreaterThan(10)
  },
)
