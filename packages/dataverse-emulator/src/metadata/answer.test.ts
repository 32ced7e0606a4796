import { expect, test } from 'vitest'
import { WebApiError } from '../errors.ts'
import { parseQuery } from '../odata/query-options.ts'
import { splitPath } from '../odata/resource-path.ts'
import type { Schema } from '../schema.ts'
import { fieldService } from '../seed/field-service.ts'
import { answerMetadata } from './answer.ts'

// oxlint-disable-next-line typescript/no-explicit-any -- answers are inspected like a client would: as parsed JSON
type Parsed = any

const root = 'https://org.example/api/data/v9.2/'
const schema = fieldService({ rows: 200 }).schema

function get(url: string, from: Schema = schema, method = 'GET'): Parsed {
  const [path = '', search = ''] = url.split('?')
  const body = answerMetadata(from, {
    method,
    root,
    segments: splitPath(path),
    query: parseQuery(search),
    nowMs: Date.parse('2025-06-02T06:00:00Z'),
    stampLifetimeDays: 90,
  })
  return body === undefined ? undefined : JSON.parse(body.toString())
}

function refusal(url: string, method = 'GET'): { status: number; code: string } | undefined {
  try {
    get(url, schema, method)
  } catch (error) {
    if (error instanceof WebApiError) return { status: error.status, code: error.code }
    throw error
  }
  return undefined
}

const query = { status: 400, code: '0x80060888' }
const missing = { status: 501, code: 'emulator-not-implemented' }

test('all tables come in one answer, without paging', () => {
  const answer = get('EntityDefinitions')
  expect(answer.value.length).toBe(schema.tables().length)
  expect(answer['@odata.nextLink']).toBeUndefined()
  expect(answer['@odata.context']).toBe(`${root}$metadata#EntityDefinitions`)
})

test('a table is found by LogicalName and by MetadataId', () => {
  const byName = get("EntityDefinitions(LogicalName='account')")
  expect(byName).toMatchObject({ LogicalName: 'account', EntitySetName: 'accounts', ObjectTypeCode: 1 })
  expect(byName['@odata.context']).toBe(`${root}$metadata#EntityDefinitions/$entity`)
  expect(get(`EntityDefinitions(${byName.MetadataId})`).LogicalName).toBe('account')
})

test('an unknown table is a 404', () => {
  expect(refusal("EntityDefinitions(LogicalName='accounts')")).toEqual({ status: 404, code: '0x80041102' })
})

test('MetadataId comes even when it is not selected', () => {
  const answer = get("EntityDefinitions(LogicalName='contact')?$select=SchemaName")
  expect(Object.keys(answer)).toEqual(['@odata.context', 'MetadataId', 'SchemaName'])
})

test('a property that does not exist is refused in $select, $filter and $expand', () => {
  expect(refusal('EntityDefinitions?$select=Nope')).toEqual(query)
  expect(refusal('EntityDefinitions?$filter=Nope eq 1')).toEqual(query)
  expect(refusal('EntityDefinitions?$expand=Nope')).toEqual(query)
})

// The tables these tests speak of; those that other features bring along come and go.
const lasting = [
  'account',
  'businessunit',
  'contact',
  'new_skill_bookableresource',
  'new_x',
  'opportunity',
  'organization',
  'systemuser',
  'task',
  'team',
  'teammembership',
]
const lastingNames = (tables: readonly Parsed[]): string[] =>
  tables
    .map((table: Parsed): string => table.LogicalName)
    .filter((name) => lasting.includes(name))
    .toSorted()

test.each([
  ["LogicalName eq 'account' or LogicalName eq 'contact'", ['account', 'contact']],
  ["OwnershipType eq Microsoft.Dynamics.CRM.OwnershipTypes'BusinessOwned'", ['businessunit', 'systemuser', 'team']],
  ['CanChangeTrackingBeEnabled/Value eq false and IsIntersect eq false', ['organization']],
  [
    'IsIntersect eq true and IsCustomEntity eq true and not (ChangeTrackingEnabled eq true)',
    ['new_skill_bookableresource'],
  ],
  ['ObjectTypeCode lt 4', ['account', 'contact', 'opportunity']],
  ['ChangeTrackingEnabled eq false and IsOptimisticConcurrencyEnabled', ['new_x', 'organization']],
  ['PrimaryNameAttribute eq null and IsIntersect', ['new_skill_bookableresource', 'teammembership']],
])('filters tables by %s', (filter, expected) => {
  const answer = get(`EntityDefinitions?$select=LogicalName&$filter=${encodeURIComponent(filter)}`)
  expect(lastingNames(answer.value)).toEqual(expected)
})

test.each([
  ['an enum as a plain string', "OwnershipType eq 'UserOwned'"],
  ['an enum of another type', "OwnershipType eq Microsoft.Dynamics.CRM.AttributeTypeCode'String'"],
  ['a complex property as a whole', 'CanCreateAttributes eq true'],
  ['a label', "DisplayName eq 'Account'"],
  ['a boolean compared with text', "IsActivity eq 'true'"],
  ['text behind the end', "LogicalName eq 'account' account"],
  ['an open parenthesis', "(LogicalName eq 'account'"],
])('refuses a filter with %s', (_, filter) => {
  expect(refusal(`EntityDefinitions?$filter=${encodeURIComponent(filter)}`)).toEqual(query)
})

test('a function in a metadata filter is refused as the service does', () => {
  expect(refusal("EntityDefinitions?$filter=startswith(LogicalName,'acc')")).toEqual({
    status: 501,
    code: '0x8006088a',
  })
})

test('options that metadata does not take are not ignored', () => {
  for (const option of ['$top=1', '$orderby=LogicalName', '$count=true', '$skip=1', 'LabelLanguages=1036']) {
    expect(refusal(`EntityDefinitions?${option}`)).toEqual(missing)
  }
})

test('columns, keys and relationships are expanded with their own select and filter', () => {
  const filter = encodeURIComponent("AttributeType eq Microsoft.Dynamics.CRM.AttributeTypeCode'Picklist'")
  const answer = get(
    `EntityDefinitions(LogicalName='account')?$select=LogicalName&$expand=Attributes($select=LogicalName;$filter=${filter}),Keys($select=KeyAttributes,EntityKeyIndexStatus),ManyToOneRelationships($select=SchemaName,ReferencingEntityNavigationPropertyName),OneToManyRelationships,ManyToManyRelationships`,
  )
  expect(answer.Attributes.map((column: Parsed) => column.LogicalName)).toEqual([
    'accountcategorycode',
    'accountratingcode',
    'industrycode',
    'customertypecode',
    'ownershipcode',
    'preferredcontactmethodcode',
    'address1_addresstypecode',
    'address1_shippingmethodcode',
  ])
  expect(answer.Attributes[0]['@odata.type']).toBe('#Microsoft.Dynamics.CRM.PicklistAttributeMetadata')
  expect(answer.Keys[0]).toMatchObject({ KeyAttributes: ['accountnumber'], EntityKeyIndexStatus: 'Active' })
  const primary = answer.ManyToOneRelationships.find((one: Parsed) => one.SchemaName === 'account_primary_contact')
  expect(primary.ReferencingEntityNavigationPropertyName).toBe('primarycontactid')
  expect(answer.OneToManyRelationships.length).toBeGreaterThan(5)
  expect(answer.ManyToManyRelationships).toEqual([])
})

test('without $select a column brings the properties of its own type, but no option set', () => {
  const answer = get("EntityDefinitions(LogicalName='account')/Attributes(LogicalName='name')")
  expect(answer).toMatchObject({
    '@odata.type': '#Microsoft.Dynamics.CRM.StringAttributeMetadata',
    MaxLength: 160,
    AttributeTypeName: { Value: 'StringType' },
    RequiredLevel: { Value: 'ApplicationRequired', CanBeChanged: true },
  })
  const choice = get("EntityDefinitions(LogicalName='account')/Attributes(LogicalName='industrycode')")
  expect('OptionSet' in choice).toBe(false)
})

test('a property of a derived type needs the cast', () => {
  const path = "EntityDefinitions(LogicalName='account')/Attributes"
  expect(refusal(`${path}?$select=MaxLength`)).toEqual(query)
  expect(refusal(`${path}?$expand=OptionSet`)).toEqual(query)
  const cast = get(`${path}/Microsoft.Dynamics.CRM.StringAttributeMetadata?$select=LogicalName,MaxLength,FormatName`)
  expect(cast.value.find((column: Parsed) => column.LogicalName === 'accountnumber').MaxLength).toBe(20)
  expect(cast.value.every((column: Parsed) => !('@odata.type' in column))).toBe(true)
})

test.each([
  ['account', 'Picklist', 'accountcategorycode', 'OptionSet,GlobalOptionSet'],
  ['msdyn_workorder', 'MultiSelectPicklist', 'new_safetymeasures', 'OptionSet,GlobalOptionSet'],
  ['incident', 'State', 'statecode', 'OptionSet'],
  ['incident', 'Status', 'statuscode', 'OptionSet'],
  ['account', 'Boolean', 'creditonhold', 'OptionSet'],
  ['account', 'Lookup', 'primarycontactid', undefined],
  ['account', 'String', 'name', undefined],
  ['account', 'Memo', 'description', undefined],
  ['account', 'Integer', 'numberofemployees', undefined],
  ['account', 'BigInt', 'versionnumber', undefined],
  ['account', 'Decimal', 'exchangerate', undefined],
  ['account', 'Double', 'address1_latitude', undefined],
  ['account', 'Money', 'revenue', undefined],
  ['contact', 'DateTime', 'birthdate', undefined],
  ['new_equipment', 'File', 'new_manual', undefined],
  ['new_equipment', 'Image', 'new_photo', undefined],
  ['annotation', 'EntityName', 'objecttypecode', undefined],
  ['account', 'UniqueIdentifier', 'accountid', undefined],
])('casts the columns of %s to %sAttributeMetadata', (table, kind, column, expand) => {
  const path = `EntityDefinitions(LogicalName='${table}')/Attributes/Microsoft.Dynamics.CRM.${kind}AttributeMetadata`
  const answer = get(`${path}${expand === undefined ? '' : `?$expand=${expand}`}`)
  const found = answer.value.find((one: Parsed) => one.LogicalName === column)
  expect(found).toBeDefined()
  if (expand !== undefined) expect(found.OptionSet).toBeTruthy()
})

test('the abstract EnumAttributeMetadata cannot be cast to, nor can what is no column type', () => {
  const path = "EntityDefinitions(LogicalName='account')/Attributes/Microsoft.Dynamics.CRM"
  expect(refusal(`${path}.EnumAttributeMetadata`)).toEqual(query)
  expect(refusal(`${path}.OptionSetMetadata`)).toEqual(query)
  expect(refusal(`${path}.NopeAttributeMetadata`)).toEqual(query)
})

test('status options name their state, state options their default status', () => {
  const path = "EntityDefinitions(LogicalName='incident')/Attributes"
  const status = get(
    `${path}(LogicalName='statuscode')/Microsoft.Dynamics.CRM.StatusAttributeMetadata?$expand=OptionSet`,
  )
  expect(status.OptionSet.Options[0]).toMatchObject({
    '@odata.type': '#Microsoft.Dynamics.CRM.StatusOptionMetadata',
    Value: 1,
    State: 0,
    TransitionData: null,
    Label: { UserLocalizedLabel: { Label: 'In Progress', LanguageCode: 1033 } },
  })
  const state = get(`${path}/Microsoft.Dynamics.CRM.StateAttributeMetadata?$expand=OptionSet($select=Options)`)
  expect(state.value[0].OptionSet.Options[1]).toMatchObject({ Value: 1, DefaultStatus: 5, InvariantName: 'Resolved' })
})

test('a column with a global choice shows it under both names', () => {
  const answer = get(
    "EntityDefinitions(LogicalName='msdyn_workorder')/Attributes(LogicalName='msdyn_systemstatus')/Microsoft.Dynamics.CRM.PicklistAttributeMetadata?$select=LogicalName&$expand=OptionSet($select=Name,IsGlobal),GlobalOptionSet($select=Name)",
  )
  expect(answer.OptionSet).toMatchObject({ Name: 'msdyn_wosystemstatus', IsGlobal: true })
  expect(answer.GlobalOptionSet.Name).toBe('msdyn_wosystemstatus')
})

test('the option set of one column can be addressed', () => {
  const answer = get(
    "EntityDefinitions(LogicalName='account')/Attributes(LogicalName='creditonhold')/Microsoft.Dynamics.CRM.BooleanAttributeMetadata/OptionSet",
  )
  expect(answer.TrueOption.Label.UserLocalizedLabel.Label).toBe('Yes')
})

test('shadow columns say what they shadow and are no OData properties', () => {
  const answer = get("EntityDefinitions(LogicalName='incident')/Attributes?$filter=AttributeOf eq 'customerid'")
  expect(answer.value.map((column: Parsed) => column.LogicalName).toSorted()).toEqual([
    'customeridname',
    'customeridtype',
    'customeridyominame',
  ])
  expect(answer.value.every((column: Parsed) => column.IsValidODataAttribute === false)).toBe(true)
})

test('relationships have a base set that needs a cast for their own properties', () => {
  const all = get('RelationshipDefinitions?$select=SchemaName')
  expect(all.value.length).toBe(schema.relationships().length)
  expect(all.value[0]['@odata.type']).toMatch(/^#Microsoft\.Dynamics\.CRM\.(OneToMany|ManyToMany)RelationshipMetadata$/)
  expect(refusal('RelationshipDefinitions?$select=ReferencedEntity')).toEqual(query)
  const filter = encodeURIComponent(
    "CascadeConfiguration/Delete eq Microsoft.Dynamics.CRM.CascadeType'Restrict' and ReferencedEntity eq 'account'",
  )
  const restricting = get(
    `RelationshipDefinitions/Microsoft.Dynamics.CRM.OneToManyRelationshipMetadata?$filter=${filter}`,
  )
  expect(restricting.value.map((one: Parsed) => one.ReferencingAttribute)).toEqual([
    'msdyn_serviceaccount',
    'msdyn_billingaccount',
  ])
})

test('an N:N relationship names its table and both navigation properties in their case', () => {
  const answer = get(
    "RelationshipDefinitions(SchemaName='new_Skill_BookableResource')/Microsoft.Dynamics.CRM.ManyToManyRelationshipMetadata",
  )
  expect(answer).toMatchObject({
    IntersectEntityName: 'new_skill_bookableresource',
    Entity1LogicalName: 'new_skill',
    Entity1NavigationPropertyName: 'new_Skill_BookableResource',
    Entity2IntersectAttribute: 'bookableresourceid',
  })
})

test('global choices are listed, and found by Name', () => {
  expect(get('GlobalOptionSetDefinitions').value[0]).toMatchObject({
    '@odata.type': '#Microsoft.Dynamics.CRM.OptionSetMetadata',
    Name: 'msdyn_wosystemstatus',
  })
  expect(refusal('GlobalOptionSetDefinitions?$select=Options')).toEqual(query)
  expect(refusal("GlobalOptionSetDefinitions?$filter=Name eq 'msdyn_wosystemstatus'")).toEqual(query)
  const cast = get(
    "GlobalOptionSetDefinitions(Name='msdyn_wosystemstatus')/Microsoft.Dynamics.CRM.OptionSetMetadata?$select=Options",
  )
  expect(cast.Options.length).toBe(6)
})

test('a 64-bit limit keeps its digits', () => {
  const body = answerMetadata(schema, {
    method: 'GET',
    root,
    segments: splitPath("EntityDefinitions(LogicalName='account')/Attributes(LogicalName='versionnumber')"),
    query: parseQuery(''),
    nowMs: 0,
    stampLifetimeDays: 90,
  })
  expect(String(body)).toContain('"MaxValue":9223372036854775807')
})

test('metadata cannot be written', () => {
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
    expect(refusal("EntityDefinitions(LogicalName='account')", method)).toEqual(missing)
    expect(refusal('RelationshipDefinitions', method)).toEqual(missing)
  }
})

test('what is not implemented says so', () => {
  expect(refusal('ManagedPropertyDefinitions')).toEqual(missing)
  expect(
    refusal("RetrieveEntity(LogicalName='account',EntityFilters=1,MetadataId=1,RetrieveAsIfPublished=true)"),
  ).toEqual(missing)
  expect(refusal("EntityDefinitions(LogicalName='account')/ExternalName")).toEqual(missing)
  expect(refusal("EntityDefinitions(LogicalName='account')/Nope")?.status).toBe(404)
})

test('paths that are not metadata are left to others', () => {
  expect(get('accounts')).toBeUndefined()
  expect(get('WhoAmI')).toBeUndefined()
})

test('a restored organisation has the same names and other MetadataIds', () => {
  const restored = fieldService({ rows: 200, salt: 'restored' }).schema
  const before = get("EntityDefinitions(LogicalName='account')?$select=LogicalName")
  const after = get("EntityDefinitions(LogicalName='account')?$select=LogicalName", restored)
  expect(after.LogicalName).toBe(before.LogicalName)
  expect(after.MetadataId).not.toBe(before.MetadataId)
})

test('RetrieveTimestamp gives the current stamp', () => {
  expect(get('RetrieveTimestamp()').Timestamp).toBe(`${schema.stamp}!06/02/2025 06:00:00`)
})

test('labels are not filtered by', () => {
  expect(refusal("EntityDefinitions?$filter=DisplayName/UserLocalizedLabel/Label eq 'Account'")).toEqual(query)
})

test('a filter of any depth and length is answered or refused', () => {
  expect(refusal(`EntityDefinitions?$filter=${'('.repeat(50_000)}`)).toEqual(query)
  expect(refusal(`EntityDefinitions?$filter=${'not '.repeat(50_000)}IsActivity`)).toEqual(query)
  const long = (count: number): string =>
    `EntityDefinitions?$filter=${Array(count).fill('IsActivity eq true').join(' or ')}`
  expect(refusal(long(500))).toBeUndefined()
  expect(refusal(long(501))).toEqual({ status: 400, code: '0x8004430c' })
})

test('a single property is read by its path: a plain one as value, a complex one with its members', () => {
  expect(get("EntityDefinitions(LogicalName='account')/SchemaName")).toEqual({
    '@odata.context': `${root}$metadata#EntityDefinitions('account')/SchemaName`,
    value: 'Account',
  })
  const label = get("EntityDefinitions(LogicalName='account')/DisplayName")
  expect(label['@odata.context']).toBe(`${root}$metadata#EntityDefinitions('account')/DisplayName`)
  expect(label.UserLocalizedLabel.Label).toBe('Account')
  expect(refusal("EntityDefinitions(LogicalName='account')/SchemaName?$select=x")).toEqual(missing)
})

test('the documented look-up by name gives the options under OptionSet and GlobalOptionSet alike', () => {
  const cast = 'Microsoft.Dynamics.CRM.PicklistAttributeMetadata'
  const path = `EntityDefinitions(LogicalName='account')/Attributes(LogicalName='accountcategorycode')/${cast}`
  const answer = get(`${path}?$select=LogicalName&$expand=OptionSet($select=Options),GlobalOptionSet($select=Options)`)
  expect(answer['@odata.context']).toBe(
    `${root}$metadata#EntityDefinitions('account')/Attributes/${cast}(LogicalName,OptionSet(Options),GlobalOptionSet(Options))/$entity`,
  )
  expect(answer.GlobalOptionSet).toEqual(answer.OptionSet)
  expect(Object.keys(answer.OptionSet)).toEqual(['MetadataId', 'Options'])
  expect(answer.OptionSet.Options[0]).toMatchObject({ Value: 1, Color: null, ExternalValue: null, ParentValues: [] })
})

test.each([
  ["SchemaName eq 5 and LogicalName eq 'none'", query],
  ["LogicalName eq 'none' and IsCustomEntity eq 'true'", query],
  ["LogicalName eq 'none' and OwnershipType eq 'UserOwned'", query],
  ["LogicalName eq 'none' and CanCreateAttributes eq true", query],
  ["LogicalName eq 'none' and CanCreateAttributes/Nope eq true", query],
  ["LogicalName eq 'none' and Privileges eq null", query],
])('a filter that does not fit the model is refused whatever rows there are: %s', (filter, expected) => {
  expect(refusal(`EntityDefinitions?$filter=${encodeURIComponent(filter)}`)).toEqual(expected)
})
