import { expect, test } from 'vitest'
import { asker, id } from './ask.test-support.ts'
import { createEmulator } from './emulator.ts'
import { fieldService } from './seed/field-service.ts'
import {
  bigInt,
  choice,
  choices,
  dateTime,
  decimal,
  double,
  integer,
  lookup,
  memo,
  money,
  standardColumns,
  text,
  yesNo,
} from './schema.ts'
import type { TableDraft } from './schema.ts'

const thing: TableDraft = {
  schemaName: 'new_Thing',
  objectTypeCode: 10999,
  displayName: 'Thing',
  primaryName: 'new_name',
  columns: [
    text('new_Name'),
    memo('new_Memo'),
    integer('new_Whole'),
    bigInt('new_Big'),
    decimal('new_Decimal', { precision: 4 }),
    double('new_Double', { min: -1000000, precision: 5 }),
    money('new_Price', { precisionSource: 2 }),
    yesNo('new_Flag', { trueLabel: 'Allow', falseLabel: 'Do Not Allow' }),
    choice('new_Choice', { 1: 'First', 2: 'Second' }),
    choices('new_Choices', { 1: 'A', 2: 'B', 3: 'C' }),
    dateTime('new_Local'),
    dateTime('new_Zoneless', { behavior: 'TimeZoneIndependent' }),
    dateTime('new_Day', { behavior: 'DateOnly' }),
    lookup('new_AccountId', { table: 'account', relationship: 'new_account_new_thing_AccountId' }),
    ...standardColumns('new_thing', { ownership: 'UserOwned' }),
  ],
}

async function house(): Promise<ReturnType<typeof asker>> {
  const seed = fieldService({ rows: 400 })
  seed.schema.addTable(thing)
  const ask = asker(createEmulator({ seed }))
  await ask('POST', 'accounts', { body: { accountid: id(1), name: 'Contoso' } })
  const { status, text: refusal } = await ask('POST', 'new_things', {
    body: `{"new_thingid":"${id(2).toUpperCase()}","new_name":"\\u00e4 \\"x\\"","new_whole":1234567,"new_big":9007199254740993,
      "new_decimal":12.5,"new_double":80000,"new_price":5000000,"new_flag":true,"new_choice":2,"new_choices":"3,1",
      "new_local":"2023-04-19T03:00:00+07:00","new_zoneless":"2023-04-19T03:00:00Z","new_day":"1990-01-02",
      "new_AccountId@odata.bind":"/accounts(${id(1)})"}`,
  })
  expect([status, refusal]).toEqual([204, ''])
  return ask
}

const COLUMNS =
  'new_name,new_memo,new_whole,new_big,new_decimal,new_double,new_price,new_flag,new_choice,new_choices,new_local,new_zoneless,new_day,_new_accountid_value'

test('every type of column has its own form on the wire', async () => {
  const ask = await house()
  const { text: body } = await ask('GET', `new_things(${id(2)})?$select=${COLUMNS}`)
  const currency = /"_transactioncurrencyid_value":"[0-9a-f-]{36}"/.exec(body)?.[0] ?? ''
  expect(body.slice(body.indexOf('"new_name"'))).toBe(
    [
      '"new_name":"ä \\"x\\""',
      '"new_memo":null',
      '"new_whole":1234567',
      '"new_big":9007199254740993',
      '"new_decimal":12.5000',
      '"new_double":80000.0',
      '"new_price":5000000.0000',
      '"new_flag":true',
      '"new_choice":2',
      '"new_choices":"1,3"',
      '"new_local":"2023-04-18T20:00:00Z"',
      '"new_zoneless":"2023-04-19T03:00:00Z"',
      '"new_day":"1990-01-02"',
      `"_new_accountid_value":"${id(1)}"`,
      currency,
      `"new_thingid":"${id(2)}"}`,
    ].join(),
  )
})

test('what people see comes as annotations, in US English, each before its property', async () => {
  const ask = await house()
  const prefer = 'odata.include-annotations="*"'
  const { json, text: body } = await ask('GET', `new_things(${id(2)})?$select=${COLUMNS}`, {
    headers: { Prefer: prefer },
  })
  const shown = Object.entries(json as Record<string, unknown>).flatMap(([name, value]) =>
    name.endsWith('@OData.Community.Display.V1.FormattedValue') ? [[name.slice(0, name.indexOf('@')), value]] : [],
  )
  expect(Object.fromEntries(shown)).toMatchObject({
    new_whole: '1,234,567',
    new_big: '9,007,199,254,740,993',
    new_decimal: '12.5000',
    new_double: '80,000.00000',
    new_price: '€5,000,000.00',
    new_flag: 'Allow',
    new_choice: 'Second',
    new_choices: 'A; C',
    new_local: '4/18/2023 8:00 PM',
    new_zoneless: '4/19/2023 3:00 AM',
    new_day: '1/2/1990',
    _new_accountid_value: 'Contoso',
  })
  expect(body).toContain(
    '"_new_accountid_value@OData.Community.Display.V1.FormattedValue":"Contoso","_new_accountid_value@Microsoft.Dynamics.CRM.associatednavigationproperty":"new_AccountId","_new_accountid_value@Microsoft.Dynamics.CRM.lookuplogicalname":"account","_new_accountid_value":',
  )
})

test('a row written twice is read as it is now, whatever was read before', async () => {
  const ask = await house()
  const url = `new_things(${id(2)})?$select=new_whole`
  expect((await ask('GET', url)).json.new_whole).toBe(1234567)
  await ask('PATCH', `new_things(${id(2)})`, { body: { new_whole: 5 } })
  expect((await ask('GET', url)).json.new_whole).toBe(5)
})
