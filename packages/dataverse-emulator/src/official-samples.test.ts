import { expect, test } from 'vitest'
import { bench, made } from './ask.test-support.ts'
import { fieldService } from './seed/field-service.ts'

const NAMESPACE = 'Microsoft.Dynamics.CRM.'

test('a comma behind the last selected column is let pass, as in the sample of basic operations', async () => {
  const { ask } = bench()
  const contact = await made(ask, 'contacts', { firstname: 'Rafel', lastname: 'Shillo' })
  const account = await made(ask, 'accounts', {
    name: 'Contoso Ltd',
    'primarycontactid@odata.bind': `contacts(${contact})`,
  })
  const answer = await ask('GET', `accounts(${account})?$select=name,&$expand=primarycontactid($select=fullname)`)
  expect([answer.status, answer.json.name, answer.json.primarycontactid.fullname]).toEqual([
    200,
    'Contoso Ltd',
    'Rafel Shillo',
  ])
  expect(answer.json['@odata.context']).toMatch(/#accounts\(name,primarycontactid\(fullname\)\)\/\$entity$/)
  for (const select of [',name', 'name,,', 'name,,telephone1', ',']) {
    const refused = await ask('GET', `accounts(${account})?$select=${select}`)
    expect([select, refused.status]).toEqual([select, 400])
  }
})

test('a member of a team needs its type, because users and teams inherit their key', async () => {
  const { ask, emulator } = bench()
  const [team] = emulator.master.rows('team')
  const ownerid = emulator.users[1]?.id
  const add = (member: object) =>
    ask('POST', `teams(${team?.id ?? ''})/${NAMESPACE}AddMembersTeam`, { body: { Members: [member] } })
  const refused = await add({ ownerid })
  expect([refused.status, refused.json.error.message]).toEqual([
    400,
    expect.stringContaining('EdmEntityObject passed should have the key property value set.'),
  ])
  expect((await add({ '@odata.type': `${NAMESPACE}systemuser`, ownerid })).status).toBe(204)
})

test('a body in another character set, or compressed, is not read as if it were neither', async () => {
  const { ask } = bench()
  const statusOf = async (headers: Readonly<Record<string, string>>): Promise<number> =>
    (await ask('POST', 'accounts', { headers, body: { name: 'x' } })).status
  for (const type of ['application/json', 'application/json; charset="UTF-8"', 'application/json;charset=us-ascii'])
    expect([type, await statusOf({ 'Content-Type': type })]).toEqual([type, 204])
  for (const charset of ['iso-8859-1', 'utf-16', '"utf-16"'])
    expect([charset, await statusOf({ 'Content-Type': `application/json; charset=${charset}` })]).toEqual([
      charset,
      501,
    ])
  expect(await statusOf({ 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' })).toBe(501)
  expect(await statusOf({ 'Content-Type': 'application/json', 'Content-Encoding': 'identity' })).toBe(204)
})

test('the account of the sample of functions and actions can be created, with its address in one piece', async () => {
  const { ask } = bench()
  const account = await made(ask, 'accounts', {
    accountcategorycode: 1,
    address1_addresstypecode: 3,
    address1_city: 'Redmond',
    address1_country: 'USA',
    address1_line1: '123 Maple St.',
    address1_name: 'Corporate Headquarters',
    address1_postalcode: '98000',
    address1_shippingmethodcode: 4,
    address1_stateorprovince: 'WA',
    address1_telephone1: '555-1234',
    customertypecode: 3,
    description: 'Contoso is a business consulting company.',
    emailaddress1: 'info@contoso.com',
    industrycode: 7,
    name: 'Contoso Consulting',
    numberofemployees: 150,
    ownershipcode: 2,
    preferredcontactmethodcode: 2,
    telephone1: '(425) 555-1234',
  })
  const headers = { Prefer: 'odata.include-annotations="OData.Community.Display.V1.FormattedValue"' }
  const { json } = await ask('GET', `accounts(${account})?$select=address1_line1,industrycode`, { headers })
  expect([json.address1_composite, json['industrycode@OData.Community.Display.V1.FormattedValue']]).toEqual([
    '123 Maple St.\r\nRedmond, WA 98000\r\nUSA',
    'Consulting',
  ])
})

test('a single row is read with a filter that is true of it, as in the sample of file columns', async () => {
  const { ask } = bench()
  const account = await made(ask, 'accounts', { name: 'Contoso Ltd.' })
  const found = await ask('GET', `accounts(${account})?$filter=name ne null&$select=accountid`)
  expect([found.status, found.json.accountid]).toEqual([200, account])
  const other = await ask('GET', `accounts(${account})?$filter=name eq null&$select=accountid`)
  expect(other.status).toBe(501)
  expect((await ask('GET', `accounts(${account})?$filter=nope eq null`)).status).toBe(400)
})

test('columns that the documentation’s examples write and filter by are there', async () => {
  const { ask } = bench()
  const account = await made(ask, 'accounts', {
    name: 'Contoso',
    donotpostalmail: true,
    donotemail: true,
    creditlimit: 500,
    telephone2: '555-0100',
    address1_line1: '123 Maple St.',
    address1_line2: 'Suite 4',
    address1_line3: 'Back door',
    address1_city: 'Seattle',
    opportunity_customer_accounts: [{ name: 'O', budgetamount: 300, opportunityratingcode: 1 }],
  })
  const row = `accounts(${account})?$select=donotpostalmail,accountratingcode,address1_composite`
  expect((await ask('GET', row)).json).toMatchObject({
    donotpostalmail: true,
    accountratingcode: 1,
    address1_composite: '123 Maple St.\r\nSuite 4\r\nBack door\r\nSeattle',
  })
  const filter = 'opportunity_customer_accounts/any(o:o/budgetamount ge 300)'
  const found = await ask('GET', `accounts?$select=name&$filter=${filter}`)
  expect(found.json.value).toMatchObject([{ accountid: account }])
  const contact = await made(ask, 'contacts', {
    firstname: 'Yvonne',
    middlename: 'B',
    lastname: 'McKay',
    salutation: 'Dr.',
    department: 'Coffee',
    familystatuscode: 1,
    creditonhold: false,
    donotphone: true,
  })
  expect((await ask('GET', `contacts(${contact})?$select=fullname,donotpostalmail`)).json).toMatchObject({
    fullname: 'Yvonne McKay',
    donotpostalmail: false,
  })
})

test('rows of the built-in organisation have a yes or no where the column has no third', async () => {
  const { ask } = bench({ seed: fieldService({ rows: 300 }) })
  const { json } = await ask('GET', 'accounts?$select=donotpostalmail,creditonhold&$top=1')
  expect(json.value).toMatchObject([{ donotpostalmail: false, creditonhold: false }])
})
