import { badPayload, badQuery, invalidArgument, methodNotAllowed, noSuchResource, notImplemented } from '../errors.ts'
import type { WebApiError } from '../errors.ts'
import { allowConditions } from '../http/headers.ts'
import type { ApiRequest } from '../http/request.ts'
import { isJsonObject, readJson } from '../json/read.ts'
import type { Json } from '../json/read.ts'
import { allowOptions } from '../odata/query-options.ts'
import { writeContext } from '../org.ts'
import type { Org } from '../org.ts'
import { PluginPipeline } from '../plug-ins/plugin-pipeline.ts'
import type { Row } from '../rows/row.ts'
import type { TableDefinition } from '../schema.ts'
import { readCallArguments } from './call-arguments.ts'
import { fitsType, written } from './check-parameter.ts'
import { inBackground } from './background.ts'
import type { OperationFacts } from './operation-facts.ts'
import type { Operation, OperationCall } from './operation.ts'
import { plainMembers } from './plain-json.ts'
import type { WriteReply } from './write-reply.ts'

const NAMESPACE = 'Microsoft.Dynamics.CRM.'

/** What a call is bound to; both absent for an unbound one. */
export interface Bound {
  readonly table?: TableDefinition
  readonly row?: Row
}

function unresolved(): WebApiError {
  return badQuery('Request message has unresolved parameters.')
}

function bodyArguments(operation: Operation, request: ApiRequest): ReadonlyMap<string, Json> {
  const body = request.body.trim() === '' ? new Map<string, Json>() : readJson(request.body)
  if (!isJsonObject(body)) throw badPayload('The payload is not a JSON object.')
  const given = new Map([...body].filter(([name]) => !name.includes('@')))
  for (const name of given.keys()) {
    if (operation.parameters[name] !== undefined) continue
    throw badPayload(
      `The parameter '${name}' in the request payload is not a valid parameter for the operation '${operation.name}'.`,
    )
  }
  return given
}

function urlArguments(operation: Operation, request: ApiRequest, inner: string): ReadonlyMap<string, Json> {
  const given = readCallArguments(inner, request.query.aliases)
  // A function is found by the names of its parameters, so that a wrong name is no such function.
  if ([...given.keys()].some((name) => operation.parameters[name] === undefined)) throw unresolved()
  return given
}

function readParameters(
  operation: Operation,
  request: ApiRequest,
  inner: string | undefined,
): ReadonlyMap<string, Json> {
  const isFunction = operation.kind === 'function'
  const given = isFunction ? urlArguments(operation, request, inner ?? '') : bodyArguments(operation, request)
  for (const [name, { type, optional = false }] of Object.entries(operation.parameters)) {
    const value = given.get(name)
    if (value === undefined || value === null) {
      if (optional) continue
      if (isFunction && value === undefined) throw unresolved()
      throw invalidArgument(`Required parameter '${name}' of '${operation.name}' is missing.`)
    }
    if (fitsType(value, type)) continue
    const message = `Cannot convert the literal '${written(value)}' to the expected type '${type.replaceAll('mscrm.', NAMESPACE)}'.`
    throw isFunction ? badQuery(message) : badPayload(message)
  }
  return given
}

function fits({ binding }: OperationFacts, bound: Bound): boolean {
  if (binding === undefined || bound.table === undefined) return binding === undefined && bound.table === undefined
  const isRow = bound.row !== undefined
  return (binding.to === 'row') === isRow && (binding.table ?? bound.table.logicalName) === bound.table.logicalName
}

function find(org: Org, name: string, bound: Bound): Operation | undefined {
  const isBound = bound.table !== undefined
  // Only what is bound goes by its full name.
  const short = isBound && name.startsWith(NAMESPACE) ? name.slice(NAMESPACE.length) : name
  const operation = org.operations.find((one) => one.name === short && fits(one, bound))
  // A bound operation needs its namespace; without it the service takes the segment for something else.
  if (operation !== undefined && isBound && short === name) {
    throw unresolved()
  }
  // What is listed are operations; the organisation knows no more of them than their facts.
  return operation as Operation | undefined
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
    if (bound.table === undefined && name.startsWith(NAMESPACE)) throw noSuchResource(name)
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
  const run = (): WriteReply =>
    org.store.atomically(() => around(org, operation, { org, request, table, row, parameters }))
  return request.preferences.respondAsync ? inBackground(org, operation, request, parameters, run) : run()
}

function around(org: Org, operation: Operation, call: OperationCall): WriteReply {
  const context = writeContext(org, call.request.user)
  const body = (): WriteReply => operation.run(call)
  if (!(context.pipeline instanceof PluginPipeline)) return body()
  const bound = { table: call.table?.logicalName, id: call.row?.id }
  return context.pipeline.operation(context, operation.name, bound, plainMembers(call.parameters), body)
}
