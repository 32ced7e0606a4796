import { expect, test } from 'vitest'
import { bench, id, made } from '../ask.test-support.ts'

type Body = Readonly<Record<string, unknown>>

const CONTACT = id(7)
const { ask, emulator } = bench({ rows: 200 })

test.for<[what: string, set: string, body: Body, column: string, wire: string]>([
  ['String', 'accounts', { name: 'Contoso' }, 'name', '"Contoso"'],
  ['Memo', 'accounts', { description: 'one\ntwo' }, 'description', String.raw`"one\ntwo"`],
  ['Whole number', 'accounts', { numberofemployees: 2000 }, 'numberofemployees', '2000'],
  ['Double, rounded without a word', 'accounts', { address1_latitude: 47.639583 }, 'address1_latitude', '47.63958'],
  ['Double with its zero', 'accounts', { address1_latitude: 47 }, 'address1_latitude', '47.0'],
  ['Money with four digits', 'accounts', { revenue: 5000000 }, 'revenue', '5000000.0000'],
  ['Decimal', 'msdyn_workorders', { new_traveldistance: 80000 }, 'new_traveldistance', '80000.000'],
  ['Yes/No', 'accounts', { creditonhold: false }, 'creditonhold', 'false'],
  ['Choice', 'accounts', { accountcategorycode: 1 }, 'accountcategorycode', '1'],
  ['State', 'accounts', {}, 'statecode', '0'],
  ['Status', 'accounts', {}, 'statuscode', '1'],
  ['Choices', 'msdyn_workorders', { new_safetymeasures: '1,2,3' }, 'new_safetymeasures', '"1,2,3"'],
  ['UserLocal', 'tasks', { scheduledstart: '2023-04-19T03:00:00+07:00' }, 'scheduledstart', '"2023-04-18T20:00:00Z"'],
  [
    'UserLocal, no offset',
    'tasks',
    { scheduledstart: '2023-04-18T20:00:00' },
    'scheduledstart',
    '"2023-04-18T20:00:00Z"',
  ],
  ['DateOnly', 'contacts', { birthdate: '1990-01-02' }, 'birthdate', '"1990-01-02"'],
  ['DateOnly, the first day there is', 'contacts', { birthdate: '1753-01-01' }, 'birthdate', '"1753-01-01"'],
  [
    'Lookup',
    'accounts',
    { 'primarycontactid@odata.bind': `/contacts(${CONTACT})` },
    '_primarycontactid_value',
    `"${CONTACT}"`,
  ],
  ['Guid in lower case', 'accounts', { accountid: id(12).toUpperCase() }, 'accountid', `"${id(12)}"`],
  ['Null', 'accounts', { telephone1: null }, 'telephone1', 'null'],
])('§3: %s', async ([, set, body, column, wire]) => {
  await ask('PATCH', `contacts(${CONTACT})`, { body: { lastname: 'x' } })
  const row = await made(ask, set, body)
  const { text } = await ask('GET', `${set}(${row})?$select=${column}`)
  expect(text).toMatch(/"@odata\.etag":"W\/\\"\d+\\""/)
  expect(text.split(`"${column}":`)[1]?.replace(/(?:,"[_a-z]+":.*)?\}$/, '')).toBe(wire)
})

const PAYLOAD =
  "Error identified in Payload provided by the user for Entity :'', For more information on this error please follow this help link https://go.microsoft.com/fwlink/?linkid=2195293  ----> InnerException : Microsoft.OData.ODataException: "

test.for<[what: string, set: string, body: Body, code: string, message: string]>([
  [
    'MaxLength',
    'tasks',
    { subject: 'x'.repeat(201) },
    '0x80044331',
    "A validation error occurred.  The length of the 'subject' attribute of the 'task' entity exceeded the maximum allowed length of '200'.",
  ],
  ['MinValue of a whole number', 'accounts', { numberofemployees: -1 }, '0x8004432f', ''],
  ['outside of Int32', 'accounts', { numberofemployees: 2147483648 }, '0x80048d19', PAYLOAD],
  ['range of money', 'accounts', { revenue: -1 }, '0x80044330', ''],
  ['an option that is none', 'accounts', { accountcategorycode: 99 }, '0x8004431a', ''],
  ['a status of another state', 'tasks', { statuscode: 5 }, '0x80048408', ''],
  ['offset and Z together', 'tasks', { scheduledstart: '2023-04-19T03:00:00+07:00Z' }, '0x80048d19', PAYLOAD],
  ['a date before 1753', 'contacts', { birthdate: '1752-12-31' }, '0x80040239', ''],
  [
    'a lookup under its read name',
    'accounts',
    { _primarycontactid_value: CONTACT },
    '0x80048d19',
    'CRM do not support direct update of Entity Reference properties, Use Navigation properties instead.',
  ],
  [
    'a navigation property in the wrong case',
    'new_equipments',
    { 'new_accountid@odata.bind': `/accounts(${CONTACT})` },
    '0x80048d19',
    `${PAYLOAD}An undeclared property 'new_accountid' which only has property annotations in the payload but no property value was found`,
  ],
])('§3: refused: %s', async ([, set, body, code, message]) => {
  const answer = await ask('POST', set, { body })
  expect([answer.status, answer.json.error.code]).toEqual([400, code])
  expect(answer.json.error.message.startsWith(message)).toBe(true)
})

test.for([
  ['incidents', 'customerid_account', 'accounts', { title: 'x' }],
  ['incidents', 'customerid_contact', 'contacts', { title: 'x' }],
  ['contacts', 'parentcustomerid_account', 'accounts', { lastname: 'x' }],
  ['tasks', 'regardingobjectid_account_task', 'accounts', { subject: 'x' }],
  ['annotations', 'objectid_account', 'accounts', { subject: 'x' }],
  ['new_equipments', 'new_AccountId', 'accounts', { new_name: 'x' }],
  ['accounts', 'ownerid', 'teams', { name: 'x' }],
  ['accounts', 'ownerid', 'systemusers', { name: 'x' }],
] as const)('§3: %s are bound by %s to %s', async ([set, property, target, body]) => {
  const [row] = emulator.master.rows(target.slice(0, -1))
  const key = await made(ask, set, { ...body, [`${property}@odata.bind`]: `/${target}(${row?.id})` })
  const annotation = 'Microsoft.Dynamics.CRM.associatednavigationproperty'
  const headers = { Prefer: `odata.include-annotations="${annotation}"` }
  const { json } = await ask('GET', `${set}(${key})`, { headers })
  const [column] = Object.keys(json).filter((name) => json[`${name}@${annotation}`] === property)
  expect(json[column ?? '']).toBe(row?.id)
})

test('§3: an expanded systemuser has its ownerid too', async () => {
  const account = await made(ask, 'accounts', { name: 'x' })
  const user = emulator.users[0]?.id
  const { json } = await ask('GET', `accounts(${account})?$select=name&$expand=createdby($select=fullname)`)
  expect(json.createdby).toMatchObject({ systemuserid: user, ownerid: user, fullname: 'Sunniva Admin' })
})

test('§3: an expanded collection has the lookup that leads back', async () => {
  const account = await made(ask, 'accounts', { name: 'x' })
  await made(ask, 'tasks', { subject: 't', 'regardingobjectid_account_task@odata.bind': `/accounts(${account})` })
  await made(ask, 'contacts', { lastname: 'c', 'parentcustomerid_account@odata.bind': `/accounts(${account})` })
  const expand = 'Account_Tasks($select=subject),contact_customer_accounts($select=lastname)'
  const { json } = await ask('GET', `accounts?$select=name&$filter=accountid eq ${account}&$expand=${expand}`)
  expect(json.value[0].Account_Tasks[0]).toMatchObject({ subject: 't', _regardingobjectid_value: account })
  expect(json.value[0].contact_customer_accounts[0]).toMatchObject({ lastname: 'c', _parentcustomerid_value: account })
})
