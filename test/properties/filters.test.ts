import {
  judgeOf,
  OutpostError,
  parseFilter,
  parseTableFilter,
  printFilter,
  withoutNegatedFunctions,
} from '@outpost/core'
import type { Filter, FilterContext } from '@outpost/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { world } from '../engine/world.ts'
import { filterHouse, momentFrom } from './filter-house.ts'
import type { FilterHouse } from './filter-house.ts'
import { filterFrom } from './filter-text.ts'
import { PATIENCE_MS, runs } from './property.ts'

/*
 * Filters are evaluated here and on the master. The emulator has an evaluator of its own, so the two can be compared:
 * for random filters over real rows, a local query must find what the Web API finds.
 */

const COLUMNS = [
  'name',
  'telephone1',
  'accountnumber',
  'revenue',
  'numberofemployees',
  'createdon',
  'primarycontactid',
  'creditonhold',
] as const

const words = fc.constantFrom(
  'a',
  'E',
  'tervo',
  'North',
  'n_r',
  '%o',
  '[a-d]',
  '[^n]',
  "O'Brien",
  '',
  '1',
  'ö',
  'zz',
  '0',
)
const comparisons = fc.constantFrom('eq', 'ne', 'gt', 'ge', 'lt', 'le')

/** Filter text over the columns; `samples` are values that occur, so that equality is met now and then. */
function filterText(samples: Readonly<Record<string, readonly string[]>>): fc.Arbitrary<string> {
  const occurring = (column: string, other: fc.Arbitrary<string>): fc.Arbitrary<string> =>
    (samples[column]?.length ?? 0) > 0 ? fc.oneof(fc.constantFrom(...(samples[column] ?? [])), other) : other
  const quoted = (text: fc.Arbitrary<string>): fc.Arbitrary<string> =>
    text.map((value) => `'${value.replaceAll("'", "''")}'`)
  const text = fc.constantFrom('name', 'telephone1', 'accountnumber')
  const leaf = fc.oneof(
    text.chain((column) =>
      fc.tuple(comparisons, quoted(occurring(column, words))).map(([op, value]) => `${column} ${op} ${value}`),
    ),
    fc
      .tuple(fc.constantFrom('contains', 'startswith', 'endswith'), text, quoted(words))
      .map(([f, column, value]) => `${f}(${column},${value})`),
    fc
      .tuple(comparisons, occurring('revenue', fc.constantFrom('0', '100000', '-1', '123456.78')))
      .map(([op, value]) => `revenue ${op} ${value}`),
    fc
      .tuple(comparisons, occurring('numberofemployees', fc.integer({ min: 0, max: 500 }).map(String)))
      .map(([op, value]) => `numberofemployees ${op} ${value}`),
    fc
      .tuple(comparisons, occurring('createdon', fc.constant('2026-01-01T00:00:00Z')))
      .map(([op, value]) => `createdon ${op} ${value}`),
    fc.tuple(fc.constantFrom(...COLUMNS), fc.constantFrom('eq', 'ne')).map(([column, op]) => `${column} ${op} null`),
    fc.tuple(fc.constantFrom('eq', 'ne'), fc.boolean()).map(([op, value]) => `creditonhold ${op} ${value}`),
    occurring('primarycontactid', fc.constant('00000000-0000-4000-8000-000000000000')).map(
      (id) => `primarycontactid eq ${id}`,
    ),
    fc
      .tuple(
        fc.constantFrom('In', 'NotIn'),
        fc.array(quoted(occurring('numberofemployees', fc.constant('7'))), { minLength: 1, maxLength: 4 }),
      )
      .map(
        ([f, values]) =>
          `Microsoft.Dynamics.CRM.${f}(PropertyName='numberofemployees',PropertyValues=[${values.join(',')}])`,
      ),
    fc
      .tuple(
        fc.constantFrom('Between', 'NotBetween'),
        fc.integer({ min: 0, max: 200 }),
        fc.integer({ min: 0, max: 200 }),
      )
      .map(
        ([f, low, size]) =>
          `Microsoft.Dynamics.CRM.${f}(PropertyName='numberofemployees',PropertyValues=['${low}','${low + size}'])`,
      ),
    fc.constantFrom('name eq accountnumber', 'name ne telephone1'),
  )
  return fc.letrec<{ node: string }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      leaf,
      fc
        .tuple(fc.constantFrom('and', 'or'), tie('node'), tie('node'))
        .map(([op, one, other]) => `(${one}) ${op} ${other}`),
      fc
        .tuple(fc.constantFrom('and', 'or'), tie('node'), tie('node'))
        .map(([op, one, other]) => `${one} ${op} ${other}`),
      tie('node').map((node) => `not (${node})`),
    ),
  })).node
}

let house: Promise<FilterHouse> | undefined

/** The filter as the Web API reads it; null where it cannot be said there. */
function asked(filter: Filter): string | null {
  try {
    return printFilter(withoutNegatedFunctions(filter), {
      column: (name) => (/^(?:ownerid|owningbusinessunit|new_team|new_unit)$/.test(name) ? `_${name}_value` : name),
    })
  } catch (error) {
    if (error instanceof OutpostError && error.place.rule === 'negated-function') return null
    throw error
  }
}

test(
  'a filter selects the same rows here and on the master, whoever asks and whenever',
  runs(2000, async (draw) => {
    house ??= filterHouse(150)
    const there = await house
    const { table, users } = there
    const user = draw.pick(users)
    const now = momentFrom(draw)
    const text = filterFrom(draw, there)
    const filter = parseTableFilter(text, table)
    const wire = asked(filter)
    if (wire === null) return
    there.setClock(now)
    const context: FilterContext = { ...user.facts, now }
    const judge = judgeOf(filter, context)
    const ours = user.rows.filter((row) => judge(row) === 'match').map((row) => String(row['new_thingid']))
    const story = { text, ...context, at: new Date(now).toISOString() }
    expect({ ...story, rows: ours.toSorted() }).toEqual({ ...story, rows: await user.ask(wire) })
    if (!draw.chance(0.25)) return
    // What else a scope can hold makes the adapter say the filter in FetchXML.
    const fetchXml = `<fetch><entity name="${table.name}"/></fetch>`
    expect({ ...story, rows: ours.toSorted() }).toEqual({ ...story, rows: await user.list({ filter, fetchXml }) })
  }),
  PATIENCE_MS,
)

test(
  'a filter over all columns and functions means the same after being printed and parsed again',
  runs(2000, async (draw) => {
    house ??= filterHouse(150)
    const filter = parseFilter(filterFrom(draw, await house))
    expect(withoutPositions(parseFilter(printFilter(filter)))).toEqual(withoutPositions(filter))
  }),
)

test('a local query finds the rows that the master finds', async () => {
  const there = world({ rows: 400 })
  const device = await there.device({
    configuration: {
      tables: { account: { columns: COLUMNS, indexes: [['name'], ['numberofemployees'], ['createdon']] } },
    },
  })
  await device.sync()
  const rows = await device.org.table('account').query()
  const samples = Object.fromEntries(
    COLUMNS.map((column) => [
      column,
      rows.slice(0, 40).flatMap((row) => (row[column] === null ? [] : [String(row[column])])),
    ]),
  )
  const metadata = await device.org.masterTable('account')
  if (!metadata) throw new Error('the master has accounts')
  const token = there.emulator.tokenFor(there.emulator.users[0]?.name ?? '')
  await fc.assert(
    fc.asyncProperty(filterText(samples), async (text) => {
      const wire = printFilter(withoutNegatedFunctions(parseTableFilter(text, metadata)), {
        column: (name) => (name === 'primarycontactid' ? `_${name}_value` : name),
      })
      const url = `${there.emulator.root}api/data/v9.2/accounts?$select=accountid&$filter=${encodeURIComponent(wire)}`
      const answer = await there.emulator.fetch(url, {
        headers: { Authorization: `Bearer ${token}`, Accept: 'application/json' },
      })
      const body = (await answer.json()) as { value?: readonly { accountid: string }[] }
      const theirs = body.value?.map((row) => row.accountid).toSorted()
      const ours = (await device.org.table('account').query({ where: text }))
        .map((row) => String(row['accountid']))
        .toSorted()
      expect(ours).toEqual(theirs)
    }),
    { numRuns: 800, seed: 20260501 },
  )
})

test('a filter means the same after being printed and parsed again', () => {
  fc.assert(
    fc.property(filterText({}), (text) => {
      const filter = parseFilter(text)
      expect(withoutPositions(parseFilter(printFilter(filter)))).toEqual(withoutPositions(filter))
    }),
    { numRuns: 2000, seed: 20260501 },
  )
})

/** The tree alone; `and` inside of `and` is the same as one longer `and`. */
function withoutPositions(filter: Filter): unknown {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return { kind: filter.kind, parts: filter.parts.map(withoutPositions) }
    case 'not':
      return { kind: 'not', part: withoutPositions(filter.part) }
    default:
      return { ...filter, position: 0, rightPosition: 0, valuePositions: [] }
  }
}
