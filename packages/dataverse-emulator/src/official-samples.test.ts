import { expect, test } from 'vitest'
import { bench, made } from './ask.test-support.ts'

const NAMESPACE = 'Microsoft.Dynamics.CRM.'

test('a comma behind the last selected column is let pass, as in the sample of basic operations', async () => {
  const { ask } = bench()
  const contact = await made(ask, 'contacts', { firstname: 'Rafel', lastname: 'Shillo' })
  const account = await made(ask, 'accounts', {
    name: 'Contoso Ltd',
    'primarycontactid@odata.bind': `contacts(${contact})`,
  })
  const answer = await ask('GET', `accounts(${account})?$select=name,&$expand=primarycontactid($select=fullname)`)
  expect([answer.status, answer.json.name, answer.json.primarycontactid.fullname]).toEqual([
    200,
    'Contoso Ltd',
    'Rafel Shillo',
  ])
  expect(answer.json['@odata.context']).toMatch(/#accounts\(name,primarycontactid\(fullname\)\)\/\$entity$/)
  for (const select of [',name', 'name,,', 'name,,telephone1', ',']) {
    const refused = await ask('GET', `accounts(${account})?$select=${select}`)
    expect([select, refused.status]).toEqual([select, 400])
  }
})

test('a member of a team needs its type, because users and teams inherit their key', async () => {
  const { ask, emulator } = bench()
  const [team] = emulator.master.rows('team')
  const ownerid = emulator.users[1]?.id
  const add = (member: object) =>
    ask('POST', `teams(${team?.id ?? ''})/${NAMESPACE}AddMembersTeam`, { body: { Members: [member] } })
  const refused = await add({ ownerid })
  expect([refused.status, refused.json.error.message]).toEqual([
    400,
    expect.stringContaining('EdmEntityObject passed should have the key property value set.'),
  ])
  expect((await add({ '@odata.type': `${NAMESPACE}systemuser`, ownerid })).status).toBe(204)
})

test('a single row is read with a filter that is true of it, as in the sample of file columns', async () => {
  const { ask } = bench()
  const account = await made(ask, 'accounts', { name: 'Contoso Ltd.' })
  const found = await ask('GET', `accounts(${account})?$filter=name ne null&$select=accountid`)
  expect([found.status, found.json.accountid]).toEqual([200, account])
  const other = await ask('GET', `accounts(${account})?$filter=name eq null&$select=accountid`)
  expect(other.status).toBe(501)
  expect((await ask('GET', `accounts(${account})?$filter=nope eq null`)).status).toBe(400)
})
