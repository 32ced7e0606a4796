import type { Change } from '../change.ts'
import { Catalogue } from '../copy/catalogue.ts'
import type { ConfiguredTable } from '../copy/configuration.ts'
import { OutpostError, throwIfAborted } from '../errors.ts'
import { columnsOfFilter } from '../filter/bind.ts'
import { judgeOf } from '../filter/evaluate.ts'
import { Agenda } from '../outbox/agenda.ts'
import { inParts } from '../outbox/in-parts.ts'
import type { ConflictDecision, TransactionError } from '../outbox/offline-transaction.ts'
import { pendingReason } from '../outbox/readiness.ts'
import type { PendingReason, ReadinessContext } from '../outbox/readiness.ts'
import type { MasterRow } from '../ports/master-org.ts'
import type { Store, StoreReader } from '../ports/store.ts'
import { dueOf, readCheckpoint } from '../pull/checkpoint.ts'
import { relatedTables } from '../pull/dependents.ts'
import { hasTimePassed } from '../pull/passing-time.ts'
import type { PullContext } from '../pull/pull-context.ts'
import { Pace } from '../push/pace.ts'
import { push } from '../push/push.ts'
import { rowKey, TARGET_SUFFIX } from '../row.ts'
import { idsByTable } from '../rows/local-rows.ts'
import { differs, heldRows } from './held-rows.ts'
import { rehearsed, StandIn } from './rehearsal.ts'
import type { MissedRows, ReadRows } from './rehearsal.ts'

/** One change as it would be sent. */
export interface DryChange {
  readonly kind: Change['kind']
  readonly table: string
  readonly id: string
  /** The columns that are sent; none where the change has none. */
  readonly columns: readonly string[]
}

/** What would become of one pending transaction. */
export interface DryTransaction {
  readonly seq: number
  /**
   * - `sent`: the master would get `changes`.
   * - `nothing-left`: nothing would be sent of it: the master has it already, or a policy decides for the master.
   * - `error`: it would become Error, for `error`.
   * - `waits`: it would stay pending, for `reason`.
   */
  readonly becomes: 'sent' | 'nothing-left' | 'error' | 'waits'
  readonly changes: readonly DryChange[]
  /** The columns that both sides have changed, and how that would be decided. */
  readonly conflicts: readonly ConflictDecision[]
  readonly error?: Pick<TransactionError, 'code' | 'rejection' | 'message' | 'remedy'>
  readonly reason?: PendingReason
}

/** What would happen to the rows of one table here. Ids of rows, in no order that means anything. */
export interface DryTable {
  readonly create: readonly string[]
  readonly update: readonly string[]
  readonly delete: readonly string[]
  /** Rows that the master changed and that would still have unsent changes: those would be put on top of the master's. */
  readonly conflicts: readonly string[]
  /** Rows that the master no longer shows and that stay: with unsent changes, or because nothing looks for them. */
  readonly stay: readonly string[]
  /** Why the table could not be looked at. */
  readonly error?: OutpostError
}

/** What a sync would do on both sides. */
export interface DryRun {
  readonly up: readonly DryTransaction[]
  readonly down: Readonly<Record<string, DryTable>>
}

/** What a dry run works with. */
export interface DryRunContext extends PullContext {
  readonly readiness: ReadinessContext
}

/**
 * What a sync would do now, on both sides. Only reads are sent, and nothing that is stored changes.
 *
 * The push is rehearsed: the very push runs against a stand-in that answers from the master's present rows, in a store
 * transaction that is taken back. What the master alone knows (its plug-ins, its rules, who may do what) shows when it is
 * really asked. The pull is told from ids and versions.
 */
export async function dryRun(
  context: DryRunContext,
  tables: readonly ConfiguredTable[],
  signal: AbortSignal,
): Promise<DryRun> {
  const { up, written } = await rehearsePush(context, signal)
  const told = new Map<string, Told>()
  for (const table of tables) {
    throwIfAborted(signal)
    const one = await tellPull(context, table, written, signal).catch((error: unknown) => {
      if (!(error instanceof OutpostError) || !OF_ONE_TABLE.has(error.code)) throw error
      return { ...NOTHING, error }
    })
    told.set(table.metadata.name, one)
  }
  const changed = new Set([...written.keys()].map((key) => key.slice(0, key.indexOf('/'))))
  for (const [name, one] of told)
    if (one.create.length + one.update.length + one.conflicts.length > 0) changed.add(name)
  const down: Record<string, DryTable> = {}
  for (const table of tables) {
    const name = table.metadata.name
    const { gone, isCompared, ...one } = told.get(name) ?? NOTHING
    // What the wanted rows are related to has changed: all of them are compared.
    const goes = isCompared || [...relatedTables(table)].some((other) => changed.has(other))
    down[name] = goes ? { ...one, delete: gone } : { ...one, stay: [...one.stay, ...gone] }
  }
  return { up, down }
}

const OF_ONE_TABLE: ReadonlySet<string> = new Set(['forbidden', 'not-found', 'rejected', 'invalid'])
const NOTHING: Told = { create: [], update: [], delete: [], conflicts: [], stay: [], gone: [], isCompared: false }

interface RehearsedPush {
  readonly up: readonly DryTransaction[]
  /** The rows that the master would have got, by row key; null where they would be gone. */
  readonly written: ReadonlyMap<string, MasterRow | null>
}

/** The rehearsal cannot ask the master: it says what it lacks, and is begun again when that was read. */
async function rehearsePush(context: DryRunContext, signal: AbortSignal): Promise<RehearsedPush> {
  const read: ReadRows = new Map()
  await readMissed(context, read, await rowsOfPending(context), signal)
  for (;;) {
    throwIfAborted(signal)
    const standIn = new StandIn(read, context.tables)
    const up = await rehearsed(context.store, (store) => rehearseOn(store, context, standIn, signal))
    if (standIn.missed.length === 0) return { up, written: standIn.changed }
    await readMissed(context, read, standIn.missed, signal)
  }
}

async function rehearseOn(
  store: Store,
  context: DryRunContext,
  standIn: StandIn,
  signal: AbortSignal,
): Promise<readonly DryTransaction[]> {
  const before = await store.read('rehearse', async (tx) => {
    const steps = new Map<number, number>()
    for await (const { seq, history } of inParts(tx, { statuses: ['pending'] })) steps.set(seq, history.length)
    return steps
  })
  const catalogue = new Catalogue(store)
  await catalogue.load()
  const agenda = new Agenda(store)
  store.subscribe((change) => agenda.heard(change))
  let ids = 0
  const env = {
    now: () => context.env.now(),
    random: () => 0.5,
    newId: () => `rehearsed-${(ids += 1)}`,
    sleep: () => Promise.resolve(),
  }
  const given = { ...context.readiness, store, master: standIn, catalogue, env, agenda, pace: new Pace() }
  await push({ ...given, emit: () => {} }, signal, { isTurnWanted: () => false }).catch((error: unknown) => {
    // It cannot end without what it lacks.
    if (standIn.missed.length === 0) throw error
  })
  if (standIn.missed.length > 0) return []
  return store.read('rehearse', (tx) => outcomes(tx, before, context, standIn))
}

async function outcomes(
  tx: StoreReader,
  before: ReadonlyMap<number, number>,
  { readiness }: DryRunContext,
  standIn: StandIn,
): Promise<readonly DryTransaction[]> {
  const found: DryTransaction[] = []
  for (const [seq, steps] of before) {
    const [transaction] = await tx.transactions([seq])
    if (!transaction) continue
    const { id, status, history, changes, lastError } = transaction
    const taken = standIn.taken.get(id)
    const conflicts = history.slice(steps).flatMap((entry) => entry.conflicts ?? [])
    const what = { seq: transaction.seq, changes: (taken ?? changes).map(shown), conflicts }
    if (status === 'pending') {
      const reason = await pendingReason(tx, transaction, { ...readiness, owner: '' })
      found.push({ ...what, becomes: 'waits', reason })
    } else if (status === 'error') {
      found.push({ ...what, becomes: 'error', ...(lastError ? { error: errorIn(lastError) } : {}) })
    } else found.push({ ...what, becomes: taken ? 'sent' : 'nothing-left' })
  }
  return found
}

function errorIn({ code, rejection, message, remedy }: TransactionError): NonNullable<DryTransaction['error']> {
  return { code, message, remedy, ...(rejection === undefined ? {} : { rejection }) }
}

function shown(change: Change): DryChange {
  const { kind, table, id } = change
  const names = 'values' in change ? Object.keys(change.values) : []
  return { kind, table, id, columns: names.filter((name) => !name.endsWith(TARGET_SUFFIX)) }
}

/** The rows that pending transactions are about. Links need no reading. */
async function rowsOfPending({ store, tables }: DryRunContext): Promise<readonly MissedRows[]> {
  const rows = await store.read('rows of pending transactions', async (tx) => {
    const found: { readonly table: string; readonly id: string }[] = []
    for await (const { changes } of inParts(tx, { statuses: ['pending'] })) {
      found.push(
        ...changes.flatMap((change) => ('relationship' in change ? [] : { table: change.table, id: change.id })),
      )
    }
    return found
  })
  return [...idsByTable(rows)].flatMap(([name, ids]) => {
    const table = tables.get(name)
    return table ? [{ table: table.metadata, columns: table.columns, ids }] : []
  })
}

async function readMissed(
  { master }: DryRunContext,
  read: ReadRows,
  missed: readonly MissedRows[],
  signal: AbortSignal,
): Promise<void> {
  for (const { table, columns, ids } of missed) {
    const before = ids.flatMap((id) => [...(read.get(rowKey(table.name, id))?.columns ?? [])])
    const all = [...new Set([...columns, ...before])]
    const rows = await master.read({ table, columns: all, ids }, signal)
    const found = new Map(rows.map((row) => [row.id, row]))
    for (const id of ids) read.set(rowKey(table.name, id), { columns: new Set(all), row: found.get(id) ?? null })
  }
}

/** What is known of the rows of one table. `gone`: not shown, and without unsent changes. */
interface Told extends DryTable {
  readonly gone: readonly string[]
  readonly isCompared: boolean
}

async function tellPull(
  context: DryRunContext,
  table: ConfiguredTable,
  written: RehearsedPush['written'],
  signal: AbortSignal,
): Promise<Told> {
  const { store, master } = context
  const name = table.metadata.name
  const isCompared = await store.read('what is due', async (tx) => {
    const isDue =
      (await dueOf(tx, name)).length > 0 ||
      (await hasTimePassed(tx, table, { userId: context.userId, now: context.env.now() }))
    return table.syncDeletion || ((await readCheckpoint(tx, name)) !== undefined && isDue)
  })
  const held = new Map<string, { readonly version: string | null; readonly isDirty: boolean }>()
  for await (const page of heldRows(store, table, signal)) {
    for (const { id, version, isDirty } of page) if (!written.has(rowKey(name, id))) held.set(id, { version, isDirty })
  }
  const [create, update, conflicts]: [string[], string[], string[]] = [[], [], []]
  for await (const page of master.versions({ table: table.metadata, scope: table.scope }, signal)) {
    throwIfAborted(signal)
    for (const { id, version } of page) {
      if (written.has(rowKey(name, id))) continue
      const row = held.get(id)
      if (!row) create.push(id)
      else if (differs(row.version, version)) (row.isDirty ? conflicts : update).push(id)
      held.delete(id)
    }
  }
  const unseen = [...held].filter(([, row]) => !row.isDirty).map(([id]) => id)
  const gone = [...unseen, ...leavers(context, table, written)]
  const stay = [...held].filter(([, row]) => row.isDirty).map(([id]) => id)
  return { create, update, delete: [], conflicts, stay, gone, isCompared }
}

/** The rows that would be sent and that the filter does not select as they would be then. */
function leavers({ readiness }: DryRunContext, table: ConfiguredTable, written: RehearsedPush['written']): string[] {
  const { filter, fetchXml, related } = table.scope
  if (!filter || fetchXml !== undefined || related?.length) return []
  const judge = judgeOf(filter, readiness)
  const columns = columnsOfFilter(filter)
  return [...written].flatMap(([key, row]) => {
    if (!row || key !== rowKey(table.metadata.name, row.id)) return []
    const isWhole = columns.every((column) => column in row.values)
    return isWhole && judge(row.values) === 'no-match' ? [row.id] : []
  })
}
