import { creatorOf, dependenciesOf, referencesOf, touchesOf } from '../dependencies.ts'
import type { Change } from '../change.ts'
import type { ConfiguredTable } from '../configuration.ts'
import { OutpostError } from '../errors.ts'
import { openTransactions, refreshChanged } from '../local-rows.ts'
import type { Store, StoreWriter } from '../ports/store.ts'
import { canonicalGuid, rowKey } from '../row.ts'
import type { ColumnValue } from '../row.ts'
import { amendChange } from './amend.ts'
import type { OfflineTransaction, TransactionStatus } from './offline-transaction.ts'
import { putAway } from './put-away.ts'
import { pendingReason } from './readiness.ts'
import type { PendingReason, ReadinessContext } from './readiness.ts'
import { BEGUN_ANEW, revive } from './revive.ts'
import { traceRow } from './trace.ts'
import type { TraceEntry } from './trace.ts'
import { transition } from './transitions.ts'

/** A transaction as it is listed: with the reason why it is still pending, where it is. */
export interface ListedTransaction extends OfflineTransaction {
  readonly reason: PendingReason | null
}

export interface ListOptions {
  /** The default is `['error']`: what needs a person. */
  readonly statuses?: readonly TransactionStatus[] | 'all'
  /** Only transactions that touch this row. */
  readonly row?: { readonly table: string; readonly id: string }
  /** Continues behind this seq. */
  readonly after?: number
  readonly limit?: number
}

export interface OutboxContext {
  readonly store: Store
  tables(): ReadonlyMap<string, ConfiguredTable>
  readiness(): ReadinessContext
  /** Called after transactions have become pending. */
  wake(): void
}

/**
 * The durable, ordered queue of offline transactions, as an application sees it. All operations work without the network
 * and are committed when their promise resolves.
 */
export class Outbox {
  readonly #context: OutboxContext

  constructor(context: OutboxContext) {
    this.#context = context
  }

  /** Transactions in the order of delivery; those in status Error unless other statuses are asked for. */
  list(options: ListOptions = {}): Promise<readonly ListedTransaction[]> {
    const { statuses = ['error'], row, after, limit } = options
    return this.#context.store.read('list transactions', async (tx) => {
      const found = await tx.findTransactions({
        ...(statuses === 'all' ? {} : { statuses }),
        ...(row ? { touching: [rowKey(row.table, canonicalRow(row).id)] } : {}),
        ...(after === undefined ? {} : { after }),
        ...(limit === undefined ? {} : { limit }),
      })
      const readiness = this.#context.readiness()
      const listed: ListedTransaction[] = []
      for (const transaction of found) {
        const reason = transaction.status === 'pending' ? await pendingReason(tx, transaction, readiness) : null
        listed.push({ ...transaction, reason })
      }
      return listed
    })
  }

  /** One transaction; undefined when there is none with that seq. */
  async get(seq: number): Promise<ListedTransaction | undefined> {
    return this.#context.store.read('read transaction', async (tx) => {
      const [transaction] = await tx.transactions([seq])
      if (!transaction) return undefined
      const reason =
        transaction.status === 'pending' ? await pendingReason(tx, transaction, this.#context.readiness()) : null
      return { ...transaction, reason }
    })
  }

  /** How many transactions there are in each status. */
  counts(): Promise<Readonly<Record<TransactionStatus, number>>> {
    return this.#context.store.read('count transactions', (tx) => tx.countTransactions())
  }

  /** When the outbox should be asked again: `now`, at a time of the device clock, or `none` while nothing can be sent. */
  async nextAttempt(): Promise<'now' | 'none' | number> {
    return this.#context.store.read('next attempt', async (tx) => {
      const readiness = this.#context.readiness()
      let due: number | null = null
      let after = 0
      for (;;) {
        const part = await tx.findTransactions({ statuses: ['pending'], after, limit: 200 })
        for (const transaction of part) {
          after = transaction.seq
          const reason = await pendingReason(tx, transaction, readiness)
          if (reason.kind === 'ready' || reason.kind === 'verifying') return 'now'
          // A claim that is not settled when it ends belonged to a tab that has died.
          if (reason.kind === 'backing-off' || reason.kind === 'in-flight')
            due = Math.min(due ?? reason.until, reason.until)
        }
        if (part.length < 200) return due ?? 'none'
      }
    })
  }

  /** Sends Error or Archived transactions again. Their attempts begin anew; their place in the order stays. */
  async setPending(seqs: readonly number[]): Promise<void> {
    await this.#context.store.write('set pending', async (tx) => {
      await this.#pendingAgain(tx, await existing(tx, seqs))
    })
    this.#context.wake()
  }

  /** Sends all Error transactions again, in their original order. Gives back how many there were. */
  async setAllPending(): Promise<number> {
    const count = await this.#context.store.write('set all pending', async (tx) => {
      const failed = await tx.findTransactions({ statuses: ['error'] })
      await this.#pendingAgain(tx, failed)
      return failed.length
    })
    this.#context.wake()
    return count
  }

  /**
   * Puts transactions away: they are never delivered, and their effect on the local rows is taken back. Refused when a
   * row they create is needed by other unsent transactions, unless `dependents` says to archive those too. Gives back the
   * seqs of everything that was archived.
   */
  async archive(
    seqs: readonly number[],
    options: { readonly dependents?: 'refuse' | 'archive' } = {},
  ): Promise<readonly number[]> {
    return this.#context.store.write('archive', async (tx) => {
      const chosen = new Map((await existing(tx, seqs)).map((transaction) => [transaction.seq, transaction]))
      for (const transaction of chosen.values()) {
        for (const dependent of await dependents(tx, transaction)) {
          if (chosen.has(dependent.seq)) continue
          if (options.dependents !== 'archive') {
            throw new OutpostError(
              'refused',
              `transaction #${transaction.seq} creates a row that #${dependent.seq} needs`,
              {
                remedy: 'Archive both, or let the archiving take its dependents along.',
              },
            )
          }
          chosen.set(dependent.seq, dependent)
        }
      }
      const { now } = this.#context.readiness()
      for (const transaction of chosen.values()) refuseInFlight(transaction, now)
      await putAway(tx, [...chosen.values()], this.#context.tables(), now)
      return [...chosen.keys()]
    })
  }

  /**
   * Corrects the values of an unsent transaction and sends it again: the given columns are checked and replace those of
   * its change; `undefined` takes a column out of it. `row` says which row is meant where the transaction changes several.
   * Throws `invalid` like a write, and `refused` while it is not known whether the master has the transaction.
   */
  async amend(
    seq: number,
    values: Readonly<Record<string, ColumnValue | undefined>>,
    row?: { readonly table: string; readonly id: string },
  ): Promise<void> {
    await this.#context.store.write('amend', async (tx) => {
      const [transaction] = await existing(tx, [seq])
      if (!transaction) return
      const { now } = this.#context.readiness()
      refuseInFlight(transaction, now)
      refuseUnknown(transaction)
      const tables = this.#context.tables()
      const changes = await amendChange(tx, transaction, values, row && canonicalRow(row), tables)
      await refuseLaterRows(tx, seq, changes, tables)
      const dependsOn = await dependenciesOf(tx, changes, tables, seq, transaction.after)
      const amended = {
        ...BEGUN_ANEW,
        changes,
        touches: touchesOf(changes, tables, transaction.after),
        dependsOn,
        outcome: 'not-sent' as const,
      }
      await tx.putTransactions([transition(transaction, 'amended', now, amended)])
      await refreshChanged(tx, transaction.changes, tables)
    })
    this.#context.wake()
  }

  /** Everything that ever happened to a row, from its first commit here to the pulls that brought back what was sent. */
  trace(row: { readonly table: string; readonly id: string }): Promise<readonly TraceEntry[]> {
    return this.#context.store.read('trace row', (tx) => traceRow(tx, canonicalRow(row)))
  }

  #pendingAgain(tx: StoreWriter, transactions: readonly OfflineTransaction[]): Promise<void> {
    return revive(tx, transactions, this.#context.tables(), this.#context.readiness().now)
  }
}

function refuseInFlight(transaction: OfflineTransaction, now: number): void {
  if (transaction.lease && transaction.lease.until > now) {
    throw new OutpostError('refused', `transaction #${transaction.seq} is being sent`, {
      remedy: 'Try again when it is settled.',
    })
  }
}

async function existing(tx: StoreWriter, seqs: readonly number[]): Promise<readonly OfflineTransaction[]> {
  const found = await tx.transactions(seqs)
  return found.map((transaction, index) => {
    if (transaction) return transaction
    throw new OutpostError('invalid', `there is no transaction #${seqs[index]}`, {
      place: { rule: 'unknown-transaction' },
    })
  })
}

/** Unsent transactions that cannot be delivered without a row that this one creates. */
async function dependents(tx: StoreWriter, transaction: OfflineTransaction): Promise<readonly OfflineTransaction[]> {
  const created = transaction.changes
    .filter((change) => change.kind === 'create')
    .map((change) => rowKey(change.table, change.id))
  if (created.length === 0 || transaction.status === 'processed') return []
  return (await openTransactions(tx, created)).filter((other) => other.seq > transaction.seq)
}

/** While the answer is missing the master may have the old values: what is corrected then could be lost. */
function refuseUnknown(transaction: OfflineTransaction): void {
  if (transaction.outcome !== 'unknown' || transaction.status === 'processed') return
  throw new OutpostError('refused', `it is not known yet whether the master has transaction #${transaction.seq}`, {
    remedy: 'Sync first, which finds it out; or make the correction with a new write.',
  })
}

/** A row that only a later transaction creates cannot be pointed to by an earlier one. */
async function refuseLaterRows(
  tx: StoreWriter,
  seq: number,
  changes: readonly Change[],
  tables: ReadonlyMap<string, ConfiguredTable>,
): Promise<void> {
  for (const reference of changes.flatMap((change) => referencesOf(change, tables))) {
    const creator = await creatorOf(tx, reference, tables)
    if (!creator || creator.seq <= seq) continue
    throw new OutpostError(
      'invalid',
      `amend of #${seq}: ${reference.table} ${reference.id} is created later, by #${creator.seq}`,
      {
        place: { table: reference.table, row: reference.id, rule: 'lookup-order' },
        remedy: 'Send that transaction first, or set the lookup with a new write.',
      },
    )
  }
}

function canonicalRow(row: { readonly table: string; readonly id: string }): {
  readonly table: string
  readonly id: string
} {
  return { table: row.table, id: canonicalGuid(row.id) ?? row.id.toLowerCase() }
}
