import { expect, test } from 'vitest'
import { bench, id, made, TECHNICIAN } from './ask.test-support.ts'
import type { Answer } from './ask.test-support.ts'

const refusal = ({ status, json }: Answer): readonly unknown[] => [status, json?.error.code]

const NO_ID = '00000000-0000-0000-0000-000000000000'

test('an id of zeros is none: a new row gets one of its own, and no row is made at zeros', async () => {
  const { ask, emulator } = bench()
  const row = await made(ask, 'accounts', { accountid: NO_ID, name: 'a' })
  expect(row).not.toBe(NO_ID)
  const target = { '@odata.type': 'Microsoft.Dynamics.CRM.account', accountid: NO_ID, name: 'b' }
  const multiple = 'accounts/Microsoft.Dynamics.CRM.'
  const created = await ask('POST', `${multiple}CreateMultiple`, { body: { Targets: [target] } })
  expect(created.json.Ids).not.toContain(NO_ID)
  expect((await ask('POST', `${multiple}UpsertMultiple`, { body: { Targets: [target] } })).status).toBe(204)
  expect(refusal(await ask('PATCH', `accounts(${NO_ID})`, { body: { name: 'c' } }))).toEqual([400, '0x80040203'])
  expect(emulator.master.row('account', NO_ID)).toBeUndefined()
})

test('ids in the targets of several writes are read like those of one, in braces and beside an alternate key', async () => {
  const { ask, emulator } = bench()
  const type = { '@odata.type': 'Microsoft.Dynamics.CRM.account' }
  const multiple = 'accounts/Microsoft.Dynamics.CRM.'
  const braces = { ...type, accountid: `{${id(1).toUpperCase()}}`, name: 'a' }
  expect((await ask('POST', `${multiple}CreateMultiple`, { body: { Targets: [braces] } })).json.Ids).toEqual([id(1)])
  const renamed = { body: { Targets: [{ ...braces, name: 'b' }] } }
  expect((await ask('POST', `${multiple}UpdateMultiple`, renamed)).status).toBe(204)
  expect(emulator.master.row('account', id(1))?.values['name']).toBe('b')
  const keyed = { ...type, '@odata.id': "accounts(accountnumber='K-77')", accountid: id(2), name: 'c' }
  expect((await ask('POST', `${multiple}UpsertMultiple`, { body: { Targets: [keyed] } })).status).toBe(204)
  expect(emulator.master.row('account', id(2))?.values).toMatchObject({ name: 'c', accountnumber: 'K-77' })
})

test('the id of a row is not cleared, neither in a body nor by itself', async () => {
  const { ask } = bench()
  const path = `accounts(${await made(ask, 'accounts', { name: 'a' })})`
  for (const none of [null, NO_ID]) {
    expect(refusal(await ask('PATCH', path, { body: { accountid: none } }))).toEqual([400, '0x80040200'])
  }
  expect(refusal(await ask('DELETE', `${path}/accountid`))).toEqual([400, '0x80040200'])
})

test('what a table does not take as a POST it does not take as a PATCH that would create it either', async () => {
  const { ask, emulator } = bench()
  for (const [set, table] of [
    ['organizations', 'organization'],
    ['principalobjectaccessset', 'principalobjectaccess'],
  ] as const) {
    const before = emulator.master.count(table)
    expect(refusal(await ask('POST', set, { body: {} }))).toEqual([400, '0x80040800'])
    expect(refusal(await ask('PATCH', `${set}(${id(1)})`, { body: {} }))).toEqual([400, '0x80040800'])
    expect(emulator.master.count(table)).toBe(before)
  }
})

test('§16.24: a status that is cleared is the default one of its state', async () => {
  const { ask } = bench()
  const path = `tasks(${await made(ask, 'tasks', { subject: 'a', statuscode: 3 })})`
  const state = async (): Promise<unknown> => (await ask('GET', `${path}?$select=statecode,statuscode`)).json
  expect((await ask('PATCH', path, { body: { statuscode: null } })).status).toBe(204)
  expect(await state()).toMatchObject({ statecode: 0, statuscode: 2 })
  expect((await ask('PATCH', path, { body: { statecode: 1, statuscode: null } })).status).toBe(204)
  expect(await state()).toMatchObject({ statecode: 1, statuscode: 5 })
})

test('a row that its writer may not read does not come back with the write', async () => {
  const { ask, emulator } = bench()
  const headers = { Prefer: 'return=representation' }
  await made(ask, 'accounts', { accountid: id(1), name: 'a' })
  emulator.security.privilegeDepth(TECHNICIAN, 'account', 'organization', ['create', 'write'])
  emulator.security.privilegeDepth(TECHNICIAN, 'account', 'user', ['read'])
  const path = `accounts(${id(1)})`
  expect((await ask('PATCH', path, { as: TECHNICIAN, body: { name: 'b' } })).status).toBe(204)
  const seen = await ask('PATCH', path, { as: TECHNICIAN, headers, body: { name: 'c' } })
  expect(refusal(seen)).toEqual([403, '0x80048306'])
  emulator.security.privilegeDepth(TECHNICIAN, 'account', 'none', ['read'])
  const made_ = await ask('POST', 'accounts', { as: TECHNICIAN, headers, body: { name: 'd' } })
  expect(refusal(made_)).toEqual([403, '0x80040220'])
})

test('§16.30: no zone is further from UTC than fourteen hours, in bodies and in filters', async () => {
  const { ask } = bench()
  for (const [zone, status] of [
    ['+14:00', 204],
    ['-14:00', 204],
    ['+14:01', 400],
    ['-15:00', 400],
    ['+99:99', 400],
  ] as const) {
    const time = `2025-01-02T15:00:00${zone}`
    expect((await ask('POST', 'tasks', { body: { subject: 'a', scheduledstart: time } })).status).toBe(status)
    const filter = encodeURIComponent(`scheduledstart gt ${time}`)
    expect((await ask('GET', `tasks?$select=subject&$filter=${filter}`)).status === 200).toBe(status === 204)
  }
})

test('§16.26: a part of a batch is not decoded: it is binary or refused', async () => {
  const { ask } = bench()
  const batch = (encoding: string): Promise<Answer> =>
    ask('POST', '$batch', {
      headers: { 'Content-Type': 'multipart/mixed; boundary=b' },
      body: `--b\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\nGET /api/data/v9.2/WhoAmI HTTP/1.1\r\n\r\n--b--\r\n`,
    })
  expect((await batch('binary')).status).toBe(200)
  expect((await batch('base64')).status).toBe(400)
})
