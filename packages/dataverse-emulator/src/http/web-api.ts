import { answerMonitor } from '../operations/background.ts'
import { runBatch } from '../batch/run-batch.ts'
import { notImplemented, WebApiError } from '../errors.ts'
import { htmlReply } from '../faults/fault-reply.ts'
import type { Faults } from '../faults/faults.ts'
import type { Limits } from '../limits/limits.ts'
import { answer, refusal } from '../operations/answer.ts'
import type { RawRequest } from '../operations/answer.ts'
import type { Org } from '../org.ts'
import type { RequestLog } from '../request-log.ts'
import type { User } from '../rows/user.ts'
import { namedIn } from '../security/impersonate.ts'
import { readBody } from './body.ts'
import type { Incoming } from './exchange.ts'
import type { Reply } from './reply.ts'
import { partSubject } from './subject.ts'

/** An answer and what making it cost. */
export interface Answered {
  readonly reply: Reply
  /** Modelled execution time. */
  readonly costMs: number
  /** How long faults that struck parts of a batch delay it. */
  readonly waitMs: number
}

const API = /^\/api\/data\/v9\.[0-2](?:\/|(?=\?|$))/i

/** The methods that the service says it takes; PATCH, PUT and DELETE work without being named. */
const ALLOWED = 'OPTIONS,GET,HEAD,POST'

/** The Web API behind sign-in: which of it a path names, single requests and batches, and what they cost. */
export class WebApi {
  readonly #org: Org
  readonly #log: RequestLog
  readonly #faults: Faults
  readonly #limits: Limits

  constructor(parts: {
    readonly org: Org
    readonly log: RequestLog
    readonly faults: Faults
    readonly limits: Limits
  }) {
    this.#org = parts.org
    this.#log = parts.log
    this.#faults = parts.faults
    this.#limits = parts.limits
  }

  /** Answers a request of a user; `place` is the log's for a batch. */
  answer(incoming: Incoming, user: User, place: number): Answered {
    const { method, url, headers } = incoming
    const target = url.pathname + url.search
    const prefix = API.exec(target)?.[0]
    if (prefix === undefined) return this.#costing(this.#elsewhere(incoming, user), 1)
    if (method === 'OPTIONS') {
      return this.#costing({ status: 200, headers: { Allow: ALLOWED, Public: ALLOWED }, body: undefined }, 1)
    }
    const raw: RawRequest = {
      method: method === 'HEAD' ? 'GET' : method,
      root: `${url.origin}${prefix.replace(/\/?$/, '/')}`,
      resource: target.slice(prefix.length),
      headers,
      ...readBody(incoming),
      user,
      contents: () => undefined,
    }
    if (/^\$batch(?:\?|$)/i.test(raw.resource)) return this.#batch(raw, place)
    return this.#costing(answer(this.#org, raw), 1)
  }

  /** The answer to an address that belongs to nobody; it needs no token. Other services live below some paths: undefined. */
  outside({ url }: Incoming): Reply | undefined {
    return /^\/(?:api|xrmservices)\//i.test(url.pathname)
      ? undefined
      : htmlReply(404, '404 - File or directory not found.')
  }

  #elsewhere(incoming: Incoming, user: User): Reply {
    const { method, url, headers } = incoming
    const operation = /^\/api\/backgroundoperation\/([^/]+)$/i.exec(url.pathname)?.[1]
    if (operation !== undefined) return this.#monitor(method, operation, headers, user)
    return this.outside(incoming) ?? refusal(this.#org, headers, notImplemented(`the path '${url.pathname}'`))
  }

  #monitor(method: string, id: string, headers: Headers, user: User): Reply {
    try {
      return answerMonitor(this.#org, method, id, user)
    } catch (error) {
      if (error instanceof WebApiError) return refusal(this.#org, headers, error)
      throw error
    }
  }

  #batch(raw: RawRequest, place: number): Answered {
    let waitMs = 0
    try {
      const { reply, outcomes } = runBatch(this.#org, raw, {
        limits: this.#limits,
        strike: (part) => {
          const struck = this.#faults.strike(partSubject(this.#org.schema, part, raw.user))
          for (const fault of struck) if (fault.kind === 'delay') waitMs += fault.ms
          return struck.find((fault) => fault.kind === 'status')
        },
      })
      for (const { request, status } of outcomes) {
        this.#log.add({
          method: request.method,
          path: request.url,
          headers: Object.fromEntries(request.headers),
          body: request.body,
          user: raw.user.name,
          ...namedIn(this.#org.security, request.headers),
          status,
          batch: place,
        })
      }
      return { ...this.#costing(reply, 1 + outcomes.length), waitMs }
    } catch (error) {
      if (!(error instanceof WebApiError)) throw error
      return { ...this.#costing(refusal(this.#org, raw.headers, error), 1), waitMs }
    }
  }

  #costing(reply: Reply, requests: number): Answered {
    const { msPerRequest, msPerThousandCharacters } = this.#limits
    const characters = reply.body?.length ?? 0
    return { reply, costMs: requests * msPerRequest + (characters / 1000) * msPerThousandCharacters, waitMs: 0 }
  }
}
