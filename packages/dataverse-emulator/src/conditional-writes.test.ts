import { expect, test } from 'vitest'
import { bench, id, made } from './ask.test-support.ts'

const EXISTS = { code: '0x80040237', message: 'A record with matching key values already exists.' }
const STALE = {
  code: '0x80060882',
  message: "The version of the existing record doesn't match the RowVersion property provided.",
}

test('PATCH with If-Match * updates only', async () => {
  const { ask, emulator } = bench()
  const headers = { 'If-Match': '*' }
  const missing = await ask('PATCH', `accounts(${id(1)})`, { headers, body: { name: 'One' } })
  expect([missing.status, missing.json.error]).toEqual([
    404,
    { code: '0x80040217', message: `account With Id = ${id(1)} Does Not Exist` },
  ])
  expect(emulator.master.row('account', id(1))).toBeUndefined()
  await made(ask, 'accounts', { accountid: id(1), name: 'One' })
  expect((await ask('PATCH', `accounts(${id(1)})`, { headers, body: { name: 'Two' } })).status).toBe(204)
})

test('PATCH with If-None-Match * creates only', async () => {
  const { ask, emulator } = bench()
  const headers = { 'If-None-Match': '*' }
  expect((await ask('PATCH', `accounts(${id(1)})`, { headers, body: { name: 'One' } })).status).toBe(204)
  const again = await ask('PATCH', `accounts(${id(1)})`, { headers, body: { name: 'Two' } })
  expect([again.status, again.json.error]).toEqual([412, EXISTS])
  expect(emulator.master.row('account', id(1))?.values['name']).toBe('One')
})

test('PATCH and DELETE with an etag go through for the current version and fail for any other', async () => {
  const { ask } = bench()
  await made(ask, 'accounts', { accountid: id(1), name: 'One' })
  const etag = (await ask('GET', `accounts(${id(1)})`)).json['@odata.etag']
  const headers = { 'If-Match': etag }
  expect((await ask('PATCH', `accounts(${id(1)})`, { headers, body: { name: 'Two' } })).status).toBe(204)
  const stale = await ask('PATCH', `accounts(${id(1)})`, { headers, body: { name: 'Three' } })
  expect([stale.status, stale.json.error]).toEqual([412, STALE])
  const staleDelete = await ask('DELETE', `accounts(${id(1)})`, { headers })
  expect([staleDelete.status, staleDelete.json.error]).toEqual([412, STALE])
  const fresh = (await ask('GET', `accounts(${id(1)})`)).json['@odata.etag']
  expect((await ask('DELETE', `accounts(${id(1)})`, { headers: { 'If-Match': fresh } })).status).toBe(204)
  for (const method of ['PATCH', 'DELETE']) {
    const gone = await ask(method, `accounts(${id(1)})`, {
      headers: { 'If-Match': fresh },
      ...(method === 'PATCH' ? { body: { name: 'Four' } } : {}),
    })
    expect([gone.status, gone.json.error.code]).toEqual([404, '0x80040217'])
  }
})

test('DELETE of a missing row is 404', async () => {
  const { ask } = bench()
  const gone = await ask('DELETE', `accounts(${id(1)})`)
  expect([gone.status, gone.json.error.message]).toEqual([404, `account With Id = ${id(1)} Does Not Exist`])
})

test('GET with the current etag is 304 without a body, 200 after a change, 404 when the row is gone', async () => {
  const { ask, emulator } = bench()
  await made(ask, 'accounts', { accountid: id(1), name: 'One' })
  const etag = (await ask('GET', `accounts(${id(1)})`)).headers.get('ETag') ?? ''
  const headers = { 'If-None-Match': etag }
  const same = await ask('GET', `accounts(${id(1)})`, { headers })
  expect([same.status, same.text]).toEqual([304, ''])
  expect(same.headers.get('Content-Type')).toBe('application/json; odata.metadata=minimal')
  emulator.master.touch('account', id(1))
  expect((await ask('GET', `accounts(${id(1)})`, { headers })).status).toBe(200)
  emulator.master.remove('account', id(1))
  expect((await ask('GET', `accounts(${id(1)})`, { headers })).status).toBe(404)
})

test('§16.20: 304 never comes with annotations or for a table without optimistic concurrency', async () => {
  const { ask, emulator } = bench()
  await made(ask, 'accounts', { accountid: id(1), name: 'One' })
  const etag = (await ask('GET', `accounts(${id(1)})`)).json['@odata.etag']
  const annotated = await ask('GET', `accounts(${id(1)})`, {
    headers: { 'If-None-Match': etag, Prefer: 'odata.include-annotations="*"' },
  })
  expect(annotated.status).toBe(200)
  const [reading] = emulator.master.rows('new_reading')
  const path = `new_readings(${reading?.id})`
  const version = (await ask('GET', path)).json['@odata.etag']
  expect((await ask('GET', path, { headers: { 'If-None-Match': version } })).status).toBe(200)
})

test('If-Match with an etag is refused where optimistic concurrency is off', async () => {
  const { ask, emulator } = bench()
  const [reading] = emulator.master.rows('new_reading')
  const headers = { 'If-Match': `W/"${reading?.version}"` }
  const refused = await ask('PATCH', `new_readings(${reading?.id})`, { headers, body: { new_name: 'x' } })
  expect([refused.status, refused.json.error.code]).toEqual([400, '0x8006088d'])
  const any = await ask('PATCH', `new_readings(${reading?.id})`, {
    headers: { 'If-Match': '*' },
    body: { new_name: 'x' },
  })
  expect(any.status).toBe(204)
})

test('the header If-None-Match: null is no condition, on any method and beside If-Match', async () => {
  const { ask } = bench()
  const headers = { 'If-None-Match': 'null' }
  expect((await ask('POST', 'accounts', { headers, body: { accountid: id(1), name: 'One' } })).status).toBe(204)
  const both = { ...headers, 'If-Match': '*' }
  expect((await ask('PATCH', `accounts(${id(1)})`, { headers: both, body: { name: 'Two' } })).status).toBe(204)
  expect((await ask('GET', `accounts(${id(1)})`, { headers })).status).toBe(200)
})

test('§16.15: a 204 carries no version; a representation does', async () => {
  const { ask } = bench()
  const plain = await ask('PATCH', `accounts(${id(1)})`, { body: { name: 'One' } })
  expect([...plain.headers.keys()].filter((name) => name === 'etag')).toEqual([])
  const headers = { Prefer: 'return=representation' }
  const created = await ask('PATCH', `accounts(${id(2)})?$select=name`, { headers, body: { name: 'Two' } })
  const updated = await ask('PATCH', `accounts(${id(2)})?$select=name`, { headers, body: { name: 'Three' } })
  expect([created.status, updated.status]).toEqual([201, 200])
  expect(created.headers.get('Preference-Applied')).toBe('return=representation')
  expect(Object.keys(updated.json)).toEqual(['@odata.context', '@odata.etag', 'name', 'accountid'])
  expect(updated.json.name).toBe('Three')
})

test('POST answers 204 with the URL of the row, or 201 with the row and no URL', async () => {
  const { ask, emulator } = bench()
  const plain = await ask('POST', 'accounts', { body: { name: 'One', accountid: id(1) } })
  expect(plain.headers.get('OData-EntityId')).toBe(`${emulator.root}api/data/v9.2/accounts(${id(1)})`)
  const full = await ask('POST', 'accounts?$select=name', {
    headers: { Prefer: 'return=representation' },
    body: { name: 'Two' },
  })
  expect([full.status, full.headers.get('OData-EntityId'), full.json.name]).toEqual([201, null, 'Two'])
})

test('POST with an id that is taken is 412', async () => {
  const { ask } = bench()
  await made(ask, 'accounts', { accountid: id(1), name: 'One' })
  const again = await ask('POST', 'accounts', { body: { accountid: id(1).toUpperCase(), name: 'Two' } })
  expect([again.status, again.json.error.code]).toEqual([412, '0x80040237'])
})

test('PATCH answers 204 with or without OData-EntityId, as the knob says', async () => {
  const { ask, emulator } = bench()
  await made(ask, 'accounts', { accountid: id(1), name: 'One' })
  expect((await ask('PATCH', `accounts(${id(1)})`, { body: { name: 'a' } })).headers.get('OData-EntityId')).toContain(
    id(1),
  )
  emulator.knobs.patch204WithEntityId = false
  expect((await ask('PATCH', `accounts(${id(1)})`, { body: { name: 'b' } })).headers.get('OData-EntityId')).toBeNull()
})

test('a collection takes neither PATCH nor DELETE', async () => {
  const { ask } = bench()
  expect((await ask('PATCH', 'accounts', { body: { name: 'x' } })).status).toBe(405)
  expect((await ask('DELETE', 'accounts')).status).toBe(405)
})

test('a condition where it would not be looked at is refused', async () => {
  const { ask } = bench()
  await made(ask, 'accounts', { accountid: id(1), name: 'One' })
  const path = `accounts(${id(1)})`
  for (const [method, target, header, body] of [
    ['POST', 'accounts', 'If-None-Match', { name: 'x' }],
    ['GET', 'accounts', 'If-None-Match', undefined],
    ['GET', path, 'If-Match', undefined],
    ['DELETE', path, 'If-None-Match', undefined],
    ['PUT', `${path}/primarycontactid/$ref`, 'If-Match', { '@odata.id': path }],
  ] as const) {
    const answer = await ask(method, target, { headers: { [header]: 'W/"1"' }, body })
    expect([method, target, answer.status]).toEqual([method, target, 501])
  }
})

test('If-None-Match: * on a read is refused rather than ignored', async () => {
  const { ask } = bench()
  await made(ask, 'accounts', { accountid: id(1), name: 'One' })
  expect((await ask('GET', `accounts(${id(1)})`, { headers: { 'If-None-Match': '*' } })).status).toBe(501)
})
