import type { Filter, Json, PullPage, PullRequest, TableMetadata } from '@outpost/core'
import { MasterError, OutpostError } from '@outpost/core'
import { COUNTS, estimateIn } from './estimate.ts'
import { jsonObject, type JsonObject } from './json.ts'
import { type PageRequest, query, readPage, type ReadContext, type WirePage } from './read-page.ts'
import { rowsPath } from './rows-path.ts'
import { LOOKUP_TABLE, malformed, needsLookupTables, rowReader } from './values.ts'
import { beginTrail, endedPass, OVERLAP_MS, type VersionTrail, walked } from './version-trail.ts'
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
 * A pass asks from the last version of the pass before on, that one included: its row comes back as long as nothing
 * happened to it, so that a master that went back in time is noticed.
 *
 * A transaction that began before a pass can commit behind it, with a version and a time that the pass has already gone
 * by. So an incremental pass asks for what is newer by version or by time, and both reach back further than a transaction
 * can last: the time is that of the pass before, less the overlap, and the version one that was reached so long ago, because
 * the times of rows can be set back, and links have none. Rows then come more than once; their versions tell.
 */

/** Checkpoint of a table; plain JSON. */
type Checkpoint =
  | VersionCheckpoint
  | {
      readonly by: 'modified'
      readonly since: string | null
      readonly next: string | null
      readonly nextTime: string | null
    }
  | { readonly by: 'whole'; readonly next: string | null }

type VersionCheckpoint = {
  readonly by: 'version'
  /** From where this pass reads; null on the first pass. */
  readonly since: { readonly version: string; readonly time: string | null } | null
  /** The last version read in this pass; null between passes. */
  readonly position: string | null
  /** The time from which the next pass will read; known from this pass's first page on. */
  readonly nextTime: string | null
  readonly trail?: VersionTrail
}

/** One page of a pull: what to ask, and what the answer to it means. */
export interface PullStep {
  readonly page: PageRequest
  /** True where the next page is found by a link of this one, so that both must be of one size. */
  readonly linked: boolean
  conclude(wire: WirePage, signal: AbortSignal): Promise<PullPage>
}

/** The next page of a table. The contract is `MasterOrg.pull`. */
export async function pullPage(context: ReadContext, request: PullRequest, signal: AbortSignal): Promise<PullPage> {
  const step = pullStep(context, request)
  return step.conclude(await readPage(context, step.page, signal), signal)
}

/** How the next page of a table is read. Throws `invalid` and `expired` as `pull` does. */
export function pullStep(context: ReadContext, request: PullRequest): PullStep {
  const checkpoint = readCheckpoint(request.table, request.checkpoint)
  switch (checkpoint.by) {
    case 'version':
      return byVersion(context, request, checkpoint)
    case 'modified':
      return byModified(context, request, checkpoint)
    case 'whole':
      return whole(request, checkpoint)
  }
}

function byVersion(context: ReadContext, request: PullRequest, checkpoint: VersionCheckpoint): PullStep {
  const { table } = request
  const { since, position } = checkpoint
  const first = position === null
  const conditions = [
    ...(position === null ? [] : [versionIs('gt', position)]),
    ...(since === null ? [] : [newerThan(table, since)]),
  ]
  const order = [VERSION_COLUMN]
  return {
    page: pageRequest(request, first, rowsPath({ ...rowsOf(request), conditions, order, count: first })),
    linked: false,
    async conclude(wire, signal) {
      const last = wire.rows.at(-1)
      const reached = last === undefined ? (position ?? since?.version ?? '0') : versionNumber(table, jsonObject(last))
      const more = wire.next !== null
      if (more && reached === position) throw malformed(table, 'a page that does not go on from the one before')
      const nextTime = first
        ? await startOfNextPass(context, request, wire, more, since?.time ?? null, signal)
        : checkpoint.nextTime
      const trail = walked(
        checkpoint.trail ?? beginTrail(since?.version, canRead(table, MODIFIED_COLUMN)),
        first,
        timeOf(wire),
      )
      const next: VersionCheckpoint = more
        ? { by: 'version', since, position: reached, nextTime, trail }
        : nextPass(endedPass(trail, laterVersion(reached, trail.top), timeOf(wire)), nextTime)
      return pullPageOf(request, wire, next, first)
    },
  }
}

function nextPass({ from, trail }: ReturnType<typeof endedPass>, time: string | null): VersionCheckpoint {
  return { by: 'version', since: { version: from, time }, position: null, nextTime: null, trail }
}

function byModified(
  context: ReadContext,
  request: PullRequest,
  checkpoint: Extract<Checkpoint, { by: 'modified' }>,
): PullStep {
  const { since } = checkpoint
  const first = checkpoint.next === null
  const conditions = since === null ? [] : [modifiedSince(since)]
  const order = [MODIFIED_COLUMN, request.table.primaryId]
  const path = checkpoint.next ?? rowsPath({ ...rowsOf(request), conditions, order, count: true, linked: true })
  return {
    page: pageRequest(request, first, path),
    linked: true,
    async conclude(wire, signal) {
      const more = wire.next !== null
      const nextTime = first ? await startOfNextPass(context, request, wire, more, since, signal) : checkpoint.nextTime
      const next: Checkpoint = more
        ? { by: 'modified', since, next: wire.next, nextTime }
        : { by: 'modified', since: nextTime, next: null, nextTime: null }
      return pullPageOf(request, wire, next, first)
    },
  }
}

function whole(request: PullRequest, checkpoint: Extract<Checkpoint, { by: 'whole' }>): PullStep {
  const first = checkpoint.next === null
  const order = [request.table.primaryId]
  const path = checkpoint.next ?? rowsPath({ ...rowsOf(request), order, count: true, linked: true })
  return {
    page: pageRequest(request, first, path),
    linked: true,
    conclude: async (wire) => pullPageOf(request, wire, { by: 'whole', next: wire.next }, first),
  }
}

function rowsOf({ table, scope, columns, pageSize }: PullRequest): Omit<Parameters<typeof rowsPath>[0], 'order'> {
  const stamps = [VERSION_COLUMN, MODIFIED_COLUMN].filter((name) => canRead(table, name))
  return { table, scope, columns: [...columns, ...stamps], pageSize }
}

function pageRequest({ table, columns, pageSize }: PullRequest, count: boolean, path: string): PageRequest {
  const annotations = [...(needsLookupTables(table, columns) ? [LOOKUP_TABLE] : []), ...(count ? COUNTS : [])]
  return { path, pageSize, annotations }
}

function pullPageOf({ table, columns }: PullRequest, wire: WirePage, checkpoint: Checkpoint, first: boolean): PullPage {
  const rows = new Map(wire.rows.map(rowReader(table, columns, wire)).map((row) => [row.id, row]))
  return { rows: [...rows.values()], checkpoint, more: wire.next !== null, ...estimateOf(wire, first) }
}

function newerThan(table: TableMetadata, since: { readonly version: string; readonly time: string | null }): Filter {
  const byVersionNumber = versionIs('ge', since.version)
  if (since.time === null || !canRead(table, MODIFIED_COLUMN)) return byVersionNumber
  return { kind: 'or', parts: [byVersionNumber, modifiedSince(since.time)], position: 0 }
}

function versionIs(operator: 'gt' | 'ge', version: string): Filter {
  return { kind: 'compare', column: VERSION_COLUMN, operator, value: { type: 'number', value: version }, position: 0 }
}

function modifiedSince(time: string): Filter {
  return { kind: 'compare', column: MODIFIED_COLUMN, operator: 'ge', value: { type: 'date', value: time }, position: 0 }
}

/**
 * The time from which the next pass has to read: when this one began, less the overlap. By the master's own clock, which
 * pages cannot see in the `Date` header; for them the newest change tells, which is never later.
 */
async function startOfNextPass(
  context: ReadContext,
  request: PullRequest,
  page: WirePage,
  more: boolean,
  before: string | null,
  signal: AbortSignal,
): Promise<string | null> {
  if (!canRead(request.table, MODIFIED_COLUMN)) return null
  const header = timeOf(page)
  if (header !== null) return overlapped(header)
  // The first of many pages has the oldest changes: only asking shows the newest one.
  const newest = more ? await newestChange(context, request.table, signal) : newestIn(page.rows)
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

/** When the master answered, by its own clock; null where it does not say, or where CORS hides it from a page. */
function timeOf(page: WirePage): number | null {
  const time = Date.parse(page.headers.get('Date') ?? '')
  return Number.isNaN(time) ? null : time
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
  const estimate = first ? estimateIn(page.body) : null
  return estimate === null ? {} : { estimate }
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
