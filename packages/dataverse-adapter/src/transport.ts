import { type Env, MasterError } from '@outpost/core'
import { neverSent } from './connection-failure.ts'
import { withDeadline } from './deadline.ts'
import type { Recommendation } from './recommendation.ts'
import { type AccessTokenProvider, accessToken } from './token.ts'
import type { TrafficCount } from './traffic-count.ts'

export type Fetch = (url: string, init: RequestInit) => Promise<Response>

export interface WireRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
  /** Relative to the root of the Web API, query included: `accounts?$select=name`. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** The time the whole exchange may take, the reading of the body included. */
  readonly timeoutMs: number
  /**
   * Finds in the answer the answer to `WhoAmI`, where the request asked for it among other things. It only reads then, and
   * is sent with any token: whoever uses the answer looks first whose it is.
   */
  readonly identity?: (response: WireResponse) => WireResponse | undefined
}

/** A whole answer: its body has been read to the end. */
export interface WireResponse {
  readonly status: number
  readonly headers: Pick<Headers, 'get'>
  readonly text: string
}

/**
 * Sends a request to the organisation and gives back whatever it answers, except 401: that is retried once with a fresh
 * token, then `unauthenticated`. Rejects with `offline`, `timeout`, `protocol` (a redirect) or `aborted` when there is no
 * whole answer.
 */
export interface Transport {
  /** The root URL of the Web API, with a slash at its end. */
  readonly api: string
  send(request: WireRequest, signal: AbortSignal): Promise<WireResponse>
}

/** Is asked before a token is used, and told whose it is. */
export interface TokenCheck {
  /** Rejects when nothing may be sent with the token. `whoAmI` asks the master whose it is. */
  admit(token: string, whoAmI: () => Promise<WireResponse>): Promise<void>
  /** What the master answered when it was asked whose the token is. */
  identified(token: string, response: WireResponse): void
}

export interface TransportOptions {
  readonly root: string
  readonly token: AccessTokenProvider
  readonly fetch: Fetch
  readonly env: Pick<Env, 'sleep'>
  /** Decides which tokens may be used; any when absent. */
  readonly owner?: TokenCheck
  /** Is told of every request and of every body. */
  readonly traffic?: TrafficCount
  /** Is told of every answer. */
  readonly recommendation?: Recommendation
}

/** The path of the Web API below an organisation's root. */
export const API_PATH = '/api/data/v9.2/'

/** The request that tells whose a token is. */
const WHO_AM_I = 'WhoAmI()'

export function fetchTransport(options: TransportOptions): Transport {
  const api = `${options.root}${API_PATH}`

  async function exchange(request: WireRequest, forceRefresh: boolean, signal: AbortSignal): Promise<WireResponse> {
    const token = await accessToken(options.token, { resource: options.root, forceRefresh, signal })
    const { owner } = options
    const { identity = request.path === WHO_AM_I ? itself : undefined } = request
    if (!identity) await owner?.admit(token, () => sendWith(token, whoAmI(request.timeoutMs), signal))
    const response = await sendWith(token, request, signal)
    const who = identity?.(response)
    if (who) owner?.identified(token, who)
    return response
  }

  async function sendWith(token: string, request: WireRequest, signal: AbortSignal): Promise<WireResponse> {
    options.traffic?.sent(request.body)
    const response = await begin(options.fetch, `${api}${request.path}`, {
      method: request.method,
      headers: {
        ...STANDARD_HEADERS,
        ...(request.method === 'GET' ? NOT_FROM_CACHE : {}),
        ...request.headers,
        Authorization: `Bearer ${token}`,
      },
      // A captive portal answers with a redirect: following it would show its page as the answer.
      redirect: 'manual',
      signal,
      ...(request.body === undefined ? {} : { body: request.body }),
    })
    options.recommendation?.heard(response)
    if (response.type === 'opaqueredirect' || (response.status >= 300 && response.status < 400)) {
      throw new MasterError('protocol', 'the answer was a redirect to somewhere else', {
        status: response.status,
        remedy: 'Sign in to the network (open any web page), then try again.',
      })
    }
    return { status: response.status, headers: response.headers, text: await bodyOf(response, options.traffic) }
  }

  return {
    api,
    send: (request, signal) =>
      withDeadline(options.env, request.timeoutMs, signal, async (inTime) => {
        const first = await exchange(request, false, inTime)
        if (first.status !== 401) return first
        const second = await exchange(request, true, inTime)
        if (second.status !== 401) return second
        throw new MasterError('unauthenticated', 'the master refused the access token', {
          status: 401,
          remedy: 'Sign in again.',
          mayHaveArrived: false,
        })
      }),
  }
}

/** The transport for requests that all carry this id, under which they can be found in the master's logs. */
export function underRequestId(transport: Transport, requestId: string): Transport {
  const named = { 'x-ms-client-request-id': requestId }
  return {
    api: transport.api,
    send: (request, signal) => transport.send({ ...request, headers: { ...request.headers, ...named } }, signal),
  }
}

function whoAmI(timeoutMs: number): WireRequest {
  return { method: 'GET', path: WHO_AM_I, timeoutMs }
}

const STANDARD_HEADERS: Readonly<Record<string, string>> = {
  Accept: 'application/json',
  'OData-MaxVersion': '4.0',
  'OData-Version': '4.0',
}

/** The documented way to keep browsers from answering out of their cache. */
const NOT_FROM_CACHE: Readonly<Record<string, string>> = { 'If-None-Match': 'null' }

async function begin(fetch: Fetch, url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init)
  } catch (error) {
    const unsent = neverSent(error)
    throw new MasterError('offline', unsent ? 'the master cannot be reached' : 'the connection failed', {
      cause: error,
      remedy: 'It is tried again when the connection is back.',
      mayHaveArrived: !unsent,
    })
  }
}

async function bodyOf(response: Response, traffic: TrafficCount | undefined): Promise<string> {
  try {
    const bytes = await response.arrayBuffer()
    traffic?.received(bytes.byteLength)
    return new TextDecoder().decode(bytes)
  } catch (error) {
    throw new MasterError('offline', 'the connection broke before the answer was whole', {
      cause: error,
      status: response.status,
      remedy: 'It is tried again when the connection is back.',
    })
  }
}

function itself(response: WireResponse): WireResponse {
  return response
}
