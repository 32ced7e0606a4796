import { WebApiError } from '../errors.ts'
import type { Fault } from '../faults.ts'
import type { Knobs } from '../knobs.ts'
import { errorReply } from './reply.ts'
import type { Reply } from './reply.ts'

type StatusFault = Fault & { kind: 'status' }

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

/** The answer of a `status` fault; by default JSON below 500 and a gateway's HTML from 500 on. */
export function statusReply(fault: StatusFault, knobs: Knobs): Reply {
  const body = fault.body ?? (fault.status >= 500 ? 'html' : 'json')
  const { retryAfter } = fault
  const headers: Record<string, string> =
    retryAfter === undefined || knobs.hideRetryAfter ? {} : { 'Retry-After': String(retryAfter) }
  if (body === 'empty') return { status: fault.status, headers, body: undefined }
  if (body === 'html') {
    const reply = htmlReply(
      fault.status,
      `${fault.status} ${fault.status === 503 ? 'Service Unavailable' : 'Bad Gateway'}`,
    )
    return { ...reply, headers: { ...reply.headers, ...headers } }
  }
  const [code, message] = KNOWN[fault.status] ?? ['0x80040216', 'An unexpected error occurred.']
  return errorReply(
    new WebApiError(fault.status, fault.code ?? code, fault.message ?? message, headers),
    knobs,
    () => false,
  )
}
