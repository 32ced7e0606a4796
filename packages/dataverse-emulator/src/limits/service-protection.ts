import { WebApiError } from '../errors.ts'
import type { Limits } from './limits.ts'

interface Served {
  readonly atMs: number
  readonly costMs: number
}

type Facet = 'requests' | 'execution' | 'concurrency'

/** What one user has asked for within the window. */
class Account {
  #served: Served[] = []
  // Where the window begins in the list; the part before it is cut off now and then.
  #first = 0
  #spentMs = 0
  running = 0
  blockedUntilMs = Number.NEGATIVE_INFINITY
  blockedBy: Facet = 'requests'
  ignored = 0

  get requests(): number {
    return this.#served.length - this.#first + this.running
  }

  get spentMs(): number {
    return this.#spentMs
  }

  slideTo(fromMs: number): void {
    for (;;) {
      const oldest = this.#served[this.#first]
      if (oldest === undefined || oldest.atMs > fromMs) break
      this.#spentMs -= oldest.costMs
      this.#first++
    }
    if (this.#first > 1000 && this.#first * 2 > this.#served.length) {
      this.#served = this.#served.slice(this.#first)
      this.#first = 0
    }
  }

  add(served: Served): void {
    this.#served.push(served)
    this.#spentMs += served.costMs
  }

  /** When as much has left the window that both limits are kept again. */
  freeAtMs(requests: number, executionMs: number, windowMs: number): number {
    let count = this.requests
    let spentMs = this.#spentMs
    for (let at = this.#first; at < this.#served.length; at++) {
      const served = this.#served[at]
      if (served === undefined || (count < requests && spentMs < executionMs)) break
      count--
      spentMs -= served.costMs
      if (count < requests && spentMs < executionMs) return served.atMs + windowMs
    }
    return Number.NEGATIVE_INFINITY
  }
}

/** How long a user who sends too many requests at once is to wait. */
const CONCURRENCY_PAUSE_MS = 5000

function tooMany(facet: Facet, limits: Limits, retryAfter: number | undefined): WebApiError {
  const headers = retryAfter === undefined ? {} : { 'Retry-After': String(retryAfter) }
  const window = `over time window of ${limits.windowSeconds} seconds.`
  switch (facet) {
    case 'requests': {
      const message = `Number of requests exceeded the limit of ${limits.requests} ${window}`
      return new WebApiError(429, '0x80072322', message, headers)
    }
    case 'execution': {
      const most = (limits.executionSeconds * 1000).toLocaleString('en-US')
      const message = `Combined execution time of incoming requests exceeded limit of ${most} milliseconds ${window} Decrease number of concurrent requests or reduce the duration of requests and try again later.`
      return new WebApiError(429, '0x80072321', message, headers)
    }
    case 'concurrency': {
      const message = `Number of concurrent requests exceeded the limit of ${limits.concurrency}.`
      return new WebApiError(429, '0x80072326', message, headers)
    }
  }
}

const SECONDS = new Intl.NumberFormat('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })

/** A request that was let in; `end` says what it cost. */
export interface Admission {
  end(costMs: number): void
}

/**
 * The service protection limits: requests, execution time and concurrency of each user in a sliding window, whatever
 * connection or token they come by. Who exceeds one is refused (429) until `Retry-After` has passed, with everything;
 * each request that comes before makes it longer.
 */
export class ServiceProtection {
  readonly #limits: Limits
  readonly #now: () => number
  readonly #accounts = new Map<string, Account>()

  constructor(limits: Limits, now: () => number) {
    this.#limits = limits
    this.#now = now
  }

  /** Lets a request in, or refuses it with 429. */
  admit(user: string, hideRetryAfter: boolean): Admission {
    const account = this.#accountOf(user)
    const limits = this.#limits
    if (limits.serviceProtection) this.#refuse(account, hideRetryAfter)
    account.running++
    let isOver = false
    return {
      end: (costMs) => {
        if (isOver) return
        isOver = true
        account.running--
        account.add({ atMs: this.#now(), costMs })
      },
    }
  }

  /** What the headers of an answer say is left. */
  remaining(user: string): Readonly<Record<string, string>> {
    const account = this.#accountOf(user)
    const { requests, executionSeconds } = this.#limits
    const seconds = Math.max(0, executionSeconds - account.spentMs / 1000)
    return {
      'x-ms-ratelimit-burst-remaining-xrm-requests': String(Math.max(0, requests - account.requests)),
      'x-ms-ratelimit-time-remaining-xrm-requests': SECONDS.format(seconds),
    }
  }

  /** Forgets what was asked for so far. */
  clear(): void {
    for (const account of this.#accounts.values()) {
      account.slideTo(Number.POSITIVE_INFINITY)
      account.blockedUntilMs = Number.NEGATIVE_INFINITY
    }
  }

  #accountOf(user: string): Account {
    let account = this.#accounts.get(user)
    if (account === undefined) {
      account = new Account()
      this.#accounts.set(user, account)
    }
    account.slideTo(this.#now() - this.#limits.windowSeconds * 1000)
    return account
  }

  #refuse(account: Account, hideRetryAfter: boolean): void {
    const now = this.#now()
    const windowMs = this.#limits.windowSeconds * 1000
    if (account.blockedUntilMs > now) {
      account.ignored++
      const longerMs = Math.min(account.ignored, 10) * 1000
      account.blockedUntilMs = Math.min(account.blockedUntilMs + longerMs, now + windowMs)
    } else {
      const facet = this.#exceeded(account)
      if (facet === undefined) {
        account.ignored = 0
        return
      }
      account.blockedBy = facet
      account.blockedUntilMs =
        facet === 'concurrency'
          ? now + CONCURRENCY_PAUSE_MS
          : Math.max(
              now + 1000,
              account.freeAtMs(this.#limits.requests, this.#limits.executionSeconds * 1000, windowMs),
            )
    }
    const retryAfter = hideRetryAfter ? undefined : Math.ceil((account.blockedUntilMs - now) / 1000)
    throw tooMany(account.blockedBy, this.#limits, retryAfter)
  }

  #exceeded(account: Account): Facet | undefined {
    const { requests, executionSeconds, concurrency } = this.#limits
    if (account.running >= concurrency) return 'concurrency'
    if (account.requests >= requests) return 'requests'
    return account.spentMs >= executionSeconds * 1000 ? 'execution' : undefined
  }
}
