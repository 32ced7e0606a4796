import { expect, test } from 'vitest'
import { bench, id, made } from './ask.test-support.ts'

test('the root of the Web API lists the entity sets, with and without a slash at the end', async () => {
  const { ask, emulator } = bench()
  for (const path of ['/api/data/v9.2/', '/api/data/v9.2']) {
    const { status, json } = await ask('GET', path)
    expect([status, json['@odata.context']]).toEqual([200, `${emulator.root}api/data/v9.2/$metadata`])
    expect(json.value).toHaveLength(emulator.schema.tables().length)
    expect(json.value).toContainEqual({ name: 'opportunities', kind: 'EntitySet', url: 'opportunities' })
  }
  expect((await ask('GET', '/api/data/v9.2/?$top=1')).status).toBe(400)
  expect((await ask('POST', '/api/data/v9.2/', { body: {} })).status).toBe(405)
})

test('an address of nobody is 404 with a page, of a service that is not there 501', async () => {
  const { ask, emulator } = bench()
  for (const path of ['/', '/main.aspx', '/favicon.ico']) {
    const answer = await ask('GET', path)
    expect([answer.status, answer.headers.get('Content-Type')]).toEqual([404, 'text/html; charset=utf-8'])
    expect((await emulator.fetch(new URL(path, emulator.root))).status).toBe(404)
  }
  for (const path of ['/api/search/v1.0/query', '/api/data/v8.2/accounts', '/XRMServices/2011/Organization.svc']) {
    expect((await ask('GET', path)).status).toBe(501)
    expect((await emulator.fetch(new URL(path, emulator.root))).status).toBe(401)
  }
})

test('HEAD is GET without its body, OPTIONS names methods', async () => {
  const { ask } = bench()
  const [head, get] = [await ask('HEAD', 'accounts?$top=1'), await ask('GET', 'accounts?$top=1')]
  expect([head.status, head.text, head.headers.get('Content-Type')]).toEqual([200, '', get.headers.get('Content-Type')])
  expect(head.headers.get('Content-Length')).toBe(String(new TextEncoder().encode(get.text).length))
  const options = await ask('OPTIONS', 'accounts')
  expect([options.status, options.headers.get('Allow')]).toEqual([200, 'OPTIONS,GET,HEAD,POST'])
})

test('verbs that a collection, a row or a function does not take are 405', async () => {
  const { ask, emulator } = bench()
  const account = await made(ask, 'accounts', { name: 'a' })
  for (const [method, path] of [
    ['DELETE', 'accounts'],
    ['PATCH', 'accounts'],
    ['PUT', 'accounts'],
    ['POST', `accounts(${account})`],
    ['POST', 'WhoAmI'],
    ['GET', '$batch'],
    ['DELETE', 'accounts/$count'],
  ] as const) {
    const answer = await ask(method, path, method === 'GET' || method === 'DELETE' ? {} : { body: {} })
    expect([method, path, answer.status]).toEqual([method, path, 405])
    expect(answer.json.error.message).toBe(`The requested resource does not support http method '${method}'.`)
  }
  expect(emulator.master.row('account', account)).toBeDefined()
})

test('every answer of the Web API carries its version, its date and an id by which support would find it', async () => {
  const { ask, clock } = bench()
  const ids = new Set<string | null>()
  for (const [method, path] of [
    ['GET', 'accounts?$top=1'],
    ['GET', `accounts(${id(1)})`],
    ['POST', 'accounts'],
  ] as const) {
    const { headers } = await ask(method, path, method === 'POST' ? { body: { name: 'a' } } : {})
    expect([headers.get('OData-Version'), headers.get('Date')]).toEqual(['4.0', new Date(clock.ms).toUTCString()])
    ids.add(headers.get('x-ms-service-request-id'))
  }
  expect([ids.size, ids.has(null)]).toEqual([3, false])
})

test('how many requests there were changes no id of a row', async () => {
  const [one, other] = [bench(), bench()]
  for (let request = 0; request < 5; request++) await other.ask('GET', 'WhoAmI')
  expect(await made(one.ask, 'accounts', { name: 'a' })).toBe(await made(other.ask, 'accounts', { name: 'a' }))
})

test('details of an error come by annotation, all of them or by the beginning of their names', async () => {
  const { ask } = bench()
  const details = async (preference: string): Promise<readonly string[]> => {
    const headers = { Prefer: `odata.include-annotations="${preference}"` }
    return Object.keys((await ask('GET', `accounts(${id(1)})`, { headers })).json.error).filter(
      (name) => name[0] === '@',
    )
  }
  const prefix = '@Microsoft.PowerApps.CDS.'
  expect(await details('*')).toEqual(
    ['ErrorDetails.OperationStatus', 'ErrorDetails.SubErrorCode', 'HelpLink', 'TraceText', 'InnerError.Message'].map(
      (name) => prefix + name,
    ),
  )
  expect(await details('OData.Community.Display.V1.FormattedValue,Microsoft.PowerApps.CDS.ErrorDetails*')).toEqual([
    `${prefix}ErrorDetails.OperationStatus`,
    `${prefix}ErrorDetails.SubErrorCode`,
  ])
  expect(await details('Microsoft.PowerApps.CDS.HelpLink')).toEqual([`${prefix}HelpLink`])
  expect(await details('OData.Community.Display.V1.FormattedValue')).toEqual([])
})

test('§16.37: scripts of another origin read the restricted list of headers and no other', async () => {
  const { ask, emulator } = bench()
  const exposed = async (): Promise<string | null> =>
    (await ask('GET', 'WhoAmI', { headers: { Origin: 'https://app.test' } })).headers.get(
      'Access-Control-Expose-Headers',
    )
  expect(await exposed()).toBe(
    'Preference-Applied,OData-EntityId,Location,ETag,OData-Version,Content-Encoding,Transfer-Encoding,Content-Length',
  )
  emulator.knobs.exposeHeaders = ['Retry-After']
  expect(await exposed()).toBe('Retry-After')
  expect((await ask('GET', 'WhoAmI')).headers.has('Access-Control-Expose-Headers')).toBe(false)
})

test('the log has every request and can be filtered', async () => {
  const { ask, emulator } = bench()
  await ask('GET', 'WhoAmI')
  await ask('POST', 'accounts', { body: { name: 'a' } })
  await ask('POST', '$batch', {
    headers: { 'Content-Type': 'multipart/mixed; boundary=b' },
    body: '--b\r\nContent-Type: application/http\r\n\r\nGET accounts?$top=1 HTTP/1.1\r\n\r\n\r\n--b--\r\n',
  })
  const paths = (filter: Parameters<typeof emulator.requests>[0]): readonly string[] =>
    emulator.requests(filter).map(({ path }) => path)
  expect(paths({ method: 'GET' })).toEqual(['/api/data/v9.2/WhoAmI', 'accounts?$top=1'])
  expect(paths({ inBatch: true })).toEqual(['accounts?$top=1'])
  expect(paths({ inBatch: false, method: 'POST' })).toEqual(['/api/data/v9.2/accounts', '/api/data/v9.2/$batch'])
  expect(paths({ path: /accounts/, status: 204, user: 'Sunniva Admin' })).toEqual(['/api/data/v9.2/accounts'])
})

test('the log keeps the beginning of a body that is very long', async () => {
  const { ask, emulator } = bench()
  await ask('POST', 'accounts', { body: { name: 'x'.repeat(200_000) } })
  expect(emulator.requests()[0]?.body).toMatch(/^\{"name":"x{1000}[^]*… \(200011 characters\)$/)
})
