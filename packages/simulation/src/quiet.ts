import { OutpostError } from '@outpost/core'
import type { Configuration, TableConfiguration } from '@outpost/core'
import { afterStep, watchesOf } from './checks/after-step.ts'
import { differences } from './checks/i3-convergence.ts'
import type { Difference } from './checks/i3-convergence.ts'
import { stuckOn } from './checks/i4-no-hostage.ts'
import type { Watch } from './checks/look.ts'
import type { Problem } from './checks/problem.ts'
import { lookWhoIsTold } from './checks/restores.ts'
import type { Device } from './device.ts'
import { changesOnceMore } from './last-changes.ts'
import { countTables } from './met.ts'
import type { Plan } from './plan.ts'
import { masterSettles } from './steps/master-settles.ts'
import { outcomeOf } from './steps/outcome.ts'
import type { World } from './world.ts'

const MINUTE_MS = 60_000

/** Longer than any outage and any claim of a transaction. */
const CALM_MS = 15 * MINUTE_MS

/** Longer than any claim and any back-off: what did not go in this time, and could, goes with the next sync. */
const PAUSE_MS = 4 * MINUTE_MS

/** How long after the last fault everything must be delivered, in error, or waiting for such a one. */
const DRAIN_MS = 20 * MINUTE_MS

/** Of so many runs one looks at what a sync asks for when nothing is new. */
const RUNS_PER_IDLE_SYNC = 4

/** How many requests a sync with which nothing is new may take beside those for the rows of tables. */
const IDLE_REQUESTS = 12

type Tell = (words: string) => void

/**
 * Nothing goes wrong any more. Everything that nothing holds up is delivered or in error within a bounded time, and the
 * devices have what the master has: at first beside what is in error, then, when that is put away, in everything.
 */
export async function becomesQuiet(world: World, { staysQuiet }: Plan, tell: Tell): Promise<readonly Problem[]> {
  const { devices } = world
  const problems: Problem[] = []
  problems.push(...(await calms(world)), ...(await afterStep(world)), ...(await leftUnsent(world)))
  if (problems.length > 0) return problems
  await drains(world, devices, tell, problems)
  if (problems.length > 0) return problems
  const waiting = await movable(world)
  if (!staysQuiet)
    await changesOnceMore(world, tell, async (device) => {
      await syncs(world, device, tell)
      // What goes now, and comes back with a restored backup, has gone with what was only here.
      problems.push(...(await afterStep(world)))
    })
  if (problems.length > 0) return problems
  const open = new Map<Device, ReadonlySet<string>>()
  const before: Difference[] = []
  for (const watch of watchesOf(world)) {
    const lacks = async (): Promise<readonly Difference[]> => {
      const { unsent } = await watch.again()
      open.set(watch.device, new Set(unsent.keys()))
      return differences(world, watch.device, (key) => unsent.has(key))
    }
    const found = await lacks()
    // What one sync finds out about the master, the next one mends.
    if (found.length > 0) await syncs(world, watch.device, tell)
    before.push(...(found.length > 0 ? await lacks() : found))
  }
  await putsAway(world, tell, problems)
  if (problems.length > 0) return problems
  const left = await movable(world)
  for (const { device, seqs } of left)
    problems.push({ check: 'liveness', words: `device ${device.number}: ${inWords(seqs)} waits for nothing` })
  for (const { device, seqs } of waiting) {
    const held = seqs.filter((seq) => !left.some((other) => other.device === device && other.seqs.includes(seq)))
    if (held.length > 0)
      problems.push({ check: 'I4', words: `device ${device.number}: ${inWords(held)} waited for what it did not need` })
  }
  if (problems.length > 0) return problems
  const after: Difference[] = []
  for (const device of devices) after.push(...(await differences(world, device)))
  problems.push(...told(world, before, after, open))
  if (problems.length === 0 && world.seed % RUNS_PER_IDLE_SYNC === 0) problems.push(...(await idles(world, tell)))
  return problems
}

/** What a device lacks only as long as something is in error there was held hostage; the rest is not converged. */
function told(
  { devices }: World,
  before: readonly Difference[],
  after: readonly Difference[],
  open: ReadonlyMap<Device, ReadonlySet<string>>,
): readonly Problem[] {
  const names = ({ device, key }: Difference): string => `${device} ${key}`
  const lasting = new Set(after.map(names))
  const passed = before.filter((each) => !lasting.has(names(each)))
  const problem = (check: 'I3' | 'I4', { device, key, words }: Difference): Problem => ({
    check,
    words: `device ${device}: ${key} ${words}`,
  })
  return [
    ...after.map((each) => problem('I3', each)),
    ...passed.map((passing) => {
      const each = { ...passing, words: `${passing.words}, as long as not all ids are compared` }
      const device = devices[each.device]
      const isOpen = device !== undefined && (open.get(device)?.size ?? 0) > 0
      return problem(isOpen ? 'I4' : 'I3', each)
    }),
  ]
}

/** All that goes wrong by itself has come to its end, and whoever was signed out is back. */
async function calms(world: World): Promise<readonly Problem[]> {
  const problems: Problem[] = []
  masterSettles(world)
  for (const device of world.devices) {
    device.line.clear()
    device.line.lasting(undefined)
    device.store.heal()
    while (device.tabs.length > 1) await outcomeOf(world, device.closeTab())
    if (device.org.service.isStarted) await outcomeOf(world, device.org.service.stop())
  }
  await lookWhoIsTold(world)
  await world.time.advance(CALM_MS)
  for (const { org, number, sendsByItself } of world.devices) {
    const { signedOut, connection } = await org.status()
    if (!signedOut && connection.kind === 'signed-out') {
      org.reconnect()
      if ((await org.status()).connection.kind === 'signed-out')
        problems.push({
          check: 'liveness',
          words: `device ${number}: nobody notices that its user has signed in again`,
        })
    }
    if (signedOut) await outcomeOf(world, org.connect())
    // What is sent in the background does not renew the copy of the metadata; a sync does.
    else if (sendsByItself) await outcomeOf(world, org.updateMetadata())
  }
  await world.time.advance(PAUSE_MS)
  for (const device of world.devices) await countTables(world.coverage, device)
  return problems
}

/** What waits for nothing on devices that send by themselves: nobody has asked them to for a while. */
async function leftUnsent(world: World): Promise<readonly Problem[]> {
  const waiting = await movable(world)
  return waiting.flatMap(({ device, seqs }): readonly Problem[] => {
    if (!device.sendsByItself) return []
    return [{ check: 'liveness', words: `device ${device.number}: ${inWords(seqs)} is not sent by itself` }]
  })
}

interface Waiting {
  readonly device: Device
  readonly seqs: readonly number[]
}

/** What is pending although nothing holds it up. */
async function movable(world: World): Promise<readonly Waiting[]> {
  const found: Waiting[] = []
  for (const watch of watchesOf(world)) {
    const look = await watch.again()
    const stuck = stuckOn(look)
    const seqs = [...look.transactions.values()].flatMap(({ seq, status }) =>
      status === 'pending' && !stuck.has(seq) ? [seq] : [],
    )
    if (seqs.length > 0) found.push({ device: watch.device, seqs })
  }
  return found
}

/** These sync until everything has moved that can, or the time for it has passed. */
async function drains(world: World, first: readonly Device[], tell: Tell, problems: Problem[]): Promise<void> {
  const end = world.time.passed + DRAIN_MS
  let devices = first
  while (devices.length > 0) {
    for (const device of devices) await syncs(world, device, tell)
    problems.push(...(await afterStep(world)))
    const waiting = await movable(world)
    devices = waiting.map(({ device }) => device)
    if (devices.length === 0 || world.time.passed >= end) return
    await world.time.advance(PAUSE_MS)
  }
}

/** How often something may be refused because of what was put away. */
const ROUNDS = 12

/**
 * What can go nowhere is put away with what depends on it, and whatever strategies a table has, all its ids are compared:
 * until nothing is refused any more because of what was put away.
 */
async function putsAway(world: World, tell: Tell, problems: Problem[]): Promise<void> {
  for (let round = 0; round < ROUNDS; round += 1) {
    const changed: Device[] = []
    for (const watch of watchesOf(world)) if (await isChangedBy(world, watch, tell)) changed.push(watch.device)
    const isBehind = (device: Device): boolean => (seen.get(device) ?? 0) < world.ledger.commits.length
    const devices = world.devices.filter((device) => changed.includes(device) || isBehind(device))
    if (devices.length === 0) return
    await drains(world, devices, tell, problems)
    if (problems.length > 0) return
  }
}

async function isChangedBy(world: World, watch: Watch, tell: Tell): Promise<boolean> {
  const { org, number } = watch.device
  const look = await watch.again()
  const kept = [...look.transactions.values()].flatMap(({ seq, kept: isKept }) => (isKept ? [seq] : []))
  const seqs = [...stuckOn(look), ...kept]
  if (seqs.length > 0) {
    const words = seqs.map((seq) => `#${seq} ${reason(look.transactions.get(seq))}`)
    tell(`device ${number} archives ${words.join('; ')}`)
    await outcomeOf(world, org.outbox.archive(seqs, { local: 'revert', dependents: 'archive' }))
  }
  const strict = allCompared(org.configuration)
  if (strict) await outcomeOf(world, org.configure(strict))
  return seqs.length > 0 || strict !== null
}

function reason(
  transaction: { readonly status: string; readonly lastError: { readonly message: string } | null } | undefined,
): string {
  return transaction?.status === 'error' ? (transaction.lastError?.message ?? '') : 'held'
}

/** The configuration with all ids compared; null where they are. */
function allCompared(configuration: Configuration): Configuration | null {
  const tables = Object.entries(configuration.tables)
  if (tables.every(([, { syncDeletion }]) => syncDeletion === true)) return null
  // A table has one or the other.
  const strict = ({ tracking: _, ...table }: TableConfiguration): TableConfiguration => ({
    ...table,
    syncDeletion: true,
  })
  return { ...configuration, tables: Object.fromEntries(tables.map(([name, table]) => [name, strict(table)])) }
}

/** With nothing new, a sync is hardly more than a look. */
async function idles(world: World, tell: Tell): Promise<readonly Problem[]> {
  const [device] = world.devices
  if (!device) return []
  device.line.clear()
  await syncs(world, device, tell)
  const { sent } = device.line
  const most = IDLE_REQUESTS + (await pagesOf(world, device))
  if (sent <= most) return []
  const words = `device ${device.number}: a sync without news took ${sent} requests, ${most} at the most expected`
  return [{ check: 'liveness', words }]
}

/**
 * How many requests it takes to be shown every row that is kept, twice: those that a pull reaches back to, and the list of
 * ids that is compared. Rows that are kept with those of other tables are asked for by the way that leads there.
 */
async function pagesOf({ emulator }: World, { org, store, pageSize }: Device): Promise<number> {
  const { tables } = org.configuration
  const size = Math.min(pageSize, emulator.knobs.maxPageSize)
  const counts = await store.bare.read('count', (tx) =>
    Promise.all(Object.keys(tables).map(async (table) => (await tx.ids(table, { limit: 10_000 })).length)),
  )
  return Object.values(tables).reduce((sum, { related = [] }, at) => {
    const pages = 1 + Math.ceil((counts[at] ?? 0) / size)
    return sum + 2 * pages * (1 + related.length)
  }, 0)
}

/** How many commits of the master there were when a device had synced last. */
const seen = new WeakMap<Device, number>()

async function syncs(world: World, device: Device, tell: Tell): Promise<void> {
  device.line.beginAnew()
  device.org.reconnect()
  const done = await outcomeOf(world, device.org.sync())
  seen.set(device, world.ledger.commits.length)
  const words =
    done instanceof OutpostError
      ? [done.message]
      : Object.entries(done.tables).flatMap(([table, { error }]) => (error ? [`${table} ${error.message}`] : []))
  tell(`device ${device.number} syncs in quiet${words.length > 0 ? `: ${words.join('; ')}` : ''}`)
}

function inWords(seqs: readonly number[]): string {
  return seqs.map((seq) => `#${seq}`).join(', ')
}
