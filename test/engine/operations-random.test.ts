import { OutpostError } from '@outpost/core'
import type { ColumnValue, OfflineTransaction, Row, StoredRow } from '@outpost/core'
import { seededRandom } from '@outpost/core/testing'
import { expect, test } from 'vitest'
import { ACCOUNTS, differences, world } from './world.ts'
import type { Device, World } from './world.ts'

/*
 * Writes and operations in random order, with a master that refuses some of it and changes rows in between. Whatever was
 * done, the rows show the master's with what is unsent or kept on top, and nothing in the queue lacks a row it needs.
 */

const SEEDS = Number(process.env['OUTPOST_SEEDS'] ?? 15)
const STEPS = 30

test.each(Array.from({ length: SEEDS }, (_, n) => n + 1))(
  'seed %i: rows and queue agree after every step',
  async (seed) => {
    const run = await begin(seed)
    for (let step = 1; step <= STEPS; step += 1) {
      const name = run.pick(NAMES)
      run.log.push(name)
      try {
        await ACTIONS[name]?.(run)
      } catch (error) {
        if (!(error instanceof OutpostError) || !['refused', 'invalid'].includes(error.code)) throw error
        run.log.push(`  ${error.message}`)
      }
      expect({ log: run.log, wrong: await disagreements(run.device) }).toEqual({ log: run.log, wrong: [] })
    }
    await end(run)
  },
)

interface Run {
  readonly there: World
  readonly device: Device
  readonly taken: string
  readonly log: string[]
  readonly pick: <T>(of: readonly T[]) => T
  readonly chance: (part: number) => boolean
}

async function begin(seed: number): Promise<Run> {
  const there = world({ seed })
  const account = { ...ACCOUNTS.tables['account'], syncDeletion: true }
  const device = await there.device({ configuration: { tables: { ...ACCOUNTS.tables, account } } })
  await device.sync()
  const [holder] = await device.org.table('account').query({ where: 'accountnumber ne null', limit: 1 })
  const random = seededRandom(seed)
  return {
    there,
    device,
    taken: String(holder?.['accountnumber']),
    log: [],
    pick: (of) => of[Math.floor(random() * of.length)] as (typeof of)[number],
    chance: (part) => random() < part,
  }
}

const ACTIONS: Readonly<Record<string, (run: Run) => Promise<unknown>>> = {
  createAccount: async ({ device, taken, chance }) =>
    device.org.write((draft) => draft.create('account', { name: 'New', accountnumber: chance(0.3) ? taken : null })),
  createContact: async (run) => {
    const id = await someId(run, 'account')
    await run.device.org.write((draft) => draft.create('contact', { lastname: 'New', ...parent(id) }))
  },
  group: async (run) => {
    const id = await someId(run, 'account')
    await run.device.org.write((draft) => {
      const made = draft.create('account', {
        name: 'Grouped',
        ...(run.chance(0.3) ? { accountnumber: run.taken } : {}),
      })
      draft.create('contact', { lastname: 'Grouped', ...parent(made) })
      draft.update('account', id, { telephone1: String(run.log.length) })
    })
  },
  updateAccount: async (run) => {
    const id = await someId(run, 'account')
    const values = run.pick([
      { name: `N${run.log.length}` },
      { telephone1: '7' },
      { accountnumber: run.taken },
    ] as Row[])
    await run.device.org.write((draft) => draft.update('account', id, values), { coalesce: run.chance(0.5) })
  },
  updateContact: async (run) => {
    const [id, of] = [await someId(run, 'contact'), await someId(run, 'account')]
    const seqs = await allSeqs(run.device)
    const after = seqs.length > 0 && run.chance(0.3) ? [run.pick(seqs)] : []
    await run.device.org.write((draft) => draft.update('contact', id, parent(of)), { after })
  },
  deleteContact: async (run) => {
    const id = await someId(run, 'contact')
    await run.device.org.write((draft) => draft.delete('contact', id))
  },
  archive: async (run) => {
    const dependents = run.chance(0.6) ? 'archive' : 'refuse'
    const local = run.chance(0.5) ? 'keep' : 'revert'
    const seqs = await someSeqs(run)
    const preview = await run.device.org.outbox.dependents(seqs, { local })
    const archived = await run.device.org.outbox.archive(seqs, { dependents, local })
    const along = preview.filter(({ because }) => because === 'needs-row').map(({ seq }) => seq)
    expect(archived).toEqual([...new Set([...seqs, ...along])].toSorted((one, other) => one - other))
  },
  discard: async (run) =>
    run.device.org.outbox.discard(await someSeqs(run), { dependents: run.chance(0.6) ? 'discard' : 'refuse' }),
  revert: async (run) => {
    const table = run.pick(['account', 'contact'])
    const dependents = run.chance(0.6) ? 'archive' : 'refuse'
    await run.device.org.outbox.revert({ table, id: await someId(run, table) }, { dependents })
  },
  setPending: async (run) => run.device.org.outbox.setPending(await someSeqs(run)),
  setAllPending: async ({ device }) => device.org.outbox.setAllPending(),
  amend: async (run) => {
    const [seq = 0] = await someSeqs(run)
    const transaction = await run.device.org.outbox.get(seq)
    const change = run.pick(transaction?.changes ?? [])
    const values = run.pick([{ accountnumber: undefined }, { name: 'Amended' }, { telephone1: '9', name: undefined }])
    await run.device.org.outbox.amend(seq, change?.table === 'contact' ? { firstname: 'Amended' } : values, change)
  },
  push: async ({ device }) => device.org.push(),
  sync: async ({ device }) => device.sync(),
  masterEdits: async ({ there, pick, log }) => {
    const row = pick(there.emulator.master.rows('account'))
    there.emulator.master.update('account', row.id, { name: `Master ${log.length}`, revenue: log.length })
  },
}

/** Most of it is done without the network. */
const OFFLINE = Object.keys(ACTIONS).filter((name) => name !== 'push' && name !== 'sync')
const NAMES = [...OFFLINE, ...OFFLINE, ...OFFLINE, 'push', 'sync', 'push']

function parent(id: string): Row {
  return { parentcustomerid: id, parentcustomerid$table: 'account' }
}

/** Mostly one of a few rows, so that changes meet. */
async function someId(run: Run, table: string): Promise<string> {
  const unsent = (await run.device.store.read('some', (tx) => tx.bases(table))).map(({ id }) => id)
  if (unsent.length > 0 && run.chance(0.7)) return run.pick(unsent)
  const ids = [...(await run.device.rows(table)).keys()]
  return run.pick(ids.slice(0, 4))
}

async function allSeqs({ store }: Device): Promise<readonly number[]> {
  return (await store.read('some', (tx) => tx.findTransactions({}))).map(({ seq }) => seq)
}

async function someSeqs(run: Run): Promise<readonly number[]> {
  const all = await allSeqs(run.device)
  const seqs = all.length === 0 ? [99] : run.chance(0.3) ? [run.pick(all), run.pick(all)] : [run.pick(all)]
  run.log.push(`  #${seqs.join(' #')}`)
  return seqs
}

/** What does not fit together on the device, as lines. */
async function disagreements({ store }: Device): Promise<readonly string[]> {
  return store.read('check', async (tx) => {
    const found: string[] = []
    const all = await tx.findTransactions({})
    const shown = all.filter(({ status, kept }) => status === 'pending' || status === 'error' || kept)
    const changed = new Set(shown.flatMap(({ changes }) => changes.map(({ table, id }) => `${table}/${id}`)))
    for (const table of ['account', 'contact']) {
      const bases = await tx.bases(table)
      const based = new Set(bases.map(({ id }) => `${table}/${id}`))
      for (const key of changed) if (key.startsWith(table) && !based.has(key)) found.push(`${key} has no base`)
      for (const key of based) if (!changed.has(key)) found.push(`${key} has a base and no unsent change`)
      for (const base of bases) {
        const [row] = await tx.rows(table, [base.id])
        found.push(...wrongValues(table, base.values, row, all))
        if (row && base.values === null && !shown.some((one) => creates(one, table, row.id))) {
          found.push(`${table} ${row.id} is shown though nothing creates it`)
        }
      }
    }
    for (const transaction of all.filter(({ status }) => status === 'pending' || status === 'error')) {
      found.push(...missingParents(transaction, all))
    }
    return found
  })
}

function creates({ changes }: OfflineTransaction, table: string, id: string): boolean {
  return changes.some((change) => change.kind === 'create' && change.table === table && change.id === id)
}

/** A column shows the last unsent or kept value of it, or the master's; a kept one gives way to what was delivered later. */
function wrongValues(
  table: string,
  base: Row | null,
  row: StoredRow | undefined,
  all: readonly OfflineTransaction[],
): readonly string[] {
  if (!row) return []
  const wanted: Record<string, ColumnValue> = { ...base }
  for (const transaction of all.filter(({ status, kept }) => status === 'pending' || status === 'error' || kept)) {
    for (const [name, value] of written(transaction, table, row.id)) {
      const newer = all.some(
        (other) =>
          isDelivered(other) &&
          other.seq > transaction.seq &&
          other.changes.some((change) => change.kind === 'update' && change.id === row.id && name in change.values),
      )
      if (!transaction.kept || !newer) wanted[name] = value
    }
  }
  const wrong = Object.keys(row.values).filter((name) => name in wanted && wanted[name] !== row.values[name])
  return wrong.map((name) => `${table} ${row.id} ${name} is ${String(row.values[name])}, not ${String(wanted[name])}`)
}

function isDelivered({ history }: OfflineTransaction): boolean {
  return history.some(({ event }) => event === 'delivered')
}

function written({ changes }: OfflineTransaction, table: string, id: string): readonly [string, ColumnValue][] {
  return changes.flatMap((change) =>
    change.table === table && change.id === id && 'values' in change ? Object.entries(change.values) : [],
  )
}

function missingParents(transaction: OfflineTransaction, all: readonly OfflineTransaction[]): readonly string[] {
  return transaction.changes.flatMap((change) => {
    const of = change.kind === 'create' || change.kind === 'update' ? change.values['parentcustomerid'] : null
    if (typeof of !== 'string') return []
    const makers = all.filter((other) => creates(other, 'account', of))
    const maker = makers.find(({ status }) => status !== 'archived') ?? makers[0]
    if (!maker || isDelivered(maker) || maker.seq === transaction.seq) return []
    if (maker.status === 'archived') return [`#${transaction.seq} needs a row of #${maker.seq}, which is archived`]
    return transaction.dependsOn.includes(maker.seq) ? [] : [`#${transaction.seq} does not wait for #${maker.seq}`]
  })
}

/** Everything that is left is put away: then the device has what the master has. */
async function end({ device, there, log }: Run): Promise<void> {
  await device.sync()
  const left = await device.store.read('left', (tx) => tx.findTransactions({}))
  const shown = left.filter(({ status, kept }) => status === 'pending' || status === 'error' || kept)
  await device.org.outbox.archive(
    shown.map(({ seq }) => seq),
    { dependents: 'archive' },
  )
  await device.sync()
  expect({ log, wrong: await differences(there, device) }).toEqual({ log, wrong: [] })
  expect(
    await device.store.read('bases', async (tx) => [...(await tx.bases('account')), ...(await tx.bases('contact'))]),
  ).toEqual([])
}
