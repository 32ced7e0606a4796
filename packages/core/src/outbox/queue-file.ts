import type { ConfiguredTable } from '../copy/configuration.ts'
import { OutpostError } from '../errors.ts'
import type { Json } from '../metadata.ts'
import type { MasterIdentity } from '../ports/master-org.ts'
import type { StoreReader } from '../ports/store.ts'
import { idsByTable } from '../rows/local-rows.ts'
import type { ColumnValue, Row } from '../row.ts'
import { masterPart } from '../write/local-effects.ts'
import type { OfflineTransaction, TransactionStatus } from './offline-transaction.ts'

export const QUEUE_FORMAT = 'outpost-queue'
export const QUEUE_VERSION = 1

/**
 * What is to be done about a transaction when its file comes back to the device that has it: decided elsewhere, by
 * somebody who looked at the file. In `values` of an amendment a column that is to be taken out is named in `drop`.
 */
export type QueueDecision =
  | { readonly kind: 'set-pending' }
  | {
      readonly kind: 'amend'
      readonly values: Row
      readonly drop?: readonly string[]
      readonly row?: { readonly table: string; readonly id: string }
    }
  | { readonly kind: 'archive'; readonly local?: 'revert' | 'keep' }
  | { readonly kind: 'discard' }

/** A transaction as it was when it was exported. It waits for nothing that is settled, and nobody is sending it. */
export interface QueuedTransaction extends OfflineTransaction {
  readonly lease: null
  readonly decision?: QueueDecision
}

/** The last known master row of a row that is changed by transactions in the file. */
export interface QueuedRow {
  readonly table: string
  readonly id: string
  readonly version: string | null
  readonly values: Row
}

/** Transactions of an outbox as plain JSON, to be kept safe, looked at elsewhere, or taken to another device. */
export interface QueueFile {
  readonly format: typeof QUEUE_FORMAT
  readonly version: typeof QUEUE_VERSION
  /** By the clock of the device, as ISO 8601 text. */
  readonly exportedAt: string
  /** Whose work it is: it can be imported by the same user of the same organisation only. */
  readonly identity: MasterIdentity
  /** The metadata stamp of the catalogue that the device had. */
  readonly catalogueStamp: string | null
  readonly transactions: readonly QueuedTransaction[]
  readonly rows: readonly QueuedRow[]
}

export interface ExportOptions {
  /** The transactions with these seqs, whatever their status. */
  readonly seqs?: readonly number[]
  /** All in these statuses; the default is everything but what was processed. */
  readonly statuses?: readonly TransactionStatus[]
}

interface ExportContext {
  readonly identity: MasterIdentity
  readonly catalogueStamp: string | null
  readonly tables: ReadonlyMap<string, ConfiguredTable>
  readonly now: number
}

const UNDELIVERED: readonly TransactionStatus[] = ['pending', 'error', 'archived']

/** Writes the chosen transactions of this user, in the order of the outbox, with the master's rows they were made on. */
export async function writeQueueFile(
  tx: StoreReader,
  { seqs, statuses = UNDELIVERED }: ExportOptions,
  context: ExportContext,
): Promise<QueueFile> {
  const { identity, catalogueStamp, tables, now } = context
  const found = seqs ? await chosen(tx, seqs) : await tx.findTransactions({ statuses })
  const own = found.filter(
    ({ organizationId, userId }) => organizationId === identity.organizationId && userId === identity.userId,
  )
  const transactions: QueuedTransaction[] = []
  for (const transaction of own) transactions.push({ ...(await withOpenDependencies(tx, transaction)), lease: null })
  return {
    format: QUEUE_FORMAT,
    version: QUEUE_VERSION,
    exportedAt: new Date(now).toISOString(),
    identity,
    catalogueStamp,
    transactions,
    rows: await masterRowsOf(tx, own, tables),
  }
}

async function chosen(tx: StoreReader, seqs: readonly number[]): Promise<readonly OfflineTransaction[]> {
  const wanted = [...new Set(seqs)].toSorted((one, other) => one - other)
  const found = await tx.transactions(wanted)
  return found.map((transaction, index) => {
    if (transaction) return transaction
    throw new OutpostError('invalid', `there is no transaction #${wanted[index]}`, {
      place: { rule: 'unknown-transaction' },
    })
  })
}

/** What is settled is waited for no longer; another device need not know it. */
async function withOpenDependencies(tx: StoreReader, transaction: OfflineTransaction): Promise<OfflineTransaction> {
  const earlier = await tx.transactions(transaction.dependsOn)
  const open = earlier.flatMap((other) => (other?.status === 'pending' || other?.status === 'error' ? [other.seq] : []))
  return { ...transaction, dependsOn: open }
}

async function masterRowsOf(
  tx: StoreReader,
  transactions: readonly OfflineTransaction[],
  tables: ExportContext['tables'],
): Promise<readonly QueuedRow[]> {
  const rows: QueuedRow[] = []
  for (const [table, ids] of idsByTable(transactions.flatMap(({ changes }) => changes))) {
    const kept = tables.get(table)
    if (!kept) continue
    const bases = new Map((await tx.bases(table, ids)).map((base) => [base.id, base]))
    for (const id of ids) {
      const { version = null, values } = bases.get(id) ?? {}
      if (values) rows.push({ table, id, version, values: masterPart(kept, values) })
    }
  }
  return rows
}

/** A decision as an amendment takes it: undefined for a column that is to be taken out. */
export function correctionsOf({
  values,
  drop = [],
}: Extract<QueueDecision, { kind: 'amend' }>): Readonly<Record<string, ColumnValue | undefined>> {
  return { ...values, ...Object.fromEntries(drop.map((column) => [column, undefined])) }
}

/** The text of a value by which it can be compared, whatever the order of its properties. */
export function comparable(value: unknown): string {
  return JSON.stringify(value, (_, inner: Json) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([one], [other]) => (one < other ? -1 : 1)))
      : inner,
  )
}
