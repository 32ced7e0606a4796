import type { HistoryEntry, OfflineTransaction, TransactionEvent, TransactionStatus } from '@outpost/core'
import { isSame } from './same.ts'
import type { Look } from './look.ts'
import type { Problem } from './problem.ts'

/*
 * The rules of the outbox are written down here a second time, on purpose: a mistake in the engine's own table of
 * transitions does not hide here.
 */

/** Which event leads from which status to which. */
const MOVES: Readonly<Record<TransactionStatus, Partial<Record<TransactionEvent, TransactionStatus>>>> = {
  pending: {
    folded: 'pending',
    sent: 'pending',
    deferred: 'pending',
    answered: 'pending',
    verified: 'pending',
    merged: 'pending',
    'set-pending': 'pending',
    amended: 'pending',
    migrated: 'pending',
    delivered: 'processed',
    refused: 'error',
    cancelled: 'archived',
    overruled: 'archived',
    archived: 'archived',
  },
  error: { 'set-pending': 'pending', amended: 'pending', archived: 'archived' },
  archived: { 'set-pending': 'pending', archived: 'archived' },
  processed: { echoed: 'processed', archived: 'archived' },
}

const IMMUTABLE = ['seq', 'id', 'organizationId', 'userId', 'createdAt'] as const

/** A longer history may lose the oldest of its vain attempts and of its folds, and nothing else. */
const HISTORY_LIMIT = 60
const VAIN: readonly TransactionEvent[] = ['sent', 'deferred', 'folded']

/** How long who sends something may take it that nobody else does: longer than any request takes. */
const CLAIM_MS = 180_000

/** What ends a claim by whoever has it. */
const ANSWERS: readonly TransactionEvent[] = ['deferred', 'answered', 'delivered', 'refused', 'merged', 'overruled']

/** Transactions take legal steps only, and their histories only grow. */
export function moves({ device, changed, before, written, isWhole }: Look): readonly Problem[] {
  const problems: Problem[] = []
  let last = 0
  for (const seq of before.keys()) last = Math.max(last, seq)
  for (const transaction of changed) {
    const old = before.get(transaction.seq)
    const found = [...(old ? step(old, transaction) : begins(transaction, last)), ...state(transaction)]
    // What came in a file was in flight elsewhere.
    const isOwn = old !== undefined || written.get(transaction.seq)?.entry?.isImported === false
    if (isWhole && isOwn) found.push(...claims(old?.history ?? [], transaction.history))
    for (const words of found)
      problems.push({ check: 'moves', words: `device ${device.number}: #${transaction.seq} ${words}` })
  }
  return problems
}

function begins({ seq, history }: OfflineTransaction, last: number): readonly string[] {
  const [first, ...others] = history
  const found = first?.event === 'committed' ? walk('pending', others).words : ['does not begin with its commit']
  return seq > last ? found : [...found, `comes after #${last}`]
}

function step(old: OfflineTransaction, now: OfflineTransaction): readonly string[] {
  const found: string[] = IMMUTABLE.flatMap((name) =>
    old[name] === now[name] ? [] : [`had ${name} ${old[name]} and has ${now[name]}`],
  )
  const grown = growth(old.history, now.history)
  if (!grown) return [...found, `has the history ${events(now.history)}, and had ${events(old.history)}`]
  const { words, status } = walk(old.status, grown)
  found.push(...words)
  if (words.length === 0 && status !== now.status)
    found.push(`is ${now.status}, not ${status}, after ${events(grown) || 'nothing'}`)
  if (old.status === 'processed' && !isSame(old.changes, now.changes)) found.push('changes after its delivery')
  let wasSent = old.attempts > 0 || old.lease !== null || old.outcome !== 'not-sent'
  for (const { event } of grown) {
    // It was looked for, and is not on the master.
    if (event === 'verified') wasSent = false
    if (event === 'folded' || event === 'cancelled') {
      if (wasSent) found.push(`is ${event} although it may have been sent`)
      if (old.coalesce === false) found.push(`is ${event} although it must not be`)
      if (old.changes.length !== 1) found.push(`is ${event} although it is a group`)
    }
    if (event === 'delivered' && old.history.some((entry) => entry.event === 'delivered'))
      found.push('is delivered twice')
  }
  return found
}

/**
 * What is in flight is left alone by all others until its sender has said what came of it, or its time is over. The sender
 * says so unless it dies or its store fails.
 */
function claims(old: readonly HistoryEntry[], now: readonly HistoryEntry[]): readonly string[] {
  let sent: HistoryEntry | undefined
  for (const entry of growth(old, now) ?? []) {
    const isTaken = entry.event === 'sent' || entry.event === 'verified'
    if (sent && isTaken && entry.at - sent.at < CLAIM_MS) return [`is ${entry.event} while it is in flight`]
    if (entry.event === 'sent') sent = entry
    else if (ANSWERS.includes(entry.event)) sent = undefined
  }
  return []
}

function walk(
  from: TransactionStatus,
  entries: readonly HistoryEntry[],
): { readonly status: TransactionStatus; readonly words: readonly string[] } {
  let status = from
  for (const { event } of entries) {
    const next = MOVES[status][event]
    if (!next) return { status, words: [`is ${status} and cannot be ${event}`] }
    status = next
  }
  return { status, words: [] }
}

/** What is true of every transaction that is kept. */
function state(transaction: OfflineTransaction): readonly string[] {
  const { status, outcome, lease, lastError, attempts, dependsOn, seq, history, kept } = transaction
  const found: string[] = []
  if (status !== 'pending' && lease) found.push(`is ${status} and in flight`)
  if (lease && outcome !== 'unknown') found.push(`is in flight and ${outcome}`)
  if (status === 'processed' && outcome !== 'known') found.push(`is processed and ${outcome}`)
  if (status === 'processed' && lastError) found.push('is processed and has an error')
  if (status === 'error' && !lastError) found.push('is in error and does not say why')
  if (attempts < 0) found.push(`has ${attempts} attempts`)
  if (dependsOn.some((other) => other >= seq)) found.push(`waits for ${dependsOn.join(', ')}`)
  if (kept && status !== 'archived') found.push(`is kept and ${status}`)
  if (transaction.changes.length === 0) found.push('has no changes')
  if (history.length > HISTORY_LIMIT + 10) found.push(`has a history of ${history.length}`)
  return found
}

/** The entries that were added; null where the old ones are not all there, but for echoes and vain ones of a long history. */
function growth(old: readonly HistoryEntry[], now: readonly HistoryEntry[]): readonly HistoryEntry[] | null {
  let at = 0
  for (const entry of old) {
    if (isKept(entry, now[at])) at += 1
    // A pull need not outlive a loss of power: what it brought back it brings again.
    else if (entry.event === 'echoed') continue
    else if (now.length < HISTORY_LIMIT || !VAIN.includes(entry.event)) return null
  }
  return now.slice(at)
}

/** An entry can come to tell more, never something else. */
function isKept(entry: HistoryEntry, now: HistoryEntry | undefined): boolean {
  return entry === now || (now !== undefined && isSame({ ...now, ...entry }, now))
}

function events(history: readonly HistoryEntry[]): string {
  return history.map(({ event }) => event).join(', ')
}
