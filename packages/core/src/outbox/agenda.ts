import { REQUEST_BYTES } from '../push/pace.ts'
import type { RequestLimits } from '../push/pace.ts'
import type { Store, StoreChange, StoreReader } from '../ports/store.ts'
import { rowKey } from '../row.ts'
import { estimatedBytes } from './estimated-bytes.ts'
import type { OfflineTransaction, TransactionStatus } from './offline-transaction.ts'
import { isAhead, LEASE_MS, pendingReason } from './readiness.ts'
import type { PendingReason, ReadinessContext } from './readiness.ts'
import { Round } from './round.ts'

/** How many transactions are read at a time, and how much text they may hold together. */
const PART = { least: 20, most: 200, bytes: 4_000_000 }

/** How long what is remembered of the queue is believed. */
const BELIEVED_MS = 60_000

type Verdict = 'taken' | 'waits' | 'no-room'

/**
 * Which transactions can be sent next. It goes through the queue once and remembers of each transaction that has to wait
 * what it waits for, never its body; what a commit may have released, it looks at again. So a long queue of which most
 * has to wait is not read from its beginning again and again.
 *
 * It is only a memory: `reset` forgets everything and costs one more reading of the queue.
 */
export class Agenda {
  readonly #store: Store
  /** Up to here the queue was read; what is pending before is in one of the following, or was taken. */
  #cursor = 0
  readonly #again = new Set<number>()
  readonly #blocked = new Map<number, Set<number>>()
  readonly #held = new Map<string, Set<number>>()
  readonly #waiting = new Map<number, number>()
  /** Ready, too large for the company of others; with the attempts so far. */
  readonly #large = new Map<number, number>()
  readonly #taken = new Set<number>()
  /** What was committed while the queue was read: what was read does not show it. */
  #unheard: StoreChange[] | null = null
  #begunAt = Number.NEGATIVE_INFINITY
  #partSize = PART.least
  #hasChanged = false
  #onChange: (() => void)[] = []

  constructor(store: Store) {
    this.#store = store
  }

  /** Forgets what it knows, so that the whole queue is looked at again; what is taken stays so. */
  reset(): void {
    this.#cursor = 0
    for (const memory of [this.#again, this.#blocked, this.#held, this.#waiting, this.#large]) memory.clear()
  }

  /** Forgets it only where that was long ago: not every store hears what another process does. */
  resetAfter(now: number): void {
    const age = now - this.#begunAt
    if (age >= 0 && age < BELIEVED_MS) return
    this.reset()
    this.#begunAt = now
  }

  /** Has the queue looked at as a whole when it is asked for the next time. */
  distrust(): void {
    this.#begunAt = Number.NEGATIVE_INFINITY
  }

  /** To be told of every commit of the store. */
  heard(change: StoreChange): void {
    this.#hasChanged = true
    for (const resolve of this.#onChange.splice(0)) resolve()
    if (this.#unheard) this.#unheard.push(change)
    else this.#release(change)
  }

  /** Resolves when something was committed after the last `take` began. */
  changed(): Promise<void> {
    if (this.#hasChanged) return Promise.resolve()
    return new Promise((resolve) => this.#onChange.push(resolve))
  }

  /** The next round: ready transactions that are not taken yet, without the large ones. They are taken then. */
  async take(context: ReadinessContext, limits: RequestLimits): Promise<Round> {
    this.#hasChanged = false
    const round = new Round(limits)
    await this.#walk(
      'find ready transactions',
      context,
      () => round.room,
      (transaction) => round.take(transaction),
    )
    for (const { seq } of round.all) this.#taken.add(seq)
    return round
  }

  /** The large transaction whose turn it is: one that failed before comes after those that did not. */
  async takeLarge(context: ReadinessContext): Promise<OfflineTransaction | null> {
    return this.#reading('find a large transaction', async (tx) => {
      const inTurn = [...this.#large].toSorted(
        ([seq, tried], [other, othersTried]) => tried - othersTried || seq - other,
      )
      for (const [seq] of inTurn) {
        this.#large.delete(seq)
        const [transaction] = await tx.transactions([seq])
        if (transaction?.status !== 'pending') continue
        const reason = await pendingReason(tx, transaction, context)
        if (isSendable(reason)) {
          this.#taken.add(seq)
          return transaction
        }
        this.#file(seq, reason)
      }
      return null
    })
  }

  /** Gives back what was taken. What is still pending is looked at again; what is settled is done with. */
  giveBack(transactions: readonly OfflineTransaction[], settled: ReadonlySet<number>): void {
    for (const { seq } of transactions) {
      this.#taken.delete(seq)
      // What the queue is still to be read for would be given twice.
      if (!settled.has(seq) && seq <= this.#cursor) this.#again.add(seq)
    }
  }

  /** When there is something to send: now, at a time of the device clock, or only after something was committed. */
  async nextAttempt(context: ReadinessContext): Promise<'now' | 'none' | number> {
    let found = false
    const stop = (): boolean => {
      found = true
      return false
    }
    await this.#walk('next attempt', context, () => (found || this.#large.size > 0 ? 0 : 1), stop)
    if (found || this.#large.size > 0) return 'now'
    return this.#waiting.size === 0 ? 'none' : Math.min(...this.#waiting.values())
  }

  /** Offers every ready transaction, those that were put off before first, until there is no room. */
  #walk(
    name: string,
    context: ReadinessContext,
    room: () => number,
    offer: (transaction: OfflineTransaction) => boolean,
  ): Promise<void> {
    return this.#reading(name, async (tx) => {
      const statuses = new Map<number, TransactionStatus | undefined>()
      const look = async (transaction: OfflineTransaction): Promise<Verdict> => {
        const { seq } = transaction
        if (this.#taken.has(seq) || this.#large.has(seq)) return 'taken'
        const reason = await pendingReason(tx, transaction, context, statuses)
        if (!isSendable(reason)) {
          this.#file(seq, reason)
          return 'waits'
        }
        if (estimatedBytes(transaction) <= REQUEST_BYTES) return offer(transaction) ? 'taken' : 'no-room'
        this.#large.set(seq, transaction.attempts)
        return 'taken'
      }
      this.#wakeDue(context.now)
      while (this.#again.size > 0) {
        if (room() === 0) return
        const seqs = [...this.#again].toSorted((one, other) => one - other).slice(0, this.#partFor(room()))
        const part = await tx.transactions(seqs)
        this.#learn(part)
        for (const [index, seq] of seqs.entries()) {
          const transaction = part[index]
          if (transaction?.status === 'pending' && (await look(transaction)) === 'no-room') return
          this.#again.delete(seq)
        }
      }
      for (;;) {
        if (room() === 0) return
        const limit = this.#partFor(room())
        const part = await tx.findTransactions({ statuses: ['pending'], after: this.#cursor, limit })
        this.#learn(part)
        for (const transaction of part) {
          if ((await look(transaction)) === 'no-room') return
          this.#cursor = transaction.seq
        }
        if (part.length < limit) return
      }
    })
  }

  /** Reads the queue. What is committed meanwhile is heard afterwards; after a failure nothing is known any more. */
  async #reading<T>(name: string, body: (tx: StoreReader) => Promise<T>): Promise<T> {
    const unheard: StoreChange[] = []
    this.#unheard = unheard
    try {
      return await this.#store.read(name, body)
    } catch (error) {
      this.reset()
      throw error
    } finally {
      this.#unheard = null
      for (const change of unheard) this.#release(change)
    }
  }

  /** Remembers what a transaction waits for. One of another user waits for nothing that could happen here. */
  #file(seq: number, reason: PendingReason): void {
    if (reason.kind === 'blocked') remember(this.#blocked, reason.by, seq)
    if (reason.kind === 'held') remember(this.#held, rowKey(reason.table, reason.row), seq)
    if (reason.kind === 'backing-off' || reason.kind === 'in-flight') this.#waiting.set(seq, reason.until)
  }

  #release({ name, transactions, rows }: StoreChange): void {
    if (name === 'elsewhere') this.reset()
    for (const seq of transactions) {
      this.#lookAgain(this.#blocked, seq)
      this.#large.delete(seq)
      this.#waiting.delete(seq)
      if (seq <= this.#cursor && !this.#taken.has(seq)) this.#again.add(seq)
    }
    if (this.#held.size === 0) return
    for (const [table, ids] of rows) {
      const keys = ids.length > 0 ? ids.map((id) => rowKey(table, id)) : [...this.#held.keys()]
      for (const key of keys) this.#lookAgain(this.#held, key)
    }
  }

  #lookAgain<K>(memory: Map<K, Set<number>>, key: K): void {
    for (const seq of memory.get(key) ?? []) this.#again.add(seq)
    memory.delete(key)
  }

  #wakeDue(now: number): void {
    for (const [seq, until] of this.#waiting) {
      if (isAhead(until, now, LEASE_MS)) continue
      this.#waiting.delete(seq)
      this.#again.add(seq)
    }
  }

  #partFor(room: number): number {
    return Math.min(this.#partSize, Math.max(PART.least, room))
  }

  /** The next part is as long as the size of the bodies in this one allows. */
  #learn(part: readonly (OfflineTransaction | undefined)[]): void {
    if (part.length === 0) return
    const bytes = part.reduce((sum, transaction) => sum + (transaction ? estimatedBytes(transaction) : 0), 0)
    this.#partSize = Math.max(1, Math.min(PART.most, Math.floor((PART.bytes * part.length) / Math.max(1, bytes))))
  }
}

function isSendable(reason: PendingReason): boolean {
  return reason.kind === 'ready' || reason.kind === 'verifying'
}

function remember<K>(memory: Map<K, Set<number>>, key: K, seq: number): void {
  const seqs = memory.get(key)
  if (seqs) seqs.add(seq)
  else memory.set(key, new Set([seq]))
}
