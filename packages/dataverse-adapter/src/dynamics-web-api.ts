import { type Env, MasterError, OutpostError, systemEnv } from '@outpost/core'
import { DynamicsWebApi } from 'dynamics-web-api'
import { notDataverse, refusalOf } from './answer.ts'
import { neverSent } from './connection-failure.ts'
import { withDeadline } from './deadline.ts'
import { jsonObject, type JsonObject } from './json.ts'
import { type FunctionParameter, isEnumMember, type OrgMessages } from './org-messages.ts'
import { orgUrl } from './org-url.ts'
import { type AccessTokenProvider, accessToken } from './token.ts'
import type { WireResponse } from './transport.ts'

/*
 * The only file that knows dynamics-web-api, and functions and actions are all it is used for: rows never pass through
 * it. What its version 2.5.0 needs to be safe:
 *
 *   a connection cut in a body never settles its promise      every call races a deadline of ours
 *   `signal` of a function call is copied and then refused    it is left out; the race ends the call
 *   text/html with status 200 resolves as a string            the result must be an object
 *   a batch sweeps up concurrent calls of its instance        a new instance for every call
 *   412 and 404 can resolve as false or null                  `propagateErrors`
 *   texts that look like times become `Date`                  made texts again
 *   parameters are not encoded                                encoded here, or refused
 *
 * What cannot be mended: an `application/json` answer that is not whole JSON ends a Node process with an uncaught
 * exception. That is why this is a choice and not the default.
 */

export interface DynamicsWebApiOptions {
  readonly url: string
  readonly region?: string
  readonly token: AccessTokenProvider
  readonly env?: Pick<Env, 'sleep'>
  /** How long one call may take. Default: 120,000. */
  readonly timeoutMs?: number
}

/**
 * The functions and actions of an organisation by way of dynamics-web-api, for `dataverseMaster({ messages })`. For pages
 * and Node; it has no transport in workers, and ignores an injected `fetch`.
 */
export function dynamicsWebApiMessages(options: DynamicsWebApiOptions): OrgMessages {
  const root = orgUrl(options.url, options.region === undefined ? {} : { region: options.region })
  const env = options.env ?? systemEnv
  const timeoutMs = options.timeoutMs ?? 120_000

  function call(
    caller: AbortSignal,
    use: (api: DynamicsWebApi, signal: AbortSignal) => Promise<unknown>,
  ): Promise<JsonObject> {
    return withDeadline(env, timeoutMs, caller, async (signal) => {
      const attempt = async (forceRefresh: boolean): Promise<unknown> => {
        const token = await accessToken(options.token, { resource: root, forceRefresh, signal })
        const api = new DynamicsWebApi({
          serverUrl: root,
          dataApi: { version: '9.2' },
          onTokenRefresh: () => Promise.resolve(token),
          propagateErrors: true,
        })
        return use(api, signal)
      }
      try {
        return resultOf(
          await attempt(false).catch((error: unknown) => (statusOf(error) === 401 ? attempt(true) : rethrow(error))),
        )
      } catch (error) {
        throw failureOf(error)
      }
    })
  }

  return {
    callFunction: (name, parameters, signal) =>
      call(signal, (api) =>
        api.callFunction({ name, parameters: safeParameters(parameters), headers: { Consistency: 'Strong' } }),
      ),
    callAction: (name, body, signal) =>
      call(
        signal,
        async (api, inTime) =>
          (await api.callAction<unknown>({ actionName: name, action: body, signal: inTime })) ?? {},
      ),
  }
}

function rethrow(error: unknown): never {
  throw error
}

function resultOf(result: unknown): JsonObject {
  const object = jsonObject(withTexts(result))
  if (object) return object
  throw notDataverse({ status: 200, headers: NO_HEADERS, text: '' }, 'the answer is not a JSON object')
}

/** Makes texts of the `Date`s that were texts in the answer. */
function withTexts(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString().replace('.000Z', 'Z')
  if (Array.isArray(value)) return value.map(withTexts)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withTexts(member)]))
}

/** Parameters go into the URL as they are: texts are encoded here, and what cannot be is refused. */
function safeParameters(parameters: Readonly<Record<string, FunctionParameter>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, safeParameter(name, value)]))
}

function safeParameter(name: string, value: FunctionParameter): unknown {
  if (typeof value === 'string') return encodeURIComponent(value.replaceAll("'", "''"))
  if (typeof value !== 'object') return value
  if (isEnumMember(value)) return `${value.enumType}'${value.member}'`
  if (/[&#+%]/.test(JSON.stringify(value))) {
    throw new OutpostError(
      'invalid',
      `dynamics-web-api cannot send the parameter "${name}": it does not encode & # + %`,
      {
        place: { rule: 'parameter-encoding' },
      },
    )
  }
  return value
}

const NO_HEADERS: WireResponse['headers'] = { get: () => null }

/** What an error of dynamics-web-api may have; a refused batch (a long query) rejects with a list of them. */
interface ApiError {
  readonly status?: unknown
  readonly code?: unknown
  readonly message?: unknown
  readonly headers?: unknown
}

function apiError(error: unknown): ApiError {
  const first: unknown = Array.isArray(error) ? error[0] : error
  return typeof first === 'object' && first !== null ? first : {}
}

function statusOf(error: unknown): number | undefined {
  const { status } = apiError(error)
  return typeof status === 'number' && status > 0 ? status : undefined
}

function failureOf(error: unknown): Error {
  if (error instanceof OutpostError) return error
  const status = statusOf(error)
  if (status === undefined) {
    const unsent = neverSent(error)
    return new MasterError('offline', unsent ? 'the master cannot be reached' : 'the connection failed', {
      cause: error,
      mayHaveArrived: !unsent,
      remedy: 'It is tried again when the connection is back.',
    })
  }
  const { code, message, headers } = apiError(error)
  const text = textOf(code, typeof message === 'string' ? message : undefined)
  const fields = new Map(Object.entries(jsonObject(headers) ?? {}).map(([name, value]) => [name.toLowerCase(), value]))
  const get = (name: string): string | null => {
    const value = fields.get(name.toLowerCase())
    return typeof value === 'string' ? value : null
  }
  try {
    return refusalOf({ status, text, headers: { get } }).error
  } catch (protocol) {
    return OutpostError.from(protocol, 'protocol')
  }
}

/** The body that an error was made from. Only a Dataverse's has a code, be it an empty one; a page leaves no message. */
function textOf(code: unknown, message: string | undefined): string {
  if (code !== undefined) return JSON.stringify({ error: { code, message: message ?? '' } })
  return message === 'Unexpected Error' ? '' : 'not JSON'
}
