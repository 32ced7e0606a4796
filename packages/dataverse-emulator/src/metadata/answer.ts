import { badQuery, noSuchResource, notImplemented } from '../errors.ts'
import { Utf8Text } from '../json/utf8-text.ts'
import type { JsonValue } from '../json/write.ts'
import type { QueryOptions } from '../odata/query-options.ts'
import { parseKey } from '../odata/resource-path.ts'
import type { PathSegment } from '../odata/resource-path.ts'
import type { Schema, TableDefinition } from '../schema.ts'
import { describeGlobalChoice } from './describe-option-set.ts'
import { describeRelationship } from './describe-relationship.ts'
import { describeTable } from './describe-table.ts'
import { objectFrom, propertyOf } from './described.ts'
import type { Described } from './described.ts'
import { knownType, modelType, navigationOf } from './model.ts'
import { noSuchComponent, noSuchTable } from './refusals.ts'
import type { MetadataRequest } from './request.ts'
import { retrieveMetadataChanges } from './retrieve-changes.ts'
import { addAll, addOne, contextOf, readShape } from './shape.ts'
import { writeStamp } from './version-stamp.ts'
import { addJson, addMember, addName } from './write-members.ts'

type Key = { readonly property: string; readonly value: string }

interface Place {
  /** `#EntityDefinitions('account')/Attributes`, growing along the path. */
  readonly context: string
  readonly type: string
  readonly found: Described | readonly Described[] | null
  /** The one property of `found` that was addressed. */
  readonly property?: string
}

const unimplemented: ReadonlySet<string> = new Set([
  'ManagedPropertyDefinitions',
  'RetrieveEntity',
  'RetrieveAllEntities',
  'RetrieveAttribute',
  'RetrieveRelationship',
  'RetrieveEntityKey',
  'RetrieveOptionSet',
  'RetrieveAllOptionSets',
])

/**
 * Answers a metadata request with the body of a 200, or undefined when the path is none of metadata's. What is not
 * implemented, every write among it, is thrown as 501.
 */
export function answerMetadata(schema: Schema, request: MetadataRequest): Utf8Text | undefined {
  const [first, ...rest] = request.segments
  if (first === undefined) return undefined
  const start = startAt(schema, request, first)
  if (start === undefined) return undefined
  if (request.method !== 'GET') throw notImplemented(`${request.method} on metadata`)
  if (start === 'function') return answerFunction(schema, request, first, rest)
  return writePlace(rest.reduce(step, start), request)
}

function startAt(schema: Schema, request: MetadataRequest, segment: PathSegment): Place | 'function' | undefined {
  const { name } = segment
  if (unimplemented.has(name)) throw notImplemented(`'${name}'`)
  if (name === 'RetrieveMetadataChanges' || name === 'RetrieveTimestamp') return 'function'
  if (!['EntityDefinitions', 'RelationshipDefinitions', 'GlobalOptionSetDefinitions'].includes(name)) return undefined
  if (request.method !== 'GET') throw notImplemented(`${request.method} on metadata`)
  const key = segment.inner === undefined ? undefined : readKey(segment.inner)
  const context = key === undefined ? name : `${name}(${keyText(key)})`
  if (name === 'EntityDefinitions') {
    if (key !== undefined)
      return { context, type: 'EntityMetadata', found: describeTable(schema, findTable(schema, key)) }
    return { context, type: 'EntityMetadata', found: schema.tables().map((table) => describeTable(schema, table)) }
  }
  if (name === 'RelationshipDefinitions') {
    const all = schema.relationships().map(describeRelationship)
    return {
      context,
      type: 'RelationshipMetadataBase',
      found: key === undefined ? all : pick(all, key, ['SchemaName'], 'Relationship'),
    }
  }
  const all = schema.globalChoices().map(describeGlobalChoice)
  return {
    context,
    type: 'OptionSetMetadataBase',
    found: key === undefined ? all : pick(all, key, ['Name'], 'OptionSet'),
  }
}

function step(place: Place, segment: PathSegment): Place {
  if (place.property !== undefined) throw notImplemented(`a path behind the property '${place.property}'`)
  const cast = /^Microsoft\.Dynamics\.CRM\.(\w+)$/.exec(segment.name)?.[1]
  if (cast !== undefined && segment.inner === undefined) return castTo(place, cast)
  if (place.found === null || isList(place.found)) throw notImplemented(`'${segment.name}' on a metadata collection`)
  const navigation = navigationOf(knownType(place.type), segment.name)
  if (navigation === undefined) {
    if (segment.inner !== undefined || !place.found.names.includes(segment.name)) throw noSuchResource(segment.name)
    return { ...place, property: segment.name }
  }
  const target = place.found.navigations[segment.name]?.() ?? null
  const context = `${place.context}/${segment.name}`
  if (segment.inner === undefined) return { context, type: navigation.type, found: target }
  if (!isList(target)) throw badQuery(`Bad Request - Error in query syntax.`)
  const key = readKey(segment.inner)
  const names =
    navigation.type === 'AttributeMetadata' || navigation.type === 'EntityKeyMetadata'
      ? ['LogicalName']
      : ['SchemaName']
  return {
    context: `${context}(${keyText(key)})`,
    type: navigation.type,
    found: pick(target, key, names, segment.name),
  }
}

function castTo(place: Place, name: string): Place {
  const type = modelType(name)
  if (type === undefined || (type.base !== place.type && name !== place.type)) {
    throw badQuery(
      `The type 'Microsoft.Dynamics.CRM.${name}' cannot be cast to from 'Microsoft.Dynamics.CRM.${place.type}'.`,
    )
  }
  if (type.abstract) throw badQuery(`The type 'Microsoft.Dynamics.CRM.${name}' is abstract and cannot be cast to.`)
  if (name === 'ManagedPropertyAttributeMetadata') throw notImplemented('managed property columns')
  const context = `${place.context}/Microsoft.Dynamics.CRM.${name}`
  const fits = (one: Described): boolean =>
    one.type === name || (name === 'UniqueIdentifierAttributeMetadata' && isGuidColumn(one))
  if (place.found === null) return { context, type: name, found: null }
  if (isList(place.found))
    return { context, type: name, found: place.found.filter(fits).map((one) => ({ ...one, type: name })) }
  if (!fits(place.found)) throw noSuchResource(`Microsoft.Dynamics.CRM.${name}`)
  return { context, type: name, found: { ...place.found, type: name } }
}

// A guid column is written as a plain AttributeMetadata, and still answers to the cast.
function isGuidColumn(described: Described): boolean {
  return propertyOf(described, 'AttributeType') === 'Uniqueidentifier'
}

function writeProperty(place: Place, property: string, request: MetadataRequest): JsonValue {
  allowOptions(request.query, [])
  const context = `${request.root}$metadata#${place.context}/${property}`
  const value = place.found === null || isList(place.found) ? null : (propertyOf(place.found, property) ?? null)
  const complex = objectFrom(value)
  if (complex !== undefined) return { '@odata.context': context, ...defined(complex) }
  // A property without value is 204 in OData; the service's habit with definitions is not recorded.
  if (value === null) throw notImplemented('reading a metadata property without value')
  return { '@odata.context': context, value }
}

function defined(object: Readonly<Record<string, JsonValue | undefined>>): Record<string, JsonValue> {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, value ?? null]))
}

function writePlace(place: Place, request: MetadataRequest): Utf8Text {
  if (place.property !== undefined) return textOf(writeProperty(place, place.property, request))
  const single = !isList(place.found)
  // Documented: shared choices are listed or found by key, and not filtered.
  if (place.context.startsWith('GlobalOptionSetDefinitions') && request.query.options.has('$filter')) {
    throw badQuery('The query parameter $filter is not supported')
  }
  allowOptions(request.query, single ? ['$select', '$expand'] : ['$select', '$expand', '$filter'])
  const shape = readShape(request.query.options, place.type)
  // One component is named after its set: `#EntityDefinitions/$entity`, without the key.
  const set = single ? place.context.replace(/\([^()]*\)((?:\/Microsoft\.Dynamics\.CRM\.\w+)?)$/, '$1') : place.context
  const context = `${request.root}$metadata#${set}${contextOf(shape)}`
  const out = new Utf8Text()
  if (isList(place.found)) {
    addMember(out, '@odata.context', context)
    addName(out, 'value')
    addAll(out, place.found, shape)
    out.object(0)
    return out
  }
  // An optional single-valued navigation property without value is 204 in OData; the service's habit is not recorded.
  if (place.found === null) throw notImplemented('reading an empty metadata navigation property')
  addOne(out, place.found, shape, `${context}/$entity`)
  return out
}

function answerFunction(
  schema: Schema,
  request: MetadataRequest,
  segment: PathSegment,
  rest: readonly PathSegment[],
): Utf8Text {
  if (rest.length > 0) throw notImplemented(`a path behind ${segment.name}`)
  if (segment.name === 'RetrieveMetadataChanges') return retrieveMetadataChanges(schema, request, segment.inner ?? '')
  allowOptions(request.query, [])
  if ((segment.inner ?? '') !== '') throw badQuery(`RetrieveTimestamp takes no parameters.`)
  return textOf({
    '@odata.context': `${request.root}$metadata#Microsoft.Dynamics.CRM.RetrieveTimestampResponse`,
    Timestamp: writeStamp(schema.stamp, request.nowMs),
  })
}

function textOf(value: JsonValue): Utf8Text {
  const out = new Utf8Text()
  addJson(out, value)
  return out
}

function findTable(schema: Schema, key: Key): TableDefinition {
  if (key.property !== 'LogicalName' && key.property !== 'MetadataId') throw badKey('EntityMetadata')
  const table = key.property === 'LogicalName' ? schema.table(key.value) : schema.tableById(key.value)
  if (table === undefined) throw noSuchTable(key.value)
  return table
}

function pick(from: readonly Described[], key: Key, names: readonly string[], kind: string): Described {
  if (key.property !== 'MetadataId' && !names.includes(key.property)) throw badKey(kind)
  const found = from.find((one) => propertyOf(one, key.property) === key.value)
  if (found === undefined) throw noSuchComponent(kind, key.value)
  return found
}

function readKey(inner: string): Key {
  const key = parseKey(inner, 'MetadataId')
  if (key.kind === 'id') return { property: 'MetadataId', value: key.id }
  const [entry, ...more] = key.values
  if (entry === undefined || more.length > 0 || entry[1].type !== 'string')
    throw badQuery(`Bad Request - Error in query syntax.`)
  return { property: entry[0], value: entry[1].text }
}

function badKey(type: string): Error {
  return badQuery(
    `The key in the request URI is not valid for resource 'Microsoft.Dynamics.CRM.${type}'. Ensure that the names and number of key properties match the declared or alternate key properties for the resource '${type}'.`,
  )
}

function keyText(key: Key): string {
  return key.property === 'MetadataId' ? key.value : `'${key.value}'`
}

function allowOptions({ options, aliases }: QueryOptions, allowed: readonly string[]): void {
  for (const [name, value] of options) {
    if (name === 'tag' || allowed.includes(name)) continue
    if (name === 'LabelLanguages' && value === '1033') continue
    throw notImplemented(`the query option '${name}' on metadata`)
  }
  if (aliases.size > 0) throw notImplemented('parameter aliases on metadata')
}

function isList(found: Place['found']): found is readonly Described[] {
  return Array.isArray(found)
}
