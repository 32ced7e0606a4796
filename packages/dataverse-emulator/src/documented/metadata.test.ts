import { expect, test } from 'vitest'
import { bench } from '../ask.test-support.ts'
import type { Answer, Bench } from '../ask.test-support.ts'

const CRM = 'Microsoft.Dynamics.CRM.'
const ACCOUNT = "EntityDefinitions(LogicalName='account')"

/** For tests that only read. */
const house = bench({ rows: 200 })

function get({ ask }: Bench, path: string, options = ''): Promise<Answer> {
  return ask('GET', options === '' ? path : `${path}?${encodeURI(options)}`, { headers: { Consistency: 'Strong' } })
}

test.for<[filter: string, some: string, no: string]>([
  ['ChangeTrackingEnabled eq true', 'account', 'new_x'],
  ['CanCreateAttributes/Value eq true', 'account', 'new_skill_bookableresource'],
  [`OwnershipType eq ${CRM}OwnershipTypes'UserOwned'`, 'account', 'organization'],
])('§8: EntityDefinitions where %s, all in one answer', async ([filter, some, no]) => {
  const { json } = await get(house, 'EntityDefinitions', `$select=LogicalName&$filter=${filter}`)
  expect(Object.keys(json)).toEqual(['@odata.context', 'value'])
  expect(Object.keys(json.value[0])).toEqual(['MetadataId', 'LogicalName'])
  const names = json.value.map((table: { LogicalName: string }) => table.LogicalName)
  expect([names.includes(some), names.includes(no)]).toEqual([true, false])
})

test.for<[filter: string, some: string, no: string]>([
  [`AttributeType eq ${CRM}AttributeTypeCode'Picklist'`, 'industrycode', 'name'],
  [`RequiredLevel/Value eq ${CRM}AttributeRequiredLevel'ApplicationRequired'`, 'name', 'industrycode'],
])('§8: Attributes where %s', async ([filter, some, no]) => {
  const expand = `$select=LogicalName&$expand=Attributes($select=LogicalName;$filter=${filter})`
  const { json } = await get(house, ACCOUNT, expand)
  const names = json.Attributes.map((column: { LogicalName: string }) => column.LogicalName)
  expect([names.includes(some), names.includes(no)]).toEqual([true, false])
})

test('§8: a label is not filtered by, and the key may be the MetadataId', async () => {
  const org = house
  expect((await get(org, 'EntityDefinitions', "$filter=DisplayName eq 'Account'")).status).toBe(400)
  const { MetadataId } = (await get(org, ACCOUNT)).json
  expect((await get(org, `EntityDefinitions(${MetadataId})`)).json.LogicalName).toBe('account')
})

test.for<[table: string, cast: string, column: string, property: string, value: unknown]>([
  ['account', 'Picklist', 'industrycode', 'DefaultFormValue', -1],
  ['msdyn_workorder', 'MultiSelectPicklist', 'new_safetymeasures', 'DefaultFormValue', -1],
  ['account', 'State', 'statecode', 'AttributeType', 'State'],
  ['account', 'Status', 'statuscode', 'AttributeType', 'Status'],
  ['account', 'Boolean', 'creditonhold', 'DefaultValue', false],
  ['account', 'Lookup', 'primarycontactid', 'Targets', ['contact']],
  ['account', 'String', 'name', 'MaxLength', 160],
  ['account', 'Memo', 'description', 'MaxLength', 2000],
  ['account', 'Integer', 'numberofemployees', 'MaxValue', 1000000000],
  ['account', 'BigInt', 'versionnumber', 'AttributeType', 'BigInt'],
  ['account', 'Decimal', 'exchangerate', 'Precision', 12],
  ['account', 'Double', 'address1_latitude', 'Precision', 5],
  ['account', 'Money', 'revenue', 'PrecisionSource', 2],
  ['contact', 'DateTime', 'birthdate', 'DateTimeBehavior', { Value: 'DateOnly' }],
  ['account', 'Image', 'entityimage', 'IsPrimaryImage', true],
])('§8: the columns of %s cast to %s', async ([table, cast, column, property, value]) => {
  const path = `EntityDefinitions(LogicalName='${table}')/Attributes`
  const { json } = await get(house, `${path}/${CRM}${cast}AttributeMetadata`, `$select=LogicalName,${property}`)
  const found = json.value.find((one: { LogicalName: string }) => one.LogicalName === column)
  expect(found).toMatchObject({ [property]: value })
})

test('§8: choices are seen by a cast and an expand, never by the abstract EnumAttributeMetadata', async () => {
  const org = house
  const path = `${ACCOUNT}/Attributes/${CRM}PicklistAttributeMetadata`
  const { json } = await get(org, path, '$select=LogicalName&$expand=OptionSet,GlobalOptionSet')
  const { OptionSet } = json.value.find((one: { LogicalName: string }) => one.LogicalName === 'accountcategorycode')
  const label = {
    Label: 'Preferred Customer',
    LanguageCode: 1033,
    IsManaged: expect.any(Boolean),
    MetadataId: expect.any(String),
    HasChanged: null,
  }
  expect(OptionSet.Options[0]).toMatchObject({
    Value: 1,
    Label: { LocalizedLabels: [label], UserLocalizedLabel: label },
    Description: expect.any(Object),
    Color: null,
  })
  expect((await get(org, `${ACCOUNT}/Attributes/${CRM}EnumAttributeMetadata`)).status).toBe(400)
})

test('§8: status options say their state, state options their status', async () => {
  const org = house
  const options = async (type: string): Promise<Record<string, unknown>> => {
    const path = `EntityDefinitions(LogicalName='task')/Attributes/${CRM}${type}AttributeMetadata`
    return (await get(org, path, '$select=LogicalName&$expand=OptionSet')).json.value[0].OptionSet.Options[0]
  }
  expect(await options('Status')).toMatchObject({ State: 0, TransitionData: null })
  expect(await options('State')).toMatchObject({ DefaultStatus: expect.any(Number), InvariantName: 'Open' })
})

test.for<[path: string, property: string]>([
  [`RelationshipDefinitions/${CRM}OneToManyRelationshipMetadata`, 'ReferencingEntityNavigationPropertyName'],
  [`RelationshipDefinitions/${CRM}ManyToManyRelationshipMetadata`, 'Entity1NavigationPropertyName'],
  [`GlobalOptionSetDefinitions/${CRM}OptionSetMetadata`, 'Options'],
  [`${ACCOUNT}/Keys`, 'EntityKeyIndexStatus'],
  [`${ACCOUNT}/OneToManyRelationships`, 'CascadeConfiguration'],
  [`${ACCOUNT}/ManyToOneRelationships`, 'ReferencedEntityNavigationPropertyName'],
  [`${ACCOUNT}/Attributes`, 'AttributeOf'],
])('§8: %s', async ([path, property]) => {
  const { status, json } = await get(house, path)
  expect([status, Object.keys(json.value[0])]).toEqual([200, expect.arrayContaining([property])])
})

const QUERY = JSON.stringify({
  Properties: { AllProperties: false, PropertyNames: ['LogicalName', 'Attributes'] },
  Criteria: {
    FilterOperator: 'And',
    Conditions: [
      { PropertyName: 'LogicalName', ConditionOperator: 'Equals', Value: { Type: 'System.String', Value: 'account' } },
    ],
  },
  AttributeQuery: { Properties: { AllProperties: false, PropertyNames: ['LogicalName'] } },
  LabelQuery: { FilterLanguages: [1033] },
})

test('§8: RetrieveMetadataChanges tells what was deleted since the stamp, once', async () => {
  const org = bench({ rows: 200 })
  const changes = async (stamp: string): Promise<Answer> => {
    const call = 'RetrieveMetadataChanges(Query=@p1,DeletedMetadataFilters=@p2,ClientVersionStamp=@p3)'
    return get(
      org,
      `${call}?@p1=${encodeURIComponent(QUERY)}&@p2=${CRM}DeletedMetadataFilters'Attribute'&@p3='${encodeURIComponent(stamp)}'`,
    )
  }
  const first = await get(org, `RetrieveMetadataChanges(Query=@p1)?@p1=${encodeURIComponent(QUERY)}`)
  expect(first.json.EntityMetadata.map((table: { LogicalName: string }) => table.LogicalName)).toEqual(['account'])
  const gone = first.json.EntityMetadata[0].Attributes.find((one: { LogicalName: string }) => one.LogicalName === 'fax')
  org.emulator.schema.removeColumn('account', 'fax')
  const second = await changes(first.json.ServerVersionStamp)
  expect(second.json.DeletedMetadata).toEqual({
    Count: 1,
    IsReadOnly: false,
    Keys: ['Attribute'],
    Values: [{ Items: [gone.MetadataId] }],
  })
  const third = await changes(second.json.ServerVersionStamp)
  expect([third.json.EntityMetadata, third.json.DeletedMetadata.Count]).toEqual([[], 0])
  org.clock.advance(91 * 86_400_000)
  const expired = await changes(second.json.ServerVersionStamp)
  expect([expired.status, expired.json.error.code]).toEqual([400, '0x80044352'])
})

test('§8: RetrieveTimestamp and the annotation globalmetadataversion change with the schema', async () => {
  const { ask, emulator } = bench({ rows: 200 })
  const probe = async (): Promise<readonly string[]> => {
    const Prefer = 'odata.include-annotations="Microsoft.Dynamics.CRM.globalmetadataversion"'
    const { json } = await ask('GET', 'accounts?$select=name&$top=1', { headers: { Prefer } })
    return [json[`@${CRM}globalmetadataversion`], (await ask('GET', 'RetrieveTimestamp()')).json.Timestamp]
  }
  const before = await probe()
  expect(await probe()).toEqual(before)
  emulator.schema.removeColumn('account', 'fax')
  const after = await probe()
  expect(after.map((stamp, at) => stamp === before[at])).toEqual([false, false])
})

test('§8: a shadow column says what it shadows and is not selected', async () => {
  const org = house
  const path = `${ACCOUNT}/Attributes(LogicalName='primarycontactidname')`
  expect((await get(org, path, '$select=AttributeOf')).json.AttributeOf).toBe('primarycontactid')
  const { status, json } = await get(org, 'accounts', '$select=primarycontactidname')
  expect([status, json.error.code]).toEqual([400, '0x80060888'])
})

test('§6: $metadata?annotations=true says which sets have change tracking', async () => {
  const { status, headers, text } = await house.ask('GET', '$metadata?annotations=true', {
    headers: { Accept: 'application/xml' },
  })
  expect([status, headers.get('Content-Type')?.split(';')[0]]).toEqual([200, 'application/xml'])
  expect(text).toContain('Org.OData.Capabilities.V1.ChangeTracking')
})

test.for<[what: string, path: string, names: string]>([
  [
    'a table',
    ACCOUNT,
    'LogicalName SchemaName EntitySetName MetadataId ObjectTypeCode PrimaryIdAttribute PrimaryNameAttribute PrimaryImageAttribute OwnershipType IsIntersect IsActivity IsActivityParty IsCustomEntity ChangeTrackingEnabled CanChangeTrackingBeEnabled IsOptimisticConcurrencyEnabled IsValidForAdvancedFind IsAvailableOffline IsOfflineInMobileClient DataProviderId TableType Privileges',
  ],
  [
    'a column',
    `${ACCOUNT}/Attributes(LogicalName='name')`,
    'LogicalName SchemaName AttributeType AttributeTypeName AttributeOf IsValidForCreate IsValidForUpdate IsValidForRead IsLogical IsPrimaryId IsPrimaryName RequiredLevel SourceType IsSecured MaxLength',
  ],
  [
    'a 1:N relationship',
    "RelationshipDefinitions(SchemaName='account_primary_contact')/Microsoft.Dynamics.CRM.OneToManyRelationshipMetadata",
    'SchemaName ReferencedEntity ReferencedAttribute ReferencingEntity ReferencingAttribute ReferencingEntityNavigationPropertyName ReferencedEntityNavigationPropertyName CascadeConfiguration',
  ],
  [
    'an N:N relationship',
    "RelationshipDefinitions(SchemaName='new_Skill_BookableResource')/Microsoft.Dynamics.CRM.ManyToManyRelationshipMetadata",
    'IntersectEntityName Entity1LogicalName Entity2LogicalName Entity1IntersectAttribute Entity2IntersectAttribute Entity1NavigationPropertyName Entity2NavigationPropertyName',
  ],
])('§8: what a replica needs of %s', async ([, path, names]) => {
  const { status, json } = await get(house, path)
  expect([status, Object.keys(json)]).toEqual([200, expect.arrayContaining(names.split(' '))])
})

test('§8: a lookup to several tables has them all as Targets', async () => {
  const path = "EntityDefinitions(LogicalName='contact')/Attributes(LogicalName='parentcustomerid')"
  const { json } = await get(house, `${path}/${CRM}LookupAttributeMetadata`, '$select=Targets')
  expect(json.Targets).toEqual(['account', 'contact'])
})
