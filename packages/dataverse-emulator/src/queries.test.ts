import { expect, test } from 'vitest'
import { bench, id, made } from './ask.test-support.ts'
import type { Ask } from './ask.test-support.ts'
import { isODataColumn } from './schema.ts'

async function withAccounts(ask: Ask, rows: readonly Readonly<Record<string, unknown>>[]): Promise<void> {
  for (const [index, row] of rows.entries()) {
    await made(ask, 'accounts', { accountid: id(index + 1), address1_city: 'Testville', ...row })
  }
}

async function names(ask: Ask, filter: string, rest = ''): Promise<string[]> {
  const text = `(${filter}) and address1_city eq 'Testville'`
  const answer = await ask('GET', `accounts?$select=name&$filter=${encodeURIComponent(text)}${rest}`)
  if (answer.status !== 200) throw new Error(answer.text)
  return answer.json.value.map((row: { name: string | null }) => String(row.name)).sort()
}

async function refusal(ask: Ask, query: string): Promise<[number, string, string]> {
  const answer = await ask('GET', query)
  return [answer.status, answer.json.error.code, answer.json.error.message]
}

test('§16.9: text compares without regard to case, and trailing blanks do not count', async () => {
  const { ask } = bench()
  await withAccounts(ask, [{ name: 'Alpha' }, { name: 'BETA' }])
  expect(await names(ask, "name eq 'ALPHA  '")).toEqual(['Alpha'])
  expect(await names(ask, "startswith(name,'be')")).toEqual(['BETA'])
  expect(await names(ask, "endswith(name,'TA')")).toEqual(['BETA'])
  expect(await names(ask, "contains(name,'LPH')")).toEqual(['Alpha'])
})

test('§16.9: SQL wildcards are live inside the values of text functions and plain in eq', async () => {
  const { ask } = bench()
  await withAccounts(ask, [{ name: 'a%b' }, { name: 'axxb' }, { name: 'a_c' }, { name: 'abc' }])
  expect(await names(ask, "contains(name,'a%b')")).toEqual(['a%b', 'abc', 'axxb'])
  expect(await names(ask, "startswith(name,'a_c')")).toEqual(['a_c', 'abc'])
  expect(await names(ask, "contains(name,'[x-z]')")).toEqual(['axxb'])
  expect(await names(ask, "startswith(name,'a[^x]')")).toEqual(['a%b', 'a_c', 'abc'])
  expect(await names(ask, "name eq 'a%b'")).toEqual(['a%b'])
})

test('ne holds for null, orderings do not, and not of an unknown text function returns nothing', async () => {
  const { ask } = bench()
  await withAccounts(ask, [
    { name: 'Alpha', numberofemployees: 5 },
    { name: null, numberofemployees: null },
  ])
  expect(await names(ask, "name ne 'Beta'")).toEqual(['Alpha', 'null'])
  expect(await names(ask, 'numberofemployees lt 100')).toEqual(['Alpha'])
  expect(await names(ask, "not contains(name,'x')")).toEqual(['Alpha'])
  expect(await names(ask, 'name eq null')).toEqual(['null'])
  expect(await names(ask, 'name ne null')).toEqual(['Alpha'])
})

test('and binds tighter than or, parentheses and not group', async () => {
  const { ask } = bench()
  await withAccounts(ask, [{ name: 'a' }, { name: 'b' }, { name: 'c' }])
  expect(await names(ask, "name eq 'a' or name eq 'b' and name eq 'c'")).toEqual(['a'])
  expect(await names(ask, "(name eq 'a' or name eq 'b') and name ne 'a'")).toEqual(['b'])
  expect(await names(ask, "not (name eq 'a' or name eq 'b')")).toEqual(['c'])
})

test('numbers, money, dates, booleans and lookups compare with literals of their own type', async () => {
  const { ask, emulator } = bench()
  const [contact] = emulator.master.rows('contact')
  await withAccounts(ask, [
    { name: 'a', revenue: 10.5, numberofemployees: 3, creditonhold: true },
    { name: 'b', revenue: 9.25, 'primarycontactid@odata.bind': `/contacts(${contact?.id})` },
  ])
  expect(await names(ask, 'revenue gt 9.3')).toEqual(['a'])
  expect(await names(ask, 'revenue le 10.50')).toEqual(['a', 'b'])
  expect(await names(ask, 'creditonhold eq true')).toEqual(['a'])
  expect(await names(ask, 'creditonhold')).toEqual(['a'])
  expect(await names(ask, `_primarycontactid_value eq ${contact?.id.toUpperCase()}`)).toEqual(['b'])
  expect(await names(ask, '_primarycontactid_value eq null')).toEqual(['a'])
  expect(await names(ask, 'createdon ge 2025-06-02T08:00:00+02:00')).toEqual(['a', 'b'])
  expect(await names(ask, 'createdon gt 2025-06-02T06:00:00Z')).toEqual([])
  expect(await names(ask, '3 eq numberofemployees')).toEqual(['a'])
})

test('a time between two whole seconds equals none of them', async () => {
  const { ask } = bench()
  await withAccounts(ask, [{ name: 'a' }])
  const at = '2025-06-02T06:00:00'
  expect(await names(ask, `createdon ge ${at}Z`)).toEqual(['a'])
  expect(await names(ask, `createdon ge ${at}.500Z`)).toEqual([])
  expect(await names(ask, `createdon lt ${at}.500Z`)).toEqual(['a'])
  expect(await names(ask, `createdon eq ${at}.500Z`)).toEqual([])
  expect(await names(ask, `createdon eq ${at}.000Z`)).toEqual(['a'])
})

test('two columns of a row compare with each other', async () => {
  const { ask } = bench()
  await withAccounts(ask, [
    { name: 'same', description: 'SAME' },
    { name: 'one', description: 'two' },
  ])
  expect(await names(ask, 'name eq description')).toEqual(['same'])
  expect(await names(ask, 'name ne description')).toEqual(['one'])
})

test('a quote inside a text is doubled, an encoded plus is a plus', async () => {
  const { ask } = bench()
  await withAccounts(ask, [{ name: "O'Neil" }, { name: '1+1' }])
  expect(await names(ask, "name eq 'O''Neil'")).toEqual(["O'Neil"])
  expect(await names(ask, "name eq '1+1'")).toEqual(['1+1'])
})

test('In, NotIn, Between and NotBetween take their values as texts in either quote', async () => {
  const { ask } = bench()
  await withAccounts(ask, [
    { name: 'a', numberofemployees: 5 },
    { name: 'b', numberofemployees: 7 },
    { name: 'c', numberofemployees: null },
  ])
  const call = (name: string, column: string, values: string): string =>
    `Microsoft.Dynamics.CRM.${name}(PropertyName='${column}',PropertyValues=${values})`
  expect(await names(ask, call('In', 'name', '["A","c"]'))).toEqual(['a', 'c'])
  expect(await names(ask, call('In', 'accountid', `['${id(2)}']`))).toEqual(['b'])
  expect(await names(ask, call('NotIn', 'numberofemployees', '["5"]'))).toEqual(['b', 'c'])
  expect(await names(ask, call('Between', 'numberofemployees', '["5","6"]'))).toEqual(['a'])
  expect(await names(ask, call('NotBetween', 'numberofemployees', '["5","6"]'))).toEqual(['b'])
})

test('parameter aliases stand for operands and value lists', async () => {
  const { ask } = bench()
  await withAccounts(ask, [{ name: 'a' }, { name: 'b' }])
  const list = '&@list=["a","x"]&@name=%27b%27'
  const inList = "Microsoft.Dynamics.CRM.In(PropertyName='name',PropertyValues=@list) or name eq @name"
  expect(await names(ask, inList, list)).toEqual(['a', 'b'])
  expect(await names(ask, '@p1 ne @p3 and @p2 eq @p4', '&@p1=name&@p2=description')).toEqual(['a', 'b'])
  expect(await names(ask, "name ne 'x'", '&$orderby=@p1 desc,@p2&@p1=name&@p2=revenue')).toEqual(['a', 'b'])
  expect((await refusal(ask, 'accounts?$orderby=@p1'))[0]).toBe(400)
  expect((await refusal(ask, "accounts?$filter=contains(@p1,'x')"))[0]).toBe(501)
})

test('EqualUserId follows the caller', async () => {
  const { ask, emulator } = bench()
  const admin = emulator.users[0]
  await withAccounts(ask, [{ name: 'mine' }])
  emulator.master.create('account', {
    name: 'theirs',
    address1_city: 'Testville',
    ownerid: { table: 'systemuser', id: emulator.users[1]?.id ?? '' },
  })
  expect(admin?.name).toBe('Sunniva Admin')
  expect(await names(ask, "Microsoft.Dynamics.CRM.EqualUserId(PropertyName='ownerid')")).toEqual(['mine'])
  expect(await names(ask, "Microsoft.Dynamics.CRM.NotEqualUserId(PropertyName='ownerid')")).toEqual(['theirs'])
})

test('ContainValues looks into multi-select choices', async () => {
  const { ask, emulator } = bench()
  emulator.master.create('msdyn_workorder', { msdyn_name: 'both', new_safetymeasures: '3,1' })
  emulator.master.create('msdyn_workorder', { msdyn_name: 'one', new_safetymeasures: '2' })
  emulator.master.create('msdyn_workorder', { msdyn_name: 'none' })
  const found = async (name: string, values: string): Promise<string[]> => {
    const call = `Microsoft.Dynamics.CRM.${name}(PropertyName='new_safetymeasures',PropertyValues=${values})`
    const filter = `${call} and Microsoft.Dynamics.CRM.In(PropertyName='msdyn_name',PropertyValues=['both','one','none'])`
    const { json } = await ask('GET', `msdyn_workorders?$select=msdyn_name&$filter=${encodeURIComponent(filter)}`)
    return json.value.map((row: { msdyn_name: string }) => row.msdyn_name).sort()
  }
  const equal = async (filter: string): Promise<number> => {
    const { json } = await ask('GET', `msdyn_workorders?$select=msdyn_name&$filter=${filter}&$count=true`)
    return json['@odata.count']
  }
  expect(await equal("new_safetymeasures eq '3,1' and msdyn_name eq 'both'")).toBe(1)
  expect(await equal("new_safetymeasures eq '3' and msdyn_name eq 'both'")).toBe(0)
  expect((await refusal(ask, "msdyn_workorders?$filter=new_safetymeasures eq 'x'"))[0]).toBe(400)
  expect(await found('ContainValues', '["1"]')).toEqual(['both'])
  expect(await found('DoesNotContainValues', '["1"]')).toEqual(['none', 'one'])
})

test('an unknown column is refused by name in $select, $filter and $orderby, shadow columns included', async () => {
  const { ask } = bench()
  const message = (name: string): string =>
    `Could not find a property named '${name}' on type 'Microsoft.Dynamics.CRM.contact'.`
  for (const [query, name] of [
    ['contacts?$select=nosuch', 'nosuch'],
    ['contacts?$select=FirstName', 'FirstName'],
    ['contacts?$select=parentcustomeridname', 'parentcustomeridname'],
    ['contacts?$select=parentcustomerid', 'parentcustomerid'],
    ["contacts?$filter=nosuch eq 'a'", 'nosuch'],
    ['contacts?$orderby=nosuch', 'nosuch'],
  ] as const) {
    expect(await refusal(ask, query)).toEqual([400, '0x80060888', message(name)])
  }
})

test('an id in a filter may stand in quotes', async () => {
  const { ask } = bench()
  const users = (await ask('GET', 'systemusers?$select=systemuserid')).json.value
  const answers = users.map(async ({ systemuserid }: { readonly systemuserid: string }) => {
    const quoted = (await ask('GET', `accounts?$select=name&$filter=_owninguser_value eq '${systemuserid}'`)).json.value
    const bare = (await ask('GET', `accounts?$select=name&$filter=_owninguser_value eq ${systemuserid}`)).json.value
    expect(quoted).toEqual(bare)
    return quoted.length
  })
  expect(Math.max(...(await Promise.all<number>(answers)))).toBeGreaterThan(0)
})

test('a query function is not turned around by not', async () => {
  const { ask } = bench()
  const message = 'Not operator along with the Custom Named Condition operators is not allowed'
  const own = "Microsoft.Dynamics.CRM.EqualUserId(PropertyName=@p1)&@p1='systemuserid'"
  expect(await refusal(ask, `systemusers?$filter=not ${own}`)).toEqual([400, '0x80060888', message])
  expect(await refusal(ask, `systemusers?$filter=not (fullname eq 'a' or ${own.replace('&', ')&')}`)).toEqual([
    400,
    '0x80060888',
    message,
  ])
  expect((await ask('GET', "accounts?$filter=not contains(name,'a')&$top=1")).status).toBe(200)
})

test('preferences stand behind commas or semicolons, or in headers of their own', async () => {
  const { ask } = bench()
  for (const Prefer of [
    'odata.maxpagesize=3; odata.include-annotations="*"',
    'odata.maxpagesize=3,odata.include-annotations="*"',
  ]) {
    const { status, json } = await ask('GET', 'accounts?$select=name', { headers: { Prefer } })
    expect([status, json.value.length, json['@Microsoft.Dynamics.CRM.totalrecordcount']]).toEqual([200, 3, -1])
  }
  const unknown = await ask('GET', 'accounts', { headers: { Prefer: 'odata.maxpagesize=3; wait=5' } })
  expect(unknown.status).toBe(501)
})

test('text in double quotes stands in lists of values and nowhere else', async () => {
  const { ask } = bench()
  expect(await refusal(ask, 'accounts?$filter=name eq "a"')).toEqual([
    400,
    '0x80060888',
    `Syntax error: character '"' is not valid at position 8 in 'name eq "a"'.`,
  ])
  expect((await ask('GET', 'accounts(accountnumber="a")')).status).toBe(400)
  const list = 'Microsoft.Dynamics.CRM.In(PropertyName=\'name\',PropertyValues=["a"])'
  expect((await ask('GET', `accounts?$filter=${list}`)).status).toBe(200)
})

test('what is told about a collection stands before its rows, in the documented order; single rows have none', async () => {
  const { ask } = bench()
  const headers = { Prefer: 'odata.include-annotations="*"' }
  const many = await ask('GET', 'accounts?$select=name&$count=true', { headers })
  expect(Object.keys(many.json)).toEqual([
    '@odata.context',
    '@odata.count',
    '@Microsoft.Dynamics.CRM.totalrecordcount',
    '@Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded',
    '@Microsoft.Dynamics.CRM.globalmetadataversion',
    'value',
  ])
  const one = await ask('GET', `accounts(${many.json.value[0].accountid})?$select=name`, { headers })
  expect(Object.keys(one.json)).toEqual(['@odata.context', '@odata.etag', 'name', 'accountid'])
})

test('types that do not compare are refused', async () => {
  const { ask } = bench()
  expect(await refusal(ask, `accounts?$filter=accountid eq 'a'`)).toEqual([
    400,
    '0x80060888',
    "A binary operator with incompatible types was detected. Found operand types 'Edm.Guid' and 'Edm.String' for operator kind 'Equal'.",
  ])
  for (const filter of ['name eq 5', "statecode eq '0'", "createdon gt 'x'", 'contains(numberofemployees,5)', 'name']) {
    expect((await refusal(ask, `accounts?$filter=${filter}`)).slice(0, 2)).toEqual([400, '0x80060888'])
  }
})

test('broken filters are refused with the place of the fault', async () => {
  const { ask } = bench()
  const [status, , message] = await refusal(ask, "accounts?$filter=name eq 'abc")
  expect([status, message]).toEqual([400, "There is an unterminated literal at position 12 in 'name eq 'abc'."])
  for (const filter of ['name eq', '(name eq null', 'name eq null)', 'eq', 'name eq null and', "not name eq 'a'"]) {
    expect((await refusal(ask, `accounts?$filter=${encodeURIComponent(filter)}`))[0]).toBe(400)
  }
})

test('§16.11: the primary key comes unasked, and so does the currency of money', async () => {
  const { ask } = bench()
  await withAccounts(ask, [{ name: 'a' }])
  const { json } = await ask('GET', `accounts(${id(1)})?$select=revenue`)
  expect(Object.keys(json).slice(2)).toEqual(['revenue', '_transactioncurrencyid_value', 'accountid'])
})

test('§16.11: with a part of an address comes the whole of it', async () => {
  const { ask } = bench()
  await withAccounts(ask, [{ name: 'a', address1_line1: 'Way 1' }])
  const { json } = await ask('GET', `accounts(${id(1)})?$select=address1_line1`)
  expect(Object.keys(json).slice(2)).toEqual(['address1_line1', 'address1_composite', 'accountid'])
  expect(json.address1_composite).toBe('Way 1\r\nTestville')
})

test('§16.10: a row without $select has every column under its wire name, nulls included, and no shadow column', async () => {
  const { ask, emulator } = bench()
  await withAccounts(ask, [{ name: 'a' }])
  const { json } = await ask('GET', `accounts(${id(1)})`)
  const columns = emulator.schema.table('account')?.columns.filter(isODataColumn)
  expect(Object.keys(json).filter((name) => !name.startsWith('@'))).toHaveLength(columns?.length ?? 0)
  expect(json.telephone1).toBeNull()
  expect(json._parentaccountid_value).toBeNull()
})

test('decimals, money and doubles keep their zeros on the wire', async () => {
  const { ask } = bench()
  await withAccounts(ask, [{ name: 'a', revenue: 80000, address1_latitude: 47 }])
  const { text } = await ask('GET', `accounts(${id(1)})?$select=revenue,exchangerate,address1_latitude`)
  expect(text).toContain('"revenue":80000.0000,')
  expect(text).toContain('"exchangerate":1.000000000000,')
  expect(text).toContain('"address1_latitude":47.0,')
})

test('versions beyond 2^53 are written and compared exactly', async () => {
  const { ask } = bench({ firstVersion: 9_007_199_254_740_993n })
  await withAccounts(ask, [{ name: 'a' }])
  const { text } = await ask('GET', `accounts(${id(1)})?$select=versionnumber`)
  const version = /"versionnumber":(\d+)/.exec(text)?.[1] ?? ''
  expect(BigInt(version)).toBeGreaterThan(9_007_199_254_740_993n)
  expect(text).toContain(`W/\\"${version}\\"`)
  expect(await names(ask, `versionnumber eq ${version}`)).toEqual(['a'])
  expect(await names(ask, `versionnumber gt ${version}`)).toEqual([])
})

test('§16.12: annotations come only when asked for, before the property they describe', async () => {
  const { ask, emulator } = bench()
  await withAccounts(ask, [{ name: 'a', accountcategorycode: 1, revenue: 1234.5 }])
  const path = `accounts(${id(1)})?$select=accountcategorycode,revenue,_ownerid_value`
  expect((await ask('GET', path)).text).not.toContain('@OData.Community')
  const all = await ask('GET', path, { headers: { Prefer: 'odata.include-annotations="*"' } })
  expect(all.headers.get('Preference-Applied')).toBe('odata.include-annotations="*"')
  expect(Object.keys(all.json).slice(2)).toEqual([
    'accountcategorycode@OData.Community.Display.V1.FormattedValue',
    'accountcategorycode',
    'revenue@OData.Community.Display.V1.FormattedValue',
    'revenue',
    '_ownerid_value@OData.Community.Display.V1.FormattedValue',
    '_ownerid_value@Microsoft.Dynamics.CRM.associatednavigationproperty',
    '_ownerid_value@Microsoft.Dynamics.CRM.lookuplogicalname',
    '_ownerid_value',
    '_transactioncurrencyid_value@OData.Community.Display.V1.FormattedValue',
    '_transactioncurrencyid_value@Microsoft.Dynamics.CRM.associatednavigationproperty',
    '_transactioncurrencyid_value@Microsoft.Dynamics.CRM.lookuplogicalname',
    '_transactioncurrencyid_value',
    'accountid',
  ])
  expect(all.json['_ownerid_value@OData.Community.Display.V1.FormattedValue']).toBe('Sunniva Admin')
  const option = emulator.schema.column('account', 'accountcategorycode')
  expect(option?.type === 'Picklist' && option.options[0]?.label).toBe(
    all.json['accountcategorycode@OData.Community.Display.V1.FormattedValue'],
  )
  const one = await ask('GET', path, {
    headers: { Prefer: 'odata.include-annotations="Microsoft.Dynamics.CRM.lookuplogicalname"' },
  })
  expect(one.json['_ownerid_value@Microsoft.Dynamics.CRM.lookuplogicalname']).toBe('systemuser')
  expect(one.text).not.toContain('FormattedValue')
})

test('globalmetadataversion changes with the schema', async () => {
  const { ask, emulator } = bench()
  const name = '@Microsoft.Dynamics.CRM.globalmetadataversion'
  const probe = async (): Promise<string> => {
    const headers = { Prefer: `odata.include-annotations="${name.slice(1)}"` }
    return (await ask('GET', 'organizations?$select=organizationid', { headers })).json[name]
  }
  const before = await probe()
  emulator.schema.renameOption('account', 'accountcategorycode', 1, 'Renamed')
  expect(await probe()).not.toBe(before)
})

test('one property reads as a value, null as 204', async () => {
  const { ask, emulator } = bench()
  await withAccounts(ask, [{ name: 'a', revenue: 5 }])
  const root = `${emulator.root}api/data/v9.2/`
  expect((await ask('GET', `accounts(${id(1)})/name`)).json).toEqual({
    '@odata.context': `${root}$metadata#accounts(${id(1)})/name`,
    value: 'a',
  })
  expect((await ask('GET', `accounts(${id(1)})/revenue`)).text).toContain('"value":5.0000}')
  expect((await ask('GET', `accounts(${id(1)})/telephone1`)).status).toBe(204)
})

test('alternate keys address rows; columns that are no key, and missing rows, are refused', async () => {
  const { ask } = bench()
  await withAccounts(ask, [{ name: 'a', accountnumber: 'K-1' }])
  expect((await ask('GET', "accounts(accountnumber='k-1')?$select=name")).json.name).toBe('a')
  const missing = await refusal(ask, "accounts(accountnumber='K-2')")
  expect(missing).toEqual([
    404,
    '0x80060891',
    'A record with the specified key values does not exist in account entity',
  ])
  const [status, code, message] = await refusal(ask, "accounts(name='a')")
  expect([status, code]).toEqual([400, '0x80060888'])
  expect(message).toContain("The key in the request URI is not valid for resource 'Microsoft.Dynamics.CRM.account'.")
})

test('$top limits, $count counts to 5000 at most, /$count is bare text', async () => {
  const { ask } = bench()
  await withAccounts(ask, [{ name: 'a' }, { name: 'b' }, { name: 'c' }])
  const filter = "$filter=address1_city eq 'Testville'"
  const { json } = await ask('GET', `accounts?$select=name&$top=2&$count=true&${filter}`)
  expect([json['@odata.count'], json.value.length, '@odata.nextLink' in json]).toEqual([3, 2, false])
  const bare = await ask('GET', `accounts/$count?${filter}`)
  expect([bare.headers.get('Content-Type'), bare.text]).toEqual(['text/plain', '3'])
})

test('§16.8: the count annotations tell that a count was capped, and -1 without a count', async () => {
  const { ask, emulator } = bench()
  for (let number = 0; number < 5003; number++) emulator.master.create('new_skill', { new_name: `s${number}` })
  const headers = { Prefer: 'odata.maxpagesize=1,odata.include-annotations="Microsoft.Dynamics.CRM.*"' }
  const total = '@Microsoft.Dynamics.CRM.totalrecordcount'
  const { json } = await ask('GET', 'new_skills?$select=new_name&$count=true', { headers })
  expect([json['@odata.count'], json[total], json[`${total}limitexceeded`]]).toEqual([5000, 5000, true])
  const none = (await ask('GET', 'new_skills?$select=new_name', { headers })).json
  expect([none[total], none[`${total}limitexceeded`], '@odata.count' in none]).toEqual([-1, false, false])
  expect((await ask('GET', 'new_skills/$count')).text).toBe('5000')
  const page = (await ask('GET', 'new_skills?$select=new_name')).json
  expect([page.value.length, typeof page['@odata.nextLink']]).toEqual([5000, 'string'])
})

test('§16.36: options that Dataverse does not have are refused in its words, those the emulator lacks with 501', async () => {
  const { ask } = bench()
  expect(await refusal(ask, 'accounts?$skip=5')).toEqual([400, '0x80060888', 'Skip Clause is not supported in CRM'])
  expect((await refusal(ask, 'accounts?$search=x'))[0]).toBe(400)
  for (const name of ['$compute', '$format', '$levels', '$index', '$nosuch', '$Select', '$schemaversion']) {
    const message = `The query parameter ${name} is not supported`
    expect(await refusal(ask, `accounts?${name}=1`)).toEqual([400, '0x80060888', message])
  }
  for (const option of ['$apply=groupby((name))', 'nosuch=1', 'select=name']) {
    expect((await refusal(ask, `accounts?${option}`)).slice(0, 2)).toEqual([501, 'emulator-not-implemented'])
  }
})

test('related rows are read through navigation properties', async () => {
  const { ask, emulator } = bench()
  const [contact] = emulator.master.rows('contact')
  await withAccounts(ask, [{ name: 'a', 'primarycontactid@odata.bind': `contacts(${contact?.id})` }, { name: 'b' }])
  const single = await ask('GET', `accounts(${id(1)})/primarycontactid?$select=fullname`)
  expect(single.json.contactid).toBe(contact?.id)
  expect((await ask('GET', `accounts(${id(2)})/primarycontactid`)).status).toBe(204)
  const back = await ask('GET', `contacts(${contact?.id})/account_primary_contact?$select=name&$filter=name eq 'a'`)
  expect(back.json.value.map((row: { name: string }) => row.name)).toEqual(['a'])
})

test('a range in a LIKE set that runs backwards matches nothing', async () => {
  const { ask } = bench()
  await withAccounts(ask, [{ name: 'm' }])
  expect(await names(ask, "contains(name,'[z-a]')")).toEqual([])
})

test('a query has at most 500 conditions', async () => {
  const { ask } = bench()
  const many = (count: number): string =>
    `accounts?$select=name&$filter=${Array(count).fill("name eq 'q'").join(' or ')}`
  expect((await ask('GET', many(500))).status).toBe(200)
  for (const count of [501, 700]) {
    expect(await refusal(ask, many(count))).toEqual([
      400,
      '0x8004430c',
      'Number of conditions in query exceeded maximum limit.',
    ])
  }
})

test('an apostrophe inside a value in single quotes breaks a list of values', async () => {
  const { ask } = bench()
  const list = (values: string): string =>
    `contacts?$filter=Microsoft.Dynamics.CRM.In(PropertyName=@p1,PropertyValues=@p2)&@p1='lastname'&@p2=[${values}]`
  expect(await refusal(ask, list(`'OBrian','O'Brian','O'Bryan'`))).toEqual([
    400,
    '0x80060888',
    "Invalid JSON. A comma character ',' was expected in scope 'Array'. Every two elements in an array and properties of an object must be separated by commas.",
  ])
  expect((await ask('GET', list(`"OBrian","O'Brian"`))).status).toBe(200)
})
