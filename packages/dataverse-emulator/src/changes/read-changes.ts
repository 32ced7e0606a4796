import { timeZoneOf } from '../conditions/time-zone.ts'
import { badQuery, invalidArgument, notImplemented, WebApiError } from '../errors.ts'
import { jsonTextReply } from '../http/reply.ts'
import type { Reply } from '../http/reply.ts'
import type { ApiRequest } from '../http/request.ts'
import { Utf8Text } from '../json/utf8-text.ts'
import { writeJson } from '../json/write.ts'
import { decodeUrl } from '../odata/decode.ts'
import { parseSelect } from '../odata/select.ts'
import { annotationsOf, applied, appliedAnnotations } from '../operations/read-scope.ts'
import { countReply, MAX_ROWS, nextLink } from '../operations/read-collection.ts'
import type { Org } from '../org.ts'
import { requireWholeTable } from '../rows/access.ts'
import type { Row, Tombstone } from '../rows/row.ts'
import { rowWriter } from '../rows/write-row.ts'
import type { User } from '../rows/user.ts'
import type { TableDefinition } from '../schema.ts'
import { columnMask } from '../security/column-security.ts'
import { encodeDeltaToken, mintDeltaToken, readDeltaToken, trackingLifetimeMs } from './delta-token.ts'

const ALLOWED: ReadonlySet<string> = new Set(['$select', '$deltatoken', '$skiptoken', 'tag'])

interface Cursor {
  readonly page: number
  readonly phase: 'rows' | 'deletions'
  readonly after: bigint
  /** The token to hand out on the last page. */
  readonly token: string
}

/** Whether the request asks for changes: by preference, by token, or by the cookie of a tracked page. */
export function isTracked({ preferences, query }: ApiRequest): boolean {
  const cookie = query.options.get('$skiptoken') ?? ''
  return preferences.trackChanges || query.options.has('$deltatoken') || cookie.endsWith('istracking="True" />')
}

function refuseOptions({ query }: ApiRequest): void {
  for (const name of [...query.options.keys(), ...query.aliases.keys()]) {
    if (ALLOWED.has(name)) continue
    throw badQuery(`The "${name}" query parameter isn't supported when Change Tracking is enabled.`)
  }
}

function requireTracking({ knobs }: Org, table: TableDefinition): void {
  if (table.changeTracking && (knobs.trackIntersects || !table.isIntersect)) return
  throw new WebApiError(400, '0x80040203', `Entity: ${table.logicalName} is not enabled for change tracking.`)
}

/** Change tracking is for those who may read every row of the table. */
function requireReader({ knobs }: Org, table: TableDefinition, user: User): void {
  try {
    requireWholeTable(table, user)
  } catch (error) {
    if (!(error instanceof WebApiError) || error.status === knobs.trackingWithoutReadStatus) throw error
    throw new WebApiError(knobs.trackingWithoutReadStatus, error.code, error.message, error.headers)
  }
}

function writeCursor({ page, phase, after, token }: Cursor): string {
  const inner = `<cookie page="${page - 1}" phase="${phase}" version="${after}" token="${token}" />`
  return `<cookie pagenumber="${page}" pagingcookie="${encodeURIComponent(inner)}" istracking="True" />`
}

function readCursor(text: string): Cursor {
  const outer = /^<cookie pagenumber="(\d+)" pagingcookie="([^"]*)" istracking="True" \/>$/.exec(text)
  const inner = /phase="(rows|deletions)" version="(\d+)" token="([^"]*)"/.exec(decodeUrl(outer?.[2] ?? ''))
  if (outer === null || inner === null) throw invalidArgument('Malformed XML in the Paging Cookie')
  const phase = inner[1] === 'deletions' ? 'deletions' : 'rows'
  return { page: Number(outer[1]), phase, after: BigInt(inner[2] ?? '0'), token: inner[3] ?? '' }
}

function deletionsAfter(org: Org, table: TableDefinition, version: bigint): readonly Tombstone[] {
  const rows = org.store.rows(table.logicalName)
  const horizonMs = org.store.now() - trackingLifetimeMs(org)
  const latest = new Map<string, Tombstone>()
  for (const one of rows.tombstones) {
    // The service forgets deletions with the tokens that could ask for them.
    if (one.atMs < horizonMs) continue
    // An id that was taken into use again is a changed row, not a deletion.
    if (one.version > version && rows.get(one.id) === undefined) latest.set(one.id, one)
  }
  return [...latest.values()].sort((a, b) => (a.version < b.version ? -1 : 1))
}

interface Changes {
  readonly changed: readonly Row[]
  readonly deleted: readonly Tombstone[]
  readonly more: boolean
  /** The version the page ends at. */
  readonly reached: bigint
}

function collect(org: Org, table: TableDefinition, since: bigint | undefined, cursor: Cursor, limit: number): Changes {
  const changed: Row[] = []
  const deleted: Tombstone[] = []
  let more = false
  if (cursor.phase === 'rows') {
    for (const row of org.store.rows(table.logicalName).byVersion('asc', cursor.after)) {
      more = changed.length === limit
      if (more) break
      changed.push(row)
    }
  }
  if (!more && since !== undefined) {
    for (const one of deletionsAfter(org, table, cursor.phase === 'rows' ? since : cursor.after)) {
      more = changed.length + deleted.length === limit
      if (more) break
      deleted.push(one)
    }
  }
  return { changed, deleted, more, reached: deleted.at(-1)?.version ?? changed.at(-1)?.version ?? cursor.after }
}

function deltaLink(request: ApiRequest, token: string): string {
  const kept = request.query.raw.filter(([name]) => name !== '$deltatoken' && name !== '$skiptoken')
  const options = [...kept.map(([name, raw]) => `${name}=${raw}`), `$deltatoken=${encodeDeltaToken(token)}`]
  return `${request.root}${request.path}?${options.join('&')}`
}

/**
 * GET with change tracking. Without a token all rows, with one the rows changed since (by version) and then the
 * deletions; the whole table, nothing filtered. The next token comes on the last page only. It is taken at the first
 * page, so that what changes while pages are read appears again next time.
 */
export function readChanges(org: Org, request: ApiRequest, table: TableDefinition): Reply {
  refuseOptions(request)
  requireTracking(org, table)
  requireReader(org, table, request.user)
  const { store, knobs } = org
  const { options } = request.query
  const selection = parseSelect(org.schema, table, options.get('$select'))
  const given = options.get('$deltatoken')
  const since = given === undefined ? undefined : readDeltaToken(org, given)
  const cookie = options.get('$skiptoken')
  // Transactions that have not committed are still to come, although versions above theirs are there already.
  const current = mintDeltaToken(store.committedVersion, store.now())
  const cursor: Cursor =
    cookie === undefined ? { page: 1, phase: 'rows', after: since ?? -1n, token: current } : readCursor(cookie)
  const limit = Math.min(request.preferences.maxPageSize ?? MAX_ROWS, knobs.maxPageSize, MAX_ROWS)
  const { changed, deleted, more, reached } = collect(org, table, since, cursor, limit)
  const phase = deleted.length > 0 ? 'deletions' : cursor.phase
  const link = more
    ? `"@odata.nextLink":${writeJson(nextLink(request, writeCursor({ ...cursor, page: cursor.page + 1, phase, after: reached })))}`
    : `"@odata.deltaLink":${writeJson(deltaLink(request, knobs.deltaTokenAt === 'lastPage' ? current : cursor.token))}`
  const set = `${table.entitySetName}${selection.context === undefined ? '' : `(${selection.context})`}`
  const context = writeJson(`${request.root}$metadata#${set}${since === undefined ? '' : '/$delta'}`)
  const deletedContext = writeJson(`${request.root}$metadata#${table.entitySetName}/$deletedEntity`)
  const wants = knobs.trackingAnnotations ? annotationsOf(request) : () => false
  const write = rowWriter(store, table, selection.columns, wants, timeZoneOf(store, request.user.id))
  const mask = columnMask(store, table, request.user)
  const out = new Utf8Text()
  out.text(`{"@odata.context":${context},${link},"value":[`)
  const at = out.length
  for (const row of changed) {
    out.separate(at)
    write(mask === undefined ? row : mask(row), out)
  }
  for (const { id } of deleted) {
    out.separate(at)
    out.text(`{"@odata.context":${deletedContext},"id":"${id}","reason":"deleted"}`)
  }
  out.text(']}')
  return jsonTextReply(
    out,
    applied(
      knobs.trackingAnnotations && appliedAnnotations(request),
      request.preferences.maxPageSize !== undefined && `odata.maxpagesize=${request.preferences.maxPageSize}`,
      request.preferences.trackChanges && 'odata.track-changes',
    ),
  )
}

/** GET of `/set/$count?$deltatoken=…`: how many changes and deletions there are since the token. */
export function countChanges(org: Org, request: ApiRequest, table: TableDefinition): Reply {
  refuseOptions(request)
  if (request.query.options.has('$skiptoken')) throw notImplemented('$skiptoken on the count of changes')
  // A delta link with /$count put into it still carries the selection, which must be a valid one.
  parseSelect(org.schema, table, request.query.options.get('$select'))
  requireTracking(org, table)
  requireReader(org, table, request.user)
  const version = readDeltaToken(org, request.query.options.get('$deltatoken') ?? '')
  let count = deletionsAfter(org, table, version).length
  for (const _ of org.store.rows(table.logicalName).byVersion('asc', version)) count++
  return countReply(count)
}
