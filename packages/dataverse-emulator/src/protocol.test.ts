import { expect, test } from 'vitest'
import { bench, id, read } from './ask.test-support.ts'

test('answers carry the OData version, the JSON type and the server’s date', async () => {
  const { ask, clock } = bench()
  const { headers } = await ask('GET', 'WhoAmI')
  expect(headers.get('OData-Version')).toBe('4.0')
  expect(headers.get('Content-Type')).toBe('application/json; odata.metadata=minimal')
  expect(headers.get('Date')).toBe(new Date(clock.ms).toUTCString())
})

test('versions 9.0, 9.1 and 9.2 answer, others are not implemented', async () => {
  const { ask, emulator } = bench()
  for (const [version, status] of [
    ['v9.0', 200],
    ['v9.1', 200],
    ['v9.2', 200],
    ['v8.2', 501],
  ] as const) {
    const answer = await ask('GET', `/api/data/${version}/WhoAmI`)
    expect([version, answer.status]).toEqual([version, status])
    if (status === 200) expect(answer.json['@odata.context']).toContain(`${emulator.root}api/data/${version}/$metadata`)
  }
})

test('RetrieveCurrentOrganization describes the organisation, by literal or alias', async () => {
  const { ask } = bench()
  const who = (await ask('GET', 'WhoAmI')).json
  const type = "Microsoft.Dynamics.CRM.EndpointAccessType'Default'"
  for (const path of [
    `RetrieveCurrentOrganization(AccessType=${type})`,
    `RetrieveCurrentOrganization(AccessType=@p1)?@p1=${type}`,
  ]) {
    const { json } = await ask('GET', path)
    expect(json.Detail.OrganizationId).toBe(who.OrganizationId)
  }
  expect((await ask('GET', 'RetrieveCurrentOrganization')).status).toBe(400)
})

test('§16.38: a missing, unknown, expired, revoked or foreign token is 401 with a challenge', async () => {
  const { emulator, clock } = bench({ tokenLifetimeMs: 60_000 })
  const status = async (authorization?: string): Promise<number> => {
    const headers = authorization === undefined ? {} : { Authorization: authorization }
    const answer = await read(await emulator.fetch(`${emulator.root}api/data/v9.2/WhoAmI`, { headers }))
    if (answer.status === 401) {
      expect(answer.headers.get('WWW-Authenticate')).toMatch(
        /^Bearer authorization_uri=https:\/\/\S+, resource_id=https:\/\/org\.emulator\.test\/$/,
      )
    }
    return answer.status
  }
  const token = emulator.tokenFor('Sunniva Admin')
  const foreign = emulator.tokenFor('Sunniva Admin', { audience: 'https://other.crm4.dynamics.com' })
  const revoked = emulator.tokenFor('Sunniva Admin')
  emulator.revokeToken(revoked)
  expect(await status()).toBe(401)
  expect(await status('Bearer anything')).toBe(401)
  expect(await status(`Basic ${token}`)).toBe(401)
  expect(await status(`Bearer ${foreign}`)).toBe(401)
  expect(await status(`Bearer ${revoked}`)).toBe(401)
  expect(await status(`Bearer ${token}`)).toBe(200)
  clock.advance(60_000)
  expect(await status(`Bearer ${token}`)).toBe(401)
})

test('an OData version other than 4.0 is refused', async () => {
  const { ask } = bench()
  expect((await ask('GET', 'WhoAmI', { headers: { 'OData-Version': '4.0', 'OData-MaxVersion': '4.0' } })).status).toBe(
    200,
  )
  expect((await ask('GET', 'WhoAmI', { headers: { 'OData-Version': '3.0' } })).status).toBe(400)
  expect((await ask('GET', 'WhoAmI', { headers: { 'OData-MaxVersion': '3.0' } })).status).toBe(400)
})

test('only JSON is taken and given', async () => {
  const { ask } = bench()
  expect((await ask('GET', 'WhoAmI', { headers: { Accept: 'application/xml' } })).status).toBe(415)
  const xml = { headers: { 'Content-Type': 'application/xml' }, body: '<a/>' }
  expect((await ask('POST', 'accounts', xml)).status).toBe(415)
  expect((await ask('GET', 'WhoAmI', { headers: { Accept: 'application/json;odata.metadata=full' } })).status).toBe(501)
  expect((await ask('GET', 'WhoAmI', { headers: { Accept: 'application/json;IEEE754Compatible=true' } })).status).toBe(
    501,
  )
})

test('headers that would change the meaning of a request are refused, those without effect are not', async () => {
  const { ask } = bench()
  for (const header of [
    { 'MSCRM.SolutionUniqueName': 'x' },
    { 'MSCRM.Anything': 'x' },
    { 'X-HTTP-Method-Override': 'DELETE' },
    { Range: 'bytes=0-1' },
    { Prefer: 'respond-async' },
    { Prefer: 'odata.nosuch' },
    { Prefer: 'maxpagesize=5' },
  ] satisfies Record<string, string>[]) {
    const answer = await ask('GET', 'accounts', { headers: header })
    expect([header, answer.status]).toEqual([header, 501])
    expect(answer.headers.get('x-emulator-not-implemented')).not.toBeNull()
  }
  for (const header of [
    { 'MSCRM.SuppressDuplicateDetection': 'true' },
    { 'MSCRM.BypassCustomPluginExecution': 'true' },
    { Consistency: 'Strong' },
    { Prefer: 'return=minimal' },
    { 'x-ms-client-request-id': id(1) },
  ] satisfies Record<string, string>[]) {
    expect((await ask('GET', 'accounts?$top=1', { headers: header })).status).toBe(200)
  }
  expect((await ask('GET', 'accounts', { headers: { Consistency: 'Weak' } })).status).toBe(400)
})

test('the count of a collection is text, for those who ask for text', async () => {
  const { ask } = bench()
  expect((await ask('GET', 'accounts/$count', { headers: { Accept: 'text/plain' } })).status).toBe(200)
  expect((await ask('GET', 'accounts', { headers: { Accept: 'text/plain' } })).status).toBe(415)
})

test('headers that would change a whole batch are refused on it', async () => {
  const { ask } = bench()
  const headers = { 'Content-Type': 'multipart/mixed; boundary=b', 'X-HTTP-Method': 'GET' }
  expect((await ask('POST', '$batch', { headers, body: '--b--' })).status).toBe(501)
})

test('users and the organisation are not deleted, pointers and links not written', async () => {
  const { ask, emulator } = bench()
  const [user] = emulator.users
  const [organization] = emulator.master.rows('organization')
  const [task] = emulator.master.rows('task')
  for (const path of [
    `systemusers(${user?.id})`,
    `organizations(${organization?.id})`,
    `activitypointers(${task?.id})`,
  ]) {
    const answer = await ask('DELETE', path)
    expect([path, answer.status, answer.json.error.code]).toEqual([path, 400, '0x80040800'])
  }
})

test('a page size that is no positive number is refused', async () => {
  const { ask } = bench()
  for (const size of ['0', '-1', 'x', '']) {
    expect((await ask('GET', 'accounts', { headers: { Prefer: `odata.maxpagesize=${size}` } })).status).toBe(400)
  }
})

test('several preferences, quoted or not, are read from one header', async () => {
  const { ask } = bench()
  const headers = {
    Prefer:
      'odata.maxpagesize=2, odata.include-annotations="Microsoft.Dynamics.CRM.lookuplogicalname,Microsoft.Dynamics.CRM.totalrecordcount"',
  }
  const { json } = await ask('GET', 'accounts?$select=_ownerid_value', { headers })
  expect(json.value).toHaveLength(2)
  expect(json['@Microsoft.Dynamics.CRM.totalrecordcount']).toBe(-1)
  expect(json.value[0]['_ownerid_value@Microsoft.Dynamics.CRM.lookuplogicalname']).toMatch(/systemuser|team/)
  const without = { Prefer: 'odata.include-annotations="*,-OData.Community.Display.V1.FormattedValue"' }
  expect((await ask('GET', 'accounts?$select=_ownerid_value&$top=1', { headers: without })).text).not.toContain(
    'FormattedValue',
  )
})

test('error annotations come when asked for', async () => {
  const { ask } = bench()
  const headers = { Prefer: 'odata.include-annotations="*"' }
  const { error } = (await ask('GET', `accounts(${id(1)})`, { headers })).json
  expect(error['@Microsoft.PowerApps.CDS.InnerError.Message']).toBe(error.message)
  expect(Object.keys((await ask('GET', `accounts(${id(1)})`)).json.error)).toEqual(['code', 'message'])
})

test('unknown entity sets are 404, unknown functions 501', async () => {
  const { ask } = bench()
  const missing = await ask('GET', 'account')
  expect([missing.status, missing.json.error.message]).toEqual([404, "Resource not found for the segment 'account'."])
  for (const path of [
    'RetrieveNothing()',
    'QualifyLead',
    'accounts(1)/Microsoft.Dynamics.CRM.X',
    '/api/discovery/v2.0/Instances',
  ]) {
    const answer = await ask('GET', path)
    expect([path, answer.status === 501 || answer.status === 400]).toEqual([path, true])
  }
})

test('PUT of a row is refused', async () => {
  const { ask } = bench()
  expect((await ask('PUT', `accounts(${id(1)})`, { body: { name: 'a' } })).status).toBeGreaterThanOrEqual(400)
})

test('a preflight names the methods and those asked-for headers that the Web API takes', async () => {
  const { emulator } = bench()
  const response = await emulator.fetch(`${emulator.root}api/data/v9.2/accounts`, {
    method: 'OPTIONS',
    headers: {
      Origin: 'https://app.test',
      'Access-Control-Request-Method': 'PATCH',
      'Access-Control-Request-Headers':
        'authorization,if-match,odata-version,mscrm.mergelabels,x-ms-file-name,x-custom',
    },
  })
  expect(response.status).toBe(200)
  expect(response.headers.get('Access-Control-Allow-Origin')).toBe('https://app.test')
  expect(response.headers.get('Access-Control-Allow-Methods')).toContain('PATCH')
  expect(response.headers.get('Access-Control-Allow-Headers')).toBe(
    'authorization,if-match,odata-version,mscrm.mergelabels,x-ms-file-name',
  )
})

test('only a restricted list of headers is exposed across origins, and it can be set', async () => {
  for (const [exposeHeaders, expected] of [
    [undefined, /OData-EntityId/],
    [['Retry-After'], /^Retry-After$/],
  ] as const) {
    const { ask } = bench(exposeHeaders === undefined ? {} : { exposeHeaders })
    const exposed =
      (await ask('GET', 'WhoAmI', { headers: { Origin: 'https://app.test' } })).headers.get(
        'Access-Control-Expose-Headers',
      ) ?? ''
    expect(exposed).toMatch(expected)
    expect(exposed.includes('*')).toBe(false)
    if (exposeHeaders === undefined) expect(exposed).not.toContain('Retry-After')
  }
  const { ask } = bench()
  expect((await ask('GET', 'WhoAmI')).headers.get('Access-Control-Allow-Origin')).toBeNull()
})

test('every request is logged with user, headers, body and status', async () => {
  const { ask, emulator } = bench()
  await ask('PATCH', `accounts(${id(1)})`, { headers: { 'If-Match': '*' }, body: { name: 'a' } })
  expect(emulator.requests()).toEqual([
    expect.objectContaining({
      method: 'PATCH',
      path: `/api/data/v9.2/accounts(${id(1)})`,
      headers: expect.objectContaining({ 'if-match': '*' }),
      body: '{"name":"a"}',
      user: 'Sunniva Admin',
      status: 404,
    }),
  ])
  emulator.clearRequests()
  expect(emulator.requests()).toEqual([])
})

test('the log forgets the oldest requests beyond its limit', async () => {
  const { ask, emulator } = bench({ logLimit: 3 })
  for (let number = 1; number <= 10; number++) await ask('GET', `accounts?$top=${number}`)
  expect(emulator.requests().map(({ path }) => path.slice(-2))).toEqual(['=8', '=9', '10'])
})

test('assertNoUnexpected throws when anything was answered 501', async () => {
  const { ask, emulator } = bench()
  await ask('GET', 'accounts?$top=1')
  emulator.assertNoUnexpected()
  await ask('GET', 'accounts?$apply=aggregate($count as n)')
  expect(() => emulator.assertNoUnexpected()).toThrow('accounts?$apply')
})

// Deterministic, so that a failure can be run again.
function* optionNames(count: number): Generator<string> {
  let state = 12345
  const alphabet = 'abcdefghijklmnopqrstuvwxyz.-_$'
  for (let made = 0; made < count; made++) {
    let name = made % 2 === 0 ? '$' : ''
    for (let length = 2 + (made % 9); length > 0; length--) {
      state = (state * 1103515245 + 12345) % 2147483648
      name += alphabet[state % alphabet.length]
    }
    yield name
  }
}

test('§16.36: no unknown query option is ever ignored, on any kind of resource', async () => {
  const { ask, emulator } = bench()
  const [account] = emulator.master.rows('account')
  const known = ['$select', '$filter', '$orderby', '$top', '$count', '$skiptoken', '$deltatoken', '$id', 'tag']
  const documented = [
    '$skip',
    '$search',
    '$levels',
    '$compute',
    '$format',
    '$index',
    '$schemaversion',
    '$expand',
    '$apply',
    'fetchXml',
    'savedQuery',
    'userQuery',
    'partitionId',
    'api-version',
    '$Select',
    '$FILTER',
    'select',
  ]
  const paths: readonly (readonly [string, string])[] = [
    ['GET', 'accounts'],
    ['GET', `accounts(${account?.id})`],
    ['GET', `accounts(${account?.id})/name`],
    ['GET', 'accounts/$count'],
    ['GET', 'WhoAmI'],
    ['GET', `accounts(${account?.id})/contact_customer_accounts`],
    ['POST', 'accounts'],
    ['PATCH', `accounts(${account?.id})`],
  ]
  for (const name of [...documented, ...optionNames(120)]) {
    if (known.includes(name)) continue
    for (const [method, path] of paths) {
      const { status } = await ask(
        method,
        `${path}?${encodeURIComponent(name)}=1`,
        method === 'GET' ? {} : { body: { name: 'fuzz' } },
      )
      expect([name, method, path, status === 400 || status === 501]).toEqual([name, method, path, true])
    }
  }
  expect(emulator.master.rows('account').some((row) => row.values['name'] === 'fuzz')).toBe(false)
}, 60_000)

test('§16.36: no unknown query function, operator or text function is ever ignored', async () => {
  const { ask } = bench()
  for (const filter of [
    "Microsoft.Dynamics.CRM.NoSuch(PropertyName='name')",
    "Microsoft.Dynamics.CRM.In(PropertyName='name')",
    "Microsoft.Dynamics.CRM.In(PropertyName='name',PropertyValues=[])",
    "Microsoft.Dynamics.CRM.Between(PropertyName='statecode',PropertyValues=['1'])",
    "Microsoft.Dynamics.CRM.In(PropertyName='name',Values=['1'])",
    "tolower(name) eq 'a'",
    'length(name) gt 3',
    'year(createdon) eq 2025',
    "name like 'a'",
    "name has 'a'",
    'numberofemployees add 1 eq 2',
    "contains(name,'a') eq true",
    '1 eq 1',
  ]) {
    const { status } = await ask('GET', `accounts?$filter=${encodeURIComponent(filter)}`)
    expect([filter, status === 400 || status === 501]).toEqual([filter, true])
  }
})

test('annotations are asked for by the beginning of their name', async () => {
  const { ask } = bench()
  const headers = { Prefer: 'odata.include-annotations="Microsoft.PowerApps.CDS.ErrorDetails*"' }
  const { error } = (await ask('GET', `accounts(${id(1)})`, { headers })).json
  expect(Object.keys(error)).toEqual([
    'code',
    'message',
    '@Microsoft.PowerApps.CDS.ErrorDetails.OperationStatus',
    '@Microsoft.PowerApps.CDS.ErrorDetails.SubErrorCode',
  ])
})

test('a preference with a value it does not have is refused', async () => {
  const { ask } = bench()
  for (const Prefer of ['odata.track-changes=false', 'odata.continue-on-error=no', 'odata.include-annotations="*']) {
    expect([Prefer, (await ask('GET', 'accounts?$top=1', { headers: { Prefer } })).status]).toEqual([Prefer, 501])
  }
})

test('names that every object has are nobody’s columns, options or sets', async () => {
  const { ask } = bench()
  for (const [path, status] of [
    ['accounts?__proto__=1', 501],
    ['__proto__(1)', 404],
    ['accountz(1)', 404],
    ['WhoAmI(x=1)', 400],
    ['EntityDefinitions?$expand=constructor', 400],
    ['EntityDefinitions?$select=constructor', 400],
    ["EntityDefinitions(LogicalName='account')/constructor", 404],
    ["EntityDefinitions?$select=LogicalName&$filter=LogicalName constructor 'a'", 400],
    ["EntityDefinitions?$select=LogicalName&$filter=DisplayName/constructor eq 'a'", 400],
  ] as const) {
    expect([path, (await ask('GET', path)).status]).toEqual([path, status])
  }
})

test('§16.36: no unknown header of Dataverse’s own and no unknown preference is ever ignored', async () => {
  const { ask, emulator } = bench()
  for (const name of [
    'NoSuch',
    'SessionToken',
    'MergeLabel',
    'Impersonate',
    'BypassEverything',
    'ReturnNotifications',
  ]) {
    const answer = await ask('POST', 'accounts', { headers: { [`MSCRM.${name}`]: 'true' }, body: { name: 'fuzz' } })
    expect([name, answer.status === 400 || answer.status === 501]).toEqual([name, true])
  }
  for (const Prefer of [
    'wait=10',
    'handling=strict',
    'odata.omit-values=nulls',
    'odata.callback; url="x"',
    'return=all',
  ]) {
    const answer = await ask('POST', 'accounts', { headers: { Prefer }, body: { name: 'fuzz' } })
    expect([Prefer, answer.status === 400 || answer.status === 501]).toEqual([Prefer, true])
  }
  expect(emulator.master.rows('account').some((row) => row.values['name'] === 'fuzz')).toBe(false)
})
