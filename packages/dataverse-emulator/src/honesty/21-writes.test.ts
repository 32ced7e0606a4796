import { expect, test } from 'vitest'
import { bench, id, made } from '../ask.test-support.ts'
import type { Answer, Ask } from '../ask.test-support.ts'
import { refusal } from './answers.test-support.ts'

async function row(ask: Ask, path: string): Promise<Readonly<Record<string, unknown>>> {
  return (await ask('GET', path)).json
}

test('§16.21: numbers are rounded to the precision of their column, money to that of its currency', async () => {
  const { ask } = bench()
  await made(ask, 'accounts', { accountid: id(1), name: 'a', address1_latitude: 47.639583, revenue: 12.345678 })
  expect(await row(ask, `accounts(${id(1)})`)).toMatchObject({ address1_latitude: 47.63958, revenue: 12.35 })
  await made(ask, 'msdyn_workorders', { msdyn_workorderid: id(2), new_traveldistance: 1.0005 })
  expect((await row(ask, `msdyn_workorders(${id(2)})`))['new_traveldistance']).toBe(1.001)
})

test('§16.21: blanks at the ends of a line of text are trimmed, and blanks alone are no value', async () => {
  const { ask } = bench()
  await made(ask, 'accounts', { accountid: id(1), name: '  a b ', telephone1: '   ', description: ' kept ' })
  expect(await row(ask, `accounts(${id(1)})`)).toMatchObject({ name: 'a b', telephone1: null, description: ' kept ' })
  await ask('PATCH', `accounts(${id(1)})`, { body: { name: 'c ' } })
  expect((await row(ask, `accounts(${id(1)})`))['name']).toBe('c')
})

test('§16.21: fullname, base amounts and the whole of an address are computed; what is sent for them is ignored', async () => {
  const { ask } = bench()
  const path = `contacts(${id(1)})`
  await made(ask, 'contacts', { contactid: id(1), firstname: 'Ada', lastname: 'Byron', creditlimit: 10 })
  expect(await row(ask, path)).toMatchObject({ fullname: 'Ada Byron', creditlimit_base: 10 })
  const body = { lastname: 'King', fullname: 'x', creditlimit: 20, creditlimit_base: 1, address1_city: 'Ockham' }
  expect((await ask('PATCH', path, { body })).status).toBe(204)
  expect(await row(ask, path)).toMatchObject({
    fullname: 'Ada King',
    creditlimit_base: 20,
    address1_composite: 'Ockham',
  })
})

test('§16.21: a new row has the default status, a new state the default status of its own', async () => {
  const { ask } = bench()
  const task = `tasks(${await made(ask, 'tasks', { subject: 'a' })})`
  const before = await row(ask, task)
  expect([before['statecode'], before['statuscode']]).toEqual([0, 2])
  await ask('PATCH', task, { body: { statecode: 1 } })
  expect(await row(ask, task)).toMatchObject({ statecode: 1, statuscode: 5 })
})

test('§16.21: a plug-in rewrites what was sent and writes rows that nobody asked for', async () => {
  const { ask, emulator } = bench()
  const step = { message: 'Create', table: 'account' } as const
  emulator.plugins.register({
    ...step,
    name: 'Rewrites',
    stage: 'preOperation',
    run: ({ target }) => {
      target['name'] = 'by the server'
      target['telephone1'] = '112'
    },
  })
  emulator.plugins.register({
    ...step,
    name: 'Adds',
    stage: 'postOperation',
    run: ({ service }) => void service.create('task', { subject: 'welcome' }),
  })
  const tasks = emulator.master.count('task')
  const account = await made(ask, 'accounts', { name: 'mine' })
  expect(await row(ask, `accounts(${account})`)).toMatchObject({ name: 'by the server', telephone1: '112' })
  expect(emulator.master.count('task')).toBe(tasks + 1)
})

test('§16.22: a lookup to a row that is not there is 404, however it is written, and nothing of the write remains', async () => {
  const { ask, emulator } = bench()
  await made(ask, 'accounts', { accountid: id(1), name: 'a' })
  const [account, nobody] = [`accounts(${id(1)})`, `contacts(${id(9)})`]
  const body = { name: 'b', 'primarycontactid@odata.bind': nobody }
  const reference = { '@odata.id': nobody }
  for (const [method, path, given] of [
    ['POST', 'accounts', { ...body, accountid: id(2) }],
    ['PATCH', account, body],
    ['PATCH', `accounts(${id(2)})`, body],
    ['PUT', `${account}/primarycontactid/$ref`, reference],
    ['POST', `${account}/contact_customer_accounts/$ref`, reference],
    ['POST', 'accounts', { accountid: id(2), name: 'b', 'contact_customer_accounts@odata.bind': [nobody] }],
  ] as const) {
    const answer = await ask(method, path, { body: given })
    expect([method, path, ...refusal(answer)]).toEqual([method, path, 404, '0x80040217'])
  }
  expect(emulator.master.row('account', id(2))).toBeUndefined()
  expect((await row(ask, account))['name']).toBe('a')
})

test('§16.22: ordering matters: a child before its parent is refused, in a batch too, and after it taken', async () => {
  const { ask } = bench()
  const child = { contactid: id(2), lastname: 'c', 'parentcustomerid_account@odata.bind': `/accounts(${id(1)})` }
  const parent = { accountid: id(1), name: 'p' }
  const part = (set: string, body: unknown): string =>
    `--b\r\nContent-Type: application/http\r\n\r\nPOST ${set} HTTP/1.1\r\nContent-Type: application/json\r\n\r\n${JSON.stringify(body)}\r\n`
  const batch = (...parts: readonly string[]): Promise<Answer> =>
    ask('POST', '$batch', {
      headers: { 'Content-Type': 'multipart/mixed; boundary=b' },
      body: `${parts.join('')}--b--\r\n`,
    })
  expect((await ask('POST', 'contacts', { body: child })).status).toBe(404)
  expect((await batch(part('contacts', child), part('accounts', parent))).status).toBe(404)
  expect((await batch(part('accounts', parent), part('contacts', child))).status).toBe(200)
})

test('§16.23: lengths, ranges and options are checked on create and update, each with its own code', async () => {
  const { ask } = bench()
  await made(ask, 'accounts', { accountid: id(1), name: 'a' })
  await made(ask, 'msdyn_workorders', { msdyn_workorderid: id(1) })
  await made(ask, 'contacts', { contactid: id(1), lastname: 'a' })
  for (const [set, body, code] of [
    ['accounts', { name: 'x'.repeat(161) }, '0x80044331'],
    ['accounts', { description: 'x'.repeat(2001) }, '0x80044331'],
    ['accounts', { numberofemployees: -1 }, '0x8004432f'],
    ['accounts', { numberofemployees: 3_000_000_000 }, '0x80048d19'],
    ['accounts', { revenue: -0.01 }, '0x80044330'],
    ['accounts', { address1_latitude: 91 }, '0x80044330'],
    ['msdyn_workorders', { new_traveldistance: -1 }, '0x80044330'],
    ['accounts', { accountcategorycode: 99 }, '0x8004431a'],
    ['msdyn_workorders', { new_safetymeasures: '1,99' }, '0x8004431a'],
    ['accounts', { statecode: 9 }, '0x8004431a'],
    ['accounts', { statuscode: 9 }, '0x8004431a'],
    ['contacts', { birthdate: '1752-12-31' }, '0x80040239'],
  ] as const) {
    const update = await ask('PATCH', `${set}(${id(1)})`, { body })
    expect([body, ...refusal(update)]).toEqual([body, 400, code])
    if ('statecode' in body) continue
    expect([body, ...refusal(await ask('POST', set, { body }))]).toEqual([body, 400, code])
  }
  expect((await ask('PATCH', `accounts(${id(1)})`, { body: { name: 'x'.repeat(160) } })).status).toBe(204)
})

test('§16.24: a status must belong to its state, given alone or together with it', async () => {
  const { ask } = bench()
  const task = `tasks(${await made(ask, 'tasks', { subject: 'a' })})`
  const patch = (body: unknown): Promise<Answer> => ask('PATCH', task, { body })
  expect(refusal(await patch({ statuscode: 5 }))).toEqual([400, '0x80048408'])
  expect(refusal(await patch({ statecode: 2, statuscode: 5 }))).toEqual([400, '0x80048408'])
  expect((await patch({ statecode: 0, statuscode: 2 })).status).toBe(204)
  expect((await patch({ statecode: 1, statuscode: 5 })).status).toBe(204)
})

test('§16.24: a case is resolved by CloseIncident and not by a plain update, a property or a create', async () => {
  const { ask, emulator } = bench()
  const customer = { 'customerid_account@odata.bind': `/accounts(${emulator.master.rows('account')[0]?.id})` }
  const incident = await made(ask, 'incidents', { title: 'a', ...customer })
  const path = `incidents(${incident})`
  expect(refusal(await ask('PATCH', path, { body: { statecode: 1, statuscode: 5 } }))).toEqual([400, '0x80040203'])
  expect(refusal(await ask('PATCH', path, { body: { statecode: 1 } }))).toEqual([400, '0x80040203'])
  expect((await ask('PUT', `${path}/statecode`, { body: { value: 1 } })).status).toBe(400)
  await ask('POST', 'incidents', { body: { incidentid: id(1), title: 'b', statecode: 1, ...customer } })
  expect(emulator.master.row('incident', id(1))?.values['statecode'] ?? 0).toBe(0)
  expect((await row(ask, path))['statecode']).toBe(0)
  const IncidentResolution = { subject: 'done', 'incidentid@odata.bind': `/${path}` }
  expect((await ask('POST', 'CloseIncident', { body: { IncidentResolution, Status: 5 } })).status).toBe(204)
  expect(await row(ask, path)).toMatchObject({ statecode: 1, statuscode: 5 })
})

test('§16.24: an opportunity is neither won nor lost by a plain update', async () => {
  const { ask } = bench()
  const path = `opportunities(${await made(ask, 'opportunities', { name: 'a' })})`
  for (const statecode of [1, 2]) {
    expect(refusal(await ask('PATCH', path, { body: { statecode } }))).toEqual([400, '0x80040203'])
  }
  expect((await row(ask, path))['statecode']).toBe(0)
})
