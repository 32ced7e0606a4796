import { expect, test } from 'vitest'
import type { Change } from '../change.ts'
import { checkConfiguration } from '../copy/check-configuration.ts'
import { OutpostError } from '../errors.ts'
import type { ColumnMetadata, TableMetadata } from '../metadata.ts'
import { parentsFirst } from './parents-first.ts'
import { stronglyConnected } from './strongly-connected.ts'

function lookup(name: string, more: Partial<ColumnMetadata> = {}): ColumnMetadata {
  const can = { required: false, creatable: true, updatable: true, readable: true }
  return { name, label: name, type: 'lookup', ...can, targets: [{ table: 'node' }], ...more }
}

function table(name: string): TableMetadata {
  const key: ColumnMetadata = { ...lookup(`${name}id`), type: 'guid', targets: [] }
  return {
    name,
    label: name,
    primaryId: key.name,
    primaryName: null,
    ownership: 'user',
    intersect: false,
    versioned: true,
    changeTracking: false,
    columns: [
      key,
      lookup('soft'),
      lookup('other'),
      lookup('required', { required: true }),
      lookup('fixed', { updatable: false }),
      lookup('either', { targets: [{ table: 'node' }, { table: 'leaf' }] }),
    ],
    keys: [],
    oneToMany: [],
    manyToMany: [],
    wire: null,
  }
}

const tables = checkConfiguration(
  { tables: { node: {}, leaf: {} } },
  new Map([table('node'), table('leaf')].map((each) => [each.name, each])),
)

function create(id: string, values: Readonly<Record<string, string>> = {}, table = 'node'): Change {
  return { kind: 'create', table, id, values }
}

/** The order of the changes, each with what it puts off: `a[soft]`. */
function order(...changes: readonly Change[]): readonly string[] {
  return parentsFirst(changes, tables).map((change) => {
    const deferred = change.kind === 'create' ? (change.deferred ?? []) : []
    return `${change.kind === 'create' ? '' : `${change.kind} `}${change.id}${deferred.length > 0 ? `[${deferred.join()}]` : ''}`
  })
}

const update = (id: string, values: Readonly<Record<string, string>>): Change => {
  return { kind: 'update', table: 'node', id, values, before: {}, patch: [], version: null }
}
const remove = (id: string): Change => ({ kind: 'delete', table: 'node', id, before: {}, version: null })

test('without a circle nothing is put off, and the given order stays where it can', () => {
  expect(order(create('a'), create('b'), create('c', { soft: 'a' }))).toEqual(['a', 'b', 'c'])
  expect(order(create('c', { soft: 'b' }), create('b', { other: 'a' }), create('a'))).toEqual(['a', 'b', 'c'])
})

test('a row that points to itself puts that lookup off', () => {
  expect(order(create('a', { soft: 'a' }))).toEqual(['a[soft]'])
})

test('of two rows that point to each other one puts its lookup off', () => {
  expect(order(create('a', { soft: 'b' }), create('b', { other: 'a' }))).toEqual(['a[soft]', 'b'])
})

test('a lookup that the master requires, or that cannot be set later, is not the one that is put off', () => {
  expect(order(create('a', { required: 'b' }), create('b', { soft: 'a' }))).toEqual(['b[soft]', 'a'])
  expect(order(create('a', { fixed: 'b' }), create('b', { soft: 'a' }))).toEqual(['b[soft]', 'a'])
  expect(
    order(create('a', { fixed: 'b', soft: 'c' }), create('b', { soft: 'c' }), create('c', { fixed: 'a' })),
  ).toEqual(['b[soft]', 'a[soft]', 'c'])
})

test('a circle of such lookups alone is refused, naming its rows', () => {
  let failure: unknown
  try {
    order(create('x', { soft: 'a' }), create('a', { required: 'b' }), create('b', { fixed: 'a' }))
  } catch (error) {
    failure = error
  }
  expect(failure).toBeInstanceOf(OutpostError)
  expect(failure).toMatchObject({ code: 'invalid', place: { table: 'node', row: 'a', rule: 'lookup-cycle' } })
  expect(() => order(create('a', { required: 'a' }))).toThrow(/circle/)
})

test('in a circle of three one lookup is put off, and none of the rows that only point into it', () => {
  const changes = [
    create('into', { soft: 'b' }),
    create('a', { soft: 'b' }),
    create('b', { soft: 'c' }),
    create('c', { soft: 'a' }),
  ]
  expect(order(...changes)).toEqual(['a[soft]', 'c', 'b', 'into'])
})

test('two circles that share a row lose one lookup each', () => {
  const shared = [create('a', { soft: 'b', other: 'c' }), create('b', { soft: 'a' }), create('c', { soft: 'a' })]
  expect(order(...shared)).toEqual(['b[soft]', 'a[other]', 'c'])
})

test('a polymorphic lookup closes a circle only with the table it names', () => {
  const other = create('b', { soft: 'a' }, 'leaf')
  expect(order(create('a', { either: 'b', either$table: 'leaf' }), other)).toEqual(['a[either]', 'b'])
  expect(order(create('a', { either: 'b', either$table: 'node' }), other)).toEqual(['a', 'b'])
})

test('updates wait for the rows they point to, and deletions come last', () => {
  const circle = [create('a', { soft: 'b' }), create('b', { soft: 'a' })]
  expect(order(remove('d'), remove('e'), update('u', { soft: 'b' }), ...circle)).toEqual([
    'a[soft]',
    'b',
    'update u',
    'delete d',
    'delete e',
  ])
})

test('what was put off before is thought over again', () => {
  const before: Change = { kind: 'create', table: 'node', id: 'a', values: { soft: 'b' }, deferred: ['other'] }
  expect(order(before)).toEqual(['a'])
})

test('groups come after those they point to', () => {
  const edges: Readonly<Record<string, readonly string[]>> = { a: ['b'], b: ['c'], c: ['b', 'd'], d: [], e: ['a', 'e'] }
  const groups = stronglyConnected(['e', 'a', 'b', 'c', 'd'], (name) => edges[name] ?? [])
  expect(groups).toEqual([['d'], ['b', 'c'], ['a'], ['e']])
})
