import type { ActionChange, Change, LinkChange, RowReference } from '../change.ts'
import type { StoreReader } from '../ports/store.ts'
import { rowKey } from '../row.ts'
import type { Row } from '../row.ts'
import type { ConflictDecision, ConflictPatches, HistoryEntry, OfflineTransaction } from './offline-transaction.ts'
import { writtenRow } from './written-rows.ts'

/** What one write did to the row that is traced, or to a link of it. */
export interface TracedChange {
  readonly kind: Change['kind']
  /** The columns that were written, with their values. */
  readonly values: Row
  /** Columns that were taken out of the change again. */
  readonly dropped: readonly string[]
  /** The values that the columns had before, as far as they are known. */
  readonly before: Row | null
  readonly link?: Pick<LinkChange, 'relationship' | 'first' | 'second'>
  readonly action?: Pick<ActionChange, 'action' | 'bound' | 'parameters'>
}

/**
 * One step of what happened to a row. `at` is the device clock, for people.
 *
 * - `written`: a write here, or a correction of one. `with` names the other rows of its transaction.
 * - `sent`: `requestId` is what the request is known by in the logs of the master.
 * - `answered`: what the master said, with its own id of the request and the version it gave the row; or that it said
 *   nothing (`deferred`). `error` has its class and the remedy.
 * - `verified`: the answer was lost, and the master was looked at: it does not have the change.
 * - `merged`: the row had changed on the master, to this version. A decision about a conflict can also stand in an answer.
 * - `operated`: what a person did about the transaction.
 * - `echoed`: a pull brought back what was written, or a newer version of it.
 */
export type TraceEntry = {
  readonly seq: number
  /** The id of the transaction, which is the same on every device. */
  readonly transaction: string
  readonly at: number
  readonly note: string | null
  readonly conflicts: readonly ConflictDecision[]
  readonly patches: ConflictPatches | null
} & (
  | {
      readonly kind: 'written'
      readonly event: 'committed' | 'folded' | 'cancelled' | 'amended' | 'migrated'
      readonly changes: readonly TracedChange[]
      readonly with: readonly RowReference[]
    }
  | { readonly kind: 'sent'; readonly event: 'sent'; readonly requestId: string | null }
  | {
      readonly kind: 'answered'
      readonly event: 'delivered' | 'answered' | 'refused' | 'deferred' | 'overruled'
      readonly masterRequestId: string | null
      readonly version: string | null
      readonly error: HistoryEntry['error'] | null
    }
  | { readonly kind: 'verified'; readonly event: 'verified' }
  | { readonly kind: 'merged'; readonly event: 'merged'; readonly version: string | null }
  | { readonly kind: 'operated'; readonly event: 'set-pending' | 'archived' }
  | { readonly kind: 'echoed'; readonly event: 'echoed'; readonly version: string | null }
)

const PART = 100

/** Everything the outbox knows to have happened to a row: by transaction, in the order of the outbox, then by history. */
export async function traceRow(tx: StoreReader, row: RowReference): Promise<readonly TraceEntry[]> {
  const entries: TraceEntry[] = []
  for (let after: number | undefined; ;) {
    const query = { touching: [rowKey(row.table, row.id)], limit: PART }
    const part = await tx.findTransactions(after === undefined ? query : { ...query, after })
    for (const transaction of part) entries.push(...stepsOf(transaction, row))
    after = part.at(-1)?.seq
    if (part.length < PART) return entries
  }
}

function stepsOf(transaction: OfflineTransaction, row: RowReference): readonly TraceEntry[] {
  const { history, changes } = transaction
  // What a policy took out of a transaction is still in what was written at first.
  const written = history.flatMap(({ wrote = [] }) => wrote)
  if (!changes.some((change) => concerns(change, row)) && !written.some((one) => isRow(one, row))) return []
  return history.flatMap((entry) => stepOf(entry, transaction, row) ?? [])
}

function stepOf(entry: HistoryEntry, transaction: OfflineTransaction, row: RowReference): TraceEntry | null {
  const { at, event, note = null, versions, masterRequestId = null } = entry
  const head = {
    seq: transaction.seq,
    transaction: transaction.id,
    at,
    note,
    conflicts: (entry.conflicts ?? []).filter((conflict) => isRow(conflict, row)),
    patches: entry.patches?.find((patches) => isRow(patches, row)) ?? null,
  }
  const version = versions?.[rowKey(row.table, row.id)] ?? null
  switch (event) {
    case 'committed':
    case 'folded':
    case 'cancelled':
    case 'amended':
    case 'migrated': {
      const changed = changesAt(entry, transaction, row)
      return { ...head, kind: 'written', event, changes: changed, with: othersOf(entry, transaction, row) }
    }
    case 'sent':
      return { ...head, kind: 'sent', event, requestId: entry.requestId ?? null }
    case 'delivered':
    case 'answered':
    case 'refused':
    case 'deferred':
    case 'overruled':
      return { ...head, kind: 'answered', event, masterRequestId, version, error: entry.error ?? null }
    case 'verified':
      return { ...head, kind: 'verified', event }
    case 'merged':
      return { ...head, kind: 'merged', event, version }
    case 'set-pending':
    case 'archived':
      return { ...head, kind: 'operated', event }
    case 'echoed':
      // Of a group each row comes back by itself.
      return version === null ? null : { ...head, kind: 'echoed', event, version }
  }
}

/** What the step wrote: as it was kept then, or as it still is. */
function changesAt(entry: HistoryEntry, transaction: OfflineTransaction, row: RowReference): readonly TracedChange[] {
  if (!entry.wrote && entry.event !== 'committed') return []
  const written = entry.wrote ?? transaction.changes.map(writtenRow)
  return written.flatMap((one) => {
    const change = transaction.changes.find((each) => each.table === one.table && each.id === one.id)
    if (!isRow(one, row) && !(change && concerns(change, row))) return []
    const { kind, values, dropped = [], before = null } = one
    return [{ kind, values, dropped, before, ...detailsOf(change) }]
  })
}

function detailsOf(change: Change | undefined): Partial<TracedChange> {
  switch (change?.kind) {
    case 'associate':
    case 'disassociate': {
      const { relationship, first, second } = change
      return { link: { relationship, first, second } }
    }
    case 'action': {
      const { action, bound, parameters } = change
      return { action: { action, bound, parameters } }
    }
    case 'create':
    case 'update':
    case 'delete':
    case undefined:
      return {}
  }
}

/** The other rows of the transaction, as it was at that step: a policy can take rows out of it later. */
function othersOf(entry: HistoryEntry, { changes }: OfflineTransaction, row: RowReference): readonly RowReference[] {
  const present = changes.filter((change) => !concerns(change, row))
  const gone = (entry.wrote ?? []).filter((one) => !isRow(one, row) && !changes.some((change) => isRow(change, one)))
  return [...present, ...gone].map(({ table, id }) => ({ table, id }))
}

/** Whether a change is one of the row: of its columns, of a link of it, or an action about it. */
function concerns(change: Change, row: RowReference): boolean {
  if (isRow(change, row)) return true
  return 'relationship' in change && (isRow(change.first, row) || isRow(change.second, row))
}

function isRow(one: RowReference, other: RowReference): boolean {
  return one.table === other.table && one.id === other.id
}
