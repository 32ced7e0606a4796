import { expect, test } from 'vitest'
import { WebApiError } from '../errors.ts'
import { parseQuery } from '../odata/query-options.ts'
import { splitPath } from '../odata/resource-path.ts'
import { choice, lookup, text } from '../schema.ts'
import type { Schema } from '../schema.ts'
import { fieldService } from '../seed/field-service.ts'
import { answerMetadata } from './answer.ts'

// oxlint-disable-next-line typescript/no-explicit-any -- answers are inspected like a client would: as parsed JSON
type Parsed = any

const startMs = Date.parse('2025-06-02T06:00:00Z')
const dayMs = 86_400_000

interface Call {
  readonly query?: unknown
  readonly stamp?: string
  readonly deleted?: string
  readonly nowMs?: number
}

function call(schema: Schema, { query, stamp, deleted, nowMs = startMs }: Call): Parsed {
  const parameters: string[] = []
  const aliases: string[] = []
  const add = (name: string, value: string): void => {
    const alias = `@p${parameters.length + 1}`
    parameters.push(`${name}=${alias}`)
    aliases.push(`${alias}=${encodeURIComponent(value)}`)
  }
  if (query !== undefined) add('Query', JSON.stringify(query))
  if (deleted !== undefined) add('DeletedMetadataFilters', `Microsoft.Dynamics.CRM.DeletedMetadataFilters'${deleted}'`)
  if (stamp !== undefined) add('ClientVersionStamp', `'${stamp}'`)
  return raw(schema, `RetrieveMetadataChanges(${parameters.join(',')})`, aliases.join('&'), nowMs)
}

function raw(schema: Schema, path: string, search: string, nowMs: number = startMs): Parsed {
  const body = answerMetadata(schema, {
    method: 'GET',
    root: 'https://org.example/api/data/v9.2/',
    segments: splitPath(path),
    query: parseQuery(search),
    nowMs,
    stampLifetimeDays: 90,
  })
  return body === undefined ? undefined : JSON.parse(body.toString())
}

function refusal(make: () => unknown): { status: number; code: string } | undefined {
  try {
    make()
  } catch (error) {
    if (error instanceof WebApiError) return { status: error.status, code: error.code }
    throw error
  }
  return undefined
}

const newSchema = (): Schema => fieldService({ rows: 200 }).schema
const named = (name: string): unknown => ({
  FilterOperator: 'And',
  Conditions: [
    { PropertyName: 'LogicalName', ConditionOperator: 'Equals', Value: { Type: 'System.String', Value: name } },
  ],
})
const account = {
  Properties: { AllProperties: false, PropertyNames: ['SchemaName', 'Attributes', 'OneToManyRelationships', 'Keys'] },
  Criteria: named('account'),
  AttributeQuery: { Properties: { AllProperties: false, PropertyNames: ['SchemaName', 'AttributeType', 'OptionSet'] } },
}
const invalid = { status: 400, code: '0x80040203' }
const expired = { status: 400, code: '0x80044352' }

test('without a stamp the query decides what comes, and HasChanged is null', () => {
  const answer = call(newSchema(), { query: account })
  expect(answer.ServerVersionStamp).toMatch(/^\d+!06\/02\/2025 06:00:00$/)
  expect(answer.DeletedMetadata).toEqual({ Count: 0, IsReadOnly: false, Keys: [], Values: [] })
  expect(answer.EntityMetadata.map((table: Parsed) => table.LogicalName)).toEqual(['account'])
  expect(answer.EntityMetadata[0].HasChanged).toBeNull()
  expect(answer.EntityMetadata[0].Attributes.every((column: Parsed) => column.HasChanged === null)).toBe(true)
})

test('what was not asked for is null or empty, never absent', () => {
  const [table] = call(newSchema(), { query: account }).EntityMetadata
  expect(table).toMatchObject({ SchemaName: 'Account', EntitySetName: null, ObjectTypeCode: null, DisplayName: null })
  expect(table.ManyToOneRelationships).toEqual([])
  const name = table.Attributes.find((column: Parsed) => column.LogicalName === 'name')
  expect(name).toMatchObject({
    SchemaName: 'Name',
    AttributeType: 'String',
    MaxLength: null,
    RequiredLevel: null,
    Settings: [],
  })
})

test('columns of every type come in one answer, each under its complex type', () => {
  const [table] = call(newSchema(), { query: account }).EntityMetadata
  const typeOf = (name: string): string | undefined =>
    table.Attributes.find((column: Parsed) => column.LogicalName === name)['@odata.type']
  expect(typeOf('name')).toBe('#Microsoft.Dynamics.CRM.ComplexStringAttributeMetadata')
  expect(typeOf('industrycode')).toBe('#Microsoft.Dynamics.CRM.ComplexPicklistAttributeMetadata')
  expect(typeOf('primarycontactid')).toBe('#Microsoft.Dynamics.CRM.ComplexLookupAttributeMetadata')
  expect(typeOf('accountid')).toBeUndefined()
})

test('option sets come with their options and labels', () => {
  const [table] = call(newSchema(), { query: account }).EntityMetadata
  const column = table.Attributes.find((one: Parsed) => one.LogicalName === 'accountcategorycode')
  expect(column.OptionSet.Options[0].Label.UserLocalizedLabel.Label).toBe('Preferred Customer')
})

test('AllProperties asks for everything', () => {
  const [table] = call(newSchema(), {
    query: { Properties: { AllProperties: true }, Criteria: named('task') },
  }).EntityMetadata
  expect(table).toMatchObject({ EntitySetName: 'tasks', ChangeTrackingEnabled: true, IsActivity: true })
  expect(table.Privileges.length).toBe(8)
  const regarding = table.Attributes.find((column: Parsed) => column.LogicalName === 'regardingobjectid')
  expect(regarding.Targets).toEqual(['account', 'contact', 'incident', 'opportunity', 'msdyn_workorder'])
})

test.each([
  ['In', { Type: 'System.String[]', Value: "['account','contact']" }, 'LogicalName', ['account', 'contact']],
  [
    'Equals',
    { Type: 'System.Boolean', Value: 'True' },
    'IsIntersect',
    ['new_skill_bookableresource', 'teammembership'],
  ],
  ['LessThan', { Type: 'System.Int32', Value: '3' }, 'ObjectTypeCode', ['account', 'contact']],
  [
    'Equals',
    { Type: 'Microsoft.Xrm.Sdk.Metadata.OwnershipTypes', Value: 'BusinessOwned' },
    'OwnershipType',
    ['businessunit', 'systemuser', 'team'],
  ],
  ['Equals', { Type: 'System.Boolean', Value: 'false' }, 'CanChangeTrackingBeEnabled', ['organization']],
])('a condition with %s and %o on %s', (operator, value, property, expected) => {
  const criteria = { Conditions: [{ PropertyName: property, ConditionOperator: operator, Value: value }] }
  const answer = call(newSchema(), { query: { Criteria: criteria } })
  // Tables that other features bring along come and go.
  const lasting = [
    'account',
    'businessunit',
    'contact',
    'new_skill_bookableresource',
    'organization',
    'systemuser',
    'team',
    'teammembership',
  ]
  const names = answer.EntityMetadata.map((table: Parsed): string => table.LogicalName)
  expect(names.filter((name: string) => lasting.includes(name)).toSorted()).toEqual(expected)
})

test('conditions combine with Or and inner filters', () => {
  const criteria = {
    FilterOperator: 'Or',
    Conditions: [
      { PropertyName: 'LogicalName', ConditionOperator: 'Equals', Value: { Type: 'System.String', Value: 'task' } },
    ],
    Filters: [named('phonecall')],
  }
  const answer = call(newSchema(), { query: { Criteria: criteria } })
  expect(answer.EntityMetadata.map((table: Parsed) => table.LogicalName)).toEqual(['task', 'phonecall'])
})

test.each([
  ['an unknown member', { Propertys: {} }],
  ['an unknown property name', { Properties: { PropertyNames: ['Nope'] } }],
  [
    'a condition on an unknown property',
    { Criteria: { Conditions: [{ PropertyName: 'Nope', ConditionOperator: 'Equals' }] } },
  ],
  [
    'a condition on a label',
    {
      Criteria: {
        Conditions: [
          {
            PropertyName: 'DisplayName',
            ConditionOperator: 'Equals',
            Value: { Type: 'System.String', Value: 'Account' },
          },
        ],
      },
    },
  ],
  ['an AttributeQuery without Attributes', { Properties: { PropertyNames: ['SchemaName'] }, AttributeQuery: {} }],
  [
    'a condition on SourceType',
    {
      Properties: { PropertyNames: ['Attributes'] },
      AttributeQuery: {
        Criteria: {
          Conditions: [
            { PropertyName: 'SourceType', ConditionOperator: 'Equals', Value: { Type: 'System.Int32', Value: '0' } },
          ],
        },
      },
    },
  ],
])('refuses a query with %s', (_, query) => {
  expect(refusal(() => call(newSchema(), { query }))).toEqual(invalid)
})

test('parameters and options it does not know are refused, not ignored', () => {
  const schema = newSchema()
  const missing = { status: 501, code: 'emulator-not-implemented' }
  expect(refusal(() => raw(schema, 'RetrieveMetadataChanges()', '$select=ServerVersionStamp'))).toEqual(missing)
  expect(refusal(() => raw(schema, 'RetrieveMetadataChanges(RetrieveAllSettings=true)', ''))).toEqual(missing)
  expect(refusal(() => raw(schema, 'RetrieveMetadataChanges()', '@p1={}'))).toEqual(missing)
  expect(refusal(() => raw(schema, "RetrieveMetadataChanges(Nope='x')", ''))?.status).toBe(400)
  expect(refusal(() => raw(schema, 'RetrieveMetadataChanges(Query=@p1)', '@p1=%7Bnot json'))?.status).toBe(400)
})

test('with a current stamp nothing comes', () => {
  const schema = newSchema()
  const { ServerVersionStamp: stamp } = call(schema, { query: account })
  expect(call(schema, { query: account, stamp }).EntityMetadata).toEqual([])
})

test('an added column comes alone, under a table whose HasChanged is false', () => {
  const schema = newSchema()
  const { ServerVersionStamp: stamp } = call(schema, { query: account })
  schema.addColumn('account', text('new_Floor'))
  const [table, ...others] = call(schema, { query: account, stamp }).EntityMetadata
  expect(others).toEqual([])
  expect(table).toMatchObject({ LogicalName: 'account', HasChanged: false, SchemaName: null })
  expect(table.Attributes).toHaveLength(1)
  expect(table.Attributes[0]).toMatchObject({ LogicalName: 'new_floor', SchemaName: 'new_Floor', HasChanged: true })
})

test('a changed table comes with HasChanged true and no unchanged column', () => {
  const schema = newSchema()
  const { ServerVersionStamp: stamp } = call(schema, { query: account })
  schema.changeTable('account', { displayName: 'Firm' })
  const [table] = call(schema, { query: account, stamp }).EntityMetadata
  expect(table).toMatchObject({ HasChanged: true, SchemaName: 'Account', Attributes: [] })
})

test('a new option brings its own label only, a renamed one says that it changed', () => {
  const schema = newSchema()
  const { ServerVersionStamp: stamp } = call(schema, { query: account })
  schema.addOption('account', 'accountcategorycode', { value: 3, label: 'Dormant' })
  schema.renameOption('account', 'accountcategorycode', 1, 'Key Customer')
  const [table] = call(schema, { query: account, stamp }).EntityMetadata
  expect(table).toMatchObject({ HasChanged: false })
  const [column] = table.Attributes
  expect(column).toMatchObject({ LogicalName: 'accountcategorycode', HasChanged: false, SchemaName: null })
  expect(column.OptionSet.HasChanged).toBe(true)
  expect(column.OptionSet.Options).toMatchObject([
    { Value: 1, HasChanged: true, Label: { UserLocalizedLabel: { Label: 'Key Customer' } } },
    { Value: 2, HasChanged: null, Label: null },
    { Value: 3, HasChanged: null, Label: { UserLocalizedLabel: { Label: 'Dormant' } } },
  ])
})

test('a new choice column brings all its labels', () => {
  const schema = newSchema()
  const { ServerVersionStamp: stamp } = call(schema, { query: account })
  schema.addColumn('account', choice('new_Grade', { 1: 'A', 2: 'B' }))
  const [table] = call(schema, { query: account, stamp }).EntityMetadata
  const column = table.Attributes.find((one: Parsed) => one.LogicalName === 'new_grade')
  expect(column.OptionSet.Options.map((option: Parsed) => option.Label.UserLocalizedLabel.Label)).toEqual(['A', 'B'])
})

test('a removed option is missing from the options and reported nowhere else', () => {
  const schema = newSchema()
  const { ServerVersionStamp: stamp } = call(schema, { query: account })
  schema.removeOption('account', 'accountcategorycode', 2)
  const answer = call(schema, { query: account, stamp, deleted: 'All' })
  expect(answer.EntityMetadata[0].Attributes[0].OptionSet.Options.map((option: Parsed) => option.Value)).toEqual([1])
  expect(answer.DeletedMetadata.Keys).toEqual(['Label'])
})

test('a removed column is reported by MetadataId, whatever the query asks for', () => {
  const schema = newSchema()
  const removed = schema.column('incident', 'isescalated')?.metadataId
  const { ServerVersionStamp: stamp } = call(schema, { query: account })
  schema.removeColumn('incident', 'isescalated')
  const answer = call(schema, { query: account, stamp, deleted: 'Attribute' })
  expect(answer.EntityMetadata).toEqual([])
  expect(answer.DeletedMetadata).toMatchObject({ Count: 1, Keys: ['Attribute'] })
  expect(answer.DeletedMetadata.Values[0].Items).toContain(removed)
})

test('a removed table is reported as Default, its relationships as Relationship, each only when asked for', () => {
  const schema = newSchema()
  const removed = schema.table('new_x')?.metadataId
  const { ServerVersionStamp: stamp } = call(schema, { query: account })
  schema.removeTable('new_x')
  const both = call(schema, { query: account, stamp, deleted: 'Default,Relationship' }).DeletedMetadata
  expect(both.Keys).toEqual(['Default', 'Relationship'])
  expect(both.Values[0].Items).toEqual([removed])
  expect(call(schema, { query: account, stamp }).DeletedMetadata.Count).toBe(0)
  expect(call(schema, { query: account, deleted: 'All' }).DeletedMetadata.Count).toBe(0)
})

test('a new relationship comes under both of its tables', () => {
  const schema = newSchema()
  const query = {
    Properties: { PropertyNames: ['OneToManyRelationships', 'ManyToOneRelationships'] },
    RelationshipQuery: { Properties: { PropertyNames: ['SchemaName', 'ReferencingEntityNavigationPropertyName'] } },
  }
  const { ServerVersionStamp: stamp } = call(schema, { query })
  schema.addColumn('new_reading', lookup('new_TakenFor', { table: 'account', relationship: 'new_account_new_reading' }))
  const answer = call(schema, { query, stamp })
  const parts = answer.EntityMetadata.map((table: Parsed) => [
    table.LogicalName,
    [...table.OneToManyRelationships, ...table.ManyToOneRelationships].map(
      (one: Parsed) => one.ReferencingEntityNavigationPropertyName,
    ),
  ])
  expect(parts).toEqual([
    ['account', ['new_TakenFor']],
    ['new_reading', ['new_TakenFor']],
  ])
})

test('a stamp expires by age, by decree, and when it is not of this organisation', () => {
  const schema = newSchema()
  const { ServerVersionStamp: stamp } = call(schema, { query: account })
  expect(call(schema, { query: account, stamp, nowMs: startMs + 90 * dayMs }).EntityMetadata).toEqual([])
  expect(refusal(() => call(schema, { stamp, nowMs: startMs + 90 * dayMs + 1 }))).toEqual(expired)
  expect(refusal(() => call(schema, { stamp: '999999!06/02/2025 06:00:00' }))).toEqual(expired)
  schema.expireStamps()
  expect(refusal(() => call(schema, { stamp }))).toEqual(expired)
  const { ServerVersionStamp: fresh } = call(schema, { query: account })
  expect(call(schema, { query: account, stamp: fresh }).EntityMetadata).toEqual([])
})

test('a stamp that is none is refused as an argument', () => {
  expect(refusal(() => call(newSchema(), { stamp: 'yesterday' }))).toEqual(invalid)
})

test('criteria of any depth are answered or refused', () => {
  const depth = 20_000
  const criteria = `${'{"Filters":['.repeat(depth)}${']}'.repeat(depth)}`
  const search = `@p1={"Criteria":${criteria}}`
  expect(refusal(() => raw(newSchema(), 'RetrieveMetadataChanges(Query=@p1)', search))).toEqual(invalid)
})
