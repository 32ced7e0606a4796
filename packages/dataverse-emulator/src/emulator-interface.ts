import type { Operations } from './operations/register.ts'
import type { JobOutcome } from './plug-ins/jobs.ts'
import type { Plugins } from './plug-ins/plugins.ts'
import type { ServerClock } from './clock.ts'
import type { Faults } from './faults/faults.ts'
import type { Incoming, Outgoing } from './http/exchange.ts'
import type { Knobs } from './knobs.ts'
import type { Limits } from './limits/limits.ts'
import type { Master } from './master.ts'
import type { LoggedRequest, RequestFilter } from './request-log.ts'
import type { MobileTracking } from './rows/mobile-tracking.ts'
import type { User } from './rows/user.ts'
import type { Schema, Seed } from './schema.ts'
import type { SecurityHand } from './security/security-hand.ts'
import type { ServerHand } from './server-hand.ts'

/** How an emulator is set up. */
export interface EmulatorOptions {
  /** Tables, users and rows to begin with. */
  readonly seed: Seed
  /** The server's clock in milliseconds; by default it runs from the moment the seed describes. */
  readonly clock?: () => number
  /** Source of row ids and tokens; deterministic by default. */
  readonly newId?: () => string
  /** Waits for latency and `delay` faults; must reject with the signal's reason when it aborts. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>
  /** How long a token is good for; default one hour. */
  readonly tokenLifetimeMs?: number
  /** Response headers that CORS exposes to scripts; default the list Dataverse is known for, without Retry-After. */
  readonly exposeHeaders?: readonly string[]
  /** Root of the organisation, in-process address and token audience; default `https://org.emulator.test/`. */
  readonly root?: string
  readonly knobs?: Partial<Knobs>
  /** Service protection and lengths; by default those of the service. */
  readonly limits?: Partial<Limits>
  /** What faults with a probability and random latency are drawn from: the same number gives the same run. Default 1. */
  readonly seedNumber?: number
  /** Whether `/emulator` answers, by which the emulator is steered over HTTP; off by default. */
  readonly control?: boolean
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
export interface Emulator extends ServerHand {
  /** Answers a request. Rejects with ConnectionDropped where a fault drops it, with the signal's reason where it aborts. */
  handle(request: Request): Promise<Response>
  /** The same without Request and Response, for whoever serves it by other means than fetch. */
  exchange(request: Incoming): Promise<Outgoing>
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
  /** May be changed while the emulator runs. */
  readonly limits: Limits
  /** The server's clock. */
  readonly clock: ServerClock
  /** Changes who may do what. */
  readonly security: SecurityHand
  /** Functions and actions of one's own. */
  readonly operations: Operations
  /** Plug-ins of one's own. */
  readonly plugins: Pick<Plugins, 'register' | 'unregister' | 'list'>
  /** Does the work that was accepted and waits: async plug-ins and background operations. */
  runJobs(): readonly JobOutcome[]
  /** A `fetch` for one user: paths are below the Web API root, and a token comes along. */
  as(user: string): (path: string, init?: RequestInit) => Promise<Response>
  /** A bearer token for a user by name or id. */
  tokenFor(user: string, options?: TokenOptions): string
  revokeToken(token: string): void
  /** Takes tokens for this root as well as it is served there. */
  acceptAudience(root: string): void
  /** Lets `/emulator` answer from now on, or no longer. */
  allowControl(isAllowed: boolean): void
  /** The requests so far, those inside of batches included; only some of them where a filter is given. */
  requests(filter?: RequestFilter): readonly LoggedRequest[]
  clearRequests(): void
  /** Throws when any request was answered 501. */
  assertNoUnexpected(): void
}
