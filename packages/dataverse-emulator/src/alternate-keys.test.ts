import { expect, test } from 'vitest'
import { bench, id, made } from './ask.test-support.ts'
import type { Bench } from './ask.test-support.ts'
import { integer, text } from './schema.ts'

/** A table with a key of two numbers, and keys of the contact table that the documentation uses. */
function keyed(): Bench {
  const made1 = bench()
  const { schema } = made1.emulator
  schema.addTable({
    schemaName: 'example_record',
    objectTypeCode: 10_950,
    displayName: 'Record',
    primaryName: 'example_name',
    columns: [text('example_Name'), integer('example_Key1'), integer('example_Key2')],
    keys: [{ schemaName: 'example_Keys', columns: ['example_key1', 'example_key2'] }],
  })
  schema.addKey('contact', { schemaName: 'new_NameAndMail', columns: ['firstname', 'emailaddress1'] })
  schema.addKey('account', { schemaName: 'new_Contact', columns: ['primarycontactid'] })
  return made1
}

test('upsert by a key of two columns creates, then updates, with the same answer both times', async () => {
  const { ask, emulator } = keyed()
  const url = 'example_records(example_key1=2,example_key2=2)'
  for (const name of ['2:2', '2:2 Updated']) {
    const answer = await ask('PATCH', url, { headers: { 'If-None-Match': 'null' }, body: { example_name: name } })
    expect([answer.status, answer.text]).toEqual([204, ''])
    expect(answer.headers.get('OData-EntityId')).toBe(`${emulator.root}api/data/v9.2/${url}`)
    expect((await ask('GET', url)).json).toMatchObject({ example_name: name, example_key1: 2, example_key2: 2 })
  }
  expect(emulator.master.count('example_record')).toBe(1)
})

test('with data returned, 201 says that an upsert created and 200 that it updated', async () => {
  const { ask } = keyed()
  const url = 'example_records(example_key1=3,example_key2=3)?$select=example_recordid'
  const headers = { Prefer: 'return=representation' }
  const first = await ask('PATCH', url, { headers, body: { example_name: '3:3' } })
  const second = await ask('PATCH', url, { headers, body: { example_name: '3:3 Updated' } })
  expect([first.status, second.status]).toEqual([201, 200])
  expect(first.json['@odata.context']).toMatch(/\$metadata#example_records\(example_recordid\)\/\$entity$/)
  expect(second.json.example_recordid).toBe(first.json.example_recordid)
  expect(second.headers.get('ETag')).toBe(second.json['@odata.etag'])
})

test('on create the body’s key values win over the URL’s; on update they are taken out of the body', async () => {
  const { ask } = keyed()
  await ask('PATCH', 'example_records(example_key1=1,example_key2=1)', { body: { example_key2: 5 } })
  expect((await ask('GET', 'example_records(example_key1=1,example_key2=1)')).status).toBe(404)
  const url = 'example_records(example_key1=1,example_key2=5)'
  await ask('PATCH', url, { body: { example_key1: 9, example_key2: 9, example_name: 'n' } })
  expect((await ask('GET', url)).json).toMatchObject({ example_key1: 1, example_key2: 5, example_name: 'n' })
})

test('a key addresses a row for GET, PATCH, DELETE, single properties, references and binds', async () => {
  const { ask } = keyed()
  const url = 'example_records(example_key1=1,example_key2=1)'
  await ask('PATCH', url, { body: {} })
  await ask('PUT', `${url}/example_name`, { body: { value: 'v' } })
  expect((await ask('GET', `${url}/example_name`)).json.value).toBe('v')
  await made(ask, 'contacts', { contactid: id(1), firstname: 'Joe', lastname: 'x', emailaddress1: 'abc@example.com' })
  const contact = "contacts(firstname='Joe',emailaddress1='abc@example.com')"
  await made(ask, 'accounts', { accountid: id(2), name: 'a', 'primarycontactid@odata.bind': `/${contact}` })
  const account = `accounts(_primarycontactid_value=${id(1)})`
  expect((await ask('GET', account)).json.accountid).toBe(id(2))
  expect((await ask('DELETE', `${account}/primarycontactid/$ref`)).status).toBe(204)
  const back = await ask('PUT', `accounts(${id(2)})/primarycontactid/$ref`, { body: { '@odata.id': contact } })
  expect([back.status, (await ask('GET', account)).status]).toEqual([204, 200])
  expect((await ask('DELETE', url)).status).toBe(204)
  expect((await ask('DELETE', url)).json.error.code).toBe('0x80060891')
})

test('a lookup that is part of the key is set on a row that is created by it', async () => {
  const { ask } = keyed()
  await made(ask, 'contacts', { contactid: id(1), lastname: 'x' })
  const url = `accounts(_primarycontactid_value=${id(1)})`
  expect((await ask('PATCH', url, { body: { name: 'a' } })).status).toBe(204)
  expect((await ask('GET', url)).json).toMatchObject({ name: 'a', _primarycontactid_value: id(1) })
})

test('columns that are no key, a part of one, and a key whose index is not active are refused', async () => {
  const { ask, emulator } = keyed()
  emulator.schema.addKey('account', { schemaName: 'new_Phone', columns: ['telephone1'], indexStatus: 'Pending' })
  for (const [url, table] of [
    ["accounts(name='x')", 'account'],
    ["accounts(telephone1='5')", 'account'],
    ['example_records(example_key1=1)', 'example_record'],
    [`systemusers(systemuserid=${id(1)})`, 'systemuser'],
    [`teams(teamid=${id(1)})`, 'team'],
  ] as const) {
    const { status, json } = await ask('GET', url)
    expect([status, json.error.message]).toEqual([
      400,
      `The key in the request URI is not valid for resource 'Microsoft.Dynamics.CRM.${table}'. Ensure that the names and number of key properties match the declared or alternate key properties for the resource 'Microsoft.Dynamics.CRM.${table}'.`,
    ])
  }
  // Rows may repeat the values of such a key.
  for (const name of ['a', 'b']) await made(ask, 'accounts', { name, telephone1: '5' })
})

test('users and teams take the key name they inherit', async () => {
  const { ask, emulator } = bench()
  expect((await ask('GET', `systemusers(ownerid=${emulator.users[0]?.id})?$select=fullname`)).status).toBe(200)
  expect((await ask('GET', `accounts(accountid=${emulator.master.rows('account')[0]?.id})`)).status).toBe(200)
})

test('a key value is not null and has none of the characters that the service does not take in a path', async () => {
  const { ask } = bench()
  expect((await ask('GET', 'accounts(accountnumber=null)')).json.error.code).toBe('0x80060888')
  for (const character of ['/', '<', '>', '*', '%', '&', ':', '\\', '?', '+']) {
    await made(ask, 'accounts', { name: 'a', accountnumber: `a${character}b` })
    const url = `accounts(accountnumber='a${encodeURIComponent(character)}b')`
    expect([character, (await ask('GET', url)).status]).toEqual([character, 400])
    expect((await ask('PATCH', url, { body: { name: 'b' } })).status).toBe(400)
  }
})

test('rows without a value in a key column do not violate the key', async () => {
  const { ask } = keyed()
  for (const name of ['a', 'b']) await made(ask, 'example_records', { example_name: name, example_key1: 1 })
  await made(ask, 'example_records', { example_key1: 1, example_key2: 2 })
  const again = await ask('POST', 'example_records', { body: { example_key1: 1, example_key2: 2 } })
  expect([again.status, again.json.error.code]).toEqual([412, '0x80060892'])
  const [first] = (await ask('GET', "example_records?$filter=example_name eq 'a'")).json.value
  const moved = await ask('PATCH', `example_records(${first.example_recordid})`, { body: { example_key2: 2 } })
  expect([moved.status, moved.json.error.code]).toEqual([412, '0x80060892'])
})
