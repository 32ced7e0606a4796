import type { Json } from '@outpost/core'
import { expect, test } from 'vitest'
import { columnMetadata } from './column-metadata.ts'
import { jsonObjects } from './json.ts'
import { tableMetadata } from './table-metadata.ts'

const label = (text: string): Json => ({
  LocalizedLabels: [{ Label: text, LanguageCode: 1033 }],
  UserLocalizedLabel: { Label: text },
})

function attribute(name: string, type: string, more: Record<string, Json> = {}): Json {
  return {
    '@odata.type': `#Microsoft.Dynamics.CRM.Complex${type}AttributeMetadata`,
    LogicalName: name,
    DisplayName: label(name.toUpperCase()),
    AttributeType: type,
    AttributeTypeName: { Value: `${type}Type` },
    AttributeOf: null,
    RequiredLevel: { Value: 'None' },
    IsValidForCreate: true,
    IsValidForRead: true,
    IsValidForUpdate: true,
    ...more,
  }
}

function column(type: string, more: Record<string, Json> = {}): ReturnType<typeof columnMetadata> {
  return columnMetadata(jsonObjects([attribute('x', type, more)])[0] ?? {})
}

test.each([
  ['String', {}, 'text'],
  ['Memo', {}, 'memo'],
  ['Integer', {}, 'integer'],
  ['BigInt', {}, 'bigint'],
  ['Decimal', {}, 'decimal'],
  ['Double', {}, 'double'],
  ['Money', {}, 'money'],
  ['Boolean', {}, 'boolean'],
  ['Picklist', {}, 'choice'],
  ['State', {}, 'state'],
  ['Status', {}, 'status'],
  ['Lookup', {}, 'lookup'],
  ['Customer', {}, 'lookup'],
  ['Owner', {}, 'lookup'],
  ['Uniqueidentifier', {}, 'guid'],
  ['EntityName', {}, 'other'],
  ['Virtual', { AttributeTypeName: { Value: 'MultiSelectPicklistType' } }, 'choices'],
  ['Virtual', { AttributeTypeName: { Value: 'FileType' } }, 'file'],
  ['Virtual', { AttributeTypeName: { Value: 'ImageType' } }, 'image'],
  ['Virtual', {}, 'other'],
  ['SomethingNew', {}, 'other'],
  ['String', { AttributeTypeName: null }, 'text'],
] as const)('a %s column %j is of type %s', (type, more, expected) => {
  expect(column(type, more)?.type).toBe(expected)
})

test('dates without a time, instants and wall-clock times are told apart', () => {
  expect(column('DateTime', { DateTimeBehavior: { Value: 'UserLocal' } })).toMatchObject({
    type: 'datetime',
    clock: 'utc',
  })
  expect(column('DateTime', { DateTimeBehavior: { Value: 'TimeZoneIndependent' } })).toMatchObject({
    type: 'datetime',
    clock: 'local',
  })
  const date = column('DateTime', { DateTimeBehavior: { Value: 'DateOnly' } })
  expect(date?.type).toBe('date')
  expect(date).not.toHaveProperty('clock')
})

test('columns that are not properties of a row cannot be read', () => {
  expect(column('String', { AttributeOf: 'primarycontactid' })?.readable).toBe(false)
  expect(column('Boolean', { IsValidForRead: false })?.readable).toBe(false)
  expect(column('Virtual')?.readable).toBe(false)
  expect(column('PartyList')?.readable).toBe(false)
  expect(column('Virtual', { AttributeTypeName: { Value: 'MultiSelectPicklistType' } })?.readable).toBe(true)
})

test('rules come with their columns', () => {
  expect(column('String', { MaxLength: 160, RequiredLevel: { Value: 'SystemRequired' } })).toMatchObject({
    maxLength: 160,
    required: true,
  })
  expect(column('String', { RequiredLevel: { Value: 'ApplicationRequired' } })?.required).toBe(false)
  expect(column('Money', { MinValue: -922337203685477, MaxValue: '1000000000.0000000', Precision: 2 })).toMatchObject({
    min: -922337203685477,
    max: 1_000_000_000,
    precision: 2,
  })
  expect(column('BigInt', { MinValue: '-9223372036854775808' })).not.toHaveProperty('min')
  expect(column('String', { IsValidForUpdate: false })).toMatchObject({ creatable: true, updatable: false })
})

test('options carry their labels, and statuses the state they belong to', () => {
  const OptionSet: Json = {
    Options: [
      { Value: 1, Label: label('In Progress'), State: 0 },
      { Value: 5, Label: { LocalizedLabels: [], UserLocalizedLabel: null }, State: 1 },
    ],
  }
  expect(column('Status', { OptionSet })?.options).toEqual([
    { value: 1, label: 'In Progress', state: 0 },
    { value: 5, label: '5', state: 1 },
  ])
  expect(column('Picklist', { OptionSet: null })?.options).toEqual([])
})

const entities = jsonObjects([
  {
    LogicalName: 'incident',
    EntitySetName: 'incidents',
    DisplayName: label('Case'),
    PrimaryIdAttribute: 'incidentid',
    PrimaryNameAttribute: 'title',
    OwnershipType: 'UserOwned',
    IsIntersect: false,
    IsOptimisticConcurrencyEnabled: true,
    ChangeTrackingEnabled: false,
    Attributes: [
      attribute('incidentid', 'Uniqueidentifier'),
      attribute('customerid', 'Customer', { Targets: ['account', 'contact'] }),
      attribute('ownerid', 'Owner', { Targets: ['systemuser', 'team'] }),
    ],
    Keys: [
      { LogicalName: 'new_number', KeyAttributes: ['ticketnumber'], EntityKeyIndexStatus: 'Active' },
      { LogicalName: 'new_pending', KeyAttributes: ['title'], EntityKeyIndexStatus: 'Pending' },
    ],
    OneToManyRelationships: [
      {
        SchemaName: 'Incident_Tasks',
        ReferencedEntity: 'incident',
        ReferencingEntity: 'task',
        ReferencingAttribute: 'regardingobjectid',
        CascadeConfiguration: { Delete: 'Cascade' },
      },
      {
        SchemaName: 'x',
        ReferencingEntity: 'y',
        ReferencingAttribute: 'z',
        CascadeConfiguration: { Delete: 'NoCascade' },
      },
    ],
    ManyToOneRelationships: [
      {
        ReferencingAttribute: 'customerid',
        ReferencedEntity: 'account',
        ReferencingEntityNavigationPropertyName: 'customerid_account',
      },
      {
        ReferencingAttribute: 'customerid',
        ReferencedEntity: 'contact',
        ReferencingEntityNavigationPropertyName: 'customerid_contact',
      },
      {
        ReferencingAttribute: 'ownerid',
        ReferencedEntity: 'owner',
        ReferencingEntityNavigationPropertyName: 'ownerid',
      },
    ],
    ManyToManyRelationships: [
      {
        SchemaName: 'new_incident_article',
        IntersectEntityName: 'new_incident_article',
        Entity1LogicalName: 'incident',
        Entity1IntersectAttribute: 'incidentid',
        Entity1NavigationPropertyName: 'new_articles',
        Entity2LogicalName: 'knowledgearticle',
        Entity2IntersectAttribute: 'knowledgearticleid',
        Entity2NavigationPropertyName: '',
      },
    ],
  },
  {
    LogicalName: 'new_incident_article',
    EntitySetName: 'new_incident_articleset',
    PrimaryIdAttribute: 'new_incident_articleid',
    PrimaryNameAttribute: null,
    OwnershipType: 'None',
    IsIntersect: true,
    Attributes: [],
    ManyToManyRelationships: null,
  },
  { LogicalName: 'owner', EntitySetName: null, PrimaryIdAttribute: 'ownerid' },
])

test('a table knows its names, rules and relationships', () => {
  const incident = tableMetadata(entities)[0]
  expect(incident).toMatchObject({
    name: 'incident',
    label: 'Case',
    primaryId: 'incidentid',
    primaryName: 'title',
    ownership: 'user',
    intersect: false,
    versioned: true,
    changeTracking: false,
    keys: [{ name: 'new_number', columns: ['ticketnumber'] }],
    oneToMany: [
      { name: 'Incident_Tasks', referencingTable: 'task', referencingColumn: 'regardingobjectid', onDelete: 'cascade' },
      { name: 'x', referencingTable: 'y', referencingColumn: 'z', onDelete: 'none' },
    ],
    wire: {
      entitySetName: 'incidents',
      lookups: {
        customerid: { account: 'customerid_account', contact: 'customerid_contact' },
        ownerid: { owner: 'ownerid' },
      },
      links: { new_incident_article: { fromFirst: 'new_articles', fromSecond: null } },
    },
  })
  expect(incident?.columns.map(({ name }) => name)).toEqual(['incidentid', 'customerid', 'ownerid'])
  expect(incident?.columns[1]?.targets).toEqual([{ table: 'account' }, { table: 'contact' }])
})

test('an intersect table knows the relationship whose links it holds, though only its sides name it', () => {
  const links = tableMetadata(entities)[1]
  expect(links).toMatchObject({ intersect: true, ownership: 'none', versioned: false })
  expect(links?.manyToMany).toEqual([
    {
      name: 'new_incident_article',
      intersectTable: 'new_incident_article',
      first: { table: 'incident', column: 'incidentid' },
      second: { table: 'knowledgearticle', column: 'knowledgearticleid' },
    },
  ])
})

test('what has no rows of its own is no table', () => {
  expect(tableMetadata(entities).map(({ name }) => name)).toEqual(['incident', 'new_incident_article'])
})

test('the definition survives being stored as JSON', () => {
  const tables = tableMetadata(entities)
  expect(JSON.parse(JSON.stringify(tables))).toEqual(tables)
})

test.each<[string, Record<string, Json>, boolean]>([
  ['String', { IsValidForUpdate: true }, true],
  ['String', { IsValidForUpdate: false }, false],
  ['Customer', { Targets: ['account', 'contact'] }, true],
  ['Picklist', { DefaultFormValue: -1 }, true],
  ['Picklist', { DefaultFormValue: 0 }, false],
  ['String', { AutoNumberFormat: 'WO-{SEQNUM:5}' }, false],
  ['Lookup', { Targets: ['businessunit'] }, false],
  ['Boolean', {}, false],
  ['Integer', {}, false],
  ['Uniqueidentifier', {}, false],
  ['Owner', { Targets: ['systemuser', 'team'] }, false],
  ['State', {}, false],
  ['String', { IsValidForCreate: false }, false],
  ['String', { RequiredLevel: { Value: 'ApplicationRequired' } }, false],
])('a required %s column %j cannot be left out of a create: %s', (type, more, expected) => {
  const found = column(type, { RequiredLevel: { Value: 'SystemRequired' }, ...more })
  expect(found?.requiredOnCreate ?? false).toBe(expected)
})

test('a table knows the names of the privileges that reading and writing take, and nothing of those it does not name', () => {
  const entity = { LogicalName: 'task', EntitySetName: 'tasks', PrimaryIdAttribute: 'activityid' }
  const privileges = [
    { Name: 'prvCreateActivity', PrivilegeType: 'Create' },
    { Name: 'prvAppendToActivity', PrivilegeType: 'AppendTo' },
    { Name: 'prvReadActivity', PrivilegeType: 'Read' },
  ]
  const [task] = tableMetadata([{ ...entity, Privileges: privileges }])
  expect(task?.privileges).toEqual({
    create: 'prvCreateActivity',
    appendTo: 'prvAppendToActivity',
    read: 'prvReadActivity',
  })
  const [unknown] = tableMetadata([entity])
  expect(unknown).not.toHaveProperty('privileges')
})
