import { WebApiError } from '../errors.ts'
import type { Fault } from './fault.ts'
import type { Knobs } from '../knobs.ts'
import { errorReply } from '../http/reply.ts'
import type { Reply } from '../http/reply.ts'

export type StatusFault = Fault & { kind: 'status' }

const THROTTLED = 'Number of requests exceeded the limit of 6000 over time window of 300 seconds.'

const KNOWN: Readonly<Record<number, readonly [code: string, message: string]>> = {
  401: ['0x80041d50', 'The OAuth token is invalid'],
  403: ['0x80040220', 'The user does not hold the necessary privileges.'],
  404: ['0x80040217', 'The specified object was not found.'],
  412: ['0x80060882', "The version of the existing record doesn't match the RowVersion property provided."],
  429: ['0x80072322', THROTTLED],
}

/** A page as gateways and captive portals send it. */
export function htmlReply(status: number, title: string): Reply {
  return {
    status,
    headers: { 'Content-Type': 'text/html; charset=utf-8' },
    body: `<!DOCTYPE html><html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>`,
  }
}

const GATEWAY: Readonly<Record<number, string>> = {
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Time-out',
}

/** The refusal of a `status` fault as the service's JSON. */
export function statusError(
  { status, code, message, retryAfter }: StatusFault,
  { hideRetryAfter }: Knobs,
): WebApiError {
  const [usualCode, usualMessage] = KNOWN[status] ?? ['0x80040216', 'An unexpected error occurred.']
  const headers = retryAfter === undefined || hideRetryAfter ? {} : { 'Retry-After': String(retryAfter) }
  return new WebApiError(status, code ?? usualCode, message ?? usualMessage, headers)
}

/** The answer of a `status` fault; by default JSON below 500 and a gateway's HTML from 500 on. */
export function statusReply(fault: StatusFault, knobs: Knobs): Reply {
  const body = fault.body ?? (fault.status >= 500 ? 'html' : 'json')
  const error = statusError(fault, knobs)
  if (body === 'empty') return { status: fault.status, headers: error.headers, body: undefined }
  if (body === 'json') return errorReply(error, knobs, () => false)
  const reply = htmlReply(fault.status, `${fault.status} ${GATEWAY[fault.status] ?? 'Error'}`)
  return { ...reply, headers: { ...reply.headers, ...error.headers } }
}
