import { expect, test } from 'vitest'
import { checkConfiguration } from './configuration.ts'
import type { Configuration } from './configuration.ts'
import { OutpostError } from '../errors.ts'
import { column, tableMetadata } from '../testing/sample-metadata.ts'

const account = tableMetadata('account', [
  column('name', 'text'),
  column('amount', 'money', { precision: 2 }),
  column('customerid', 'lookup', { targets: [{ table: 'account' }, { table: 'contact' }] }),
  column('shadow', 'text', { readable: false }),
])
const link = tableMetadata('account_tag', [column('accountid', 'guid'), column('tagid', 'guid')], {
  intersect: true,
  manyToMany: [
    {
      name: 'Account_Tag',
      intersectTable: 'account_tag',
      first: { table: 'account', column: 'accountid' },
      second: { table: 'tag', column: 'tagid' },
    },
  ],
})
const catalogue = new Map([
  ['account', account],
  ['account_tag', link],
])

/** What a file can hold is more than the type allows. */
const fromFile = (text: string): Configuration => JSON.parse(text) as Configuration

test.each([
  ['null', 'configuration-shape'],
  ['{}', 'configuration-shape'],
  ['{"tables":[]}', 'configuration-shape'],
  ['{"tables":{},"table":{}}', 'configuration-shape'],
  ['{"tables":{"nosuch":{}}}', 'unknown-table'],
  ['{"tables":{"__proto__":{}}}', 'unknown-table'],
  ['{"tables":{"account":null}}', 'option-type'],
  ['{"tables":{"account":{"columns":"name"}}}', 'option-type'],
  ['{"tables":{"account":{"syncFilter":null}}}', 'option-type'],
  ['{"tables":{"account":{"syncDeletion":"no"}}}', 'option-type'],
  ['{"tables":{"account":{"filter":"name ne null"}}}', 'unknown-option'],
  ['{"tables":{"account":{"columns":["nmae"]}}}', 'unknown-column'],
  ['{"tables":{"account":{"columns":["shadow"]}}}', 'unreadable-column'],
  ['{"tables":{"account":{"columns":["name"],"indexes":[["amount"]]}}}', 'not-selected'],
  ['{"tables":{"account":{"indexes":[["amount"]]}}}', 'index'],
  ['{"tables":{"account":{"indexes":[[]]}}}', 'index'],
  ['{"tables":{"account":{"conflictPolicy":"mine"}}}', 'conflict-policy'],
  ['{"tables":{"account":{"columns":["name"],"uploadFilter":"amount gt 5"}}}', 'not-selected'],
  ['{"tables":{"account":{"syncFilter":"customerid$table eq \'contact\'"}}}', 'unknown-column'],
  ['{"tables":{"account":{},"account_tag":{}}}', 'intersect-sides'],
])('%s is refused by rule %s', (text, rule) => {
  expect(ruleOf(() => checkConfiguration(fromFile(text), catalogue))).toBe(rule)
})

test('the key, the ends of a link and the target of a polymorphic lookup are kept unasked', () => {
  const checked = checkConfiguration({ tables: { account: { columns: ['customerid'] } } }, catalogue).get('account')
  expect(checked?.columns).toEqual(['accountid', 'customerid'])
  expect(checked?.store.columns.map(({ name }) => name)).toEqual(['accountid', 'customerid', 'customerid$table'])
})

test('what the master would be asked for makes the fingerprint, and nothing else does', () => {
  const fingerprint = (table: Configuration['tables'][string]): string | undefined =>
    checkConfiguration({ tables: { account: table } }, catalogue).get('account')?.fingerprint
  const first = fingerprint({ columns: ['name', 'amount'] })
  expect(fingerprint({ columns: ['amount', 'name'], indexes: [['name']], syncDeletion: true })).toBe(first)
  expect(fingerprint({ columns: ['name'] })).not.toBe(first)
  expect(fingerprint({ columns: ['name', 'amount'], syncFilter: 'name ne null' })).not.toBe(first)
})

function ruleOf(body: () => unknown): string | undefined {
  try {
    body()
  } catch (error) {
    if (error instanceof OutpostError && error.code === 'invalid') return error.place.rule
    throw error
  }
  throw new Error('nothing was refused')
}
