import { expect, test } from 'vitest'
import { checkConfiguration } from '../copy/check-configuration.ts'
import type { Configuration } from '../copy/configuration.ts'
import { OutpostError } from '../errors.ts'
import { column, tableMetadata } from '../testing/sample-metadata.ts'

const columns = [
  column('name', 'text'),
  column('revenue', 'money', { precision: 2 }),
  column('tags', 'choices'),
  column('statecode', 'state'),
  column('statuscode', 'status'),
  column('secret', 'text'),
  column('createdon', 'datetime', { updatable: false }),
  column('modifiedon', 'datetime', { updatable: false }),
]
const kept = ['name', 'revenue', 'tags', 'statecode', 'statuscode', 'createdon']

function check(table: unknown, versioned = true): OutpostError | undefined {
  const metadata = tableMetadata('account', columns, { versioned })
  try {
    checkConfiguration({ tables: { account: table } } as Configuration, new Map([['account', metadata]]))
    return undefined
  } catch (error) {
    if (error instanceof OutpostError) return error
    throw error
  }
}

test.each([
  ['max', 'name', 'conflict-rule', 'newest'],
  ['sum', 'tags', 'conflict-rule', 'union'],
  ['union', 'revenue', 'conflict-rule', 'sum'],
  ['min', 'statecode', 'conflict-rule', 'client-wins'],
  ['client-wins', 'statuscode', 'conflict-rule', 'state column'],
  ['largest', 'revenue', 'conflict-rule', undefined],
  ['toString', 'revenue', 'conflict-rule', undefined],
  ['max', 'nothing', 'unknown-column', undefined],
  ['server-wins', 'secret', 'not-selected', 'Select'],
  ['server-wins', 'createdon', 'read-only', 'Drop'],
  ['newest', 'name', 'not-selected', 'modifiedon'],
])('the rule %s on column %s is refused as %s, with the way out', (rule, name, broken, remedy) => {
  const error = check({ columns: kept, conflictRules: { [name]: rule } })
  expect(error).toMatchObject({ code: 'invalid', place: { table: 'account', column: name, rule: broken } })
  expect(error?.message).toContain(rule)
  if (remedy !== undefined) expect(error?.remedy).toContain(remedy)
})

test('amounts are not added on a table whose versions the master does not check', () => {
  const table = { columns: kept, conflictRules: { revenue: 'sum' } }
  expect(check(table, false)).toMatchObject({ place: { rule: 'conflict-rule', column: 'revenue' } })
  expect(check(table)).toBeUndefined()
})

test('rules that suit their columns, a named function and the policies for deleted rows are taken', () => {
  const conflictRules = {
    name: 'newest',
    revenue: 'max',
    tags: 'union',
    statecode: 'server-wins',
    secret: 'never-overwrite',
  }
  const given = { conflictRules, conflictPolicy: { function: 'ours' }, onDeletedRow: 'recreate', onUpdatedRow: 'drop' }
  expect(check(given)).toBeUndefined()
})

test.each([
  [{ conflictPolicy: 'newest' }, 'conflict-policy'],
  [{ conflictPolicy: { function: 1 } }, 'option-type'],
  [{ conflictPolicy: { function: 'f', also: 1 } }, 'option-type'],
  [{ conflictRules: { name: 1 } }, 'option-type'],
  [{ conflictRules: ['name'] }, 'option-type'],
  [{ onDeletedRow: 'delete' }, 'on-deleted-row'],
  [{ onUpdatedRow: 'recreate' }, 'on-updated-row'],
])('%j is refused', (table, rule) => {
  expect(check(table)).toMatchObject({ code: 'invalid', place: { table: 'account', rule } })
})
