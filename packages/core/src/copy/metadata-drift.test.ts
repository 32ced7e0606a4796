import { expect, test } from 'vitest'
import { metadataDrift } from './metadata-drift.ts'
import { column, tableMetadata } from '../testing/sample-metadata.ts'

test('what names a column that the master no longer has leaves the configuration', () => {
  const [name, size] = [column('name', 'text'), column('size', 'integer')]
  const before = new Map([['job', tableMetadata('job', [name, size])]])
  const after = new Map([['job', tableMetadata('job', [name])]])
  const table = {
    columns: ['name', 'size'],
    indexes: [['name'], ['size', 'name']],
    conflictRules: { name: 'newest', size: 'max' },
    onDeletedRow: 'drop',
  } as const
  const drift = metadataDrift({ tables: { job: table } }, before, after)
  expect(drift.changes).toEqual([{ kind: 'column-removed', table: 'job', column: 'size' }])
  expect(drift.configuration.tables['job']).toEqual({
    columns: ['name'],
    indexes: [['name']],
    conflictRules: { name: 'newest' },
    onDeletedRow: 'drop',
  })
})
