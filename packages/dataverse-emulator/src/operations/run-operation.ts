import { badPayload, badQuery, methodNotAllowed, noSuchResource, notImplemented, WebApiError } from '../errors.ts'
import { allowConditions } from '../http/headers.ts'
import type { ApiRequest } from '../http/request.ts'
import { isJsonObject, readJson } from '../json/read.ts'
import type { Json } from '../json/read.ts'
import { allowOptions } from '../odata/query-options.ts'
import type { Org } from '../org.ts'
import type { Row } from '../rows/row.ts'
import type { TableDefinition } from '../schema.ts'
import { readCallArguments } from './call-arguments.ts'
import type { Operation } from './operation.ts'
import type { WriteReply } from './write-row-request.ts'

const NAMESPACE = 'Microsoft.Dynamics.CRM.'

/** What a call is bound to; both absent for an unbound one. */
export interface Bound {
  readonly table?: TableDefinition
  readonly row?: Row
}

function bodyArguments(request: ApiRequest): ReadonlyMap<string, Json> {
  if (request.body.trim() === '') return new Map()
  const body = readJson(request.body)
  if (!isJsonObject(body)) throw badPayload('The payload is not a JSON object.')
  return new Map([...body].filter(([name]) => !name.includes('@')))
}

function readParameters(
  operation: Operation,
  request: ApiRequest,
  inner: string | undefined,
): ReadonlyMap<string, Json> {
  const given =
    operation.kind === 'function' ? readCallArguments(inner ?? '', request.query.aliases) : bodyArguments(request)
  for (const name of given.keys()) {
    if (operation.parameters[name] !== undefined) continue
    throw badPayload(
      `The parameter '${name}' in the request payload is not a valid parameter for the operation '${operation.name}'.`,
    )
  }
  for (const [name, { optional = false }] of Object.entries(operation.parameters)) {
    if (optional || given.has(name)) continue
    throw badQuery(`Parameter '${name}' of the operation '${operation.name}' is missing.`)
  }
  return given
}

function fits({ binding }: Operation, bound: Bound): boolean {
  if (binding === undefined || bound.table === undefined) return binding === undefined && bound.table === undefined
  const isRow = bound.row !== undefined
  return (binding.to === 'row') === isRow && (binding.table ?? bound.table.logicalName) === bound.table.logicalName
}

function find(org: Org, name: string, bound: Bound): Operation | undefined {
  const isBound = bound.table !== undefined
  const short = name.startsWith(NAMESPACE) ? name.slice(NAMESPACE.length) : name
  const operation = org.operations.find((one) => one.name === short && fits(one, bound))
  // A bound operation needs its namespace; without it the service takes the segment for something else.
  if (operation !== undefined && isBound && short === name) {
    throw new WebApiError(400, '0x80060888', 'Request message has unresolved parameters.')
  }
  return operation
}

/**
 * Runs the function or action a path segment names. Undefined where an unbound name is no operation; a bound one with
 * its namespace is a 501, since the service may well have it.
 */
export function runOperation(
  org: Org,
  request: ApiRequest,
  name: string,
  inner: string | undefined,
  bound: Bound = {},
): WriteReply | undefined {
  const operation = find(org, name, bound)
  if (operation === undefined) {
    if (bound.table !== undefined && name.startsWith(NAMESPACE)) throw notImplemented(`the bound operation '${name}'`)
    return undefined
  }
  const expected = operation.kind === 'function' ? 'GET' : 'POST'
  if (request.method !== expected) throw methodNotAllowed(request.method)
  if (operation.kind === 'action' && inner !== undefined) throw noSuchResource(name)
  allowConditions(request.headers)
  allowOptions(request.query, operation.kind === 'function' ? ['@'] : [])
  const parameters = readParameters(operation, request, inner)
  const { table, row } = bound
  return org.store.atomically(() => operation.run({ org, request, table, row, parameters }))
}
