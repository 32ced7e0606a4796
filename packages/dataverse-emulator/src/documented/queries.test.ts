import { expect, test } from 'vitest'
import { bench, id, made } from '../ask.test-support.ts'
import type { Bench } from '../ask.test-support.ts'

const CRM = 'Microsoft.Dynamics.CRM.'

/** Contoso has a contact, money and a task; Adatum has next to nothing. */
async function two(): Promise<Bench> {
  const org = bench({ rows: 200 })
  await made(org.ask, 'contacts', { contactid: id(1), firstname: 'Ann', lastname: 'ann' })
  await made(org.ask, 'accounts', {
    accountid: id(2),
    name: 'Contoso',
    numberofemployees: 1033,
    revenue: 5000000,
    'primarycontactid@odata.bind': `/contacts(${id(1)})`,
    Account_Tasks: [{ subject: 'Call' }],
  })
  await made(org.ask, 'accounts', {
    accountid: id(3),
    name: 'Adatum',
    'parentaccountid@odata.bind': `/accounts(${id(2)})`,
  })
  return org
}

/** For tests that only read. */
const house = two()

async function found({ ask }: Bench, filter: string, rest = ''): Promise<string> {
  const text = `(${filter}) and ${CRM}In(PropertyName='accountid',PropertyValues=["${id(2)}","${id(3)}"])`
  const answer = await ask('GET', `accounts?$select=name&$orderby=name&$filter=${encodeURIComponent(text)}${rest}`)
  if (answer.status !== 200) throw new Error(answer.text)
  return answer.json.value.map((row: { name: string }) => row.name[0]).join('')
}

const BOTH = 'AC'

test.for([
  ["name eq 'contoso'", 'C'],
  ["name ne 'Contoso'", 'A'],
  ['revenue gt 4999999.9999', 'C'],
  ['revenue ge 5000000', 'C'],
  ['numberofemployees lt 1034', 'C'],
  ['numberofemployees le 999', ''],
  ["not (name eq 'Adatum') and (revenue gt 1 or revenue lt 0)", 'C'],
  ["contains(name,'TOS')", 'C'],
  ["startswith(name,'ad')", 'A'],
  ["endswith(name,'um')", 'A'],
  ["contains(name,'n%s')", 'C'],
  ["startswith(name,'_d')", 'A'],
  ["startswith(name,'[a-b]')", 'A'],
  ["startswith(name,'[^a]')", 'C'],
  ['primarycontactid/firstname eq primarycontactid/lastname and _primarycontactid_value ne null', 'C'],
  ["primarycontactid/fullname eq 'Ann ann'", 'C'],
  ["primarycontactid/createdby/fullname eq 'Sunniva Admin'", 'C'],
  ["Account_Tasks/any(t:t/subject eq 'call')", 'C'],
  ["Account_Tasks/all(t:t/subject eq 'call')", BOTH],
  ['Account_Tasks/any()', 'C'],
  ["account_parent_account/any(a:a/Account_Tasks/any(t:t/subject eq 'x'))", ''],
  ["description ne 'a'", BOTH],
  ["not contains(description,'a')", ''],
] as const)('§4.1: $filter=%s', async ([filter, names]) => {
  expect(await found(await house, filter)).toBe(names)
})

test.for<[name: string, column: string, value: string | number | readonly string[] | null, names: string]>([
  ['Between', 'numberofemployees', ['5', '2000'], 'C'],
  ['NotBetween', 'numberofemployees', ['5', '2000'], ''],
  ['In', 'name', ['Contoso', 'x'], 'C'],
  ['NotIn', 'name', ['Contoso', 'x'], 'A'],
  ['On', 'createdon', '2025-06-02', BOTH],
  ['OnOrAfter', 'createdon', '2025-06-03', ''],
  ['OnOrBefore', 'createdon', '2025-06-02', BOTH],
  ['Yesterday', 'createdon', null, ''],
  ['Today', 'createdon', null, BOTH],
  ['Tomorrow', 'createdon', null, ''],
  ['LastXDays', 'createdon', 1, BOTH],
  ['LastXHours', 'createdon', 1, BOTH],
  ['NextXHours', 'createdon', 2, ''],
  ['OlderThanXDays', 'createdon', 1, ''],
  ['OlderThanXMinutes', 'createdon', 5, ''],
  ['ThisWeek', 'createdon', null, BOTH],
  ['LastWeek', 'createdon', null, ''],
  ['ThisMonth', 'createdon', null, BOTH],
  ['NextMonth', 'createdon', null, ''],
  ['ThisYear', 'createdon', null, BOTH],
  ['LastYear', 'createdon', null, ''],
  ['InFiscalPeriod', 'createdon', 2, BOTH],
  ['InFiscalYear', 'createdon', 2024, ''],
  ['ThisFiscalYear', 'createdon', null, BOTH],
  ['LastXWeeks', 'createdon', 1, BOTH],
  ['LastXMonths', 'createdon', 1, BOTH],
  ['LastXYears', 'createdon', 1, BOTH],
  ['NextXDays', 'createdon', 1, ''],
  ['NextXWeeks', 'createdon', 1, ''],
  ['NextXMonths', 'createdon', 1, ''],
  ['NextXYears', 'createdon', 1, ''],
  ['OlderThanXHours', 'createdon', 1, ''],
  ['OlderThanXWeeks', 'createdon', 1, ''],
  ['OlderThanXMonths', 'createdon', 1, ''],
  ['OlderThanXYears', 'createdon', 1, ''],
  ['NextWeek', 'createdon', null, ''],
  ['LastMonth', 'createdon', null, ''],
  ['NextYear', 'createdon', null, ''],
  ['ThisFiscalPeriod', 'createdon', null, BOTH],
  ['NextFiscalYear', 'createdon', null, ''],
  ['NextFiscalPeriod', 'createdon', null, ''],
  ['LastFiscalYear', 'createdon', null, ''],
  ['LastFiscalPeriod', 'createdon', null, ''],
  ['NextXFiscalYears', 'createdon', 1, ''],
  ['NextXFiscalPeriods', 'createdon', 1, ''],
  ['EqualUserOrUserHierarchyAndTeams', 'ownerid', null, BOTH],
  ['LastXFiscalYears', 'createdon', 1, ''],
  ['LastXFiscalPeriods', 'createdon', 1, ''],
  ['EqualUserLanguage', 'numberofemployees', null, 'C'],
  ['EqualUserId', 'ownerid', null, BOTH],
  ['NotEqualUserId', 'ownerid', null, ''],
  ['EqualBusinessId', 'owningbusinessunit', null, BOTH],
  ['NotEqualBusinessId', 'owningbusinessunit', null, ''],
  ['EqualUserTeams', 'ownerid', null, ''],
  ['EqualUserOrUserTeams', 'ownerid', null, BOTH],
  ['EqualUserOrUserHierarchy', 'ownerid', null, BOTH],
  ['Under', 'accountid', id(2), 'A'],
  ['UnderOrEqual', 'accountid', id(2), BOTH],
  ['NotUnder', 'accountid', id(2), 'C'],
  ['Above', 'accountid', id(3), 'C'],
  ['AboveOrEqual', 'accountid', id(3), BOTH],
])('§4.1: %s', async ([name, column, value, names]) => {
  const given =
    value === null
      ? ''
      : typeof value === 'object'
        ? `,PropertyValues=${JSON.stringify(value)}`
        : `,PropertyValue=${typeof value === 'string' ? `'${value}'` : value}`
  expect(await found(await house, `${CRM}${name}(PropertyName='${column}'${given})`)).toBe(names)
})

test.for([
  ['InFiscalPeriodAndYear', 2, 2025, BOTH],
  ['InFiscalPeriodAndYear', 2, 2024, ''],
  ['InOrBeforeFiscalPeriodAndYear', 3, 2025, BOTH],
  ['InOrBeforeFiscalPeriodAndYear', 1, 2025, ''],
  ['InOrAfterFiscalPeriodAndYear', 1, 2025, BOTH],
  ['InOrAfterFiscalPeriodAndYear', 3, 2025, ''],
] as const)('§4.1: %s %s, %s', async ([name, period, year, names]) => {
  const call = `${CRM}${name}(PropertyName='createdon',PropertyValue1=${period},PropertyValue2=${year})`
  expect(await found(await house, call)).toBe(names)
})

test('§4.1: arguments by alias', async () => {
  const call = `${CRM}In(PropertyName=@p1,PropertyValues=@p2)`
  expect(await found(await house, call, `&@p1='name'&@p2=["Contoso"]`)).toBe('C')
})

const BAD = '0x80060888'

test.for<[path: string, status: number, code: string, message: string]>([
  [
    "contacts?$filter=lastname eq 'O'Bryan'",
    400,
    BAD,
    "There is an unterminated literal at position 21 in 'lastname eq 'O'Bryan''.",
  ],
  [
    "contacts?$filter=x eq 'a'",
    400,
    BAD,
    "Could not find a property named 'x' on type 'Microsoft.Dynamics.CRM.contact'.",
  ],
  ['contacts?$select=x', 400, BAD, "Could not find a property named 'x' on type 'Microsoft.Dynamics.CRM.contact'."],
  [
    'accounts?$expand=primarycontactid($top=1)',
    400,
    BAD,
    'Only $select and $filter clause can be provided while doing $expand on many-to-one relationship or nested one-to-many relationship.',
  ],
  [
    'accounts?$expand=primarycontactid($orderby=fullname)',
    400,
    BAD,
    'Only $select and $filter clause can be provided while doing $expand on many-to-one relationship or nested one-to-many relationship.',
  ],
  [
    'accounts?$expand=parentaccountid($expand=Account_Tasks($top=1))',
    400,
    BAD,
    'Only $select and $filter clause can be provided while doing $expand on many-to-one relationship or nested one-to-many relationship.',
  ],
  [
    'accounts?$expand=Account_Tasks/$ref',
    400,
    BAD,
    'Expand with $ref is only supported on lookup type navigation property.',
  ],
  ['accounts?$filter=primarycontactid/Contact_Tasks/any(t:t/statecode eq 0)', 400, '', ''],
  ['accounts?$skip=10', 400, '', ''],
  ['accounts?$search=Contoso', 400, '', ''],
  ['accounts?$levels=2', 400, '', ''],
  ['accounts?$compute=revenue as r', 400, '', ''],
  ['accounts?$apply=groupby((statuscode),aggregate($count as count))', 501, 'emulator-not-implemented', ''],
])('§4.1: %s is refused', async ([path, status, code, message]) => {
  const { ask } = await house
  const answer = await ask('GET', path.replaceAll(' ', '%20'))
  expect(answer.status).toBe(status)
  expect(answer.json.error).toMatchObject({
    code: expect.stringContaining(code),
    message: expect.stringContaining(message),
  })
})

test('§4.1: rows that the caller may not read are not returned, and nothing says so', async () => {
  const { ask } = await house
  const path = `accounts?$select=name&$filter=accountid eq ${id(2)}`
  expect((await ask('GET', path, { as: 'Dorian Vestergaard' })).json.value).toHaveLength(1)
  const hidden = await ask('GET', path, { as: 'Amara Okafor' })
  expect([hidden.status, Object.keys(hidden.json), hidden.json.value]).toEqual([200, ['@odata.context', 'value'], []])
})

test('§4.2: the next link is absolute and has the options and the cookie, encoded twice', async () => {
  const { ask, emulator } = await house
  const headers = { Prefer: 'odata.maxpagesize=2' }
  const first = await ask('GET', 'accounts?$select=name&$top=3', { headers })
  expect(first.json.value).toHaveLength(2)
  const link: string = first.json['@odata.nextLink']
  expect(link.startsWith(`${emulator.root}api/data/v9.2/accounts?$select=name&$top=3&$skiptoken=`)).toBe(true)
  const token = decodeURIComponent(link.split('$skiptoken=')[1] ?? '')
  const [, cookie = ''] = /^<cookie pagenumber="2" pagingcookie="([^"]+)" istracking="False" \/>$/.exec(token) ?? []
  const last = first.json.value[1].accountid.toUpperCase()
  expect(decodeURIComponent(decodeURIComponent(cookie))).toContain(`last="{${last}}"`)
})

test.for<[prefer: string, path: string, expected: Readonly<Record<string, unknown>>]>([
  ['', 'contacts?$select=fullname&$top=1&$count=true', { '@odata.count': 5000 }],
  [
    'odata.include-annotations="Microsoft.Dynamics.CRM.totalrecordcount,Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded"',
    'contacts?$select=fullname&$top=1&$count=true',
    {
      '@odata.count': 5000,
      '@Microsoft.Dynamics.CRM.totalrecordcount': 5000,
      '@Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded': true,
    },
  ],
  [
    'odata.include-annotations="*"',
    'contacts?$select=fullname&$top=1',
    {
      '@Microsoft.Dynamics.CRM.totalrecordcount': -1,
      '@Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded': false,
    },
  ],
])('§4.3: of 5,001 rows, with Prefer "%s", %s', async ([Prefer, path, expected]) => {
  const { ask, emulator } = bench()
  while (emulator.master.count('contact') < 5001) emulator.master.create('contact', { lastname: 'x' })
  const answer = await ask('GET', path, Prefer === '' ? {} : { headers: { Prefer } })
  expect(answer.json).toMatchObject(expected)
  if (Prefer === '') expect(answer.text).not.toContain('totalrecordcount')
  const count = await ask('GET', 'contacts/$count')
  expect([count.headers.get('Content-Type')?.split(';')[0], count.text]).toEqual(['text/plain', '5000'])
})

test('§4.3: the real total is that of RetrieveTotalRecordCount', async () => {
  const { ask, emulator } = bench({ rows: 200 })
  const { json } = await ask('GET', "RetrieveTotalRecordCount(EntityNames=['account'])")
  expect(json.EntityRecordCountCollection).toEqual({
    Count: 1,
    IsReadOnly: false,
    Keys: ['account'],
    Values: [emulator.master.count('account')],
  })
})

test('§4.4: the annotations of a page of FetchXML, and the page behind it', async () => {
  const { ask } = await house
  const page = (number: number, cookie = ''): ReturnType<typeof ask> => {
    const xml = `<fetch count="2" page="${number}"${cookie}><entity name="account"><attribute name="revenue"/></entity></fetch>`
    const headers = { Prefer: 'odata.include-annotations="*"' }
    return ask('GET', `accounts?fetchXml=${encodeURIComponent(xml)}`, { headers })
  }
  const { json } = await page(1)
  expect(json['@Microsoft.Dynamics.CRM.morerecords']).toBe(true)
  expect(Object.keys(json.value.find((row: object) => 'revenue' in row))).toContain('_transactioncurrencyid_value')
  const [, twice = ''] =
    /^<cookie pagenumber="2" pagingcookie="([^"]+)" istracking="False" \/>$/.exec(
      json['@Microsoft.Dynamics.CRM.fetchxmlpagingcookie'],
    ) ?? []
  const plain = decodeURIComponent(decodeURIComponent(twice))
  const escaped = plain
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
  const second = await page(2, ` paging-cookie="${escaped}"`)
  const ids = [...json.value, ...second.json.value].map((row: { accountid: string }) => row.accountid)
  expect(new Set(ids).size).toBe(4)
})

test.for(['fetchXml', 'savedQuery', 'userQuery'])('§3: nulls are left out of the answer to %s', async (option) => {
  const { ask } = bench({ rows: 200 })
  const account = await made(ask, 'accounts', { name: 'x' })
  const fetchxml = `<fetch><entity name="account"><attribute name="name"/><attribute name="telephone1"/><filter><condition attribute="accountid" operator="eq" value="${account}"/></filter></entity></fetch>`
  const set = option === 'savedQuery' ? 'savedqueries' : 'userqueries'
  const query =
    option === 'fetchXml'
      ? encodeURIComponent(fetchxml)
      : await made(ask, set, { name: 'x', returnedtypecode: 'account', querytype: 0, fetchxml })
  const { json } = await ask('GET', `accounts?${option}=${query}`)
  expect(json.value).toEqual([{ '@odata.etag': expect.any(String), name: 'x', accountid: account }])
})

test('§4.2: without $orderby rows come by their primary key, as the database orders it', async () => {
  const { ask, emulator } = bench({ rows: 200 })
  for (const { id: old } of emulator.master.rows('new_skill')) emulator.master.remove('new_skill', old)
  const last = '10000000-0000-4000-8000-000000000002'
  const first = '20000000-0000-4000-8000-000000000001'
  for (const key of [last, first]) await made(ask, 'new_skills', { new_skillid: key, new_name: 'x' })
  const { json } = await ask('GET', 'new_skills?$select=new_name')
  expect(json.value.map((row: { new_skillid: string }) => row.new_skillid)).toEqual([first, last])
})
