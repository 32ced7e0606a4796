import { rowKey } from '@outpost/core'
import type { ListedTransaction, Row } from '@outpost/core'
import { expect, test } from 'vitest'
import { differencesOf, everyTransaction, modelArena, pushUntilQuiet, told } from './arena.ts'
import type { Arena } from './arena.ts'
import { emulatorArena } from './emulator-arena.ts'
import { fatesOf } from './graph.ts'
import { PATIENCE_MS, runs } from './property.ts'
import type { Draw } from '@outpost/core/testing'
import { isPoison, Script, targetsOf } from './script.ts'
import type { ScriptOptions } from './script.ts'

/* Invariant I4, and I1 with it: what the master refuses delays what depends on it, and nothing else. */

const OPTIONS: ScriptOptions = {
  poison: 0.15,
  kinds: { create: 5, update: 6, delete: 2, associate: 1, disassociate: 0.5, action: 1, group: 2, circle: 1 },
  after: 0.15,
  single: 0.15,
}

test(
  'in a random graph, only what depends on a refused write waits',
  runs(2200, async (draw) => {
    const arena = await modelArena(draw.seed)
    await isolates(arena, draw, true)
    const { effects } = arena.master
    const wrong = (await everyTransaction(arena)).filter(({ id, status, changes }) => {
      // To remove what is gone already has no effect.
      const isIdle = changes.every(({ kind }) => kind === 'delete' || kind === 'disassociate') && !effects.has(id)
      return !isIdle && (effects.get(id) ?? 0) !== (status === 'processed' ? 1 : 0)
    })
    expect(wrong.map(({ seq, status, id }) => ({ seq, status, effects: effects.get(id) ?? 0 }))).toEqual([])
  }),
  PATIENCE_MS,
)

test(
  'in a random graph pushed to Dataverse, only what depends on a refused write waits',
  runs(120, async (draw) => {
    await isolates(await emulatorArena(draw.seed, { shortPhones: draw.chance(0.1) }), draw, false)
  }),
  PATIENCE_MS,
)

async function isolates(arena: Arena, draw: Draw, isModel: boolean): Promise<void> {
  const script = new Script(arena, draw, { ...OPTIONS, ...(isModel ? { selves: true } : {}) })
  for (let count = 3 + draw.below(10); count > 0; count -= 1) await script.write()
  changeThere(arena, script, draw)

  const fates = fatesOf(script)
  const outbox = await pushUntilQuiet(arena)
  const wrong = outbox.filter((transaction) => !isAsFated(transaction, fates))
  const expected = wrong.map(({ seq }) => `#${seq} ${JSON.stringify(fates.get(seq) ?? 'archived')}`)
  if (wrong.length > 0) throw new Error(`expected ${expected.join(', ')} in\n  ${told(outbox)}`)

  const archived = await cure(arena, script)
  expect(await arena.org.outbox.counts()).toMatchObject({ pending: 0, error: 0 })
  await arena.org.sync()
  expect(await differencesOf(arena)).toEqual([])
  expect(lostIn(arena, script, archived)).toEqual([])
  expect(arena.store.violations).toEqual([])
}

/** What others do meanwhile: a row goes away, another one is changed in a column that nobody here writes. */
function changeThere(arena: Arena, script: Script, draw: Draw): void {
  if (draw.chance(0.4)) {
    const id = draw.pick(arena.stock.account)
    arena.masterRemove('account', id)
    script.gone.add(rowKey('account', id))
  }
  // To delete a row that was changed there is a conflict, which is no matter of this law.
  const kept = arena.stock.contact.filter((id) => script.rows.has(rowKey('contact', id)))
  for (const id of kept) if (draw.chance(0.3)) arena.masterPut('contact', id, { jobtitle: 'Changed' })
}

function isAsFated({ seq, status, reason, history }: ListedTransaction, fates: ReturnType<typeof fatesOf>): boolean {
  const fate = fates.get(seq)
  if (!fate) return status === 'archived' && history.at(-1)?.event === 'cancelled'
  if (fate.status !== 'blocked') return status === fate.status
  return status === 'pending' && reason?.kind === 'blocked' && fate.by.includes(reason.by)
}

/** Corrects what can be corrected and archives the rest, until nothing is left. Gives back what was archived. */
async function cure(arena: Arena, script: Script): Promise<ReadonlySet<number>> {
  const archived = new Set<number>()
  for (let round = 0; round < 40; round += 1) {
    const failed = await arena.org.outbox.list()
    if (failed.length === 0) return archived
    for (const { seq, changes, lastError } of failed) {
      const hopeless = changes.some(({ kind, table, id }) => kind !== 'delete' && script.gone.has(rowKey(table, id)))
      // What was given up can have let go of a row that is to be deleted.
      if (hopeless || lastError?.rejection === 'state') {
        const taken = await arena.org.outbox.archive([seq], { dependents: 'archive' })
        for (const other of taken) archived.add(other)
        continue
      }
      for (const change of changes) {
        if (change.kind !== 'create' && change.kind !== 'update') continue
        const values = corrected(change.table, change.values, script.gone)
        if (Object.keys(values).length > 0) await arena.org.outbox.amend(seq, values, change)
        const key = rowKey(change.table, change.id)
        const row = script.rows.get(key)
        const standing = Object.entries(values).filter(([name]) => row?.values[name] === change.values[name])
        if (row) script.rows.set(key, { ...row, values: { ...row.values, ...Object.fromEntries(standing) } })
      }
    }
    await pushUntilQuiet(arena)
  }
  throw new Error(`not cured: ${told(await arena.org.outbox.list({ statuses: 'all' }))}`)
}

let corrections = 0

function corrected(table: string, values: Row, gone: ReadonlySet<string>): Row {
  const wrong = Object.entries(values).filter(
    ([name, value]) =>
      isPoison({ [name]: value }) ||
      targetsOf(table, { ...values, ...alone(values, name) }).some(
        (key) => gone.has(key) && key.endsWith(`/${String(value)}`),
      ),
  )
  return Object.fromEntries(
    wrong.map(([name, value]) => [name, isPoison({ [name]: value }) ? `C${(corrections += 1)}` : null]),
  )
}

function alone(values: Row, name: string): Row {
  return { [name]: values[name] ?? null }
}

/** The values that were written last and are not on the master, but for rows in which something was given up. */
function lostIn(arena: Arena, script: Script, archived: ReadonlySet<number>): readonly string[] {
  const given = new Set([...archived].flatMap((seq) => [...(script.entries.get(seq)?.deeds.keys() ?? [])]))
  const lost: string[] = []
  for (const [key, { table, id, values }] of script.rows) {
    if (given.has(key) || script.gone.has(key)) continue
    const row = arena.masterRow(table, id)
    for (const [name, value] of Object.entries(values)) {
      const isIdle = name === 'jobtitle' || (name.endsWith('$table') && values[name.replace('$table', '')] === null)
      if (!isIdle && (row?.[name] ?? null) !== value)
        lost.push(`${key} ${name}: ${String(value)}, not ${String(row?.[name])}`)
    }
  }
  const links = arena
    .masterIds('new_skill_bookableresource')
    .filter((id) => arena.stock.new_skill.some((skill) => id.startsWith(skill)))
    .map((id) => rowKey('new_skill_bookableresource', id))
  for (const key of script.links.keys()) if (!links.includes(key) && !given.has(key)) lost.push(`${key} is not linked`)
  for (const key of links) if (!script.links.has(key) && !given.has(key)) lost.push(`${key} is linked`)
  return lost
}
