import { invalidArgument, noSuchResource, WebApiError } from '../errors.ts'
import { isJsonObject } from '../json/read.ts'
import { createRow } from '../rows/create-row.ts'
import { wholeSeconds } from '../rows/date-time.ts'
import { readPayload } from '../rows/read-payload.ts'
import { updateRow } from '../rows/update-row.ts'
import { isLookupColumn } from '../schema.ts'
import { complexReply } from './complex-reply.ts'
import { findEntity } from './entity-parameter.ts'
import type { Operation, OperationCall } from './operation.ts'
import { serverUpdate } from './server-update.ts'
import { requestContext } from './write-row-request.ts'
import type { WriteReply } from './write-reply.ts'

function addToQueue(call: OperationCall): WriteReply {
  const { org, request, row: queue, parameters } = call
  const table = org.schema.table('queueitem')
  if (table === undefined || queue === undefined) throw noSuchResource('AddToQueue')
  const target = findEntity(org, parameters.get('Target'), request)
  const object = org.schema.column('queueitem', 'objectid')
  if (object === undefined || !isLookupColumn(object) || !object.targets.includes(target.table.logicalName)) {
    throw invalidArgument(`The entity '${target.table.logicalName}' is not enabled for queues.`)
  }
  if (queue.values['statecode'] !== 0) {
    throw new WebApiError(
      400,
      '0x80040521',
      'You cannot add items to an inactive queue. Select another queue and try again.',
    )
  }
  const source = parameters.get('SourceQueue') ?? null
  const from = source === null ? undefined : findEntity(org, source, request, ['queue']).row.id
  const properties = parameters.get('QueueItemProperties')
  const given = isJsonObject(properties)
    ? readPayload(org.store, table, properties, request, 'create')
    : { values: new Map(), lookups: new Map() }
  const context = requestContext(org, request)
  // A row stands in one queue only: adding it to another moves it.
  const present = org.store
    .rows('queueitem')
    .holding('objectid', target.row.id)
    .find(({ values }) => values['statecode'] === 0)
  if (from !== undefined && present?.values['queueid'] !== from) {
    throw invalidArgument('The target is not in the source queue.')
  }
  const lookups = new Map(given.lookups).set('queueid', { table: 'queue', id: queue.id })
  const item =
    present === undefined
      ? createRow(context, table, org.store.newId(), {
          values: given.values,
          lookups: lookups.set('objectid', { table: target.table.logicalName, id: target.row.id }),
        })
      : updateRow(context, table, present, { values: given.values, lookups })
  const title = target.row.values[target.table.primaryName ?? ''] ?? null
  serverUpdate(context, table, item, {
    title,
    objecttypecode: target.table.objectTypeCode,
    enteredon: wholeSeconds(org.store.now()),
  })
  return complexReply(call, 'AddToQueueResponse', { QueueItemId: item.id })
}

/** Puts rows into queues. */
export const queueOperations: readonly Operation[] = [
  {
    name: 'AddToQueue',
    kind: 'action',
    binding: { to: 'row', table: 'queue' },
    parameters: {
      Target: { type: 'mscrm.crmbaseentity' },
      SourceQueue: { type: 'mscrm.queue', optional: true },
      QueueItemProperties: { type: 'mscrm.queueitem', optional: true },
    },
    returns: 'mscrm.AddToQueueResponse',
    response: { QueueItemId: 'Edm.Guid' },
    run: addToQueue,
  },
]
