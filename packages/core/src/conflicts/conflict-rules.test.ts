import { expect, test } from 'vitest'
import type { ConflictRule } from './conflict-policy.ts'
import { applyRule } from './conflict-rules.ts'
import type { ColumnType } from '../metadata.ts'
import type { ColumnValue } from '../row.ts'
import { column } from '../testing/sample-metadata.ts'

const NOON = Date.UTC(2026, 4, 1, 12)
const AT = { editedAt: NOON, now: NOON + 3_600_000, doubtful: false, remoteModifiedOn: null }

test.each<[ConflictRule, ColumnType, ColumnValue, ColumnValue, ColumnValue, ColumnValue]>([
  ['max', 'integer', 1, 10, 9, 10],
  ['max', 'bigint', '1', '9007199254740993', '9007199254740992', '9007199254740993'],
  ['max', 'decimal', 1, '12345678901234567.81', '12345678901234567.80', '12345678901234567.81'],
  ['max', 'money', 1, null, -5, -5],
  ['min', 'datetime', null, '2026-05-01T08:00:00Z', '2026-05-01T09:00:00Z', '2026-05-01T08:00:00Z'],
  ['sum', 'integer', 10, 12, 20, 22],
  ['sum', 'integer', 10, 12, 12, 14],
  ['sum', 'integer', null, 2, 3, 5],
  ['sum', 'decimal', 0.1, 0.3, 0.1, 0.3],
  ['sum', 'money', '12345678901234567.80', '12345678901234567.81', '12345678901234567.85', '12345678901234567.86'],
  ['sum', 'bigint', '-1', '-3', '9007199254740993', '9007199254740991'],
  ['sum', 'decimal', 1, 0.25, 0.5, -0.25],
  ['union', 'choices', '1,2', '1', '1,2,3', '1,3'],
  ['union', 'choices', null, '10,9', '2', '2,9,10'],
  ['union', 'choices', '1', null, '1,2', '2'],
  ['never-overwrite', 'text', 'a', 'ours', 'theirs', 'theirs'],
  ['never-overwrite', 'text', 'a', 'ours', null, 'ours'],
])('%s of a %s: from %j, here %j, on the master %j gives %j', (rule, type, base, local, remote, value) => {
  expect(applyRule(rule, column('x', type), { base, local, remote }, AT)).toMatchObject({ value })
})

const sides = { base: 'a', local: 'ours', remote: 'theirs' }
const newest = (editedAt: number, remoteModifiedOn: string | null): unknown =>
  applyRule('newest', column('x', 'text'), sides, { ...AT, editedAt, remoteModifiedOn })

test('the later edit is the newest, the same second is the master’s, and the reason names both clocks', () => {
  expect(newest(NOON, '2026-05-01T11:59:59Z')).toEqual({ value: 'ours', reason: expect.stringContaining('the device') })
  expect(newest(NOON + 900, '2026-05-01T12:00:00Z')).toMatchObject({ value: 'theirs' })
  expect(newest(NOON, '2026-05-01T12:00:01Z')).toMatchObject({ value: 'theirs' })
})

test('a clock that is seen to be wrong does not decide what is newest', () => {
  const asked = { decidedBy: 'policy', reason: expect.stringMatching(/\w/) }
  expect(newest(NOON, '2026-05-01T14:00:00Z')).toEqual(asked)
  expect(newest(NOON + 7_200_000, '2026-05-01T11:00:00Z')).toEqual(asked)
  expect(newest(NOON, null)).toEqual(asked)
})

test('no amount is added to an emptied value, nor where it may be counted already', () => {
  const integer = column('x', 'integer')
  const sum = (local: ColumnValue, remote: ColumnValue, doubtful: boolean): unknown =>
    applyRule('sum', integer, { base: 1, local, remote }, { ...AT, doubtful })
  expect(sum(null, 3, false)).toMatchObject({ decidedBy: 'policy' })
  expect(sum(3, null, false)).toMatchObject({ decidedBy: 'policy' })
  expect(sum(3, 5, true)).toMatchObject({ decidedBy: 'person' })
})
