import type { Json, MasterRow, PullPage, PullRequest, TableMetadata } from '@outpost/core'
import { MasterError, OutpostError } from '@outpost/core'
import { allOf, filterText } from './filter-text.ts'
import { jsonObject, type JsonObject } from './json.ts'
import { query, readPage, type ReadContext, type WirePage } from './read-page.ts'
import { LOOKUP_TABLE, malformed, needsLookupTables, rowReader, selectList } from './values.ts'
import { canRead, MODIFIED_COLUMN, VERSION_COLUMN, wireTable } from './wire-table.ts'

/*
 * A pass reads everything that is new since the pass before, page by page, and ends with a page that has no `more`. The
 * checkpoint holds where the pass stands and from where the next one will start:
 *
 *   by version   ordered by `versionnumber`; the next page begins after the last version read, so no server cursor is
 *                kept and a pass can go on days later. Rows that are changed meanwhile move to its end.
 *   by modified  tables without a version: ordered by `modifiedon`, along the server's links.
 *   whole        tables with neither: everything each time, along the server's links.
 *
 * A transaction that began before a pass can commit behind it, with a version and a time that the pass has already gone
 * by. So an incremental pass asks for what is newer by version or by time, and its time reaches back further than a
 * transaction can last. Rows then come more than once; their versions tell.
 */

/** Checkpoint of a table; plain JSON. */
type Checkpoint =
  | {
      readonly by: 'version'
      /** From where this pass reads; null on the first pass. */
      readonly since: { readonly version: string; readonly time: string | null } | null
      /** The last version read in this pass; null between passes. */
      readonly position: string | null
      /** The time from which the next pass will read; known from this pass's first page on. */
      readonly nextTime: string | null
    }
  | {
      readonly by: 'modified'
      readonly since: string | null
      readonly next: string | null
      readonly nextTime: string | null
    }
  | { readonly by: 'whole'; readonly next: string | null }

/** Longer than the two minutes that a request, and so a transaction, can last on the master. */
const OVERLAP_MS = 5 * 60_000

const COUNT = 'Microsoft.Dynamics.CRM.totalrecordcount'
const COUNT_CAPPED = 'Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded'

/** The next page of a table. The contract is `MasterOrg.pull`. */
export function pullPage(context: ReadContext, request: PullRequest, signal: AbortSignal): Promise<PullPage> {
  const checkpoint = readCheckpoint(request.table, request.checkpoint)
  switch (checkpoint.by) {
    case 'version':
      return pullByVersion(context, request, checkpoint, signal)
    case 'modified':
      return pullByModified(context, request, checkpoint, signal)
    case 'whole':
      return pullWhole(context, request, checkpoint, signal)
  }
}

async function pullByVersion(
  context: ReadContext,
  request: PullRequest,
  checkpoint: Extract<Checkpoint, { by: 'version' }>,
  signal: AbortSignal,
): Promise<PullPage> {
  const { table } = request
  const { since, position } = checkpoint
  const first = position === null
  const page = await read(context, request, signal, first, {
    filter: [
      ...(position === null ? [] : [`${VERSION_COLUMN} gt ${position}`]),
      ...(since === null ? [] : [newerThan(table, since)]),
    ],
    orderBy: `${VERSION_COLUMN} asc`,
  })
  const last = page.wire.rows.at(-1)
  const reached = last === undefined ? (position ?? since?.version ?? '0') : versionNumber(table, jsonObject(last))
  const more = page.wire.next !== null
  if (more && reached === position) throw malformed(table, 'a page that does not go on from the one before')
  const nextTime = first
    ? await startOfNextPass(context, request, page, more, since?.time ?? null, signal)
    : checkpoint.nextTime
  const next: Checkpoint = more
    ? { by: 'version', since, position: reached, nextTime }
    : {
        by: 'version',
        since: { version: laterVersion(reached, since?.version), time: nextTime },
        position: null,
        nextTime: null,
      }
  return { rows: page.rows, checkpoint: next, more, ...estimateOf(page.wire, first) }
}

async function pullByModified(
  context: ReadContext,
  request: PullRequest,
  checkpoint: Extract<Checkpoint, { by: 'modified' }>,
  signal: AbortSignal,
): Promise<PullPage> {
  const { since } = checkpoint
  const first = checkpoint.next === null
  const page = await read(context, request, signal, first, {
    path: checkpoint.next,
    filter: since === null ? [] : [`${MODIFIED_COLUMN} ge ${since}`],
    orderBy: `${MODIFIED_COLUMN} asc,${request.table.primaryId} asc`,
  })
  const more = page.wire.next !== null
  const nextTime = first ? await startOfNextPass(context, request, page, more, since, signal) : checkpoint.nextTime
  const next: Checkpoint = more
    ? { by: 'modified', since, next: page.wire.next, nextTime }
    : { by: 'modified', since: nextTime, next: null, nextTime: null }
  return { rows: page.rows, checkpoint: next, more, ...estimateOf(page.wire, first) }
}

async function pullWhole(
  context: ReadContext,
  request: PullRequest,
  checkpoint: Extract<Checkpoint, { by: 'whole' }>,
  signal: AbortSignal,
): Promise<PullPage> {
  const first = checkpoint.next === null
  const page = await read(context, request, signal, first, {
    path: checkpoint.next,
    filter: [],
    orderBy: `${request.table.primaryId} asc`,
  })
  const next: Checkpoint = { by: 'whole', next: page.wire.next }
  return { rows: page.rows, checkpoint: next, more: page.wire.next !== null, ...estimateOf(page.wire, first) }
}

interface Page {
  readonly rows: readonly MasterRow[]
  readonly wire: WirePage
}

interface Selection {
  /** The link to follow; null to begin. */
  readonly path?: string | null
  readonly filter: readonly string[]
  readonly orderBy: string
}

async function read(
  context: ReadContext,
  request: PullRequest,
  signal: AbortSignal,
  count: boolean,
  selection: Selection,
): Promise<Page> {
  const { table, columns } = request
  const stamps = [VERSION_COLUMN, MODIFIED_COLUMN].filter((name) => canRead(table, name))
  const filter = [
    ...(request.scope.filter === null ? [] : [filterText(table, request.scope.filter)]),
    ...selection.filter,
  ]
  const path =
    selection.path ??
    wireTable(table).entitySetName +
      query({
        $select: selectList(table, columns, stamps),
        $filter: allOf(filter),
        $orderby: selection.orderBy,
        $count: count ? 'true' : undefined,
      })
  const wire = await readPage(
    context,
    {
      path,
      pageSize: request.pageSize,
      annotations: [
        ...(needsLookupTables(table, columns) ? [LOOKUP_TABLE] : []),
        ...(count ? [COUNT, COUNT_CAPPED] : []),
      ],
    },
    signal,
  )
  return { wire, rows: wire.rows.map(rowReader(table, columns)) }
}

function newerThan(table: TableMetadata, since: { readonly version: string; readonly time: string | null }): string {
  const byVersion = `${VERSION_COLUMN} gt ${since.version}`
  if (since.time === null || !canRead(table, MODIFIED_COLUMN)) return byVersion
  return `${byVersion} or ${MODIFIED_COLUMN} ge ${since.time}`
}

/**
 * The time from which the next pass has to read: when this one began, less the overlap. By the master's own clock, which
 * pages cannot see in the `Date` header; for them the newest change tells, which is never later.
 */
async function startOfNextPass(
  context: ReadContext,
  request: PullRequest,
  page: Page,
  more: boolean,
  before: string | null,
  signal: AbortSignal,
): Promise<string | null> {
  if (!canRead(request.table, MODIFIED_COLUMN)) return null
  const header = Date.parse(page.wire.headers.get('Date') ?? '')
  if (!Number.isNaN(header)) return overlapped(header)
  // The first of many pages has the oldest changes: only asking shows the newest one.
  const newest = more ? await newestChange(context, request.table, signal) : newestIn(page.wire.rows)
  return newest === null ? before : overlapped(newest)
}

async function newestChange(context: ReadContext, table: TableMetadata, signal: AbortSignal): Promise<number | null> {
  const path =
    wireTable(table).entitySetName +
    query({ $select: MODIFIED_COLUMN, $filter: `${MODIFIED_COLUMN} ne null`, $orderby: `${MODIFIED_COLUMN} desc` })
  return newestIn((await readPage(context, { path, pageSize: 1 }, signal)).rows)
}

function newestIn(rows: readonly Json[]): number | null {
  let newest: number | null = null
  for (const row of rows) {
    const modified = jsonObject(row)?.[MODIFIED_COLUMN]
    const time = typeof modified === 'string' ? Date.parse(modified) : Number.NaN
    if (!Number.isNaN(time) && (newest === null || time > newest)) newest = time
  }
  return newest
}

function overlapped(time: number): string {
  return new Date(time - OVERLAP_MS).toISOString().replace(/\.\d+Z$/, 'Z')
}

function versionNumber(table: TableMetadata, row: JsonObject | undefined): string {
  const version = row?.[VERSION_COLUMN]
  if (typeof version !== 'number' && typeof version !== 'string') throw malformed(table, 'a row without its version')
  return String(version)
}

function laterVersion(one: string, other: string | undefined): string {
  return other !== undefined && BigInt(other) > BigInt(one) ? other : one
}

function estimateOf(page: WirePage, first: boolean): Pick<PullPage, 'estimate'> {
  const rows = page.body['@odata.count']
  if (!first || typeof rows !== 'number' || rows < 0) return {}
  return { estimate: { rows, atLeast: page.body[`@${COUNT_CAPPED}`] === true } }
}

function readCheckpoint(table: TableMetadata, checkpoint: Json): Checkpoint {
  const by = canRead(table, VERSION_COLUMN) ? 'version' : canRead(table, MODIFIED_COLUMN) ? 'modified' : 'whole'
  if (checkpoint === null) return START[by]
  const kept = jsonObject(checkpoint)
  if (!kept || !('by' in kept)) {
    throw new OutpostError('invalid', `the checkpoint of table "${table.name}" was not made by this adapter`, {
      place: { table: table.name, rule: 'foreign-checkpoint' },
    })
  }
  if (kept['by'] !== by) {
    // The table has gained or lost the column its checkpoint counts by.
    throw new MasterError('expired', `the checkpoint of table "${table.name}" no longer fits it`, {
      place: { table: table.name },
      mayHaveArrived: false,
    })
  }
  return kept as Checkpoint
}

const START: Record<Checkpoint['by'], Checkpoint> = {
  version: { by: 'version', since: null, position: null, nextTime: null },
  modified: { by: 'modified', since: null, next: null, nextTime: null },
  whole: { by: 'whole', next: null },
}
