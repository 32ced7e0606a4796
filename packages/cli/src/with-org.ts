import { promises as files } from 'node:fs'
import { ClientOrg, OutpostError } from '@outpost/core'
import type { MasterOrg, Table } from '@outpost/core'
import { dataverseMaster } from '@outpost/dataverse-adapter'
import { openSqliteStore } from '@outpost/store-sqlite'
import type { Invocation } from './invocation.ts'

export interface OrgAccess {
  /** The master's address, for a client org that does not know it yet. An existing one knows it. */
  readonly url?: string
  /** Whether a database that is not there is made, and removed again when the body fails. Only `connect` makes one. */
  readonly create?: boolean
}

/** Opens the client org, runs the body and closes everything, whatever happens. Nothing is sent but by the body. */
export async function withOrg<T>(
  invocation: Invocation,
  body: (org: ClientOrg) => Promise<T>,
  { url, create = false }: OrgAccess = {},
): Promise<T> {
  const { database, io, token } = invocation
  if (!create) await requireFile(database)
  const made = create && !(await isThere(database))
  const store = await openSqliteStore({ path: database })
  let done = false
  try {
    let address = url
    const master = lateMaster(() => {
      if (address === undefined) throw notConnected()
      return dataverseMaster({ url: address, token, env: io.env })
    })
    const org = await ClientOrg.open({ store, master, env: io.env, delivery: 'on-demand' })
    try {
      address ??= (await org.status()).identity?.url
      if (address !== undefined) invocation.master.url = address
      const result = await body(org)
      done = true
      return result
    } finally {
      await org.close()
    }
  } finally {
    await store.close()
    if (made && !done) await removeDatabase(database)
  }
}

/** Like `withOrg`, for commands that need a client org which has a master, or had one before it was detached. */
export function withFilledOrg<T>(invocation: Invocation, body: (org: ClientOrg) => Promise<T>): Promise<T> {
  return withOrg(invocation, async (org) => {
    const isLocal = Object.keys(org.configuration.localTables ?? {}).length > 0
    if (!isLocal && (await org.status()).identity === null) throw notConnected()
    return body(org)
  })
}

/** Like `withOrg`, for commands that need a client org which has been connected. */
export function withConnectedOrg<T>(invocation: Invocation, body: (org: ClientOrg) => Promise<T>): Promise<T> {
  return withOrg(invocation, async (org) => {
    if ((await org.status()).identity === null) throw notConnected()
    return body(org)
  })
}

/** The rows of a table that is kept. Throws `invalid` saying how to keep one that is not. */
export function keptTable(org: ClientOrg, name: string): Table {
  const { tables, localTables = {} } = org.configuration
  if (Object.hasOwn(tables, name) || Object.hasOwn(localTables, name)) return org.table(name)
  throw new OutpostError('invalid', `table '${name}' is not among the tables this client org keeps`, {
    place: { table: name, rule: 'unknown-table' },
    remedy:
      "Keep it with 'outpost configure --table <name>', then run 'outpost sync'. 'outpost status' lists what is kept.",
  })
}

/** Removes a closed database with the files that SQLite keeps beside it. */
export async function removeDatabase(path: string): Promise<void> {
  for (const suffix of ['', '-wal', '-shm', '-lock']) await files.rm(path + suffix, { force: true })
}

async function isThere(path: string): Promise<boolean> {
  return files.access(path).then(
    () => true,
    () => false,
  )
}

async function requireFile(path: string): Promise<void> {
  try {
    await files.access(path)
  } catch (cause) {
    throw new OutpostError('store', `there is no client org at ${path}`, {
      cause,
      remedy: "Give its path with --db or OUTPOST_DB, or make one with 'outpost connect'.",
    })
  }
}

/** The master at an address that is known only once the client org has been opened. */
function lateMaster(open: () => Required<MasterOrg>): Required<MasterOrg> {
  let opened: Required<MasterOrg> | undefined
  const master = (): Required<MasterOrg> => (opened ??= open())
  return {
    identify: async (signal) => master().identify(signal),
    tenant: async (signal) => master().tenant(signal),
    standing: async (userId, privileges, signal) => master().standing(userId, privileges, signal),
    privileges: async (userId, signal) => master().privileges(userId, signal),
    metadata: async (signal) => master().metadata(signal),
    metadataStamp: async (signal) => master().metadataStamp(signal),
    metadataChanges: async (request, signal) => master().metadataChanges(request, signal),
    pull: async (request, signal) => master().pull(request, signal),
    versions: (request, signal) => master().versions(request, signal),
    read: async (request, signal) => master().read(request, signal),
    isGone: async (request, signal) => master().isGone(request, signal),
    changes: async (request, signal) => master().changes(request, signal),
    estimate: async (request, signal) => master().estimate(request, signal),
    glance: async (request, signal) => master().glance(request, signal),
    traffic: () => opened?.traffic() ?? { requests: 0, bytesSent: 0, bytesReceived: 0 },
    recommendedRequests: () => opened?.recommendedRequests() ?? null,
    push: async (transactions, signal) => master().push(transactions, signal),
  }
}

function notConnected(): OutpostError {
  return new OutpostError('refused', 'this client org is not connected to a master yet', {
    remedy: "Connect it with 'outpost connect <url>'.",
  })
}
