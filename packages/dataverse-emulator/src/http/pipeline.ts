import { aborted } from '../env.ts'
import { WebApiError } from '../errors.ts'
import type { Fault, FaultKind } from '../faults/fault.ts'
import { htmlReply, statusReply } from '../faults/fault-reply.ts'
import type { Faults } from '../faults/faults.ts'
import type { Knobs } from '../knobs.ts'
import { tooLong } from '../limits/lengths.ts'
import type { Limits } from '../limits/limits.ts'
import type { ServiceProtection } from '../limits/service-protection.ts'
import { refusal } from '../operations/answer.ts'
import type { Org } from '../org.ts'
import type { RequestLog } from '../request-log.ts'
import type { User } from '../rows/user.ts'
import { namedIn } from '../security/impersonate.ts'
import { Draw } from '../seed/draw.ts'
import type { DelayedCommits } from '../commits.ts'
import { readBody } from './body.ts'
import { corsHeaders, isPreflight, preflight } from './cors.ts'
import { ConnectionDropped } from './exchange.ts'
import type { Incoming, Outgoing } from './exchange.ts'
import type { Reply } from './reply.ts'
import { subjectOf } from './subject.ts'
import type { Tokens } from './tokens.ts'
import { notAMember, unauthorized } from './unauthorized.ts'
import { WebApi } from './web-api.ts'

/** What requests pass through on their way in and out. */
export interface PipelineParts {
  readonly org: Org
  /** Root of the organisation, with a slash at the end. */
  readonly root: string
  readonly tokens: Tokens
  readonly audiences: ReadonlySet<string>
  readonly faults: Faults
  readonly log: RequestLog
  readonly limits: Limits
  readonly protection: ServiceProtection
  readonly commits: DelayedCommits
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  readonly seedNumber: number
  /** Makes ids of requests; not those of rows, which must not depend on how many requests there were. */
  readonly newRequestId: () => string
  /** Called before a page from the second on is read. */
  readonly turnPage: (page: number, path: string) => void
  /** Answers what is not the Web API's; undefined for what nobody answers. */
  readonly elsewhere: (request: Incoming) => Outgoing | undefined
}

// Of several faults that answer in the server's place the first of this list is seen.
const INSTEAD: readonly FaultKind[] = [
  'dropBeforeCommit',
  'hang',
  'captivePortal',
  'redirect',
  'status',
  'tokenExpired',
  'rejectToken',
  'rejectScope',
]

type OfKind<K extends FaultKind> = Extract<Fault, { readonly kind: K }>

function find<K extends FaultKind>(faults: readonly Fault[], kind: K): OfKind<K> | undefined {
  return faults.find((fault): fault is OfKind<K> => fault.kind === kind)
}

/** The way of a request through faults, sign-in and limits to the Web API, and of its answer back. */
export class Pipeline {
  readonly #parts: PipelineParts
  readonly #api: WebApi
  readonly #latency: Draw

  constructor(parts: PipelineParts) {
    this.#parts = parts
    this.#api = new WebApi(parts)
    this.#latency = new Draw(`latency ${parts.seedNumber}`)
  }

  /** Answers a request. Rejects with ConnectionDropped, or with the signal's reason when it aborts. */
  async exchange(incoming: Incoming): Promise<Outgoing> {
    if (isPreflight(incoming)) return preflight(incoming)
    const { org, tokens, audiences, faults, log, limits, commits, elsewhere } = this.#parts
    const other = elsewhere(incoming)
    const headersOnly = incoming.method === 'HEAD' ? { headersOnly: true } : {}
    if (other !== undefined) return { ...other, ...headersOnly }
    incoming.signal.throwIfAborted()
    commits.settleDue()
    if (org.knobs.jobDelayMs !== null) org.jobs.run(org.knobs.jobDelayMs)
    const sent = readBody(incoming)
    const user = tokens.userOf(incoming.headers.get('Authorization'), audiences)
    const struck = faults.strike(subjectOf(org.schema, incoming, sent.body, user))
    const place = log.seen
    const refused = tooLong(incoming, limits, org.knobs)
    let reply: Reply | undefined
    try {
      reply = refused ?? (await this.#answer(incoming, user, struck, place))
    } finally {
      log.add({
        method: incoming.method,
        path: incoming.url.pathname + incoming.url.search,
        headers: Object.fromEntries(incoming.headers),
        body: sent.bytes.length > 0 && sent.body === '' ? `(${sent.bytes.length} bytes)` : sent.body,
        user: user?.name,
        ...namedIn(org.security, incoming.headers),
        status: reply?.status,
      })
    }
    return { ...this.#outgoing(incoming, user, reply, struck), ...headersOnly }
  }

  async #answer(incoming: Incoming, user: User | undefined, struck: readonly Fault[], place: number): Promise<Reply> {
    const { knobs } = this.#parts.org
    const latencyMs = this.#drawLatency(knobs)
    // What happens while an answer is on its way back is not in it.
    const backMs = Math.floor(latencyMs / 2)
    const inMs = latencyMs - backMs + struck.reduce((sum, one) => sum + (one.kind === 'delay' ? one.ms : 0), 0)
    const waitMs = inMs + backMs
    const instead = INSTEAD.find((kind) => struck.some((one) => one.kind === kind))
    if (instead !== undefined) {
      if (waitMs > 0) await this.#parts.sleep(waitMs, incoming.signal)
      return this.#instead(incoming, instead, struck)
    }
    if (user === undefined) {
      if (waitMs > 0) await this.#parts.sleep(waitMs, incoming.signal)
      return this.#api.outside(incoming) ?? unauthorized(this.#parts.org, this.#parts.root)
    }
    return this.#admitted(incoming, user, struck, place, { inMs, backMs })
  }

  async #admitted(
    incoming: Incoming,
    user: User,
    struck: readonly Fault[],
    place: number,
    { inMs, backMs }: { readonly inMs: number; readonly backMs: number },
  ): Promise<Reply> {
    const { org, protection, sleep, commits } = this.#parts
    let costMs = 0
    let admission
    try {
      admission = protection.admit(user.id, org.knobs.hideRetryAfter)
    } catch (error) {
      if (error instanceof WebApiError) return refusal(org, incoming.headers, error)
      throw error
    }
    try {
      // The limit of concurrency is about requests that overlap, and those of one process would never.
      if (inMs > 0) await sleep(inMs, incoming.signal)
      this.#turnPage(incoming)
      const late = find(struck, 'delayedCommit')
      const serve = () => this.#api.answer(incoming, user, place)
      const run = late === undefined ? undefined : org.store.withhold(serve)
      const answered = run?.result ?? serve()
      costMs = answered.costMs + inMs + backMs
      const laterMs = answered.waitMs + backMs
      if (laterMs > 0) await sleep(laterMs, incoming.signal)
      if (run !== undefined && late !== undefined) {
        const committed = commits.hold(run, late.ms)
        // Whichever comes first: the time by the waiting of the platform, or the server's clock, or somebody who settles.
        await Promise.race([committed, sleep(late.ms, incoming.signal)])
        run.commit()
      }
      if (find(struck, 'dropAfterCommit') !== undefined) throw new ConnectionDropped()
      return answered.reply
    } finally {
      admission.end(costMs)
    }
  }

  async #instead({ headers, signal }: Incoming, kind: FaultKind, struck: readonly Fault[]): Promise<Reply> {
    const { org, root, tokens } = this.#parts
    switch (kind) {
      case 'hang':
        await aborted(signal)
        signal.throwIfAborted()
        throw new ConnectionDropped()
      case 'captivePortal':
        return htmlReply(200, 'Sign in to the network')
      case 'redirect': {
        const { location = 'http://captive.test/sign-in', status = 302 } = find(struck, kind) ?? {}
        const page = htmlReply(status, 'Sign in to the network')
        return { ...page, headers: { ...page.headers, Location: location } }
      }
      case 'status': {
        const fault = find(struck, kind)
        if (fault !== undefined) return statusReply(fault, org.knobs)
        break
      }
      case 'tokenExpired':
        tokens.revoke(/^Bearer (\S+)$/i.exec(headers.get('Authorization') ?? '')?.[1] ?? '')
        return unauthorized(org, root)
      case 'rejectToken':
        return unauthorized(org, root)
      case 'rejectScope':
        return find(struck, kind)?.status === 403 ? notAMember(org) : unauthorized(org, root)
      default:
        break
    }
    throw new ConnectionDropped()
  }

  #exposed({ headers }: Reply): readonly string[] {
    const own = headers['Access-Control-Expose-Headers']
    const { exposeHeaders } = this.#parts.org.knobs
    return own === undefined ? exposeHeaders : [...exposeHeaders, own]
  }

  #drawLatency({ latency }: Knobs): number {
    if (typeof latency === 'number') return latency
    return this.#latency.whole(latency[0], latency[1])
  }

  #turnPage({ url }: Incoming): void {
    const token = url.searchParams.get('$skiptoken') ?? url.searchParams.get('fetchXml') ?? ''
    const page = Number(/\bpage(?:number)?=["'](\d+)["']/.exec(token)?.[1] ?? '1')
    if (page > 1) this.#parts.turnPage(page, url.pathname)
  }

  #outgoing({ headers }: Incoming, user: User | undefined, reply: Reply, struck: readonly Fault[]): Outgoing {
    const { org, protection, newRequestId } = this.#parts
    const isOwn = !struck.some(({ kind }) => kind === 'captivePortal' || kind === 'redirect')
    const own = {
      'x-ms-service-request-id': newRequestId(),
      'x-ms-dop-hint': String(org.knobs.dopHint),
      ...(user === undefined ? {} : protection.remaining(user.id)),
    }
    const all = {
      ...reply.headers,
      Date: new Date(org.store.now()).toUTCString(),
      // Somebody else's page comes without leave for scripts, which a browser turns into a failed fetch.
      ...(isOwn ? { ...own, ...corsHeaders(headers, this.#exposed(reply)) } : {}),
    }
    const cutAt = find(struck, 'cutBodyAt')?.bytes
    const { body } = reply
    const half = find(struck, 'truncateJson') !== undefined && body !== undefined
    return {
      status: reply.status,
      headers: all,
      body: half ? body.slice(0, body.length >> 1) : body,
      ...(cutAt === undefined ? {} : { cutAt }),
    }
  }
}
