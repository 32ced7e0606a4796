// The example requests of the documentation, as they are written there, against rows like those of the sample data.
import { expect, test } from 'vitest'
import { bench } from '../ask.test-support.ts'
import type { Ask } from '../ask.test-support.ts'
import { escapeXml } from '../xml/read-xml.ts'

const ACCOUNT = '18717e9c-643f-ed11-9db0-002248225e95'
const CONTACTS = [
  ['20717e9c-643f-ed11-9db0-002248225e95', 'Susanna', 'Stubberod (sample)', 'Senior Purchaser', 52000],
  ['2c717e9c-643f-ed11-9db0-002248225e95', 'Scott', 'Konersmann (sample)', 'Accounts Manager', 38000],
  ['30717e9c-643f-ed11-9db0-002248225e95', 'Robert', 'Lyon (sample)', 'Senior Technician', 78000],
  ['38717e9c-643f-ed11-9db0-002248225e95', 'Rene', 'Valdes (sample)', 'Data Analyst III', 86000],
  ['34717e9c-643f-ed11-9db0-002248225e95', 'Paul', 'Cannon (sample)', 'Ski Instructor', 68500],
  ['24717e9c-643f-ed11-9db0-002248225e95', 'Nancy', 'Anderson (sample)', 'Activities Manager', 55500],
  ['28717e9c-643f-ed11-9db0-002248225e95', 'Maria', 'Cambell (sample)', 'Accounts Manager', 31000],
  ['3c717e9c-643f-ed11-9db0-002248225e95', 'Jim', 'Glynn (sample)', 'Senior International Sales Manager', 81400],
] as const

async function samples(ask: Ask): Promise<void> {
  await ask('PATCH', `accounts(${ACCOUNT})`, { body: { name: 'Fourth Coffee (sample)', accountnumber: '1234' } })
  for (const [id, firstname, lastname, jobtitle, annualincome] of CONTACTS) {
    const parent = { 'parentcustomerid_account@odata.bind': `/accounts(${ACCOUNT})` }
    await ask('PATCH', `contacts(${id})`, { body: { firstname, lastname, jobtitle, annualincome, ...parent } })
  }
}

const ANYTHING = {
  Prefer: 'odata.include-annotations="*"',
  'OData-MaxVersion': '4.0',
  'OData-Version': '4.0',
  'If-None-Match': 'null',
  Accept: 'application/json',
}

function page(number: number, cookie: string): string {
  const paging = cookie === '' ? '' : ` paging-cookie="${escapeXml(cookie)}"`
  const xml = `<fetch page="${number}" count="3" mapping="logical" output-format="xml-platform" version="1.0" distinct="false"${paging}>\r\n  <entity name="contact">\r\n    <attribute name="fullname" />\r\n    <attribute name="jobtitle" />\r\n    <attribute name="annualincome" />\r\n    <order descending="true" attribute="fullname" />\r\n    <filter type="and">\r\n      <condition value="%(sample)%" attribute="fullname" operator="like" />\r\n      <condition value="${ACCOUNT}" attribute="parentcustomerid" operator="eq" />\r\n    </filter>\r\n  </entity>\r\n</fetch>`
  return `contacts?fetchXml=${encodeURIComponent(xml).replaceAll('%20', '+')}&$count=true`
}

test('Paging large result sets: three pages as documented', async () => {
  const { ask } = bench()
  await samples(ask)
  const first = await ask('GET', page(1, ''), { headers: ANYTHING })
  expect(first.headers.get('Preference-Applied')).toBe('odata.include-annotations="*"')
  expect(first.json['@odata.context']).toMatch(
    /\$metadata#contacts\(fullname,jobtitle,annualincome,_transactioncurrencyid_value,transactioncurrencyid,contactid,transactioncurrencyid\(\)\)$/,
  )
  expect(first.json).toMatchObject({
    '@odata.count': 8,
    '@Microsoft.Dynamics.CRM.totalrecordcount': 8,
    '@Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded': false,
    '@Microsoft.Dynamics.CRM.globalmetadataversion': expect.any(String),
    '@Microsoft.Dynamics.CRM.fetchxmlpagingcookie':
      '<cookie pagenumber="2" pagingcookie="%253ccookie%2520page%253d%25221%2522%253e%253cfullname%2520last%253d%2522Robert%2520Lyon%2520%2528sample%2529%2522%2520first%253d%2522Susanna%2520Stubberod%2520%2528sample%2529%2522%2520%252f%253e%253ccontactid%2520last%253d%2522%257b30717E9C-643F-ED11-9DB0-002248225E95%257d%2522%2520first%253d%2522%257b20717E9C-643F-ED11-9DB0-002248225E95%257d%2522%2520%252f%253e%253c%252fcookie%253e" istracking="False" />',
    '@Microsoft.Dynamics.CRM.morerecords': true,
  })
  expect(first.json.value[0]).toMatchObject({
    fullname: 'Susanna Stubberod (sample)',
    jobtitle: 'Senior Purchaser',
    'annualincome@OData.Community.Display.V1.FormattedValue': '€52,000.00',
    annualincome: 52000,
    contactid: CONTACTS[0][0],
  })
  const second = await ask(
    'GET',
    page(
      2,
      '<cookie page="1"><fullname last="Robert Lyon (sample)" first="Susanna Stubberod (sample)" /><contactid last="{30717E9C-643F-ED11-9DB0-002248225E95}" first="{20717E9C-643F-ED11-9DB0-002248225E95}" /></cookie>',
    ),
    { headers: ANYTHING },
  )
  expect(second.json.value.map((row: { fullname: string }) => row.fullname)).toEqual([
    'Rene Valdes (sample)',
    'Paul Cannon (sample)',
    'Nancy Anderson (sample)',
  ])
  expect(second.json['@Microsoft.Dynamics.CRM.morerecords']).toBe(true)
  const last = await ask(
    'GET',
    page(
      3,
      '<cookie page="2"><fullname last="Nancy Anderson (sample)" first="Rene Valdes (sample)" /><contactid last="{24717E9C-643F-ED11-9DB0-002248225E95}" first="{38717E9C-643F-ED11-9DB0-002248225E95}" /></cookie>',
    ),
    { headers: ANYTHING },
  )
  expect(last.json['@odata.count']).toBe(8)
  expect(last.json.value.map((row: { fullname: string }) => row.fullname)).toEqual([
    'Maria Cambell (sample)',
    'Jim Glynn (sample)',
  ])
  expect(last.json).not.toHaveProperty(['@Microsoft.Dynamics.CRM.morerecords'])
  expect(last.json).not.toHaveProperty(['@Microsoft.Dynamics.CRM.fetchxmlpagingcookie'])
})

test('The first five accounts', async () => {
  const { ask } = bench()
  const { json } = await ask(
    'GET',
    'accounts?fetchXml=%3Cfetch%20top%3D%275%27%3E%0D%0A%3Centity%20name%3D%27account%27%3E%0D%0A%3Cattribute%20name%3D%27name%27%2F%3E%0D%0A%3C%2Fentity%3E%0D%0A%3C%2Ffetch%3E',
  )
  expect(json['@odata.context']).toMatch(/\$metadata#accounts\(name,accountid\)$/)
  expect(json.value).toHaveLength(5)
  expect(Object.keys(json.value[0])).toEqual(['@odata.etag', 'name', 'accountid'])
})

test('Columns under aliases', async () => {
  const { ask } = bench()
  await samples(ask)
  const { json } = await ask(
    'GET',
    'accounts?fetchXml=%3Cfetch%3E%0D%0A++%3Centity+name%3D%22account%22%3E%0D%0A++++%3Cattribute+name%3D%22accountnumber%22+alias%3D%22code%22+%2F%3E%0D%0A++++%3Cattribute+name%3D%22createdby%22+alias%3D%22whocreated%22+%2F%3E%0D%0A++++%3Cattribute+name%3D%22createdon%22+alias%3D%22whencreated%22+%2F%3E%0D%0A++++%3Cattribute+name%3D%22name%22+alias%3D%22companyname%22+%2F%3E%0D%0A++%3C%2Fentity%3E%0D%0A%3C%2Ffetch%3E&$count=true',
    { headers: ANYTHING },
  )
  const row = json.value.find(({ companyname }: { companyname: string }) => companyname === 'Fourth Coffee (sample)')
  expect(row).toMatchObject({
    'whencreated@OData.Community.Display.V1.AttributeName': 'createdon',
    'whencreated@OData.Community.Display.V1.FormattedValue': expect.stringMatching(/^6\/2\/2025 /),
    code: '1234',
    'whocreated@Microsoft.Dynamics.CRM.lookuplogicalname': 'systemuser',
  })
  expect(row).not.toHaveProperty('name')
  expect(json['@odata.count']).toBe(json.value.length)
})

test('Accounts without contacts, by an outer join', async () => {
  const { ask } = bench()
  await samples(ask)
  const xml = `<fetch><entity name='account'><attribute name='name' /><order attribute='name' /><link-entity name='contact' from='parentcustomerid' to='accountid' link-type='outer' alias='contact' /><filter type='and'><condition entityname='contact' attribute='parentcustomerid' operator='null' /></filter></entity></fetch>`
  const { json } = await ask('GET', `accounts?fetchXml=${encodeURIComponent(xml)}`)
  const ids = new Set(json.value.map(({ accountid }: { accountid: string }) => accountid))
  expect(ids.has(ACCOUNT)).toBe(false)
  const contacts = (await ask('GET', 'contacts?$select=_parentcustomerid_value')).json.value
  for (const contact of contacts) expect(ids.has(contact._parentcustomerid_value)).toBe(false)
})

test('A link order comes after that of the entity; an alias may be that of the link', async () => {
  const { ask } = bench()
  const xml = `<fetch><entity name='account'><attribute name='name' /><attribute name='accountnumber' /><attribute name='createdon' /><link-entity name='account' from='accountid' to='parentaccountid' link-type='inner' alias='parentaccount'><attribute name='name' alias='parentaccount' /><order attribute='name' /></link-entity><order attribute='name' /></entity></fetch>`
  const { status, json } = await ask('GET', `accounts?fetchXml=${encodeURIComponent(xml)}`)
  expect(status).toBe(200)
  const names = json.value.map(({ name }: { name: string }) => name.toLowerCase())
  expect(names).toEqual(names.toSorted((a: string, b: string) => (a < b ? -1 : 1)))
  for (const row of json.value) expect(typeof row.parentaccount).toBe('string')
})

test('The union hint changes nothing about the rows', async () => {
  const { ask } = bench()
  const xml = (hint: string): string =>
    `<fetch><entity name="incident"><attribute name="incidentid" /><attribute name="title" /><filter type="and"><condition attribute="ticketnumber" operator="like" value="C%" /><filter type="or" ${hint}><condition attribute="telephone1" operator="not-null" entityname="ac" /><condition attribute="telephone1" operator="not-null" entityname="co" /></filter></filter><link-entity name="account" from="accountid" to="customerid" link-type="outer" alias="ac" /><link-entity name="contact" from="contactid" to="customerid" link-type="outer" alias="co" /></entity></fetch>`
  const plain = await ask('GET', `incidents?fetchXml=${encodeURIComponent(xml(''))}`)
  const hinted = await ask('GET', `incidents?fetchXml=${encodeURIComponent(xml('hint="union"'))}`)
  expect(plain.json.value.length).toBeGreaterThan(0)
  expect(hinted.json.value).toEqual(plain.json.value)
})
