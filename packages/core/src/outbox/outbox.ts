import { checkChanges } from '../write/check-changes.ts'
import { refuseUnknownChoice } from '../choices.ts'
import type { ConfiguredTable } from '../copy/configuration.ts'
import type { PushReport } from '../events.ts'
import { dependenciesOf, touchesOf } from '../write/dependencies.ts'
import { OutpostError } from '../errors.ts'
import { refreshChanged } from '../rows/local-rows.ts'
import type { MasterIdentity } from '../ports/master-org.ts'
import type { Store, StoreReader, StoreWriter } from '../ports/store.ts'
import { canonicalRow, rowKey } from '../row.ts'
import type { ColumnValue } from '../row.ts'
import { refusedAfterSignOut } from '../identity/sign-out.ts'
import { amendChange, refuseLaterRows, restack } from './amend.ts'
import { compareTransaction } from './compare.ts'
import type { RowComparison } from './compare.ts'
import { followersOf, isShown, refuseFollowers, toldToWait } from './dependents.ts'
import type { Dependent } from './dependents.ts'
import { importTransactions } from './import-queue.ts'
import type { ImportReport, QueueOperations } from './import-queue.ts'
import { refuseKeptRows } from './kept-effects.ts'
import { letGo } from './let-go.ts'
import { listTransactions, withReason } from './list-transactions.ts'
import type { ListedTransaction, ListOptions } from './list-transactions.ts'
import { columnKey } from './offline-transaction.ts'
import type { OfflineTransaction, TransactionStatus } from './offline-transaction.ts'
import { putAway, remove } from './put-away.ts'
import { writeQueueFile } from './queue-file.ts'
import type { ExportOptions, QueueFile } from './queue-file.ts'
import { readQueueFile } from './read-queue-file.ts'
import { isAhead, LEASE_MS } from './readiness.ts'
import { refuseDelivered, refuseSettled, refuseUnknown } from './refusals.ts'
import type { ShownReasonContext } from './shown-reason.ts'
import { BEGUN_ANEW, revive } from './revive.ts'
import { traceRow } from './trace.ts'
import type { TraceEntry } from './trace.ts'
import { transition } from './transitions.ts'

export interface OutboxContext {
  readonly store: Store
  tables(): ReadonlyMap<string, ConfiguredTable>
  /** Whether `tables` are those in force: another tab can have put others there. */
  isInForce(tx: StoreReader): Promise<boolean>
  /** Takes over what another tab has put in force. */
  follow(): Promise<void>
  /** Whose outbox it is. Throws `refused` while the client org is not connected. */
  identity(): MasterIdentity
  /** Whether the user whose client org this is has signed out, here or in another tab. */
  hasLeft(tx: StoreReader): Promise<boolean>
  catalogueStamp(): string | null
  readiness(): ShownReasonContext
  /** Called after transactions have become ready to be sent, or may have. */
  wake(): void
  /** Sends what the outbox holds. */
  push(options: { readonly signal?: AbortSignal }): Promise<PushReport>
}

/** What becomes of the local rows when a transaction is archived. */
export type LocalEffect = 'revert' | 'keep'

export interface ArchiveOptions {
  /** What to do with transactions that need a row of these: refuse (the default), or archive them as well. */
  readonly dependents?: 'refuse' | 'archive'
  /** The default is `revert`. With `keep` the local rows go on showing what the master will never have. */
  readonly local?: LocalEffect
}

/** Nothing was done: other tables are in force. */
const REPLACED: unique symbol = Symbol('replaced')

/** How many transactions are held at a time where all of them are gone through. */
const PART = 100

/**
 * The durable, ordered queue of offline transactions, as an application sees it. All operations but `retryAll` work without
 * the network, are done whole or not at all, and are committed when their promise resolves.
 *
 * Each takes the seqs of transactions: none at all is nothing to do, one that is named twice counts once, and for one that
 * does not exist it throws `invalid` and changes nothing. What is being sent at the moment is `refused`, and so is every
 * change of the queue while its user is signed out.
 */
export class Outbox {
  readonly #context: OutboxContext

  constructor(context: OutboxContext) {
    this.#context = context
  }

  /**
   * Transactions in the order of delivery; those in status Error unless other statuses are asked for. Throws `invalid` for
   * a status or a limit that there is not.
   */
  list(options: ListOptions = {}): Promise<readonly ListedTransaction[]> {
    const readiness = this.#context.readiness()
    return this.#context.store.read('list transactions', (tx) => listTransactions(tx, options, readiness))
  }

  /** One transaction; undefined when there is none with that seq. */
  async get(seq: number): Promise<ListedTransaction | undefined> {
    return this.#context.store.read('read transaction', async (tx) => {
      const [transaction] = await tx.transactions([seq])
      return transaction && withReason(tx, transaction, this.#context.readiness())
    })
  }

  /** How many transactions there are in each status. */
  counts(): Promise<Readonly<Record<TransactionStatus, number>>> {
    return this.#context.store.read('count transactions', (tx) => tx.countTransactions())
  }

  /** Each change of a transaction with its three sides: what it was made on, what it is, and what the master has. */
  async compare(seq: number): Promise<readonly RowComparison[]> {
    return this.#look('compare transaction', async (tx) => {
      const [transaction] = await existing(tx, [seq])
      return transaction ? compareTransaction(tx, transaction, this.#context.tables()) : []
    })
  }

  /**
   * What depends on these transactions: what `archive` and `discard` would take along (`needs-row`), and what would no
   * longer wait for them (`after`). In the order of the outbox, without these themselves.
   */
  async dependents(
    seqs: readonly number[],
    options: { readonly local?: LocalEffect } = {},
  ): Promise<readonly Dependent[]> {
    return this.#look('find dependents', async (tx) => {
      const chosen = await existing(tx, seqs)
      const followers = await followersOf(tx, chosen, this.#context.tables(), options.local !== 'keep')
      const waiting = await toldToWait(tx, [...chosen, ...followers.map(({ transaction }) => transaction)])
      return [...followers.map(({ dependent }) => dependent), ...waiting].toSorted((one, other) => one.seq - other.seq)
    })
  }

  /**
   * Sends Error or Archived transactions again, and Pending ones at once that wait after a failure. Their attempts begin
   * anew; their place in the order stays. What an archived one did to the rows is shown again.
   */
  async setPending(seqs: readonly number[]): Promise<void> {
    await this.#change('set pending', (tx) => this.#setPending(tx, seqs))
    this.#context.wake()
  }

  /** Sends all Error transactions again, in their original order. Gives back how many there were. */
  async setAllPending(): Promise<number> {
    const count = await this.#allPendingAgain()
    this.#context.wake()
    return count
  }

  /**
   * Sets all Error transactions to pending and sends what the outbox holds. Throws when the master cannot be asked;
   * everything is pending then.
   */
  async retryAll(options: { readonly signal?: AbortSignal } = {}): Promise<PushReport> {
    await this.#allPendingAgain()
    return this.#context.push(options)
  }

  /**
   * Puts transactions away: they are never delivered. Their effect on the local rows is taken back, or with `keep` stays,
   * until they are archived again without it. Refused when a row they create is needed by other unsent transactions,
   * unless `dependents` says to archive those too. Gives back the seqs of everything that was archived, in order.
   *
   * One whose outcome is unknown can be archived, too: its record goes on to say so, for the master may have it. One that
   * was processed is only put out of sight.
   */
  async archive(seqs: readonly number[], options: ArchiveOptions = {}): Promise<readonly number[]> {
    const { local = 'revert' } = options
    refuseUnknownChoice('local', local, ['revert', 'keep'])
    const archived = await this.#change('archive', async (tx) => {
      const chosen = await existing(tx, seqs)
      return this.#archive(tx, chosen, { ...options, local })
    })
    this.#context.wake()
    return archived
  }

  /**
   * Deletes transactions without a trace, after taking their effect on the local rows back. Refused for one that was
   * processed, while it is not known whether the master has it, and, unless `dependents` says to discard those too, when
   * other unsent transactions need a row that it creates. Gives back the seqs of everything that was discarded, in order.
   */
  async discard(
    seqs: readonly number[],
    options: { readonly dependents?: 'refuse' | 'discard' } = {},
  ): Promise<readonly number[]> {
    const discarded = await this.#change('discard', (tx) => this.#discard(tx, seqs, options))
    this.#context.wake()
    return discarded
  }

  /**
   * Takes back everything that was done to a row here and that the master does not have: archives each unsent transaction
   * that changes it. Refused where such a one changes other rows, too, or creates one that others need, unless
   * `dependents` says to archive all of that. Gives back the seqs of everything that was archived, in order.
   */
  async revert(
    row: { readonly table: string; readonly id: string },
    options: { readonly dependents?: 'refuse' | 'archive' } = {},
  ): Promise<readonly number[]> {
    const { table, id } = canonicalRow(row)
    const reverted = await this.#change('revert row', async (tx) => {
      if (!this.#context.tables().has(table)) {
        throw new OutpostError('invalid', `table '${table}' is not among the tables this client org keeps`, {
          place: { table, rule: 'unknown-table' },
          remedy: 'Add the table to the configuration.',
        })
      }
      const touching = [rowKey(table, id)]
      const found = await tx.findTransactions({ statuses: ['pending', 'error', 'archived'], touching })
      const isRow = (change: { readonly table: string; readonly id: string }): boolean =>
        change.table === table && change.id === id
      const chosen = found.filter((transaction) => isShown(transaction) && transaction.changes.some(isRow))
      const group = chosen.find(({ changes }) => !changes.every(isRow))
      if (group && options.dependents !== 'archive') {
        const other = group.changes.find((change) => !isRow(change))
        throw new OutpostError('refused', `transaction #${group.seq} changes ${other?.table} ${other?.id} as well`, {
          place: { table, row: id, rule: 'dependents' },
          remedy: 'Let the reverting take the other rows of the transaction along.',
        })
      }
      return this.#archive(tx, chosen, { ...options, local: 'revert' })
    })
    this.#context.wake()
    return reverted
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
    await this.#change('amend', (tx) => this.#amend(tx, seq, values, row && canonicalRow(row)))
    this.#context.wake()
  }

  /** Everything that ever happened to a row, from its first commit here to the pulls that brought back what was sent. */
  trace(row: { readonly table: string; readonly id: string }): Promise<readonly TraceEntry[]> {
    return this.#context.store.read('trace row', (tx) => traceRow(tx, canonicalRow(row)))
  }

  /**
   * The chosen transactions as plain JSON, to be kept safe or taken elsewhere: those with the seqs that are given, else
   * all in the given statuses, else everything that was not processed. Only what is this user's.
   */
  async exportQueue(options: ExportOptions = {}): Promise<QueueFile> {
    const { now } = this.#context.readiness()
    const identity = this.#context.identity()
    return this.#look('export queue', (tx) => {
      const [catalogueStamp, tables] = [this.#context.catalogueStamp(), this.#context.tables()]
      return writeQueueFile(tx, options, { identity, catalogueStamp, tables, now })
    })
  }

  /**
   * Adds what such a file holds and this outbox does not, at its end, and does what was decided in the file about
   * transactions that are here. What cannot be taken is in the report. What the other device may have sent is looked for on
   * the master before it is sent.
   *
   * Throws `invalid`, naming the place, for what is no such file, and `refused` for another user's or organisation's.
   */
  async importQueue(file: unknown): Promise<ImportReport> {
    const queue = readQueueFile(file)
    const identity = this.#context.identity()
    const operations: QueueOperations = {
      setPending: (tx, seq) => this.#setPending(tx, [seq]),
      amend: (tx, seq, values, row) => this.#amend(tx, seq, values, row && canonicalRow(row)),
      archive: async (tx, seq, local) => void (await this.#archive(tx, await existing(tx, [seq]), { local })),
      discard: async (tx, seq) => void (await this.#discard(tx, [seq], {})),
    }
    const report = await this.#change('import queue', (tx) =>
      importTransactions(tx, queue, { identity, tables: this.#context.tables(), operations }),
    )
    this.#context.wake()
    return report
  }

  /** Changes the queue in one store transaction. Refused while its user is signed out, for it would be done in their name. */
  #change<T>(name: string, body: (tx: StoreWriter) => Promise<T>): Promise<T> {
    return this.#following(() =>
      this.#context.store.write(name, async (tx) => {
        if (await this.#context.hasLeft(tx)) throw refusedAfterSignOut()
        return (await this.#context.isInForce(tx)) ? body(tx) : REPLACED
      }),
    )
  }

  /** Looks at the queue in one store transaction. */
  #look<T>(name: string, body: (tx: StoreReader) => Promise<T>): Promise<T> {
    return this.#following(() =>
      this.#context.store.read(name, async (tx) => ((await this.#context.isInForce(tx)) ? body(tx) : REPLACED)),
    )
  }

  /** By other tables than those in force the rows of a transaction would not be shown anew. */
  async #following<T>(attempt: () => Promise<T | typeof REPLACED>): Promise<T> {
    for (;;) {
      const done = await attempt()
      if (done !== REPLACED) return done
      await this.#context.follow()
    }
  }

  async #setPending(tx: StoreWriter, seqs: readonly number[]): Promise<void> {
    const chosen = await existing(tx, seqs)
    this.#refuseInFlight(chosen)
    await this.#pendingAgain(tx, chosen)
  }

  async #amend(
    tx: StoreWriter,
    seq: number,
    values: Readonly<Record<string, ColumnValue | undefined>>,
    row: { readonly table: string; readonly id: string } | undefined,
  ): Promise<void> {
    const [transaction] = await existing(tx, [seq])
    if (!transaction) return
    const { now } = this.#context.readiness()
    this.#refuseInFlight([transaction])
    refuseSettled(transaction)
    refuseUnknown(transaction)
    const tables = this.#context.tables()
    const amendment = await amendChange(tx, transaction, values, row, tables)
    const { after, changes } = amendment
    const corrected = after ? [after] : []
    await refuseLaterRows(tx, seq, corrected, tables)
    await refuseKeptRows(tx, corrected, tables)
    await checkChanges(tx, corrected, { tables, definitions: new Map(), privileges: null, seq })
    const amended = {
      ...BEGUN_ANEW,
      changes,
      amendedUnder: this.#amendedNow(transaction, amendment.before, values),
      touches: touchesOf(changes, tables, transaction.after),
      dependsOn: await dependenciesOf(tx, changes, tables, seq, transaction.after),
      outcome: 'not-sent' as const,
    }
    await tx.putTransactions([transition(transaction, 'amended', now, amended)])
    await restack(tx, seq, amendment)
    await letGo(tx, transaction, amended, tables)
    await refreshChanged(tx, transaction.changes, tables)
  }

  /** What is corrected now was checked against the metadata of now, whatever the rest was checked against. */
  #amendedNow(
    { amendedUnder }: OfflineTransaction,
    row: { readonly table: string; readonly id: string },
    values: Readonly<Record<string, unknown>>,
  ): Readonly<Record<string, string>> {
    const stamp = this.#context.catalogueStamp() ?? ''
    return { ...amendedUnder, ...Object.fromEntries(Object.keys(values).map((name) => [columnKey(row, name), stamp])) }
  }

  async #discard(
    tx: StoreWriter,
    seqs: readonly number[],
    options: { readonly dependents?: 'refuse' | 'discard' },
  ): Promise<readonly number[]> {
    refuseUnknownChoice('dependents', options.dependents, ['refuse', 'discard'])
    const chosen = await existing(tx, seqs)
    const tables = this.#context.tables()
    const followers = await followersOf(tx, chosen, tables, true)
    if (options.dependents !== 'discard')
      refuseFollowers(followers, 'Discard both, or let the discarding take its dependents along.')
    const all = inOrder([...chosen, ...followers.map(({ transaction }) => transaction)])
    this.#refuseInFlight(all)
    for (const transaction of all) refuseDelivered(transaction)
    for (const transaction of all) refuseUnknown(transaction)
    await remove(tx, all, tables)
    return all.map(({ seq }) => seq)
  }

  async #archive(
    tx: StoreWriter,
    chosen: readonly OfflineTransaction[],
    { dependents, local }: { readonly dependents?: 'refuse' | 'archive'; readonly local: LocalEffect },
  ): Promise<readonly number[]> {
    refuseUnknownChoice('dependents', dependents, ['refuse', 'archive'])
    const tables = this.#context.tables()
    const followers = await followersOf(tx, chosen, tables, local === 'revert')
    if (dependents !== 'archive')
      refuseFollowers(followers, 'Archive both, or let the archiving take its dependents along.')
    const all = inOrder([...chosen, ...followers.map(({ transaction }) => transaction)])
    this.#refuseInFlight(all)
    await putAway(tx, all, tables, { now: this.#context.readiness().now, local })
    return all.map(({ seq }) => seq)
  }

  #allPendingAgain(): Promise<number> {
    return this.#change('set all pending', async (tx) => {
      let count = 0
      for (let after = 0; ;) {
        const part = await tx.findTransactions({ statuses: ['error'], after, limit: PART })
        await this.#pendingAgain(tx, part)
        count += part.length
        if (part.length < PART) return count
        after = part.at(-1)?.seq ?? after
      }
    })
  }

  #pendingAgain(tx: StoreWriter, transactions: readonly OfflineTransaction[]): Promise<void> {
    return revive(tx, transactions, this.#context.tables(), this.#context.readiness().now)
  }

  #refuseInFlight(transactions: readonly OfflineTransaction[]): void {
    const { now } = this.#context.readiness()
    const sending = transactions.find(({ lease }) => lease && isAhead(lease.until, now, LEASE_MS))
    if (!sending) return
    throw new OutpostError('refused', `transaction #${sending.seq} is being sent`, {
      place: { rule: 'in-flight' },
      remedy: 'Try again when it is settled.',
    })
  }
}

/** The transactions with these seqs, each once. Throws `invalid` when there is none with one of them. */
async function existing(tx: StoreReader, seqs: readonly number[]): Promise<readonly OfflineTransaction[]> {
  const wanted = [...new Set(seqs)]
  const found = await tx.transactions(wanted)
  return found.map((transaction, index) => {
    if (transaction) return transaction
    throw new OutpostError('invalid', `there is no transaction #${wanted[index]}`, {
      place: { rule: 'unknown-transaction' },
      remedy: 'List the transactions: each has its seq.',
    })
  })
}

function inOrder(transactions: readonly OfflineTransaction[]): readonly OfflineTransaction[] {
  return transactions.toSorted((one, other) => one.seq - other.seq)
}
