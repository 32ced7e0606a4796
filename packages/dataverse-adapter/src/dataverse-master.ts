import { type Env, type MasterOrg, OutpostError, systemEnv } from '@outpost/core'
import { versionPages } from './versions.ts'
import { changesPage } from './changes.ts'
import { estimateRows } from './estimate.ts'
import { glance } from './glance.ts'
import { identify, readTenant } from './identify.ts'
import { readMetadata, readMetadataStamp } from './metadata.ts'
import { readMetadataChanges } from './metadata-changes.ts'
import { fetchMessages, type OrgMessages } from './org-messages.ts'
import { orgUrl } from './org-url.ts'
import { readPrivileges } from './privileges.ts'
import { pullPage } from './pull.ts'
import { pushAll } from './push.ts'
import { isGone, readRows } from './read-rows.ts'
import { Recommendation } from './recommendation.ts'
import { readStanding } from './standing.ts'
import type { AccessTokenProvider } from './token.ts'
import { TokenOwner } from './token-owner.ts'
import { TrafficCount } from './traffic-count.ts'
import { type Fetch, fetchTransport } from './transport.ts'

export interface DataverseOptions {
  /** The organisation: a name (`contoso`, `contoso.crm4`) or a URL, as `orgUrl` takes it. */
  readonly url: string
  /** The region of a bare name. */
  readonly region?: string
  readonly token: AccessTokenProvider
  /** What sends requests; the platform's own by default. */
  readonly fetch?: Fetch
  readonly env?: Pick<Env, 'sleep' | 'newId'>
  /** How long one request may take, its whole answer included. */
  readonly timeouts?: Partial<Timeouts>
  /** Rows in one page of `versions`, at most 5,000 (the default). Pulls name their own page size. */
  readonly pageSize?: number
  /** Functions and actions of the organisation; over `fetch` by default. */
  readonly messages?: OrgMessages
}

export interface Timeouts {
  /** Default: 60,000. */
  readonly readMs: number
  /** Default: 150,000, because the master itself gives a write up to two minutes. */
  readonly writeMs: number
  /** Default: 120,000. */
  readonly metadataMs: number
}

/** The largest page that a Dataverse gives. */
const LARGEST_PAGE = 5_000

/**
 * A Dataverse organisation as the master of client orgs. Throws `invalid` for a URL or a page size that cannot be; nothing
 * is sent before a method is called.
 */
export function dataverseMaster(options: DataverseOptions): Required<MasterOrg> {
  const root = orgUrl(options.url, options.region === undefined ? {} : { region: options.region })
  const env = options.env ?? systemEnv
  const timeouts = { readMs: 60_000, writeMs: 150_000, metadataMs: 120_000, ...options.timeouts }
  const pageSize = checkedPageSize(options.pageSize ?? LARGEST_PAGE)
  const fetch: Fetch = options.fetch ?? ((url, init) => globalThis.fetch(url, init))
  const owner = new TokenOwner()
  const traffic = new TrafficCount()
  const recommendation = new Recommendation()
  const transport = fetchTransport({ root, token: options.token, fetch, env, owner, traffic, recommendation })
  const messages = options.messages ?? fetchMessages(transport, timeouts.metadataMs)
  const newId = (): string => env.newId()
  const reading = { transport, root, newId, timeoutMs: timeouts.readMs }
  const writing = { transport, newId, timeoutMs: timeouts.writeMs }

  return {
    identify: async (signal) => {
      const identity = await identify(messages, root, signal)
      owner.expect(identity)
      return identity
    },
    tenant: (signal) => readTenant(messages, signal),
    standing: (userId, privileges, signal) => readStanding(reading, userId, privileges, signal),
    privileges: (userId, signal) => readPrivileges(reading, userId, signal),
    metadata: (signal) => readMetadata({ ...reading, messages }, signal),
    metadataStamp: (signal) => readMetadataStamp(reading, signal),
    metadataChanges: (request, signal) => readMetadataChanges({ ...reading, messages }, request, signal),
    pull: async (request, signal) => {
      checkedPageSize(request.pageSize)
      return pullPage(reading, request, signal)
    },
    glance: async (request, signal) => {
      for (const { pageSize: size } of [...request.pulls, ...(request.changes ?? [])]) checkedPageSize(size)
      const found = await glance(reading, request, signal)
      owner.expect(found.identity)
      return found
    },
    versions: (request, signal) => versionPages({ ...reading, pageSize }, request, signal),
    read: (request, signal) => readRows(reading, request, signal),
    isGone: (request, signal) => isGone(reading, request, signal),
    changes: async (request, signal) => {
      checkedPageSize(request.pageSize)
      return changesPage(reading, request, signal)
    },
    estimate: (request, signal) => estimateRows(reading, request, signal),
    traffic: () => traffic.total,
    recommendedRequests: () => recommendation.requests,
    push: (transactions, signal) => pushAll(writing, transactions, signal),
  }
}

function checkedPageSize(pageSize: number): number {
  if (Number.isInteger(pageSize) && pageSize >= 1 && pageSize <= LARGEST_PAGE) return pageSize
  throw new OutpostError('invalid', `a page of ${pageSize} rows is not possible`, {
    place: { rule: 'page-size' },
    remedy: `Choose a page size from 1 to ${LARGEST_PAGE}.`,
  })
}
