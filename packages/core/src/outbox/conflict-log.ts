import { canonicalRow, rowKey } from '../row.ts'
import type { Store, StoreReader } from '../ports/store.ts'
import { refuseNoLimit } from './list-transactions.ts'
import type {
  ConflictDecision,
  ConflictPatches,
  HistoryEntry,
  OfflineTransaction,
  TransactionStatus,
} from './offline-transaction.ts'

/** One decision about one column, with where it was made. */
export interface ListedConflict extends ConflictDecision {
  /** The transaction in whose history it is kept. */
  readonly seq: number
  readonly status: TransactionStatus
  /** When it was decided, by the clock of the device. */
  readonly at: number
  /** Both sides of the row as RFC 6902 patches; null where one side had deleted it. */
  readonly patches: ConflictPatches | null
  /** What a person did about one that was `undecided`; null while it waits, and where nobody had to. */
  readonly answered: { readonly event: 'set-pending' | 'amended' | 'archived'; readonly at: number } | null
}

export interface ConflictQuery {
  readonly table?: string
  readonly row?: { readonly table: string; readonly id: string }
  /** What decided, as `policy` of a decision has it: `merge`, `max`, `function <name>` … */
  readonly policy?: string
  readonly kind?: ConflictDecision['kind']
  readonly resolved?: ConflictDecision['resolved']
  /** True for those that still wait for a person. */
  readonly open?: boolean
  /** Only those decided at this time of the device clock or later, in milliseconds since 1970. */
  readonly since?: number
  /** Continues behind this transaction. */
  readonly after?: number
  /** Stops with the transaction that reaches this number: the decisions of one transaction are never cut apart. */
  readonly limit?: number
}

const PART = 100

/** The decisions about conflicts, as the histories of the transactions keep them. */
export class ConflictLog {
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  /** The decisions that match, in the order of the outbox and of their making, part by part. Throws `invalid` for a limit of none. */
  async list(query: ConflictQuery = {}): Promise<readonly ListedConflict[]> {
    if (query.limit !== undefined) refuseNoLimit(query.limit)
    const row = query.row && canonicalRow(query.row)
    const matching = { ...query, ...(row ? { row } : {}) }
    const listed: ListedConflict[] = []
    for (let after = query.after; ;) {
      const part = await this.#store.read('list conflicts', (tx) => readPart(tx, after, row))
      for (const transaction of part) {
        listed.push(...conflictsOf(transaction).filter((conflict) => matches(conflict, matching)))
        if (query.limit !== undefined && listed.length >= query.limit) return listed
      }
      after = part.at(-1)?.seq
      if (part.length < PART) return listed
    }
  }
}

function readPart(
  tx: StoreReader,
  after: number | undefined,
  row: ConflictQuery['row'],
): Promise<readonly OfflineTransaction[]> {
  return tx.findTransactions({
    limit: PART,
    ...(after === undefined ? {} : { after }),
    ...(row ? { touching: [rowKey(row.table, row.id)] } : {}),
  })
}

function conflictsOf({ seq, status, history }: OfflineTransaction): readonly ListedConflict[] {
  return history.flatMap((entry, position) => {
    const later = history.slice(position + 1).find(isAnswer)
    return (entry.conflicts ?? []).map((conflict) => ({
      ...conflict,
      seq,
      status,
      at: entry.at,
      patches: entry.patches?.find(({ table, id }) => table === conflict.table && id === conflict.id) ?? null,
      answered: conflict.resolved === 'undecided' && later ? { event: later.event, at: later.at } : null,
    }))
  })
}

type Answer = HistoryEntry & { readonly event: 'set-pending' | 'amended' | 'archived' }

function isAnswer(entry: HistoryEntry): entry is Answer {
  return entry.event === 'set-pending' || entry.event === 'amended' || entry.event === 'archived'
}

function matches(conflict: ListedConflict, query: ConflictQuery): boolean {
  const { table, row, policy, kind, resolved, open, since } = query
  const waits = conflict.resolved === 'undecided' && conflict.answered === null
  return (
    (table === undefined || conflict.table === table) &&
    (row === undefined || (conflict.table === row.table && conflict.id === row.id)) &&
    (policy === undefined || conflict.policy === policy) &&
    (kind === undefined || conflict.kind === kind) &&
    (resolved === undefined || conflict.resolved === resolved) &&
    (open === undefined || waits === open) &&
    (since === undefined || conflict.at >= since)
  )
}
