import type { Change, OfflineTransaction, Row } from '@outpost/core'
import type { Deed } from '../book.ts'
import type { Device } from '../device.ts'
import { decidedColumns, hasHappened, valuesOf, without, withTarget } from './decisions.ts'
import type { Look, Written } from './look.ts'
import type { Problem } from './problem.ts'
import { lastToken } from './tokens.ts'

/** I1: every acknowledged write is in the outbox, in one of its statuses, with what was written. */
export function nothingLost({ device, transactions, before, written }: Look): readonly Problem[] {
  const problems: Problem[] = []
  for (const each of written.values()) {
    const transaction = transactions.get(each.seq)
    if (transaction && transaction === before.get(each.seq) && !each.isNew) continue
    const words = transaction
      ? lacking(each, transaction, device, before.get(each.seq))
      : each.entry?.isDoubtful
        ? null
        : 'is gone'
    if (words !== null) problems.push({ check: 'I1', words: `device ${device.number}: #${each.seq} ${words}` })
  }
  return problems
}

const STATUSES: readonly string[] = ['pending', 'processed', 'error', 'archived']

function lacking(
  { deeds, entry }: Written,
  transaction: OfflineTransaction,
  { book }: Device,
  old: OfflineTransaction | undefined,
): string | null {
  const { status, changes } = transaction
  if (!STATUSES.includes(status)) return `is ${String(status)}`
  // Undone before it was sent, by a later write that the book has behind it.
  const last = transaction.history.findLast(({ event }) => event === 'cancelled' || event === 'set-pending')
  if (last?.event === 'cancelled') {
    // It was so in the file that it came in.
    if (entry?.isImported && (!old || hasHappened(old, 'cancelled'))) return null
    const isOfRow = ({ table, id }: Deed): boolean => deeds.some((deed) => deed.table === table && deed.id === id)
    return deeds.length > 1 || book.perhaps.some((each) => each.some(isOfRow)) ? null : 'is cancelled by nobody'
  }
  if (hasHappened(transaction, 'migrated') || entry?.isImported) return null
  // What was corrected in a transaction that the book does not have is not in the book, either.
  if (entry === null && hasHappened(transaction, 'amended')) return null
  for (const { kind, table, id } of deeds) {
    const ofRow = changes.filter((each) => each.table === table && each.id === id)
    if (ofRow.length > 0) continue
    // A value that was there already is not written; nor what a decision left nothing of, nor what undoes itself.
    if (kind === 'update' || hasHappened(transaction, 'merged')) continue
    if (deeds.some((other) => other.table === table && other.id === id && other.kind !== kind)) continue
    return `has lost what it does to ${table} ${id}: ${kind}`
  }
  for (const { table, id, kind, values, wasCreated } of finalDeeds(deeds)) {
    if (kind !== 'create' && kind !== 'update') continue
    const decided = decidedColumns(transaction, table, id)
    const amended = new Set(
      entry?.amendments.flatMap((each) => (each.id === id ? Object.keys(each.values).flatMap(withTarget) : [])),
    )
    const held = heldValues(changes, table, id)
    for (const [name, value] of Object.entries(values)) {
      if (decided.has(name) || amended.has(name) || entry?.isDoubtful) continue
      // Of an update, what was there already is not written; a text of its own never was.
      if (!wasCreated && lastToken(value) === null) continue
      // Nor is what the master turned out to have; the history has it still.
      const isMerged = !Object.hasOwn(held, name) && hasHappened(transaction, 'merged')
      if (isMerged && wrote(transaction, table, id, name) === value) continue
      if (held[name] !== value && !isEmpty(held[name], value))
        return `has ${JSON.stringify(held[name])} for ${name} of ${table} ${id}, not ${JSON.stringify(value)}`
    }
  }
  return null
}

/** What the history says was written, once a later step has changed it. */
function wrote({ history }: OfflineTransaction, table: string, id: string, name: string): unknown {
  const found = history.flatMap(({ wrote: rows = [] }) => rows).filter((each) => each.table === table && each.id === id)
  return found.findLast(({ values }) => Object.hasOwn(values, name))?.values[name]
}

function isEmpty(held: unknown, value: unknown): boolean {
  return (held ?? null) === (value ?? null)
}

function heldValues(changes: readonly Change[], table: string, id: string): Row {
  const held: Record<string, Row[string]> = {}
  for (const change of changes) if (change.table === table && change.id === id) Object.assign(held, valuesOf(change))
  return held
}

interface Final {
  readonly table: string
  readonly id: string
  readonly kind: string
  readonly values: Row
  readonly wasCreated: boolean
}

/** What all writes of a transaction together made of each row. */
function finalDeeds(deeds: Written['deeds']): Iterable<Final> {
  const found = new Map<string, Final>()
  for (const { table, id, kind, values } of deeds) {
    const key = `${table}/${id}`
    const old = found.get(key)
    const wasCreated = kind === 'create' || old?.wasCreated === true
    found.set(key, { table, id, kind, values: { ...without(old?.values ?? {}, values), ...values }, wasCreated })
  }
  return found.values()
}
