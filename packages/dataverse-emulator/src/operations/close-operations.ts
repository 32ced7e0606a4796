import { badPayload, invalidArgument, noSuchResource, WebApiError } from '../errors.ts'
import { emptyReply } from '../http/reply.ts'
import { isJsonObject, NumberText } from '../json/read.ts'
import { requireReach } from '../rows/access.ts'
import { createRow } from '../rows/create-row.ts'
import { wholeSeconds } from '../rows/date-time.ts'
import { readPayload } from '../rows/read-payload.ts'
import type { Row } from '../rows/row.ts'
import { setState } from '../rows/set-state.ts'
import type { StoredValues } from '../schema.ts'
import { findReferenced } from './entity-parameter.ts'
import type { Found } from './entity-parameter.ts'
import { complexReply } from './complex-reply.ts'
import type { Operation, OperationCall } from './operation.ts'
import { serverUpdate } from './server-update.ts'
import { requestContext } from './write-row-request.ts'
import type { WriteReply } from './write-reply.ts'

/** A row that is closed, and the activity that records it. */
interface Closing {
  readonly closed: Found
  readonly activity: Row
}

interface Kind {
  readonly parameter: string
  /** Table of the activity, and its lookup to what it closes. */
  readonly activity: string
  readonly column: string
  readonly state: number
  /** The refusal of a row that is closed already. */
  readonly already: (row: Row) => WebApiError | undefined
}

function statusOf({ parameters }: OperationCall): number | undefined {
  const status = parameters.get('Status')
  const value = status instanceof NumberText ? Number(status.text) : undefined
  // -1 stands for the default status of the state.
  return value === -1 ? undefined : value
}

function close(call: OperationCall, kind: Kind): Closing {
  const { org, request, parameters } = call
  const table = org.schema.table(kind.activity)
  const body = parameters.get(kind.parameter)
  if (table === undefined) throw noSuchResource(kind.parameter)
  if (!isJsonObject(body)) throw badPayload(`The value of '${kind.parameter}' is not an entity.`)
  const changes = readPayload(org.store, table, body, request, 'create')
  const target = changes.lookups.get(kind.column) ?? undefined
  if (target === undefined) throw invalidArgument(`Required field '${kind.column}' is missing in '${kind.parameter}'.`)
  const closed = findReferenced(org, target)
  const refusal = kind.already(closed.row)
  if (refusal !== undefined) throw refusal
  const context = requestContext(org, request)
  const given = changes.values.get(table.primaryId)
  const activity = createRow(context, table, typeof given === 'string' ? given : org.store.newId(), changes)
  const status = statusOf(call)
  setState(context, closed.table, closed.row, { state: kind.state, ...(status === undefined ? {} : { status }) })
  const ended: StoredValues = {
    statecode: 1,
    statuscode: 2,
    actualend: activity.values['actualend'] ?? wholeSeconds(org.store.now()),
  }
  return { closed, activity: serverUpdate(context, table, activity, ended) }
}

function closeIncident(call: OperationCall): WriteReply {
  const { closed, activity } = close(call, {
    parameter: 'IncidentResolution',
    activity: 'incidentresolution',
    column: 'incidentid',
    state: 1,
    already: (row) =>
      row.values['statecode'] === 1
        ? new WebApiError(
            400,
            '0x800404cf',
            'This case has already been resolved. Close and reopen the case record to see the updates.',
          )
        : undefined,
  })
  const table = call.org.schema.table('incidentresolution')
  if (table !== undefined) {
    const total = minutesSpent(call, closed.row.id)
    serverUpdate(requestContext(call.org, call.request), table, activity, { totaltimespent: total })
  }
  return { reply: emptyReply() }
}

/** Minutes of the completed activities about a row. */
function minutesSpent({ org }: OperationCall, id: string): number {
  let minutes = 0
  for (const { values } of org.store.rows('activitypointer').holding('regardingobjectid', id)) {
    if (values['statecode'] === 1) minutes += Number(values['actualdurationminutes'] ?? 0)
  }
  return minutes
}

function closeOpportunity(call: OperationCall, state: 1 | 2): WriteReply {
  const { org, request } = call
  const { closed, activity } = close(call, {
    parameter: 'OpportunityClose',
    activity: 'opportunityclose',
    column: 'opportunityid',
    state,
    already: (row) =>
      row.values['statecode'] === 0
        ? undefined
        : new WebApiError(400, '0x80040515', 'The opportunity is already closed.'),
  })
  const context = requestContext(org, request)
  const opportunity = serverUpdate(context, closed.table, closed.row, {
    actualclosedate: String(activity.values['actualend']).slice(0, 10),
    actualvalue: activity.values['actualrevenue'] ?? closed.row.values['actualvalue'] ?? null,
  })
  const table = org.schema.table('opportunityclose')
  if (table !== undefined) {
    serverUpdate(context, table, activity, {
      opportunitystatecode: opportunity.values['statecode'] ?? null,
      opportunitystatuscode: opportunity.values['statuscode'] ?? null,
    })
  }
  return { reply: emptyReply() }
}

function totalTime(call: OperationCall): WriteReply {
  const { org, request, table, row } = call
  if (table === undefined || row === undefined) throw noSuchResource('CalculateTotalTimeIncident')
  requireReach(org.store, table, request.user, 'read', row)
  return complexReply(call, 'CalculateTotalTimeIncidentResponse', { TotalTime: minutesSpent(call, row.id) })
}

const status = { type: 'Edm.Int32' }
const caller = { type: 'Edm.String', optional: true }
const opportunityClose = { type: 'mscrm.opportunityclose' }

/** Actions that close cases and opportunities and record that as an activity. */
export const closeOperations: readonly Operation[] = [
  {
    name: 'CloseIncident',
    kind: 'action',
    parameters: { IncidentResolution: { type: 'mscrm.incidentresolution' }, Status: status },
    run: closeIncident,
  },
  {
    name: 'WinOpportunity',
    kind: 'action',
    parameters: { OpportunityClose: opportunityClose, Caller: caller, Status: status },
    run: (call) => closeOpportunity(call, 1),
  },
  {
    name: 'LoseOpportunity',
    kind: 'action',
    parameters: { Caller: caller, OpportunityClose: opportunityClose, Status: status },
    run: (call) => closeOpportunity(call, 2),
  },
  {
    name: 'CalculateTotalTimeIncident',
    kind: 'function',
    binding: { to: 'row', table: 'incident' },
    parameters: {},
    returns: 'mscrm.CalculateTotalTimeIncidentResponse',
    response: { TotalTime: 'Edm.Int64' },
    run: totalTime,
  },
]
