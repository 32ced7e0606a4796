import { MasterError } from '@outpost/core'
import { errorCodeOf } from './classify.ts'
import { type ErrorBody, errorBody } from './error-body.ts'
import type { Cause } from './error-catalogue/cause.ts'
import { explain } from './error-catalogue/explain.ts'
import { jsonObject, type JsonObject, parseJson } from './json.ts'
import type { Condition } from './meaning.ts'
import type { WireResponse } from './transport.ts'

/** A refusal that certainly came from the master, and what it means. */
export interface Refusal {
  readonly explanation: Cause
  /** The master's own words. */
  readonly message: string
  readonly error: MasterError
}

/** The JSON object that the answer carries. Throws what the answer means when it is a refusal, `protocol` when it is not JSON. */
export function jsonAnswer(response: WireResponse): JsonObject {
  if (!isSuccess(response.status)) throw refusalOf(response).error
  return jsonBody(response)
}

/** The JSON object in the body of a successful answer. Throws `protocol` when there is none. */
export function jsonBody(response: WireResponse): JsonObject {
  let body: JsonObject | undefined
  try {
    body = jsonObject(parseJson(response.text))
  } catch (error) {
    const why = /^\s*</.test(response.text) ? 'a web page' : 'not whole JSON'
    throw notDataverse(response, `the answer is ${why}`, error)
  }
  if (!body) throw notDataverse(response, 'the answer is not a JSON object')
  return body
}

export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300
}

/**
 * What a refusal means. Throws `protocol` when something between the device and the master answered in its place, so
 * that nothing may be concluded from it.
 */
export function refusalOf(response: WireResponse, condition: Condition = 'none'): Refusal {
  const body = errorBody(response.text)
  if (!isFromMaster(response, body)) throw notDataverse(response, `status ${response.status} without a Dataverse error`)
  const explanation = explain(response.status, body.code, condition)
  const message = body.message || `the master answered with status ${response.status}`
  return { explanation, message, error: errorFor(explanation, message, response, body) }
}

export function notDataverse(response: WireResponse, why: string, cause?: unknown): MasterError {
  return new MasterError('protocol', `not the answer of a Dataverse: ${why}`, {
    status: response.status,
    remedy: 'Check the address of the organisation; on a public network sign in to it first (open any web page).',
    ...(cause === undefined ? {} : { cause }),
  })
}

/** Gateways answer 5xx, 408, 413 and 429 for the master, with any body or none; any other refusal must be the master's own. */
function isFromMaster(response: WireResponse, body: ErrorBody): boolean {
  if (body.isDataverse || response.text.trim() === '') return true
  return response.status >= 500 || [401, 408, 413, 429].includes(response.status)
}

function errorFor({ meaning, remedy }: Cause, message: string, response: WireResponse, body: ErrorBody): MasterError {
  const retryAfterMs = retryAfter(response)
  const requestId = requestIdOf(response)
  return new MasterError(errorCodeOf(meaning), message, {
    status: response.status,
    remedy,
    // Both are refused before anything is done.
    mayHaveArrived: meaning !== 'throttled' && meaning !== 'unauthenticated',
    ...(body.code === undefined ? {} : { masterCode: body.code }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })
}

/** The id under which the master knows the request; undefined where it gave none, or where CORS hides it from a page. */
export function requestIdOf({ headers }: WireResponse): string | undefined {
  return headers.get('REQ_ID') ?? headers.get('x-ms-service-request-id') ?? undefined
}

/** `Retry-After` in milliseconds; undefined where it is absent, or hidden from a page by CORS. */
function retryAfter(response: WireResponse): number | undefined {
  const text = response.headers.get('Retry-After')?.trim()
  if (text === undefined || text === '') return undefined
  if (/^\d+$/.test(text)) return Number(text) * 1000
  const until = Date.parse(text)
  const now = Date.parse(response.headers.get('Date') ?? '')
  return Number.isNaN(until - now) ? undefined : Math.max(0, until - now)
}
