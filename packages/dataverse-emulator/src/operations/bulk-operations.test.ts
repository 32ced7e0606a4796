import { expect, test } from 'vitest'
import { bench, id, made } from '../ask.test-support.ts'
import type { Answer, Bench } from '../ask.test-support.ts'

const TYPE = '@odata.type'
const ACCOUNT = 'Microsoft.Dynamics.CRM.account'

function bulk({ ask }: Bench, set: string, verb: string, targets: readonly object[]): Promise<Answer> {
  return ask('POST', `${set}/Microsoft.Dynamics.CRM.${verb}Multiple?tag=Bulk`, { body: { Targets: targets } })
}

const accounts = (...bodies: object[]): object[] => bodies.map((body) => ({ [TYPE]: ACCOUNT, ...body }))

/** A value that is text; any other shows as empty. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

test('CreateMultiple answers 200 with the ids of the new rows, in order', async () => {
  const b = bench()
  const answer = await bulk(b, 'accounts', 'Create', accounts({ name: 'one' }, { name: 'two', accountid: id(2) }))
  expect(answer.status).toBe(200)
  expect(answer.json['@odata.context']).toBe(
    `${b.emulator.root}api/data/v9.2/$metadata#Microsoft.Dynamics.CRM.CreateMultipleResponse`,
  )
  expect(answer.json.Ids[1]).toBe(id(2))
  const names = answer.json.Ids.map((key: string) => b.emulator.master.row('account', key)?.values['name'])
  expect(names).toEqual(['one', 'two'])
})

test('UpdateMultiple finds rows by the key in each target, or by the alternate key in @odata.id, and answers 204', async () => {
  const b = bench()
  const first = await made(b.ask, 'accounts', { name: 'one', accountnumber: 'B-1' })
  const second = await made(b.ask, 'accounts', { name: 'two', accountnumber: 'B-2' })
  const answer = await bulk(b, 'accounts', 'Update', [
    { [TYPE]: ACCOUNT, accountid: first, name: 'ONE' },
    { [TYPE]: ACCOUNT, '@odata.id': "accounts(accountnumber='B-2')", name: 'TWO' },
  ])
  expect([answer.status, answer.text]).toEqual([204, ''])
  expect([first, second].map((key) => b.emulator.master.row('account', key)?.values['name'])).toEqual(['ONE', 'TWO'])
})

test('UpsertMultiple updates what is there and creates what is not, and answers 204', async () => {
  const b = bench()
  const first = await made(b.ask, 'accounts', { name: 'one', accountnumber: 'B-1' })
  const answer = await bulk(b, 'accounts', 'Upsert', [
    { [TYPE]: ACCOUNT, '@odata.id': "accounts(accountnumber='B-1')", name: 'ONE' },
    { [TYPE]: ACCOUNT, '@odata.id': "accounts(accountnumber='B-9')", name: 'nine' },
    { [TYPE]: ACCOUNT, accountid: id(7), name: 'seven' },
  ])
  expect([answer.status, answer.text]).toEqual([204, ''])
  expect(b.emulator.master.row('account', first)?.values['name']).toBe('ONE')
  expect(b.emulator.master.row('account', id(7))?.values['name']).toBe('seven')
  const nine = await b.ask('GET', "accounts(accountnumber='B-9')?$select=name")
  expect(nine.json.name).toBe('nine')
})

test('one bad target takes all of them back', async () => {
  const b = bench()
  const before = b.emulator.master.count('account')
  const answer = await bulk(b, 'accounts', 'Create', accounts({ name: 'one' }, { name: 'x'.repeat(161) }))
  expect([answer.status, answer.json.error.code]).toEqual([400, '0x80044331'])
  expect(b.emulator.master.count('account')).toBe(before)
  const key = await made(b.ask, 'accounts', { name: 'kept' })
  const missing = await bulk(
    b,
    'accounts',
    'Update',
    accounts({ accountid: key, name: 'lost' }, { accountid: id(404) }),
  )
  expect([missing.status, missing.json.error.message]).toEqual([404, `Account With Ids = ${id(404)} Do Not Exist`])
  expect(b.emulator.master.row('account', key)?.values['name']).toBe('kept')
})

test('each target needs @odata.type, that of the set', async () => {
  const b = bench()
  const without = await bulk(b, 'accounts', 'Create', [{ name: 'one' }])
  expect([without.status, without.json.error.code]).toEqual([400, '0x80048d19'])
  const other = await bulk(b, 'accounts', 'Create', [{ [TYPE]: 'Microsoft.Dynamics.CRM.contact', lastname: 'x' }])
  expect([other.status, other.json.error.code]).toEqual([400, '0x80048d19'])
  const keyless = await bulk(b, 'accounts', 'Update', accounts({ name: 'one' }))
  expect([keyless.status, keyless.json.error.code]).toEqual([400, '0x80072033'])
  const none = await bulk(b, 'accounts', 'Create', [])
  expect([none.status, none.json.error.code]).toEqual([400, '0x80040203'])
})

test('the same new key twice in one request is a duplicate', async () => {
  const b = bench()
  for (const verb of ['Create', 'Upsert']) {
    const twice = await bulk(
      b,
      'accounts',
      verb,
      accounts({ accountid: id(3), name: 'a' }, { accountid: id(3), name: 'b' }),
    )
    expect([twice.status, twice.json.error.code, twice.json.error.message]).toEqual([
      412,
      '0x80040237',
      'Cannot insert duplicate key.',
    ])
  }
  const clash = await bulk(b, 'accounts', 'Upsert', [
    { [TYPE]: ACCOUNT, '@odata.id': "accounts(accountnumber='B-5')", name: 'a' },
    { [TYPE]: ACCOUNT, '@odata.id': "accounts(accountnumber='B-5')", name: 'b' },
  ])
  expect([clash.status, clash.json.error.code]).toEqual([412, '0x80060892'])
  const key = await made(b.ask, 'accounts', { name: 'first' })
  const again = await bulk(
    b,
    'accounts',
    'Update',
    accounts({ accountid: key, name: 'a' }, { accountid: key, name: 'b' }),
  )
  expect([again.status, b.emulator.master.row('account', key)?.values['name']]).toEqual([204, 'b'])
})

test('links and activity pointers take no bulk messages, and nothing but elastic tables takes DeleteMultiple', async () => {
  const b = bench()
  for (const [set, table] of [
    ['activitypointers', 'activitypointer'],
    ['teammemberships', 'teammembership'],
  ] as const) {
    const refused = await bulk(b, set, 'Create', [{ [TYPE]: `Microsoft.Dynamics.CRM.${table}` }])
    expect([refused.status, refused.json.error.code]).toEqual([400, '0x80040800'])
    expect(refused.json.error.message).toContain("'CreateMultiple'")
  }
  const [row] = b.emulator.master.rows('account')
  const removed = await bulk(b, 'accounts', 'Delete', accounts({ accountid: row?.id ?? '' }))
  expect([removed.status, removed.json.error.message]).toEqual([501, 'DeleteMultiple has not yet been implemented.'])
  expect(removed.headers.has('x-emulator-not-implemented')).toBe(false)
})

test('each target of a bulk message runs the plug-ins of the single message', async () => {
  const seen: string[] = []
  const b = bench()
  b.emulator.plugins.register({
    name: 'Each',
    message: 'Create',
    table: 'account',
    stage: 'preOperation',
    run: ({ target, sharedVariables }) => {
      seen.push(`${textOf(target['name'])} ${String(sharedVariables.get('tag'))}`)
    },
  })
  await bulk(b, 'accounts', 'Create', accounts({ name: 'one' }, { name: 'two' }))
  expect(seen).toEqual(['one Bulk', 'two Bulk'])
})

test('a bulk action needs its namespace', async () => {
  const { ask } = bench()
  const short = await ask('POST', 'accounts/CreateMultiple', { body: { Targets: accounts({ name: 'x' }) } })
  expect([short.status, short.json.error.message]).toEqual([400, 'Request message has unresolved parameters.'])
})
