import { referencesOf, waitingKey } from '../write/dependencies.ts'
import type { Change, RowReference } from '../change.ts'
import type { ConfiguredTable } from '../copy/configuration.ts'
import { OutpostError } from '../errors.ts'
import type { StoreReader } from '../ports/store.ts'
import { rowKey } from '../row.ts'
import type { OfflineTransaction } from './offline-transaction.ts'

type Tables = ReadonlyMap<string, ConfiguredTable>

/**
 * A transaction that others depend on, seen from one of those.
 *
 * - `needs-row`: it changes, or points to, a row that `of` creates. Without that it can never be delivered: it goes the
 *   same way.
 * - `after`: the application told it to wait for `of`. It stays, and waits only for what `of` waited for.
 */
export interface Dependent {
  readonly seq: number
  readonly because: 'needs-row' | 'after'
  /** The transaction that it depends on: one of those asked for, or one that depends on them itself. */
  readonly of: number
  /** The row that it needs; null for `after`. */
  readonly row: RowReference | null
}

/** A transaction that would go along with others, with the reason. */
export interface Follower {
  readonly transaction: OfflineTransaction
  readonly dependent: Dependent
}

/**
 * The transactions that cannot stay as they are when the effect of the given ones is taken away, with those that need
 * them in turn, in the order of the outbox. `shown` also gives archived ones whose effect is still shown.
 */
export async function followersOf(
  tx: StoreReader,
  chosen: readonly OfflineTransaction[],
  tables: Tables,
  shown: boolean,
): Promise<readonly Follower[]> {
  const known = new Set(chosen.map(({ seq }) => seq))
  const followers: Follower[] = []
  const waiting = [...chosen]
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    for (const row of createdBy(next)) {
      for (const transaction of await thatNeed(tx, row, next.seq, tables)) {
        if (known.has(transaction.seq) || (transaction.kept && !shown)) continue
        known.add(transaction.seq)
        waiting.push(transaction)
        const dependent = { seq: transaction.seq, because: 'needs-row', of: next.seq, row } as const
        followers.push({ transaction, dependent })
      }
    }
  }
  return followers.toSorted((one, other) => one.dependent.seq - other.dependent.seq)
}

/** The open transactions that were told to wait for these, without these themselves, in the order of the outbox. */
export async function toldToWait(
  tx: StoreReader,
  transactions: readonly OfflineTransaction[],
): Promise<readonly Dependent[]> {
  const gone = new Set(transactions.map(({ seq }) => seq))
  const found: Dependent[] = []
  for (const { seq } of transactions.filter(isUnsent)) {
    const waiting = await tx.findTransactions({ statuses: ['pending', 'error'], touching: [waitingKey(seq)] })
    for (const { seq: later } of waiting.filter(
      (other) => !gone.has(other.seq) && !found.some((dependent) => dependent.seq === other.seq),
    )) {
      found.push({ seq: later, because: 'after', of: seq, row: null })
    }
  }
  return found
}

/** Throws `refused`, naming the first transaction that would be left without a row it needs. */
export function refuseFollowers(followers: readonly Follower[], remedy: string): void {
  const [first] = followers
  if (!first) return
  const { of, seq, row } = first.dependent
  const more = followers.length > 1 ? `, and ${followers.length - 1} more` : ''
  throw new OutpostError('refused', `transaction #${of} creates a row that #${seq} needs${more}`, {
    place: { ...(row ? { table: row.table, row: row.id } : {}), rule: 'dependents' },
    remedy,
  })
}

/** Whether the master does not have it, as far as is known, while the local rows show it. */
export function isShown({ status, kept }: OfflineTransaction): boolean {
  return status === 'pending' || status === 'error' || kept === true
}

function isUnsent({ status }: OfflineTransaction): boolean {
  return status === 'pending' || status === 'error'
}

function createdBy(transaction: OfflineTransaction): readonly RowReference[] {
  if (!isShown(transaction)) return []
  const creates = transaction.changes.filter((change) => change.kind === 'create')
  return creates.map(({ table, id }) => ({ table, id }))
}

async function thatNeed(
  tx: StoreReader,
  row: RowReference,
  seq: number,
  tables: Tables,
): Promise<readonly OfflineTransaction[]> {
  const touching = [rowKey(row.table, row.id)]
  const later = await tx.findTransactions({ statuses: ['pending', 'error', 'archived'], touching, after: seq })
  return later.filter((other) => isShown(other) && other.changes.some((change) => needs(change, row, tables)))
}

function needs(change: Change, row: RowReference, tables: Tables): boolean {
  return [change, ...referencesOf(change, tables)].some(({ table, id }) => table === row.table && id === row.id)
}
