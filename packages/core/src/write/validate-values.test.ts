import { expect, test } from 'vitest'
import { OutpostError } from '../errors.ts'
import type { ColumnValue } from '../row.ts'
import { column, tableMetadata } from '../testing/sample-metadata.ts'
import { canonicalDecimal, validateValues } from './validate-values.ts'

const GUID = 'ABCDEF01-0000-4000-8000-000000000001'
const table = tableMetadata('incident', [
  column('title', 'text', { maxLength: 10, required: true }),
  column('count', 'integer', { min: 0, max: 5 }),
  column('amount', 'money', { min: 0, max: 1000, precision: 2 }),
  column('factor', 'double'),
  column('whole', 'integer'),
  column('unlisted', 'choice', { options: [] }),
  column('big', 'bigint'),
  column('flag', 'boolean'),
  column('kind', 'choice', {
    options: [
      { value: 1, label: 'One' },
      { value: 2, label: 'Two' },
    ],
  }),
  column('kinds', 'choices', {
    options: [
      { value: 1, label: 'One' },
      { value: 2, label: 'Two' },
    ],
  }),
  column('due', 'datetime', { clock: 'utc' }),
  column('local', 'datetime', { clock: 'local' }),
  column('day', 'date'),
  column('customerid', 'lookup', { targets: [{ table: 'account' }, { table: 'contact' }] }),
  column('parentid', 'lookup', { targets: [{ table: 'account' }] }),
  column('statecode', 'state', {
    options: [
      { value: 0, label: 'Active' },
      { value: 1, label: 'Done' },
    ],
  }),
  column('statuscode', 'status', {
    options: [
      { value: 1, label: 'New', state: 0 },
      { value: 5, label: 'Solved', state: 1 },
    ],
  }),
  column('fullname', 'text', { creatable: false, updatable: false }),
  column('once', 'text', { updatable: false }),
  column('unselected', 'text'),
  column('attachment', 'file'),
])
const columns = new Set(table.columns.map((each) => each.name).filter((name) => name !== 'unselected'))

function check(
  values: Record<string, ColumnValue>,
  kind: 'create' | 'update' = 'create',
  current = {},
): Record<string, ColumnValue> {
  return validateValues(table, values, { kind, columns, id: 'row-1', current })
}

test.each<[Record<string, ColumnValue>, Record<string, ColumnValue>]>([
  [{ title: 'ten chars!' }, { title: 'ten chars!' }],
  [{ amount: '12.500' }, { amount: 12.5 }],
  [{ amount: 0 }, { amount: 0 }],
  [{ big: 9007199254740991 }, { big: '9007199254740991' }],
  [{ big: '9223372036854775807' }, { big: '9223372036854775807' }],
  [{ kinds: '1,2' }, { kinds: '1,2' }],
  [{ kinds: '2, 1' }, { kinds: '1,2' }],
  [{ kinds: '' }, { kinds: null }],
  [{ unlisted: 77 }, { unlisted: 77 }],
  [
    { statecode: 1, statuscode: 5 },
    { statecode: 1, statuscode: 5 },
  ],
  [{ due: '2026-05-01T10:00:00.750+02:00' }, { due: '2026-05-01T08:00:00Z' }],
  [{ due: '2026-05-01T10:00' }, { due: '2026-05-01T10:00:00Z' }],
  [{ local: '2026-05-01T10:00:00' }, { local: '2026-05-01T10:00:00Z' }],
  [{ day: '2024-02-29' }, { day: '2024-02-29' }],
  [{ parentid: GUID }, { parentid: GUID.toLowerCase() }],
  [{ parentid: `{${GUID}}`, parentid$table: 'account' }, { parentid: GUID.toLowerCase() }],
  [
    { customerid: GUID, customerid$table: 'contact' },
    { customerid: GUID.toLowerCase(), customerid$table: 'contact' },
  ],
  [{ customerid: null }, { customerid: null, customerid$table: null }],
  [{ statuscode: 1 }, { statuscode: 1 }],
])('%j is kept as %j', (given, kept) => {
  expect(check(given)).toEqual(kept)
})

test.each<[Record<string, ColumnValue>, string, string]>([
  [{ title: 'eleven char' }, 'title', 'max-length'],
  [{ title: null }, 'title', 'required'],
  [{ title: '' }, 'title', 'required'],
  [{ title: '  ' }, 'title', 'required'],
  [{ whole: 2 ** 31 }, 'whole', 'range'],
  [{ amount: '1000.0000000000000000001' }, 'amount', 'range'],
  [{ big: '9223372036854775808' }, 'big', 'range'],
  [{ due: '2026-05-01T24:00:00Z' }, 'due', 'value-type'],
  [{ due: '2026-05-01T08:00:00+15:00' }, 'due', 'value-type'],
  [{ statuscode: 5 }, 'statuscode', 'status-of-state'],
  [{ title: 5 }, 'title', 'value-type'],
  [{ count: 6 }, 'count', 'range'],
  [{ count: -1 }, 'count', 'range'],
  [{ count: 1.5 }, 'count', 'value-type'],
  [{ amount: 1000.01 }, 'amount', 'range'],
  [{ amount: 'much' }, 'amount', 'value-type'],
  [{ factor: Number.NaN }, 'factor', 'value-type'],
  [{ big: '1.5' }, 'big', 'value-type'],
  [{ big: 2 ** 60 }, 'big', 'value-type'],
  [{ flag: 1 }, 'flag', 'value-type'],
  [{ kind: 3 }, 'kind', 'option'],
  [{ kind: '1' }, 'kind', 'value-type'],
  [{ kinds: '1,3' }, 'kinds', 'option'],
  [{ kinds: '1;2' }, 'kinds', 'value-type'],
  [{ due: 'tomorrow' }, 'due', 'value-type'],
  [{ due: '2026-13-01T00:00:00Z' }, 'due', 'value-type'],
  [{ due: '1752-12-31T00:00:00Z' }, 'due', 'range'],
  [{ local: '2026-05-01T10:00:00+02:00' }, 'local', 'value-type'],
  [{ day: '2023-02-29' }, 'day', 'value-type'],
  [{ day: '1700-01-01' }, 'day', 'range'],
  [{ parentid: 'no-guid' }, 'parentid', 'value-type'],
  [{ parentid: GUID, parentid$table: 'contact' }, 'parentid', 'lookup-target'],
  [{ customerid: GUID }, 'customerid', 'lookup-target'],
  [{ customerid: GUID, customerid$table: 'task' }, 'customerid', 'lookup-target'],
  [{ customerid$table: 'contact' }, 'customerid$table', 'lookup-target'],
  [{ title$table: 'contact' }, 'title$table', 'unknown-column'],
  [{ statecode: 0, statuscode: 5 }, 'statuscode', 'status-of-state'],
  [{ fullname: 'x' }, 'fullname', 'read-only'],
  [{ incidentid: GUID }, 'incidentid', 'read-only'],
  [{ nosuch: 1 }, 'nosuch', 'unknown-column'],
  [{ unselected: 'x' }, 'unselected', 'not-selected'],
  [{ attachment: GUID }, 'attachment', 'unsupported-type'],
])('%j is refused at column %s by rule %s', (given, name, rule) => {
  const refusal = refusalOf(() => check(given))
  expect(refusal.code).toBe('invalid')
  expect(refusal.place).toEqual({ table: 'incident', row: 'row-1', column: name, rule })
})

test('a column that can only be set on create is refused on update', () => {
  expect(check({ once: 'x' })).toEqual({ once: 'x' })
  expect(refusalOf(() => check({ once: 'x' }, 'update')).place.rule).toBe('read-only')
})

test('a status is judged by the state the row is in when no state is written with it', () => {
  expect(refusalOf(() => check({ statuscode: 5 }, 'update', { statecode: 0 })).place.rule).toBe('status-of-state')
  expect(check({ statuscode: 5 }, 'update', { statecode: 1 })).toEqual({ statuscode: 5 })
  expect(check({ statecode: 1, statuscode: 5 }, 'update', { statecode: 0 })).toEqual({ statecode: 1, statuscode: 5 })
})

test('the own id of a row among its values is no value, and another id is refused', () => {
  const rules = { columns, id: GUID.toLowerCase() }
  const values = { incidentid: GUID, title: 'Same row' }
  expect(validateValues(table, values, { kind: 'create', ...rules })).toEqual({ title: 'Same row' })
  expect(validateValues(table, values, { kind: 'update', ...rules })).toEqual({ title: 'Same row' })
  const another = { ...values, incidentid: GUID.replace('A', 'B') }
  const place = { column: 'incidentid', rule: 'read-only' }
  expect(refusalOf(() => validateValues(table, another, { kind: 'update', ...rules })).place).toMatchObject(place)
})

test.each([
  ['5000000.0000', 5000000],
  ['-0.50', -0.5],
  ['100', 100],
  ['12345678901234567.8900', '12345678901234567.89'],
  ['0.00000000000000012', 0.00000000000000012],
])('the decimal %s is kept as %s', (given, kept) => {
  expect(canonicalDecimal(given)).toBe(kept)
})

function refusalOf(body: () => unknown): OutpostError {
  try {
    body()
  } catch (error) {
    if (error instanceof OutpostError) return error
    throw error
  }
  throw new Error('nothing was refused')
}
