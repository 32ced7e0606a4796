import type { Change, UpdateChange } from '../change.ts'
import { showsSome, wholeRow } from '../conflicts/merge.ts'
import type { ConfiguredTable } from '../copy/configuration.ts'
import { creatorOf, dependenciesOf, referencesOf, waitingKey } from '../write/dependencies.ts'
import { OutpostError } from '../errors.ts'
import { refreshChanged } from '../rows/local-rows.ts'
import type { StoreReader, StoreWriter } from '../ports/store.ts'
import { rowKey } from '../row.ts'
import type { Row } from '../row.ts'
import { NO_VERSION, onValues, putBack } from '../rows/stack.ts'
import type { OfflineTransaction } from './offline-transaction.ts'
import { transition } from './transitions.ts'

type Tables = ReadonlyMap<string, ConfiguredTable>

/**
 * Makes transactions pending again, their attempts begun anew, at their old place in the order. An archived one comes
 * back under the later changes of its rows. One that was refused for a conflict is made on the master's present row:
 * who sends it again after having seen the conflict wants it to stand.
 *
 * Throws `refused` for one that was delivered, for an archived one that needs a row which another archived one creates,
 * unless that comes back as well, for an archived one that creates a row which another one has come to create since, and for
 * one of a table that is not configured any more.
 */
export async function revive(
  tx: StoreWriter,
  transactions: readonly OfflineTransaction[],
  tables: Tables,
  now: number,
): Promise<void> {
  for (const { seq } of transactions.toSorted((one, other) => one.seq - other.seq)) {
    const [transaction] = await tx.transactions([seq])
    if (!transaction) continue
    refuseDelivered(transaction)
    const { kept: _, ...rest } = transaction
    const changes =
      transaction.lastError?.rejection === 'conflict'
        ? await onPresentRows(tx, transaction.changes, tables)
        : transaction.changes
    const archived = transaction.status === 'archived'
    if (archived) refuseMissingTables(transaction, tables)
    if (archived) await refuseMissingRows(tx, transaction, tables)
    if (archived) await refuseTwoCreates(tx, transaction, tables)
    const dependsOn = await dependenciesOf(tx, changes, tables, seq, transaction.after)
    const fresh = { ...BEGUN_ANEW, outcome: unresolved(transaction), changes, dependsOn }
    await tx.putTransactions([transition(rest, 'set-pending', now, fresh)])
    if (archived) {
      for (const change of changes) await putBack(tx, seq, change)
      await letWait(tx, transaction)
    }
    await refreshChanged(tx, changes, tables)
  }
}

export const BEGUN_ANEW = { attempts: 0, nextAttemptAt: null, lastError: null } as const

function refuseDelivered({ seq, history }: OfflineTransaction): void {
  if (!history.some((entry) => entry.event === 'delivered')) return
  throw new OutpostError('refused', `transaction #${seq} was delivered already; it cannot be sent again`, {
    place: { rule: 'delivered' },
    remedy: 'Make the change anew with a write.',
  })
}

/** A verdict means that nothing happened on the master; an answer that never came still has to be looked for. */
function unresolved(transaction: OfflineTransaction): 'unknown' | 'not-sent' {
  return transaction.outcome === 'unknown' ? 'unknown' : 'not-sent'
}

/** Without its table a row cannot be shown, and what the master has of it cannot be read. */
function refuseMissingTables({ seq, changes }: OfflineTransaction, tables: Tables): void {
  const missing = changes.find(({ table }) => !tables.has(table))
  if (!missing) return
  throw new OutpostError(
    'refused',
    `transaction #${seq} changes a row of '${missing.table}', which is not configured`,
    {
      place: { table: missing.table, row: missing.id, rule: 'unknown-table' },
      remedy: 'Configure the table again first, or leave the transaction archived.',
    },
  )
}

async function refuseMissingRows(tx: StoreReader, transaction: OfflineTransaction, tables: Tables): Promise<void> {
  for (const change of transaction.changes) {
    const needed = [...(change.kind === 'create' ? [] : [change]), ...referencesOf(change, tables)]
    for (const row of needed) {
      if (!tables.has(row.table) || (await creatorOf(tx, row, tables))) continue
      const [base] = await tx.bases(row.table, [row.id])
      const [stored] = await tx.rows(row.table, [row.id])
      if (base ? base.values : stored) continue
      const archived = await tx.findTransactions({ statuses: ['archived'], touching: [rowKey(row.table, row.id)] })
      const creator = archived.find((other) => other.seq < transaction.seq && creates(other, row.table, row.id))
      if (!creator) continue
      throw new OutpostError('refused', `transaction #${transaction.seq} needs a row that #${creator.seq} creates`, {
        place: { table: row.table, row: row.id, rule: 'lookup-order' },
        remedy: `#${creator.seq} is archived: set it to pending as well.`,
      })
    }
  }
}

async function refuseTwoCreates(tx: StoreReader, { seq, changes }: OfflineTransaction, tables: Tables): Promise<void> {
  for (const row of changes.filter(({ kind }) => kind === 'create')) {
    const other = await creatorOf(tx, row, tables)
    if (!other) continue
    throw new OutpostError('refused', `transaction #${seq} creates a row that #${other.seq} creates as well`, {
      place: { table: row.table, row: row.id, rule: 'two-creates' },
      remedy: `Archive #${other.seq} first, or leave this one archived.`,
    })
  }
}

/** Whether a transaction that was never delivered creates the row. */
function creates({ changes, history }: OfflineTransaction, table: string, id: string): boolean {
  if (history.some((entry) => entry.event === 'delivered')) return false
  return changes.some((change) => change.kind === 'create' && change.table === table && change.id === id)
}

/** What was told to wait for an archived transaction waits for it again. */
async function letWait(tx: StoreWriter, { seq }: OfflineTransaction): Promise<void> {
  const told = await tx.findTransactions({ statuses: ['pending', 'error'], touching: [waitingKey(seq)] })
  const free = told.filter(({ dependsOn }) => !dependsOn.includes(seq))
  await tx.putTransactions(free.map((other) => ({ ...other, dependsOn: [...other.dependsOn, seq] })))
}

async function onPresentRows(tx: StoreReader, changes: readonly Change[], tables: Tables): Promise<readonly Change[]> {
  const present: Change[] = []
  for (const change of changes) {
    const [base] = change.kind === 'update' || change.kind === 'delete' ? await tx.bases(change.table, [change.id]) : []
    const row = base?.values
    if (!row) present.push(change)
    else if (change.kind === 'delete') present.push({ ...change, before: row, version: base.version })
    else if (change.kind === 'update') present.push(onRow(change, row, base.version, tables.get(change.table)))
  }
  return present
}

/**
 * The update as if it had been made on the master's present row. What that has already was no part of the conflict, and may
 * have arrived with an answer that was lost: the update is held against the row before it is sent, and leaves it out.
 */
function onRow(change: UpdateChange, row: Row, version: string | null, table?: ConfiguredTable): UpdateChange {
  const { values, whole } = change
  const before = Object.fromEntries(
    Object.keys(values).map((name) => [name, (name in row ? row[name] : change.before[name]) ?? null]),
  )
  const isThere = table !== undefined && showsSome(change, row, table)
  const seen = whole && table ? wholeRow(table, { ...row, ...values }) : {}
  return onValues({ ...change, version: isThere ? NO_VERSION : version, ...seen }, before)
}
