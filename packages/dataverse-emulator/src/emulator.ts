import { ServerClock } from './clock.ts'
import { DelayedCommits } from './commits.ts'
import { answerControl } from './control/control.ts'
import type { Emulator, EmulatorOptions } from './emulator-interface.ts'
import { clockFrom, sleep as sleepFor } from './env.ts'
import { Faults } from './faults/faults.ts'
import { inProcess } from './http/in-process.ts'
import { Pipeline } from './http/pipeline.ts'
import { checkLifetime, Tokens } from './http/tokens.ts'
import { defaultKnobs } from './knobs.ts'
import type { Knobs } from './knobs.ts'
import { defaultLimits } from './limits/limits.ts'
import type { Limits } from './limits/limits.ts'
import { ServiceProtection } from './limits/service-protection.ts'
import { loadSeed } from './load-seed.ts'
import { createMaster } from './master.ts'
import { operationsOf } from './operations/register.ts'
import type { Org } from './org.ts'
import { orgExtensions } from './plug-ins/org-extensions.ts'
import { RequestLog } from './request-log.ts'
import { followSchema } from './rows/follow-schema.ts'
import { RowStore } from './rows/row-store.ts'
import { MobileTracking } from './rows/mobile-tracking.ts'
import type { User } from './rows/user.ts'
import { guidFrom } from './schema.ts'
import type { Seed } from './schema.ts'
import { Security } from './security/security.ts'
import { createSecurityHand } from './security/security-hand.ts'
import { createServerHand } from './server-hand.ts'
import type { PageTurn } from './server-hand.ts'

export type { Emulator, EmulatorOptions, TokenOptions } from './emulator-interface.ts'

function idSource(seed: string, kind: string): () => string {
  let count = 0
  return () => guidFrom(`${seed}|${kind}|${count++}`)
}

// Row ids rise in the order of primary keys, as those of the service do for the most part: it makes them in sequence.
function rowIds(seed: string): () => string {
  const next = idSource(seed, 'row')
  let count = 0
  return () => `${next().slice(0, 24)}0d3a${(count++).toString(16).padStart(8, '0')}`
}

function orgFrom(seed: Seed, clock: ServerClock, options: EmulatorOptions): Org {
  const newId = options.newId ?? rowIds(seed.name)
  const { schema, organization } = seed
  const store = new RowStore(schema, { now: clock.now, newId, firstVersion: options.firstVersion ?? 1_000_000n })
  followSchema(schema, store)
  const exposed = options.exposeHeaders === undefined ? {} : { exposeHeaders: options.exposeHeaders }
  const knobs: Knobs = { ...defaultKnobs, ...exposed, ...options.knobs }
  return {
    schema,
    store,
    organization,
    tracking: new MobileTracking(store, seed.tracking?.trackingTable),
    knobs,
    security: new Security(store, seed),
    ...orgExtensions(store, knobs),
    expiredVersion: -1n,
  }
}

/** Makes an emulator and loads its seed. */
export function createEmulator(options: EmulatorOptions): Emulator {
  const { seed, seedNumber = 1 } = options
  if (options.tokenLifetimeMs !== undefined) checkLifetime('tokenLifetimeMs', options.tokenLifetimeMs, 1)
  const clock = new ServerClock(options.clock ?? clockFrom(Date.parse(seed.asOf)))
  const root = `${(options.root ?? 'https://org.emulator.test').replace(/\/$/, '')}/`
  const org = orgFrom(seed, clock, options)
  const { tracking, security, knobs } = org
  const userOf = (nameOrId: string | undefined): User => security.user(nameOrId ?? seed.defaultUserId)
  const tokens = new Tokens(clock.now, options.newId ?? idSource(seed.name, 'token'))
  const audiences = new Set([root])
  const faults = new Faults(
    () => ({ users: security.users, tables: org.schema.tables().map(({ logicalName }) => logicalName) }),
    seedNumber,
  )
  const log = new RequestLog(options.logLimit ?? 10_000)
  const limits: Limits = { ...defaultLimits, ...options.limits }
  const commits = new DelayedCommits(clock.now)
  const master = createMaster(org, userOf)
  let pageTurn: PageTurn | undefined
  let isControlled = options.control ?? false

  loadSeed(org, seed, userOf(undefined))
  org.counts.take()
  for (const table of seed.tracking?.tables ?? []) tracking.enable(table)

  const pipeline = new Pipeline({
    org,
    root,
    tokens,
    audiences,
    faults,
    log,
    limits,
    protection: new ServiceProtection(limits, clock.now),
    commits,
    sleep: options.sleep ?? sleepFor,
    seedNumber,
    newRequestId: options.newId ?? idSource(seed.name, 'request'),
    turnPage: (page, path) => pageTurn?.(master, page, path),
    elsewhere: (incoming) => (isControlled ? answerControl(emulator, incoming) : undefined),
  })
  const exchange: Emulator['exchange'] = (incoming) => pipeline.exchange(incoming)
  const { handle, fetch } = inProcess(exchange)

  const tokenFor: Emulator['tokenFor'] = (user, given = {}) => {
    const { audience = root, lifetimeMs = options.tokenLifetimeMs ?? 3_600_000 } = given
    checkLifetime('lifetimeMs', lifetimeMs, 1)
    return tokens.issue(security.user(user), `${audience.replace(/\/$/, '')}/`, lifetimeMs)
  }

  const emulator: Emulator = {
    ...createServerHand({
      org,
      master,
      commits,
      faults,
      onPageTurn: (turn) => {
        pageTurn = turn
      },
    }),
    handle,
    exchange,
    fetch,
    root,
    schema: seed.schema,
    users: security.users,
    faults,
    master,
    tracking,
    knobs,
    limits,
    clock,
    security: createSecurityHand(org, master),
    operations: operationsOf(org),
    plugins: org.plugins,
    runJobs: () => org.jobs.run(),
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
    allowControl: (isAllowed) => {
      isControlled = isAllowed
    },
    requests: (filter) => log.entries(filter),
    clearRequests: () => log.clear(),
    assertNoUnexpected: () => log.assertNoUnexpected(),
  }
  return emulator
}
