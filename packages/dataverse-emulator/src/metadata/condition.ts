import { invalidArgument, notImplemented } from '../errors.ts'
import type { WebApiError } from '../errors.ts'
import type { JsonValue } from '../json/write.ts'
import { memberOf, propertyOf } from './described.ts'
import type { Described } from './described.ts'
import { enumTypes } from './model.ts'

type Json = Readonly<Record<string, unknown>>
type Primitive = string | number | bigint | boolean | null

/** Whether a component is to be returned. */
export type CriteriaTest = (described: Described) => boolean

/** The test of criteria without conditions. */
export const keepsAll: CriteriaTest = () => true

const enumDotNetTypes: Readonly<Record<string, string>> = {
  'Microsoft.Xrm.Sdk.Metadata.AttributeRequiredLevel': 'AttributeRequiredLevel',
  'Microsoft.Xrm.Sdk.Metadata.AttributeTypeCode': 'AttributeTypeCode',
  'Microsoft.Xrm.Sdk.Metadata.OwnershipTypes': 'OwnershipTypes',
  'Microsoft.Xrm.Sdk.Metadata.RelationshipType': 'RelationshipType',
}

/** Compiles a MetadataFilterExpression; `names` are the properties that components of this kind have. */
export function compileCriteria(criteria: unknown, names: ReadonlySet<string>, depth = 0): CriteriaTest {
  if (depth > 100) throw invalidArgument('The Filters of a MetadataFilterExpression are nested too deeply.')
  if (criteria === undefined || criteria === null) return keepsAll
  const filter = asObject(criteria, 'Criteria')
  onlyKeys(filter, ['FilterOperator', 'Conditions', 'Filters'], 'MetadataFilterExpression')
  const operator = textOf(filter['FilterOperator'] ?? 'And')
  if (operator !== 'And' && operator !== 'Or') throw invalidArgument(`FilterOperator '${operator}' is not valid.`)
  const tests = [
    ...asList(filter['Conditions'], 'Conditions').map((condition) => compileCondition(condition, names)),
    ...asList(filter['Filters'], 'Filters').map((inner) => compileCriteria(inner, names, depth + 1)),
  ]
  if (tests.length === 0) return keepsAll
  return operator === 'And'
    ? (described) => tests.every((test) => test(described))
    : (described) => tests.some((test) => test(described))
}

function compileCondition(json: unknown, names: ReadonlySet<string>): CriteriaTest {
  const condition = asObject(json, 'Conditions')
  onlyKeys(condition, ['PropertyName', 'ConditionOperator', 'Value'], 'MetadataConditionExpression')
  const property = textOf(condition['PropertyName'])
  if (!names.has(property)) throw invalidArgument(`The property '${property}' is not valid in a condition.`)
  // A documented gap of the service: github.com/MicrosoftDocs/powerapps-docs issue 4608.
  if (property === 'SourceType') throw invalidArgument(`Conditions based on property ${property} is not supported`)
  const operator = textOf(condition['ConditionOperator'])
  const isSet = operator === 'In' || operator === 'NotIn'
  const values = readValue(condition['Value'], property, isSet)
  const [first = null] = values
  switch (operator) {
    case 'Equals':
      return (described) => valueOf(described, property) === first
    case 'NotEquals':
      return (described) => valueOf(described, property) !== first
    case 'In':
      return (described) => values.includes(valueOf(described, property))
    case 'NotIn':
      return (described) => !values.includes(valueOf(described, property))
    case 'GreaterThan':
      return (described) => compare(valueOf(described, property), first) > 0
    case 'LessThan':
      return (described) => compare(valueOf(described, property), first) < 0
    default:
      throw invalidArgument(`ConditionOperator '${operator}' is not valid.`)
  }
}

// NaN where either side has no value: neither greater nor less.
function compare(left: Primitive, right: Primitive): number {
  if (left === null || right === null) return Number.NaN
  return left > right ? 1 : left < right ? -1 : 0
}

/** The primitive a condition sees: of a managed property and of a type name only its `Value`. */
function valueOf(described: Described, property: string): Primitive {
  const value: JsonValue | undefined = propertyOf(described, property)
  if (value === undefined || value === null) return null
  if (typeof value !== 'object') return value
  const inner = memberOf(value, 'Value')
  if (inner === undefined || inner === null || typeof inner === 'object') {
    throw invalidArgument(`Conditions based on property ${property} is not supported`)
  }
  return inner
}

function readValue(json: unknown, property: string, isSet: boolean): readonly Primitive[] {
  if (json === undefined || json === null) return [null]
  const value = asObject(json, 'Value')
  onlyKeys(value, ['Type', 'Value', '@odata.type'], 'Object')
  const type = textOf(value['Type'])
  const text = value['Value']
  if (text === null || text === undefined) return [null]
  if (typeof text !== 'string') throw invalidArgument(`The Value of a condition on ${property} must be text.`)
  if (type === 'System.String[]') {
    if (!isSet) throw invalidArgument(`A condition on ${property} with a list needs In or NotIn.`)
    return readStrings(text, property)
  }
  if (type.endsWith('[]')) throw notImplemented(`conditions with values of type '${type}'`)
  if (isSet) throw invalidArgument(`A condition on ${property} with In or NotIn needs a list.`)
  return [readPrimitive(type, text, property)]
}

function readPrimitive(type: string, text: string, property: string): Primitive {
  const enumType = enumDotNetTypes[type]
  if (enumType !== undefined) {
    if (enumType !== (enumTypes[property] ?? enumTypes[`${property}/Value`])) throw wrongType(type, property)
    return text
  }
  switch (type) {
    case 'System.String':
    case 'Microsoft.Xrm.Sdk.Metadata.AttributeTypeDisplayName':
      return text
    case 'System.Guid':
      return text.toLowerCase()
    case 'System.DateTime':
      return text
    case 'System.Boolean': {
      const lower = text.toLowerCase()
      if (lower !== 'true' && lower !== 'false') throw wrongType(type, property)
      return lower === 'true'
    }
    case 'System.Int32':
      if (!/^-?\d+$/.test(text)) throw wrongType(type, property)
      return Number(text)
    default:
      throw notImplemented(`conditions with values of type '${type}'`)
  }
}

// `['account','contact']`: JSON but for the quotes.
function readStrings(text: string, property: string): readonly string[] {
  const inner = /^\s*\[(.*)\]\s*$/s.exec(text)?.[1]
  if (inner === undefined) throw wrongType('System.String[]', property)
  if (inner.trim() === '') return []
  return inner.split(',').map((part) => {
    const quoted = /^\s*(?:'([^']*)'|"([^"]*)")\s*$/.exec(part)
    if (quoted === null) throw wrongType('System.String[]', property)
    return quoted[1] ?? quoted[2] ?? ''
  })
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null)
}

function wrongType(type: string, property: string): WebApiError {
  return invalidArgument(`The value of the condition on ${property} does not fit the type ${type}.`)
}

/** A JSON object, or a refusal that names where it was expected. */
export function asObject(value: unknown, where: string): Json {
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw invalidArgument(`${where} must be an object.`)
  return Object.fromEntries(Object.entries(value))
}

/** A JSON list; absent counts as empty. */
export function asList(value: unknown, where: string): readonly unknown[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw invalidArgument(`${where} must be a list.`)
  return value
}

/** Refuses members that the type does not have. */
export function onlyKeys(value: Json, names: readonly string[], type: string): void {
  const strange = Object.keys(value).find((name) => !names.includes(name) && name !== '@odata.type')
  if (strange !== undefined) {
    throw invalidArgument(`The property '${strange}' does not exist on type 'Microsoft.Dynamics.CRM.${type}'.`)
  }
}
