import { expect, test } from 'vitest'
import type { ColumnMetadata } from '../metadata.ts'
import { column, tableMetadata } from '../testing/sample-metadata.ts'
import { columnChanges } from './column-drift.ts'

const place = { table: 'job', column: 'c' }

function changes(before: ColumnMetadata, after: ColumnMetadata): readonly unknown[] {
  return columnChanges(tableMetadata('job', [before]), tableMetadata('job', [after]))
}

const number = (rest: Partial<ColumnMetadata>): ColumnMetadata => column('c', 'integer', rest)
const status = (...options: readonly [number, string, number?][]): ColumnMetadata =>
  column('c', 'status', {
    options: options.map(([value, label, state]) => ({ value, label, ...(state === undefined ? {} : { state }) })),
  })
const reference = (...tables: readonly string[]): ColumnMetadata =>
  column('c', 'lookup', { targets: tables.map((table) => ({ table })) })

test.each<[string, ColumnMetadata, ColumnMetadata, readonly unknown[]]>([
  ['nothing', column('c', 'text'), column('c', 'text'), []],
  [
    'a label',
    column('c', 'text'),
    column('c', 'text', { label: 'C' }),
    [{ kind: 'column-renamed', from: 'c', to: 'C' }],
  ],
  [
    'a higher minimum',
    number({ min: 0 }),
    number({ min: 1 }),
    [{ kind: 'column-narrowed', limit: 'min', from: 0, to: 1 }],
  ],
  [
    'a lower maximum',
    number({ max: 9 }),
    number({ max: 5 }),
    [{ kind: 'column-narrowed', limit: 'max', from: 9, to: 5 }],
  ],
  [
    'a limit where there was none',
    number({}),
    number({ max: 5 }),
    [{ kind: 'column-narrowed', limit: 'max', from: null, to: 5 }],
  ],
  ['a limit less', number({ min: 1 }), number({}), [{ kind: 'column-widened', limit: 'min', from: 1, to: null }]],
  [
    'a longer text',
    column('c', 'text', { maxLength: 10 }),
    column('c', 'text', { maxLength: 20 }),
    [{ kind: 'column-widened', limit: 'maxLength', from: 10, to: 20 }],
  ],
  ['required', column('c', 'text'), column('c', 'text', { required: true }), [{ kind: 'required-changed', to: true }]],
  [
    'no longer writable',
    column('c', 'text'),
    column('c', 'text', { updatable: false }),
    [{ kind: 'updatable-changed', to: false }],
  ],
  [
    'no longer readable',
    column('c', 'text'),
    column('c', 'text', { readable: false }),
    [{ kind: 'column-unreadable' }],
  ],
  ['another type', column('c', 'text'), number({}), [{ kind: 'column-retyped', from: 'text', to: 'integer' }]],
  [
    'another clock',
    column('c', 'datetime', { clock: 'utc' }),
    column('c', 'datetime', { clock: 'local' }),
    [{ kind: 'column-retyped', from: 'datetime', to: 'datetime local' }],
  ],
  ['made anew', column('c', 'text', { mark: 'a' }), column('c', 'text', { mark: 'b' }), [{ kind: 'column-remade' }]],
  ['more known of it', column('c', 'text'), column('c', 'text', { mark: 'b' }), []],
  [
    'options',
    status([1, 'Open', 0], [2, 'Held', 0], [3, 'Done', 1]),
    status([1, 'New', 0], [2, 'Held', 1], [4, 'Won', 1]),
    [
      { kind: 'option-added', value: 4, label: 'Won' },
      { kind: 'option-renamed', value: 1, from: 'Open', to: 'New' },
      { kind: 'option-moved', value: 2 },
      { kind: 'option-removed', value: 3, label: 'Done' },
    ],
  ],
  [
    'another target',
    reference('account'),
    reference('account', 'contact'),
    [{ kind: 'targets-changed', added: ['contact'], removed: [] }],
  ],
  [
    'a target less',
    reference('account', 'contact'),
    reference('contact'),
    [{ kind: 'targets-changed', added: [], removed: ['account'] }],
  ],
])('%s', (_, before, after, expected) => {
  expect(changes(before, after)).toEqual(expected.map((each) => ({ ...place, ...(each as object) })))
})
