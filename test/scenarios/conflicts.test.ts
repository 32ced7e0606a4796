import type { ColumnValue, ConflictFunction, ConflictPolicy, ConflictRule, TableConfiguration } from '@outpost/core'
import { expect, test } from 'vitest'
import { dayWithAnn } from './script.ts'
import type { Day, Technician } from './script.ts'

/* Ann changes a work order offline, and the office changes it too. */

const ORDER = 'msdyn_workorder'
const SUMMARY = 'msdyn_workordersummary'
const CITY = 'msdyn_city'
const KILOMETRES = 'new_traveldistance'
const GEAR = 'new_safetymeasures'
const COLUMNS = ['msdyn_name', SUMMARY, CITY, KILOMETRES, GEAR, 'modifiedon']

type Values = Readonly<Record<string, ColumnValue>>

/** The strategies as other products name them, by the policy that each is here. */
const STRATEGIES = {
  'Server Wins': 'server-wins',
  'Partial Device Wins': 'client-wins',
  'Full Device Wins': 'client-row-wins',
  'User Action': 'manual',
} as const satisfies Record<string, ConflictPolicy>

test.each<[keyof typeof STRATEGIES, string, Values, string, Values]>([
  ['Server Wins', 'different', { [CITY]: 'theirs' }, 'processed', { [SUMMARY]: 'ours', [CITY]: 'theirs' }],
  ['Server Wins', 'the same', { [SUMMARY]: 'theirs' }, 'archived', { [SUMMARY]: 'theirs', [CITY]: 'old' }],
  ['Partial Device Wins', 'different', { [CITY]: 'theirs' }, 'processed', { [SUMMARY]: 'ours', [CITY]: 'theirs' }],
  [
    'Partial Device Wins',
    'the same',
    { [SUMMARY]: 'theirs', [CITY]: 'theirs' },
    'processed',
    { [SUMMARY]: 'ours', [CITY]: 'theirs' },
  ],
  ['Full Device Wins', 'different', { [CITY]: 'theirs' }, 'processed', { [SUMMARY]: 'ours', [CITY]: 'old' }],
  [
    'Full Device Wins',
    'the same',
    { [SUMMARY]: 'theirs', [CITY]: 'theirs' },
    'processed',
    { [SUMMARY]: 'ours', [CITY]: 'old' },
  ],
  ['User Action', 'different', { [CITY]: 'theirs' }, 'processed', { [SUMMARY]: 'ours', [CITY]: 'theirs' }],
  ['User Action', 'the same', { [SUMMARY]: 'theirs' }, 'error: conflict', { [SUMMARY]: 'theirs', [CITY]: 'old' }],
])(
  'RC-01: under %s, both sides having changed %s columns, the office ends with what it should',
  async (strategy, _columns, theirs, ends, result) => {
    const { office, ann, order } = await orderOnBothSides({ conflictPolicy: STRATEGIES[strategy] })
    const seq = await ann.changes(ORDER, order, { [SUMMARY]: 'ours' })
    office.changes(ORDER, order, theirs)
    await ann.syncs()
    expect(await ann.outbox(seq)).toEqual([ends])
    expect(office.row(ORDER, order)).toMatchObject(result)
    if (ends === 'error: conflict') expect(await ann.sees(ORDER, order)).toMatchObject({ [SUMMARY]: 'ours' })
    else expect(await ann.sees(ORDER, order)).toMatchObject(result)
  },
)

test('RC-01: server wins unless something else is configured, column by column', async () => {
  const { office, ann, order } = await orderOnBothSides()
  await ann.changes(ORDER, order, { [SUMMARY]: 'ours', [CITY]: 'ours' })
  office.changes(ORDER, order, { [SUMMARY]: 'theirs' })
  await ann.syncs()
  expect(office.row(ORDER, order)).toMatchObject({ [SUMMARY]: 'theirs', [CITY]: 'ours' })
})

test('RC-02: that the row has changed in the office is found out before anything of ours is written', async () => {
  const { office, ann, order } = await orderOnBothSides({ conflictPolicy: 'manual' })
  const written = office.watches(ORDER, SUMMARY)
  const seq = await ann.changes(ORDER, order, { [SUMMARY]: 'ours' })
  office.changes(ORDER, order, { [SUMMARY]: 'theirs' })
  const version = office.version(ORDER, order)
  await ann.pushes()
  expect(await ann.outbox(seq)).toEqual(['error: conflict'])
  expect(written).toEqual([])
  expect(office.version(ORDER, order)).toBe(version)
  const [open] = await ann.org.conflicts.list({ open: true })
  expect(open).toMatchObject({ seq, column: SUMMARY, base: 'old', local: 'ours', remote: 'theirs' })
})

test('RC-02: a row of which only the version has changed is no conflict', async () => {
  const { office, ann, order } = await orderOnBothSides({ conflictPolicy: 'manual' })
  const seq = await ann.changes(ORDER, order, { [SUMMARY]: 'ours' })
  office.emulator.master.touch(ORDER, order)
  await ann.syncs()
  expect(await ann.outbox(seq)).toEqual(['processed'])
  expect(office.row(ORDER, order)).toMatchObject({ [SUMMARY]: 'ours' })
})

test.each<[ConflictRule, string, ColumnValue, ColumnValue, ColumnValue, ColumnValue]>([
  ['client-wins', SUMMARY, 'old', 'theirs', 'ours', 'ours'],
  ['server-wins', SUMMARY, 'old', 'theirs', 'ours', 'theirs'],
  ['newest', SUMMARY, 'old', 'theirs', 'ours', 'theirs'],
  ['max', KILOMETRES, 10, 14, 12, 14],
  ['min', KILOMETRES, 10, 14, 12, 12],
  ['sum', KILOMETRES, 10, 14, 12, 16],
  ['union', GEAR, '1,2', '1,2,3', '1,5', '1,3,5'],
  ['never-overwrite', SUMMARY, 'old', 'theirs', 'ours', 'theirs'],
  ['never-overwrite', SUMMARY, 'old', null, 'ours', 'ours'],
])(
  'C21: the rule %s of %s makes of %j, theirs %j and ours %j: %j',
  async (rule, column, base, theirs, ours, result) => {
    const { clock, office, ann, order } = await orderOnBothSides(
      { conflictPolicy: 'manual', conflictRules: { [column]: rule } },
      { [column]: base },
    )
    const seq = await ann.changes(ORDER, order, { [column]: ours })
    await clock.advance(60_000)
    office.changes(ORDER, order, { [column]: theirs })
    await ann.syncs()
    expect(await ann.outbox(seq)).not.toContain('error: conflict')
    expect(office.row(ORDER, order)?.[column]).toBe(result)
    expect(await ann.sees(ORDER, order)).toMatchObject({ [column]: result })
    expect(await ann.org.conflicts.list()).toMatchObject([
      { seq, column, base, local: ours, remote: theirs, policy: rule },
    ])
  },
)

test.each<ConflictPolicy | { readonly function: string }>([
  'merge',
  'server-wins',
  'client-wins',
  'manual',
  { function: 'never' },
])(
  'C21: where both sides have changed different columns %j has nothing to decide: both stand',
  async (conflictPolicy) => {
    const never: ConflictFunction = () => {
      throw new Error('there is no clash')
    }
    const { office, ann, order } = await orderOnBothSides({ conflictPolicy }, {}, { never })
    const seq = await ann.changes(ORDER, order, { [SUMMARY]: 'ours' })
    office.changes(ORDER, order, { [CITY]: 'theirs' })
    await ann.syncs()
    expect(await ann.outbox(seq)).toEqual(['processed'])
    expect(office.row(ORDER, order)).toMatchObject({ [SUMMARY]: 'ours', [CITY]: 'theirs' })
    expect(await ann.org.conflicts.list()).toEqual([])
  },
)

test('C21: each column has its own rule, and the table’s policy decides the rest', async () => {
  const { office, ann, order } = await orderOnBothSides(
    { conflictPolicy: 'client-wins', conflictRules: { [KILOMETRES]: 'sum', [CITY]: 'server-wins' } },
    { [KILOMETRES]: 10 },
  )
  await ann.changes(ORDER, order, { [KILOMETRES]: 12, [CITY]: 'ours', [SUMMARY]: 'ours' })
  office.changes(ORDER, order, { [KILOMETRES]: 20, [CITY]: 'theirs', [SUMMARY]: 'theirs' })
  await ann.syncs()
  expect(office.row(ORDER, order)).toMatchObject({ [KILOMETRES]: 22, [CITY]: 'theirs', [SUMMARY]: 'ours' })
})

test('C21: a function of the application decides, and what it decided can be read afterwards', async () => {
  const both: ConflictFunction = ({ clashes, local, remote }) =>
    Object.fromEntries(
      clashes.map((column) => [column, { value: `${String(remote[column])} / ${String(local[column])}` }]),
    )
  const { office, ann, order } = await orderOnBothSides({ conflictPolicy: { function: 'both' } }, {}, { both })
  await ann.changes(ORDER, order, { [SUMMARY]: 'ours' })
  office.changes(ORDER, order, { [SUMMARY]: 'theirs' })
  await ann.syncs()
  expect(office.row(ORDER, order)).toMatchObject({ [SUMMARY]: 'theirs / ours' })
  expect(await ann.org.conflicts.list()).toMatchObject([{ policy: 'function both', value: 'theirs / ours' }])
})

test.each([
  ['error', 'error: gone', false],
  ['drop', 'archived', false],
  ['recreate', 'processed', true],
] as const)(
  'C21: an update of an order that the office has deleted ends under %s as %s',
  async (onDeletedRow, ends, there) => {
    const { office, ann, order } = await orderOnBothSides({ onDeletedRow })
    const seq = await ann.changes(ORDER, order, { [SUMMARY]: 'ours' })
    office.deletes(ORDER, order)
    await ann.syncs()
    expect(await ann.outbox(seq)).toEqual([ends])
    expect(office.row(ORDER, order) !== undefined).toBe(there)
    if (there) expect(office.row(ORDER, order)).toMatchObject({ msdyn_name: 'Pump', [SUMMARY]: 'ours', [CITY]: 'old' })
  },
)

test.each([
  ['error', 'error: conflict', true],
  ['drop', 'archived', true],
  ['delete', 'processed', false],
] as const)(
  'C21: the deletion of an order that the office has changed ends under %s as %s',
  async (onUpdatedRow, ends, there) => {
    const { office, ann, order } = await orderOnBothSides({ onUpdatedRow })
    const seq = await ann.deletes(ORDER, order)
    office.changes(ORDER, order, { [SUMMARY]: 'theirs' })
    await ann.syncs()
    expect(await ann.outbox(seq)).toEqual([ends])
    expect(office.row(ORDER, order)?.[SUMMARY]).toBe(there ? 'theirs' : undefined)
  },
)

async function orderOnBothSides(
  table: TableConfiguration = {},
  values: Values = {},
  conflictFunctions: Readonly<Record<string, ConflictFunction>> = {},
): Promise<Day & { readonly ann: Technician; readonly order: string }> {
  const today = await dayWithAnn({ tables: { [ORDER]: { columns: COLUMNS, ...table } }, conflictFunctions })
  const order = today.office.adds(ORDER, { msdyn_name: 'Pump', [SUMMARY]: 'old', [CITY]: 'old', ...values })
  await today.ann.syncs()
  return { ...today, order }
}
