import { expect, test } from 'vitest'
import { bench, id, made, TECHNICIAN } from './ask.test-support.ts'
import type { Ask, Bench, Question } from './ask.test-support.ts'

const ROOT = 'https://org.emulator.test/api/data/v9.2/'
const OURS = `$filter=Microsoft.Dynamics.CRM.In(PropertyName='accountid',PropertyValues=["${id(11)}","${id(12)}"])`

async function withLitware(): Promise<Bench> {
  const here = bench()
  const { ask } = here
  await made(ask, 'accounts', { accountid: id(11), name: 'Litware' })
  await made(ask, 'accounts', { accountid: id(12), name: 'Adventure Works' })
  await made(ask, 'contacts', {
    contactid: id(1),
    firstname: 'Susanna',
    lastname: 'Stubberod',
    'parentcustomerid_account@odata.bind': `/accounts(${id(11)})`,
  })
  const bind = { 'primarycontactid@odata.bind': `/contacts(${id(1)})` }
  await ask('PATCH', `accounts(${id(11)})`, { body: bind })
  for (const number of [1, 2, 3]) {
    await made(ask, 'tasks', {
      activityid: id(20 + number),
      subject: `Task ${number} for Litware`,
      'regardingobjectid_account_task@odata.bind': `/accounts(${id(11)})`,
    })
  }
  return here
}

// oxlint-disable-next-line typescript/no-explicit-any -- a test reads the members it expects
async function body(ask: Ask, path: string, question?: Question): Promise<any> {
  const answer = await ask('GET', path, question)
  if (answer.status !== 200) throw new Error(answer.text)
  return answer.json
}

async function refusal(ask: Ask, query: string): Promise<[number, string, string]> {
  const { status, json } = await ask('GET', query)
  return [status, json.error.code, json.error.message]
}

test('a lookup and a collection come along, with the partner lookup and a link', async () => {
  const { ask, emulator } = await withLitware()
  const query = '$select=name&$expand=primarycontactid($select=fullname),Account_Tasks($select=subject)'
  const json = await body(ask, `accounts?${query}&${OURS}`)
  expect(json['@odata.context']).toBe(
    `${ROOT}$metadata#accounts(name,primarycontactid(fullname),Account_Tasks(subject))`,
  )
  const etag = (table: string, row: string): string => {
    const found = emulator.master.rows(table).find((one) => one.id === row)
    return `W/"${found?.version}"`
  }
  const task = (number: number): object => ({
    '@odata.etag': etag('task', id(20 + number)),
    subject: `Task ${number} for Litware`,
    _regardingobjectid_value: id(11),
    activityid: id(20 + number),
  })
  expect(json.value).toEqual([
    {
      '@odata.etag': etag('account', id(11)),
      name: 'Litware',
      accountid: id(11),
      primarycontactid: { fullname: 'Susanna Stubberod', contactid: id(1) },
      Account_Tasks: [task(1), task(2), task(3)],
      'Account_Tasks@odata.nextLink': `${ROOT}accounts(${id(11)})/Account_Tasks?$select=subject`,
    },
    {
      '@odata.etag': etag('account', id(12)),
      name: 'Adventure Works',
      accountid: id(12),
      primarycontactid: null,
      Account_Tasks: [],
      'Account_Tasks@odata.nextLink': `${ROOT}accounts(${id(12)})/Account_Tasks?$select=subject`,
    },
  ])
  expect(Object.keys(json.value[0].Account_Tasks[0])).toEqual(Object.keys(task(1)))
})

test('the link of an expanded collection gives the same rows again', async () => {
  const { ask } = await withLitware()
  const options = "$select=subject;$filter=contains(subject,'Task') and subject ne 'a&b;c';$orderby=subject desc;$top=2"
  const expand = `Account_Tasks(${encodeURIComponent(options)})`
  const [row] = (await body(ask, `accounts?$filter=accountid eq ${id(11)}&$select=name&$expand=${expand}`)).value
  const subjects = (rows: { subject: string }[]): string[] => rows.map(({ subject }) => subject)
  expect(subjects(row.Account_Tasks)).toEqual(['Task 3 for Litware', 'Task 2 for Litware'])
  const link: string = row['Account_Tasks@odata.nextLink']
  expect(subjects((await body(ask, link.slice(ROOT.length))).value)).toEqual(subjects(row.Account_Tasks))
})

test('paging stays with the rows of the query: an expanded collection comes whole', async () => {
  const { ask } = await withLitware()
  const headers = { Prefer: 'odata.maxpagesize=1' }
  const first = await body(ask, `accounts?$select=name&$expand=Account_Tasks($select=subject)&${OURS}`, { headers })
  expect(first.value).toHaveLength(1)
  expect(first.value[0].Account_Tasks).toHaveLength(3)
  const second = await body(ask, first['@odata.nextLink'].slice(ROOT.length), { headers })
  expect(second.value.map((row: { accountid: string }) => row.accountid)).toEqual([id(12)])
  expect(second.value[0].Account_Tasks).toEqual([])
})

test('an expand inside an expand pages the collections and leaves etags and partner lookups out', async () => {
  const { ask, emulator } = await withLitware()
  const headers = { Prefer: 'odata.maxpagesize=1' }
  const inner = '$select=fullname;$expand=owninguser($select=fullname)'
  const query = `$select=name,accountid&$expand=Account_Tasks($select=subject),contact_customer_accounts(${inner})`
  const json = await body(ask, `accounts?${query}&${OURS}`, { headers })
  expect(json['@odata.context']).toBe(
    `${ROOT}$metadata#accounts(name,accountid,Account_Tasks(subject),contact_customer_accounts(fullname,owninguser(fullname)))`,
  )
  const [row] = json.value
  expect(row.Account_Tasks).toEqual([{ subject: 'Task 1 for Litware', activityid: id(21) }])
  const admin = emulator.users[0]?.id
  expect(row.contact_customer_accounts).toEqual([
    {
      fullname: 'Susanna Stubberod',
      contactid: id(1),
      owninguser: { fullname: 'Sunniva Admin', systemuserid: admin, ownerid: admin },
    },
  ])
  const link: string = row['Account_Tasks@odata.nextLink']
  expect(link).toMatch(`${ROOT}accounts(${id(11)})/Account_Tasks?$select=subject&$skiptoken=`)
  const next = await body(ask, link.slice(ROOT.length), { headers })
  expect(next.value.map((one: { subject: string }) => one.subject)).toEqual(['Task 2 for Litware'])
  for (const option of ['$top=1', '$orderby=subject']) {
    expect(await refusal(ask, `accounts?${query.replace('($select=subject)', `(${option})`)}`)).toEqual([
      400,
      '0x80060888',
      'Only $select and $filter clause can be provided while doing $expand on many-to-one relationship or nested one-to-many relationship.',
    ])
  }
})

test('lookups expand over several levels, polymorphic ones by the property of their target', async () => {
  const { ask, emulator } = await withLitware()
  await made(ask, 'tasks', {
    activityid: id(30),
    subject: 'To a person',
    'regardingobjectid_contact_task@odata.bind': `/contacts(${id(1)})`,
  })
  const deep =
    'regardingobjectid_contact_task($select=fullname;$expand=parentcustomerid_account($select=name;$expand=createdby($select=fullname)))'
  const json = await body(
    ask,
    `tasks?$filter=activityid eq ${id(30)}&$select=subject&$expand=${deep},regardingobjectid_account_task($select=name)`,
  )
  const [row] = json.value
  const admin = emulator.users[0]?.id
  expect(json['@odata.context']).toBe(
    `${ROOT}$metadata#tasks(subject,regardingobjectid_contact_task(fullname,parentcustomerid_account(name,createdby(fullname))),regardingobjectid_account_task(name))`,
  )
  expect(row.regardingobjectid_account_task).toBeNull()
  expect(row.regardingobjectid_contact_task).toEqual({
    fullname: 'Susanna Stubberod',
    contactid: id(1),
    parentcustomerid_account: {
      name: 'Litware',
      accountid: id(11),
      createdby: { fullname: 'Sunniva Admin', systemuserid: admin, ownerid: admin },
    },
  })
  expect(await body(ask, `accounts(${id(11)})?$select=name&$expand=ownerid($select=ownerid)`)).toMatchObject({
    ownerid: { ownerid: admin },
  })
  expect((await refusal(ask, 'accounts?$expand=ownerid($select=fullname)'))[2]).toBe(
    "Could not find a property named 'fullname' on type 'Microsoft.Dynamics.CRM.principal'.",
  )
})

test('around one row that is read by its key, rows have etags and collections neither links nor partner lookups', async () => {
  const { ask } = await withLitware()
  const expand = 'primarycontactid($select = contactid, fullname),Account_Tasks($select=subject;$top=1)'
  const path = `accounts(${id(11)})?$select=name&$expand=${encodeURIComponent(expand)}`
  expect(await body(ask, path)).toEqual({
    '@odata.context': `${ROOT}$metadata#accounts(name,primarycontactid(contactid,fullname),Account_Tasks(subject))/$entity`,
    '@odata.etag': expect.any(String),
    name: 'Litware',
    accountid: id(11),
    primarycontactid: { '@odata.etag': expect.stringMatching(/^W/), contactid: id(1), fullname: 'Susanna Stubberod' },
    Account_Tasks: [{ '@odata.etag': expect.any(String), subject: 'Task 1 for Litware', activityid: id(21) }],
  })
})

test('/$ref gives links instead of rows, for lookups only', async () => {
  const { ask } = await withLitware()
  const json = await body(ask, `accounts?$select=name&$expand=primarycontactid/$ref&${OURS}`)
  expect(json['@odata.context']).toBe(`${ROOT}$metadata#accounts(name,primarycontactid,primarycontactid/$ref())`)
  expect(json.value[0].primarycontactid).toEqual({ '@odata.id': `${ROOT}contacts(${id(1)})` })
  expect(Object.keys(json.value[0])).toEqual([
    '@odata.etag',
    'name',
    '_primarycontactid_value',
    'accountid',
    'primarycontactid',
  ])
  expect(json.value[1].primarycontactid).toBeNull()
  expect(await refusal(ask, 'accounts?$expand=Account_Tasks/$ref')).toEqual([
    400,
    '0x80060888',
    'Expand with $ref is only supported on lookup type navigation property.',
  ])
})

test('annotations reach into expanded rows', async () => {
  const { ask } = await withLitware()
  const headers = { Prefer: 'odata.include-annotations="OData.Community.Display.V1.FormattedValue"' }
  const expand = 'primarycontactid($select=fullname,_createdby_value),Account_Tasks($select=statecode)'
  const [json] = (await body(ask, `accounts?$select=name&$expand=${expand}&${OURS}`, { headers })).value
  expect(json.primarycontactid).toEqual({
    fullname: 'Susanna Stubberod',
    '_createdby_value@OData.Community.Display.V1.FormattedValue': 'Sunniva Admin',
    _createdby_value: expect.any(String),
    contactid: id(1),
  })
  expect(json.Account_Tasks[0]['statecode@OData.Community.Display.V1.FormattedValue']).toBe('Open')
  expect(json.Account_Tasks[0]['_regardingobjectid_value@OData.Community.Display.V1.FormattedValue']).toBe('Litware')
})

test('§16.34: rows that the caller may not see are null in a lookup and missing in a collection', async () => {
  const { ask, emulator } = await withLitware()
  const technician = emulator.users.find(({ name }) => name === TECHNICIAN)
  technician?.setDepth('account', 'read', 'organization')
  technician?.setDepth('contact', 'read', 'user')
  technician?.setDepth('task', 'read', 'organization')
  const path = `accounts(${id(11)})?$select=name&$expand=primarycontactid($select=fullname),Account_Tasks($select=subject)`
  const seen = await body(ask, path, { as: TECHNICIAN })
  expect([seen.primarycontactid, seen.Account_Tasks.length]).toEqual([null, 3])
  technician?.setDepth('task', 'read', 'user')
  expect((await body(ask, path, { as: TECHNICIAN })).Account_Tasks).toEqual([])
  technician?.setDepth('task', 'read', 'none')
  expect((await ask('GET', path, { as: TECHNICIAN })).status).toBe(403)
})

test('§16.20: a row with others around it is never 304', async () => {
  const { ask } = await withLitware()
  const path = `accounts(${id(11)})?$select=name`
  const etag = (await ask('GET', path)).headers.get('ETag') ?? ''
  const headers = { 'If-None-Match': etag }
  expect((await ask('GET', path, { headers })).status).toBe(304)
  expect((await ask('GET', `${path}&$expand=primarycontactid($select=fullname)`, { headers })).status).toBe(200)
})

test('N:N collections stand beside each other only, and nothing stands inside them', async () => {
  const { ask } = bench()
  const many = 'teammembership_association($select=name)'
  expect((await ask('GET', `systemusers?$select=fullname&$expand=${many}`)).status).toBe(200)
  const roles = 'systemuserroles_association($select=name)'
  const both = await body(ask, `systemusers?$select=fullname&$expand=${many},${roles}`)
  expect(
    both.value.some((row: { teammembership_association: object[] }) => row.teammembership_association.length > 0),
  ).toBe(true)
  for (const expand of [
    `${many},businessunitid($select=name)`,
    'teammembership_association($select=name;$expand=businessunitid($select=name))',
    'businessunitid($select=name;$expand=business_unit_teams($select=name;$expand=teammembership_association))',
  ]) {
    expect(await refusal(ask, `systemusers?$expand=${expand}`)).toEqual([
      400,
      '0x80060888',
      "The navigation property 'teammembership_association' cannot be expanded. Only many-to-one relationships are supported for nested expansion.",
    ])
  }
})

test('an expand that cannot be is refused before any row is read', async () => {
  const { ask } = bench()
  const lookups = [
    'createdby',
    'modifiedby',
    'owninguser',
    'owningteam',
    'owningbusinessunit',
    'primarycontactid',
    'parentaccountid',
  ]
  const nested = lookups.slice(0, 4).map((name) => `${name}($expand=createdby)`)
  expect((await ask('GET', `accounts?$select=name&$top=1&$expand=${lookups.join(',')}`)).status).toBe(200)
  const many = `accounts?$expand=${[...nested, 'primarycontactid($expand=createdby,modifiedby,owninguser)', 'owningbusinessunit($expand=createdby,modifiedby)'].join(',')}`
  expect((await ask('GET', many)).status).toBe(200)
  expect((await refusal(ask, `${many},parentaccountid`)).slice(0, 2)).toEqual([400, '0x8004430d'])
  const missing = "Could not find a property named 'nosuch' on type 'Microsoft.Dynamics.CRM.contact'."
  expect(await refusal(ask, 'accounts?$expand=primarycontactid($select=nosuch)')).toEqual([400, '0x80060888', missing])
  expect((await refusal(ask, 'contacts?$expand=nosuch'))[2]).toBe(missing)
  expect((await refusal(ask, "accounts?$expand=Account_Tasks($filter=subject eq @p)&@p='x'"))[0]).toBe(400)
  expect((await refusal(ask, 'accounts?$expand=name'))[2]).toMatch('is not a navigation property')
  const broken = [
    'PrimaryContactId',
    'primarycontactid(',
    'primarycontactid($select=fullname',
    'primarycontactid($skip=1)',
    'primarycontactid($top=1)',
    'primarycontactid(fullname)',
    ',',
    'Account_Tasks($top=x)',
    "Account_Tasks($filter=nosuch eq 'x')",
    'Account_Tasks($count=true)',
    'Account_Tasks($levels=2)',
  ]
  for (const expand of broken) {
    expect([expand, (await ask('GET', `accounts?$expand=${expand}`)).status]).toEqual([expand, 400])
  }
  for (const expand of ['*', 'Account_Tasks/$count', 'ownerid', "primarycontactid($filter=lastname eq 'x')"]) {
    expect([expand, (await ask('GET', `accounts?$expand=${expand}`)).status]).toEqual([expand, 501])
  }
})

test('a created row comes back with what was asked for around it', async () => {
  const { ask } = await withLitware()
  const answer = await ask('POST', 'accounts?$select=name&$expand=primarycontactid($select=fullname)', {
    body: { name: 'New', 'primarycontactid@odata.bind': `/contacts(${id(1)})` },
    headers: { Prefer: 'return=representation' },
  })
  expect(answer.status).toBe(201)
  expect(answer.json.primarycontactid).toMatchObject({ fullname: 'Susanna Stubberod', contactid: id(1) })
  const wrong = await ask('POST', 'accounts?$expand=nosuch', {
    body: { name: 'Lost' },
    headers: { Prefer: 'return=representation' },
  })
  expect(wrong.status).toBe(400)
  expect((await body(ask, "accounts?$filter=name eq 'Lost'")).value).toEqual([])
})
