import type { Change } from '../change.ts'
import type { ClientOrg } from '../client-org.ts'
import type { Env } from '../env.ts'
import { MasterError, OutpostError, throwIfAborted } from '../errors.ts'
import { matches } from '../filter/evaluate.ts'
import { columnOf, isPolymorphic } from '../metadata.ts'
import type { TableMetadata } from '../metadata.ts'
import type {
  MasterIdentity,
  MasterMetadata,
  MasterOrg,
  MasterRow,
  OutgoingTransaction,
  PullPage,
  PullRequest,
  PushedRow,
  PushOutcome,
  RowScope,
  RowVersion,
} from '../ports/master-org.ts'
import { TARGET_SUFFIX } from '../row.ts'
import type { Row } from '../row.ts'
import { SerialQueue } from '../store/serial-queue.ts'
import type { Draft } from '../write/draft.ts'
import { RowFeed } from './row-feed.ts'
import type { FedRow } from './row-feed.ts'

export interface ClientOrgMasterOptions {
  /** The client org whose rows are the master's: one without a master, or one that has a master of its own. */
  readonly org: ClientOrg
  readonly organizationId: string
  /** The user as whom the other client org is connected. */
  readonly userId: string
  /** What the other client org takes for the root URL. */
  readonly url?: string
  readonly env: Pick<Env, 'now'>
}

const VERSIONS_AT_ONCE = 5000

/**
 * A client org as the master of other ones. Experimental.
 *
 * What it keeps is its metadata and its rows; a push is a `write()` of it, checked as any other. Everything that changes
 * the client org while it is a master must go through this program. Versions count on from the clock of the device, so
 * that they are newer after a restart; all rows are pulled again then. Each look at a table costs as much as the table is
 * large. There are no users, no privileges, no FetchXML, no related rows and no actions; what needs them is refused.
 */
export function clientOrgMaster(options: ClientOrgMasterOptions): MasterOrg {
  const { org, organizationId, userId, url = `outpost://${organizationId}`, env } = options
  const identity: MasterIdentity = { organizationId, userId, url }
  const feed = new RowFeed(env.now() * 1000)
  const turns = new SerialQueue()

  const inTurn = <T>(signal: AbortSignal, job: () => Promise<T>): Promise<T> => {
    return turns.run(async () => {
      throwIfAborted(signal)
      return job()
    })
  }
  const look = async (table: TableMetadata): Promise<readonly FedRow[]> => {
    mustHave(org, table.name)
    const { primaryId, intersect } = table
    const rows = await org.table(table.name).query()
    return feed.look(table.name, rows, (row) => (intersect ? linkOf(table, row) : String(row[primaryId])))
  }
  const wanted = async (table: TableMetadata, scope: RowScope): Promise<readonly FedRow[]> => {
    const { filter, fetchXml, related = [] } = scope
    if (fetchXml !== undefined || related.length > 0) {
      throw new MasterError('rejected', 'a client org as master takes filters only, no FetchXML and no related rows')
    }
    const rows = await look(table)
    return filter ? rows.filter(({ values }) => matches(filter, values, { userId, now: env.now() })) : rows
  }

  return {
    identify: (signal) => inTurn(signal, () => Promise.resolve(identity)),
    metadata: (signal) => inTurn(signal, () => Promise.resolve(metadataOf(org))),
    metadataStamp: (signal) => inTurn(signal, () => Promise.resolve(stampOf(org))),
    pull: (request, signal) => inTurn(signal, async () => pageOf(request, await wanted(request.table, request.scope))),
    async *versions({ table, scope }, signal): AsyncGenerator<readonly RowVersion[]> {
      const rows = await inTurn(signal, () => wanted(table, scope))
      const all = rows.map(({ id, version }) => ({ id, version: etag(version) }))
      for (let at = 0; at < all.length; at += VERSIONS_AT_ONCE) {
        throwIfAborted(signal)
        yield all.slice(at, at + VERSIONS_AT_ONCE)
      }
    },
    read: ({ table, columns, ids, scope = { filter: null } }, signal) =>
      inTurn(signal, async () => {
        const asked = new Set(ids)
        const rows = await wanted(table, scope)
        return rows.filter(({ id }) => asked.has(id)).map((row) => masterRow(table, columns, row))
      }),
    push: (transactions, signal) =>
      inTurn(signal, async () => {
        const outcomes: PushOutcome[] = []
        for (const transaction of transactions) outcomes.push(await take(org, transaction, look))
        return outcomes
      }),
  }
}

type Look = (table: TableMetadata) => Promise<readonly FedRow[]>

/** Does one transaction, all of it or nothing. */
async function take(org: ClientOrg, transaction: OutgoingTransaction, look: Look): Promise<PushOutcome> {
  const refusal = await refusalOf(transaction, look)
  if (refusal) return refusal
  try {
    await org.write((draft) => transaction.changes.forEach((change) => request(draft, change)))
  } catch (error) {
    if (!(error instanceof OutpostError) || (error.code !== 'invalid' && error.code !== 'refused')) throw error
    return rejected('invalid', error.message, error.remedy)
  }
  const rows: PushedRow[] = []
  for (const { table, id } of transaction.changes) {
    const metadata = transaction.tables.get(table)
    const columns = transaction.columns.get(table)
    if (!metadata || !columns || rows.some((row) => row.table === table && row.id === id)) continue
    const row = (await look(metadata)).find((each) => each.id === id)
    if (row) rows.push({ table, ...masterRow(metadata, columns, row) })
  }
  return { kind: 'processed', rows }
}

/** Why the transaction cannot be done on the rows as they are. */
async function refusalOf({ changes, tables }: OutgoingTransaction, look: Look): Promise<PushOutcome | null> {
  for (const change of changes) {
    const metadata = tables.get(change.table)
    if (!metadata) return rejected('invalid', `there is no table '${change.table}'`)
    if (change.kind === 'action') return rejected('invalid', `a client org does no actions such as ${change.action}`)
    if ('relationship' in change) continue
    const row = (await look(metadata)).find(({ id }) => id === change.id)
    if (change.kind === 'create') {
      if (row) return { kind: 'exists' }
      continue
    }
    if (!row) return rejected('gone', `there is no ${change.table} ${change.id}`)
    if (change.version !== null && change.version !== etag(row.version)) return { kind: 'stale', named: true }
  }
  return null
}

function request(draft: Draft, change: Change): void {
  switch (change.kind) {
    case 'create':
      draft.create(change.table, change.values, change.id)
      return
    case 'update':
      draft.update(change.table, change.id, change.values)
      return
    case 'delete':
      draft.delete(change.table, change.id)
      return
    case 'associate':
    case 'disassociate':
      draft[change.kind](change.relationship, change.first, change.second)
      return
    case 'action':
      return
  }
}

function rejected(rejection: 'invalid' | 'gone', message: string, remedy = 'Change what was refused.'): PushOutcome {
  const code = rejection === 'gone' ? 'not-found' : 'rejected'
  return { kind: 'rejected', rejection: { code, rejection, message, remedy } }
}

/** The next rows behind the checkpoint, which is the version of the last row that was given. */
function pageOf({ table, columns, checkpoint, pageSize }: PullRequest, wanted: readonly FedRow[]): PullPage {
  const from = typeof checkpoint === 'number' ? checkpoint : 0
  const left = wanted.filter(({ version }) => version > from).toSorted((one, other) => one.version - other.version)
  const rows = left.slice(0, pageSize)
  return {
    rows: rows.map((row) => masterRow(table, columns, row)),
    checkpoint: rows.at(-1)?.version ?? from,
    more: left.length > rows.length,
    ...(from === 0 ? { estimate: { rows: left.length, atLeast: false } } : {}),
  }
}

function masterRow(table: TableMetadata, columns: readonly string[], { id, version, values }: FedRow): MasterRow {
  const names = columns.flatMap((name) => {
    const column = columnOf(table, name)
    return column && isPolymorphic(column) ? [name, name + TARGET_SUFFIX] : [name]
  })
  const row: Row = Object.fromEntries(names.map((name) => [name, values[name] ?? null]))
  return { id, version: etag(version), values: row }
}

function etag(version: number): string {
  return `W/"${version}"`
}

function linkOf({ manyToMany }: TableMetadata, row: Row): string {
  const [relationship] = manyToMany
  return `${String(row[relationship?.first.column ?? ''])}:${String(row[relationship?.second.column ?? ''])}`
}

function mustHave(org: ClientOrg, table: string): void {
  const { tables, localTables = {} } = org.configuration
  if (Object.hasOwn(tables, table) || Object.hasOwn(localTables, table)) return
  throw new MasterError('not-found', `the client org that is the master keeps no table '${table}'`)
}

function stampOf(org: ClientOrg): string {
  const { tables, localTables = {} } = org.configuration
  return JSON.stringify([tables, localTables])
}

/** What it keeps, as the metadata of a master: rows are versioned here, and there are no privileges. */
function metadataOf(org: ClientOrg): MasterMetadata {
  const { tables, localTables = {} } = org.configuration
  const all = [...Object.keys(tables), ...Object.keys(localTables)].map((name) => org.table(name).definition)
  const known = new Set(all.map(({ name }) => name))
  return {
    stamp: stampOf(org),
    tables: all.map(({ privileges: _, ...table }) => ({
      ...table,
      versioned: true,
      changeTracking: false,
      keys: [],
      oneToMany: table.oneToMany.filter(({ referencingTable }) => known.has(referencingTable)),
      manyToMany: relationshipsOf(table, all),
      wire: null,
    })),
  }
}

/** The relationships of a table: its own as an intersect table, else those that have it for a side. */
function relationshipsOf(table: TableMetadata, all: readonly TableMetadata[]): TableMetadata['manyToMany'] {
  if (table.intersect) return table.manyToMany
  const links = all.filter(({ intersect }) => intersect).flatMap(({ manyToMany }) => manyToMany)
  return links.filter(({ first, second }) => first.table === table.name || second.table === table.name)
}
