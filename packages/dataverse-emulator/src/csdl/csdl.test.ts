import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { beforeAll, expect, test } from 'vitest'
import { bench } from '../ask.test-support.ts'
import type { Ask } from '../ask.test-support.ts'
import type { Emulator } from '../emulator.ts'
import { loadSchema } from '../loaders/load-schema.ts'
import { isODataColumn, text, wireName } from '../schema.ts'
import type { Schema } from '../schema.ts'
import { readXml } from '../xml/read-xml.ts'
import type { XmlElement } from '../xml/read-xml.ts'
import { edmType } from '../odata/edm-type.ts'

let emulator: Emulator
let ask: Ask
let plain: string
let annotated: string

beforeAll(async () => {
  ;({ emulator, ask } = bench())
  plain = (await ask('GET', '$metadata')).text
  annotated = (await ask('GET', '$metadata?annotations=true')).text
})

function schemaElement(document: string): XmlElement {
  const schema = readXml(document)
    .children.find((one) => one.name === 'edmx:DataServices')
    ?.children.find((one) => one.name === 'Schema')
  if (schema === undefined) throw new Error('no Schema')
  return schema
}

const named = (parent: XmlElement, kind: string, name: string): XmlElement | undefined =>
  parent.children.find((one) => one.name === kind && one.attributes.get('Name') === name)

interface Outline {
  readonly set: string
  readonly primaryId: string
  readonly keys: readonly (readonly string[])[]
  readonly properties: readonly string[]
  readonly lookups: readonly string[]
  readonly collections: readonly string[]
}

/** What a reader of the document learns of each table: what must survive writing and loading. */
function outline(schema: Schema): Record<string, Outline> {
  const tables = schema.tables().map((table): [string, Outline] => [
    table.logicalName,
    {
      set: table.entitySetName,
      primaryId: table.primaryId,
      properties: table.columns
        .filter(isODataColumn)
        .map((column) => `${wireName(column)} ${edmType(column)}`)
        .toSorted(),
      keys: table.keys.map((key) => key.columns),
      lookups: [...schema.lookupBindings(table.logicalName).values()]
        .map((one) => `${one.navigation} ${one.column.logicalName} ${one.targets.join()}`)
        .toSorted(),
      collections: [...schema.collections(table.logicalName).values()]
        .map((one) =>
          one.kind === 'OneToMany'
            ? `${one.navigation} ${one.relationship.referencingTable}.${one.relationship.referencingColumn}`
            : `${one.navigation} ${one.otherTable} by ${one.relationship.intersectTable}`,
        )
        .toSorted(),
    },
  ])
  return Object.fromEntries(tables)
}

test('$metadata is XML of media type application/xml', async () => {
  const answer = await ask('GET', '$metadata')
  expect(answer.status).toBe(200)
  expect(answer.headers.get('Content-Type')).toBe('application/xml')
  expect(answer.headers.get('OData-Version')).toBe('4.0')
  expect(answer.text.startsWith('<?xml version="1.0" encoding="utf-8"?><edmx:Edmx Version="4.0"')).toBe(true)
})

test('every type that the document names is declared in it', () => {
  const schema = schemaElement(plain)
  const declared = new Set(
    schema.children
      .filter((one) => ['EntityType', 'ComplexType', 'EnumType'].includes(one.name))
      .map((one) => one.attributes.get('Name')),
  )
  const undeclared = new Set<string>()
  const visit = (element: XmlElement): void => {
    for (const attribute of ['Type', 'BaseType', 'EntityType']) {
      const type = element.attributes.get(attribute)?.replace(/^Collection\((.*)\)$/, '$1')
      const name = /^(?:mscrm|Microsoft\.Dynamics\.CRM)\.(.*)$/.exec(type ?? '')?.[1]
      if (name !== undefined && !declared.has(name)) undeclared.add(name)
    }
    element.children.forEach(visit)
  }
  visit(schema)
  expect([...undeclared]).toEqual([])
})

test('no name is declared twice within a type, and no type twice', () => {
  const schema = schemaElement(plain)
  const twice: string[] = []
  const once = (names: readonly (string | undefined)[], where: string): void => {
    for (const name of names.filter((name, index) => names.indexOf(name) !== index)) twice.push(`${where}${name ?? ''}`)
  }
  const types = schema.children.filter((one) => ['EntityType', 'ComplexType', 'EnumType'].includes(one.name))
  once(
    types.map((one) => one.attributes.get('Name')),
    '',
  )
  for (const type of types) {
    const members = type.children.filter((one) => ['Property', 'NavigationProperty', 'Member'].includes(one.name))
    once(
      members.map((one) => one.attributes.get('Name')),
      `${type.attributes.get('Name') ?? ''}.`,
    )
  }
  expect(twice).toEqual([])
})

test('partners point at each other', () => {
  const types = new Map(
    schemaElement(plain)
      .children.filter((one) => one.name === 'EntityType')
      .map((one) => [one.attributes.get('Name') ?? '', one]),
  )
  const lone: string[] = []
  for (const [name, type] of types) {
    for (const navigation of type.children.filter((one) => one.name === 'NavigationProperty')) {
      const partner = navigation.attributes.get('Partner')
      if (partner === undefined) continue
      const target = (navigation.attributes.get('Type') ?? '')
        .replace(/^Collection\((.*)\)$/, '$1')
        .slice('mscrm.'.length)
      const other = types.get(target)
      const back = other === undefined ? undefined : named(other, 'NavigationProperty', partner)
      if (back?.attributes.get('Partner') !== navigation.attributes.get('Name')) {
        lone.push(`${name}.${navigation.attributes.get('Name') ?? ''}`)
      }
    }
  }
  expect(lone).toEqual([])
})

test('a lookup is a guid property, a navigation property and the constraint between them', () => {
  const account = named(schemaElement(plain), 'EntityType', 'account')
  if (account === undefined) throw new Error('no account')
  expect(named(account, 'Property', '_primarycontactid_value')?.attributes.get('Type')).toBe('Edm.Guid')
  expect(named(account, 'Property', 'primarycontactid')).toBeUndefined()
  const navigation = named(account, 'NavigationProperty', 'primarycontactid')
  expect(navigation?.attributes.get('Type')).toBe('mscrm.contact')
  expect(navigation?.attributes.get('Partner')).toBe('account_primary_contact')
  expect(navigation?.children[0]?.attributes).toEqual(
    new Map([
      ['Property', '_primarycontactid_value'],
      ['ReferencedProperty', 'contactid'],
    ]),
  )
})

test('activities derive from activitypointer, users and teams from principal', () => {
  const schema = schemaElement(plain)
  expect(named(schema, 'EntityType', 'task')?.attributes.get('BaseType')).toBe('mscrm.activitypointer')
  expect(named(schema, 'EntityType', 'activitypointer')?.attributes.get('Abstract')).toBe('true')
  const task = named(schema, 'EntityType', 'task')
  expect(task === undefined ? undefined : named(task, 'Property', 'subject')).toBeUndefined()
  expect(named(schema, 'EntityType', 'systemuser')?.attributes.get('BaseType')).toBe('mscrm.principal')
  expect(named(schema, 'EntityType', 'principal')?.attributes.get('Abstract')).toBe('true')
})

test('decimal and money properties have a variable scale, text is not Unicode as the service has it', () => {
  const opportunity = named(schemaElement(plain), 'EntityType', 'opportunity')
  if (opportunity === undefined) throw new Error('no opportunity')
  const value = named(opportunity, 'Property', 'estimatedvalue')
  expect([value?.attributes.get('Type'), value?.attributes.get('Scale')]).toEqual(['Edm.Decimal', 'Variable'])
  expect(named(opportunity, 'Property', 'name')?.attributes.get('Unicode')).toBe('false')
})

test('shadow columns are no properties', () => {
  const account = named(schemaElement(plain), 'EntityType', 'account')
  expect(account === undefined ? 'none' : named(account, 'Property', 'primarycontactidname')).toBeUndefined()
})

test('entity sets have their names and the targets of navigation properties', () => {
  const container = named(schemaElement(plain), 'EntityContainer', 'System')
  const set = container === undefined ? undefined : named(container, 'EntitySet', 'new_xes')
  expect(set?.attributes.get('EntityType')).toBe('Microsoft.Dynamics.CRM.new_x')
  const accounts = container === undefined ? undefined : named(container, 'EntitySet', 'accounts')
  const binding = accounts?.children.find((one) => one.attributes.get('Path') === 'primarycontactid')
  expect(binding?.attributes.get('Target')).toBe('contacts')
})

test('functions and actions are declared with their parameters, and imported where they are not bound', () => {
  const schema = schemaElement(plain)
  const container = named(schema, 'EntityContainer', 'System')
  const whoAmI = named(schema, 'Function', 'WhoAmI')
  expect(whoAmI?.children[0]?.attributes.get('Type')).toBe('mscrm.WhoAmIResponse')
  const response = named(schema, 'ComplexType', 'WhoAmIResponse')
  expect(response?.children.map((one) => one.attributes.get('Name'))).toEqual([
    'BusinessUnitId',
    'UserId',
    'OrganizationId',
  ])
  expect(container === undefined ? undefined : named(container, 'FunctionImport', 'WhoAmI')).toBeDefined()
  expect(named(schema, 'Function', 'RetrieveMetadataChanges')?.children[0]?.attributes.get('Type')).toBe(
    'mscrm.EntityQueryExpression',
  )
  expect(named(schema, 'Function', 'LastXDays')?.children[1]?.attributes.get('Type')).toBe('Edm.Int64')
})

test('alternate keys are annotated', () => {
  const account = named(schemaElement(plain), 'EntityType', 'account')
  const annotation = account?.children.find((one) => one.attributes.get('Term') === 'Keys.AlternateKeys')
  expect(JSON.stringify(annotation?.children.map((one) => one.children.length))).toBe('[1]')
})

test('with annotations sets say whether they have change tracking, properties whether they are computed', () => {
  const schema = schemaElement(annotated)
  const container = named(schema, 'EntityContainer', 'System')
  const tracked = (set: string): boolean =>
    (container === undefined ? undefined : named(container, 'EntitySet', set))?.children.some(
      (one) => one.attributes.get('Term') === 'Org.OData.Capabilities.V1.ChangeTracking',
    ) ?? false
  expect([tracked('accounts'), tracked('new_xes')]).toEqual([true, false])
  const account = named(schema, 'EntityType', 'account')
  const terms = (property: string): readonly (string | undefined)[] =>
    (account === undefined ? undefined : named(account, 'Property', property))?.children.map((one) =>
      one.attributes.get('Term'),
    ) ?? []
  expect(terms('createdon')).toContain('Org.OData.Core.V1.Computed')
  expect(terms('createdon')).toContain('Org.OData.Core.V1.Permissions')
  expect(terms('telephone1')).not.toContain('Org.OData.Core.V1.Computed')
  expect(plain).not.toContain('Capabilities.V1.ChangeTracking')
})

test('the document follows the schema: a new column is in it at once', async () => {
  const other = bench()
  await other.ask('GET', '$metadata')
  other.emulator.schema.addColumn('account', text('new_Nickname'))
  expect((await other.ask('GET', '$metadata')).text).toContain('<Property Name="new_nickname" Type="Edm.String"')
})

test.each(['$metadata?$filter=x', '$metadata?annotations=yes', '$metadata?$format=json'])(
  '%s is refused',
  async (path) => {
    expect((await ask('GET', path)).status).toBe(400)
  },
)

test('what is written is read back to the same tables, properties, keys and navigation', () => {
  const again = outline(loadSchema([{ name: '$metadata', text: plain }]))
  const ours = outline(emulator.schema)
  expect(Object.keys(again).toSorted()).toEqual(Object.keys(ours).toSorted())
  const missing: string[] = []
  for (const [name, table] of Object.entries(ours)) {
    const other = again[name]
    if (!emulator.schema.table(name)?.isActivity) expect({ [name]: other }).toEqual({ [name]: table })
    // By inheritance an activity type has all that activitypointer has, also what this organisation leaves out of it.
    for (const part of ['properties', 'lookups', 'collections'] as const) {
      missing.push(
        ...table[part].filter((one) => !(other?.[part].includes(one) ?? false)).map((one) => `${name}: ${one}`),
      )
    }
  }
  expect(missing).toEqual([])
})

const folder = process.env['OUTPOST_DATAVERSE_DATA'] ?? ''
const cloud = join(folder, 'metadata/csdl/cloud-v9-full.metadata.xml.gz')

test.skipIf(folder === '' || !existsSync(cloud))(
  'the document of a cloud organisation is written as it was read',
  async () => {
    const document = gunzipSync(readFileSync(cloud)).toString('utf8')
    const { writeCsdl } = await import('./write-csdl.ts')
    const real = schemaElement(document)
    const ours = schemaElement(writeCsdl(loadSchema([{ name: 'cloud', text: document }]), [], { annotations: false }))
    const members = (schema: XmlElement): Map<string, string[]> =>
      new Map(
        schema.children
          .filter((one) => one.name === 'EntityType')
          .map((type) => [
            type.attributes.get('Name') ?? '',
            type.children
              .filter((one) => one.name === 'Property' || one.name === 'NavigationProperty')
              .map((one) => `${one.name} ${one.attributes.get('Name') ?? ''} ${one.attributes.get('Type') ?? ''}`)
              .toSorted(),
          ]),
      )
    const [wanted, found] = [members(real), members(ours)]
    const missing: string[] = []
    let all = 0
    for (const [name, names] of wanted) {
      const have = new Set(found.get(name))
      all += names.length
      missing.push(...names.filter((one) => !have.has(one)).map((one) => `${name}: ${one}`))
    }
    expect(missing.length / all).toBeLessThan(0.01)
  },
  30_000,
)
