import { expect, test } from 'vitest'
import {
  choice,
  customer,
  guidFrom,
  guidsFrom,
  lookup,
  money,
  parental,
  Schema,
  standardColumns,
  text,
  wireName,
  yesNo,
} from '../schema.ts'
import type { SchemaDraft } from '../schema.ts'

const draft: SchemaDraft = {
  globalChoices: [{ name: 'new_colour', displayName: 'Colour', options: [{ value: 1, label: 'Red' }] }],
  tables: [
    { schemaName: 'SystemUser', objectTypeCode: 8, displayName: 'User', columns: [text('FullName')] },
    { schemaName: 'Team', objectTypeCode: 9, displayName: 'Team', columns: [text('Name')] },
    { schemaName: 'BusinessUnit', objectTypeCode: 10, displayName: 'Business Unit', columns: [text('Name')] },
    {
      schemaName: 'TransactionCurrency',
      objectTypeCode: 9105,
      displayName: 'Currency',
      entitySetName: 'transactioncurrencies',
      columns: [text('CurrencyName')],
    },
    {
      schemaName: 'Account',
      objectTypeCode: 1,
      displayName: 'Account',
      primaryName: 'name',
      columns: [text('Name', { maxLength: 160 }), ...standardColumns('account', { ownership: 'UserOwned' })],
      keys: [{ schemaName: 'new_ByName', columns: ['name'] }],
    },
    {
      schemaName: 'Contact',
      objectTypeCode: 2,
      displayName: 'Contact',
      columns: [
        text('FirstName'),
        text('FullName', { formula: (row) => row['firstname'] ?? null }),
        customer('ParentCustomerId', [
          { table: 'account', relationship: 'contact_customer_accounts' },
          { table: 'contact', relationship: 'contact_customer_contacts' },
        ]),
      ],
    },
    {
      schemaName: 'new_Equipment',
      entitySetName: 'new_equipments',
      objectTypeCode: 10500,
      displayName: 'Equipment',
      columns: [
        lookup('new_AccountId', { table: 'account', relationship: 'new_account_new_equipment', cascade: parental }),
        money('new_Price'),
        yesNo('new_Leased'),
        choice('new_Colour', {}, { globalChoice: 'new_colour' }),
        choice('new_Size', { 1: 'Small', 2: 'Large' }),
      ],
    },
  ],
  manyToMany: [
    {
      schemaName: 'new_Equipment_Contact',
      intersectTable: 'new_equipment_contact',
      intersectSet: 'new_equipment_contactset',
      objectTypeCode: 10501,
      table1: 'new_equipment',
      navigation1: 'new_Equipment_Contact',
      table2: 'contact',
      navigation2: 'new_Equipment_Contact',
    },
  ],
}

test('a lookup has another name on the wire than in the schema', () => {
  const schema = new Schema(draft)
  const column = schema.column('new_equipment', 'new_accountid')
  expect(column && wireName(column)).toBe('_new_accountid_value')
  expect(schema.columnByWireName('new_equipment', '_new_accountid_value')).toBe(column)
  expect(schema.columnByWireName('new_equipment', 'new_accountid')).toBeUndefined()
  expect(schema.columnByWireName('new_equipment', 'new_accountidname')).toBeUndefined()
})

test('navigation properties are found by their exact case only', () => {
  const bindings = new Schema(draft).lookupBindings('new_equipment')
  expect(bindings.get('new_AccountId')?.targets).toEqual(['account'])
  expect(bindings.has('new_accountid')).toBe(false)
})

test('a polymorphic lookup has one navigation property per target, ownerid one for both', () => {
  const schema = new Schema(draft)
  const contact = schema.lookupBindings('contact')
  expect([...contact.keys()]).toEqual(['parentcustomerid_account', 'parentcustomerid_contact'])
  expect(schema.bindingOf('contact', 'parentcustomerid', 'contact')?.navigation).toBe('parentcustomerid_contact')
  expect(schema.lookupBindings('account').get('ownerid')?.targets).toEqual(['systemuser', 'team'])
})

test('companion columns come with lookups, choices and money', () => {
  const schema = new Schema(draft)
  expect(schema.column('new_equipment', 'new_accountidname')).toMatchObject({
    type: 'String',
    attributeOf: 'new_accountid',
  })
  expect(schema.column('new_equipment', 'new_leasedname')).toMatchObject({ type: 'Virtual', attributeOf: 'new_leased' })
  expect(schema.column('contact', 'parentcustomeridtype')).toMatchObject({ type: 'EntityName' })
  expect(schema.column('new_equipment', 'new_price_base')).toMatchObject({
    type: 'Money',
    baseOf: 'new_price',
    validForCreate: false,
  })
  expect(schema.column('new_equipment', 'exchangerate')).toMatchObject({ type: 'Decimal' })
  expect(schema.lookupBindings('new_equipment').has('transactioncurrencyid')).toBe(true)
})

test('a computed column cannot be written', () => {
  expect(new Schema(draft).column('contact', 'fullname')).toMatchObject({
    validForCreate: false,
    validForUpdate: false,
  })
})

test('both ends of an N:N find the other by their navigation property', () => {
  const schema = new Schema(draft)
  expect(schema.collections('contact').get('new_Equipment_Contact')).toMatchObject({
    kind: 'ManyToMany',
    thisColumn: 'contactid',
    otherTable: 'new_equipment',
    otherColumn: 'new_equipmentid',
  })
  expect(schema.manyToManyByIntersect('new_equipment_contact')?.schemaName).toBe('new_Equipment_Contact')
  expect(schema.table('new_equipment_contact')).toMatchObject({ isIntersect: true, changeTracking: false })
})

test('the same drafts give the same MetadataIds, another salt gives others', () => {
  const one = new Schema(draft).table('account')
  expect(new Schema(draft).table('account')?.metadataId).toBe(one?.metadataId)
  const renewed = new Schema(draft, { salt: 'restored' })
  expect(renewed.table('account')?.metadataId).not.toBe(one?.metadataId)
  expect(renewed.table('account')?.columns.map((column) => column.logicalName)).toEqual(
    one?.columns.map((column) => column.logicalName),
  )
})

test('a column added again under its old name gets a new MetadataId', () => {
  const schema = new Schema(draft)
  const before = schema.column('new_equipment', 'new_size')?.metadataId
  schema.removeColumn('new_equipment', 'new_size')
  expect(schema.column('new_equipment', 'new_sizename')).toBeUndefined()
  schema.addColumn('new_equipment', choice('new_Size', { 1: 'Small' }))
  expect(schema.column('new_equipment', 'new_size')?.metadataId).not.toBe(before)
})

test('every change raises the stamp and marks what it touched', () => {
  const schema = new Schema(draft)
  const before = schema.stamp
  const column = schema.addColumn('account', text('new_Note'))
  expect(schema.stamp).toBeGreaterThan(before)
  expect(schema.stampOf(column.metadataId)).toBe(schema.stamp)
  expect(schema.stampOf(schema.table('account')?.metadataId ?? '')).toBeLessThanOrEqual(before)
})

test('removing a lookup logs the column, its shadows and its relationship', () => {
  const schema = new Schema(draft)
  const before = schema.stamp
  const relationship = schema.relationship('new_account_new_equipment')?.metadataId
  schema.removeColumn('new_equipment', 'new_accountid')
  const kinds = schema.deletionsSince(before).map((deletion) => deletion.kind)
  expect(kinds.toSorted()).toEqual(['Attribute', 'Attribute', 'Attribute', 'Relationship'])
  expect(schema.deletionsSince(before).map((deletion) => deletion.metadataId)).toContain(relationship)
  expect(schema.collections('account').has('new_account_new_equipment')).toBe(false)
  expect(schema.deletionsSince(schema.stamp)).toEqual([])
})

test('removing a table takes the lookups of other tables that led only to it', () => {
  const schema = new Schema(draft)
  schema.removeTable('account')
  expect(schema.table('account')).toBeUndefined()
  expect(schema.tableBySet('accounts')).toBeUndefined()
  expect(schema.column('new_equipment', 'new_accountid')).toBeUndefined()
  expect(schema.column('contact', 'parentcustomerid')).toMatchObject({ targets: ['contact'] })
})

test('an option of a global choice changes in every column that uses it', () => {
  const schema = new Schema(draft)
  schema.renameOption('new_equipment', 'new_colour', 1, 'Crimson')
  schema.addOption('new_equipment', 'new_colour', { value: 2, label: 'Blue' })
  expect(schema.globalChoice('new_colour')?.options.map((option) => option.label)).toEqual(['Crimson', 'Blue'])
  expect(schema.column('new_equipment', 'new_colour')).toMatchObject({
    options: [
      { value: 1, label: 'Crimson' },
      { value: 2, label: 'Blue' },
    ],
  })
})

test('an alternate key goes with its column', () => {
  const schema = new Schema(draft)
  schema.removeColumn('account', 'name')
  expect(schema.table('account')?.keys).toEqual([])
})

test('expired stamps forget the deletions they stood for', () => {
  const schema = new Schema(draft)
  const before = schema.stamp
  schema.removeColumn('account', 'name')
  schema.expireStamps()
  expect(schema.horizon).toBeGreaterThan(before)
  expect(schema.deletionsSince(before)).toEqual([])
})

test('names give guids of version 4 that do not collide', () => {
  const seen = new Set<string>()
  for (let index = 0; index < 50_000; index++) seen.add(guidFrom(`row|${index}`))
  const series = guidsFrom('row')
  for (let index = 0; index < 50_000; index++) seen.add(series(index))
  expect(seen.size).toBe(100_000)
  expect(guidFrom('row|1')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
})
