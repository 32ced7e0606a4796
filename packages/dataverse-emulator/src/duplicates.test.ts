import { expect, test } from 'vitest'
import { bench, id, made, TECHNICIAN } from './ask.test-support.ts'
import type { Answer, Ask } from './ask.test-support.ts'

const DETECT = { 'MSCRM.SuppressDuplicateDetection': 'false' }
const DUPLICATE = [
  412,
  '0x80040333',
  'A record was not created or updated because a duplicate of the current record already exists.',
]

const outcome = ({ status, json }: Answer): readonly unknown[] => [status, json?.error.code, json?.error.message]

async function rule(
  ask: Ask,
  conditions: readonly Record<string, unknown>[],
  more: Record<string, unknown> = {},
): Promise<string> {
  const made1 = await made(ask, 'duplicaterules', {
    name: 'a rule',
    baseentityname: 'contact',
    matchingentityname: 'contact',
    ...more,
    DuplicateRule_DuplicateRuleConditions: conditions.map((one) => ({ operatorcode: 0, ...one })),
  })
  const answer = await ask('POST', `duplicaterules(${made1})/Microsoft.Dynamics.CRM.PublishDuplicateRule`)
  expect([answer.status, typeof answer.json.asyncoperationid]).toEqual([200, 'string'])
  return made1
}

const on = (column: string, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  baseattributename: column,
  matchingattributename: column,
  ...more,
})

/** Whether a contact of these values is refused as a duplicate. */
async function isDuplicate(ask: Ask, values: Record<string, unknown>): Promise<boolean> {
  const answer = await ask('POST', 'contacts', { headers: DETECT, body: values })
  if (answer.status !== 204) expect(outcome(answer)).toEqual(DUPLICATE)
  return answer.status !== 204
}

test('duplicates are refused on create and update, but only where detection is asked for', async () => {
  const { ask } = bench()
  const body = { firstname: 'Monte', lastname: 'Orton', emailaddress1: 'monteorton@example.com' }
  await made(ask, 'contacts', body)
  const headers = { ...DETECT, 'If-None-Match': 'null' }
  expect(outcome(await ask('POST', 'contacts', { headers, body }))).toEqual(DUPLICATE)
  for (const value of ['true', 'True']) {
    const suppressed = { 'MSCRM.SuppressDuplicateDetection': value }
    expect((await ask('POST', 'contacts', { headers: suppressed, body })).status).toBe(204)
  }
  const other = await made(ask, 'contacts', { lastname: 'x' })
  const update = { headers: { ...headers, 'If-Match': '*' }, body }
  expect(outcome(await ask('PATCH', `contacts(${other})`, update))).toEqual(DUPLICATE)
  expect((await ask('PATCH', `contacts(${other})`, { body })).status).toBe(204)
  expect((await ask('POST', 'contacts', { headers: { 'MSCRM.SuppressDuplicateDetection': 'no' }, body })).status).toBe(
    400,
  )
})

test('the status of a refused duplicate is 500 on services that document it so', async () => {
  const { ask } = bench({ knobs: { duplicateStatus: 500 } })
  await made(ask, 'accounts', { name: 'Contoso' })
  const answer = await ask('POST', 'accounts', { headers: DETECT, body: { name: 'contoso ' } })
  expect(outcome(answer).slice(0, 2)).toEqual([500, '0x80040333'])
})

test('a row is no duplicate of itself, and a refused one leaves nothing behind', async () => {
  const { ask, emulator } = bench()
  const account = await made(ask, 'accounts', { name: 'Contoso' })
  const again = await ask('PATCH', `accounts(${account})`, { headers: DETECT, body: { name: 'Contoso' } })
  expect(again.status).toBe(204)
  const count = emulator.master.count('account')
  await ask('POST', 'accounts', { headers: DETECT, body: { name: 'Contoso' } })
  expect(emulator.master.count('account')).toBe(count)
})

test('a rule that is not published does nothing, and stops when it is unpublished', async () => {
  const { ask } = bench()
  const one = await rule(ask, [on('jobtitle')])
  await made(ask, 'contacts', { lastname: 'a', jobtitle: 'Baker' })
  expect(await isDuplicate(ask, { lastname: 'b', jobtitle: 'baker' })).toBe(true)
  expect((await ask('POST', 'UnpublishDuplicateRule', { body: { DuplicateRuleId: one } })).status).toBe(204)
  expect(await isDuplicate(ask, { lastname: 'b', jobtitle: 'baker' })).toBe(false)
  // One of the rules of a new organisation, on the business phone, is not in force.
  await made(ask, 'contacts', { lastname: 'a', telephone1: '5' })
  expect(await isDuplicate(ask, { lastname: 'b', telephone1: '5' })).toBe(false)
})

test('conditions compare the whole text, its first or last characters, or its date', async () => {
  const { ask } = bench()
  await rule(ask, [on('jobtitle', { operatorcode: 1, operatorparam: 3 })])
  await rule(ask, [on('description', { operatorcode: 2, operatorparam: 2 })])
  await rule(ask, [on('birthdate', { operatorcode: 3 })])
  await made(ask, 'contacts', {
    lastname: 'a',
    jobtitle: 'Baker',
    description: 'ends with xy',
    birthdate: '1990-01-02',
  })
  expect(await isDuplicate(ask, { lastname: 'b', jobtitle: 'BAKing' })).toBe(true)
  expect(await isDuplicate(ask, { lastname: 'b', jobtitle: 'Butcher' })).toBe(false)
  expect(await isDuplicate(ask, { lastname: 'b', description: 'XY' })).toBe(true)
  expect(await isDuplicate(ask, { lastname: 'b', description: 'xyz' })).toBe(false)
  expect(await isDuplicate(ask, { lastname: 'b', birthdate: '1990-01-02' })).toBe(true)
  expect(await isDuplicate(ask, { lastname: 'b', birthdate: '1990-01-03' })).toBe(false)
})

test('all conditions of a rule must hold; two blanks are equal unless ignored', async () => {
  const { ask } = bench()
  await rule(ask, [on('jobtitle'), on('mobilephone')])
  await made(ask, 'contacts', { lastname: 'a', jobtitle: 'Baker' })
  await made(ask, 'contacts', { lastname: 'a', jobtitle: 'Cook', mobilephone: '1' })
  expect(await isDuplicate(ask, { lastname: 'b', jobtitle: 'Baker' })).toBe(true)
  expect(await isDuplicate(ask, { lastname: 'b', jobtitle: 'Baker', mobilephone: '1' })).toBe(false)
  expect(await isDuplicate(ask, { lastname: 'b', jobtitle: 'Cook', mobilephone: '1' })).toBe(true)
  const strict = bench()
  await rule(strict.ask, [on('jobtitle'), on('mobilephone', { ignoreblankvalues: true })])
  await made(strict.ask, 'contacts', { lastname: 'a', jobtitle: 'Baker' })
  expect(await isDuplicate(strict.ask, { lastname: 'b', jobtitle: 'Baker' })).toBe(false)
})

test('case counts and inactive rows are left out where the rule says so', async () => {
  const { ask } = bench()
  await rule(ask, [on('jobtitle')], { iscasesensitive: true, excludeinactiverecords: true })
  const baker = await made(ask, 'contacts', { lastname: 'a', jobtitle: 'Baker' })
  expect(await isDuplicate(ask, { lastname: 'b', jobtitle: 'baker' })).toBe(false)
  expect(await isDuplicate(ask, { lastname: 'b', jobtitle: 'Baker' })).toBe(true)
  await ask('PATCH', `contacts(${baker})`, { body: { statecode: 1 } })
  expect(await isDuplicate(ask, { lastname: 'b', jobtitle: 'Baker' })).toBe(false)
})

test('a rule may compare rows of two tables', async () => {
  const { ask } = bench()
  await rule(ask, [on('telephone1')], { matchingentityname: 'account' })
  await made(ask, 'accounts', { name: 'a', telephone1: '555' })
  expect(await isDuplicate(ask, { lastname: 'b', telephone1: '555' })).toBe(true)
})

test('RetrieveDuplicates gives the duplicates of an existing row or of values, as the user sees them', async () => {
  const { ask } = bench()
  const body = { lastname: 'a', emailaddress1: 'same@example.com' }
  const first = await made(ask, 'contacts', { contactid: id(1), ...body })
  const second = await made(ask, 'contacts', { contactid: id(2), ...body })
  const url = (entity: unknown, more = ''): string =>
    `RetrieveDuplicates(BusinessEntity=@p1,MatchingEntityName=@p2,PagingInfo=@p3)?@p1=${JSON.stringify(entity)}&@p2='contact'&@p3={${more}}`
  const ids = async (entity: unknown, more?: string, as?: string): Promise<readonly string[]> => {
    const { json } = await ask('GET', url(entity, more), as === undefined ? {} : { as })
    expect(json['@odata.context']).toContain('$metadata#contacts')
    return json.value.map((one: { contactid: string }) => one.contactid)
  }
  expect(await ids({ '@odata.type': 'Microsoft.Dynamics.CRM.contact', contactid: first })).toEqual([second])
  expect(await ids({ '@odata.id': `contacts(${second})` })).toEqual([first])
  const values = { '@odata.type': 'Microsoft.Dynamics.CRM.contact', emailaddress1: 'SAME@example.com' }
  expect(await ids(values)).toEqual([first, second])
  expect(await ids(values, '"PageNumber":2,"Count":1')).toEqual([second])
  expect(await ids(values, '', TECHNICIAN)).toEqual([])
  expect((await ask('GET', url({ '@odata.id': `contacts(${id(9)})` }))).status).toBe(404)
  expect((await ask('GET', url({ emailaddress1: 'x' }))).status).toBe(400)
  expect((await ask('GET', url(values, '"Nosuch":1'))).status).toBe(400)
})
