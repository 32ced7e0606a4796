import { refreshChanged, referencesOf } from '../commit.ts'
import type { Change } from '../change.ts'
import type { ConfiguredTable } from '../configuration.ts'
import { OutpostError } from '../errors.ts'
import { openTransactions } from '../local-rows.ts'
import type { Store, StoreWriter } from '../ports/store.ts'
import { rowKey } from '../row.ts'
import type { ColumnValue } from '../row.ts'
import { amendChange } from './amend.ts'
import type { OfflineTransaction, TransactionStatus } from './offline-transaction.ts'
import { pendingReason } from './readiness.ts'
import type { PendingReason, ReadinessContext } from './readiness.ts'
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
        ...(row ? { touching: [rowKey(row.table, row.id)] } : {}),
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
      await tx.putTransactions(
        [...chosen.values()].map((transaction) => transition(transaction, 'archived', now, { lease: null })),
      )
      await this.#refresh(tx, [...chosen.values()])
      return [...chosen.keys()]
    })
  }

  /**
   * Corrects the values of an unsent transaction and sends it again: the given columns are checked and replace those of
   * its change. `row` says which row is meant where the transaction changes several. Throws `invalid` like a write.
   */
  async amend(
    seq: number,
    values: Readonly<Record<string, ColumnValue>>,
    row?: { readonly table: string; readonly id: string },
  ): Promise<void> {
    await this.#context.store.write('amend', async (tx) => {
      const [transaction] = await existing(tx, [seq])
      if (!transaction) return
      const { now } = this.#context.readiness()
      refuseInFlight(transaction, now)
      const tables = this.#context.tables()
      const changes = await amendChange(tx, transaction, values, row, tables)
      const touches = touchesOf(changes, tables)
      const dependsOn = await createdBefore(tx, seq, touches, transaction.dependsOn)
      const fresh = {
        changes,
        touches,
        dependsOn,
        attempts: 0,
        nextAttemptAt: null,
        lastError: null,
        outcome: unresolved(transaction),
      }
      await tx.putTransactions([transition(transaction, 'amended', now, fresh)])
      await this.#refresh(tx, [transaction])
    })
    this.#context.wake()
  }

  async #pendingAgain(tx: StoreWriter, transactions: readonly OfflineTransaction[]): Promise<void> {
    const { now } = this.#context.readiness()
    const pending = transactions.map((transaction) => {
      const fresh = { attempts: 0, nextAttemptAt: null, lastError: null, outcome: unresolved(transaction) }
      return transition(transaction, 'set-pending', now, fresh)
    })
    await tx.putTransactions(pending)
    await this.#refresh(tx, pending)
  }

  #refresh(tx: StoreWriter, transactions: readonly OfflineTransaction[]): Promise<void> {
    return refreshChanged(
      tx,
      transactions.flatMap((transaction) => transaction.changes),
      this.#context.tables(),
    )
  }
}

/** A verdict means that nothing happened on the master; an answer that never came still has to be looked for. */
function unresolved(transaction: OfflineTransaction): 'unknown' | 'not-sent' {
  return transaction.outcome === 'unknown' ? 'unknown' : 'not-sent'
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

function touchesOf(changes: readonly Change[], tables: ReadonlyMap<string, ConfiguredTable>): readonly string[] {
  const rows = changes.flatMap((change) => [change, ...referencesOf(change, tables)])
  return [...new Set(rows.map((row) => rowKey(row.table, row.id)))]
}

async function createdBefore(
  tx: StoreWriter,
  seq: number,
  touches: readonly string[],
  known: readonly number[],
): Promise<readonly number[]> {
  const wanted = new Set(touches)
  const creators = (await openTransactions(tx, touches)).filter(
    (other) =>
      other.seq < seq &&
      other.changes.some((change) => change.kind === 'create' && wanted.has(rowKey(change.table, change.id))),
  )
  return [...new Set([...known, ...creators.map((creator) => creator.seq)])]
}
