import type { OfflineTransaction } from '@outpost/core'
import type { Look } from './look.ts'
import { hasHappened, valuesOf } from './decisions.ts'
import type { Problem } from './problem.ts'
import { isHeld } from './upload-filters.ts'

/** Transactions that nothing can send any more: in error, held by an upload filter, or waiting for such a one. */
export function stuckOn({ device, transactions, written, unsent }: Look): ReadonlySet<number> {
  const stuck: OfflineTransaction[] = []
  for (const transaction of transactions.values()) {
    const { status, seq } = transaction
    if (status !== 'pending' && status !== 'error') continue
    const after = written.get(seq)?.entry?.after ?? transaction.after ?? []
    const held = isHeld(transaction, device.org.configuration, (table, id) => unsent.get(`${table}/${id}`)?.row?.values)
    if (status === 'error' || held !== false || stuck.some((other) => needs(transaction, other, after)))
      stuck.push(transaction)
  }
  return new Set(stuck.map(({ seq }) => seq))
}

/** I4: what is in error was sent by itself, not ahead of something in error that it needs. */
export function noHostage(look: Look): readonly Problem[] {
  const { device, transactions, written, changed, before } = look
  const problems: Problem[] = []
  const failed = [...transactions.values()].filter(({ status }) => status === 'error')
  for (const transaction of changed) {
    const { seq, status, lastError } = transaction
    if (status !== 'error' || before.get(seq)?.status === 'error' || lastError?.status === undefined) continue
    const after = written.get(seq)?.entry?.after ?? []
    const earlier = failed.find(
      (other) => other.seq < seq && !hasHappened(other, 'set-pending') && needs(transaction, other, after),
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
  /** What it points to, now or before. */
  readonly references: ReadonlySet<string>
}

const known = new WeakMap<OfflineTransaction, Rows>()

/** Whether a later transaction cannot go before an earlier one, by the rows they are about. */
function needs(later: OfflineTransaction, earlier: OfflineTransaction, after: readonly number[]): boolean {
  if (earlier.seq >= later.seq) return false
  if (after.includes(earlier.seq)) return true
  const [mine, theirs] = [rowsOf(later), rowsOf(earlier)]
  return (
    meet(mine.changed, theirs.changed) ||
    meet(mine.references, theirs.created) ||
    meet(mine.deleted, theirs.references) ||
    meet(mine.references, theirs.deleted)
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
  for (const change of changes) {
    const named = [
      ...Object.values(valuesOf(change)),
      ...('before' in change ? Object.values(change.before) : []),
      ...(change.kind === 'action' ? [JSON.stringify(change.parameters)] : []),
      ...(change.id.includes(':') ? [change.id] : []),
    ]
    for (const value of named) {
      if (typeof value !== 'string') continue
      for (const [id] of value.matchAll(GUID)) if (id !== change.id) references.add(id)
    }
  }
  const every = ['create', 'update', 'delete', 'associate', 'disassociate', 'action']
  return { changed: ids(every), created: ids(['create']), deleted: ids(['delete']), references }
}

function meet(ones: ReadonlySet<string>, others: ReadonlySet<string>): boolean {
  for (const one of ones) if (others.has(one)) return true
  return false
}
