import type { Change, UpdateChange } from '../change.ts'
import type { ConfiguredTable } from '../copy/configuration.ts'
import { kindAt } from '../copy/past-kinds.ts'
import { refusedForRetired } from '../copy/stopped-table.ts'
import { OutpostError } from '../errors.ts'
import { columnOf } from '../metadata.ts'
import type { ColumnMetadata, TableMetadata } from '../metadata.ts'
import type { StoreReader } from '../ports/store.ts'
import { TARGET_SUFFIX } from '../row.ts'
import type { ColumnValue, Row } from '../row.ts'
import { onValues } from '../rows/stack.ts'
import { validateValues } from '../write/validate-values.ts'
import { carryOver } from './carry-over.ts'
import { columnKey } from './offline-transaction.ts'
import type { OfflineTransaction, TransactionError } from './offline-transaction.ts'
import { transition } from './transitions.ts'

/** What transactions are checked against: the configured tables with the metadata of this stamp. */
export interface Recheck {
  readonly tables: ReadonlyMap<string, ConfiguredTable>
  readonly catalogueStamp: string
  readonly now: number
}

/** What becomes of transactions with a new copy of the metadata. */
export interface Rechecked {
  /** Errors now: the metadata has no room for what they write. */
  readonly refused: readonly OfflineTransaction[]
  /** Still pending, their values in the form that their columns have now. */
  readonly migrated: readonly OfflineTransaction[]
}

const PART = 200

/**
 * Looks at all pending transactions. What is being sent, or may have been, is left alone; it is looked at again when it is
 * known not to have arrived.
 */
export async function recheckPending(tx: StoreReader, recheck: Recheck): Promise<Rechecked> {
  const refused: OfflineTransaction[] = []
  const migrated: OfflineTransaction[] = []
  let after = 0
  for (;;) {
    const part = await tx.findTransactions({ statuses: ['pending'], after, limit: PART })
    for (const transaction of part) {
      const mayBeUnderWay = transaction.lease !== null || transaction.outcome !== 'not-sent'
      const next = mayBeUnderWay ? transaction : rechecked(transaction, recheck)
      if (next.status === 'error') refused.push(next)
      else if (next !== transaction) migrated.push(next)
    }
    const last = part.at(-1)
    if (!last || part.length < PART) return { refused, migrated }
    after = last.seq
  }
}

/**
 * A pending transaction as it is with the metadata of now: itself where it can be sent as it is, with values carried over
 * where columns have become others, and as an Error where what it writes no longer fits. Nothing of it is dropped: it can
 * be amended.
 */
export function rechecked(transaction: OfflineTransaction, recheck: Recheck): OfflineTransaction {
  const { tables, catalogueStamp, now } = recheck
  const retired = transaction.changes.findIndex(({ table }) => tables.get(table)?.stopped?.reason === 'retired')
  const gone = transaction.changes[retired]
  if (gone) return refused(transaction, retired, refusedForRetired(gone.table), now)
  if (transaction.catalogueStamp === catalogueStamp) return transaction
  const changes: Change[] = []
  for (const [index, change] of transaction.changes.entries()) {
    const fitted = fit(change, tables, transaction)
    if (fitted instanceof OutpostError) return refused(transaction, index, fitted, now)
    changes.push(fitted)
  }
  if (changes.every((change, index) => change === transaction.changes[index])) return transaction
  const { amendedUnder: _, ...rest } = transaction
  return transition(rest, 'migrated', now, { changes, catalogueStamp })
}

function refused(
  transaction: OfflineTransaction,
  change: number,
  unfit: OutpostError,
  now: number,
): OfflineTransaction {
  const { column, rule } = unfit.place
  const isRetired = rule === 'retired-table'
  const lastError: TransactionError = {
    code: 'invalid',
    rejection: 'invalid',
    message: unfit.message.replace(`[${unfit.code}] `, ''),
    cause: isRetired
      ? 'The master no longer has the table.'
      : 'The metadata of the table has changed since this was written.',
    remedy: isRetired
      ? 'Set it to pending when the master has the table again, or archive it.'
      : 'Amend the transaction: leave the column out, or give it a value that it takes now. Or archive it.',
    fix: isRetired ? 'administrator' : 'user',
    change,
    ...(column === undefined ? {} : { column }),
    at: now,
    attempt: transaction.attempts,
  }
  return transition(transaction, 'refused', now, { lastError }, { note: lastError.message })
}

/** By which metadata the values of a transaction were checked. */
type Under = Pick<OfflineTransaction, 'catalogueStamp' | 'amendedUnder'>

/** The change as it fits the metadata of now, or why it does not. */
function fit(change: Change, tables: Recheck['tables'], under: Under): Change | OutpostError {
  const table = tables.get(change.table)
  if (!table || table.isLocal || (change.kind !== 'create' && change.kind !== 'update')) return change
  const carried = carriedValues(change, table, under)
  if (carried instanceof OutpostError) return carried
  const values = carried ?? change.values
  const columns = new Set(Object.keys(values))
  try {
    const metadata = writableIn(table.metadata, columns)
    const valid = validateValues(metadata, values, { kind: change.kind, columns, id: change.id })
    if (!carried) return change
    return change.kind === 'create'
      ? { ...change, values: valid }
      : onValues({ ...change, values: valid }, carriedBefore(change, table, under))
  } catch (error) {
    if (error instanceof OutpostError && error.code === 'invalid') return error
    throw error
  }
}

/** The values for the columns of now; null where none of the columns has become another. */
function carriedValues(
  change: Extract<Change, { kind: 'create' | 'update' }>,
  table: ConfiguredTable,
  under: Under,
): Row | OutpostError | null {
  const values: Record<string, ColumnValue> = { ...change.values }
  let isOther = false
  for (const { column, from } of retypedIn(change, change.values, table, under)) {
    const value = change.values[column.name] ?? null
    const carried = carryOver(value, from, column, change.values[column.name + TARGET_SUFFIX])
    if (!carried) return wasAnother(change, table.metadata, column, from)
    values[column.name] = carried.value
    if (carried.target !== undefined) values[column.name + TARGET_SUFFIX] = carried.target
    isOther = true
  }
  return isOther ? values : null
}

/** What was seen when the change was made, as far as it means anything now. */
function carriedBefore(change: UpdateChange, table: ConfiguredTable, under: Under): Row {
  const { before } = change
  const seen: Record<string, ColumnValue> = { ...before }
  for (const { column, from } of retypedIn(change, before, table, under)) {
    const carried = carryOver(before[column.name] ?? null, from, column, before[column.name + TARGET_SUFFIX])
    seen[column.name] = carried?.value ?? null
    if (carried?.target !== undefined) seen[column.name + TARGET_SUFFIX] = carried.target
  }
  return seen
}

function retypedIn(
  change: Change,
  row: Row,
  { metadata, past }: ConfiguredTable,
  { catalogueStamp, amendedUnder }: Under,
): readonly { readonly column: ColumnMetadata; readonly from: string }[] {
  if (!past) return []
  return Object.keys(row).flatMap((name) => {
    const column = columnOf(metadata, name)
    const stamp = amendedUnder?.[columnKey(change, name)] ?? catalogueStamp
    const from = kindAt(past, metadata.name, name, stamp)
    return column && from !== null ? [{ column, from }] : []
  })
}

function wasAnother(
  { kind, id, values }: Extract<Change, { kind: 'create' | 'update' }>,
  table: TableMetadata,
  column: ColumnMetadata,
  from: string,
): OutpostError {
  const value = JSON.stringify(values[column.name])
  const message = `it was ${inWords(from)} when ${value} was written, and is ${inWords(column.type)} now`
  return new OutpostError('invalid', `${kind} of ${table.name} ${id}: column '${column.name}': ${message}`, {
    place: { table: table.name, row: id, column: column.name, rule: 'column-retyped' },
  })
}

function inWords(kind: string): string {
  return `of type ${kind.replace(/^(lookup|datetime) .*$/, '$1')}`
}

/** The table with these columns writable: the master takes a write to one that is not, and leaves the value out. */
function writableIn(table: TableMetadata, names: ReadonlySet<string>): TableMetadata {
  const columns = table.columns.map((column) =>
    names.has(column.name) ? { ...column, creatable: true, updatable: true } : column,
  )
  return { ...table, columns }
}
