/** What can go wrong with a request on its way, at the door, or on the way back. */
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
  /** The token is refused (401), as if it had just been revoked. */
  | { readonly kind: 'rejectToken' }

/** Which requests a fault meets; what is absent matches everything. */
export interface FaultMatch {
  readonly method?: string
  /** Tested against path and query, decoded as far as they can be. */
  readonly path?: RegExp
  /** Name or id of the user whose token the request carries. */
  readonly user?: string
}

/** A fault and when it strikes. */
export interface FaultRule {
  readonly match?: FaultMatch
  /** The first matching request that is hit, counted from 1. */
  readonly nth?: number
  /** How many matching requests from then on are hit; default 1, `Infinity` for all. */
  readonly times?: number
  readonly fault: Fault
}

/** What a fault is matched against. */
export interface FaultSubject {
  readonly method: string
  readonly target: string
  readonly user: { readonly id: string; readonly name: string } | undefined
}

function fits({ method, path, user }: FaultMatch, subject: FaultSubject): boolean {
  if (method !== undefined && method !== subject.method) return false
  if (user !== undefined && user !== subject.user?.id && user !== subject.user?.name) return false
  return path === undefined || subject.target.search(path) >= 0
}

/** The faults that are armed. Rules are counted each for itself; the first one added that strikes wins. */
export class Faults {
  #rules: { readonly rule: FaultRule; hits: number }[] = []
  #strikes = 0

  /** How many requests were struck so far. */
  get strikes(): number {
    return this.#strikes
  }

  /** Arms a fault; the result disarms it again. */
  add(rule: FaultRule): () => void {
    const armed = { rule, hits: 0 }
    this.#rules.push(armed)
    return () => {
      this.#rules = this.#rules.filter((one) => one !== armed)
    }
  }

  clear(): void {
    this.#rules = []
  }

  /** Counts the request with every rule it matches and gives the fault that strikes it. */
  strike(subject: FaultSubject): Fault | undefined {
    let struck: Fault | undefined
    for (const armed of this.#rules) {
      const { match = {}, nth = 1, times = 1, fault } = armed.rule
      if (!fits(match, subject)) continue
      armed.hits++
      if (struck === undefined && armed.hits >= nth && armed.hits < nth + times) struck = fault
    }
    if (struck !== undefined) this.#strikes++
    return struck
  }
}
