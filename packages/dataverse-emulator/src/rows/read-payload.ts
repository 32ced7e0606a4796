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
import type { CollectionNavigation, LookupBinding, StoredValue, TableDefinition } from '../schema.ts'
import { PARTY } from './activity-party.ts'
import { cannotBeNull } from './apply-changes.ts'
import { memberOf } from './changes.ts'
import type { Changes, LookupValue, Related, Verb } from './changes.ts'
import { isEmptyGuid } from './guid.ts'
import type { RowStore } from './row-store.ts'
import { payloadValue } from './payload-value.ts'
import { resolveReference } from './resolve-reference.ts'
import type { UrlScope } from './resolve-reference.ts'

const BIND = '@odata.bind'

function checkType(table: TableDefinition, value: Json): void {
  const expected = `Microsoft.Dynamics.CRM.${table.logicalName}`
  if (value === expected || value === `#${expected}`) return
  throw notAssignable(value, table.logicalName)
}

function notAssignable(value: Json, expected: string): WebApiError {
  const given = typeof value === 'string' ? value.replace(/^#/, '') : 'null'
  return badPayload(
    `A resource with type '${given}' was found, but it is not assignable to the expected type 'Microsoft.Dynamics.CRM.${expected}'.`,
  )
}

function givenTwice(column: string): WebApiError {
  return invalidArgument(`The lookup '${column}' is given more than once in the payload.`)
}

function noDeepUpdate(navigation: string, table: string): WebApiError {
  return badPayload(
    `Cannot apply PATCH to navigation property '${navigation}' on entity type 'Microsoft.Dynamics.CRM.${table}'.`,
  )
}

/** Reads one body; rows nested in it are read by readers of their own. */
class PayloadReader {
  readonly #store: RowStore
  readonly #table: TableDefinition
  readonly #scope: UrlScope
  readonly #verb: Verb
  readonly #bindings: ReadonlyMap<string, LookupBinding>
  readonly #collections: ReadonlyMap<string, CollectionNavigation>
  readonly #values = new Map<string, StoredValue>()
  readonly #lookups = new Map<string, LookupValue>()
  readonly #parents: Related['parents'][number][] = []
  readonly #children: Related['children'][number][] = []
  readonly #members: Related['members'][number][] = []

  constructor(store: RowStore, table: TableDefinition, scope: UrlScope, verb: Verb) {
    this.#store = store
    this.#table = table
    this.#scope = scope
    this.#verb = verb
    this.#bindings = store.schema.lookupBindings(table.logicalName)
    this.#collections = store.schema.collections(table.logicalName)
  }

  read(body: JsonObject): Changes {
    for (const [name, value] of body) {
      const at = name.indexOf('@')
      if (name === '@odata.type') checkType(this.#table, value)
      if (at === 0) continue
      const property = at < 0 ? name : name.slice(0, at)
      if (at < 0) this.#member(property, value)
      else if (name.slice(at) === BIND) this.#bind(property, value)
      // An annotation of a property that has its own value says nothing to the service.
      else if (!this.#has(property) && !body.has(property)) throw undeclaredAnnotated(property)
    }
    const plain = { values: this.#values, lookups: this.#lookups }
    if (this.#parents.length + this.#children.length + this.#members.length === 0) return plain
    return { ...plain, related: { parents: this.#parents, children: this.#children, members: this.#members } }
  }

  #has(property: string): boolean {
    return (
      this.#store.schema.columnByWireName(this.#table.logicalName, property) !== undefined ||
      this.#bindings.has(property) ||
      this.#collections.has(property)
    )
  }

  #bind(property: string, value: Json): void {
    const binding = this.#bindings.get(property)
    const navigation = this.#collections.get(property)
    if (binding !== undefined) this.#setLookup(binding.column.logicalName, this.#target(binding, value))
    else if (navigation !== undefined) this.#bindCollection(navigation, value)
    else throw undeclaredAnnotated(property)
  }

  #target(binding: LookupBinding, value: Json): LookupValue {
    const { navigation, targets } = binding
    if (value === null) return null
    if (isJsonArray(value)) throw badPayload(`A bind of '${navigation}' takes one URL, not a list.`)
    if (typeof value !== 'string') throw badPayload(`The value of '${navigation}${BIND}' is not a URL.`)
    const target = resolveReference(this.#store, value, this.#scope)
    if (!targets.includes(target.table)) {
      throw badPayload(
        `A resource of type 'Microsoft.Dynamics.CRM.${target.table}' cannot be bound to the navigation property '${navigation}', which leads to '${targets.join(', ')}'.`,
      )
    }
    return target
  }

  #bindCollection(navigation: CollectionNavigation, value: Json): void {
    if (this.#verb === 'update') throw noDeepUpdate(navigation.navigation, this.#table.logicalName)
    if (value === null || !isJsonArray(value)) {
      throw badPayload(`The value of '${navigation.navigation}${BIND}' is not a list of URLs.`)
    }
    for (const url of value) {
      if (typeof url !== 'string') throw badPayload(`The value of '${navigation.navigation}${BIND}' is not a URL.`)
      this.#members.push({ navigation, target: resolveReference(this.#store, url, this.#scope) })
    }
  }

  #setLookup(column: string, value: LookupValue): void {
    const before = this.#lookups.get(column)
    const nested = this.#parents.some((one) => one.column === column)
    if (nested || (this.#lookups.has(column) && (before !== null || value !== null))) {
      throw givenTwice(column)
    }
    this.#lookups.set(column, value)
  }

  /** Zeros and null are no id: a new row gets one, and the row there is does not lose its own. */
  #id(column: string, value: StoredValue): void {
    const isNone = value === null || (typeof value === 'string' && isEmptyGuid(value))
    if (!isNone) this.#values.set(column, value)
    else if (this.#verb === 'update') throw cannotBeNull(column)
  }

  #member(property: string, value: Json): void {
    const column = this.#store.schema.columnByWireName(this.#table.logicalName, property)
    const binding = this.#bindings.get(property)
    const navigation = this.#collections.get(property)
    if (column !== undefined) {
      if (isLookupColumn(column)) {
        throw new WebApiError(
          400,
          '0x80048d19',
          'CRM do not support direct update of Entity Reference properties, Use Navigation properties instead.',
        )
      }
      const stored = payloadValue(column, value)
      if (column.logicalName === this.#table.primaryId) this.#id(column.logicalName, stored)
      else this.#values.set(column.logicalName, stored)
    } else if (binding !== undefined) this.#nestParent(binding, value)
    else if (navigation !== undefined) this.#nestChildren(navigation, value)
    else throw undeclaredProperty(property, this.#table.logicalName)
  }

  #nestParent(binding: LookupBinding, value: Json): void {
    const column = binding.column.logicalName
    if (value === null) {
      this.#setLookup(column, null)
      return
    }
    if (!isJsonObject(value))
      throw badPayload(`The value of the navigation property '${binding.navigation}' is not valid.`)
    if (this.#verb === 'update') throw noDeepUpdate(binding.navigation, this.#table.logicalName)
    if (this.#lookups.has(column)) this.#setLookup(column, null)
    const table = this.#nestedTable(binding.targets, value)
    this.#parents.push({ column, table, changes: this.#nested(table, value) })
  }

  #nestChildren(navigation: CollectionNavigation, value: Json): void {
    if (this.#verb === 'update' && memberOf(navigation) === PARTY) throw notImplemented('activity parties in an update')
    if (this.#verb === 'update') throw noDeepUpdate(navigation.navigation, this.#table.logicalName)
    if (value === null || !isJsonArray(value)) {
      throw badPayload(`The value of the navigation property '${navigation.navigation}' is not a list.`)
    }
    for (const one of value) {
      if (one === null || !isJsonObject(one)) {
        throw badPayload(`A member of the navigation property '${navigation.navigation}' is not a JSON object.`)
      }
      const table = this.#nestedTable([memberOf(navigation)], one)
      const changes = this.#nested(table, one)
      const back = navigation.kind === 'OneToMany' ? navigation.relationship.referencingColumn : undefined
      if (back !== undefined && changes.lookups.has(back)) throw givenTwice(back)
      this.#children.push({ navigation, table, changes })
    }
  }

  /** The table of a nested row: what the property leads to, or of several tables the one that `@odata.type` names. */
  #nestedTable(targets: readonly string[], body: JsonObject): TableDefinition {
    const type = body.get('@odata.type')
    const named = typeof type === 'string' ? type.replace(/^#?Microsoft\.Dynamics\.CRM\./, '') : undefined
    const [only, ...others] = targets
    const name = named ?? (others.length === 0 ? only : undefined)
    const table = name === undefined ? undefined : this.#store.schema.table(name)
    if (table === undefined || !targets.includes(table.logicalName)) {
      throw notAssignable(type ?? null, others.length === 0 ? String(only) : 'principal')
    }
    return table
  }

  #nested(table: TableDefinition, body: JsonObject): Changes {
    if (body.has('@odata.id')) throw notImplemented('a reference in the place of a nested row')
    return new PayloadReader(this.#store, table, this.#scope, 'create').read(body)
  }
}

/**
 * Reads the body of a create or update against the table: exact names, exact types, lookups through their navigation
 * properties only. Nested rows and binds of collections belong to a create and are refused on update.
 */
export function readPayload(
  store: RowStore,
  table: TableDefinition,
  body: JsonObject,
  scope: UrlScope,
  verb: Verb = 'create',
): Changes {
  return new PayloadReader(store, table, scope, verb).read(body)
}
