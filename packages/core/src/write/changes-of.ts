import jsonPatch from 'fast-json-patch'
import type { ActionChange, Change, LinkChange, RowReference } from '../change.ts'
import { checkAction } from './check-action.ts'
import type { ActionContext } from './check-action.ts'
import type { ConfiguredTable } from '../copy/configuration.ts'
import { refusedForRetired } from '../copy/stopped-table.ts'
import type { ActionRequest, Request } from './draft.ts'
import { OutpostError } from '../errors.ts'
import { wholeRow } from '../conflicts/merge.ts'
import type { ManyToManyMetadata } from '../metadata.ts'
import { rowToChange } from '../outbox/kept-effects.ts'
import type { StoreReader } from '../ports/store.ts'
import { linkId, rowKey, TARGET_SUFFIX } from '../row.ts'
import type { Row } from '../row.ts'
import { masterPart, split } from './local-effects.ts'
import type { LocalEffect } from './local-effects.ts'
import { remedyOfRule } from './rule-remedies.ts'
import { seenOf, unseenColumns, versionSeen } from './unseen-columns.ts'
import { validateValues } from './validate-values.ts'

/** A row as the requests of one write change it. One row yields at most one change, and the actions about it. */
interface WorkingRow {
  readonly table: ConfiguredTable
  readonly id: string
  readonly before: Row | null
  readonly version: string | null
  /** Columns of which it is not known what the master has. */
  readonly unseen: ReadonlySet<string>
  after: Row | null
  written: Row
  /** What is written to columns that only this client org has. */
  local: Row
  chosenId: boolean
  /** The last action about it: nothing else of the write can change the row behind it. */
  action: string | null
}

/** What the requests of one write come to: changes for the outbox, and effects that stay here. */
export interface Work {
  readonly changes: readonly Change[]
  readonly local: readonly LocalEffect[]
}

/** The changes that the requests of one write come to, each checked against the catalogue. Throws `invalid`. */
export async function changesOf(tx: StoreReader, requests: readonly Request[], context: ActionContext): Promise<Work> {
  const { tables } = context
  const rows = new Map<string, WorkingRow>()
  const links = new Map<string, LinkChange>()
  const actions: ActionChange[] = []
  const localLinks = new Map<string, LinkChange>()
  const unseen = await readAhead(tx, requests, tables)
  for (const request of requests) {
    if ('relationship' in request) {
      const link = linkChange(request, tables)
      const { isLocal } = configuredTable(link.table, tables)
      const kept = isLocal ? localLinks : links
      kept.set(rowKey(link.table, link.id), link)
      continue
    }
    const key = rowKey(request.table, request.id)
    const table = configuredTable(request.table, tables)
    const row = rows.get(key) ?? (await workingRow(tx, table, request.id, unseen.get(request.table) ?? NOTHING))
    if (request.kind === 'action') {
      const change = await checkAction(tx, request, row.table, changeable(row, request), context)
      actions.push(change)
      Object.assign(row, { after: { ...row.after, ...change.effect }, action: change.action })
    } else applyRequest(row, request)
    rows.set(key, row)
  }
  const worked = [...rows.values()]
  const linked: LocalEffect[] = []
  for (const link of localLinks.values())
    linked.push(await localLink(tx, configuredTable(link.table, tables), link, rows))
  const changes = worked.filter(({ table }) => !table.isLocal).flatMap(changeOf)
  return {
    changes: [
      ...changes.filter((change) => change.kind !== 'delete'),
      ...links.values(),
      ...actions,
      // Children are deleted before their parents, which is how rows are created the other way round.
      ...changes.filter((change) => change.kind === 'delete').toReversed(),
    ],
    local: [...worked.flatMap(localEffectOf), ...linked],
  }
}

const NOTHING: ReadonlySet<string> = new Set()

/** Reads the rows of the requests together, so that none has to be read alone, and gives what no pull has brought of each table. */
async function readAhead(
  tx: StoreReader,
  requests: readonly Request[],
  tables: ReadonlyMap<string, ConfiguredTable>,
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const ids = new Map<string, Set<string>>()
  for (const request of requests) {
    if ('relationship' in request) continue
    const known = ids.get(request.table) ?? new Set()
    ids.set(request.table, known.add(request.id))
  }
  const unseen = new Map<string, ReadonlySet<string>>()
  for (const [name, some] of ids) {
    const table = tables.get(name)
    // A request for a table that is not kept is refused in its turn.
    if (!table) continue
    await tx.rows(name, [...some])
    await tx.bases(name, [...some])
    unseen.set(name, await unseenColumns(tx, table))
  }
  return unseen
}

async function workingRow(
  tx: StoreReader,
  table: ConfiguredTable,
  id: string,
  unseen: ReadonlySet<string>,
): Promise<WorkingRow> {
  const [row] = await tx.rows(table.metadata.name, [id])
  const [base] = await tx.bases(table.metadata.name, [id])
  const version = base ? base.version : (row?.version ?? null)
  const shown = table.isLocal ? (row?.values ?? null) : await rowToChange(tx, table, { id, row, base })
  const before = shown && masterPart(table, shown)
  return { table, id, before, version, unseen, after: before, written: {}, local: {}, chosenId: false, action: null }
}

type RowRequest = Extract<Request, { kind: 'create' | 'update' | 'delete' }>

function applyRequest(row: WorkingRow, request: RowRequest): void {
  const { metadata } = row.table
  const columns = new Set(row.table.columns)
  const fail = failureOf(row, request)
  if (metadata.intersect) throw fail('intersect', 'links are made and removed with associate and disassociate')
  if (row.action !== null) {
    throw fail('after-action', `the action ${row.action} of the same write is sent last; do this with a second write`)
  }
  if (request.kind === 'create') {
    if (row.after) throw fail('row-exists', 'the client org has a row with this id already')
    if (row.before) throw fail('row-exists', 'the same write deletes it; create it with a second write')
    const { values, local } = checkedValues(row, request, 'create', columns)
    Object.assign(row, { after: values, written: values, local, chosenId: request.chosenId })
    return
  }
  const current = changeable(row, request)
  if (request.kind === 'delete') {
    Object.assign(row, { after: null, written: {}, local: {} })
    return
  }
  const kind = row.before ? 'update' : 'create'
  const { values, local } = checkedValues(row, request, kind, columns, current)
  Object.assign(row, {
    after: { ...current, ...values },
    written: { ...row.written, ...values },
    local: { ...row.local, ...local },
  })
}

/** The checked values, those for the master apart from those that stay here. */
function checkedValues(
  { id, table }: WorkingRow,
  request: Extract<RowRequest, { kind: 'create' | 'update' }>,
  kind: 'create' | 'update',
  columns: ReadonlySet<string>,
  current?: Row,
): { readonly values: Row; readonly local: Row } {
  const { master, local } = split(table, request.values)
  const rules = { kind, columns, id, ...(current ? { current } : {}) }
  return {
    values: validateValues(table.metadata, master, rules),
    local: validateValues(table.shown, local, { kind: 'update', columns: new Set(table.localColumns), id }),
  }
}

/** The row as it is now, for a request that needs one. */
function changeable(row: WorkingRow, request: RowRequest | ActionRequest): Row {
  const fail = failureOf(row, request)
  if (row.table.metadata.intersect) throw fail('intersect', 'a link has no actions of its own')
  if (row.table.isLocal && request.kind === 'action')
    throw fail('local-table', 'the table is only here, and an action is done by a master')
  if (!row.after) throw fail('unknown-row', 'the client org has no such row; only rows it holds can be changed')
  return row.after
}

function failureOf(
  row: WorkingRow,
  request: RowRequest | ActionRequest,
): (rule: string, message: string) => OutpostError {
  const { name } = row.table.metadata
  const what = request.kind === 'action' ? `action ${request.action}` : request.kind
  return (rule, message) =>
    new OutpostError('invalid', `${what} of ${name} ${row.id}: ${message}`, {
      place: { table: name, row: row.id, rule },
      ...remedyOfRule(rule),
    })
}

function changeOf(row: WorkingRow): readonly Change[] {
  const place = { table: row.table.metadata.name, id: row.id }
  const { before, after, unseen } = row
  if (!before)
    return after ? [{ kind: 'create', ...place, values: row.written, ...(row.chosenId ? { chosenId: true } : {}) }] : []
  if (!after) return [{ kind: 'delete', ...place, before, version: row.version }]
  const values = changedValues(before, row.written)
  const names = Object.keys(values)
  if (names.length === 0) return []
  const seen = Object.fromEntries(names.map((name) => [name, before[name] ?? null]))
  const patch = jsonPatch.compare(seen, values)
  const version = versionSeen(row.version, values, unseen)
  const whole = wholeRow(row.table, seenOf(after, values, unseen))
  return [{ kind: 'update', ...place, values, before: seen, patch, version, ...whole }]
}

/** What stays here of what was written to a row. */
function localEffectOf(row: WorkingRow): readonly LocalEffect[] {
  const { table, id, before, after, local } = row
  if (!table.isLocal) return Object.keys(local).length > 0 ? [{ table, id, values: local }] : []
  if (!after) return before ? [{ table, id, values: null }] : []
  const missing = table.metadata.columns.find(
    ({ name, required }) => required && name !== table.metadata.primaryId && (after[name] ?? null) === null,
  )
  if (!before && missing) {
    const { name } = table.metadata
    throw new OutpostError('invalid', `create of ${name} ${id}: column '${missing.name}': it cannot be left out`, {
      place: { table: name, row: id, column: missing.name, rule: 'required' },
      ...remedyOfRule('required'),
    })
  }
  return [{ table, id, values: { ...after, [table.metadata.primaryId]: id } }]
}

/** A link between rows that are only here. Both of them must be there. */
async function localLink(
  tx: StoreReader,
  table: ConfiguredTable,
  link: LinkChange,
  worked: ReadonlyMap<string, WorkingRow>,
): Promise<LocalEffect> {
  const { name, manyToMany: relationships, primaryId } = table.metadata
  const [relationship] = relationships
  if (link.kind === 'disassociate' || !relationship) return { table, id: link.id, values: null }
  for (const { table: side, id } of [link.first, link.second]) {
    const own = worked.get(rowKey(side, id))
    const [row] = own ? [own.after] : await tx.rows(side, [id])
    if (row) continue
    throw new OutpostError('invalid', `associate of ${name} ${link.id}: there is no ${side} ${id}`, {
      place: { table: side, row: id, rule: 'missing-row' },
      remedy: 'Point to a row that is there.',
    })
  }
  const { first, second } = relationship
  const values = { [primaryId]: null, [first.column]: link.first.id, [second.column]: link.second.id }
  return { table, id: link.id, values }
}

/** Only what really changes is sent: an unchanged value would still count as an update. A lookup keeps its `$table`. */
function changedValues(before: Row, written: Row): Row {
  const names = Object.keys(written).filter((name) => written[name] !== (before[name] ?? null))
  const pairs = names.map((name) => (name.endsWith(TARGET_SUFFIX) ? name.slice(0, -TARGET_SUFFIX.length) : name))
  return Object.fromEntries(
    [...new Set(pairs)]
      .flatMap((name) => [name, name + TARGET_SUFFIX])
      .filter((name) => name in written)
      .map((name) => [name, written[name] ?? null]),
  )
}

function linkChange(
  request: Extract<Request, { kind: 'associate' | 'disassociate' }>,
  tables: ReadonlyMap<string, ConfiguredTable>,
): LinkChange {
  const relationship = manyToMany(request.relationship, tables)
  const [one, other] = request.ends
  const fits = (first: RowReference, second: RowReference): boolean =>
    first.table === relationship.first.table && second.table === relationship.second.table
  if (!fits(one, other) && !fits(other, one)) {
    const message = `${request.kind}: '${relationship.name}' links ${relationship.first.table} and ${relationship.second.table}`
    throw new OutpostError('invalid', `${message}, not ${one.table} and ${other.table}`, {
      place: { table: relationship.intersectTable, rule: 'relationship-sides' },
    })
  }
  const [first, second] = fits(one, other) ? [one, other] : [other, one]
  configuredTable(relationship.intersectTable, tables)
  const id = linkId(first.id, second.id)
  return { kind: request.kind, relationship: relationship.name, table: relationship.intersectTable, id, first, second }
}

function manyToMany(name: string, tables: ReadonlyMap<string, ConfiguredTable>): ManyToManyMetadata {
  for (const { metadata } of tables.values()) {
    const relationship = metadata.manyToMany.find((candidate) => candidate.name === name)
    if (relationship) return relationship
  }
  throw new OutpostError('invalid', `there is no many-to-many relationship '${name}' between the configured tables`, {
    place: { rule: 'unknown-relationship' },
  })
}

function configuredTable(name: string, tables: ReadonlyMap<string, ConfiguredTable>): ConfiguredTable {
  const table = tables.get(name)
  if (table?.stopped?.reason === 'retired') throw refusedForRetired(name)
  if (table) return table
  throw new OutpostError('invalid', `table '${name}' is not among the tables this client org keeps`, {
    place: { table: name, rule: 'unknown-table' },
    remedy: 'Add the table to the configuration.',
  })
}
