import { runBatch } from './batch/run-batch.ts'
import { aborted, clockFrom, sleep as sleepFor } from './env.ts'
import { notImplemented, WebApiError } from './errors.ts'
import { Faults } from './faults.ts'
import type { Fault } from './faults.ts'
import { corsHeaders, DEFAULT_EXPOSED, isPreflight, preflight } from './http/cors.ts'
import { htmlReply, statusReply } from './http/fault-reply.ts'
import type { Reply } from './http/reply.ts'
import { ConnectionDropped, respond } from './http/respond.ts'
import { Tokens } from './http/tokens.ts'
import { defaultKnobs } from './knobs.ts'
import type { Knobs } from './knobs.ts'
import { loadSeed } from './load-seed.ts'
import { createMaster } from './master.ts'
import type { Master } from './master.ts'
import { builtInOperations } from './operations/built-in-operations.ts'
import { answer, refusal } from './operations/answer.ts'
import type { RawRequest } from './operations/answer.ts'
import type { Org } from './org.ts'
import { RequestLog } from './request-log.ts'
import type { LoggedRequest } from './request-log.ts'
import { RowStore } from './rows/row-store.ts'
import { MobileTracking } from './rows/mobile-tracking.ts'
import type { User } from './rows/user.ts'
import { guidFrom } from './schema.ts'
import type { Schema, Seed } from './schema.ts'
import { Security } from './security/security.ts'
import { createSecurityHand } from './security/security-hand.ts'
import type { SecurityHand } from './security/security-hand.ts'

/** How an emulator is set up. */
export interface EmulatorOptions {
  /** Tables, users and rows to begin with. */
  readonly seed: Seed
  /** The server's clock in milliseconds; by default it runs from the moment the seed describes. */
  readonly clock?: () => number
  /** Source of row ids, tokens and request ids; deterministic by default. */
  readonly newId?: () => string
  /** Waits for `delay` faults; must reject with the signal's reason when it aborts. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>
  /** How long a token is good for; default one hour. */
  readonly tokenLifetimeMs?: number
  /** Response headers that CORS exposes to scripts; default the list Dataverse is known for, without Retry-After. */
  readonly exposeHeaders?: readonly string[]
  /** Root of the organisation, in-process address and token audience; default `https://org.emulator.test/`. */
  readonly root?: string
  readonly knobs?: Partial<Knobs>
  /** Row versions begin above this one. */
  readonly firstVersion?: bigint
  /** How many requests the log keeps; default 10,000. */
  readonly logLimit?: number
}

/** A token's deviations from the ordinary. */
export interface TokenOptions {
  /** Resource the token is for; anything but the organisation's root is refused with 401. */
  readonly audience?: string
  readonly lifetimeMs?: number
}

/** A local Dataverse organisation. `fetch` is its Web API; the rest is for whoever tests against it. */
export interface Emulator {
  /** Answers a request. Rejects with ConnectionDropped where a fault drops it, with the signal's reason where it aborts. */
  handle(request: Request): Promise<Response>
  /** The same with the signature of `fetch`; a dropped connection rejects with `TypeError('fetch failed')`. */
  readonly fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>
  /** Root of the organisation with a slash at the end. */
  readonly root: string
  readonly schema: Schema
  readonly users: readonly User[]
  readonly faults: Faults
  readonly master: Master
  readonly tracking: MobileTracking
  readonly knobs: Knobs
  /** Changes who may do what. */
  readonly security: SecurityHand
  /** A `fetch` for one user: paths are below the Web API root, and a token comes along. */
  as(user: string): (path: string, init?: RequestInit) => Promise<Response>
  /** A bearer token for a user by name or id. */
  tokenFor(user: string, options?: TokenOptions): string
  revokeToken(token: string): void
  /** Takes tokens for this root as well as it is served there. */
  acceptAudience(root: string): void
  /** The requests so far. */
  requests(): readonly LoggedRequest[]
  clearRequests(): void
  /** Throws when any request was answered 501. */
  assertNoUnexpected(): void
}

const API = /^\/api\/data\/v9\.[0-2]\//

function idSource(seed: string): () => string {
  let count = 0
  return () => guidFrom(`${seed}|row|${count++}`)
}

function decoded(target: string): string {
  try {
    return decodeURIComponent(target.replaceAll('+', ' '))
  } catch {
    // A malformed URL is still matched as it stands; the Web API refuses it later.
    return target
  }
}

type Body = Pick<RawRequest, 'body' | 'bytes'>

async function readBody(request: Request): Promise<{ readonly body: string; readonly bytes: Uint8Array }> {
  if (request.body === null) return { body: '', bytes: new Uint8Array() }
  const bytes = new Uint8Array(await request.arrayBuffer())
  const isText = !/^application\/octet-stream\b/i.test(request.headers.get('Content-Type') ?? '')
  return { body: isText ? new TextDecoder().decode(bytes) : '', bytes }
}

/** Makes an emulator and loads its seed. */
export function createEmulator(options: EmulatorOptions): Emulator {
  const { seed } = options
  const now = options.clock ?? clockFrom(Date.parse(seed.asOf))
  const newId = options.newId ?? idSource(seed.name)
  const sleep = options.sleep ?? sleepFor
  const root = `${(options.root ?? 'https://org.emulator.test').replace(/\/$/, '')}/`
  const exposed = options.exposeHeaders ?? DEFAULT_EXPOSED
  const store = new RowStore(seed.schema, { now, newId, firstVersion: options.firstVersion ?? 1_000_000n })
  const tracking = new MobileTracking(store, seed.tracking?.trackingTable)
  const security = new Security(store, seed)
  const { users } = security
  const userOf = (nameOrId: string | undefined): User => security.user(nameOrId ?? seed.defaultUserId)
  const knobs: Knobs = { ...defaultKnobs, ...options.knobs }
  const org: Org = {
    schema: seed.schema,
    store,
    organization: seed.organization,
    tracking,
    knobs,
    security,
    operations: [...builtInOperations],
    expiredVersion: -1n,
  }
  const tokens = new Tokens(now, newId)
  const audiences = new Set([root])
  const faults = new Faults()
  const log = new RequestLog(options.logLimit ?? 10_000)

  loadSeed(org, seed, userOf(undefined))
  for (const table of seed.tracking?.tables ?? []) tracking.enable(table)

  const unauthorized = (): Reply => ({
    status: 401,
    headers: {
      'WWW-Authenticate': `Bearer authorization_uri=https://login.emulator.test/${seed.organization.tenantId}/oauth2/authorize, resource_id=${root}`,
    },
    body: undefined,
  })

  const api = (raw: RawRequest, batch: number): Reply => {
    if (!/^\$batch(?:\?|$)/.test(raw.resource)) return answer(org, raw)
    try {
      const { reply, outcomes } = runBatch(org, raw)
      for (const { request, status } of outcomes) {
        log.add({
          method: request.method,
          path: request.url,
          headers: Object.fromEntries(request.headers),
          body: request.body,
          user: raw.user.name,
          status,
          batch,
        })
      }
      return reply
    } catch (error) {
      if (error instanceof WebApiError) return refusal(org, raw.headers, error)
      throw error
    }
  }

  const serve = (request: Request, url: URL, sent: Body, user: User | undefined, batch: number): Reply => {
    if (user === undefined) return unauthorized()
    const target = url.pathname + url.search
    const prefix = API.exec(target)?.[0]
    if (prefix === undefined) return refusal(org, request.headers, notImplemented(`the path '${url.pathname}'`))
    const resource = target.slice(prefix.length)
    const { method, headers } = request
    return api(
      { method, root: url.origin + prefix, resource, headers, ...sent, user, contents: () => undefined },
      batch,
    )
  }

  const answerWith = async (fault: Fault | undefined, signal: AbortSignal, proceed: () => Reply): Promise<Reply> => {
    switch (fault?.kind) {
      case 'dropBeforeCommit':
        throw new ConnectionDropped()
      case 'dropAfterCommit':
        proceed()
        throw new ConnectionDropped()
      case 'hang':
        await aborted(signal)
        signal.throwIfAborted()
        throw new ConnectionDropped()
      case 'delay':
        await sleep(fault.ms, signal)
        return proceed()
      case 'captivePortal':
        return htmlReply(200, 'Sign in to the network')
      case 'status':
        return statusReply(fault, knobs)
      case 'rejectToken':
        return unauthorized()
      default:
        return proceed()
    }
  }

  const handle = async (request: Request): Promise<Response> => {
    if (isPreflight(request)) return preflight(request)
    const url = new URL(request.url)
    const sent = await readBody(request)
    const body = sent.bytes.length > 0 && sent.body === '' ? `(${sent.bytes.length} bytes)` : sent.body
    request.signal.throwIfAborted()
    const user = tokens.userOf(request.headers.get('Authorization'), audiences)
    const path = url.pathname + url.search
    const fault = faults.strike({ method: request.method, target: decoded(path), user })
    const place = log.seen
    const entry = { method: request.method, path, headers: Object.fromEntries(request.headers), body, user: user?.name }
    let reply: Reply | undefined
    try {
      reply = await answerWith(fault, request.signal, () => serve(request, url, sent, user, place))
    } finally {
      log.add({ ...entry, status: reply?.status })
    }
    const date = { Date: new Date(now()).toUTCString() }
    return respond(reply, { ...date, ...corsHeaders(request, exposed) }, fault)
  }

  const fetch: Emulator['fetch'] = async (input, init) => {
    try {
      return await handle(new Request(input, init))
    } catch (error) {
      if (error instanceof ConnectionDropped) throw new TypeError('fetch failed', { cause: error })
      throw error
    }
  }

  const tokenFor: Emulator['tokenFor'] = (user, given = {}) => {
    const { audience = root, lifetimeMs = options.tokenLifetimeMs ?? 3_600_000 } = given
    return tokens.issue(security.user(user), `${audience.replace(/\/$/, '')}/`, lifetimeMs)
  }

  const master = createMaster(org, userOf)
  return {
    handle,
    fetch,
    root,
    schema: seed.schema,
    users,
    faults,
    master,
    tracking,
    knobs,
    security: createSecurityHand(org, master),
    as: (user) => {
      const token = tokenFor(user)
      return (path, init = {}) => {
        const headers = new Headers(init.headers)
        if (!headers.has('Authorization')) headers.set('Authorization', `Bearer ${token}`)
        if (init.body !== undefined && !headers.has('Content-Type')) headers.set('Content-Type', 'application/json')
        return fetch(new URL(path, `${root}api/data/v9.2/`), { ...init, headers })
      }
    },
    tokenFor,
    revokeToken: (token) => tokens.revoke(token),
    acceptAudience: (other) => {
      audiences.add(`${other.replace(/\/$/, '')}/`)
    },
    requests: () => log.entries(),
    clearRequests: () => log.clear(),
    assertNoUnexpected: () => log.assertNoUnexpected(),
  }
}
