import { expect, test } from 'vitest'
import type { UpdateChange } from '../change.ts'
import { checkConfiguration } from '../copy/check-configuration.ts'
import type { ConflictFunction } from './conflict-policy.ts'
import { mergeUpdate } from './merge.ts'
import type { Merge } from './merge.ts'
import type { Row } from '../row.ts'
import { column, tableMetadata } from '../testing/sample-metadata.ts'

const metadata = tableMetadata('job', [
  column('name', 'text', { maxLength: 12 }),
  column('city', 'text'),
  column('count', 'integer'),
  column('statecode', 'state', {
    options: [
      { value: 0, label: 'Open' },
      { value: 1, label: 'Done' },
    ],
  }),
  column('statuscode', 'status', {
    options: [
      { value: 1, label: 'New', state: 0 },
      { value: 2, label: 'Finished', state: 1 },
    ],
  }),
  column('ownerid', 'lookup', { targets: [{ table: 'systemuser' }, { table: 'team' }] }),
])
const TEAM = '11111111-1111-4111-8111-111111111111'
const base: Row = {
  name: 'Old',
  city: 'Bonn',
  count: 1,
  statecode: 0,
  statuscode: 1,
  ownerid: null,
  ownerid$table: null,
}

/** Merges an edit into the master's row by a function; `count` has a rule of its own. */
function mergeBy(decide: unknown, local: Row, remote: Row): Merge {
  const options = { conflictPolicy: { function: 'f' }, conflictRules: { count: 'max' } } as const
  const functions = decide === undefined ? {} : { f: decide as ConflictFunction }
  const of = checkConfiguration({ tables: { job: options } }, new Map([['job', metadata]]), functions).get('job')
  if (!of) throw new Error('the table is configured')
  const before = Object.fromEntries(Object.keys(local).map((name) => [name, base[name] ?? null]))
  const change: UpdateChange = { kind: 'update', table: 'job', id: 'a', values: local, before, patch: [], version: '1' }
  return mergeUpdate(change, { ...base, ...remote }, of, { editedAt: 0, now: 0, doubtful: false })
}

const OURS = { name: 'Ours', city: 'Ulm', count: 3 }
const THEIRS = { name: 'Theirs', count: 2 }

test('the function sees base, both sides and the table, for what no rule decides', () => {
  let seen: Parameters<ConflictFunction>[0] | undefined
  const keep: ConflictFunction = (conflict) => {
    seen = conflict
    return { name: 'local' }
  }
  expect(mergeBy(keep, OURS, THEIRS)).toMatchObject({ kind: 'send', values: OURS })
  expect(seen).toMatchObject({
    table: { name: 'job' },
    columns: ['name', 'city'],
    clashes: ['name'],
    base: { name: 'Old' },
    local: OURS,
    remote: THEIRS,
  })
})

test('it takes a side or gives a value, also for a column that did not clash', () => {
  const merge = mergeBy(() => ({ name: { value: 'Both' }, city: 'remote' }), OURS, THEIRS)
  expect(merge).toMatchObject({
    kind: 'send',
    values: { name: 'Both', count: 3 },
    conflicts: [
      { column: 'count', resolved: 'local', policy: 'max' },
      { column: 'name', resolved: 'merged', value: 'Both', policy: 'function f' },
      { column: 'city', resolved: 'remote', policy: 'function f' },
    ],
  })
  expect(merge.kind === 'send' && 'city' in merge.values).toBe(false)
})

test('what it leaves open waits for a person', () => {
  expect(mergeBy(() => 'undecided', OURS, THEIRS).kind).toBe('undecided')
  expect(mergeBy(() => ({}), OURS, THEIRS).kind).toBe('undecided')
  expect(mergeBy(() => ({ name: 'undecided' }), OURS, THEIRS).kind).toBe('undecided')
})

test('a polymorphic lookup is given with its table', () => {
  const [ours, theirs] = [TEAM.replace('1', '2'), TEAM.replace('1', '3')]
  const local = { ownerid: ours, ownerid$table: 'systemuser' }
  const remote = { ownerid: theirs, ownerid$table: 'systemuser' }
  const team = mergeBy(() => ({ ownerid: { value: TEAM, target: 'team' } }), local, remote)
  expect(team).toMatchObject({ kind: 'send', values: { ownerid: TEAM, ownerid$table: 'team' } })
  expect(mergeBy(() => ({ ownerid: { value: TEAM } }), local, remote)).toMatchObject({
    kind: 'failed',
    column: 'ownerid',
  })
})

let turn = 0
test.each<[string, unknown]>([
  [
    'throws',
    () => {
      throw new Error('boom')
    },
  ],
  ['gives nothing', () => undefined],
  ['gives a promise', () => Promise.resolve({ name: 'local' })],
  ['gives a list', () => ['local']],
  ['gives an unknown word', () => ({ name: 'mine' })],
  ['decides about a column that is not to be sent', () => ({ name: 'local', ownerid: 'remote' })],
  ['decides about a column that has a rule', () => ({ name: 'local', count: 'remote' })],
  ['gives a value of another type', () => ({ name: { value: 1 } })],
  ['gives a value that is too long', () => ({ name: { value: 'much too long a name' } })],
  ['gives an object for a value', () => ({ name: { value: {} } })],
  ['gives more than a value', () => ({ name: { value: 'x', because: 'y' } })],
  ['is not the same twice', () => ({ name: { value: `v${(turn += 1)}` } })],
  ['changes what it is given', ({ local }: { local: Record<string, string> }) => ({ name: (local['name'] = 'local') })],
  ['was not given', undefined],
])('a function that %s is an error, and nothing is to be sent', (_, decide) => {
  const merge = mergeBy(decide, OURS, THEIRS)
  expect(merge).toMatchObject({ kind: 'failed', message: expect.stringContaining("conflict function 'f'") })
  expect('conflicts' in merge && merge.conflicts.every(({ resolved }) => resolved === 'undecided')).toBe(true)
  expect('values' in merge).toBe(false)
})

test('state and status are one value for a function too', () => {
  const local = { statecode: 1, statuscode: 2 }
  const remote = { statuscode: 3 }
  expect(mergeBy(() => ({ statecode: 'local', statuscode: 'local' }), local, remote).kind).toBe('send')
  expect(mergeBy(() => ({ statecode: 'remote', statuscode: 'remote' }), local, remote).kind).toBe('overruled')
  expect(mergeBy(() => ({ statecode: 'local', statuscode: 'remote' }), local, remote).kind).toBe('failed')
})
