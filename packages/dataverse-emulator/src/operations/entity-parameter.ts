import { badPayload, invalidArgument, rowDoesNotExist } from '../errors.ts'
import { isJsonObject } from '../json/read.ts'
import type { Json, JsonObject } from '../json/read.ts'
import type { Org } from '../org.ts'
import { isGuid } from '../rows/guid.ts'
import type { Reference } from '../rows/reference.ts'
import { resolveReference } from '../rows/resolve-reference.ts'
import type { UrlScope } from '../rows/resolve-reference.ts'
import type { Row } from '../rows/row.ts'
import type { TableDefinition } from '../schema.ts'

const NAMESPACE = 'Microsoft.Dynamics.CRM.'

/** 400 for a row in a parameter whose table or key cannot be told. */
function keyNotSet(): Error {
  return badPayload('EdmEntityObject passed should have the key property value set.')
}

/** The table that a row in a parameter belongs to: what its `@odata.type` says, or what the parameter declares. */
function tableOfEntity(org: Org, entity: JsonObject, declared: string | undefined): TableDefinition {
  const type = entity.get('@odata.type')
  if (type === undefined) {
    const table = declared === undefined ? undefined : org.schema.table(declared)
    if (table === undefined) throw keyNotSet()
    return table
  }
  const name = typeof type === 'string' ? type.replace(/^#/, '') : ''
  const table = name.startsWith(NAMESPACE) ? org.schema.table(name.slice(NAMESPACE.length)) : undefined
  if (table === undefined) {
    throw badPayload(
      `A type named '${name}' could not be resolved by the model. When a model is available, each type name must resolve to a valid type.`,
    )
  }
  if (declared !== undefined && table.logicalName !== declared && org.schema.table(declared) !== undefined) {
    throw badPayload(
      `A resource with type '${name}' was found, but it is not assignable to the expected type '${NAMESPACE}${declared}'.`,
    )
  }
  return table
}

/** The row that a parameter refers to by its key (`accountid`, `ownerid` for users and teams) or by `@odata.id`. */
export function entityReference(org: Org, value: Json | undefined, scope: UrlScope, declared?: string): Reference {
  if (!isJsonObject(value)) throw keyNotSet()
  const url = value.get('@odata.id')
  if (typeof url === 'string') return resolveReference(org.store, url, scope)
  const table = tableOfEntity(org, value, declared)
  const isPrincipal = table.logicalName === 'systemuser' || table.logicalName === 'team'
  // Users and teams inherit their key, so that only a type says which of the two a row is.
  if (isPrincipal && !value.has('@odata.type')) throw keyNotSet()
  const id = value.get(table.primaryId) ?? (isPrincipal ? value.get('ownerid') : undefined)
  if (typeof id !== 'string' || !isGuid(id)) throw keyNotSet()
  return { table: table.logicalName, id: id.toLowerCase() }
}

/** A row with its table. */
export interface Found {
  readonly table: TableDefinition
  readonly row: Row
}

/** The row behind a reference; 404 where there is none. */
export function findReferenced(org: Org, { table, id }: Reference): Found {
  const definition = org.schema.table(table)
  const row = org.store.rows(table).get(id)
  if (definition === undefined || row === undefined) throw rowDoesNotExist(table, id)
  return { table: definition, row }
}

/** The same, of one of these tables only. */
export function findEntity(org: Org, value: Json | undefined, scope: UrlScope, tables?: readonly string[]): Found {
  const reference = entityReference(org, value, scope, tables?.length === 1 ? tables[0] : undefined)
  if (tables !== undefined && !tables.includes(reference.table)) {
    throw invalidArgument(`The entity '${reference.table}' is not valid here; expected ${tables.join(', ')}.`)
  }
  return findReferenced(org, reference)
}
