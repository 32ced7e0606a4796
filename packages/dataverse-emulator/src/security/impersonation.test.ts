import { expect, test } from 'vitest'
import { ADMIN, bench, id, TECHNICIAN } from '../ask.test-support.ts'

const SERVICE = 'Sync Service'

test('a row made on behalf of somebody is created by them, and says who really did it', async () => {
  const { ask, emulator } = bench()
  const user = emulator.users.find(({ name }) => name === TECHNICIAN)
  const caller = emulator.users.find(({ name }) => name === SERVICE)
  for (const headers of [{ CallerObjectId: user?.objectId ?? '' }, { MSCRMCallerID: user?.id ?? '' }]) {
    const made = await ask('POST', 'accounts', {
      as: SERVICE,
      headers,
      body: { name: 'Sample Account created using impersonation' },
    })
    expect(made.status).toBe(204)
    const row = emulator.master
      .rows('account')
      .find((one) => one.values['name'] === 'Sample Account created using impersonation')
    expect(row?.values).toMatchObject({
      createdby: user?.id,
      modifiedby: user?.id,
      ownerid: user?.id,
      createdonbehalfby: caller?.id,
      modifiedonbehalfby: caller?.id,
    })
    emulator.master.remove('account', row?.id ?? '')
  }
})

test('who made a row for whom is read by expanding createdby, createdonbehalfby and owninguser', async () => {
  const { ask, emulator } = bench()
  const user = emulator.users.find(({ name }) => name === TECHNICIAN)
  const caller = emulator.users.find(({ name }) => name === SERVICE)
  const headers = { CallerObjectId: user?.objectId ?? '' }
  await ask('POST', 'accounts', { as: SERVICE, headers, body: { accountid: id(1), name: 'Sample Account' } })
  const { json } = await ask(
    'GET',
    `accounts(${id(1)})?$select=name&$expand=createdby($select=fullname),createdonbehalfby($select=fullname),owninguser($select=fullname)`,
  )
  const person = (who: typeof user): object => ({ fullname: who?.name, systemuserid: who?.id, ownerid: who?.id })
  expect(json).toMatchObject({
    name: 'Sample Account',
    accountid: id(1),
    createdby: person(user),
    createdonbehalfby: person(caller),
    owninguser: person(user),
  })
})

test('the row’s modifiedonbehalfby is empty again when somebody writes for themselves', async () => {
  const { ask, emulator } = bench()
  const user = emulator.users.find(({ name }) => name === TECHNICIAN)
  const account = emulator.master.create('account', {
    name: 'x',
    ownerid: { table: 'systemuser', id: user?.id ?? '' },
  })
  const headers = { MSCRMCallerID: user?.id ?? '' }
  await ask('PATCH', `accounts(${account})`, { as: SERVICE, headers, body: { name: 'y' } })
  expect(emulator.master.row('account', account)?.values['modifiedonbehalfby']).not.toBeNull()
  await ask('PATCH', `accounts(${account})`, { as: TECHNICIAN, body: { name: 'z' } })
  expect(emulator.master.row('account', account)?.values['modifiedonbehalfby']).toBeNull()
})

test('rights are those that caller and impersonated user both have', async () => {
  const { ask, emulator } = bench()
  const user = emulator.users.find(({ name }) => name === TECHNICIAN)
  const headers = { MSCRMCallerID: user?.id ?? '' }
  const count = async (given: object): Promise<number> =>
    (await ask('GET', 'accounts?$select=name', { ...given })).json.value.length
  const theirs = await count({ as: TECHNICIAN })
  expect(theirs).toBeLessThan(await count({ as: SERVICE }))
  expect(await count({ as: SERVICE, headers })).toBe(theirs)
  emulator.security.privilegeDepth(SERVICE, 'account', 'user')
  expect(await count({ as: SERVICE, headers })).toBeLessThan(theirs)
  emulator.security.privilegeDepth(SERVICE, 'account', 'none')
  const denied = await ask('GET', 'accounts', { as: SERVICE, headers })
  expect([denied.status, denied.json.error.code]).toEqual([403, '0x80040220'])
})

test('it takes prvActOnBehalfOfAnotherUser', async () => {
  const { ask, emulator } = bench()
  const admin = emulator.users.find(({ name }) => name === ADMIN)
  const headers = { CallerObjectId: admin?.objectId ?? '' }
  const denied = await ask('GET', 'WhoAmI', { as: TECHNICIAN, headers })
  expect([denied.status, denied.json.error.code]).toEqual([403, '0x80040220'])
  expect(denied.json.error.message).toContain('prvActOnBehalfOfAnotherUser')
  emulator.security.assignRole(TECHNICIAN, 'Delegate')
  expect((await ask('GET', 'WhoAmI', { as: TECHNICIAN, headers })).json.UserId).toBe(admin?.id)
})

test('unknown users, disabled ones and what is no id are refused', async () => {
  const { ask, emulator } = bench()
  const answers = [
    await ask('GET', 'WhoAmI', { headers: { CallerObjectId: id(1) } }),
    await ask('GET', 'WhoAmI', { headers: { MSCRMCallerID: id(1) } }),
    await ask('GET', 'WhoAmI', { headers: { CallerObjectId: 'me' } }),
  ]
  expect(answers.map(({ status, json }) => [status, json.error.code])).toEqual([
    [403, '0x80072560'],
    [403, '0x80072560'],
    [400, '0x80060888'],
  ])
  emulator.security.disableUser(TECHNICIAN)
  const MSCRMCallerID = emulator.users.find(({ name }) => name === TECHNICIAN)?.id ?? ''
  const disabled = await ask('GET', 'WhoAmI', { headers: { MSCRMCallerID } })
  expect([disabled.status, disabled.json.error.code]).toEqual([403, '0x80040225'])
})

test('naming oneself is no impersonation', async () => {
  const { ask, emulator } = bench()
  const user = emulator.users.find(({ name }) => name === TECHNICIAN)
  const headers = { CallerObjectId: user?.objectId ?? '', Prefer: 'return=representation' }
  const made = await ask('POST', 'accounts', { as: TECHNICIAN, headers, body: { name: 'x' } })
  expect(made.json).toMatchObject({ _createdby_value: user?.id, _createdonbehalfby_value: null })
})

test('in a batch each part may name somebody; without a name the batch’s own holds', async () => {
  const { ask, emulator } = bench()
  const [user, other] = [TECHNICIAN, 'Bram Bakker'].map((name) => emulator.users.find((one) => one.name === name))
  const part = (header: string): string =>
    `--b\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\nGET /api/data/v9.2/WhoAmI HTTP/1.1\r\n${header}Accept: application/json\r\n\r\n`
  const body = `${part('')}${part(`MSCRMCallerID: ${other?.id}\r\n`)}--b--\r\n`
  const send = (headers: Record<string, string>) =>
    ask('POST', '$batch', {
      as: SERVICE,
      headers: { 'Content-Type': 'multipart/mixed; boundary=b', ...headers },
      body,
    })
  const whos = (text: string): string[] => [...text.matchAll(/"UserId":"([^"]+)"/g)].map((match) => match[1] ?? '')
  const service = emulator.users.find(({ name }) => name === SERVICE)
  expect(whos((await send({})).text)).toEqual([service?.id, other?.id])
  expect(whos((await send({ MSCRMCallerID: user?.id ?? '' })).text)).toEqual([user?.id, other?.id])
})
