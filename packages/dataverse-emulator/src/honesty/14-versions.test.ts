import { expect, test } from 'vitest'
import { bench, id, made } from '../ask.test-support.ts'
import type { Answer } from '../ask.test-support.ts'
import { feed, refusal, TRACK } from './answers.test-support.ts'

const version = (answer: Answer): bigint => BigInt(/"versionnumber":(\d+)/.exec(answer.text)?.[1] ?? '0')

test('§16.14: PATCH on a missing row creates it, a deleted one too, unless If-Match: * forbids it with 404', async () => {
  const { ask } = bench()
  const patch = (headers: Readonly<Record<string, string>>): Promise<Answer> =>
    ask('PATCH', `accounts(${id(1)})`, { headers, body: { name: 'a' } })
  expect(refusal(await patch({ 'If-Match': '*' }))).toEqual([404, '0x80040217'])
  expect((await ask('GET', `accounts(${id(1)})`)).status).toBe(404)
  expect((await patch({})).status).toBe(204)
  expect((await ask('GET', `accounts(${id(1)})`)).json.name).toBe('a')
  await ask('DELETE', `accounts(${id(1)})`)
  expect((await patch({ 'If-Match': '*' })).status).toBe(404)
  expect((await patch({})).status).toBe(204)
  expect((await ask('GET', `accounts(${id(1)})`)).json.name).toBe('a')
})

test('§16.15: no 204 carries a version, of a create, an update, a property or a link; only reading tells it', async () => {
  const { ask } = bench()
  await made(ask, 'contacts', { contactid: id(2), lastname: 'c' })
  const link = { '@odata.id': `contacts(${id(2)})` }
  const path = `accounts(${id(1)})`
  for (const [method, target, body] of [
    ['POST', 'accounts', { accountid: id(1), name: 'a' }],
    ['PATCH', path, { name: 'b' }],
    ['PUT', `${path}/name`, { value: 'c' }],
    ['DELETE', `${path}/telephone1`, undefined],
    ['PUT', `${path}/primarycontactid/$ref`, link],
    ['POST', `${path}/contact_customer_accounts/$ref`, link],
    ['DELETE', `${path}/primarycontactid/$ref`, undefined],
  ] as const) {
    const answer = await ask(method, target, { body })
    const told = [answer.headers.get('ETag'), [...answer.headers].some(([, value]) => value.includes('W/"'))]
    expect([method, target, answer.status, answer.text, ...told]).toEqual([method, target, 204, '', null, false])
  }
  const read = await ask('GET', path)
  expect(read.headers.get('ETag')).toBe(`W/"${version(read)}"`)
  const headers = { Prefer: 'return=representation' }
  const update = await ask('PATCH', path, { headers, body: { name: 'd' } })
  expect([update.status, update.json['@odata.etag']]).toEqual([200, `W/"${version(update)}"`])
})

test('§16.16: an update that changes nothing raises the version, and the row comes back with the next delta', async () => {
  const { ask } = bench()
  await made(ask, 'accounts', { accountid: id(1), name: 'a' })
  const { deltaLink } = await feed(ask, 'accounts?$select=name', { headers: TRACK })
  const before = await ask('GET', `accounts(${id(1)})`)
  for (const body of [{ name: 'a' }, {}]) await ask('PATCH', `accounts(${id(1)})`, { body })
  const after = await ask('GET', `accounts(${id(1)})`)
  expect(version(after)).toBeGreaterThan(version(before))
  expect((await feed(ask, deltaLink)).names).toEqual(['a'])
  const stale = { headers: { 'If-Match': String(before.headers.get('ETag')) }, body: { name: 'b' } }
  expect((await ask('PATCH', `accounts(${id(1)})`, stale)).status).toBe(412)
})

test('§16.17: versions come weak, from one counter for all tables, which is far from 1 and skips', async () => {
  const { ask } = bench()
  const versions: bigint[] = []
  for (let number = 1; number <= 6; number++) {
    for (const [set, row] of [
      ['accounts', { accountid: id(number), name: 'x' }],
      ['contacts', { contactid: id(number), lastname: 'x' }],
    ] as const) {
      await made(ask, set, row)
      const answer = await ask('GET', `${set}(${id(number)})`)
      expect(answer.json['@odata.etag']).toBe(`W/"${version(answer)}"`)
      versions.push(version(answer))
    }
  }
  const steps = versions.slice(1).map((one, at) => one - (versions[at] ?? 0n))
  expect(versions[0]).toBeGreaterThan(1000n)
  expect(steps.every((step) => step > 0n)).toBe(true)
  expect(steps.some((step) => step > 1n)).toBe(true)
})

test('§16.17: a job of the server raises a version at any moment after the write, and the etag of the write is stale', async () => {
  const { ask, emulator } = bench()
  const job = { name: 'Job', message: 'Update', table: 'account', stage: 'postOperation', mode: 'async' } as const
  emulator.plugins.register({
    ...job,
    filteringColumns: ['name'],
    run: ({ id: row, systemService }) => systemService.update('account', String(row), { description: 'seen' }),
  })
  await made(ask, 'accounts', { accountid: id(1), name: 'a' })
  const headers = { Prefer: 'return=representation' }
  const raise = [() => emulator.runJobs(), () => emulator.master.touch('account', id(1))]
  for (const each of raise) {
    const written = await ask('PATCH', `accounts(${id(1)})`, { headers, body: { name: 'b' } })
    each()
    expect(version(await ask('GET', `accounts(${id(1)})`))).toBeGreaterThan(version(written))
    const mine = { headers: { 'If-Match': written.json['@odata.etag'] }, body: { name: 'c' } }
    expect(refusal(await ask('PATCH', `accounts(${id(1)})`, mine))).toEqual([412, '0x80060882'])
  }
})

test('§16.18: 412 has four meanings: a stale version, an existing row, a taken key, a duplicate; none is 409', async () => {
  const { ask } = bench()
  await made(ask, 'accounts', { accountid: id(1), name: 'one', accountnumber: 'K1' })
  await made(ask, 'accounts', { accountid: id(2), name: 'two', accountnumber: 'K2' })
  const path = `accounts(${id(1)})`
  const stale = { headers: { 'If-Match': 'W/"1"' }, body: { name: 'x' } }
  const create = { headers: { 'If-None-Match': '*' }, body: { name: 'x' } }
  const detect = { headers: { 'MSCRM.SuppressDuplicateDetection': 'false' }, body: { name: 'one' } }
  const answers = [
    await ask('PATCH', path, stale),
    await ask('DELETE', path, { headers: stale.headers }),
    await ask('PATCH', path, create),
    await ask('POST', 'accounts', { body: { accountid: id(1), name: 'x' } }),
    await ask('POST', 'accounts', { body: { name: 'x', accountnumber: 'k1' } }),
    await ask('PATCH', path, { body: { accountnumber: 'K2' } }),
    await ask('POST', 'accounts', detect),
    await ask('PATCH', `accounts(${id(2)})`, detect),
  ]
  expect(answers.map(refusal)).toEqual([
    [412, '0x80060882'],
    [412, '0x80060882'],
    [412, '0x80040237'],
    [412, '0x80040237'],
    [412, '0x80060892'],
    [412, '0x80060892'],
    [412, '0x80040333'],
    [412, '0x80040333'],
  ])
})

test('§16.19: error codes are hex, or empty, or signed decimal text, of every kind of refusal', async () => {
  const { ask, emulator } = bench()
  const codes = async (): Promise<(string | undefined)[]> => {
    const missing = await ask('GET', `accounts(${id(1)})`)
    const query = await ask('GET', 'accounts?$select=nosuch')
    emulator.faults.add({ fault: { kind: 'status', status: 429 } })
    return [missing, query, await ask('GET', 'WhoAmI')].map((answer) => refusal(answer)[1])
  }
  expect(await codes()).toEqual(['0x80040217', '0x80060888', '0x80072322'])
  emulator.knobs.decimalErrorCodes = true
  expect(await codes()).toEqual(['-2147220969', '-2147088248', '-2147015902'])
  emulator.knobs.decimalErrorCodes = false
  emulator.knobs.emptyErrorCodes = true
  expect(await codes()).toEqual(['', '', ''])
})

test('§16.19: what a gateway answers is no JSON: a page or nothing, and the server has done nothing', async () => {
  const { ask, emulator } = bench()
  for (const status of [502, 503, 504] as const) {
    for (const body of [undefined, 'html', 'empty'] as const) {
      emulator.faults.add({ fault: { kind: 'status', status, ...(body === undefined ? {} : { body }) } })
      const answer = await ask('PATCH', `accounts(${id(1)})`, { body: { name: 'a' } })
      const type = body === 'empty' ? null : 'text/html; charset=utf-8'
      expect([answer.status, answer.headers.get('Content-Type')]).toEqual([status, type])
      expect(() => JSON.parse(answer.text)).toThrow(SyntaxError)
    }
  }
  expect((await ask('GET', `accounts(${id(1)})`)).status).toBe(404)
})

test('§16.20: 304 is for a plain read only, never with annotations, an expansion or a table without optimistic concurrency', async () => {
  const { ask, emulator } = bench()
  await made(ask, 'accounts', { accountid: id(1), name: 'a' })
  const path = `accounts(${id(1)})`
  const known = { 'If-None-Match': String((await ask('GET', path)).headers.get('ETag')) }
  const [reading] = emulator.master.rows('new_reading')
  const plain = await ask('GET', path, { headers: known })
  expect([plain.status, plain.text]).toEqual([304, ''])
  for (const [target, headers] of [
    [path, { ...known, Prefer: 'odata.include-annotations="*"' }],
    [path, { ...known, Prefer: 'odata.include-annotations="OData.Community.Display.V1.FormattedValue"' }],
    [`${path}?$expand=primarycontactid`, known],
    [`${path}?$select=name&$expand=contact_customer_accounts($select=fullname)`, known],
    [`new_readings(${reading?.id})`, { 'If-None-Match': `W/"${reading?.version}"` }],
  ] as const) {
    expect([target, (await ask('GET', target, { headers })).status]).toEqual([target, 200])
  }
})
