import { expect, test } from 'vitest'
import { bench, id, made } from './ask.test-support.ts'
import type { Ask } from './ask.test-support.ts'

// Requests and answers as Microsoft's documentation of the Web API prints them; ids and versions are ours.

const SAMPLE = {
  name: 'Sample Account',
  creditonhold: false,
  address1_latitude: 47.639583,
  description: 'This is the description of the sample account',
  revenue: 5000000,
  accountcategorycode: 1,
}
const SELECT = '$select=name,creditonhold,address1_latitude,description,revenue,accountcategorycode,createdon'
const PLAIN = { 'Content-Type': 'application/json; charset=utf-8', 'OData-MaxVersion': '4.0', 'OData-Version': '4.0' }
const NO_CACHE = { ...PLAIN, 'If-None-Match': 'null' }

const entityId = (headers: Headers): string => /\(([^)]+)\)$/.exec(headers.get('OData-EntityId') ?? '')?.[1] ?? ''

test('create: 204 with the URI of the row and no body', async () => {
  const { ask, emulator } = bench()
  const { status, headers, text } = await ask('POST', 'accounts', { headers: PLAIN, body: SAMPLE })
  expect([status, text, headers.get('OData-Version')]).toEqual([204, '', '4.0'])
  expect(headers.get('OData-EntityId')).toBe(`${emulator.root}api/data/v9.2/accounts(${entityId(headers)})`)
})

test('create with data returned: 201, the selected columns, the key, the currency, and no URI', async () => {
  const { ask, emulator } = bench()
  const headers = { ...PLAIN, Prefer: 'return=representation' }
  const answer = await ask('POST', `accounts?${SELECT}`, { headers, body: SAMPLE })
  expect([answer.status, answer.headers.get('Preference-Applied'), answer.headers.get('OData-EntityId')]).toEqual([
    201,
    'return=representation',
    null,
  ])
  expect(answer.headers.get('Content-Type')).toBe('application/json; odata.metadata=minimal')
  expect(answer.json).toMatchObject({ ...SAMPLE, address1_latitude: 47.63958, createdon: '2025-06-02T06:00:00Z' })
  expect(answer.text).toContain('"revenue":5000000.0000')
  const names = Object.keys(answer.json).filter((name) => !name.startsWith('@'))
  expect(names.toSorted()).toEqual(
    [...Object.keys(SAMPLE), 'createdon', 'accountid', '_transactioncurrencyid_value'].toSorted(),
  )
  expect(answer.json['@odata.context']).toContain(`${emulator.root}api/data/v9.2/$metadata#accounts`)
  expect(answer.json['@odata.etag']).toMatch(/^W\/"\d+"$/)
})

test('update and update with data returned', async () => {
  const { ask } = bench()
  const account = await made(ask, 'accounts', SAMPLE)
  const headers = { ...PLAIN, 'If-Match': '*' }
  const body = { ...SAMPLE, name: 'Updated Sample Account ', creditonhold: true, revenue: 6000000 }
  const plain = await ask('PATCH', `accounts(${account})`, { headers, body })
  expect([plain.status, plain.text]).toEqual([204, ''])
  const prefer = { ...headers, Prefer: 'return=representation' }
  const url = `accounts(${account})?${SELECT}&$expand=primarycontactid`
  const { status, headers: got, json } = await ask('PATCH', url, { headers: prefer, body: { name: 'Updated' } })
  expect([status, got.get('Preference-Applied'), json.name, json.revenue]).toEqual([
    200,
    'return=representation',
    'Updated',
    6000000,
  ])
  // "The $expand query option will be ignored if used."
  expect(json).not.toHaveProperty('primarycontactid')
})

test('a row made from what InitializeFrom gave: whole numbers may come as text', async () => {
  const { ask, emulator } = bench()
  const [account] = emulator.master.rows('account')
  const [currency] = emulator.master.rows('transactioncurrency')
  const made1 = await made(ask, 'accounts', {
    '@odata.context': `${emulator.root}api/data/v9.0/$metadata#accounts/$entity`,
    '@odata.type': '#Microsoft.Dynamics.CRM.account',
    'parentaccountid@odata.bind': `accounts(${account?.id})`,
    'transactioncurrencyid@odata.bind': `transactioncurrencies(${currency?.id})`,
    name: 'Contoso Ltd',
    numberofemployees: '200',
    address1_line1: '100 Maple St.',
    address1_city: 'Seattle',
  })
  expect((await ask('GET', `accounts(${made1})`)).json).toMatchObject({
    numberofemployees: 200,
    _parentaccountid_value: account?.id,
  })
})

async function contact(ask: Ask): Promise<string> {
  const { status, headers } = await ask('POST', 'contacts', {
    headers: NO_CACHE,
    body: { firstname: 'Rafel', lastname: 'Shillo' },
  })
  expect(status).toBe(204)
  return `contacts(${entityId(headers)})`
}

test('basic operations sample, section 1: create, update, read, single property', async () => {
  const { ask, emulator } = bench()
  const path = await contact(ask)
  const body = { annualincome: 80000, jobtitle: 'Junior Developer' }
  const updated = await ask('PATCH', path, { headers: { ...NO_CACHE, 'If-Match': '*' }, body })
  expect([updated.status, updated.headers.get('OData-EntityId')]).toEqual([
    204,
    `${emulator.root}api/data/v9.2/${path}`,
  ])
  const read = await ask('GET', `${path}?$select=fullname,annualincome,jobtitle,description`, {
    headers: { ...NO_CACHE, Prefer: 'odata.include-annotations="*"' },
  })
  expect(read.headers.get('Preference-Applied')).toBe('odata.include-annotations="*"')
  expect(read.json).toMatchObject({
    '@odata.context': `${emulator.root}api/data/v9.2/$metadata#contacts(fullname,annualincome,jobtitle,description)/$entity`,
    fullname: 'Rafel Shillo',
    annualincome: 80000,
    jobtitle: 'Junior Developer',
    description: null,
    '_transactioncurrencyid_value@Microsoft.Dynamics.CRM.associatednavigationproperty': 'transactioncurrencyid',
    '_transactioncurrencyid_value@Microsoft.Dynamics.CRM.lookuplogicalname': 'transactioncurrency',
  })
  const put = await ask('PUT', `${path}/telephone1`, { headers: NO_CACHE, body: { value: '555-0105' } })
  expect([put.status, put.headers.get('OData-EntityId')]).toEqual([204, null])
  expect((await ask('GET', `${path}/telephone1`, { headers: NO_CACHE })).json).toEqual({
    '@odata.context': `${emulator.root}api/data/v9.2/$metadata#${path}/telephone1`,
    value: '555-0105',
  })
  expect((await ask('DELETE', `${path}/telephone1`)).status).toBe(204)
  expect((await ask('GET', `${path}/telephone1`)).status).toBe(204)
})

test('basic operations sample, section 4: a contact is put into an account’s contacts and taken out again', async () => {
  const { ask, emulator } = bench()
  const path = await contact(ask)
  const account = await made(ask, 'accounts', { name: 'Fourth Coffee' })
  const members = `accounts(${account})/contact_customer_accounts`
  const added = await ask('POST', `${members}/$ref`, {
    headers: NO_CACHE,
    body: { '@odata.id': `${emulator.root}api/data/v9.2/${path}` },
  })
  expect([added.status, added.text]).toEqual([204, ''])
  const list = (await ask('GET', `${members}?$select=fullname,jobtitle`, { headers: NO_CACHE })).json
  expect(list['@odata.context']).toBe(`${emulator.root}api/data/v9.2/$metadata#contacts(fullname,jobtitle)`)
  expect(list.value.map((one: { fullname: string }) => one.fullname)).toEqual(['Rafel Shillo'])
  const key = path.replace('contacts', '')
  expect((await ask('DELETE', `${members}${key}/$ref`, { headers: NO_CACHE })).status).toBe(204)
  expect((await ask('GET', `${members}?$select=fullname`)).json.value).toEqual([])
  expect((await ask('DELETE', path, { headers: NO_CACHE })).status).toBe(204)
  expect((await ask('GET', path)).status).toBe(404)
})

test('association page: every form of a reference, on both sides of a 1:N relationship', async () => {
  const { ask, emulator } = bench()
  const api = `${emulator.root}api/data/v9.0/`
  await made(ask, 'accounts', { accountid: id(2), name: 'a' })
  await made(ask, 'opportunities', { opportunityid: id(1), name: 'o' })
  const members = `accounts(${id(2)})/opportunity_customer_accounts`
  const linked = async (): Promise<unknown> => (await ask('GET', `opportunities(${id(1)})`)).json._customerid_value
  const at = (path: string, body?: Record<string, unknown>, method = 'POST'): Promise<number> =>
    ask(method, path, body === undefined ? {} : { body }).then(({ status }) => status)
  const remove: readonly (() => Promise<number>)[] = [
    () => at(`${members}/$ref?$id=${api}opportunities(${id(1)})`, undefined, 'DELETE'),
    () => at(`${members}/$ref?$id=opportunities(${id(1)})`, undefined, 'DELETE'),
    () => at(`${members}(${id(1)})/$ref`, undefined, 'DELETE'),
    () => at(`opportunities(${id(1)})/customerid_account/$ref`, undefined, 'DELETE'),
    () => at(`opportunities(${id(1)})`, { 'customerid_account@odata.bind': null }, 'PATCH'),
    () => at(`opportunities(${id(1)})`, { customerid_account: null }, 'PATCH'),
  ]
  const add: readonly (() => Promise<number>)[] = [
    () => at(`${members}/$ref`, { '@odata.id': `${api}opportunities(${id(1)})` }),
    () => at(`${members}/$ref`, { '@odata.id': `opportunities(${id(1)})` }),
    () => at(`opportunities(${id(1)})/customerid_account/$ref`, { '@odata.id': `accounts(${id(2)})` }, 'PUT'),
    () => at(`opportunities(${id(1)})/customerid_account/$ref`, { '@odata.id': `${api}accounts(${id(2)})` }, 'PUT'),
    () => at(`opportunities(${id(1)})`, { 'customerid_account@odata.bind': `accounts(${id(2)})` }, 'PATCH'),
    () => at(`opportunities(${id(1)})`, { 'customerid_account@odata.bind': `${api}accounts(${id(2)})` }, 'PATCH'),
  ]
  for (const [index, one] of add.entries()) {
    expect([index, await one(), await linked()]).toEqual([index, 204, id(2)])
    expect([index, await remove[index]?.(), await linked()]).toEqual([index, 204, null])
  }
  // A navigation property itself is not deleted, only the reference in it.
  expect(await at(`opportunities(${id(1)})/customerid_account`, undefined, 'DELETE')).toBe(405)
})

test('conditional operations sample: read, delete and update by version, upsert one way only', async () => {
  const { ask } = bench()
  const path = `accounts(${await made(ask, 'accounts', { name: 'Contoso Ltd.', revenue: 5000000, telephone1: '555-0000' })})`
  const select = `${path}?$select=name,revenue,telephone1,description`
  const initial = String((await ask('GET', select)).headers.get('ETag'))
  expect((await ask('GET', select, { headers: { 'If-None-Match': initial } })).status).toBe(304)
  await ask('PUT', `${path}/telephone1`, { body: { value: '555-0001' } })
  const changed = await ask('GET', select, { headers: { 'If-None-Match': initial } })
  expect([changed.status, changed.json.telephone1]).toEqual([200, '555-0001'])
  const stale = "The version of the existing record doesn't match the RowVersion property provided."
  const removed = await ask('DELETE', path, { headers: { 'If-Match': initial } })
  expect([removed.status, removed.json.error.message]).toEqual([412, stale])
  const body = { telephone1: '555-0002', revenue: 6000000 }
  const old = await ask('PATCH', path, { headers: { 'If-Match': initial }, body })
  expect([old.status, old.json.error.message]).toEqual([412, stale])
  const current = String(changed.headers.get('ETag'))
  expect((await ask('PATCH', path, { headers: { 'If-Match': current }, body })).status).toBe(204)
  const exists = await ask('PATCH', path, { headers: { 'If-None-Match': '*' }, body })
  expect([exists.status, exists.json.error.message]).toEqual([412, 'A record with matching key values already exists.'])
  expect((await ask('PATCH', path, { headers: { 'If-Match': '*' }, body })).status).toBe(204)
  expect((await ask('GET', select)).headers.get('ETag')).not.toBe(current)
  await ask('DELETE', path)
  const gone = await ask('PATCH', path, { headers: { 'If-Match': '*' }, body })
  expect([gone.status, gone.json.error.message]).toEqual([404, `account With Id = ${path.slice(9, -1)} Does Not Exist`])
})

test('associate on create with data returned: what the new row leads to and its members come along', async () => {
  const { ask, emulator } = bench()
  await made(ask, 'contacts', { contactid: id(1), firstname: 'Yvonne', lastname: 'McKay (sample)' })
  await made(ask, 'tasks', { activityid: id(2), subject: 'Task 1' })
  await made(ask, 'tasks', { activityid: id(3), subject: 'Task 2' })
  const url = 'accounts?$select=name&$expand=primarycontactid($select=fullname),Account_Tasks($select=subject)'
  const { status, json } = await ask('POST', url, {
    headers: { ...PLAIN, Prefer: 'return=representation' },
    body: {
      name: 'Sample Account',
      'primarycontactid@odata.bind': `/contacts(${id(1)})`,
      'Account_Tasks@odata.bind': [`/tasks(${id(2)})`, `/tasks(${id(3)})`],
    },
  })
  expect(status).toBe(201)
  expect(json).toMatchObject({
    '@odata.context': `${emulator.root}api/data/v9.2/$metadata#accounts(name,primarycontactid(fullname),Account_Tasks(subject))/$entity`,
    name: 'Sample Account',
    primarycontactid: { fullname: 'Yvonne McKay (sample)', contactid: id(1) },
    Account_Tasks: [
      { subject: 'Task 1', activityid: id(2) },
      { subject: 'Task 2', activityid: id(3) },
    ],
  })
  expect(json.Account_Tasks[0]['@odata.etag']).toMatch(/^W\/"\d+"$/)
})

test('basic operations sample, sections 2 and 3: a new account leads to a contact, and what is expanded shows it', async () => {
  const { ask } = bench()
  const path = await contact(ask)
  const contoso = await made(ask, 'accounts', { name: 'Contoso Ltd', 'primarycontactid@odata.bind': path })
  const expand = '$expand=primarycontactid($select=fullname,jobtitle,annualincome)'
  const { json } = await ask('GET', `accounts(${contoso})?$select=name&${expand}`, { headers: NO_CACHE })
  expect(json).toMatchObject({ name: 'Contoso Ltd', primarycontactid: { fullname: 'Rafel Shillo' } })
  expect(json.primarycontactid).toHaveProperty('_transactioncurrencyid_value')
})

test('duplicate detection sample: leads with the same e-mail address', async () => {
  const { ask } = bench({ knobs: { duplicateStatus: 500 } })
  const headers = { ...NO_CACHE, 'MSCRM.SuppressDuplicateDetection': 'false' }
  const body = { firstname: 'Monte', lastname: 'Orton', emailaddress1: 'monteorton@example.com' }
  expect((await ask('POST', 'leads', { headers, body })).status).toBe(204)
  const lead = await made(ask, 'leads', { firstname: 'Monte', lastname: 'Other' })
  for (const answer of [
    await ask('POST', 'leads', { headers, body }),
    await ask('PATCH', `leads(${lead})`, { headers: { ...headers, 'If-Match': '*' }, body }),
  ]) {
    expect([answer.status, answer.json]).toEqual([
      500,
      {
        error: {
          code: '0x80040333',
          message: 'A record was not created or updated because a duplicate of the current record already exists.',
        },
      },
    ])
  }
})
