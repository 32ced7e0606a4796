import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { asker, id } from '../ask.test-support.ts'
import type { Ask } from '../ask.test-support.ts'
import { createEmulator } from '../emulator.ts'
import type { Schema } from '../schema.ts'
import { LoadError } from './load-error.ts'
import { loadSchema } from './load-schema.ts'
import { rowsFromJsonLines } from './rows-from-json-lines.ts'
import { seedFrom } from './seed-from.ts'

const fixture = (name: string): { name: string; text: string } => ({
  name,
  text: readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8'),
})
const csdl = fixture('shop.test.xml')
const definition = fixture('shop_person.test.json')

const ANY = 'System Administrator'
const serve = (schema: Schema, rows: ReturnType<typeof rowsFromJsonLines> = []): Ask => {
  const ask = asker(createEmulator({ seed: seedFrom({ schema, rows }) }))
  return (method, path, question = {}) => ask(method, path, { as: ANY, ...question })
}
const lines = (table: string, ...rows: readonly object[]): { name: string; table: string; text: string } => ({
  name: `${table}.jsonl`,
  table,
  text: rows.map((row) => JSON.stringify(row)).join('\n'),
})

test('a $metadata document gives tables under their own set names, with their keys and column types', () => {
  const schema = loadSchema([csdl])
  const table = schema.tableBySet('shop_orderset')
  expect(table).toMatchObject({ logicalName: 'shop_order', primaryId: 'shop_orderid', primaryName: 'shop_name' })
  const types = Object.fromEntries((table?.columns ?? []).map((column) => [column.logicalName, column.type]))
  expect(types).toMatchObject({
    shop_total: 'Money',
    shop_total_base: 'Money',
    shop_weight: 'Decimal',
    shop_due: 'DateTime',
    shop_photo: 'Image',
    shop_receipt: 'File',
    statecode: 'State',
    statuscode: 'Status',
    versionnumber: 'BigInt',
    ownerid: 'Owner',
    shop_customerid: 'Lookup',
    transactioncurrencyid: 'Lookup',
  })
  expect(schema.column('shop_order', 'shop_total_base')).toMatchObject({ baseOf: 'shop_total', validForUpdate: false })
  expect(table?.keys.map((key) => key.columns)).toEqual([['shop_number']])
  expect(schema.table('systemuser')?.primaryId).toBe('systemuserid')
})

test('base types are followed: a task has the columns and lookups of activitypointer', () => {
  const schema = loadSchema([csdl])
  expect(schema.table('task')).toMatchObject({ primaryId: 'activityid', isActivity: true })
  expect(schema.column('task', 'subject')?.type).toBe('String')
  const bindings = schema.lookupBindings('task')
  expect(bindings.get('regardingobjectid_shop_order_task')?.column.logicalName).toBe('regardingobjectid')
  expect(bindings.get('regardingobjectid_shop_order')?.column.logicalName).toBe('regardingobjectid')
})

test('collections lead back, N:N ones by the table that has the two keys', () => {
  const schema = loadSchema([csdl])
  expect(schema.collections('shop_person').get('shop_person_orders')).toMatchObject({
    kind: 'OneToMany',
    relationship: { referencingTable: 'shop_order', referencingColumn: 'shop_customerid' },
  })
  expect(schema.collections('shop_order').get('shop_order_tag')).toMatchObject({
    kind: 'ManyToMany',
    otherTable: 'shop_tag',
    relationship: { intersectTable: 'shop_order_tag' },
  })
  expect(schema.table('shop_order_tag')?.isIntersect).toBe(true)
})

test('EntityDefinitions give limits, options, keys, cascades and MetadataIds', () => {
  const schema = loadSchema([definition])
  expect(schema.table('shop_person')).toMatchObject({
    schemaName: 'shop_Person',
    entitySetName: 'shop_people',
    metadataId: '0a000000-0000-4000-8000-000000000001',
    ownership: 'OrganizationOwned',
    changeTracking: false,
    optimisticConcurrency: false,
  })
  expect(schema.column('shop_person', 'shop_name')).toMatchObject({ maxLength: 8, required: 'ApplicationRequired' })
  expect(schema.column('shop_person', 'shop_kind')).toMatchObject({ globalChoice: 'shop_kind', defaultValue: 2 })
  expect(schema.globalChoice('shop_kind')?.metadataId).toBe('0a000000-0000-4000-8000-000000000003')
  expect(schema.table('shop_person')?.keys).toMatchObject([{ schemaName: 'shop_ByName', columns: ['shop_name'] }])
})

test.each([
  ['a list', (one: string) => `[${one}]`],
  ['a collection answer', (one: string) => `{"@odata.context":"x","value":[${one}]}`],
  ['an answer of RetrieveMetadataChanges', (one: string) => `{"ServerVersionStamp":"1","EntityMetadata":[${one}]}`],
])('EntityDefinitions are read from %s', (_, wrap) => {
  expect(loadSchema([{ name: 'x', text: wrap(definition.text) }]).table('shop_person')).toBeDefined()
})

test('EntityDefinitions win over $metadata for their tables, whichever comes first', () => {
  for (const documents of [
    [csdl, definition],
    [definition, csdl],
  ]) {
    const schema = loadSchema(documents)
    expect(schema.column('shop_person', 'shop_name')).toMatchObject({ maxLength: 8 })
    expect(schema.column('shop_order', 'shop_name')).toMatchObject({ maxLength: 4000 })
    const binding = schema.lookupBindings('shop_order').get('shop_CustomerId')
    expect(binding?.relationship.cascade.delete).toBe('Restrict')
    expect(schema.tables().filter((table) => table.logicalName === 'shop_person')).toHaveLength(1)
  }
})

test('a loaded schema is served: rows are created, linked and read, limits hold', async () => {
  const ask = serve(loadSchema([csdl, definition]))
  expect((await ask('POST', 'shop_people', { body: { shop_name: 'Far too long' } })).status).toBe(400)
  expect((await ask('POST', 'shop_people', { body: { shop_personid: id(1), shop_name: 'Ann' } })).status).toBe(204)
  const order = { shop_orderid: id(2), shop_name: 'O1', 'shop_CustomerId@odata.bind': `/shop_people(${id(1)})` }
  expect((await ask('POST', 'shop_orderset', { body: order })).status).toBe(204)
  const read = await ask('GET', `shop_orderset(${id(2)})?$select=shop_name&$expand=shop_CustomerId($select=shop_name)`)
  expect(read.json).toMatchObject({ shop_name: 'O1', shop_CustomerId: { shop_name: 'Ann' } })
  expect((await ask('DELETE', `shop_people(${id(1)})`)).status).toBe(405)
})

test('a row read without $select has exactly the columns with IsValidODataAttribute', async () => {
  const ask = serve(loadSchema([definition]))
  await ask('POST', 'shop_people', { body: { shop_personid: id(1), shop_name: 'Ann' } })
  const { json } = await ask('GET', `shop_people(${id(1)})`)
  const names = Object.keys(json).filter((name) => !name.startsWith('@'))
  expect(names).toEqual(['shop_personid', 'shop_name', 'shop_kind', 'shop_age'])
  expect((await ask('GET', `shop_people(${id(1)})?$select=shop_hidden`)).status).toBe(400)
})

test('what a definition says besides is served as it was loaded', async () => {
  const ask = serve(loadSchema([definition]))
  const { json } = await ask(
    'GET',
    "EntityDefinitions(LogicalName='shop_person')?$select=HasNotes,TableType,ObjectTypeCode",
  )
  expect(json).toMatchObject({ HasNotes: true, TableType: 'Elastic', ObjectTypeCode: 10777 })
})

test('an organisation without users, currencies and business units works all the same', async () => {
  const ask = serve(loadSchema([definition]))
  expect((await ask('GET', 'WhoAmI')).status).toBe(200)
  expect((await ask('GET', 'systemusers')).status).toBe(404)
})

test('users, and whoever rows name as owner, are rows where the schema has users', async () => {
  const schema = loadSchema([csdl])
  const rows = rowsFromJsonLines(schema, [lines('shop_order', { shop_orderid: id(1), _ownerid_value: id(9) })])
  const { json } = await serve(schema, rows)('GET', 'systemusers?$select=fullname')
  const names = json.value.map((one: { fullname: string }) => one.fullname).toSorted()
  expect(names).toEqual(['Field Technician', 'Sync Service', 'System Administrator', 'User 00000009'])
})

test('rows are loaded with forward references and cycles, and times and state where they lack them', async () => {
  const schema = loadSchema([csdl])
  const rows = rowsFromJsonLines(schema, [
    lines(
      'shop_order',
      {
        shop_orderid: id(1),
        shop_name: 'A',
        _shop_parentid_value: id(2),
        _shop_customerid_value: id(3),
        shop_total: 2.5,
      },
      { shop_orderid: id(2), shop_name: 'B', _shop_parentid_value: id(1), modifiedon: '2025-03-01T10:00:00Z' },
    ),
    lines('shop_person', {
      shop_personid: id(3),
      shop_name: 'Ann',
      'shop_name@OData.Community.Display.V1.FormattedValue': 'x',
    }),
  ])
  const ask = serve(schema, rows)
  const { json } = await ask(
    'GET',
    'shop_orderset?$select=shop_name,createdon,statecode,statuscode&$expand=shop_ParentId($select=shop_name)&$orderby=shop_name',
  )
  expect(json.value).toMatchObject([
    {
      shop_name: 'A',
      createdon: '2025-03-01T10:00:00Z',
      statecode: 0,
      statuscode: 1,
      shop_ParentId: { shop_name: 'B' },
    },
    { shop_name: 'B', createdon: '2025-03-01T10:00:00Z', shop_ParentId: { shop_name: 'A' } },
  ])
})

test('links of an N:N relationship come from the index of the folder', async () => {
  const schema = loadSchema([csdl])
  const documents = [
    lines('shop_order', { shop_orderid: id(1), shop_name: 'A' }),
    lines('shop_tag', { shop_tagid: id(2), shop_name: 'red' }, { shop_tagid: id(3), shop_name: 'new' }),
  ]
  const link = {
    relationship: 'shop_order_tag',
    source: 'shop_tag',
    sourceid: id(2),
    target: 'shop_order',
    targets: [id(1)],
  }
  const rows = rowsFromJsonLines(schema, documents, { name: 'index.json', text: JSON.stringify({ m2m: [link] }) })
  const { json } = await serve(schema, rows)('GET', `shop_orderset(${id(1)})/shop_order_tag?$select=shop_name`)
  expect(json.value).toMatchObject([{ shop_name: 'red' }])
})

test('an index that lists columns completes the schema with tables and columns', () => {
  const fields = {
    shop_ticketid: 'guid',
    shop_title: 'string',
    shop_orderid: 'lookup:shop_order',
    shop_level: 'optionsetvalue',
  }
  const index = {
    entities: {
      shop_ticket: { primaryKey: 'shop_ticketid', primaryName: 'shop_title', fields },
      shop_person: { primaryKey: 'shop_personid', fields: { shop_name: 'string', shop_phone: 'string' } },
    },
  }
  const schema = loadSchema([csdl, definition, { name: 'index.json', text: JSON.stringify(index) }])
  expect(schema.table('shop_ticket')).toMatchObject({ entitySetName: 'shop_tickets', primaryName: 'shop_title' })
  expect(schema.lookupBindings('shop_ticket').get('shop_orderid')?.targets).toEqual(['shop_order'])
  expect(schema.column('shop_person', 'shop_phone')?.type).toBe('String')
  expect(schema.column('shop_person', 'shop_name')).toMatchObject({ maxLength: 8 })
})

test.each([
  ['an unknown table', [lines('shop_what', { a: 1 })], 'shop_what.jsonl: the schema has no table shop_what'],
  [
    'an unknown column',
    [lines('shop_tag', { shop_tagid: id(1) }, { shop_tagid: id(2), colour: 1 })],
    'shop_tag.jsonl:2: colour: shop_tag has no such column',
  ],
  [
    'a wrong type',
    [lines('shop_order', { shop_orderid: id(1), shop_paid: 'yes' })],
    'shop_order.jsonl:1: shop_paid: takes true or false',
  ],
  [
    'a bad date',
    [lines('shop_order', { shop_orderid: id(1), shop_due: '2025-02-30T' })],
    'shop_order.jsonl:1: shop_due: takes a date as 2025-01-31',
  ],
  [
    'a row without key',
    [lines('shop_tag', { shop_name: 'x' })],
    'shop_tag.jsonl:1: shop_tagid: the row has no primary key',
  ],
  [
    'two rows with one key',
    [lines('shop_tag', { shop_tagid: id(1) }, { shop_tagid: id(1) })],
    `shop_tag.jsonl:2: shop_tagid: there are two rows with the id ${id(1)}`,
  ],
  [
    'a link to nothing',
    [lines('shop_order', { shop_orderid: id(1), _shop_parentid_value: id(7) })],
    `shop_order.jsonl:1: _shop_parentid_value: no row of shop_order with the id ${id(7)}`,
  ],
])('%s is an error that names file, line and column', (_, documents, message) => {
  const load = (): unknown => rowsFromJsonLines(loadSchema([csdl]), documents)
  expect(load).toThrow(LoadError)
  expect(load).toThrow(message)
})

test.each([
  ['JSON that is broken', '{"LogicalName":'],
  ['JSON of something else', '{"value":[{"name":"accounts"}]}'],
  ['XML of something else', '<feed/>'],
  ['XML that is broken', '<edmx:Edmx>'],
  ['a column of an unknown type', '{"LogicalName":"x","Attributes":[{"LogicalName":"xid","AttributeType":"Quux"}]}'],
  [
    'a type without its base',
    '<edmx:Edmx><edmx:DataServices><Schema><EntityType Name="a" BaseType="mscrm.b"/><EntityContainer><EntitySet Name="as" EntityType="mscrm.a"/></EntityContainer></Schema></edmx:DataServices></edmx:Edmx>',
  ],
])('%s is an error that names the file', (_, text) => {
  const load = (): unknown => loadSchema([{ name: 'some.file', text }])
  expect(load).toThrow(LoadError)
  expect(load).toThrow(/^some\.file(?::\d+:\d+)?: /)
})

test.each([
  ['{\n  "a": 1,\n}', "a.json:3:1: Invalid JSON. An unexpected character '}' was found."],
  ['{"LogicalName":', 'a.json:1:16: Unexpected end of JSON content.'],
  ['hello', "a.json:1:1: Invalid JSON. An unexpected character 'h' was found."],
  ['', 'a.json:1:1: Unexpected end of JSON content.'],
  ['<a>\n<b></a>', "a.json:2:7: The end tag 'a' does not match"],
])('%j as a schema is an error that names line and column', (text, message) => {
  const load = (): unknown => loadSchema([{ name: 'a.json', text }])
  expect(load).toThrow(LoadError)
  expect(load).toThrow(message)
})

test('a row that breaks off, and an index that does, are errors that name line and column', () => {
  const schema = loadSchema([csdl])
  const broken = { table: 'shop_tag', name: 'shop_tag.jsonl', text: `{"shop_tagid":"${id(1)}"}\n{"shop_tagid": ` }
  expect(() => rowsFromJsonLines(schema, [broken])).toThrow('shop_tag.jsonl:2:16: Unexpected end of JSON content.')
  const index = { name: 'index.json', text: '{"m2m":[}' }
  expect(() => rowsFromJsonLines(schema, [], index)).toThrow('index.json:1:9: Invalid JSON.')
})

test('documents are read however they were saved: after an empty line, with prefixes, under other names', () => {
  const plain = loadSchema([csdl]).tables()
  const names = plain.map((table) => [table.logicalName, table.entitySetName, table.columns.length])
  const prefixed = csdl.text
    .replaceAll(/<(\/?)([A-Z])/g, '<$1m:$2')
    .replace('xmlns="http://docs.oasis-open.org/odata/ns/edm"', 'xmlns:m="http://docs.oasis-open.org/odata/ns/edm"')
  for (const text of [
    `\n\n${csdl.text}`,
    `\uFEFF${csdl.text}`,
    prefixed,
    csdl.text.replaceAll('mscrm.', 'Microsoft.Dynamics.CRM.'),
    csdl.text.replaceAll('mscrm', 'Self'),
  ]) {
    expect(text).not.toBe(csdl.text)
    const tables = loadSchema([{ name: 'other.xml', text }]).tables()
    expect(tables.map((table) => [table.logicalName, table.entitySetName, table.columns.length])).toEqual(names)
  }
})

test('a document without a single table is refused, not served empty', () => {
  const refusal = (name: string, text: string): string => {
    try {
      loadSchema([{ name, text }])
    } catch (error) {
      if (error instanceof LoadError) return error.message
    }
    return 'loaded'
  }
  expect(refusal('none.json', '{"value":[]}')).toBe('none.json: no tables are described')
  const bare = csdl.text.replace(/<EntityContainer[\s\S]*<\/EntityContainer>/, '')
  expect(refusal('bare.xml', bare)).toBe(
    'bare.xml: the document has no EntitySet, so no table has a name to ask for it by',
  )
  expect(refusal('old.xml', csdl.text.replace('Version="4.0"', 'Version="1.0"'))).toBe(
    'old.xml: the document is OData 1.0; the $metadata of the Web API (/api/data/v9.2/) is 4.0',
  )
})

test('columns that were read by themselves add to the definition of their table: options come by cast only', () => {
  const lists = {
    '@odata.context': `https://org/api/data/v9.2/$metadata#EntityDefinitions('shop_person')/Attributes/Microsoft.Dynamics.CRM.PicklistAttributeMetadata(LogicalName,OptionSet())`,
    value: [
      { LogicalName: 'shop_size', OptionSet: null, GlobalOptionSet: { Options: [{ Value: 3 }, { Value: 4 }] } },
      { LogicalName: 'shop_color', AttributeType: 'Picklist', OptionSet: { Options: [{ Value: 8 }] } },
    ],
  }
  const person = {
    LogicalName: 'shop_person',
    PrimaryIdAttribute: 'shop_personid',
    Attributes: [
      { LogicalName: 'shop_personid', AttributeType: 'Uniqueidentifier', IsPrimaryId: true },
      { LogicalName: 'shop_size', AttributeType: 'Picklist', SchemaName: 'shop_Size' },
    ],
  }
  const documents = [
    { name: 'options.json', text: JSON.stringify(lists) },
    { name: 'person.json', text: JSON.stringify({ value: [person] }) },
  ]
  const schema = loadSchema(documents)
  expect(schema.column('shop_person', 'shop_size')).toMatchObject({
    schemaName: 'shop_Size',
    options: [{ value: 3 }, { value: 4 }],
  })
  expect(schema.column('shop_person', 'shop_color')).toMatchObject({ options: [{ value: 8 }] })
  expect(() => loadSchema(documents.slice(0, 1))).toThrow(
    'options.json: columns of shop_person, of which there is no EntityDefinition',
  )
  const apart = { ...person, Attributes: undefined }
  const all = { '@odata.context': '…/$metadata#EntityDefinitions(LogicalName)', value: [apart] }
  const own = {
    '@odata.context': `…/$metadata#EntityDefinitions('shop_person')/Attributes`,
    value: person.Attributes,
  }
  const pieces = [all, own].map((json, index) => ({ name: `${index}.json`, text: JSON.stringify(json) }))
  expect(
    loadSchema(pieces)
      .table('shop_person')
      ?.columns.map((column) => column.logicalName),
  ).toEqual(['shop_personid', 'shop_size'])
})
