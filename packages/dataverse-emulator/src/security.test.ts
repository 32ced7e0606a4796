import { expect, test } from 'vitest'
import { ADMIN, bench, id, made, TECHNICIAN } from './ask.test-support.ts'

test('a list silently leaves out what the user may not read, a single read is 403', async () => {
  const { ask, emulator } = bench()
  const technician = emulator.users.find((user) => user.name === TECHNICIAN)
  const all = emulator.master.rows('account')
  const hidden = all.filter(
    (row) =>
      row.values['owningbusinessunit'] !== technician?.businessUnitId && row.values['ownerid'] !== technician?.id,
  )
  expect(hidden.length).toBeGreaterThan(0)
  const list = await ask('GET', 'accounts?$select=name&$count=true', { as: TECHNICIAN })
  const seen: string[] = list.json.value.map((row: { accountid: string }) => row.accountid)
  expect(seen.filter((one) => hidden.some((row) => row.id === one && row.values['ownerid@table'] !== 'team'))).toEqual(
    [],
  )
  expect(list.json['@odata.count']).toBe(seen.length)
  expect((await ask('GET', 'accounts/$count', { as: TECHNICIAN })).text).toBe(String(seen.length))
  const unseen = all.find((row) => !seen.includes(row.id))
  const single = await ask('GET', `accounts(${unseen?.id})`, { as: TECHNICIAN })
  expect([single.status, single.json.error.code]).toEqual([403, '0x80048306'])
})

test('depth user reaches the own rows and those of the own teams', async () => {
  const { ask, emulator } = bench()
  const technician = emulator.users.find((user) => user.name === TECHNICIAN)
  technician?.setDepth('account', 'read', 'user')
  const own = emulator.master.create('account', {
    name: 'mine',
    ownerid: { table: 'systemuser', id: technician?.id ?? '' },
  })
  const team = emulator.master.create('account', {
    name: 'team’s',
    ownerid: { table: 'team', id: technician?.teamIds[0] ?? '' },
  })
  const { json } = await ask('GET', 'accounts?$select=name,_ownerid_value', { as: TECHNICIAN })
  const seen: { accountid: string; _ownerid_value: string }[] = json.value
  expect(seen.map((row) => row.accountid)).toEqual(expect.arrayContaining([own, team]))
  const owners = new Set([technician?.id, ...(technician?.teamIds ?? [])])
  expect(seen.filter((row) => !owners.has(row._ownerid_value))).toEqual([])
})

test('a change of privileges or of the owner takes rows away without any event', async () => {
  const { ask, emulator } = bench()
  const technician = emulator.users.find((user) => user.name === TECHNICIAN)
  const row = emulator.master.create('account', {
    name: 'x',
    ownerid: { table: 'systemuser', id: technician?.id ?? '' },
  })
  const filter = `accounts?$select=name&$filter=accountid eq ${row}`
  const before = emulator.master.row('account', row)?.version
  expect((await ask('GET', filter, { as: TECHNICIAN })).json.value).toHaveLength(1)
  technician?.setDepth('account', 'read', 'none')
  const denied = await ask('GET', filter, { as: TECHNICIAN })
  expect([denied.status, denied.json.error.code]).toEqual([403, '0x80040220'])
  expect(emulator.master.row('account', row)?.version).toBe(before)
})

test('writing, deleting and assigning what is somebody else’s is 403, and nothing changes', async () => {
  const { ask, emulator } = bench()
  const technician = emulator.users.find((user) => user.name === TECHNICIAN)
  await made(ask, 'incidents', {
    incidentid: id(1),
    title: 'a',
    'customerid_account@odata.bind': `/accounts(${emulator.master.rows('account')[0]?.id})`,
  })
  const before = emulator.master.row('incident', id(1))
  const path = `incidents(${id(1)})`
  const answers = [
    await ask('PATCH', path, { as: TECHNICIAN, body: { title: 'b' } }),
    await ask('DELETE', path, { as: TECHNICIAN }),
    await ask('PATCH', path, { as: TECHNICIAN, body: { 'ownerid@odata.bind': `/systemusers(${technician?.id})` } }),
  ]
  expect(answers.map(({ status, json }) => [status, json.error.code])).toEqual([
    [403, '0x80048306'],
    [403, '0x80048306'],
    [403, '0x80048306'],
  ])
  expect(emulator.master.row('incident', id(1))).toEqual(before)
})

test('creating without the privilege is 403', async () => {
  const { ask } = bench()
  const denied = await ask('POST', 'new_skills', { as: TECHNICIAN, body: { new_name: 'x' } })
  expect([denied.status, denied.json.error.code]).toEqual([403, '0x80040220'])
})

test('WhoAmI tells who the token belongs to', async () => {
  const { ask, emulator } = bench()
  for (const name of [ADMIN, TECHNICIAN]) {
    const user = emulator.users.find((one) => one.name === name)
    expect((await ask('GET', 'WhoAmI', { as: name })).json).toMatchObject({
      UserId: user?.id,
      BusinessUnitId: user?.businessUnitId,
    })
  }
})

test('what a hidden row leads to is hidden with it, and references to hidden rows are left out', async () => {
  const { ask, emulator } = bench()
  const technician = emulator.users.find((user) => user.name === TECHNICIAN)
  const owner = { table: 'systemuser', id: technician?.id ?? '' }
  const other = { table: 'systemuser', id: emulator.users.find((user) => user.name === ADMIN)?.id ?? '' }
  technician?.setDepth('account', 'read', 'user')
  technician?.setDepth('contact', 'read', 'user')
  const mine = emulator.master.create('contact', { lastname: 'mine', ownerid: owner })
  const account = emulator.master.create('account', { name: 'hidden', ownerid: other, primarycontactid: mine })
  for (const path of ['primarycontactid', 'primarycontactid/$ref', 'contact_customer_accounts/$ref']) {
    expect((await ask('GET', `accounts(${account})/${path}`, { as: TECHNICIAN })).status).toBe(403)
  }
  const open = emulator.master.create('account', { name: 'open', ownerid: owner })
  const parent = { table: 'account', id: open }
  emulator.master.create('contact', { lastname: 'theirs', ownerid: other, parentcustomerid: parent })
  emulator.master.update('contact', mine, { parentcustomerid: parent })
  const list = await ask('GET', `accounts(${open})/contact_customer_accounts/$ref`, { as: TECHNICIAN })
  expect(list.json.value).toEqual([{ '@odata.id': `${emulator.root}api/data/v9.2/contacts(${mine})` }])
})
