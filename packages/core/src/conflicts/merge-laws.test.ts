import jsonPatch from 'fast-json-patch'
import { expect, test } from 'vitest'
import type { UpdateChange } from '../change.ts'
import { checkConfiguration } from '../copy/check-configuration.ts'
import type { ConfiguredTable } from '../copy/configuration.ts'
import type { ConflictFunction, ConflictOptions, ConflictRule } from './conflict-policy.ts'
import type { EditContext } from './conflict-rules.ts'
import { mergeUpdate } from './merge.ts'
import type { Merge } from './merge.ts'
import type { ColumnValue, Row } from '../row.ts'
import { sameValue } from './same-value.ts'
import { column, tableMetadata } from '../testing/sample-metadata.ts'
import { seededRandom } from '../testing/seeded-random.ts'

/* What must hold of every merge, over random rows. A failure begins with the line that repeats its run alone. */

const [FIRST = '1', RUNS = '2000'] = [process.env['OUTPOST_SEED'], process.env['OUTPOST_RUNS']]

const metadata = tableMetadata('job', [
  column('name', 'text'),
  column('count', 'integer'),
  column('big', 'bigint'),
  column('price', 'money', { precision: 2 }),
  column('due', 'datetime', { clock: 'utc' }),
  column('tags', 'choices'),
  column('done', 'boolean'),
  column('modifiedon', 'datetime', { updatable: false }),
])
const COLUMNS = ['name', 'count', 'big', 'price', 'due', 'tags', 'done'] as const
const AT: EditContext = { editedAt: Date.UTC(2026, 4, 1, 9), now: Date.UTC(2026, 4, 1, 12), doubtful: false }

const longest: ConflictFunction = ({ clashes, local, remote }) =>
  Object.fromEntries(
    clashes.map((name) => [name, String(local[name]).length > String(remote[name]).length ? 'local' : 'remote']),
  )

function table(options: ConflictOptions): ConfiguredTable {
  const checked = checkConfiguration({ tables: { job: options } }, new Map([['job', metadata]]), { longest }).get('job')
  if (!checked) throw new Error('the table is configured')
  return checked
}

/** Every rule, on every column it suits. */
const RULES: Readonly<Record<Exclude<ConflictRule, 'manual'>, readonly string[]>> = {
  'client-wins': COLUMNS,
  'server-wins': COLUMNS,
  newest: COLUMNS,
  'never-overwrite': COLUMNS,
  max: ['count', 'big', 'price', 'due'],
  min: ['count', 'big', 'price', 'due'],
  sum: ['count', 'big', 'price'],
  union: ['tags'],
}
const rules = Object.keys(RULES) as (keyof typeof RULES)[]
const ruled = (rule: keyof typeof RULES): ConfiguredTable =>
  table({ conflictRules: Object.fromEntries(RULES[rule].map((name) => [name, rule])) })

const TABLES: readonly (readonly [string, ConfiguredTable])[] = [
  ...(['merge', 'server-wins', 'client-wins', 'client-row-wins', 'manual'] as const).map(
    (conflictPolicy) => [conflictPolicy, table({ conflictPolicy })] as const,
  ),
  ['a function', table({ conflictPolicy: { function: 'longest' } })],
  ...rules.map((rule) => [`the rule ${rule}`, ruled(rule)] as const),
]

type Random = () => number

const pick = <T>(random: Random, from: readonly T[]): T => {
  const picked = from[Math.floor(random() * from.length)]
  if (picked === undefined) throw new Error('nothing to pick from')
  return picked
}
const cents = (random: Random): number => Math.round(random() * 1000) / 100

/** A value of the column; few different ones, so that sides often agree. */
function value(random: Random, name: string, filled = false): ColumnValue {
  if (!filled && random() < 0.15) return null
  switch (name) {
    case 'count':
      return Math.floor(random() * 6) - 2
    case 'big':
      return pick(random, ['9007199254740993', '9007199254740995', '-3', '0'])
    case 'price':
      return random() < 0.5 ? cents(random) : pick(random, ['12345678901234567.89', 0.1, 0.2, -4.35])
    case 'due':
      return `2026-0${1 + Math.floor(random() * 4)}-01T08:00:00Z`
    case 'tags':
      return pick(random, ['1', '2', '1,2', '2,3', '1,2,3', '3,4'])
    case 'done':
      return random() < 0.5
    default:
      return pick(random, ['a', 'bb', 'ccc', 'dddd'])
  }
}

const row = (random: Random, filled = false): Row => ({
  ...Object.fromEntries(COLUMNS.map((name) => [name, value(random, name, filled)])),
  modifiedon: `2026-05-01T0${8 + Math.floor(random() * 2)}:30:00Z`,
})

/** Another state of the row: some of its columns with other values. */
function edited(random: Random, before: Row, filled = false): Row {
  const changed = COLUMNS.filter(() => random() < 0.5)
  return { ...before, ...Object.fromEntries(changed.map((name) => [name, value(random, name, filled)])) }
}

/** The change from one state of the row to another, as a write makes it. */
function changeOf(base: Row, local: Row): UpdateChange {
  const names = COLUMNS.filter((name) => local[name] !== base[name])
  const values = Object.fromEntries(names.map((name) => [name, local[name] ?? null]))
  const before = Object.fromEntries(names.map((name) => [name, base[name] ?? null]))
  return { kind: 'update', table: 'job', id: 'a', values, before, patch: [], version: 'W/"1"', whole: local }
}

const after = (merge: Merge, remote: Row): Row => (merge.kind === 'send' ? { ...remote, ...merge.values } : remote)
const merged = (base: Row, local: Row, remote: Row, of: ConfiguredTable, context: EditContext = AT): Row =>
  after(mergeUpdate(changeOf(base, local), remote, of, context), remote)

/** Columns in which two rows differ, as the master would tell them apart. */
const differing = (one: Row, other: Row): readonly string[] =>
  COLUMNS.filter(
    (name) =>
      !sameValue(
        metadata.columns.find((each) => each.name === name),
        one[name] ?? null,
        other[name] ?? null,
      ),
  )

/** Runs a law over random cases; what it gives back must be empty. */
function law(body: (random: Random) => readonly string[]): void {
  const first = Number(FIRST)
  for (let seed = first; seed < first + Number(RUNS); seed += 1) {
    const broken = body(seededRandom(seed))
    if (broken.length > 0) throw new Error(`${lineOf(seed)}\nbroken: ${broken.join(', ')}`)
  }
}

/** What repeats the run of the seed, in the test that is running. */
function lineOf(seed: number): string {
  const { currentTestName = '' } = expect.getState()
  const place = `packages/core/src/conflicts/merge-laws.test.ts -t '${currentTestName}'`
  return `OUTPOST_SEED=${seed} OUTPOST_RUNS=1 npx vitest run --project unit ${place}`
}

test.each(TABLES)('base = theirs gives ours, under %s', (_, of) => {
  law((random) => {
    const base = row(random)
    const local = edited(random, base)
    return differing(merged(base, local, base, of), local)
  })
})

test.each(TABLES)('base = ours gives theirs, under %s', (_, of) => {
  law((random) => {
    const base = row(random)
    const remote = edited(random, base)
    const nothing: UpdateChange = { ...changeOf(base, base), values: base, before: base }
    return [
      ...differing(merged(base, base, remote, of), remote),
      ...differing(after(mergeUpdate(nothing, remote, of, AT), remote), remote),
    ]
  })
})

const byColumn = TABLES.filter(([name]) => name !== 'client-row-wins')

test.each(byColumn)(
  'a column that one side changed keeps that side, or waits with the whole row, under %s',
  (_, of) => {
    law((random) => {
      const base = row(random)
      const [local, remote] = [edited(random, base), edited(random, base)]
      const merge = mergeUpdate(changeOf(base, local), remote, of, AT)
      if (merge.kind === 'undecided' || (merge.kind === 'overruled' && merge.whole)) return []
      const result = after(merge, remote)
      const [ours, theirs] = [differing(base, local), differing(base, remote)]
      return [
        ...differing(result, local).filter((name) => ours.includes(name) && !theirs.includes(name)),
        ...differing(result, remote).filter((name) => theirs.includes(name) && !ours.includes(name)),
      ]
    })
  },
)

test('the whole row of one side stands, and every column it takes back is told, under client-row-wins', () => {
  const of = table({ conflictPolicy: 'client-row-wins' })
  law((random) => {
    const base = row(random)
    const [local, remote] = [edited(random, base), edited(random, base)]
    const merge = mergeUpdate(changeOf(base, local), remote, of, AT)
    const ours = differing(base, local)
    if (ours.every((name) => !differing(local, remote).includes(name))) return differing(after(merge, remote), remote)
    const told = 'conflicts' in merge ? merge.conflicts.filter(({ resolved }) => resolved === 'local') : []
    const theirs = differing(base, remote).filter((name) => differing(local, remote).includes(name))
    const untold = theirs.filter((name) => !told.some(({ column: each }) => each === name))
    return [...differing(after(merge, remote), local), ...untold]
  })
})

test('columns with a rule of their own are left to the master where only it changed them, under client-row-wins', () => {
  const of = table({ conflictPolicy: 'client-row-wins', conflictRules: { count: 'sum', tags: 'union' } })
  law((random) => {
    const base = row(random)
    const [local, remote] = [edited(random, base), edited(random, base)]
    const ours = differing(base, local)
    const result = merged(base, local, remote, of)
    return differing(result, remote).filter((name) => ['count', 'tags'].includes(name) && !ours.includes(name))
  })
})

test.each(TABLES)('what was merged once is not merged into another value, under %s', (_, of) => {
  law((random) => {
    const base = row(random)
    const [local, remote] = [edited(random, base), edited(random, base)]
    const once = merged(base, local, remote, of)
    return differing(merged(remote, once, remote, of), once)
  })
})

test.each(TABLES.filter(([name]) => name !== 'the rule sum'))(
  'a change that is merged into what it was merged into already changes nothing, under %s',
  (_, of) => {
    law((random) => {
      const base = row(random)
      const [local, remote] = [edited(random, base), edited(random, base)]
      const once = merged(base, local, remote, of)
      return [...differing(merged(base, local, once, of), once), ...differing(merged(base, local, local, of), local)]
    })
  },
)

test('an amount is not added again where an answer was lost', () => {
  law((random) => {
    const base = row(random)
    const [local, remote] = [edited(random, base), edited(random, base)]
    const once = merged(base, local, remote, ruled('sum'))
    const again = mergeUpdate(changeOf(base, local), once, ruled('sum'), { ...AT, doubtful: true })
    // A value that is the base's again is taken for one that the edit never reached.
    const counted = differing(base, once)
    return again.kind === 'undecided'
      ? []
      : differing(after(again, once), once).filter((name) => counted.includes(name))
  })
})

/** The rules whose result does not depend on who is first. */
const FREE = ['max', 'min', 'sum', 'union'] as const

test.each(FREE)('three edits give the same row in whatever order they arrive, under %s', (rule) => {
  const of = ruled(rule)
  law((random) => {
    const base = row(random)
    // A value that one side has emptied is no amount: the policy of the table decides then.
    const filled = rule === 'sum'
    const edits = [0, 1, 2].map(() => edited(random, base, filled))
    const arrive = (order: readonly number[]): Row =>
      order.reduce((remote, which) => merged(base, edits[which] ?? base, remote, of), base)
    const first = arrive([0, 1, 2])
    const orders = [
      [0, 2, 1],
      [1, 0, 2],
      [1, 2, 0],
      [2, 0, 1],
      [2, 1, 0],
    ]
    return orders.flatMap((order) => differing(arrive(order), first).filter((name) => RULES[rule].includes(name)))
  })
})

test('the newest of two edits stands whoever arrives first, as far as the master dates them rightly', () => {
  const of = ruled('newest')
  law((random) => {
    const base = { ...row(random), modifiedon: '2026-05-01T07:00:00Z' }
    const times = random() < 0.5 ? [8, 9] : [9, 8]
    const edits = times.map((hour) => ({ ...edited(random, base), modifiedon: `2026-05-01T0${hour}:00:00Z` }))
    const [one = base, other = base] = edits
    const editedAt = times.map((hour) => Date.UTC(2026, 4, 1, hour))
    const here = merged(base, one, other, of, { ...AT, editedAt: editedAt[0] ?? 0 })
    const there = merged(base, other, one, of, { ...AT, editedAt: editedAt[1] ?? 0 })
    return differing(here, there)
  })
})

test.each(TABLES)(
  'the patches kept with a conflict lead from the base to both sides, and on to what is sent, under %s',
  (_, of) => {
    law((random) => {
      const base = row(random)
      const [local, remote] = [edited(random, base), edited(random, base)]
      const change = changeOf(base, local)
      const merge = mergeUpdate(change, remote, of, AT)
      if (!('patches' in merge) || !merge.patches) return []
      const names = [...new Set([...Object.keys(change.values), ...merge.conflicts.map((each) => each.column)])]
      const only = (from: Row): Row => Object.fromEntries(names.map((name) => [name, from[name] ?? null]))
      const patched = (from: Row, patch: Parameters<typeof jsonPatch.applyPatch>[1]): Row =>
        jsonPatch.applyPatch({ ...from }, patch, true).newDocument
      const sent = merge.kind === 'send' ? patched(only(remote), merge.patches.sent) : {}
      return [
        ...names.filter((name) => patched(only(base), merge.patches?.local ?? [])[name] !== local[name]),
        ...names.filter((name) => patched(only(base), merge.patches?.remote ?? [])[name] !== remote[name]),
        ...Object.keys(sent).filter((name) => sent[name] !== after(merge, remote)[name]),
      ]
    })
  },
)
