import { expect, test } from 'vitest'
import { ADMIN, bench, id, made, TECHNICIAN } from './ask.test-support.ts'
import type { Answer, Ask } from './ask.test-support.ts'
import { lookup, text } from './schema.ts'

const SUSIE = {
  name: 'Fourth Coffee',
  primarycontactid: {
    firstname: 'Susie',
    lastname: 'Curtis',
    jobtitle: 'Coffee Master',
    annualincome: 48000,
    Contact_Tasks: [
      {
        subject: 'Sign invoice',
        description: 'Invoice #12321',
        scheduledstart: '2023-04-19T03:00:00+07:00',
        scheduledend: '2023-04-19T04:00:00+07:00',
        scheduleddurationminutes: 60,
      },
      { subject: 'Setup new display', scheduledstart: '2023-04-20T03:00:00+07:00' },
      { subject: 'Conduct training' },
    ],
  },
}

async function rowOf(ask: Ask, path: string): Promise<Record<string, unknown>> {
  return (await ask('GET', path)).json as Record<string, unknown>
}

function counts(emulator: ReturnType<typeof bench>['emulator']): readonly number[] {
  return ['account', 'contact', 'opportunity', 'task', 'activitypointer'].map((name) => emulator.master.count(name))
}

test('a row is created with the row its lookup leads to and the rows of its collections, at any depth', async () => {
  const { ask, emulator } = bench()
  const before = counts(emulator)
  const account = await made(ask, 'accounts', SUSIE)
  expect(counts(emulator).map((count, at) => count - (before[at] ?? 0))).toEqual([1, 1, 0, 3, 3])
  const contact = String((await rowOf(ask, `accounts(${account})`))['_primarycontactid_value'])
  expect(await rowOf(ask, `contacts(${contact})`)).toMatchObject({ fullname: 'Susie Curtis', annualincome: 48000 })
  const tasks = (await ask('GET', `contacts(${contact})/Contact_Tasks?$select=subject,scheduledstart&$orderby=subject`))
    .json
  expect(tasks.value.map((one: { subject: string }) => one.subject)).toEqual([
    'Conduct training',
    'Setup new display',
    'Sign invoice',
  ])
  expect(tasks.value[2].scheduledstart).toBe('2023-04-18T20:00:00Z')
})

test('a deep insert answers as a plain one: the URL of the outer row, nothing of the others', async () => {
  const { ask } = bench()
  const plain = await ask('POST', 'accounts', { body: SUSIE })
  expect([plain.status, plain.text]).toEqual([204, ''])
  expect(plain.headers.get('OData-EntityId')).toMatch(/\/accounts\([\da-f-]{36}\)$/)
  const prefer = { Prefer: 'return=representation' }
  const shown = await ask('POST', 'accounts?$select=name', { body: SUSIE, headers: prefer })
  expect([shown.status, Object.keys(shown.json).filter((name) => !name.startsWith('@'))]).toEqual([
    201,
    ['name', 'accountid'],
  ])
})

test('the opportunity of a new account and the task of that opportunity lead to what they stand in', async () => {
  const { ask } = bench()
  const account = await made(ask, 'accounts', {
    name: 'Sample Account',
    primarycontactid: { firstname: 'John', lastname: 'Smith' },
    opportunity_customer_accounts: [
      {
        name: 'Opportunity associated to Sample Account',
        Opportunity_Tasks: [{ subject: 'Task associated to opportunity' }],
      },
    ],
  })
  const [opportunity] = (await ask('GET', `accounts(${account})/opportunity_customer_accounts`)).json.value
  expect(opportunity).toMatchObject({ _customerid_value: account })
  const [task] = (await ask('GET', `opportunities(${opportunity.opportunityid})/Opportunity_Tasks`)).json.value
  expect(task).toMatchObject({
    subject: 'Task associated to opportunity',
    _regardingobjectid_value: opportunity.opportunityid,
  })
})

test('a deep insert is all or nothing: what is wrong at the bottom takes the top back', async () => {
  const { ask, emulator } = bench()
  const before = counts(emulator)
  const wrong: readonly (readonly [Record<string, unknown>, number, string])[] = [
    [{ primarycontactid: { lastname: 'x', Contact_Tasks: [{ subject: 'y'.repeat(201) }] } }, 400, '0x80044331'],
    [{ primarycontactid: { lastname: 'x', Contact_Tasks: [{ nosuch: 1 }] } }, 400, '0x80048d19'],
    [{ Account_Tasks: [{ subject: 'y' }, { subject: 'y', prioritycode: 99 }] }, 400, '0x8004431a'],
    [
      { primarycontactid: { lastname: 'x', 'transactioncurrencyid@odata.bind': `/transactioncurrencies(${id(9)})` } },
      404,
      '0x80040217',
    ],
    [{ Account_Tasks: [{ 'regardingobjectid_contact_task@odata.bind': `/contacts(${id(9)})` }] }, 400, '0x80040203'],
    [{ 'Account_Tasks@odata.bind': [`/tasks(${id(9)})`] }, 404, '0x80040217'],
    [{ Account_Tasks: {} }, 400, '0x80048d19'],
    [{ Account_Tasks: ['x'] }, 400, '0x80048d19'],
    [{ primarycontactid: 'x' }, 400, '0x80048d19'],
    [{ primarycontactid: { lastname: 'x', '@odata.type': 'Microsoft.Dynamics.CRM.task' } }, 400, '0x80048d19'],
  ]
  for (const [body, status, code] of wrong) {
    const { status: answered, json } = await ask('POST', 'accounts', { body: { name: 'a', ...body } })
    expect([answered, json.error.code]).toEqual([status, code])
  }
  expect(counts(emulator)).toEqual(before)
})

test('nested rows may bind existing ones, have ids of their own, and name their type', async () => {
  const { ask, emulator } = bench()
  const [team] = emulator.master.rows('team')
  await made(ask, 'accounts', {
    accountid: id(1),
    name: 'a',
    contact_customer_accounts: [
      {
        '@odata.type': '#Microsoft.Dynamics.CRM.contact',
        contactid: id(2),
        lastname: 'c',
        'ownerid@odata.bind': `/teams(${team?.id})`,
      },
    ],
  })
  expect(await rowOf(ask, `contacts(${id(2)})`)).toMatchObject({
    _parentcustomerid_value: id(1),
    _ownerid_value: team?.id,
  })
})

test('the owner of a new row may be created with it only where its type is named', async () => {
  const { ask } = bench()
  const body = (type?: string): Record<string, unknown> => ({
    name: 'a',
    ownerid: { ...(type === undefined ? {} : { '@odata.type': `Microsoft.Dynamics.CRM.${type}` }), name: 'T' },
  })
  expect((await ask('POST', 'accounts', { body: body() })).json.error.code).toBe('0x80048d19')
  expect((await ask('POST', 'accounts', { body: body('contact') })).json.error.code).toBe('0x80048d19')
  // A team needs a business unit, so this one gets as far as the rules of teams.
  expect((await ask('POST', 'accounts', { body: body('team') })).json.error.code).toBe('0x80040200')
})

test('existing rows are put into the collections of a new row, with new versions of their own', async () => {
  const { ask, emulator } = bench()
  await made(ask, 'tasks', { activityid: id(1), subject: 'one' })
  await made(ask, 'tasks', { activityid: id(2), subject: 'two' })
  const version = emulator.master.row('task', id(1))?.version ?? 0n
  const account = await made(ask, 'accounts', {
    name: 'a',
    'Account_Tasks@odata.bind': [`/tasks(${id(1)})`, `${emulator.root}api/data/v9.2/tasks(${id(2)})`],
  })
  for (const task of [id(1), id(2)]) {
    expect((await rowOf(ask, `tasks(${task})`))['_regardingobjectid_value']).toBe(account)
  }
  expect(emulator.master.row('task', id(1))?.version).toBeGreaterThan(version)
})

test('rows nested in an N:N collection are created and linked, and existing ones are linked', async () => {
  const { ask, emulator } = bench()
  const links = emulator.schema.table('new_skill_bookableresource')?.entitySetName
  const [resource] = emulator.master.rows('bookableresource')
  const [relationship] = emulator.schema.relationshipsOf('new_skill').manyToMany
  const navigation = relationship?.table1 === 'new_skill' ? relationship.navigation1 : relationship?.navigation2
  const count = (await ask('GET', `${links}/$count`)).text
  const skill = await made(ask, 'new_skills', {
    new_name: 's',
    [`${navigation}@odata.bind`]: [`/bookableresources(${resource?.id})`],
    [String(navigation)]: [{ name: 'new resource', resourcetype: 1 }],
  })
  const members = (await ask('GET', `new_skills(${skill})/${navigation}?$select=name`)).json.value
  expect(members.map((one: { name: string }) => one.name)).toContain('new resource')
  expect([members.length, Number((await ask('GET', `${links}/$count`)).text) - Number(count)]).toEqual([2, 2])
})

test('neither nested rows nor collection binds come with an update', async () => {
  const { ask } = bench()
  const account = await made(ask, 'accounts', { name: 'a' })
  for (const body of [
    { primarycontactid: { lastname: 'x' } },
    { Account_Tasks: [{ subject: 'x' }] },
    { 'Account_Tasks@odata.bind': [] },
  ]) {
    const { status, json } = await ask('PATCH', `accounts(${account})`, { body: { name: 'b', ...body } })
    expect([status, json.error.code]).toEqual([400, '0x80048d19'])
  }
  expect((await rowOf(ask, `accounts(${account})`))['name']).toBe('a')
})

test('each nested row needs the privileges of a create of its own', async () => {
  const { ask, emulator } = bench()
  emulator.users.find(({ name }) => name === TECHNICIAN)?.setDepth('contact', 'create', 'none')
  const count = emulator.master.count('account')
  const ofUser = (as: string): Promise<Answer> =>
    ask('POST', 'accounts', { as, body: { name: 'a', primarycontactid: { lastname: 'x' } } })
  expect((await ofUser(TECHNICIAN)).json.error.code).toBe('0x80040220')
  expect(emulator.master.count('account')).toBe(count)
  expect((await ofUser(ADMIN)).status).toBe(204)
})

test('a row is created in a collection of another one', async () => {
  const { ask } = bench()
  const account = await made(ask, 'accounts', { name: 'a' })
  const answer = await ask('POST', `accounts(${account})/contact_customer_accounts`, { body: { lastname: 'c' } })
  expect([answer.status, answer.headers.get('OData-EntityId')?.includes('/contacts(')]).toEqual([204, true])
  const [contact] = (await ask('GET', `accounts(${account})/contact_customer_accounts`)).json.value
  expect(contact).toMatchObject({ lastname: 'c', _parentcustomerid_value: account })
  expect((await ask('PUT', `accounts(${account})/contact_customer_accounts`, { body: { value: [] } })).status).toBe(405)
})

test('a custom lookup to several tables is bound through one navigation property for each', async () => {
  const { ask, emulator } = bench()
  emulator.schema.addTable({
    schemaName: 'new_Checkout',
    objectTypeCode: 10_900,
    displayName: 'Checkout',
    primaryName: 'new_name',
    columns: [
      text('new_Name'),
      lookup('new_CheckedoutItem', [
        { table: 'new_equipment', relationship: 'new_checkout_poly_new_equipment' },
        { table: 'account', relationship: 'new_checkout_poly_account' },
      ]),
    ],
  })
  const [account] = emulator.master.rows('account')
  const checkout = await made(ask, 'new_checkouts', {
    new_name: 'c1',
    'new_CheckedoutItem_account@odata.bind': `/accounts(${account?.id})`,
  })
  expect((await rowOf(ask, `new_checkouts(${checkout})`))['_new_checkedoutitem_value']).toBe(account?.id)
  const other = await ask('POST', 'new_checkouts', {
    body: { 'new_CheckedoutItem_new_equipment@odata.bind': `/accounts(${account?.id})` },
  })
  expect(other.json.error.code).toBe('0x80048d19')
})

test('a key that is null counts as not given', async () => {
  const { ask } = bench()
  expect(await made(ask, 'accounts', { accountid: null, name: 'a' })).toMatch(/^[\da-f-]{36}$/)
})
