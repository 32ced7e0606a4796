import { OutpostError } from '@outpost/core'
import { convergence } from './checks/i3-convergence.ts'
import type { Problem } from './checks/problem.ts'
import type { Device } from './device.ts'
import { outcomeOf } from './steps/outcome.ts'
import type { World } from './world.ts'

const MINUTE_MS = 60_000

/** Longer than any claim, any back-off and any interval at which rows are compared. */
const LATER_MS = 2 * 60 * MINUTE_MS

/** In how many rounds of syncs everything must have drained. */
const ROUNDS = 12

/** Nothing goes wrong any more: everything is delivered or in error, and devices have what the master has. */
export async function becomesQuiet(world: World, tell: (words: string) => void): Promise<readonly Problem[]> {
  const { emulator, time, devices } = world
  emulator.mutateBetweenPages(undefined)
  emulator.settle()
  emulator.faults.clear()
  for (const device of devices) {
    device.line.clear()
    device.line.lasting(undefined)
    device.store.heal()
  }
  await time.advance(15 * MINUTE_MS)
  for (const device of devices) await drains(world, device, tell)
  for (const device of devices) await putsAway(world, device, tell)
  await time.advance(LATER_MS)
  for (const device of devices) await syncs(world, device, tell)
  const problems: Problem[] = []
  for (const device of devices) {
    const { pending, error } = await world.time.until(device.org.outbox.counts())
    if (pending + error > 0)
      problems.push({
        check: 'liveness',
        words: `device ${device.number}: ${pending} transactions are pending, ${error} in error`,
      })
  }
  if (problems.length > 0) return problems
  for (const device of devices) {
    // Twice: what another device has just sent.
    await syncs(world, device, tell)
    problems.push(...(await convergence(world, device)))
  }
  return problems
}

/** Syncs until nothing more can be sent. */
async function drains(world: World, device: Device, tell: (words: string) => void): Promise<void> {
  for (let round = 0; round < ROUNDS; round += 1) {
    await syncs(world, device, tell)
    const open = await device.org.outbox.list({ statuses: ['pending'], limit: 1000 })
    if (!open.some(({ reason }) => WAITS.includes(reason?.kind ?? ''))) return
    await world.time.advance(15 * MINUTE_MS)
  }
}

const WAITS: readonly string[] = ['ready', 'verifying', 'backing-off', 'in-flight', 'waiting-for-sign-in']

/** What the master refused is put away, with what depends on it. */
async function putsAway(world: World, device: Device, tell: (words: string) => void): Promise<void> {
  for (let round = 0; round < ROUNDS; round += 1) {
    const failed = await device.org.outbox.list()
    if (failed.length === 0) return
    const seqs = failed.map(({ seq }) => seq)
    tell(
      `device ${device.number} archives ${failed.map(({ seq, lastError }) => `#${seq} ${lastError?.rejection ?? lastError?.code}: ${lastError?.message}`).join('; ')}`,
    )
    await outcomeOf(world, device.org.outbox.archive(seqs, { dependents: 'archive' }))
    await drains(world, device, tell)
  }
}

async function syncs(world: World, device: Device, tell: (words: string) => void): Promise<void> {
  device.org.reconnect()
  const done = await outcomeOf(world, device.org.sync())
  const words =
    done instanceof OutpostError
      ? [done.message]
      : Object.entries(done.tables).flatMap(([table, { error }]) => (error ? [`${table} ${error.message}`] : []))
  tell(`device ${device.number} syncs in quiet${words.length > 0 ? `: ${words.join('; ')}` : ''}`)
}
