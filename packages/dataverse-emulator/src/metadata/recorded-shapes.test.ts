import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { parseQuery } from '../odata/query-options.ts'
import { splitPath } from '../odata/resource-path.ts'
import { fieldService } from '../seed/field-service.ts'
import { answerMetadata } from './answer.ts'

// oxlint-disable-next-line typescript/no-explicit-any -- recorded documents are compared as parsed JSON
type Parsed = any

// Answers recorded from real organisations, where a folder of them is at hand.
const folder = process.env['OUTPOST_DATAVERSE_DATA'] ?? ''
const absent = folder === '' || !existsSync(join(folder, 'recorded'))
const schema = fieldService({ rows: 200 }).schema

function recorded(path: string): Parsed {
  const bytes = readFileSync(join(folder, path))
  return JSON.parse((path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8'))
}

function get(url: string): Parsed {
  const [path = '', search = ''] = url.split('?')
  const body = answerMetadata(schema, {
    method: 'GET',
    root: 'https://org.example/api/data/v9.2/',
    segments: splitPath(path),
    query: parseQuery(search),
    nowMs: 0,
    stampLifetimeDays: 90,
  })
  return body === undefined ? undefined : JSON.parse(body.toString())
}

const withoutAnnotations = (json: Parsed): string[] => Object.keys(json).filter((name) => !name.startsWith('@'))

function byType(columns: readonly Parsed[]): Map<string, Parsed> {
  const found = new Map<string, Parsed>()
  for (const column of columns) {
    const type = String(column['@odata.type'] ?? 'plain')
    if (!found.has(type)) found.set(type, column)
  }
  return found
}

test.skipIf(absent)('a table has the recorded properties in the recorded order', () => {
  const real = recorded('recorded/entitydefinition.contact.head.json')
  expect(withoutAnnotations(get("EntityDefinitions(LogicalName='contact')"))).toEqual(withoutAnnotations(real))
})

test.skipIf(absent)('labels, managed properties and privileges have the recorded shape', () => {
  const real = recorded('recorded/entitydefinition.contact.head.json')
  const ours = get("EntityDefinitions(LogicalName='contact')")
  expect(Object.keys(ours.DisplayName)).toEqual(Object.keys(real.DisplayName))
  expect(Object.keys(ours.DisplayName.UserLocalizedLabel)).toEqual(Object.keys(real.DisplayName.UserLocalizedLabel))
  expect(ours.IsOfflineInMobileClient).toEqual(real.IsOfflineInMobileClient)
  expect(Object.keys(ours.Privileges[0])).toEqual(Object.keys(real.Privileges[0]))
})

test.skipIf(absent)('columns of each type have the recorded properties in the recorded order', () => {
  const real = byType(recorded('metadata/raw/account.entitydefinition.raw.json.gz').Attributes)
  const tables = get('EntityDefinitions?$select=LogicalName&$expand=Attributes').value
  const ours = byType(tables.flatMap((table: Parsed) => table.Attributes))
  for (const [type, column] of real) {
    // The recording was put together with its option sets; the service gives them only when expanded.
    const names = withoutAnnotations(column).filter((name) => name !== 'OptionSet')
    expect([type, ...withoutAnnotations(ours.get(type) ?? {})]).toEqual([type, ...names])
  }
})

test.skipIf(absent)('what our account shares with the real one is described alike', () => {
  const facts = [
    'AttributeType',
    'AttributeTypeName',
    'AttributeOf',
    'SchemaName',
    'IsValidForCreate',
    'IsValidForUpdate',
    'IsValidForRead',
    'IsLogical',
    'IsPrimaryId',
    'IsPrimaryName',
    'IsValidODataAttribute',
    'MaxLength',
    'Targets',
  ] as const
  const real = new Map<string, Parsed>()
  for (const column of recorded('metadata/raw/account.entitydefinition.raw.json.gz').Attributes)
    real.set(column.LogicalName, column)
  const different: string[] = []
  for (const column of get("EntityDefinitions(LogicalName='account')/Attributes").value) {
    const other = real.get(column.LogicalName)
    if (other === undefined) continue
    for (const fact of facts) {
      if (JSON.stringify(column[fact]) !== JSON.stringify(other[fact])) {
        different.push(
          `${column.LogicalName}.${fact}: ${JSON.stringify(column[fact])} for ${JSON.stringify(other[fact])}`,
        )
      }
    }
  }
  expect(different).toEqual([])
})

test.skipIf(absent)('relationships have the recorded properties, and those of account the recorded names', () => {
  const real = recorded('metadata/raw/account.entitydefinition.raw.json.gz')
  const ours = get("EntityDefinitions(LogicalName='account')?$expand=ManyToOneRelationships,OneToManyRelationships")
  expect(Object.keys(ours.ManyToOneRelationships[0])).toEqual(Object.keys(real.ManyToOneRelationships[0]))
  const nn = get('RelationshipDefinitions/Microsoft.Dynamics.CRM.ManyToManyRelationshipMetadata').value[0]
  expect(withoutAnnotations(nn)).toEqual(Object.keys(real.ManyToManyRelationships[0]))
  const facts = [
    'ReferencedEntity',
    'ReferencingAttribute',
    'ReferencingEntityNavigationPropertyName',
    'ReferencedEntityNavigationPropertyName',
  ] as const
  for (const one of [...ours.ManyToOneRelationships, ...ours.OneToManyRelationships]) {
    const other = [...real.ManyToOneRelationships, ...real.OneToManyRelationships].find(
      (real: Parsed) => real.SchemaName === one.SchemaName,
    )
    if (other === undefined) continue
    for (const fact of facts) expect(`${one.SchemaName} ${one[fact]}`).toBe(`${other.SchemaName} ${other[fact]}`)
    // The platform's own work on parties of a deleted row is done by the cascade here.
    if (one.ReferencingEntity === 'activityparty') continue
    expect(`${one.SchemaName} ${one.CascadeConfiguration.Delete}`).toBe(
      `${other.SchemaName} ${other.CascadeConfiguration.Delete}`,
    )
  }
})

test.skipIf(absent)('RetrieveMetadataChanges writes the recorded properties', () => {
  const real = recorded('recorded/RetrieveMetadataChanges.queueitem.json')
  const query = { Properties: { AllProperties: true }, AttributeQuery: { Properties: { AllProperties: true } } }
  const ours = get(`RetrieveMetadataChanges(Query=@p1)?@p1=${encodeURIComponent(JSON.stringify(query))}`)
  expect(Object.keys(ours.DeletedMetadata)).toEqual(Object.keys(real.DeletedMetadata))
  expect(new Set(Object.keys(ours.EntityMetadata[0]))).toEqual(new Set(Object.keys(real.EntityMetadata[0])))
  const realTypes = byType(real.EntityMetadata[0].Attributes)
  const ourTypes = byType(ours.EntityMetadata.flatMap((table: Parsed) => table.Attributes))
  for (const [type, column] of realTypes) {
    expect([type, ...Object.keys(ourTypes.get(type) ?? {}).toSorted()]).toEqual([
      type,
      ...Object.keys(column).toSorted(),
    ])
  }
})
