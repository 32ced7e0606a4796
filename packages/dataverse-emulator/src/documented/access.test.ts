import { expect, test } from 'vitest'
import { bench, read } from '../ask.test-support.ts'

test.for([
  ['no token', () => undefined],
  ['a token that is none', () => 'Bearer x'],
  ['a token of another resource', (tokenFor) => `Bearer ${tokenFor({ audience: 'https://other.crm.dynamics.com/' })}`],
  ['a token that has expired', (tokenFor) => `Bearer ${tokenFor({ lifetimeMs: 0 })}`],
] satisfies readonly [string, (tokenFor: (options: object) => string) => string | undefined][])(
  '§11: 401 for %s says where tokens come from and what for',
  async ([, authorization]) => {
    const { emulator } = bench({ rows: 200 })
    const given = authorization((options) => emulator.tokenFor('Sunniva Admin', options))
    const headers = given === undefined ? {} : { Authorization: given }
    const answer = await read(await emulator.fetch(`${emulator.root}api/data/v9.2/WhoAmI`, { headers }))
    expect([answer.status, answer.text]).toEqual([401, ''])
    expect(answer.headers.get('WWW-Authenticate')).toMatch(
      /^Bearer authorization_uri=https:\/\/[^ ,]+\/oauth2\/authorize, resource_id=https:\/\/org\.emulator\.test\/$/,
    )
  },
)

test('§11: WhoAmI names the organisation, the business unit and the user', async () => {
  const { ask, emulator } = bench({ rows: 200 })
  const [user] = emulator.users
  const { json } = await ask('GET', 'WhoAmI()')
  expect(json).toEqual({
    '@odata.context': `${emulator.root}api/data/v9.2/$metadata#Microsoft.Dynamics.CRM.WhoAmIResponse`,
    BusinessUnitId: user?.businessUnitId,
    UserId: user?.id,
    OrganizationId: emulator.master.rows('organization')[0]?.id,
  })
})

const ALLOWED =
  'authorization,content-type,odata-version,odata-maxversion,prefer,if-match,if-none-match,mscrm.suppressduplicatedetection,consistency,callerobjectid,x-ms-file-name,content-range,range'

test('§11: a preflight allows the headers that the Web API takes, without a token', async () => {
  const { emulator } = bench({ rows: 200 })
  const { status, headers } = await emulator.fetch(`${emulator.root}api/data/v9.2/accounts`, {
    method: 'OPTIONS',
    headers: {
      Origin: 'https://app.example',
      'Access-Control-Request-Method': 'PATCH',
      'Access-Control-Request-Headers': `${ALLOWED},x-other`,
    },
  })
  expect([status, headers.get('Access-Control-Allow-Headers')]).toEqual([200, ALLOWED])
  expect(headers.get('Access-Control-Allow-Origin')).toBe('https://app.example')
})

test('§11: OData-EntityId is exposed, Retry-After is not unless it is asked for', async () => {
  const Origin = 'https://app.example'
  for (const [exposeHeaders, isExposed] of [
    [undefined, false],
    [['OData-EntityId', 'Retry-After'], true],
  ] as const) {
    const { ask } = bench(exposeHeaders === undefined ? { rows: 200 } : { rows: 200, exposeHeaders })
    const { headers } = await ask('POST', 'accounts', { headers: { Origin }, body: { name: 'x' } })
    const exposed = headers.get('Access-Control-Expose-Headers')?.split(',') ?? []
    expect([exposed.includes('OData-EntityId'), exposed.includes('Retry-After')]).toEqual([true, isExposed])
  }
})
