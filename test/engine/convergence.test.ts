import { OutpostError } from '@outpost/core'
import { seededRandom } from '@outpost/core/testing'
import type { Fault } from '@outpost/dataverse-emulator'
import { expect, test } from 'vitest'
import { differences, world } from './world.ts'
import type { Device, World } from './world.ts'

/*
 * Invariant I3: when faults stop and errors are resolved, the client org holds what the master holds. Each run draws local
 * writes, master changes, syncs, crashes and network faults from its seed; a failing run names the seed.
 */

const RUNS = 40
const STEPS = 40

const CONFIGURATION = {
  tables: {
    account: {
      columns: ['name', 'telephone1', 'revenue', 'primarycontactid'],
      syncDeletion: true,
      indexes: [['name']],
    },
    contact: { columns: ['firstname', 'lastname', 'fullname', 'parentcustomerid'], syncDeletion: true },
  },
}

const FAULTS: readonly Fault[] = [
  { kind: 'dropBeforeCommit' },
  { kind: 'dropAfterCommit' },
  { kind: 'cutBodyAt', bytes: 40 },
  { kind: 'truncateJson' },
  { kind: 'captivePortal' },
  { kind: 'status', status: 503, body: 'html' },
  { kind: 'status', status: 429, retryAfter: 2, body: 'json' },
  { kind: 'rejectToken' },
]

test.each(Array.from({ length: RUNS }, (_, index) => [index + 1]))('seed %i converges', async (seed) => {
  const there = world({ rows: 120, seed })
  const random = seededRandom(seed)
  const pick = <T>(values: readonly T[]): T => {
    const value = values[Math.floor(random() * values.length)]
    if (value === undefined) throw new Error('nothing to pick from')
    return value
  }
  let device = await there.device({ configuration: CONFIGURATION, pageSize: 25 })
  for (let step = 0; step < STEPS; step += 1) {
    const chance = random()
    if (chance < 0.3) await localWrite(device, pick, random)
    else if (chance < 0.36) await decision(device, pick, random)
    else if (chance < 0.6) masterChange(there, pick, random)
    else if (chance < 0.75) there.emulator.faults.add({ nth: 1 + Math.floor(random() * 3), fault: pick(FAULTS) })
    else if (chance < 0.8) device = await device.crash()
    else await attempt(there, device)
  }
  there.emulator.faults.clear()
  await there.env.advance(600_000)
  await attempt(there, device)
  // Archiving one transaction frees those behind it, which may be refused in their turn.
  for (let failed = await device.org.outbox.list(); failed.length > 0; failed = await device.org.outbox.list()) {
    const seqs = failed.map(({ seq }) => seq)
    await device.org.outbox.archive(seqs, { dependents: 'archive' })
    await attempt(there, device)
  }
  await device.sync()
  expect({ seed, differences: await differences(there, device) }).toEqual({ seed, differences: [] })
  expect(await device.org.outbox.counts()).toMatchObject({ pending: 0, error: 0 })
})

type Pick = <T>(values: readonly T[]) => T

async function localWrite(device: Device, pick: Pick, random: () => number): Promise<void> {
  const accounts = [...(await device.rows('account')).keys()]
  const contacts = [...(await device.rows('contact')).keys()]
  const name = `Local ${Math.floor(random() * 1e6)}`
  const kind = random()
  await device.org.write((draft) => {
    if (kind < 0.3) {
      const parent = draft.create('account', { name, revenue: Math.round(random() * 1e7) / 1000 })
      if (random() < 0.5)
        draft.create('contact', { lastname: name, parentcustomerid: parent, parentcustomerid$table: 'account' })
    } else if (accounts.length > 0 && contacts.length > 0 && kind < 0.4) {
      draft.update('contact', pick(contacts), { parentcustomerid: pick(accounts), parentcustomerid$table: 'account' })
      draft.update('account', pick(accounts), { telephone1: name })
    } else if (accounts.length > 0 && kind < 0.7)
      draft.update('account', pick(accounts), { [pick(['name', 'telephone1'])]: name })
    else if (contacts.length > 0 && kind < 0.9)
      draft.update('contact', pick(contacts), { [pick(['firstname', 'lastname'])]: name })
    else if (contacts.length > 0) draft.delete('contact', pick(contacts))
  })
}

/** What a person may do with the outbox; what is not allowed at the moment must be refused with an error of ours. */
async function decision(device: Device, pick: Pick, random: () => number): Promise<void> {
  const all = await device.org.outbox.list({ statuses: 'all' })
  if (all.length === 0) return
  const { seq } = pick(all)
  const { outbox } = device.org
  const chosen = random() < 0.5 ? outbox.archive([seq], { dependents: 'archive' }) : outbox.setPending([seq])
  const failure = await chosen.then(
    () => null,
    (error: unknown) => error,
  )
  if (failure !== null) expect((failure as OutpostError).code).toBe('refused')
}

function masterChange({ emulator }: World, pick: Pick, random: () => number): void {
  const table = pick(['account', 'contact'] as const)
  const rows = emulator.master.rows(table)
  const name = `Master ${Math.floor(random() * 1e6)}`
  const kind = random()
  const column = table === 'account' ? pick(['name', 'telephone1']) : pick(['firstname', 'lastname'])
  if (kind < 0.25) emulator.master.create(table, table === 'account' ? { name } : { lastname: name })
  else if (rows.length === 0) return
  else if (kind < 0.75) emulator.master.update(table, pick(rows).id, { [column]: name })
  else if (kind < 0.85) emulator.master.touch(table, pick(rows).id)
  else if (table === 'contact') emulator.master.remove(table, pick(rows).id)
}

/** Syncs through whatever goes wrong on the way; what goes wrong must be an error of ours. */
async function attempt(there: World, device: Device): Promise<void> {
  for (let tries = 0; tries < 3; tries += 1) {
    const failure = await device.sync().then(
      () => null,
      (error: unknown) => error,
    )
    if (failure === null) return
    expect(failure).toBeInstanceOf(OutpostError)
    expect(['offline', 'protocol', 'unavailable', 'throttled', 'unauthenticated']).toContain(
      (failure as OutpostError).code,
    )
    await there.env.advance(200_000)
  }
}
