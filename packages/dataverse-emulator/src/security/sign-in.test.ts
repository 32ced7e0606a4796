import { expect, test } from 'vitest'
import { ADMIN, bench, TECHNICIAN } from '../ask.test-support.ts'
import type { Emulator } from '../emulator.ts'

type Status = (authorization?: string) => Promise<Response>

function whoAmI(emulator: Emulator): Status {
  const url = new URL('api/data/v9.2/WhoAmI', emulator.root)
  return (authorization) =>
    emulator.fetch(url, { headers: authorization === undefined ? {} : { Authorization: authorization } })
}

test('§16.38: only a known, living token for this organisation is taken', async () => {
  const { emulator, clock } = bench()
  const ask = whoAmI(emulator)
  const token = emulator.tokenFor(TECHNICIAN)
  const refused = [
    undefined,
    '',
    'Bearer',
    'Bearer ',
    'Bearer anything',
    `Basic ${token}`,
    token,
    `Bearer ${token}x`,
    `Bearer ${token} ${token}`,
    `Bearer ${emulator.tokenFor(TECHNICIAN, { audience: 'https://other.crm.dynamics.com' })}`,
    `Bearer ${emulator.tokenFor(TECHNICIAN, { audience: 'https://graph.microsoft.com' })}`,
    `Bearer ${emulator.tokenFor(TECHNICIAN, { lifetimeMs: 0 })}`,
  ]
  for (const header of refused) {
    const answer = await ask(header)
    expect([header, answer.status]).toEqual([header, 401])
    expect(answer.headers.get('WWW-Authenticate')).toMatch(
      /^Bearer authorization_uri=https:\/\/\S+\/oauth2\/authorize, resource_id=https:\/\/org\.emulator\.test\/$/,
    )
  }
  for (const scheme of ['Bearer', 'bearer', 'BEARER']) expect((await ask(`${scheme} ${token}`)).status).toBe(200)
  clock.advance(3_599_000)
  expect((await ask(`Bearer ${token}`)).status).toBe(200)
  clock.advance(1000)
  expect((await ask(`Bearer ${token}`)).status).toBe(401)
  const another = emulator.tokenFor(TECHNICIAN)
  expect((await ask(`Bearer ${another}`)).status).toBe(200)
  emulator.revokeToken(another)
  expect((await ask(`Bearer ${another}`)).status).toBe(401)
})

test('§16.38: a token that ends between two writes lets the first through and not the second', async () => {
  const { emulator, clock } = bench()
  const token = emulator.tokenFor(ADMIN, { lifetimeMs: 1000 })
  const create = () =>
    emulator.fetch(new URL('api/data/v9.2/accounts', emulator.root), {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      body: '{"name":"mid-run"}',
    })
  const before = emulator.master.count('account')
  expect((await create()).status).toBe(204)
  clock.advance(1000)
  expect((await create()).status).toBe(401)
  expect(emulator.master.count('account')).toBe(before + 1)
})

test('a disabled user is refused with 403 until enabled again, in batches too', async () => {
  const { emulator, ask } = bench()
  emulator.security.disableUser(TECHNICIAN)
  const user = emulator.users.find(({ name }) => name === TECHNICIAN)
  const denied = await ask('GET', 'WhoAmI', { as: TECHNICIAN })
  expect([denied.status, denied.json.error.code]).toEqual([403, '0x80040225'])
  expect(denied.json.error.message).toMatch(
    new RegExp(`^The user with SystemUserId=${user?.id} in OrganizationContext=\\S+ is disabled$`),
  )
  const headers = { 'Content-Type': 'multipart/mixed; boundary=b' }
  const body =
    '--b\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\nGET /api/data/v9.2/WhoAmI HTTP/1.1\r\n\r\n\r\n--b--\r\n'
  expect((await ask('POST', '$batch', { as: TECHNICIAN, headers, body })).status).toBe(403)
  emulator.security.enableUser(TECHNICIAN)
  expect((await ask('GET', 'WhoAmI', { as: TECHNICIAN })).status).toBe(200)
})

test('a user who is deleted is no member of the organisation any more, whatever the token says', async () => {
  const { ask, emulator } = bench()
  const { id } = emulator.security.addUser({ name: 'Nora Ny', roles: ['Field Technician'] })
  expect((await ask('GET', 'WhoAmI', { as: id })).status).toBe(200)
  emulator.master.remove('systemuser', id)
  const denied = await ask('GET', 'WhoAmI', { as: id })
  expect([denied.status, denied.json.error.code]).toEqual([403, '0x80072560'])
})

test('an application user signs in like anybody else', async () => {
  const { ask, emulator } = bench()
  const { json } = await ask('GET', 'WhoAmI', { as: 'Sync Service' })
  expect(emulator.master.row('systemuser', json.UserId)?.values['accessmode']).toBe(4)
})

test('a user whose row was made over the Web API can be given a token, and may do nothing without a role', async () => {
  const { ask, emulator } = bench()
  const businessunitid = emulator.master.rows('businessunit')[0]?.id
  const made = await ask('POST', 'systemusers', {
    headers: { Prefer: 'return=representation' },
    body: {
      firstname: 'Made',
      lastname: 'Later',
      domainname: 'made@users.example',
      'businessunitid@odata.bind': `/businessunits(${businessunitid})`,
    },
  })
  expect(made.status).toBe(201)
  const user: string = made.json.systemuserid
  expect((await ask('GET', 'WhoAmI', { as: user })).json.UserId).toBe(user)
  const denied = await ask('GET', 'accounts', { as: user })
  expect([denied.status, denied.json.error.code]).toEqual([403, '0x80040220'])
  emulator.security.assignRole(user, 'Field Technician')
  expect((await ask('GET', 'accounts', { as: user })).status).toBe(200)
})

test('the log says who asked and on whose behalf', async () => {
  const { ask, emulator } = bench()
  const user = emulator.users.find(({ name }) => name === TECHNICIAN)
  emulator.clearRequests()
  await ask('GET', 'WhoAmI', { as: 'Sync Service', headers: { CallerObjectId: user?.objectId ?? '' } })
  await ask('GET', 'WhoAmI', { as: 'Sync Service' })
  expect(emulator.requests().map(({ user: who, actingAs }) => [who, actingAs])).toEqual([
    ['Sync Service', TECHNICIAN],
    ['Sync Service', undefined],
  ])
})
