import type { Change } from '../change.ts'
import type { ConfiguredTable } from '../copy/configuration.ts'
import { OutpostError } from '../errors.ts'
import type { TableMetadata } from '../metadata.ts'
import type { StoreWriter } from '../ports/store.ts'
import { validateValues } from '../write/validate-values.ts'
import type { OfflineTransaction, TransactionError } from './offline-transaction.ts'
import { transition } from './transitions.ts'

/** What transactions are checked against: the configured tables with the metadata of this stamp. */
export interface Recheck {
  readonly tables: ReadonlyMap<string, ConfiguredTable>
  readonly catalogueStamp: string
  readonly now: number
}

const PART = 200

/**
 * Makes Errors of the pending transactions that the metadata has no room for any more: a column that was removed, a value
 * that its column no longer takes. What is being sent, or may have been, is left alone; it is looked at again when it is
 * known not to have arrived. Gives back the seqs.
 */
export async function recheckPending(tx: StoreWriter, recheck: Recheck): Promise<readonly number[]> {
  const refused: number[] = []
  let after = 0
  for (;;) {
    const part = await tx.findTransactions({ statuses: ['pending'], after, limit: PART })
    const unfit = part.flatMap((transaction) => {
      const mayBeUnderWay = transaction.lease !== null || transaction.outcome !== 'not-sent'
      return (mayBeUnderWay ? null : refusedIfUnfit(transaction, recheck)) ?? []
    })
    if (unfit.length > 0) await tx.putTransactions(unfit)
    refused.push(...unfit.map(({ seq }) => seq))
    const last = part.at(-1)
    if (!last || part.length < PART) return refused
    after = last.seq
  }
}

/**
 * The pending transaction as an Error, where it was checked against other metadata and what it writes no longer fits;
 * null where it can be sent. Nothing of it is dropped: it can be amended.
 */
export function refusedIfUnfit(
  transaction: OfflineTransaction,
  { tables, catalogueStamp, now }: Recheck,
): OfflineTransaction | null {
  if (transaction.catalogueStamp === catalogueStamp) return null
  for (const [index, change] of transaction.changes.entries()) {
    const unfit = unfitness(change, tables)
    if (!unfit) continue
    const { column } = unfit.place
    const lastError: TransactionError = {
      code: 'invalid',
      rejection: 'invalid',
      message: unfit.message.replace(`[${unfit.code}] `, ''),
      cause: 'The metadata of the table has changed since this was written.',
      remedy: 'Amend the transaction: leave the column out, or give it a value that it takes now. Or archive it.',
      fix: 'user',
      change: index,
      ...(column === undefined ? {} : { column }),
      at: now,
      attempt: transaction.attempts,
    }
    return transition(transaction, 'refused', now, { lastError }, { note: lastError.message })
  }
  return null
}

function unfitness(change: Change, tables: Recheck['tables']): OutpostError | null {
  const metadata = tables.get(change.table)?.metadata
  if (!metadata || (change.kind !== 'create' && change.kind !== 'update')) return null
  const columns = new Set(Object.keys(change.values))
  try {
    validateValues(writableIn(metadata, columns), change.values, { kind: change.kind, columns, id: change.id })
    return null
  } catch (error) {
    if (error instanceof OutpostError && error.code === 'invalid') return error
    throw error
  }
}

/** The table with these columns writable: the master takes a write to one that is not, and leaves the value out. */
function writableIn(table: TableMetadata, names: ReadonlySet<string>): TableMetadata {
  const columns = table.columns.map((column) =>
    names.has(column.name) ? { ...column, creatable: true, updatable: true } : column,
  )
  return { ...table, columns }
}
