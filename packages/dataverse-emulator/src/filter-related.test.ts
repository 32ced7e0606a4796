import { expect, test } from 'vitest'
import { ADMIN, bench, id, made, TECHNICIAN } from './ask.test-support.ts'
import type { Ask, Bench } from './ask.test-support.ts'

async function withCompanies(): Promise<Bench> {
  const made_ = bench()
  const { ask, emulator } = made_
  await made(ask, 'contacts', { contactid: id(1), firstname: 'Susanna', lastname: 'Stubberod', jobtitle: 'Boss' })
  await made(ask, 'contacts', { contactid: id(2), lastname: 'Doe', jobtitle: 'Buyer', description: 'N/A' })
  await made(ask, 'accounts', {
    accountid: id(11),
    name: 'Litware, Inc.',
    'primarycontactid@odata.bind': `/contacts(${id(1)})`,
  })
  await made(ask, 'accounts', {
    accountid: id(12),
    name: 'Adventure Works',
    'primarycontactid@odata.bind': `/contacts(${id(2)})`,
  })
  await made(ask, 'accounts', { accountid: id(13), name: 'Empty' })
  for (const [contact, account] of [
    [1, 11],
    [2, 12],
  ] as const) {
    const bind = { 'parentcustomerid_account@odata.bind': `/accounts(${id(account)})` }
    expect((await ask('PATCH', `contacts(${id(contact)})`, { body: bind })).status).toBe(204)
  }
  await made(ask, 'tasks', {
    activityid: id(21),
    subject: 'Task 1',
    'regardingobjectid_account_task@odata.bind': `/accounts(${id(11)})`,
  })
  await made(ask, 'tasks', {
    activityid: id(22),
    subject: 'sometext 2',
    'regardingobjectid_account_task@odata.bind': `/accounts(${id(11)})`,
  })
  await made(ask, 'tasks', {
    activityid: id(23),
    subject: 'Task 3',
    'regardingobjectid_account_task@odata.bind': `/accounts(${id(12)})`,
  })
  emulator.clearRequests()
  return made_
}

const OURS = `Microsoft.Dynamics.CRM.In(PropertyName='accountid',PropertyValues=["${id(11)}","${id(12)}","${id(13)}"])`

async function names(ask: Ask, filter: string, rest = '', as = ADMIN): Promise<string[]> {
  const text = `(${filter}) and ${OURS}`
  const answer = await ask('GET', `accounts?$select=name&$filter=${encodeURIComponent(text)}${rest}`, { as })
  if (answer.status !== 200) throw new Error(answer.text)
  return answer.json.value.map((row: { name: string }) => row.name).sort()
}

test('a filter follows lookups, over several of them', async () => {
  const { ask } = await withCompanies()
  expect(await names(ask, "primarycontactid/fullname eq 'susanna stubberod'")).toEqual(['Litware, Inc.'])
  expect(await names(ask, "primarycontactid/createdby/fullname eq 'Sunniva Admin'")).toEqual([
    'Adventure Works',
    'Litware, Inc.',
  ])
  expect(await names(ask, "primarycontactid/parentcustomerid_account/name eq 'Litware, Inc.'")).toEqual([
    'Litware, Inc.',
  ])
  expect(await names(ask, "primarycontactid/parentcustomerid_contact/lastname eq 'Doe'")).toEqual([])
  expect(await names(ask, "contains(primarycontactid/fullname,'bbero')")).toEqual(['Litware, Inc.'])
  expect(await names(ask, `primarycontactid/contactid eq ${id(2)}`)).toEqual(['Adventure Works'])
  expect(await names(ask, 'primarycontactid/jobtitle eq null')).toEqual(['Empty'])
  expect(await names(ask, "primarycontactid/jobtitle ne 'Boss'")).toEqual(['Adventure Works', 'Empty'])
  expect(await names(ask, 'owninguser/ownerid eq _createdby_value')).toHaveLength(3)
  const inList = 'Microsoft.Dynamics.CRM.In(PropertyName=@p1,PropertyValues=@p2)'
  const aliases = `&@p1='primarycontactid/lastname'&@p2=["Doe","O'Brian"]`
  expect(await names(ask, inList, aliases)).toEqual(['Adventure Works'])
  expect(await names(ask, "Microsoft.Dynamics.CRM.Today(PropertyName='primarycontactid/createdon')")).toHaveLength(2)
})

test('any and all ask the rows of a collection', async () => {
  const { ask } = await withCompanies()
  expect(await names(ask, "Account_Tasks/any(t:contains(t/subject,'sometext'))")).toEqual(['Litware, Inc.'])
  expect(await names(ask, "Account_Tasks/any(t:contains(t/subject,'Task') and t/statecode eq 0)")).toHaveLength(2)
  expect(await names(ask, 'Account_Tasks/any()')).toEqual(['Adventure Works', 'Litware, Inc.'])
  expect(await names(ask, 'not Account_Tasks/any()')).toEqual(['Empty'])
  expect(await names(ask, "Account_Tasks/all(t:startswith(t/subject,'Task'))")).toEqual(['Adventure Works', 'Empty'])
  expect(await names(ask, 'Account_Tasks/all(t:t/statecode eq 1)')).toEqual(['Empty'])
  expect(await names(ask, "Account_Tasks/any(o1:(o1/createdby_task/fullname eq 'Sunniva Admin'))")).toHaveLength(2)
  expect(
    await names(
      ask,
      "contact_customer_accounts/any(c:c/jobtitle eq 'Boss' and c/account_primary_contact/any(a:a/name ne 'N/A')) and endswith(name,'Inc.')",
    ),
  ).toEqual(['Litware, Inc.'])
  expect(
    await names(
      ask,
      "contact_customer_accounts/any(c:Microsoft.Dynamics.CRM.In(PropertyName='c/jobtitle',PropertyValues=['Buyer']))",
    ),
  ).toEqual(['Adventure Works'])
})

test('any goes over N:N relationships, from either side', async () => {
  const { ask, emulator } = bench()
  const users = async (filter: string): Promise<string[]> => {
    const { json } = await ask('GET', `systemusers?$select=fullname&$filter=${encodeURIComponent(filter)}`)
    return json.value.map((row: { systemuserid: string }) => row.systemuserid)
  }
  const [link] = emulator.master.rows('teammembership')
  const team = emulator.master.rows('team').find((one) => one.id === link?.values['teamid'])
  const found = await users(`teammembership_association/any(t:t/teamid eq ${team?.id})`)
  const expected = emulator.master.rows('teammembership').filter((one) => one.values['teamid'] === team?.id)
  expect(found.sort()).toEqual(expected.map((one) => String(one.values['systemuserid'])).sort())
})

test('§16.34: related rows that the caller may not see count as not there', async () => {
  const { ask, emulator } = await withCompanies()
  const technician = emulator.users.find(({ name }) => name === TECHNICIAN)
  const asTechnician = async (filter: string): Promise<string[]> => names(ask, filter, '', TECHNICIAN)
  technician?.setDepth('account', 'read', 'organization')
  technician?.setDepth('contact', 'read', 'organization')
  technician?.setDepth('task', 'read', 'organization')
  expect(await asTechnician("primarycontactid/fullname eq 'Susanna Stubberod'")).toEqual(['Litware, Inc.'])
  expect(await asTechnician('Account_Tasks/any()')).toHaveLength(2)
  technician?.setDepth('contact', 'read', 'user')
  technician?.setDepth('task', 'read', 'user')
  expect(await asTechnician("primarycontactid/fullname eq 'Susanna Stubberod'")).toEqual([])
  expect(await asTechnician('primarycontactid/fullname eq null')).toHaveLength(3)
  expect(await asTechnician('Account_Tasks/any()')).toEqual([])
  technician?.setDepth('contact', 'read', 'none')
  const refused = await ask('GET', "accounts?$filter=primarycontactid/fullname eq 'x'", { as: TECHNICIAN })
  expect([refused.status, refused.json.error.code]).toEqual([403, '0x80040220'])
})

test('paths that lead nowhere and collections in the wrong place are refused', async () => {
  const { ask } = bench()
  const message = async (filter: string): Promise<[number, string]> => {
    const { status, json } = await ask('GET', `accounts?$filter=${encodeURIComponent(filter)}`)
    return [status, json.error.message]
  }
  const missing = (name: string, type: string): [number, string] => [
    400,
    `Could not find a property named '${name}' on type 'Microsoft.Dynamics.CRM.${type}'.`,
  ]
  expect(await message("nosuch/fullname eq 'x'")).toEqual(missing('nosuch', 'account'))
  expect(await message("primarycontactid/nosuch eq 'x'")).toEqual(missing('nosuch', 'contact'))
  expect(await message("PrimaryContactId/fullname eq 'x'")).toEqual(missing('PrimaryContactId', 'account'))
  expect(await message("Account_Tasks/any(t:t/nosuch eq 'x')")).toEqual(missing('nosuch', 'task'))
  expect(await message("Microsoft.Dynamics.CRM.Today(PropertyName='primarycontactid/nosuch')")).toEqual(
    missing('nosuch', 'contact'),
  )
  expect((await message("Account_Tasks/subject eq 'x'"))[1]).toMatch("property 'Account_Tasks' is not a single value")
  expect((await message("primarycontactid/any(t:t/lastname eq 'x')"))[1]).toBe(
    'Any may only be used following a collection.',
  )
  expect((await message("primarycontactid/Contact_Tasks/any(t:t/subject eq 'x')"))[0]).toBe(400)
  expect((await message('Account_Tasks/all()'))[0]).toBe(400)
  for (const filter of [
    'Account_Tasks/any(t:t/subject eq name)',
    'length(name) eq 5',
    'numberofemployees add 5 eq 6',
    "$it/name eq 'x'",
    "contains(name,'a') eq true",
    "ownerid/fullname eq 'x'",
    "Microsoft.Dynamics.CRM.Contains(PropertyName='name',PropertyValue='x')",
  ]) {
    expect([filter, (await message(filter))[0]]).toEqual([filter, 501])
  }
})

test('the place in a hierarchy is asked by the primary key', async () => {
  const { ask } = await withCompanies()
  const parent = (of: number, to: number): Promise<unknown> =>
    ask('PATCH', `accounts(${id(of)})`, { body: { 'parentaccountid@odata.bind': `/accounts(${id(to)})` } })
  await parent(12, 11)
  await parent(13, 12)
  const call = (name: string, of: number): string =>
    `Microsoft.Dynamics.CRM.${name}(PropertyName='accountid',PropertyValue='${id(of)}')`
  expect(await names(ask, call('Under', 11))).toEqual(['Adventure Works', 'Empty'])
  expect(await names(ask, call('UnderOrEqual', 12))).toEqual(['Adventure Works', 'Empty'])
  expect(await names(ask, call('NotUnder', 12))).toEqual(['Adventure Works', 'Litware, Inc.'])
  expect(await names(ask, call('Above', 13))).toEqual(['Adventure Works', 'Litware, Inc.'])
  expect(await names(ask, call('AboveOrEqual', 11))).toEqual(['Litware, Inc.'])
  const { status, json } = await ask('GET', `contacts?$filter=${call('Under', 1).replace('accountid', 'contactid')}`)
  expect([status, json.error.code]).toEqual([400, '0x80047020'])
})

test('query functions on who asks and when', async () => {
  const { ask, clock } = await withCompanies()
  const call = (name: string, rest = ''): string =>
    `Microsoft.Dynamics.CRM.${name}(PropertyName='${rest === '' || rest.startsWith(',') ? 'createdon' : rest}'${rest.startsWith(',') ? rest : ''})`
  expect(await names(ask, call('Today'))).toHaveLength(3)
  expect(await names(ask, call('Yesterday'))).toEqual([])
  clock.advance(24 * 3600_000)
  expect(await names(ask, call('Yesterday'))).toHaveLength(3)
  expect(await names(ask, call('LastXDays', ',PropertyValue=1'))).toHaveLength(3)
  expect(await names(ask, call('LastXDays', ",PropertyValue='1'"))).toHaveLength(3)
  expect(await names(ask, call('OlderThanXHours', ',PropertyValue=25'))).toEqual([])
  expect(await names(ask, call('OlderThanXHours', ',PropertyValue=@h'), '&@h=23')).toHaveLength(3)
  expect(await names(ask, call('OnOrAfter', ",PropertyValue='2025-06-02'"))).toHaveLength(3)
  expect(await names(ask, call('On', ",PropertyValue='2025-06-03'"))).toEqual([])
  expect(await names(ask, call('InFiscalPeriodAndYear', ',PropertyValue1=2,PropertyValue2=2025'))).toHaveLength(3)
  expect(await names(ask, call('EqualUserOrUserTeams', 'ownerid'))).toHaveLength(3)
  expect(await names(ask, call('EqualBusinessId', 'owningbusinessunit'))).toHaveLength(3)
  expect(await names(ask, call('NotEqualBusinessId', 'owningbusinessunit'))).toEqual([])
  expect(await names(ask, call('EqualUserOrUserHierarchy', 'ownerid'))).toHaveLength(3)
  for (const broken of [
    call('LastXDays'),
    call('LastXDays', ",PropertyValue='a'"),
    call('LastXDays', ',PropertyValues=["1"]'),
    call('On', ',PropertyValue=5'),
    call('Today', ",PropertyValue='1'"),
    call('Today', 'name'),
    call('InFiscalPeriodAndYear', ',PropertyValue1=2'),
  ]) {
    expect([broken, (await ask('GET', `accounts?$filter=${broken}`)).status]).toEqual([broken, 400])
  }
})

test('secured columns of related rows are neither asked nor written', async () => {
  const { ask, emulator } = await withCompanies()
  const technician = emulator.users.find(({ name }) => name === TECHNICIAN)
  for (const table of ['account', 'contact', 'task']) technician?.setDepth(table, 'read', 'organization')
  emulator.security.secureColumn('contact', 'jobtitle')
  const asTechnician = async (filter: string): Promise<string[]> => names(ask, filter, '', TECHNICIAN)
  expect(await names(ask, "primarycontactid/jobtitle eq 'Boss'")).toEqual(['Litware, Inc.'])
  expect(await asTechnician("primarycontactid/jobtitle eq 'Boss'")).toEqual([])
  expect(await asTechnician("contact_customer_accounts/any(c:c/jobtitle eq 'Boss')")).toEqual([])
  const expand = 'primarycontactid($select=jobtitle),contact_customer_accounts($select=jobtitle)'
  const { json } = await ask('GET', `accounts(${id(11)})?$select=name&$expand=${expand}`, { as: TECHNICIAN })
  expect([json.primarycontactid.jobtitle, json.contact_customer_accounts[0].jobtitle]).toEqual([null, null])
  const link = (await ask('GET', `accounts(${id(11)})/primarycontactid/jobtitle`, { as: TECHNICIAN })).status
  expect(link).toBe(204)
})
