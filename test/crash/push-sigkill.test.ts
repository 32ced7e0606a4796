import { spawn } from 'node:child_process'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ClientOrg } from '@outpost/core'
import type { Draft, MasterOrg, Row, Store } from '@outpost/core'
import { manualEnv } from '@outpost/core/testing'
import { dataverseMaster } from '@outpost/dataverse-adapter'
import { createEmulator, fieldService } from '@outpost/dataverse-emulator'
import type { Emulator } from '@outpost/dataverse-emulator'
import { serve } from '@outpost/dataverse-emulator/server'
import { openSqliteStore } from '@outpost/store-sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { administrator, differences } from '../engine/world.ts'
import { KEPT } from '../properties/model-tables.ts'
import { bundled } from './bundled.ts'

/*
 * Invariants I1 and I2 on a real disk: a program that pushes a queue of every kind of write is killed between any two
 * commits of its store. Whoever opens the file next finds everything, and sends nothing twice.
 */

interface Ground {
  readonly emulator: Emulator
  readonly program: string
  readonly folder: string
  readonly url: string
  readonly token: string
  /** By row key: how many requests changed the row since the last look. */
  effects(): Readonly<Record<string, number>>
  /** The queue as it was before the first push, and the master as it was then. */
  begin(name: string): string
}

async function ground(): Promise<Ground> {
  const folder = mkdtempSync(join(tmpdir(), 'outpost-push-'))
  const emulator = createEmulator({
    seed: fieldService({ rows: 200 }),
    limits: { serviceProtection: false },
    tokenLifetimeMs: 365 * 86_400_000,
  })
  emulator.operations.register({
    name: 'new_Stamp',
    kind: 'action',
    binding: { to: 'row', table: 'account' },
    parameters: {},
    run: ({ row, service }) => {
      const before = row?.values['description']
      service.update('account', row?.id ?? '', { description: `${typeof before === 'string' ? before : ''}<stamp>` })
    },
  })
  const template = join(folder, 'template.db')
  const clashing = await writeQueue(emulator, template)
  const backup = emulator.backup()
  const counts = new Map<string, number>()
  const served = await serve({
    ...emulator,
    exchange: async (request) => {
      const before = versions(emulator)
      const answer = await emulator.exchange(request)
      for (const [key, version] of versions(emulator))
        if (before.get(key) !== version) counts.set(key, (counts.get(key) ?? 0) + 1)
      for (const key of before.keys()) if (!versions(emulator).has(key)) counts.set(key, (counts.get(key) ?? 0) + 1)
      return answer
    },
  })
  onTestFinished(async () => {
    await served.close()
    rmSync(folder, { recursive: true })
  })
  expect(clashing).toBeGreaterThan(0)
  return {
    emulator,
    program: await bundled(new URL('pushing-program.ts', import.meta.url), folder),
    folder,
    url: served.url,
    token: emulator.tokenFor(administrator(emulator)),
    effects: () => Object.fromEntries([...counts].toSorted(([one], [other]) => (one < other ? -1 : 1))),
    begin: (name) => {
      emulator.restoreBackup(backup)
      counts.clear()
      const path = join(folder, `${name}.db`)
      copyFileSync(template, path)
      return path
    },
  }
}

/** The versions of the rows by row key; a link has an id of the master's own, and goes by its ends. */
function versions({ master }: Emulator): ReadonlyMap<string, bigint> {
  const links = master.rows('new_skill_bookableresource')
  return new Map([
    ...['account', 'contact'].flatMap((table) =>
      master.rows(table).map(({ id, version }) => [`${table}/${id}`, version] as const),
    ),
    ...links.map(
      ({ values, version }) =>
        [`${String(values['new_skillid'])}:${String(values['bookableresourceid'])}`, version] as const,
    ),
  ])
}

async function opened(
  emulator: Emulator,
  path: string,
  url: string = emulator.root,
): Promise<{ readonly org: ClientOrg; readonly store: Store; readonly close: () => Promise<void> }> {
  const store = await openSqliteStore({ path })
  // Later than anything the killed program can have put off.
  const env = manualEnv({ now: Date.now() + 3_600_000 })
  const master: MasterOrg = dataverseMaster({
    url,
    token: () => Promise.resolve(emulator.tokenFor(administrator(emulator))),
    ...(url === emulator.root ? { fetch: emulator.fetch } : {}),
    env,
  })
  const org = await ClientOrg.open({ store, master, env, delivery: 'on-demand' })
  const close = async (): Promise<void> => {
    await org.close()
    await store.close()
  }
  return { org, store, close }
}

/** A queue with a write of every kind, one that is refused and one that is stale. Gives back the seq that is refused. */
async function writeQueue(emulator: Emulator, path: string): Promise<number> {
  const { master } = emulator
  const taken = master.create('account', { name: 'Taken', accountnumber: 'TAKEN' })
  const [changed, stale, stamped] = [1, 2, 3].map((n) => master.create('account', { name: `Account ${n}` }))
  const doomed = master.create('contact', { lastname: 'Doomed' })
  const skill = master.create('new_skill', { new_name: 'Welding' })
  const resource = master.create('bookableresource', { name: 'Somebody' })
  if (!changed || !stale || !stamped) throw new Error('three were made')
  const { org, close } = await opened(emulator, path)
  await org.connect()
  await org.configure(KEPT)
  await org.sync()

  const write = async (body: (draft: Draft) => unknown): Promise<number> =>
    Number((await org.write(body, { coalesce: false })).seq)
  let parent = ''
  await write((draft) => (parent = draft.create('account', { name: 'Made offline' })))
  await write((draft) =>
    draft.create('contact', { lastname: 'Child', parentcustomerid: parent, parentcustomerid$table: 'account' }),
  )
  await write((draft) => draft.update('account', parent, { telephone1: '1' }))
  await write((draft) => draft.update('account', changed, { telephone1: '2' }))
  await write((draft) => draft.update('account', changed, { telephone1: '3' }))
  await write((draft) => draft.delete('contact', doomed))
  await write((draft) =>
    draft.associate(
      'new_Skill_BookableResource',
      { table: 'new_skill', id: skill },
      { table: 'bookableresource', id: resource },
    ),
  )
  await write((draft) => {
    const head = draft.create('account', { name: 'Group' })
    draft.create('contact', { lastname: 'Grouped', parentcustomerid: head, parentcustomerid$table: 'account' })
    draft.update('account', changed, { name: 'Renamed with the group' })
  })
  await write((draft) => {
    const one = draft.create('account', { name: 'Circle' })
    const other = draft.create('contact', {
      lastname: 'Circle',
      parentcustomerid: one,
      parentcustomerid$table: 'account',
    })
    draft.update('account', one, { primarycontactid: other })
  })
  await write((draft) =>
    draft.action('new_Stamp', {
      on: { table: 'account', id: stamped },
      bound: true,
      happened: "contains(description,'<stamp>')",
    }),
  )
  const refused = await write((draft) => draft.create('account', { name: 'Refused', accountnumber: 'TAKEN' }))
  await write((draft) => draft.update('account', stale, { telephone1: 'stale' }))
  await write((draft) => draft.update('account', taken, { telephone1: 'last' }))
  await close()
  master.update('account', stale, { name: 'Changed there' })
  return refused
}

/** Pushes in a process of its own, which dies as told. Gives back how many commits there were where it lives. */
async function pushAndDie({ program, url, token }: Ground, path: string, point: string, nth: number): Promise<number> {
  const child = spawn(process.execPath, [program, path, url, token, point, String(nth)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  const signal = await new Promise<string | null>((resolve) => child.once('close', (_code, by) => resolve(by)))
  if (nth > 0) expect({ point, nth, signal }).toEqual({ point, nth, signal: 'SIGKILL' })
  return Number(output)
}

interface End {
  readonly statuses: readonly string[]
  readonly effects: Readonly<Record<string, number>>
  readonly rows: readonly Row[]
  readonly differences: readonly string[]
}

/** Opens the file, sends what is left, and looks at both sides. */
async function drained(there: Ground, path: string): Promise<End> {
  const { org, store, close } = await opened(there.emulator, path, there.url)
  await org.push()
  const transactions = await org.outbox.list({ statuses: 'all' })
  const effects = there.effects()
  for (const { seq } of await org.outbox.list()) await org.outbox.archive([seq])
  await org.sync()
  const rows = async (table: string): Promise<ReadonlyMap<string, Row>> =>
    new Map((await store.read('compare', (tx) => tx.scan(table, {}))).map((row) => [row.id, row.values]))
  const found = await differences(there, { org, rows })
  await close()
  return {
    statuses: transactions.map(({ seq, status, outcome }) => `#${seq} ${status} ${outcome}`),
    effects,
    rows: there.emulator.master.rows('account').map(({ values }) => ({
      name: String(values['name']),
      phone: String(values['telephone1']),
      text: String(values['description']),
    })),
    differences: found,
  }
}

test('a push that is killed between any two commits, once or twice, loses nothing and doubles nothing', async () => {
  const there = await ground()
  const calm = there.begin('calm')
  const commits = await pushAndDie(there, calm, 'never', 0)
  const expected = await drained(there, calm)
  expect(commits).toBeGreaterThan(5)
  expect(expected.differences).toEqual([])
  expect(expected.statuses.filter((line) => line.endsWith('processed known'))).toHaveLength(12)
  expect(expected.statuses.filter((line) => line.endsWith('error known'))).toHaveLength(1)

  for (const point of ['within', 'behind']) {
    for (let nth = 1; nth <= commits; nth += 1) {
      const once = there.begin(`${point}-${nth}`)
      await pushAndDie(there, once, point, nth)
      expect({ point, nth, ...(await drained(there, once)) }).toEqual({ point, nth, ...expected })
    }
  }
  for (let nth = 1; nth < commits; nth += 1) {
    const twice = there.begin(`twice-${nth}`)
    await pushAndDie(there, twice, 'within', nth)
    // The second dies at its first commits: the end of the first life's work is what it begins with.
    await pushAndDie(there, twice, nth % 2 === 0 ? 'within' : 'behind', 1 + (nth % 3))
    expect({ twice, ...(await drained(there, twice)) }).toEqual({ twice, ...expected })
  }
}, 300_000)
