import { expect, test } from 'vitest'
import { checkConfiguration, problemsOf } from './check-configuration.ts'
import type { Configuration } from './configuration.ts'
import { OutpostError } from '../errors.ts'
import { TRACKING_COLUMNS } from '../pull/tracking.ts'
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

const tracked = new Map([
  ...catalogue,
  ['tag', tableMetadata('tag', [column('name', 'text')], { ownership: 'organization' })],
  [
    'resco_mobiletracking',
    tableMetadata(
      'resco_mobiletracking',
      Object.values(TRACKING_COLUMNS).map((name) => column(name, 'text')),
    ),
  ],
  ['systemuser', tableMetadata('systemuser', [column('fullname', 'text')])],
])

const problems = (configuration: Configuration): readonly string[] =>
  problemsOf(configuration, tracked).map(({ place: { table, column: of, rule } }) =>
    [table, of, rule].filter((part) => part !== undefined).join(' '),
  )

test('every violation is listed with its place, not only the first', () => {
  const text = `{"tables":{
    "nosuch": {},
    "account": {"columns":["nmae","amuont"],"syncFilter":"naem eq 'a'","uploadFilter":"nome eq 1","indexes":[["x"],["y"]],
      "conflictPolicy":"mine","conflictRules":{"name":"sum","nomen":"max"},"onDeletedRow":"weep"},
    "tag": {"syncFilter":"amount gt"}},
    "scopes":{"mine":{"tables":["acount","tag"]}}}`
  expect(problems(fromFile(text))).toEqual([
    'nosuch unknown-table',
    'account nmae unknown-column',
    'account amuont unknown-column',
    'account naem unknown-column',
    'account nome unknown-column',
    'account conflict-policy',
    'account on-deleted-row',
    'account name not-selected',
    'account nomen unknown-column',
    'account x not-selected',
    'account y not-selected',
    'tag filter-syntax',
    'acount scope-table',
  ])
})

test('what is thrown names all of them', () => {
  const broken: Configuration = { tables: { account: { columns: ['nmae', 'amuont'] }, nosuch: {} } }
  expect(() => checkConfiguration(broken, tracked)).toThrow(/nmae.*amuont.*nosuch/)
})

test('every part that has not its shape is listed', () => {
  const text = `{"tables":{"account":{"columns":"name","colour":1},"tag":3},"mobileTracking":7,"jbos":{},
    "localTables":{"draft":{"columns":{"a":{"type":"colour"}}},"other":{}},"scopes":{"one":{"tables":"account"}}}`
  expect(problems(fromFile(text))).toEqual([
    'configuration-shape',
    'configuration-shape',
    'account option-type',
    'account unknown-option',
    'tag option-type',
    'draft option-type',
    'other option-type',
    'option-type',
  ])
})

test('tracking needs the tracking table, and the comparison of all ids switched off', () => {
  const tables = { account: { syncDeletion: true, tracking: { deletes: true } } }
  expect(problems({ tables })).toEqual(['account tracking-table', 'account tracking-sync-deletion'])
  expect(problems({ tables, mobileTracking: 'resco_mobiletracking' })).toEqual([
    'resco_mobiletracking tracking-table',
    'account tracking-sync-deletion',
  ])
  const right: Configuration = {
    tables: { account: { tracking: { deletes: true } }, tag: { syncDeletion: true }, resco_mobiletracking: {} },
    mobileTracking: 'resco_mobiletracking',
  }
  expect(problems(right)).toEqual([])
  expect(problemsOf({ tables }, tracked).every(({ remedy }) => remedy !== undefined)).toBe(true)
})

test('the mobile-tracking table has the columns that its entries are read from, and they are selected', () => {
  const right: Configuration = {
    tables: { resco_mobiletracking: { columns: Object.values(TRACKING_COLUMNS) } },
    mobileTracking: 'resco_mobiletracking',
  }
  expect(problems(right)).toEqual([])
  const fewer = Object.values(TRACKING_COLUMNS).filter((name) => name !== 'resco_rowid')
  expect(problems({ ...right, tables: { resco_mobiletracking: { columns: fewer } } })).toEqual([
    'resco_mobiletracking resco_rowid tracking-columns',
  ])
  const other = problems({ tables: { account: {} }, mobileTracking: 'account' })
  expect(other).toEqual(Object.values(TRACKING_COLUMNS).map(() => 'account tracking-columns'))
})

test('each kind of tracking has needs of its own', () => {
  const mobileTracking = 'resco_mobiletracking'
  const track = (tables: Configuration['tables']): readonly string[] =>
    problems({ tables: { resco_mobiletracking: {}, ...tables }, mobileTracking })
  expect(track({ account: { tracking: { owners: true } } })).toEqual(['account tracking-owner'])
  expect(track({ account: { tracking: { owners: true } }, systemuser: {} })).toEqual([])
  expect(track({ tag: { tracking: { owners: true } }, systemuser: {} })).toEqual(['tag tracking-kind'])
  expect(track({ account: { tracking: { links: true } } })).toEqual(['account tracking-links'])
  expect(track({ account_tag: { tracking: { links: true } } })).toEqual([
    'account_tag intersect-sides',
    'account_tag intersect-sides',
  ])
  expect(track({ account: {}, tag: {}, account_tag: { tracking: { links: true } } })).toEqual([])
  expect(track({ account: {}, tag: {}, account_tag: { tracking: { deletes: true } } })).toEqual([
    'account_tag tracking-kind',
  ])
  expect(track({ account: { tracking: { links: false } } })).toEqual([])
})

test('a local column beside those of the master is kept, indexed and asked of nobody', () => {
  const account = {
    columns: ['name'],
    localColumns: { rank: { type: 'integer' } },
    indexes: [['rank', 'name']],
  } as const
  const checked = checkConfiguration({ tables: { account } }, tracked).get('account')
  expect(checked?.columns).toEqual(['accountid', 'name'])
  expect(checked?.store.columns.map(({ name }) => name)).toEqual(['accountid', 'name', 'rank'])
})

test('a local name that the master uses too is reported, and keeps what was there first', () => {
  const configuration: Configuration = {
    tables: { account: { localColumns: { name: { type: 'integer' } } } },
    localTables: { tag: { columns: { name: { type: 'text' } } } },
  }
  expect(problems(configuration)).toEqual(['account name local-clash', 'tag local-clash'])
  const checked = checkConfiguration(configuration, tracked)
  expect(checked.get('account')?.columns).not.toContain('name')
  expect(checked.get('account')?.store.columns).toContainEqual({ name: 'name', type: 'number' })
  expect(checked.get('tag')?.isLocal).toBe(true)
})

test.each([
  [{ tables: { account: { columns: ['name'], localColumns: { name: { type: 'text' } } } } }, 'account name local-name'],
  [{ tables: { account: { localColumns: { accountid: { type: 'guid' } } } } }, 'account accountid local-name'],
  [{ tables: { account: { localColumns: { 'a/b': { type: 'text' } } } } }, 'account a/b local-name'],
  [{ tables: { account: { localColumns: { a: { type: 'text' } }, uploadFilter: 'a eq 1' } } }, 'account a value-type'],
  [
    { tables: { account: { localColumns: { a: { type: 'text' } }, uploadFilter: "a eq 'b'" } } },
    'account a local-column',
  ],
  [
    { tables: { account: { localColumns: { a: { type: 'text' } }, syncFilter: "a eq 'b'" } } },
    'account a unknown-column',
  ],
  [{ tables: { account: {} }, localTables: { account: { columns: {} } } }, 'account local-name'],
  [{ tables: {}, localTables: { Draft: { columns: {} } } }, 'Draft local-name'],
  [{ tables: {}, localTables: { draft: { columns: { draftid: { type: 'text' } } } } }, 'draft draftid local-name'],
] satisfies [Configuration, string][])('%j is refused: %s', (configuration, problem) => {
  expect(problems(configuration)).toEqual([problem])
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
