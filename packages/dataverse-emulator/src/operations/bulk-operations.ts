import { badPayload, invalidArgument, noSuchResource, undeclaredProperty, WebApiError } from '../errors.ts'
import { emptyReply, jsonReply } from '../http/reply.ts'
import { isJsonArray, isJsonObject } from '../json/read.ts'
import type { JsonObject } from '../json/read.ts'
import { parseKey, splitPath } from '../odata/resource-path.ts'
import type { RowKey } from '../odata/resource-path.ts'
import { createRow } from '../rows/create-row.ts'
import type { Changes } from '../rows/changes.ts'
import { findRow } from '../rows/find-row.ts'
import { isEmptyGuid, isGuid } from '../rows/guid.ts'
import { readPayload } from '../rows/read-payload.ts'
import { resourceOf } from '../rows/resolve-reference.ts'
import { updateRow } from '../rows/update-row.ts'
import type { TableDefinition } from '../schema.ts'
import type { Operation, OperationCall } from './operation.ts'
import { requestContext, requireMessage, withKey, withoutKey } from './write-row-request.ts'
import type { WriteReply } from './write-reply.ts'

interface Target {
  readonly body: JsonObject
  /** How the target names its row; absent for a new one. */
  readonly key: RowKey | undefined
}

function tableOf({ table }: OperationCall): TableDefinition {
  if (table === undefined) throw new RangeError('a bulk operation without a table')
  return table
}

/** Tables that do not take the message of a single row do not take that of several either. */
function requireBulk(call: OperationCall, message: 'Create' | 'Update'): void {
  const table = tableOf(call)
  try {
    requireMessage(message, table)
  } catch (error) {
    if (!(error instanceof WebApiError)) throw error
    throw new WebApiError(error.status, error.code, error.message.replace(`'${message}'`, `'${message}Multiple'`))
  }
}

function keyOf(call: OperationCall, body: JsonObject): RowKey | undefined {
  const table = tableOf(call)
  const url = body.get('@odata.id')
  if (typeof url === 'string') {
    const [segment, ...rest] = splitPath(resourceOf(url, call.request.root))
    if (segment?.inner === undefined || rest.length > 0)
      throw badPayload(`The URL '${url}' is not a valid entity reference.`)
    if (segment.name !== table.entitySetName) throw noSuchResource(segment.name)
    return parseKey(segment.inner, table.primaryId)
  }
  const id = body.get(table.primaryId)
  const bare = typeof id === 'string' ? id.replace(/^\{(.*)\}$/, '$1') : ''
  return isGuid(bare) && !isEmptyGuid(bare) ? { kind: 'id', id: bare.toLowerCase() } : undefined
}

function targetsOf(call: OperationCall): readonly Target[] {
  const table = tableOf(call)
  const given = call.parameters.get('Targets')
  if (!isJsonArray(given) || given.length === 0) {
    throw invalidArgument('The Targets parameter must hold at least one entity.')
  }
  return given.map((body) => {
    if (!isJsonObject(body)) throw badPayload('A target is not a JSON object.')
    const type = body.get('@odata.type')
    if (type === undefined) {
      // Without its type a target is of the type that all tables share, which has no properties.
      const property = [...body.keys()].find((name) => !name.startsWith('@')) ?? table.primaryId
      throw undeclaredProperty(property, 'crmbaseentity')
    }
    return { body, key: keyOf(call, body) }
  })
}

/** The id of a new row: the one it is addressed by, the one in its body, or one from the service. */
function newRowId(call: OperationCall, key: RowKey | undefined, { values }: Changes): string {
  const given = key?.kind === 'id' ? key.id : values.get(tableOf(call).primaryId)
  return typeof given === 'string' ? given : call.org.store.newId()
}

function create(call: OperationCall): WriteReply {
  const { org, request } = call
  const table = tableOf(call)
  requireBulk(call, 'Create')
  const context = requestContext(org, request)
  const ids = targetsOf(call).map(({ body, key }) => {
    const changes = readPayload(org.store, table, body, request, 'create')
    return createRow(context, table, newRowId(call, key, changes), changes).id
  })
  const type = 'Microsoft.Dynamics.CRM.CreateMultipleResponse'
  return { reply: jsonReply({ '@odata.context': `${request.root}$metadata#${type}`, Ids: ids }) }
}

function missing(table: TableDefinition, keys: readonly RowKey[]): WebApiError {
  const ids = keys.map((key) => (key.kind === 'id' ? key.id : [...key.values.keys()].join()))
  return new WebApiError(404, '0x80040217', `${table.schemaName} With Ids = ${ids.join(', ')} Do Not Exist`)
}

function update(call: OperationCall): WriteReply {
  const { org, request } = call
  const table = tableOf(call)
  requireBulk(call, 'Update')
  const targets = targetsOf(call).map(({ body, key }) => {
    if (key !== undefined) return { body, key }
    throw new WebApiError(
      400,
      '0x80072033',
      `The Entity ${table.logicalName} is missing primary key ${table.primaryId}.`,
    )
  })
  const absent = targets.filter(({ key }) => findRow(org.store, table, key) === undefined)
  if (absent.length > 0)
    throw missing(
      table,
      absent.map(({ key }) => key),
    )
  const context = requestContext(org, request)
  for (const { body, key } of targets) {
    // Found again each time: an earlier target may have changed the same row.
    const row = findRow(org.store, table, key)
    if (row === undefined) throw missing(table, [key])
    const changes = readPayload(org.store, table, body, request, 'update')
    updateRow(context, table, row, withoutKey(org, table, key, changes))
  }
  return { reply: emptyReply() }
}

function upsert(call: OperationCall): WriteReply {
  const { org, request } = call
  const table = tableOf(call)
  requireBulk(call, 'Create')
  requireBulk(call, 'Update')
  // What is new is decided before anything is written, so that two targets for the same new row collide.
  const targets = targetsOf(call).map((target) => ({
    ...target,
    exists: target.key !== undefined && findRow(org.store, table, target.key) !== undefined,
  }))
  const context = requestContext(org, request)
  for (const { body, key, exists } of targets) {
    const row = exists && key !== undefined ? findRow(org.store, table, key) : undefined
    const changes = readPayload(org.store, table, body, request, row === undefined ? 'create' : 'update')
    if (row !== undefined && key !== undefined) updateRow(context, table, row, withoutKey(org, table, key, changes))
    else {
      const all = key === undefined ? changes : withKey(org, table, key, changes)
      createRow(context, table, newRowId(call, key, changes), all)
    }
  }
  return { reply: emptyReply() }
}

function deleteMultiple(): never {
  // The service's own 501; only elastic tables, which the emulator does not have, take the message.
  throw new WebApiError(501, '0x80040219', 'DeleteMultiple has not yet been implemented.')
}

const targets = { Targets: { type: 'Collection(mscrm.crmbaseentity)' } }

/** Messages for several rows of one table, all of them written or none. */
export const bulkOperations: readonly Operation[] = [
  {
    name: 'CreateMultiple',
    kind: 'action',
    binding: { to: 'collection' },
    parameters: targets,
    returns: 'mscrm.CreateMultipleResponse',
    response: { Ids: 'Collection(Edm.Guid)' },
    run: create,
  },
  { name: 'UpdateMultiple', kind: 'action', binding: { to: 'collection' }, parameters: targets, run: update },
  { name: 'UpsertMultiple', kind: 'action', binding: { to: 'collection' }, parameters: targets, run: upsert },
  { name: 'DeleteMultiple', kind: 'action', binding: { to: 'collection' }, parameters: targets, run: deleteMultiple },
]
