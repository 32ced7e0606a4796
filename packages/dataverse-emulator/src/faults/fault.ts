/** What can go wrong with a request on its way, at the door, in the server, or on the way back. */
export type Fault =
  /** The connection is lost before the server does anything. */
  | { readonly kind: 'dropBeforeCommit' }
  /** The server does everything, then the connection is lost: the caller cannot know. */
  | { readonly kind: 'dropAfterCommit' }
  /** The answer's headers arrive and `bytes` bytes of its body, then the connection is lost. */
  | { readonly kind: 'cutBodyAt'; readonly bytes: number }
  /** The answer is complete as HTTP, but its JSON ends in the middle. */
  | { readonly kind: 'truncateJson' }
  /** Somebody else answers: 200 with an HTML page. The server sees nothing. */
  | { readonly kind: 'captivePortal' }
  /** Somebody else answers: go there (302 by default). The server sees nothing. */
  | { readonly kind: 'redirect'; readonly location?: string; readonly status?: 301 | 302 | 303 | 307 | 308 }
  /** A gateway or the service answers this status without doing anything. */
  | {
      readonly kind: 'status'
      readonly status: number
      readonly retryAfter?: number | string
      readonly body?: 'json' | 'html' | 'empty'
      readonly code?: string
      readonly message?: string
    }
  /** The request waits before it is answered. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** No answer ever comes, until the caller gives up. */
  | { readonly kind: 'hang' }
  /** The token is refused (401) this time. */
  | { readonly kind: 'rejectToken' }
  /** The token has expired: 401 now and whenever it comes again. */
  | { readonly kind: 'tokenExpired' }
  /** The token is one for another resource (401) or of somebody who is no member of the organisation (403). */
  | { readonly kind: 'rejectScope'; readonly status?: 401 | 403 }
  /** What the request writes is stamped now, and seen and answered only after so many milliseconds (commit skew). */
  | { readonly kind: 'delayedCommit'; readonly ms: number }

export type FaultKind = Fault['kind']

/** Which requests a fault meets; what is absent matches everything. */
export interface FaultMatch {
  readonly method?: string | readonly string[]
  /** Tested against path and query, decoded as far as they can be. */
  readonly path?: RegExp
  /** Name or id of the user whose token the request carries. */
  readonly user?: string
  /** Headers by name, in any case; `true` asks only that it is there. */
  readonly headers?: Readonly<Record<string, string | RegExp | true>>
  /** Tested against the body as text. */
  readonly body?: RegExp
  /** Logical name of the table whose entity set the path begins with. */
  readonly table?: string
  /** Only batches as a whole (true), or only what is none (false). */
  readonly batch?: boolean
  /** Strikes requests inside of batches instead of those that come by themselves; with `status` and `delay` only. */
  readonly part?: boolean
}

/** A fault and when it strikes. */
export interface FaultRule {
  readonly match?: FaultMatch
  /** The first matching request that may be hit, counted from 1. */
  readonly nth?: number
  /** How many are hit at most; default 1, or all of them where a probability is given. */
  readonly times?: number
  /** How likely a matching request is hit, from 0 to 1; drawn by the emulator's `seedNumber`, so a run can be repeated. */
  readonly probability?: number
  readonly fault: Fault
}

/** What a fault is matched against. */
export interface FaultSubject {
  readonly method: string
  readonly target: string
  readonly headers: Headers
  readonly body: string
  readonly user: { readonly id: string; readonly name: string } | undefined
  /** Logical name of the table the path begins with. */
  readonly table: string | undefined
  /** A whole batch, one of its parts, or neither. */
  readonly place: 'batch' | 'part' | 'alone'
}

/** All kinds. */
export const FAULT_KINDS: readonly FaultKind[] = [
  'dropBeforeCommit',
  'dropAfterCommit',
  'cutBodyAt',
  'truncateJson',
  'captivePortal',
  'redirect',
  'status',
  'delay',
  'hang',
  'rejectToken',
  'tokenExpired',
  'rejectScope',
  'delayedCommit',
]

/** The kinds that can strike a part of a batch. */
export const PART_KINDS: readonly FaultKind[] = ['status', 'delay']
