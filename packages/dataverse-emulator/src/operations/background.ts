import { notImplemented, WebApiError } from '../errors.ts'
import type { Reply } from '../http/reply.ts'
import { emptyReply, jsonReply } from '../http/reply.ts'
import type { ApiRequest } from '../http/request.ts'
import { isJsonArray, isJsonObject, readJson } from '../json/read.ts'
import type { Json } from '../json/read.ts'
import { writeJson } from '../json/write.ts'
import type { JsonValue } from '../json/write.ts'
import type { Org } from '../org.ts'
import { wholeSeconds } from '../rows/date-time.ts'
import type { User } from '../rows/user.ts'
import type { StoredValues } from '../schema.ts'
import type { Operation } from './operation.ts'
import { plainMembers } from './plain-json.ts'
import type { WriteReply } from './write-reply.ts'

/** The table that lists background operations; without it there are none. */
const TABLE = 'backgroundoperation'
const READY = { state: 0, status: 0 }
const SUCCEEDED = { state: 3, status: 30 }
const FAILED = { state: 3, status: 31 }
const CANCELED = { state: 3, status: 32 }
const CANCELING = { state: 2, status: 22 }

type Progress = typeof READY

/** Whether a request may be answered before it is done: only custom functions and actions are. */
export function mayRunInBackground(org: Org, { segments }: ApiRequest): boolean {
  const name = segments.at(-1)?.name.replace(/^Microsoft\.Dynamics\.CRM\./, '')
  return org.operations.some((one) => one.name === name && one.isCustom === true)
}

function keyValues(members: Readonly<Record<string, JsonValue>>): string {
  return writeJson(Object.entries(members).map(([Key, Value]) => ({ Key, Value })))
}

function outputsOf(reply: Reply): Readonly<Record<string, JsonValue>> {
  if (typeof reply.body !== 'string') return {}
  const body: Json = readJson(reply.body)
  return isJsonObject(body) ? plainMembers(new Map([...body].filter(([name]) => !name.startsWith('@')))) : {}
}

function write(org: Org, id: string, { state, status }: Progress, values: StoredValues): void {
  const row = org.store.rows(TABLE).get(id)
  if (row === undefined) return
  const progress = { backgroundoperationstatecode: state, backgroundoperationstatuscode: status }
  org.store.update(TABLE, row, { ...row.values, ...values, ...progress })
}

function isCanceled(org: Org, id: string): boolean {
  return org.store.rows(TABLE).get(id)?.values['backgroundoperationstatuscode'] === CANCELING.status
}

/** Accepts an operation with 202 and runs it later, as a job. */
export function inBackground(
  org: Org,
  operation: Operation,
  request: ApiRequest,
  parameters: ReadonlyMap<string, Json>,
  run: () => WriteReply,
): WriteReply {
  const { store } = org
  const table = org.schema.table(TABLE)
  if (table === undefined) throw notImplemented('respond-async without a table of background operations')
  const id = store.newId()
  const now = (): string => wholeSeconds(store.now())
  const offered: StoredValues = {
    name: operation.name,
    displayname: operation.name,
    inputparameters: keyValues(plainMembers(parameters)),
    backgroundoperationstatecode: READY.state,
    backgroundoperationstatuscode: READY.status,
    retrycount: 0,
    runas: request.user.id,
    createdon: now(),
    modifiedon: now(),
    createdby: request.user.id,
    modifiedby: request.user.id,
    ownerid: request.user.id,
    'ownerid@table': 'systemuser',
    owningbusinessunit: request.user.businessUnitId,
    ttlinseconds: 7_776_000,
  }
  const values = store.blank(table)
  for (const name of Object.keys(values)) values[name] = offered[name] ?? null
  values[table.primaryId] = id
  store.insert(TABLE, id, values)
  org.jobs.add(operation.name, () => {
    const starttime = now()
    if (isCanceled(org, id)) return write(org, id, CANCELED, { starttime, endtime: now() })
    try {
      const { reply } = run()
      write(org, id, SUCCEEDED, { starttime, endtime: now(), outputparameters: keyValues(outputsOf(reply)) })
    } catch (error) {
      if (!(error instanceof WebApiError)) throw error
      const errorcode = Number(error.code) | 0
      write(org, id, FAILED, { starttime, endtime: now(), errorcode, errormessage: error.message })
    }
  })
  const origin = request.root.replace(/api\/data\/v9\.\d\/$/, '')
  const headers = {
    Location: `${origin}api/backgroundoperation/${id}`,
    'x-ms-dyn-backgroundoperationid': id,
    'Preference-Applied': 'respond-async',
  }
  return { reply: emptyReply(headers, 202) }
}

function outputs(text: unknown): Readonly<Record<string, JsonValue>> {
  const list: Json = typeof text === 'string' ? readJson(text) : []
  const found: Record<string, JsonValue> = {}
  for (const one of isJsonArray(list) ? list : []) {
    if (!isJsonObject(one)) continue
    const { Key, Value } = plainMembers(one)
    if (typeof Key === 'string' && Value !== undefined) found[Key] = Value
  }
  return found
}

/** The status monitor, `/api/backgroundoperation/<id>`: GET tells how the operation stands, DELETE cancels it. */
export function answerMonitor(org: Org, method: string, id: string, user: User): Reply {
  const row = org.store.rows(TABLE).get(id.toLowerCase())
  const isOwn = row?.values['ownerid'] === user.id || user.isAdministrator
  if (row === undefined || !isOwn) {
    throw new WebApiError(404, '0x80048d02', `Could not find item '${id}'.`)
  }
  const { values } = row
  if (method === 'DELETE') {
    if (values['backgroundoperationstatecode'] === SUCCEEDED.state) {
      throw new WebApiError(
        400,
        '0x80048d0b',
        'Canceling background operation is not allowed after it is in terminal state.',
      )
    }
    write(org, row.id, CANCELING, {})
    return jsonReply({
      backgroundOperationStateCode: CANCELING.state,
      backgroundOperationStatusCode: CANCELING.status,
    })
  }
  if (method !== 'GET')
    throw new WebApiError(405, '0x80060888', `The requested resource does not support http method '${method}'.`)
  const failed = values['errorcode'] ?? null
  return jsonReply({
    ...(failed === null
      ? {}
      : { backgroundOperationErrorCode: failed, backgroundOperationErrorMessage: values['errormessage'] ?? null }),
    backgroundOperationStateCode: values['backgroundoperationstatecode'] ?? null,
    backgroundOperationStatusCode: values['backgroundoperationstatuscode'] ?? null,
    ...outputs(values['outputparameters']),
  })
}
