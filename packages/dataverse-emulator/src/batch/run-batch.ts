import { badPayload, methodNotAllowed, WebApiError } from '../errors.ts'
import { statusError } from '../faults/fault-reply.ts'
import type { StatusFault } from '../faults/fault-reply.ts'
import { allowConditions, checkHeaders } from '../http/headers.ts'
import type { Reply } from '../http/reply.ts'
import { checkPartUrl } from '../limits/lengths.ts'
import type { Limits } from '../limits/limits.ts'
import { allowOptions, parseQuery } from '../odata/query-options.ts'
import { perform, refusal } from '../operations/answer.ts'
import type { RawRequest } from '../operations/answer.ts'
import type { Org } from '../org.ts'
import { resourceOf } from '../rows/resolve-reference.ts'
import type { Reference } from '../rows/reference.ts'
import { actingUser } from '../security/impersonate.ts'
import { readOuterPreferences } from './outer-preferences.ts'
import { boundaryOf, parseMultipart, parsePartRequest } from './parse-multipart.ts'
import type { Part, PartRequest } from './parse-multipart.ts'
import { writeMultipart, writePart } from './write-multipart.ts'

/** One request of a batch and what became of it; a rolled back one has no status. */
export interface PartOutcome {
  readonly request: PartRequest
  readonly status: number | undefined
}

/** A batch answered: the answer, and each request that was run. */
export interface BatchAnswer {
  readonly reply: Reply
  readonly outcomes: readonly PartOutcome[]
}

/** What a batch is run under. */
export interface BatchTerms {
  readonly limits: Limits
  /** The refusal a fault answers a part with, if one strikes. */
  readonly strike: (part: PartRequest) => StatusFault | undefined
}

type Item =
  | { readonly kind: 'request'; readonly request: PartRequest }
  | { readonly kind: 'changeSet'; readonly requests: readonly (PartRequest & { readonly contentId: string })[] }

const MAX_REQUESTS = 1000

const WRITES: ReadonlySet<string> = new Set(['POST', 'PUT', 'DELETE', 'PATCH'])

function readItem(part: Part): Item {
  const boundary = boundaryOf(part.headers.get('Content-Type'))
  if (boundary === undefined) return { kind: 'request', request: parsePartRequest(part) }
  const requests = parseMultipart(part.content, boundary).map((one) => {
    if (boundaryOf(one.headers.get('Content-Type')) !== undefined)
      throw badPayload('A change set cannot hold another one.')
    const request = parsePartRequest(one)
    const contentId = one.headers.get('Content-ID') ?? request.headers.get('Content-ID')
    if (contentId === null) {
      throw badPayload(
        "The header with name 'Content-ID' was not present in the header collection of the batch operation.",
      )
    }
    if (!WRITES.has(request.method)) {
      throw badPayload(
        `An invalid HTTP method '${request.method}' was detected for a request in a change set. Requests in change sets only support the HTTP methods 'POST', 'PUT', 'DELETE', and 'PATCH'.`,
      )
    }
    return { ...request, contentId }
  })
  const seen = new Set<string>()
  for (const { contentId } of requests) {
    if (seen.has(contentId)) {
      throw badPayload(
        `The content ID '${contentId}' was found more than once in the same change set. Content IDs have to be unique across all operations of a change set.`,
      )
    }
    seen.add(contentId)
  }
  return { kind: 'changeSet', requests }
}

function readItems(request: RawRequest): readonly Item[] {
  const boundary = boundaryOf(request.headers.get('Content-Type'))
  if (boundary === undefined) throw badPayload("The Content-Type of a batch must be 'multipart/mixed' with a boundary.")
  const items = parseMultipart(request.body, boundary).map(readItem)
  const count = items.reduce((sum, item) => sum + (item.kind === 'request' ? 1 : item.requests.length), 0)
  if (count > MAX_REQUESTS) {
    throw badPayload(
      `The current batch message contains too many parts. Only batch messages with a maximum number of '${MAX_REQUESTS}' query operations and change sets are allowed.`,
    )
  }
  return items
}

class BatchRun {
  readonly #org: Org
  readonly #outer: RawRequest
  readonly #terms: BatchTerms
  readonly outcomes: PartOutcome[] = []
  readonly parts: string[] = []

  constructor(org: Org, outer: RawRequest, terms: BatchTerms) {
    this.#org = org
    this.#outer = outer
    this.#terms = terms
  }

  /** Runs an item and adds its answer; gives the status of a failure. */
  run(item: Item): number | undefined {
    return item.kind === 'request' ? this.#single(item.request) : this.#changeSet(item.requests)
  }

  #raw(request: PartRequest, contents: RawRequest['contents']): RawRequest {
    const fault = this.#terms.strike(request)
    if (fault !== undefined) throw statusError(fault, this.#org.knobs)
    checkPartUrl(request.url, this.#terms.limits)
    const resource = resourceOf(request.url, this.#outer.root)
    if (resource.startsWith('$batch')) throw badPayload('A batch cannot hold another batch.')
    const { method, headers, body } = request
    const bytes = undefined
    const version = /\/api\/data\/v9\.[0-2]\//.exec(request.url)?.[0]
    const root =
      version === undefined ? this.#outer.root : this.#outer.root.replace(/\/api\/data\/v9\.[0-2]\/$/, version)
    return { ...this.#outer, method, root, resource, headers, body, bytes, contents }
  }

  #single(request: PartRequest): number | undefined {
    const { reply, failed } = this.#try(
      request,
      () =>
        perform(
          this.#org,
          this.#raw(request, () => undefined),
        ).reply,
    )
    this.outcomes.push({ request, status: reply.status })
    this.parts.push(writePart(failed ? this.#identified(reply) : reply))
    return failed ? reply.status : undefined
  }

  #changeSet(requests: readonly (PartRequest & { readonly contentId: string })[]): number | undefined {
    const rows = new Map<string, Reference>()
    let answers: string[] = []
    let current = requests[0]
    const boundary = `changesetresponse_${this.#org.store.newId()}`
    let outcomes: PartOutcome[] = []
    // A transaction that meets a lock begins again, and so must what it has answered.
    const runAll = (): undefined => {
      rows.clear()
      answers = []
      outcomes = []
      for (const request of requests) {
        current = request
        const { reply, row } = perform(
          this.#org,
          this.#raw(request, (contentId) => rows.get(contentId)),
        )
        // The reference is taken from the answer's OData-EntityId, which a representation comes without.
        if (row !== undefined && reply.body === undefined) rows.set(request.contentId, row)
        answers.push(writePart(reply, { 'Content-ID': request.contentId }))
        outcomes.push({ request, status: reply.status })
      }
    }
    try {
      this.#org.store.atomically(runAll)
    } catch (error) {
      if (!(error instanceof WebApiError) || current === undefined) throw error
      const reply = refusal(this.#org, current.headers, error)
      const part = writePart(this.#identified(reply), { 'Content-ID': current.contentId })
      this.#addChangeSet(boundary, [part])
      this.outcomes.push(...outcomes.map(({ request }) => ({ request, status: undefined })))
      this.outcomes.push({ request: current, status: reply.status })
      return reply.status
    }
    this.#addChangeSet(boundary, answers)
    this.outcomes.push(...outcomes)
    return undefined
  }

  #addChangeSet(boundary: string, answers: readonly string[]): void {
    // The line end behind the inner multipart belongs to the boundary that follows.
    const inner = writeMultipart(boundary, answers).replace(/\r\n$/, '')
    this.parts.push(`Content-Type: multipart/mixed; boundary=${boundary}\r\n\r\n${inner}`)
  }

  /** A refusal with the id of its request, by which support would find it. */
  #identified(reply: Reply): Reply {
    return { ...reply, headers: { REQ_ID: this.#org.store.newId(), ...reply.headers } }
  }

  #try(request: PartRequest, body: () => Reply): { readonly reply: Reply; readonly failed: boolean } {
    try {
      return { reply: body(), failed: false }
    } catch (error) {
      if (!(error instanceof WebApiError)) throw error
      return { reply: refusal(this.#org, request.headers, error), failed: true }
    }
  }
}

/**
 * Runs a `$batch`. Requests run in order; a change set is all or nothing. At the first failure the rest is not run,
 * has no part in the answer, and the whole answer takes the status of that failure — unless
 * `Prefer: odata.continue-on-error` was sent, when everything is run and the status is 200.
 */
export function runBatch(org: Org, request: RawRequest, terms: BatchTerms): BatchAnswer {
  if (request.method !== 'POST') throw methodNotAllowed(request.method)
  checkHeaders(request.headers)
  allowConditions(request.headers)
  allowOptions(parseQuery(request.resource.replace(/^\$batch\??/i, '')), [])
  const items = readItems(request)
  const parts = items.flatMap((item): readonly PartRequest[] =>
    item.kind === 'request' ? [item.request] : item.requests,
  )
  const preferences = readOuterPreferences(request.headers.get('Prefer'), parts)
  // Whom the batch as a whole is sent for; a part may name somebody else.
  const user = actingUser(org.security, org.organization.id, request.user, request.headers)
  const run = new BatchRun(org, { ...request, user }, terms)
  let status = 200
  for (const item of items) {
    const failure = run.run(item)
    if (failure === undefined || preferences.continueOnError) continue
    status = failure
    break
  }
  const boundary = `batchresponse_${org.store.newId()}`
  return {
    reply: {
      status,
      headers: { 'Content-Type': `multipart/mixed; boundary=${boundary}`, 'OData-Version': '4.0' },
      body: writeMultipart(boundary, run.parts),
    },
    outcomes: run.outcomes,
  }
}
