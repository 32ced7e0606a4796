import {
  badPayload,
  invalidArgument,
  notImplemented,
  undeclaredAnnotated,
  undeclaredProperty,
  WebApiError,
} from '../errors.ts'
import { isJsonArray, isJsonObject } from '../json/read.ts'
import type { Json, JsonObject } from '../json/read.ts'
import { isLookupColumn } from '../schema.ts'
import type { StoredValue, TableDefinition } from '../schema.ts'
import type { RowStore } from './row-store.ts'
import { payloadValue } from './payload-value.ts'
import { resolveReference } from './resolve-reference.ts'
import type { UrlScope } from './resolve-reference.ts'
import type { Reference } from './reference.ts'

/** A lookup's new value: a row, or nothing. */
export type LookupValue = Reference | null

/** What a write asks for: plain values and lookups by logical column name. */
export interface Changes {
  readonly values: ReadonlyMap<string, StoredValue>
  readonly lookups: ReadonlyMap<string, LookupValue>
}

const BIND = '@odata.bind'

function bindTarget(
  store: RowStore,
  table: TableDefinition,
  navigation: string,
  value: Json,
  scope: UrlScope,
): LookupValue {
  if (value === null) return null
  if (isJsonArray(value)) throw badPayload(`A bind of '${navigation}' takes one URL, not a list.`)
  if (typeof value !== 'string') throw badPayload(`The value of '${navigation}${BIND}' is not a URL.`)
  const target = resolveReference(store, value, scope)
  const binding = store.schema.lookupBindings(table.logicalName).get(navigation)
  if (binding !== undefined && !binding.targets.includes(target.table)) {
    throw badPayload(
      `A resource of type 'Microsoft.Dynamics.CRM.${target.table}' cannot be bound to the navigation property '${navigation}', which leads to '${binding.targets.join(', ')}'.`,
    )
  }
  return target
}

function checkType(table: TableDefinition, value: Json): void {
  const expected = `Microsoft.Dynamics.CRM.${table.logicalName}`
  if (value === expected || value === `#${expected}`) return
  const given = typeof value === 'string' ? value.replace(/^#/, '') : 'null'
  throw badPayload(
    `A resource with type '${given}' was found, but it is not assignable to the expected type '${expected}'.`,
  )
}

/**
 * Reads the body of a create or update against the table: exact names, exact types, lookups through their navigation
 * properties only.
 */
export function readPayload(store: RowStore, table: TableDefinition, body: JsonObject, scope: UrlScope): Changes {
  const { schema } = store
  const bindings = schema.lookupBindings(table.logicalName)
  const values = new Map<string, StoredValue>()
  const lookups = new Map<string, LookupValue>()
  const setLookup = (column: string, value: LookupValue): void => {
    const before = lookups.get(column)
    if (lookups.has(column) && (before !== null || value !== null)) {
      throw invalidArgument(`The lookup '${column}' is given more than once in the payload.`)
    }
    lookups.set(column, value)
  }
  for (const [name, value] of body) {
    const at = name.indexOf('@')
    if (name === '@odata.type') checkType(table, value)
    if (at === 0) continue
    const property = at < 0 ? name : name.slice(0, at)
    const binding = bindings.get(property)
    if (at > 0 && name.slice(at) === BIND) {
      if (binding !== undefined) setLookup(binding.column.logicalName, bindTarget(store, table, property, value, scope))
      else if (schema.collections(table.logicalName).has(property))
        throw notImplemented('binding a collection on create')
      else throw undeclaredAnnotated(property)
      continue
    }
    const column = schema.columnByWireName(table.logicalName, property)
    if (at > 0) {
      // An annotation of a property that has its own value says nothing to the service.
      if (column === undefined && binding === undefined && !body.has(property)) throw undeclaredAnnotated(property)
      continue
    }
    if (column !== undefined) {
      if (isLookupColumn(column)) {
        throw new WebApiError(
          400,
          '0x80048d19',
          'CRM do not support direct update of Entity Reference properties, Use Navigation properties instead.',
        )
      }
      values.set(column.logicalName, payloadValue(column, value))
    } else if (binding !== undefined) {
      if (isJsonObject(value)) throw notImplemented('deep insert')
      if (value !== null) throw badPayload(`The value of the navigation property '${property}' is not valid.`)
      setLookup(binding.column.logicalName, null)
    } else if (schema.collections(table.logicalName).has(property)) throw notImplemented('deep insert')
    else throw undeclaredProperty(property, table.logicalName)
  }
  return { values, lookups }
}
