import { methodNotAllowed, notImplemented, WebApiError } from '../errors.ts'
import { checkHeaders, checkMediaTypes, mayHoldFile, refuseFileHeaders } from '../http/headers.ts'
import { readPreferences, wantsAnnotation } from '../http/prefer.ts'
import { errorReply } from '../http/reply.ts'
import type { Reply } from '../http/reply.ts'
import type { ApiRequest } from '../http/request.ts'
import { parseQuery } from '../odata/query-options.ts'
import { splitPath } from '../odata/resource-path.ts'
import type { Org } from '../org.ts'
import { readAsked } from '../plug-ins/asked.ts'
import type { ContentReference } from '../rows/resolve-reference.ts'
import type { User } from '../rows/user.ts'
import { actingUser } from '../security/impersonate.ts'
import { mayRunInBackground } from './background.ts'
import { route } from './route.ts'
import type { WriteReply } from './write-reply.ts'

/** A request before it is understood. */
export interface RawRequest {
  readonly method: string
  /** `https://host/api/data/v9.2/`. */
  readonly root: string
  /** Path and query behind the root, still encoded. */
  readonly resource: string
  readonly headers: Headers
  /** The body as text; empty where it was sent as `application/octet-stream`. */
  readonly body: string
  /** The body as it came; absent inside of a batch, whose parts are text. */
  readonly bytes: Uint8Array | undefined
  readonly user: User
  readonly contents: ContentReference
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'POST', 'PATCH', 'PUT', 'DELETE'])

/** Answers a request; refusals are thrown as WebApiError. */
export function perform(org: Org, raw: RawRequest): WriteReply {
  if (!METHODS.has(raw.method)) throw methodNotAllowed(raw.method)
  const [path = '', ...search] = raw.resource.split('?')
  checkHeaders(raw.headers)
  if (!mayHoldFile(path)) refuseFileHeaders(raw.headers)
  checkMediaTypes(raw.headers, path, raw.body !== '')
  if (path.includes('#')) throw notImplemented('a URL fragment')
  const user = actingUser(org.security, org.organization.id, raw.user, raw.headers)
  const query = parseQuery(search.join('?'))
  const preferences = readPreferences(raw.headers.get('Prefer'))
  const request: ApiRequest = { ...raw, user, path, segments: splitPath(path), query, preferences }
  if (preferences.respondAsync && !mayRunInBackground(org, request)) {
    throw notImplemented('respond-async of anything but custom functions and actions')
  }
  return org.plugins.during(readAsked(raw.headers, query.options.get('tag'), user), () => route(org, request))
}

/** The answer to a refused request, with the error annotations it asked for. */
export function refusal(org: Org, headers: Headers, error: WebApiError): Reply {
  // The Prefer header may itself be what was refused, so only this part of it is read.
  const asked = /odata\.include-annotations="([^"]*)"/i.exec(headers.get('Prefer') ?? '')?.[1] ?? ''
  const annotations = asked.split(',').map((name) => name.trim())
  const wants = (name: string): boolean => wantsAnnotation({ annotations }, name)
  return errorReply(error, org.knobs, wants)
}

/** Answers a request; refusals become error answers. */
export function answer(org: Org, raw: RawRequest): Reply {
  try {
    return perform(org, raw).reply
  } catch (error) {
    if (error instanceof WebApiError) return refusal(org, raw.headers, error)
    throw error
  }
}
