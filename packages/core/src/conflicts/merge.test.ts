import { expect, test } from 'vitest'
import type { UpdateChange } from '../change.ts'
import { checkConfiguration } from '../copy/check-configuration.ts'
import type { ConfiguredTable } from '../copy/configuration.ts'
import type { ConflictPolicy } from './conflict-policy.ts'
import { mergeDelete, mergeUpdate as merged } from './merge.ts'
import type { Merge } from './merge.ts'
import type { Row } from '../row.ts'
import { column, tableMetadata } from '../testing/sample-metadata.ts'

const metadata = tableMetadata('account', [
  column('name', 'text'),
  column('city', 'text'),
  column('amount', 'decimal', { precision: 2 }),
  column('customerid', 'lookup', { targets: [{ table: 'account' }, { table: 'contact' }] }),
  column('modifiedon', 'datetime', { creatable: false, updatable: false }),
])

function tableWith(conflictPolicy: ConflictPolicy): ConfiguredTable {
  const table = checkConfiguration({ tables: { account: { conflictPolicy } } }, new Map([['account', metadata]])).get(
    'account',
  )
  if (!table) throw new Error('the table is configured')
  return table
}

function update(values: Row, before: Row): UpdateChange {
  return { kind: 'update', table: 'account', id: 'a', values, before, patch: [], version: 'W/"1"' }
}

function mergeUpdate(change: UpdateChange, remote: Row, table: ConfiguredTable): Merge {
  return merged(change, remote, table, { editedAt: 0, now: 0, doubtful: false })
}

const base: Row = { name: 'Old', city: 'Bonn', amount: 1, modifiedon: '2026-01-01T00:00:00Z' }

test('a column that only we changed is sent, and the master keeps what only it changed', () => {
  const merge = mergeUpdate(update({ name: 'Ours' }, { name: 'Old' }), { ...base, city: 'Kiel' }, tableWith('merge'))
  expect(merge).toEqual({ kind: 'send', values: { name: 'Ours' }, conflicts: [] })
})

test('nothing is sent when the master has our values already, rounded as it rounds them', () => {
  const change = update({ name: 'Ours', amount: 47.639 }, { name: 'Old', amount: 1 })
  expect(mergeUpdate(change, { ...base, name: 'Ours', amount: 47.64 }, tableWith('merge'))).toEqual({ kind: 'applied' })
})

test.each<[ConflictPolicy, string, Row | undefined]>([
  ['merge', 'send', { city: 'Ulm' }],
  ['server-wins', 'overruled', undefined],
  ['client-wins', 'send', { name: 'Ours', city: 'Ulm' }],
  ['client-row-wins', 'send', { name: 'Ours', city: 'Ulm' }],
  ['manual', 'undecided', undefined],
])('under %s a clash in one of two columns ends as %s', (policy, kind, values) => {
  const change = update({ name: 'Ours', city: 'Ulm' }, { name: 'Old', city: 'Bonn' })
  const merge = mergeUpdate(change, { ...base, name: 'Theirs' }, tableWith(policy))
  expect(merge).toMatchObject({
    kind,
    conflicts: [{ column: 'name', base: 'Old', local: 'Ours', remote: 'Theirs', policy }],
  })
  if (values) expect(merge).toMatchObject({ values })
})

test('under client-row-wins what only the master changed is taken back, and told', () => {
  const whole = { name: 'Ours', city: 'Bonn', amount: 1 }
  const change = { ...update({ name: 'Ours' }, { name: 'Old' }), whole }
  const merge = mergeUpdate(change, { ...base, name: 'Old', city: 'Ulm', amount: 1 }, tableWith('client-row-wins'))
  expect(merge).toMatchObject({ kind: 'send', values: { name: 'Ours', city: 'Bonn' } })
  expect(merge).toMatchObject({
    conflicts: [{ column: 'city', base: 'Bonn', local: 'Bonn', remote: 'Ulm', resolved: 'local', value: 'Bonn' }],
  })
  const alike = mergeUpdate(change, { ...base, name: 'Old', city: 'Bonn', amount: 1 }, tableWith('client-row-wins'))
  expect(alike).toEqual({ kind: 'send', values: { name: 'Ours' }, conflicts: [] })
})

test('a clash in the only column leaves nothing to send', () => {
  const merge = mergeUpdate(update({ name: 'Ours' }, { name: 'Old' }), { ...base, name: 'Theirs' }, tableWith('merge'))
  expect(merge.kind).toBe('overruled')
})

test('a polymorphic lookup keeps its target table beside it', () => {
  const change = update({ customerid: 'x', customerid$table: 'contact' }, { customerid: null, customerid$table: null })
  const merge = mergeUpdate(
    change,
    { ...base, customerid: null, customerid$table: null, name: 'Theirs' },
    tableWith('merge'),
  )
  expect(merge).toMatchObject({ kind: 'send', values: { customerid: 'x', customerid$table: 'contact' } })
})

test.each<[ConflictPolicy, string]>([
  ['merge', 'undecided'],
  ['manual', 'undecided'],
  ['server-wins', 'overruled'],
  ['client-wins', 'send'],
  ['client-row-wins', 'send'],
])('under %s the deletion of a row that the master has changed ends as %s', (policy, kind) => {
  const change = { kind: 'delete', table: 'account', id: 'a', before: base, version: 'W/"1"' } as const
  expect(mergeDelete(change, { ...base, name: 'Theirs' }, tableWith(policy)).kind).toBe(kind)
})

test('the deletion of a row that the master only touched goes on', () => {
  const change = { kind: 'delete', table: 'account', id: 'a', before: base, version: 'W/"1"' } as const
  expect(mergeDelete(change, { ...base, modifiedon: '2026-02-02T00:00:00Z' }, tableWith('merge')).kind).toBe('send')
})
