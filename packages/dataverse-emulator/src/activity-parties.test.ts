import { expect, test } from 'vitest'
import { bench, id, made, TECHNICIAN } from './ask.test-support.ts'
import type { Ask } from './ask.test-support.ts'

interface People {
  readonly contacts: readonly string[]
  readonly user: string
}

async function people(ask: Ask): Promise<People> {
  const contacts = await Promise.all(
    ['a', 'b'].map((name) => made(ask, 'contacts', { lastname: name, emailaddress1: `${name}@example.com` })),
  )
  const user = (await ask('GET', 'WhoAmI')).json.UserId
  return { contacts, user }
}

async function mail(ask: Ask, { contacts, user }: People): Promise<string> {
  return made(ask, 'emails', {
    subject: 'Offer',
    email_activity_parties: [
      { 'partyid_systemuser@odata.bind': `/systemusers(${user})`, participationtypemask: 1 },
      { 'partyid_contact@odata.bind': `/contacts(${contacts[0]})`, participationtypemask: 2 },
    ],
  })
}

async function parties(ask: Ask, path: string): Promise<readonly Record<string, unknown>[]> {
  return (await ask('GET', `${path}?$orderby=participationtypemask`)).json.value
}

test('an email is created with its sender and recipients, whose addresses the server fills in', async () => {
  const { ask } = bench()
  const who = await people(ask)
  const email = await mail(ask, who)
  const [sender, recipient, ...others] = await parties(ask, `emails(${email})/email_activity_parties`)
  expect(others).toEqual([])
  expect(sender).toMatchObject({ participationtypemask: 1, _partyid_value: who.user, _activityid_value: email })
  expect(String(sender?.['addressused'])).toContain('@')
  expect(recipient).toMatchObject({
    participationtypemask: 2,
    _partyid_value: who.contacts[0],
    addressused: 'a@example.com',
    ispartydeleted: false,
  })
  expect((await ask('GET', `activitypointers(${email})?$select=activitytypecode`)).json.activitytypecode).toBe('email')
})

test('PUT of the parties replaces them all and changes the email', async () => {
  const { ask, emulator } = bench()
  const who = await people(ask)
  const email = await mail(ask, who)
  const version = emulator.master.row('email', email)?.version ?? 0n
  const answer = await ask('PUT', `emails(${email})/email_activity_parties`, {
    body: {
      value: [
        { 'partyid_contact@odata.bind': `contacts(${who.contacts[0]})`, participationtypemask: 3 },
        { 'partyid_contact@odata.bind': `contacts(${who.contacts[1]})`, participationtypemask: 2 },
      ],
    },
  })
  expect([answer.status, answer.text]).toEqual([204, ''])
  const now = await parties(ask, `emails(${email})/email_activity_parties`)
  expect(now.map((one) => [one['participationtypemask'], one['_partyid_value']])).toEqual([
    [2, who.contacts[1]],
    [3, who.contacts[0]],
  ])
  expect(emulator.master.row('email', email)?.version).toBeGreaterThan(version)
})

test('an email repeats the addresses of its sender and recipients', async () => {
  const { ask } = bench()
  const who = await people(ask)
  const email = await mail(ask, who)
  const [sender] = await parties(ask, `emails(${email})/email_activity_parties`)
  const columns = `emails(${email})?$select=sender,torecipients`
  expect((await ask('GET', columns)).json).toMatchObject({
    sender: sender?.['addressused'],
    torecipients: 'a@example.com;',
  })
  const to = (contact: string | undefined): Record<string, unknown> => ({
    'partyid_contact@odata.bind': `contacts(${contact})`,
    participationtypemask: 2,
  })
  await ask('PUT', `emails(${email})/email_activity_parties`, { body: { value: who.contacts.map(to) } })
  const [first, second] = (await ask('GET', columns)).json.torecipients.split(';').toSorted().slice(1)
  expect([first, second]).toEqual(['a@example.com', 'b@example.com'])
})

test('a PUT with one wrong party leaves all as they were', async () => {
  const { ask } = bench()
  const who = await people(ask)
  const email = await mail(ask, who)
  const path = `emails(${email})/email_activity_parties`
  const before = await parties(ask, path)
  const right = { 'partyid_contact@odata.bind': `contacts(${who.contacts[0]})`, participationtypemask: 2 }
  for (const value of [
    [right, { 'partyid_contact@odata.bind': `contacts(${id(9)})`, participationtypemask: 2 }],
    [right, { 'partyid_contact@odata.bind': `contacts(${who.contacts[0]})` }],
    [right, { participationtypemask: 2 }],
    [right, { ...right, participationtypemask: 7 }],
    [right, 'x'],
    right,
  ]) {
    expect((await ask('PUT', path, { body: { value } })).status).toBeGreaterThanOrEqual(400)
  }
  expect((await ask('PUT', path, { body: { value: [], more: 1 } })).status).toBe(400)
  expect(await parties(ask, path)).toEqual(before)
})

test('each kind of activity takes the kinds of party it knows', async () => {
  const { ask } = bench()
  const who = await people(ask)
  const send = async (set: string, navigation: string, mask: number): Promise<number> => {
    const party = { 'partyid_contact@odata.bind': `contacts(${who.contacts[0]})`, participationtypemask: mask }
    return (await ask('POST', set, { body: { subject: 's', [navigation]: [party] } })).status
  }
  expect(await send('appointments', 'appointment_activity_parties', 5)).toBe(204)
  expect(await send('appointments', 'appointment_activity_parties', 2)).toBe(400)
  expect(await send('phonecalls', 'phonecall_activity_parties', 2)).toBe(204)
  expect(await send('phonecalls', 'phonecall_activity_parties', 5)).toBe(400)
  expect(await send('emails', 'email_activity_parties', 4)).toBe(204)
  expect(await send('emails', 'email_activity_parties', 99)).toBe(400)
})

test('parties are written through their activity only, and go with it', async () => {
  const { ask, emulator } = bench()
  const who = await people(ask)
  const email = await mail(ask, who)
  const [party] = await parties(ask, `emails(${email})/email_activity_parties`)
  const path = `activityparties(${String(party?.['activitypartyid'])})`
  expect((await ask('GET', path)).status).toBe(200)
  for (const [method, target] of [
    ['POST', 'activityparties'],
    ['PATCH', path],
    ['DELETE', path],
  ] as const) {
    const { json } = await ask(method, target, method === 'DELETE' ? {} : { body: { participationtypemask: 2 } })
    expect(json.error.code).toBe('0x80040800')
  }
  expect((await ask('DELETE', `emails(${email})`)).status).toBe(204)
  expect(emulator.master.count('activityparty')).toBe(0)
})

test('a party whose row is deleted stays without it', async () => {
  const { ask } = bench()
  const who = await people(ask)
  const email = await mail(ask, who)
  await ask('DELETE', `contacts(${who.contacts[0]})`)
  const [, recipient] = await parties(ask, `emails(${email})/email_activity_parties`)
  expect(recipient).toMatchObject({ _partyid_value: null, ispartydeleted: true, addressused: 'a@example.com' })
})

test('whoever may not write the activity may not change its parties', async () => {
  const { ask } = bench()
  const email = await mail(ask, await people(ask))
  const answer = await ask('PUT', `emails(${email})/email_activity_parties`, { as: TECHNICIAN, body: { value: [] } })
  expect(answer.status).toBe(403)
})
