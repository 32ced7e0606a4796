import { expect, test } from 'vitest'
import { bench, id, made } from './ask.test-support.ts'
import type { Answer, Ask } from './ask.test-support.ts'

const NN = 'new_Skill_BookableResource'

async function withEnds(ask: Ask): Promise<void> {
  await made(ask, 'new_skills', { new_skillid: id(1), new_name: 'Welding' })
  await made(ask, 'bookableresources', { bookableresourceid: id(2), name: 'Van', resourcetype: 1 })
}

function link(ask: Ask, root: string): Promise<Answer> {
  return ask('POST', `new_skills(${id(1)})/${NN}/$ref`, {
    body: { '@odata.id': `${root}api/data/v9.2/bookableresources(${id(2)})` },
  })
}

test('an N:N link is made once, a second time is 412, and neither end gets a new version', async () => {
  const { ask, emulator } = bench()
  await withEnds(ask)
  const before = [
    emulator.master.row('new_skill', id(1))?.version,
    emulator.master.row('bookableresource', id(2))?.version,
  ]
  expect((await link(ask, emulator.root)).status).toBe(204)
  const again = await link(ask, emulator.root)
  expect([again.status, again.json.error.code, again.json.error.message]).toEqual([
    412,
    '0x80040237',
    'Cannot insert duplicate key.',
  ])
  const other = await ask('POST', `bookableresources(${id(2)})/${NN}/$ref`, {
    body: { '@odata.id': `new_skills(${id(1)})` },
  })
  expect(other.status).toBe(412)
  expect([
    emulator.master.row('new_skill', id(1))?.version,
    emulator.master.row('bookableresource', id(2))?.version,
  ]).toEqual(before)
})

test('the intersect table is readable with ids and versions of its own, and not written directly', async () => {
  const { ask, emulator } = bench()
  await withEnds(ask)
  await link(ask, emulator.root)
  const set = 'new_skill_bookableresourceset'
  const filter = `new_skillid eq ${id(1)} and bookableresourceid eq ${id(2)}`
  const { json } = await ask('GET', `${set}?$filter=${encodeURIComponent(filter)}`)
  expect(json.value).toHaveLength(1)
  expect(json.value[0]).toMatchObject({ new_skillid: id(1), bookableresourceid: id(2) })
  expect(json.value[0]['@odata.etag']).toBe(`W/"${json.value[0].versionnumber}"`)
  const own = json.value[0].new_skill_bookableresourceid
  expect((await ask('POST', set, { body: { new_skillid: id(1) } })).json.error.code).toBe('0x80040800')
  expect((await ask('DELETE', `${set}(${own})`)).json.error.code).toBe('0x80040800')
})

test('an N:N link is removed by key, by $id, and an absent one is 404', async () => {
  const { ask, emulator } = bench()
  await withEnds(ask)
  const at = `new_skills(${id(1)})/${NN}`
  for (const path of [
    `${at}(${id(2)})/$ref`,
    `${at}/$ref?$id=${emulator.root}api/data/v9.2/bookableresources(${id(2)})`,
  ]) {
    await link(ask, emulator.root)
    expect((await ask('DELETE', path)).status).toBe(204)
    expect((await ask('DELETE', path)).status).toBe(404)
  }
  expect((await ask('DELETE', `${at}/$ref`)).status).toBe(400)
  emulator.knobs.absentLinkStatus = 204
  expect((await ask('DELETE', `${at}(${id(2)})/$ref`)).status).toBe(204)
})

test('adding to a 1:N collection sets the lookup of the other row and raises only its version', async () => {
  const { ask, emulator } = bench()
  await made(ask, 'accounts', { accountid: id(1), name: 'a' })
  await made(ask, 'contacts', { contactid: id(2), lastname: 'b' })
  const account = emulator.master.row('account', id(1))?.version
  const contact = emulator.master.row('contact', id(2))?.version ?? 0n
  const at = `accounts(${id(1)})/contact_customer_accounts`
  for (const repeat of [1, 2]) {
    const answer = await ask('POST', `${at}/$ref`, { body: { '@odata.id': `contacts(${id(2)})` } })
    expect([repeat, answer.status]).toEqual([repeat, 204])
  }
  expect(emulator.master.row('account', id(1))?.version).toBe(account)
  expect(emulator.master.row('contact', id(2))?.version).toBeGreaterThan(contact)
  expect((await ask('GET', `contacts(${id(2)})`)).json._parentcustomerid_value).toBe(id(1))
  const members = await ask('GET', `${at}/$ref`)
  expect(members.json.value).toEqual([{ '@odata.id': `${emulator.root}api/data/v9.2/contacts(${id(2)})` }])
  expect((await ask('DELETE', `${at}(${id(2)})/$ref`)).status).toBe(204)
  expect((await ask('GET', `contacts(${id(2)})`)).json._parentcustomerid_value).toBeNull()
})

test('a single-valued reference is put and deleted', async () => {
  const { ask, emulator } = bench()
  const [contact] = emulator.master.rows('contact')
  await made(ask, 'accounts', { accountid: id(1), name: 'a' })
  const path = `accounts(${id(1)})/primarycontactid/$ref`
  expect((await ask('PUT', path, { body: { '@odata.id': `contacts(${contact?.id})` } })).status).toBe(204)
  expect((await ask('GET', path)).json['@odata.id']).toBe(`${emulator.root}api/data/v9.2/contacts(${contact?.id})`)
  expect((await ask('PUT', path, { body: { '@odata.id': `accounts(${id(1)})` } })).status).toBe(400)
  expect((await ask('DELETE', path)).status).toBe(204)
  expect((await ask('GET', path)).status).toBe(204)
})

test('references to missing rows, unknown navigation properties and the wrong table are refused', async () => {
  const { ask } = bench()
  await withEnds(ask)
  const post = (path: string, target: string): Promise<Answer> => ask('POST', path, { body: { '@odata.id': target } })
  expect((await post(`new_skills(${id(1)})/${NN}/$ref`, `bookableresources(${id(9)})`)).status).toBe(404)
  expect((await post(`new_skills(${id(9)})/${NN}/$ref`, `bookableresources(${id(2)})`)).status).toBe(404)
  expect((await post(`new_skills(${id(1)})/${NN.toLowerCase()}/$ref`, `bookableresources(${id(2)})`)).status).toBe(404)
  expect((await post(`new_skills(${id(1)})/${NN}/$ref`, `new_skills(${id(1)})`)).status).toBe(400)
})

test('deleting a row cascades, clears or is refused as each relationship says, with new versions where rows change', async () => {
  const { ask, emulator } = bench()
  const { master } = emulator
  await made(ask, 'accounts', { accountid: id(1), name: 'a' })
  await made(ask, 'contacts', {
    contactid: id(2),
    lastname: 'c',
    'parentcustomerid_account@odata.bind': `accounts(${id(1)})`,
  })
  await made(ask, 'tasks', {
    activityid: id(3),
    subject: 't',
    'regardingobjectid_contact_task@odata.bind': `contacts(${id(2)})`,
  })
  await made(ask, 'accounts', { accountid: id(4), name: 'child', 'parentaccountid@odata.bind': `accounts(${id(1)})` })
  const child = master.row('account', id(4))?.version ?? 0n
  expect((await ask('DELETE', `accounts(${id(1)})`)).status).toBe(204)
  expect([master.row('contact', id(2)), master.row('task', id(3)), master.row('activitypointer', id(3))]).toEqual([
    undefined,
    undefined,
    undefined,
  ])
  expect(master.row('account', id(4))?.values['parentaccountid']).toBeNull()
  expect(master.row('account', id(4))?.version).toBeGreaterThan(child)
})

test('a restricted delete is 405 and changes nothing, however deep the restriction lies', async () => {
  const { ask, emulator } = bench()
  await made(ask, 'accounts', { accountid: id(1), name: 'a' })
  await made(ask, 'contacts', {
    contactid: id(2),
    lastname: 'c',
    'parentcustomerid_account@odata.bind': `accounts(${id(1)})`,
  })
  await made(ask, 'msdyn_workorders', {
    msdyn_workorderid: id(3),
    'msdyn_serviceaccount@odata.bind': `accounts(${id(1)})`,
  })
  const contact = emulator.master.row('contact', id(2))
  const refused = await ask('DELETE', `accounts(${id(1)})`)
  expect([refused.status, refused.json.error.code]).toEqual([405, '0x80040227'])
  expect(emulator.master.row('contact', id(2))).toEqual(contact)
  await ask('DELETE', `msdyn_workorders(${id(3)})`)
  expect((await ask('DELETE', `accounts(${id(1)})`)).status).toBe(204)
})

test('links of a deleted row go with it', async () => {
  const { ask, emulator } = bench()
  await withEnds(ask)
  await link(ask, emulator.root)
  const before = emulator.master.count('new_skill_bookableresource')
  await ask('DELETE', `bookableresources(${id(2)})`)
  expect(emulator.master.count('new_skill_bookableresource')).toBe(before - 1)
})

test('a new owner cascades to the rows below, each with a new version', async () => {
  const { ask, emulator } = bench()
  const other = emulator.users[1]
  await made(ask, 'accounts', { accountid: id(1), name: 'a' })
  await made(ask, 'contacts', {
    contactid: id(2),
    lastname: 'c',
    'parentcustomerid_account@odata.bind': `accounts(${id(1)})`,
  })
  const before = emulator.master.row('contact', id(2))?.version ?? 0n
  await ask('PATCH', `accounts(${id(1)})`, { body: { 'ownerid@odata.bind': `/systemusers(${other?.id})` } })
  expect(emulator.master.row('contact', id(2))?.values).toMatchObject({ ownerid: other?.id, owninguser: other?.id })
  expect(emulator.master.row('contact', id(2))?.version).toBeGreaterThan(before)
})

test('a reference has one place to name its row', async () => {
  const { ask } = bench()
  await withEnds(ask)
  const link = `new_skills(${id(1)})/${NN}/$ref`
  const body = { '@odata.id': `bookableresources(${id(2)})` }
  expect((await ask('POST', link, { body: { ...body, name: 'x' } })).status).toBe(400)
  expect((await ask('POST', link, { body })).status).toBe(204)
  const twice = `new_skills(${id(1)})/${NN}(${id(2)})/$ref?$id=bookableresources(${id(2)})`
  expect((await ask('DELETE', twice)).status).toBe(501)
})
