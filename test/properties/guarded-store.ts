import { isDeepStrictEqual } from 'node:util'
import type {
  HistoryEntry,
  OfflineTransaction,
  Store,
  StoreReader,
  StoreWriter,
  TransactionEvent,
  TransactionStatus,
  UnsequencedTransaction,
} from '@outpost/core'

/*
 * A store that watches what is done to the outbox. The rules are written down here a second time, on purpose: a mistake
 * in the engine's own table of transitions does not hide here.
 */

type Move = `${TransactionStatus} ${TransactionEvent} ${TransactionStatus}`

/** Every move there is. */
export const MOVES: ReadonlySet<Move> = new Set([
  'pending folded pending',
  'pending sent pending',
  'pending deferred pending',
  'pending answered pending',
  'pending verified pending',
  'pending merged pending',
  'pending set-pending pending',
  'pending amended pending',
  'pending delivered processed',
  'pending refused error',
  'pending cancelled archived',
  'pending overruled archived',
  'pending archived archived',
  'error set-pending pending',
  'error amended pending',
  'error archived archived',
  'archived set-pending pending',
  'processed echoed processed',
  'processed archived archived',
  // One whose effect was left on the rows gives that up, too.
  'archived archived archived',
])

/** A longer history may lose the oldest of its vain attempts and of its folds, and nothing else. */
const HISTORY_LIMIT = 60
const VAIN: readonly TransactionEvent[] = ['sent', 'deferred', 'folded']

export interface GuardedStore extends Store {
  /** What was done that is not allowed, in words. */
  readonly violations: readonly string[]
  /** How often each move was made. */
  readonly moves: ReadonlyMap<string, number>
  /** The seqs that were deleted: what a person discards. */
  readonly deleted: ReadonlySet<number>
}

/** The store, watched. Nothing is kept from being done; `violations` tells of it. */
export function guardedStore(store: Store): GuardedStore {
  const violations: string[] = []
  const moves = new Map<string, number>()
  const deleted = new Set<number>()
  let lastSeq = 0

  async function put(name: string, tx: StoreReader, transactions: readonly OfflineTransaction[]): Promise<void> {
    const before = await tx.transactions(transactions.map(({ seq }) => seq))
    for (const [index, after] of transactions.entries()) {
      const old = before[index]
      const tell = (words: string): void => void violations.push(`'${name}' on #${after.seq}: ${words}`)
      if (old) checkStep(old, after, tell, moves)
      else tell('is put, and is not there')
      checkState(after, tell)
    }
  }

  function append(name: string, transactions: readonly UnsequencedTransaction[], seqs: readonly number[]): void {
    for (const [index, transaction] of transactions.entries()) {
      const seq = seqs[index] ?? 0
      const tell = (words: string): void => void violations.push(`'${name}' appends #${seq}: ${words}`)
      if (seq <= lastSeq) tell(`after #${lastSeq}`)
      lastSeq = Math.max(lastSeq, seq)
      const events = transaction.history.map(({ event }) => event)
      if (name === 'commit' && !isDeepStrictEqual(events, ['committed'])) tell(`its history is ${events.join(', ')}`)
      if (name === 'commit' && transaction.status !== 'pending') tell(`it begins as ${transaction.status}`)
      if (events[0] !== 'committed') tell('its history does not begin with the commit')
      checkState({ ...transaction, seq }, tell)
    }
  }

  async function remove(name: string, tx: StoreReader, seqs: readonly number[]): Promise<void> {
    for (const transaction of await tx.transactions(seqs)) {
      if (!transaction) continue
      deleted.add(transaction.seq)
      if (transaction.outcome === 'unknown')
        violations.push(`'${name}' deletes #${transaction.seq}, which may have arrived`)
      if (transaction.lease) violations.push(`'${name}' deletes #${transaction.seq} in flight`)
    }
  }

  const watched = (name: string, tx: StoreWriter): StoreWriter =>
    new Proxy(tx, {
      get(target, property) {
        const method: unknown = Reflect.get(target, property)
        if (typeof method !== 'function') return method
        return async (...args: unknown[]) => {
          if (property === 'putTransactions') await put(name, tx, args[0] as OfflineTransaction[])
          if (property === 'deleteTransactions') await remove(name, tx, args[0] as number[])
          const result: unknown = await Reflect.apply(method, target, args)
          if (property === 'appendTransactions') append(name, args[0] as UnsequencedTransaction[], result as number[])
          return result
        }
      },
    })

  return {
    exclusive: store.exclusive,
    read: (name, body) => store.read(name, body),
    write: (name, body, options) => store.write(name, (tx) => body(watched(name, tx)), options),
    subscribe: (listener) => store.subscribe(listener),
    close: () => store.close(),
    violations,
    moves,
    deleted,
  }
}

type Tell = (words: string) => void

const IMMUTABLE = ['seq', 'id', 'organizationId', 'userId', 'createdAt'] as const

/** What one put may do to a transaction. */
function checkStep(old: OfflineTransaction, after: OfflineTransaction, tell: Tell, moves: Map<string, number>): void {
  for (const name of IMMUTABLE) if (old[name] !== after[name]) tell(`${name} was ${old[name]} and is ${after[name]}`)
  const grown = growth(old.history, after.history)
  if (!grown) return tell(`its history was ${words(old.history)} and is ${words(after.history)}`)
  let status = old.status
  for (const { event } of grown) {
    const next = nextStatus(status, event)
    if (!next) return tell(`it is ${status} and cannot be ${event}`)
    const move = `${status} ${event} ${next}`
    moves.set(move, (moves.get(move) ?? 0) + 1)
    status = next
  }
  if (status !== after.status) tell(`after ${words(grown) || 'nothing'} it is ${after.status}, not ${status}`)
  const events = grown.map(({ event }) => event)
  if (old.status === 'processed' && !isDeepStrictEqual(old.changes, after.changes)) tell('changes after its delivery')
  const unsent = old.attempts === 0 && old.lease === null && old.outcome === 'not-sent'
  for (const event of ['folded', 'cancelled'] as const) {
    if (events.includes(event) && !unsent) tell(`is ${event} although it may have been sent`)
    if (events.includes(event) && old.coalesce === false) tell(`is ${event} although it must not be`)
    if (events.includes(event) && old.changes.length !== 1) tell(`is ${event} although it is a group`)
  }
  if (events.includes('amended') && old.outcome === 'unknown') tell('is amended although it may have arrived')
  if (old.status === 'archived' && events.includes('archived') && !old.kept) tell('is archived twice')
  if (events.includes('delivered') && old.history.some(({ event }) => event === 'delivered')) tell('is delivered twice')
}

function nextStatus(status: TransactionStatus, event: TransactionEvent): TransactionStatus | undefined {
  const statuses: readonly TransactionStatus[] = ['pending', 'processed', 'error', 'archived']
  return statuses.find((next) => MOVES.has(`${status} ${event} ${next}`))
}

/** What is true of every transaction that is kept. */
function checkState(transaction: OfflineTransaction, tell: Tell): void {
  const { status, outcome, lease, lastError, attempts, dependsOn, seq, history } = transaction
  if (status !== 'pending' && lease) tell(`is ${status} and in flight`)
  if (lease && outcome !== 'unknown') tell(`is in flight and ${outcome}`)
  if (status === 'processed' && outcome !== 'known') tell(`is processed and ${outcome}`)
  if (status === 'processed' && lastError) tell('is processed and has an error')
  if (status === 'error' && !lastError) tell('is an error and says not why')
  const wasLost = history.some(({ event }) => event === 'deferred')
  if (status === 'error' && outcome === 'unknown' && !wasLost) tell('is an error and may have arrived')
  if (attempts < 0) tell(`has ${attempts} attempts`)
  if (dependsOn.some((other) => other >= seq)) tell(`waits for ${dependsOn.join(', ')}`)
  if (transaction.kept && status !== 'archived') tell(`is kept and ${status}`)
  if (transaction.changes.length === 0) tell('has no changes')
  if (history.length > HISTORY_LIMIT + 10) tell(`has a history of ${history.length}`)
}

/** The entries that were added; null where the old ones are not all there, but for vain ones of a long history. */
function growth(old: readonly HistoryEntry[], after: readonly HistoryEntry[]): readonly HistoryEntry[] | null {
  let at = 0
  for (const entry of old) {
    if (isKept(entry, after[at])) at += 1
    else if (old.length < HISTORY_LIMIT || !VAIN.includes(entry.event)) return null
  }
  return after.slice(at)
}

/** An entry can come to tell more, never something else. */
function isKept(entry: HistoryEntry, after: HistoryEntry | undefined): boolean {
  return after !== undefined && isDeepStrictEqual({ ...after, ...entry }, after)
}

function words(history: readonly HistoryEntry[]): string {
  return history.map(({ event }) => event).join(', ')
}
