import { MasterError, OutpostError } from '@outpost/core'
import type { Draft, Row, WriteOptions } from '@outpost/core'
import { seededIds } from '@outpost/core/testing'
import { expect, test } from 'vitest'
import { differencesOf, everyTransaction, modelArena, pushUntilQuiet, told } from './arena.ts'
import type { ModelArena } from './arena.ts'
import { KEPT } from './model-tables.ts'
import { PATIENCE_MS, runs } from './property.ts'
import type { Draw } from '@outpost/core/testing'

/*
 * Folding saves requests and changes nothing else: two devices write the same, one of them with every write as a
 * transaction of its own, and must show the same rows at every moment and leave the same master behind.
 */

const RUNS = 1000
const TABLES = Object.keys(KEPT.tables)

test(
  'random edits of few rows end alike on device and master, folded or one by one',
  runs(RUNS, endsAlike),
  PATIENCE_MS,
)

async function endsAlike(draw: Draw): Promise<void> {
  const pair = [await modelArena(draw.seed), await modelArena(draw.seed)] as const
  const [folding, single] = pair
  const newId = seededIds(() => draw.number())
  const story: string[] = []
  try {
    for (let count = 4 + draw.below(14); count > 0; count -= 1) {
      if (draw.chance(0.2)) story.push(await pushBoth(pair, draw))
      else if (draw.chance(0.08)) story.push(changeThere(pair, draw))
      else story.push(await writeBoth(pair, draw, newId))
      const [here, there] = [heardOrNot(await rowsOf(folding)), heardOrNot(await rowsOf(single))]
      if (JSON.stringify(here) !== JSON.stringify(there)) expect(here).toEqual(there)
    }
    for (const arena of pair) {
      await pushUntilQuiet(arena)
      expect(await arena.org.outbox.counts()).toMatchObject({ pending: 0, error: 0 })
      await arena.org.sync()
      expect(await differencesOf(arena)).toEqual([])
      expect(arena.store.violations).toEqual([])
    }
    expect(mastersRows(folding)).toEqual(mastersRows(single))
    expect(folding.master.effects.size).toBeLessThanOrEqual(single.master.effects.size)
  } catch (error) {
    const outboxes = [told(await everyTransaction(folding)), told(await everyTransaction(single))]
    const words = error instanceof Error ? error.message : String(error)
    throw new Error([words, ...story, 'folding:', outboxes[0], 'single:', outboxes[1]].join('\n  '), { cause: error })
  }
}

type Pair = readonly [ModelArena, ModelArena]

interface Write {
  readonly told: string
  readonly options?: WriteOptions
  act(draft: Draft): void
}

/** The same write on both devices; it is accepted by both, or refused by both for the same reason. */
async function writeBoth([folding, single]: Pair, draw: Draw, newId: () => string): Promise<string> {
  const write = await randomWrite(folding, draw, newId)
  if (!write) return 'nothing to write'
  const ends: string[] = []
  for (const [arena, options] of [
    [folding, write.options ?? {}],
    [single, { coalesce: false }],
  ] as const) {
    ends.push(await arena.org.write((draft) => write.act(draft), options).then(({ seq }) => `#${seq}`, reasonOf))
  }
  const refused = ends.map((end) => end.startsWith('#'))
  expect(refused[0], `${write.told}: ${ends.join(', ')}`).toBe(refused[1])
  return `${write.told} → ${ends.join(', ')}`
}

function reasonOf(error: unknown): string {
  if (error instanceof OutpostError) return `${error.code} ${error.place.rule ?? ''}`
  throw error
}

async function randomWrite(arena: ModelArena, draw: Draw, newId: () => string): Promise<Write | null> {
  const accounts = (await arena.localIds('account')).slice(0, 3)
  const contacts = (await arena.localIds('contact')).slice(0, 3)
  const single = draw.chance(0.1) ? { options: { coalesce: false } } : {}
  const some = (ids: readonly string[]): string | undefined => (ids.length > 0 ? draw.pick(ids) : undefined)
  const table = draw.pick(['account', 'contact'] as const)
  const id = some(table === 'account' ? accounts : contacts)
  const values = valuesFor(table, draw, accounts, contacts)
  const kind = draw.weighted({ create: 2, update: 10, delete: 2, link: 3, group: 1 })
  if (kind === 'create') {
    const made = newId()
    return {
      told: `create ${table} ${made.slice(0, 4)} ${JSON.stringify(values)}`,
      ...single,
      act: (draft) => void draft.create(table, values, made),
    }
  }
  if (kind === 'link') {
    const [skill, resource] = [draw.pick(arena.stock.new_skill), draw.pick(arena.stock.bookableresource)]
    const ends = [
      { table: 'new_skill', id: skill },
      { table: 'bookableresource', id: resource },
    ] as const
    const what = draw.pick(['associate', 'disassociate'] as const)
    return {
      told: `${what} ${skill.slice(0, 4)} ${resource.slice(0, 4)}`,
      ...single,
      act: (draft) => draft[what]('new_Skill_BookableResource', ...ends),
    }
  }
  if (id === undefined) return null
  if (kind === 'delete') {
    if (id === changedThere(arena) || (await isPointedTo(arena, id))) return null
    return { told: `delete ${table} ${id.slice(0, 4)}`, ...single, act: (draft) => draft.delete(table, id) }
  }
  const other = kind === 'group' ? some(accounts) : undefined
  return {
    told: `update ${table} ${id.slice(0, 4)} ${JSON.stringify(values)}${other ? ` and account ${other.slice(0, 4)}` : ''}`,
    ...single,
    act: (draft) => {
      draft.update(table, id, values)
      if (other) draft.update('account', other, { telephone1: 'group' })
    },
  }
}

/** Few different values, so that edits often undo one another. */
function valuesFor(
  table: 'account' | 'contact',
  draw: Draw,
  accounts: readonly string[],
  contacts: readonly string[],
): Row {
  const values: Record<string, Row[string]> = {}
  const text = (): string | null => draw.pick(['Stock', 'a', 'b', null])
  const maybe = (ids: readonly string[]): string | null => (ids.length > 0 && draw.chance(0.7) ? draw.pick(ids) : null)
  if (table === 'account') {
    if (draw.chance(0.6)) values['name'] = text()
    if (draw.chance(0.5)) values['telephone1'] = draw.pick(['1', '2', null])
    if (draw.chance(0.25)) values['primarycontactid'] = maybe(contacts)
    if (draw.chance(0.15)) values['parentaccountid'] = maybe(accounts)
  } else {
    if (draw.chance(0.6)) values['lastname'] = text()
    if (draw.chance(0.5)) values['jobtitle'] = draw.pick(['1', '2', null])
    if (draw.chance(0.3)) {
      const target = draw.chance(0.7) ? 'account' : 'contact'
      const customer = maybe(target === 'account' ? accounts : contacts)
      Object.assign(values, {
        parentcustomerid: customer,
        ...(customer === null ? {} : { parentcustomerid$table: target }),
      })
    }
  }
  return values
}

/** The master refuses to delete what is pointed to, at a moment that folding may change; so it is not tried. */
async function isPointedTo(arena: ModelArena, id: string): Promise<boolean> {
  const rows = [...Object.values(await rowsOf(arena)), ...Object.values(mastersRows(arena))]
  return rows.some((row) =>
    Object.entries(row).some(([name, value]) => value === id && name !== 'accountid' && name !== 'contactid'),
  )
}

/** A push on both devices, which can fail: before it reached the master, or when it was done. */
async function pushBoth(pair: Pair, draw: Draw): Promise<string> {
  const when = draw.pick(['offline', 'before', 'after', null, null] as const)
  const code = when === 'offline' ? 'offline' : 'timeout'
  for (const arena of pair) {
    const { master } = arena
    const first = master.calls
    master.faultOf = (call) => (when && call === first ? { when: when === 'after' ? 'after' : 'before', code } : null)
    await arena.org.push().catch((error: unknown) => {
      if (!(error instanceof MasterError)) throw error
    })
    master.faultOf = () => null
    arena.org.reconnect()
  }
  return when === null ? 'push' : `push fails: ${when}`
}

/** The row that others change meanwhile, in a column that nobody here writes. Deleting it would be a conflict. */
function changedThere({ stock }: ModelArena): string {
  return stock.account.toSorted()[0] ?? ''
}

function changeThere(pair: Pair, draw: Draw): string {
  const id = changedThere(pair[0])
  const description = `theirs ${draw.below(9)}`
  for (const arena of pair) arena.masterPut('account', id, { description })
  return `the master changes ${id.slice(0, 4)}`
}

type Rows = Readonly<Record<string, Row>>

async function rowsOf(arena: ModelArena): Promise<Rows> {
  const tables = await arena.store.read('look', (tx) =>
    Promise.all(TABLES.map(async (table) => [table, await tx.scan(table, {})] as const)),
  )
  return Object.fromEntries(tables.flatMap(([table, rows]) => rows.map(({ id, values }) => [`${table} ${id}`, values])))
}

/**
 * The rows without the column that only others write. The one of two devices that sends a change of their row hears of it
 * at once; the other, where two edits have cancelled each other, hears of it by its next pull.
 */
function heardOrNot(rows: Rows): Rows {
  return Object.fromEntries(Object.entries(rows).map(([key, { description: _, ...row }]) => [key, row]))
}

/** A column that nobody has set is missing on the model master. */
function mastersRows(arena: ModelArena): Rows {
  const filled = (row: Row = {}): Row => Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null))
  return Object.fromEntries(
    TABLES.flatMap((table) =>
      arena.masterIds(table).map((id) => [`${table} ${id}`, filled(arena.masterRow(table, id))]),
    ),
  )
}
