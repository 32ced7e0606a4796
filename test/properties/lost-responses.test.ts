import { rowKey } from '@outpost/core'
import { expect, test } from 'vitest'
import { differencesOf, everyTransaction, modelArena, pushUntilQuiet, told } from './arena.ts'
import type { Arena, ModelArena } from './arena.ts'
import { emulatorArena } from './emulator-arena.ts'
import type { EmulatorArena } from './emulator-arena.ts'
import { LOSSES } from './losses.ts'
import type { Loss } from './losses.ts'
import { drawFrom } from '@outpost/core/testing'
import { PATIENCE_MS, runs } from './property.ts'
import type { Draw } from '@outpost/core/testing'
import { Script } from './script.ts'
import type { ScriptOptions } from './script.ts'

/*
 * Invariant I2: one effect, whatever is lost on the way. A random script is pushed again and again, each time with
 * another one of its requests lost in another way: every request it takes, and every way there is. One script is some
 * thirty to a hundred deliveries.
 */

const OPTIONS: ScriptOptions = {
  poison: 0,
  kinds: { create: 4, update: 5, delete: 2, associate: 2, disassociate: 1, action: 2, group: 3, circle: 1 },
  after: 0.05,
  single: 0.3,
}

let deliveries = 0

test(
  'every write has one effect on a strict master, whichever request is lost, and however',
  runs(150, async (draw) => {
    const writes = 3 + draw.below(4)
    await eachLoss(draw, async (losses) => {
      const arena = await modelArena(draw.seed)
      return deliver(arena, draw.seed, { ...OPTIONS, selves: true }, writes, losses, () => wrongTransactions(arena))
    })
  }),
  PATIENCE_MS,
)

test.skipIf(process.env['OUTPOST_RUNS'] !== undefined)('those were thousands of deliveries', () => {
  expect(deliveries).toBeGreaterThan(2000)
})

test(
  'every write has one effect on Dataverse, whichever request is lost, and however',
  runs(6, async (draw) => {
    const writes = 3 + draw.below(3)
    await eachLoss(draw, async (losses) => {
      const arena = await emulatorArena(draw.seed)
      return deliver(arena, draw.seed, OPTIONS, writes, losses, () => wrongRows(arena))
    })
  }),
  PATIENCE_MS,
)

/** The transactions that had another number of effects than they ought to have had. */
async function wrongTransactions(arena: ModelArena): Promise<readonly string[]> {
  const { effects } = arena.master
  const all = await everyTransaction(arena)
  const wrong = all.filter(({ id, status }) => (effects.get(id) ?? 0) !== (status === 'processed' ? 1 : 0))
  return wrong.map(({ seq, status, id }) => `#${seq} is ${status} and had ${effects.get(id) ?? 0} effects`)
}

/** Every row must have been changed by as many requests as there were transactions that changed it. */
async function wrongRows(arena: EmulatorArena): Promise<readonly string[]> {
  const wanted = new Map<string, number>()
  for (const { changes, status } of await everyTransaction(arena)) {
    if (status !== 'processed') continue
    for (const { table, id } of changes) wanted.set(rowKey(table, id), (wanted.get(rowKey(table, id)) ?? 0) + 1)
  }
  const found: string[] = []
  for (const [key, count] of wanted) {
    // A link is a row under an id of the master's own.
    const isLink = key.startsWith('new_skill_bookableresource')
    if (!isLink && arena.effects.get(key) !== count)
      found.push(`${key} was changed ${arena.effects.get(key) ?? 0} times, not ${count}`)
  }
  return found
}

/** `delivers` with nothing lost, then with each request lost in each way. */
async function eachLoss(draw: Draw, delivers: (losses: ReadonlyMap<number, Loss>) => Promise<number>): Promise<void> {
  const requests = await delivers(new Map())
  for (let nth = 0; nth < requests; nth += 1) {
    for (const loss of LOSSES) {
      // What is done about one loss can be lost again.
      const again = draw.chance(0.4) ? [[nth + 1 + draw.below(3), draw.pick(LOSSES)] as const] : []
      await delivers(new Map([[nth, loss], ...again]))
    }
  }
}

/** Writes the script of the seed and delivers it with these losses. Gives back how many requests that took. */
async function deliver(
  arena: Arena,
  seed: number,
  options: ScriptOptions,
  writes: number,
  losses: ReadonlyMap<number, Loss>,
  wrong: () => Promise<readonly string[]>,
): Promise<number> {
  deliveries += 1
  const draw = drawFrom(seed)
  const script = new Script(arena, draw, options)
  for (let count = writes; count > 0; count -= 1) await script.write()
  for (const id of arena.stock.contact)
    if (script.rows.has(rowKey('contact', id)) && draw.chance(0.2))
      arena.masterPut('contact', id, { jobtitle: 'Changed' })
  const before = arena.line.sent
  for (const [nth, loss] of losses) arena.line.losses.set(before + nth, loss)

  const outbox = await pushUntilQuiet(arena)
  const requests = arena.line.sent - before
  arena.line.losses.clear()
  const failures = [
    ...outbox.flatMap(({ seq, status, history }) =>
      status === 'processed' || history.at(-1)?.event === 'cancelled' ? [] : [`#${seq} is ${status}`],
    ),
    ...(await wrong()),
  ]
  if (failures.length === 0) {
    await arena.org.sync()
    failures.push(...(await differencesOf(arena)), ...unlike(arena, script), ...arena.store.violations)
  }
  if (failures.length > 0) {
    const place = `with ${JSON.stringify([...losses])} of ${requests} requests`
    throw new Error(`${place}:\n  ${failures.join('\n  ')}\n  ${told(await everyTransaction(arena))}`)
  }
  return requests
}

/** Where the master does not have what was written last. */
function unlike(arena: Arena, script: Script): readonly string[] {
  const found: string[] = []
  for (const { table, id, values } of script.rows.values()) {
    const row = arena.masterRow(table, id)
    for (const name of ['name', 'lastname', 'telephone1', 'description', 'parentaccountid', 'parentcustomerid']) {
      const [wanted, there] = [values[name] ?? null, row?.[name] ?? null]
      if (wanted !== there) found.push(`${table} ${id} ${name}: ${String(there)}, not ${String(wanted)}`)
    }
  }
  const isOfStock = (id: string): boolean => arena.stock.new_skill.some((skill) => id.startsWith(skill))
  const links = arena.masterIds('new_skill_bookableresource').filter(isOfStock)
  const wanted = [...script.links.keys()].map((key) => key.replace('new_skill_bookableresource/', ''))
  const [linked, meant] = [links, wanted].map((each) => each.toSorted().join(' and '))
  if (linked !== meant) found.push(`links ${linked}, not ${meant}`)
  return found
}
