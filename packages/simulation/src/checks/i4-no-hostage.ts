import { rowKey } from '@outpost/core'
import type { OfflineTransaction, Row } from '@outpost/core'
import type { Look } from './look.ts'
import { hasHappened, valuesOf } from './decisions.ts'
import type { Problem } from './problem.ts'
import { isHeld } from './upload-filters.ts'

/** Transactions that nothing can send any more: in error, held by an upload filter, or waiting for such a one. */
export function stuckOn(look: Look): ReadonlySet<number> {
  const { device, transactions } = look
  const stuck: OfflineTransaction[] = []
  for (const transaction of transactions.values()) {
    const { status } = transaction
    if (status !== 'pending' && status !== 'error') continue
    const after = afterOf(look, transaction)
    const held = isHeld(transaction, device.org.configuration, (table, id) => valuesIn(look, table, id))
    if (
      status === 'error' ||
      held !== false ||
      isUnseen(transaction) ||
      stuck.some((other) => needs(transaction, other, after))
    )
      stuck.push(transaction)
  }
  return new Set(stuck.map(({ seq }) => seq))
}

/**
 * Whether it waits until its user may read its rows again, and the master shows none of their table: the answer was lost, or
 * the rows cannot be written on condition of their version, so it is not sent before they were looked at. Who promised that
 * it is not lost cannot call it refused. A refusal of the write itself is an error.
 */
function isUnseen({ status, lastError }: OfflineTransaction): boolean {
  return status === 'pending' && lastError?.code === 'forbidden'
}

/** What an upload filter judges: the row as it is shown; of one that is deleted here, what it was then. */
function valuesIn({ transactions, unsent }: Look, table: string, id: string): Row | undefined {
  const shown = unsent.get(rowKey(table, id))?.row
  if (shown) return shown.values
  for (const { status, changes } of [...transactions.values()].toReversed())
    for (const change of status === 'pending' || status === 'error' ? changes : [])
      if (change.kind === 'delete' && change.table === table && change.id === id) return change.before
  return undefined
}

/**
 * What it was told to wait for: by the book. What came in a file brings that along, and what waited for something that was
 * put away waits for what that waited for.
 */
function afterOf({ device, transactions, written }: Look, { seq, after = [] }: OfflineTransaction): readonly number[] {
  const entry = written.get(seq)?.entry
  if (!entry || entry.isImported) return after
  const isPutAway = (other: number): boolean => {
    const status = transactions.get(other)?.status
    // It may have been discarded although the store failed under that.
    return status === undefined ? device.book.entries.get(other)?.isDoubtful !== false : status === 'archived'
  }
  return entry.after.some(isPutAway) ? after : entry.after
}

/** I4: what is in error was sent by itself, not ahead of something in error that it needs. */
export function noHostage(look: Look): readonly Problem[] {
  const { device, transactions, written, changed, before } = look
  const problems: Problem[] = []
  const failed = [...transactions.values()].filter(({ status }) => status === 'error')
  // Who points to a row that the master is known to have needs nobody to create it, though its create was refused for that.
  const there = new Set([...look.unsent.values()].flatMap(({ id, base }) => (base?.values ? [id] : [])))
  for (const transaction of changed) {
    const { seq, status, lastError } = transaction
    if (status !== 'error' || before.get(seq)?.status === 'error' || lastError?.status === undefined) continue
    const { after = [], isImported = false } = written.get(seq)?.entry ?? {}
    // It may have been refused before it came in a queue file, when that was not there or not ahead of it.
    if (isImported && !before.has(seq)) continue
    const earlier = failed.find(
      (other) => other.seq < seq && !hasHappened(other, 'set-pending') && needs(transaction, other, after, there),
    )
    const wasThere = earlier && before.get(earlier.seq)?.status === 'error'
    if (earlier && wasThere && !hasHappened(transaction, 'amended') && !hasHappened(earlier, 'amended'))
      problems.push({
        check: 'I4',
        words: `device ${device.number}: #${seq} was sent although it needs #${earlier.seq}, which is in error`,
      })
  }
  return problems
}

interface Rows {
  readonly changed: ReadonlySet<string>
  readonly created: ReadonlySet<string>
  readonly deleted: ReadonlySet<string>
  /** What it points to when it is sent. */
  readonly references: ReadonlySet<string>
  /** What it pointed to before, and lets go of. */
  readonly leftBehind: ReadonlySet<string>
}

const known = new WeakMap<OfflineTransaction, Rows>()

/** Whether a later transaction cannot go before an earlier one, by the rows they are about. */
function needs(
  later: OfflineTransaction,
  earlier: OfflineTransaction,
  after: readonly number[],
  there: ReadonlySet<string> = new Set(),
): boolean {
  if (earlier.seq >= later.seq) return false
  if (after.includes(earlier.seq)) return true
  const [mine, theirs] = [rowsOf(later), rowsOf(earlier)]
  return (
    meet(mine.changed, theirs.changed) ||
    meet(mine.references, new Set([...theirs.created].filter((id) => !there.has(id)))) ||
    meet(mine.deleted, theirs.references) ||
    meet(mine.deleted, theirs.leftBehind)
  )
}

function rowsOf(transaction: OfflineTransaction): Rows {
  const found = known.get(transaction) ?? readRows(transaction)
  known.set(transaction, found)
  return found
}

const GUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g

function readRows({ changes }: OfflineTransaction): Rows {
  const ids = (kinds: readonly string[]): ReadonlySet<string> =>
    new Set(changes.flatMap(({ kind, id }) => (kinds.includes(kind) ? [id] : [])))
  const references = new Set<string>()
  const leftBehind = new Set<string>()
  for (const change of changes) {
    const named = [
      valuesOf(change),
      change.kind === 'action' ? [change.parameters, change.evidence] : [],
      change.id.includes(':') ? change.id : [],
    ]
    for (const id of idsIn(named)) if (id !== change.id) references.add(id)
    const left = change.kind === 'update' || change.kind === 'delete' ? change.before : []
    for (const id of idsIn(left)) if (id !== change.id) leftBehind.add(id)
  }
  const every = ['create', 'update', 'delete', 'associate', 'disassociate', 'action']
  return { changed: ids(every), created: ids(['create']), deleted: ids(['delete']), references, leftBehind }
}

function idsIn(json: unknown): readonly string[] {
  return JSON.stringify(json).match(GUID) ?? []
}

function meet(ones: ReadonlySet<string>, others: ReadonlySet<string>): boolean {
  for (const one of ones) if (others.has(one)) return true
  return false
}
