import { expect, test } from 'vitest'
import { bench, id, made } from './ask.test-support.ts'
import type { Answer } from './ask.test-support.ts'
import { bigInt, dateTime, decimal, stateAndStatus, text, uniqueidentifier, yesNo } from './schema.ts'

const refusal = ({ status, json }: Answer): readonly unknown[] => [status, json?.error.code]

test('§16.31: ids may be the client’s, and their letters are the same in either case', async () => {
  const { ask, emulator } = bench()
  const upper = id(0xabc).toUpperCase()
  expect((await ask('PATCH', `accounts(${upper})`, { body: { name: 'a' } })).status).toBe(204)
  expect((await ask('GET', `accounts(${id(0xabc)})`)).json.accountid).toBe(id(0xabc))
  expect(refusal(await ask('POST', 'accounts', { body: { accountid: upper, name: 'b' } }))).toEqual([412, '0x80040237'])
  expect((await ask('POST', 'accounts', { body: { accountid: `{${id(0xabd)}}`, name: 'b' } })).status).toBe(204)
  expect(emulator.master.row('account', id(0xabd))).toBeDefined()
})

test('§16.24: a closed case or opportunity is reopened before it is closed in another way', async () => {
  const { ask, emulator } = bench()
  const [incident] = emulator.master.rows('incident').filter((one) => one.values['statecode'] === 1)
  const path = `incidents(${incident?.id})`
  expect(refusal(await ask('PATCH', path, { body: { statecode: 2 } }))).toEqual([400, '0x80040233'])
  expect((await ask('PATCH', path, { body: { statecode: 0 } })).status).toBe(204)
  expect((await ask('GET', path)).json).toMatchObject({ statecode: 0, statuscode: 1 })
  expect((await ask('PATCH', path, { body: { statecode: 2, statuscode: 6 } })).status).toBe(204)
})

test('§16.24: a status follows another only where the table’s transitions allow it', async () => {
  const { ask, emulator } = bench()
  emulator.schema.changeColumn('task', 'statuscode', (column) =>
    column.type === 'Status'
      ? { ...column, options: column.options.map((one) => (one.value === 2 ? { ...one, transitions: [3] } : one)) }
      : column,
  )
  const task = await made(ask, 'tasks', { subject: 'a' })
  expect(refusal(await ask('PATCH', `tasks(${task})`, { body: { statecode: 1 } }))).toEqual([400, '0x80048408'])
  expect((await ask('PATCH', `tasks(${task})`, { body: { statuscode: 3 } })).status).toBe(204)
  expect((await ask('PATCH', `tasks(${task})`, { body: { statecode: 1 } })).status).toBe(204)
})

test('what a version in If-Match means for a missing row is a knob', async () => {
  const headers = { 'If-Match': 'W/"1"' }
  for (const status of [404, 412] as const) {
    const { ask } = bench({ knobs: { missingRowWithEtagStatus: status } })
    expect((await ask('PATCH', `accounts(${id(1)})`, { headers, body: { name: 'a' } })).status).toBe(status)
    expect((await ask('GET', `accounts(${id(1)})`)).status).toBe(404)
  }
})

test('a service may leave rows alone that an update does not change', async () => {
  const { ask, clock } = bench({ knobs: { unchangedUpdateRaisesVersion: false } })
  const path = `accounts(${await made(ask, 'accounts', { name: 'a', revenue: 5 })})`
  const before = await ask('GET', path)
  clock.advance(60_000)
  await ask('PATCH', path, { body: { name: 'a', revenue: 5 } })
  expect((await ask('GET', path)).json).toEqual(before.json)
  await ask('PATCH', path, { body: { revenue: 6 } })
  expect((await ask('GET', path)).json['@odata.etag']).not.toBe(before.json['@odata.etag'])
})

test('text stands for whole numbers, floating numbers, yes and no, but not for decimals and 64-bit numbers', async () => {
  const { ask, emulator } = bench()
  emulator.schema.addColumn('account', decimal('new_Share'))
  emulator.schema.addColumn('account', bigInt('new_Ticks'))
  const account = await made(ask, 'accounts', {
    name: 'a',
    numberofemployees: '200',
    accountcategorycode: '1',
    address1_latitude: '47.5',
    creditonhold: 'True',
  })
  expect((await ask('GET', `accounts(${account})`)).json).toMatchObject({
    numberofemployees: 200,
    accountcategorycode: 1,
    address1_latitude: 47.5,
    creditonhold: true,
  })
  for (const [name, type] of [
    ['revenue', 'Edm.Decimal'],
    ['new_share', 'Edm.Decimal'],
    ['new_ticks', 'Edm.Int64'],
  ] as const) {
    const answer = await ask('POST', 'accounts', { body: { name: 'a', [name]: '5' } })
    expect(refusal(answer)).toEqual([400, '0x80048d19'])
    expect(answer.json.error.message).toContain(`Cannot convert a value to target type '${type}' because of conflict`)
  }
  for (const body of [{ name: 5 }, { creditonhold: 'yes' }, { creditonhold: 0 }, { address1_latitude: '' }]) {
    expect(refusal(await ask('POST', 'accounts', { body }))).toEqual([400, '0x80048d19'])
  }
})

test('numbers and text need the media type that swaps them, which is not implemented', async () => {
  const { ask } = bench()
  const headers = { 'Content-Type': 'application/json;IEEE754Compatible=true' }
  expect((await ask('POST', 'accounts', { headers, body: { name: 'a', revenue: '5' } })).status).toBe(501)
})

test('dates before 1753 are refused with a code of their own', async () => {
  const { ask } = bench()
  for (const [set, body, actual] of [
    ['contacts', { birthdate: '1752-12-31' }, '12/31/1752 00:00:00'],
    ['tasks', { scheduledstart: '0001-01-01T00:00:00Z' }, '01/01/0001 00:00:00'],
  ] as const) {
    const answer = await ask('POST', set, { body })
    expect(refusal(answer)).toEqual([400, '0x80040239'])
    expect(answer.json.error.message).toBe(
      `DateTime is less than minumum value supported by CrmDateTime. Actual value: ${actual}, Minimum value supported: 01/01/1753 00:00:00`,
    )
  }
  await made(ask, 'contacts', { lastname: 'a', birthdate: '1753-01-01' })
})

test('§16.30: a time that is independent of zones keeps its clock reading, a date stays a date', async () => {
  const { ask, emulator } = bench()
  emulator.schema.addColumn('account', dateTime('new_CheckIn', { behavior: 'TimeZoneIndependent' }))
  emulator.schema.addColumn('account', dateTime('new_Founded', { behavior: 'DateOnly' }))
  for (const given of ['2025-01-02T15:00:00Z', '2025-01-02T15:00:00']) {
    const account = await made(ask, 'accounts', { name: 'a', new_checkin: given, new_founded: '2025-01-02' })
    expect((await ask('GET', `accounts(${account})`)).json).toMatchObject({
      new_checkin: '2025-01-02T15:00:00Z',
      new_founded: '2025-01-02',
    })
  }
  expect(refusal(await ask('POST', 'accounts', { body: { new_founded: '2025-01-02T00:00:00Z' } }))[1]).toBe(
    '0x80048d19',
  )
})

test('empty text is no value; only what the system needs must have one', async () => {
  const { ask } = bench()
  const account = await made(ask, 'accounts', { description: '' })
  expect((await ask('GET', `accounts(${account})`)).json).toMatchObject({ name: null, description: null })
  expect((await ask('PATCH', `accounts(${account})`, { body: { name: null } })).status).toBe(204)
  expect(refusal(await ask('POST', 'incidents', { body: { title: 'no customer' } }))).toEqual([400, '0x80040200'])
  expect(refusal(await ask('PATCH', `accounts(${account})`, { body: { ownerid: null } }))).toEqual([400, '0x80040200'])
})

test('a lookup of several targets is cleared or led elsewhere in one request, not both', async () => {
  const { ask } = bench()
  await made(ask, 'accounts', { accountid: id(1), name: 'a' })
  await made(ask, 'contacts', {
    contactid: id(2),
    lastname: 'b',
    'parentcustomerid_account@odata.bind': `/accounts(${id(1)})`,
  })
  await made(ask, 'contacts', { contactid: id(3), lastname: 'c' })
  const path = `contacts(${id(2)})`
  const toContact = { 'parentcustomerid_contact@odata.bind': `/contacts(${id(3)})` }
  const both = await ask('PATCH', path, { body: { 'parentcustomerid_account@odata.bind': null, ...toContact } })
  expect(both.status).toBe(400)
  expect((await ask('PATCH', path, { body: toContact })).status).toBe(204)
  expect((await ask('GET', path)).json._parentcustomerid_value).toBe(id(3))
  await ask('PATCH', path, { body: { parentcustomerid_account: null, parentcustomerid_contact: null } })
  expect((await ask('GET', path)).json._parentcustomerid_value).toBeNull()
})

test('an owner together with other columns is an assignment and an update', async () => {
  const { ask, emulator } = bench()
  const [team] = emulator.master.rows('team')
  const path = `accounts(${await made(ask, 'accounts', { name: 'a' })})`
  await ask('PATCH', path, { body: { name: 'b', 'ownerid@odata.bind': `/teams(${team?.id})` } })
  expect((await ask('GET', path)).json).toMatchObject({
    name: 'b',
    _ownerid_value: team?.id,
    _owningteam_value: team?.id,
    _owninguser_value: null,
    _owningbusinessunit_value: team?.values['businessunitid'],
  })
})

test('columns of every type are cleared by null', async () => {
  const { ask, emulator } = bench()
  emulator.schema.addColumn('account', uniqueidentifier('new_Token'))
  emulator.schema.addColumn('account', yesNo('new_Flag'))
  emulator.schema.addColumn('account', text('new_Code'))
  const values = { new_token: id(5), new_code: 'x', revenue: 5, numberofemployees: 5, accountcategorycode: 1 }
  const path = `accounts(${await made(ask, 'accounts', { name: 'a', ...values })})`
  expect((await ask('GET', path)).json).toMatchObject({ ...values, new_flag: false })
  const cleared = Object.fromEntries(Object.keys(values).map((name) => [name, null]))
  expect((await ask('PATCH', path, { body: cleared })).status).toBe(204)
  expect((await ask('GET', path)).json).toMatchObject({ ...cleared, revenue_base: null })
})

test('money keeps its currency; a row without money may lose it', async () => {
  const { ask } = bench()
  const path = `accounts(${await made(ask, 'accounts', { name: 'a', revenue: 5 })})`
  const none = { 'transactioncurrencyid@odata.bind': null }
  expect(refusal(await ask('PATCH', path, { body: none }))).toEqual([400, '0x80048cfb'])
  expect((await ask('PATCH', path, { body: { ...none, revenue: null } })).status).toBe(204)
  expect((await ask('GET', path)).json).toMatchObject({ _transactioncurrencyid_value: null, exchangerate: null })
})

test('rows of the same change set are bound by their content id, in lookups, lists and nested rows', async () => {
  const { ask, emulator } = bench()
  const part = (contentId: number, path: string, body: unknown): string =>
    `--c\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\nContent-ID: ${contentId}\r\n\r\nPOST /api/data/v9.2/${path} HTTP/1.1\r\nContent-Type: application/json\r\n\r\n${JSON.stringify(body)}\r\n`
  const changeSet = [
    part(1, 'contacts', { contactid: id(1), lastname: 'c' }),
    part(2, 'tasks', { activityid: id(2), subject: 't' }),
    part(3, 'accounts', {
      accountid: id(3),
      name: 'a',
      'primarycontactid@odata.bind': '$1',
      'Account_Tasks@odata.bind': ['$2'],
      account_parent_account: [{ accountid: id(4), name: 'b', 'primarycontactid@odata.bind': '$1' }],
    }),
    part(4, '$3/contact_customer_accounts/$ref', { '@odata.id': '$1' }),
  ].join('')
  const { status } = await ask('POST', '$batch', {
    headers: { 'Content-Type': 'multipart/mixed; boundary=b' },
    body: `--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n${changeSet}--c--\r\n--b--\r\n`,
  })
  expect(status).toBe(200)
  const values = (table: string, row: string): unknown => emulator.master.row(table, row)?.values
  expect(values('account', id(3))).toMatchObject({ primarycontactid: id(1) })
  expect(values('account', id(4))).toMatchObject({ primarycontactid: id(1), parentaccountid: id(3) })
  expect(values('task', id(2))).toMatchObject({ regardingobjectid: id(3) })
  expect(values('contact', id(1))).toMatchObject({ parentcustomerid: id(3) })
})

test('a single property is put by its own name, a lookup is not', async () => {
  const { ask } = bench()
  const path = `accounts(${await made(ask, 'accounts', { name: 'a' })})`
  const put = (name: string, body: unknown): Promise<Answer> => ask('PUT', `${path}/${name}`, { body })
  expect((await put('name', { value: 'b' })).status).toBe(204)
  expect(refusal(await put('name', { value: 5 }))).toEqual([400, '0x80048d19'])
  expect((await put('name', { name: 'b' })).status).toBe(400)
  expect((await put('_primarycontactid_value', { value: id(1) })).status).toBe(400)
  expect((await put('primarycontactid', { value: id(1) })).status).toBe(405)
  expect((await put('nosuch', { value: 1 })).status).toBe(404)
  expect((await ask('GET', `${path}/name`)).json.value).toBe('b')
})

test('quotes that are no drafts are read-only but for their state and owner', async () => {
  const { ask, emulator } = bench()
  emulator.schema.addTable({
    schemaName: 'Quote',
    objectTypeCode: 1084,
    displayName: 'Quote',
    columns: [
      text('Name'),
      ...stateAndStatus({
        0: { label: 'Draft', statuses: { 1: 'In Progress' } },
        1: { label: 'Active', statuses: { 2: 'In Progress' } },
      }),
    ],
  })
  const path = `quotes(${await made(ask, 'quotes', { name: 'a' })})`
  const patch = (body: Record<string, unknown>): Promise<Answer> => ask('PATCH', path, { body })
  expect((await patch({ name: 'b', statecode: 1 })).status).toBe(204)
  expect(refusal(await patch({ name: 'c' }))).toEqual([400, '0x8004022e'])
  expect((await patch({ statecode: 0 })).status).toBe(204)
  expect((await patch({ name: 'c' })).status).toBe(204)
})
