import { expect, test } from 'vitest'
import { bench, id } from './ask.test-support.ts'

test('the server’s own hand obeys the rules of the table', () => {
  const { emulator } = bench()
  const { master } = emulator
  expect(() => master.create('account', { name: 'x'.repeat(200) })).toThrow('exceeded the maximum allowed length')
  expect(() => master.create('account', { nosuch: 1 })).toThrow('account has no column nosuch')
  expect(() => master.update('account', id(1), {})).toThrow(`no account ${id(1)}`)
  expect(() => master.create('nosuch', {})).toThrow('no table nosuch')
  expect(() => master.create('incident', { customerid: id(1) })).toThrow('customerid has several targets')
})

test('creates, updates, assigns, associates and removes as a given user', () => {
  const { emulator } = bench()
  const { master, users } = emulator
  const other = users[1]
  const account = master.create('account', { name: 'a' }, { id: id(1), as: other?.name ?? '' })
  expect(account).toBe(id(1))
  expect(master.row('account', id(1))?.values).toMatchObject({ createdby: other?.id, ownerid: other?.id })
  const contact = master.create('contact', { lastname: 'c', parentcustomerid: { table: 'account', id: account } })
  expect(master.row('contact', contact)?.values).toMatchObject({
    parentcustomerid: account,
    'parentcustomerid@table': 'account',
  })
  master.update('account', account, { primarycontactid: contact, name: 'b' })
  master.assign('account', account, { table: 'systemuser', id: users[0]?.id ?? '' })
  expect(master.row('account', account)?.values).toMatchObject({
    primarycontactid: contact,
    name: 'b',
    ownerid: users[0]?.id,
  })
  const before = master.row('account', account)
  master.touch('account', account)
  const after = master.row('account', account)
  expect([after?.values, (after?.version ?? 0n) > (before?.version ?? 0n)]).toEqual([before?.values, true])
  master.remove('account', account)
  expect([master.row('account', account), master.row('contact', contact)]).toEqual([undefined, undefined])
})

test('N:N links are made and removed from either end', () => {
  const { emulator } = bench()
  const { master } = emulator
  const skill = master.create('new_skill', { new_name: 's' })
  const resource = master.create('bookableresource', { name: 'r', resourcetype: 1 })
  const before = master.count('new_skill_bookableresource')
  const end = { table: 'bookableresource', id: resource }
  master.associate('new_skill', skill, 'new_Skill_BookableResource', end)
  expect(master.count('new_skill_bookableresource')).toBe(before + 1)
  master.disassociate('bookableresource', resource, 'new_Skill_BookableResource', { table: 'new_skill', id: skill })
  expect(master.count('new_skill_bookableresource')).toBe(before)
  expect(() => master.associate('new_skill', skill, 'nosuch', end)).toThrow('new_skill has no collection nosuch')
})

test('an unknown user is an error that names those there are', () => {
  const { emulator } = bench()
  expect(() => emulator.tokenFor('Nobody')).toThrow('Sunniva Admin')
  expect(() => emulator.master.create('account', {}, { as: 'Nobody' })).toThrow('no user Nobody')
})

test('a column that is added while the organisation runs is read, written and filtered at once', async () => {
  const { ask, emulator } = bench()
  const { text } = await import('./schema.ts')
  emulator.master.create('account', { name: 'old' }, { id: id(1) })
  emulator.schema.addColumn('account', text('new_Extra', { maxLength: 5 }))
  expect((await ask('GET', `accounts(${id(1)})?$select=new_extra`)).json.new_extra).toBeNull()
  expect((await ask('PATCH', `accounts(${id(1)})`, { body: { new_extra: 'abcdef' } })).json.error.code).toBe(
    '0x80044331',
  )
  expect((await ask('PATCH', `accounts(${id(1)})`, { body: { new_extra: 'abc' } })).status).toBe(204)
  expect((await ask('GET', "accounts?$select=name&$filter=new_extra eq 'ABC'")).json.value).toHaveLength(1)
  emulator.schema.removeColumn('account', 'new_extra')
  expect((await ask('GET', `accounts(${id(1)})?$select=new_extra`)).json.error.code).toBe('0x80060888')
})
