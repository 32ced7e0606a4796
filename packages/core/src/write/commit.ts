import { changesOf } from './changes-of.ts'
import { checkChanges } from './check-changes.ts'
import type { ConfiguredTable } from '../copy/configuration.ts'
import type { Request } from './draft.ts'
import { OutpostError } from '../errors.ts'
import { dependenciesOf, touchesOf } from './dependencies.ts'
import { applyLocalEffects } from './local-effects.ts'
import { showOnTop } from '../rows/local-rows.ts'
import type { TableMetadata } from '../metadata.ts'
import { refuseKeptRows } from '../outbox/kept-effects.ts'
import { fold } from '../outbox/fold.ts'
import type { UnsequencedTransaction } from '../outbox/offline-transaction.ts'
import type { Privileges } from './privileges.ts'
import type { StoreWriter } from '../ports/store.ts'
import { parentsFirst } from './parents-first.ts'

/** What one request to the master can carry, and so one transaction (Microsoft Learn, "Execute batch operations"). */
const CHANGES_LIMIT = 1000

/** How the transaction of a write is to be sent. */
export interface WriteOptions {
  /** The seqs of transactions that must have been delivered, or put away, before this one is sent. */
  readonly after?: readonly number[]
  /**
   * False to have this write sent as it is: it is not folded into an unsent change of the same row, and no later one into
   * it. For rows whose every step counts on the master, such as those of a status machine.
   */
  readonly coalesce?: boolean
}

export interface CommitContext {
  readonly tables: ReadonlyMap<string, ConfiguredTable>
  /** The master's definitions of tables that actions name or lookups point to, configured or not. */
  readonly definitions: ReadonlyMap<string, TableMetadata>
  /** What the user may do; null where it is not known. */
  readonly privileges: Privileges | null
  readonly organizationId: string
  readonly tenantId?: string
  readonly userId: string
  readonly catalogueStamp: string
  readonly now: number
  readonly id: string
  readonly options: WriteOptions
}

/**
 * Checks the requests, adds them to the outbox as one offline transaction and shows their effect on the rows, all in the
 * given store transaction. A single change is folded into the last unsent one of its row, where that makes no difference
 * to the master but in requests. Gives back the seq of the transaction that carries the changes, or that was cancelled by
 * them; null when nothing was left to send (every value was already there, or is for this client org alone). What is
 * written to local tables and columns is changed at once, and is no part of the transaction. Throws `invalid` naming table, row, column and
 * rule; then nothing is kept.
 */
export async function commit(
  tx: StoreWriter,
  requests: readonly Request[],
  context: CommitContext,
): Promise<number | null> {
  const { options } = context
  const after = await namedTransactions(tx, options.after ?? [])
  const work = await changesOf(tx, requests, context)
  const changes = parentsFirst(work.changes, context.tables)
  if (changes.length === 0) {
    await applyLocalEffects(tx, work.local)
    return null
  }
  await refuseKeptRows(tx, changes, context.tables)
  await checkChanges(tx, changes, context)
  const putOff = changes.filter((change) => change.kind === 'create' && change.deferred !== undefined)
  const size = changes.length + putOff.length
  if (size > CHANGES_LIMIT) {
    throw new OutpostError(
      'invalid',
      `one write takes ${size} requests to the master; at most ${CHANGES_LIMIT} can be sent as a unit`,
      {
        place: { rule: 'too-many-changes' },
        remedy: 'Split it into several writes.',
      },
    )
  }
  const [change, ...others] = changes
  if (change && others.length === 0 && after.length === 0 && options.coalesce !== false) {
    const folded = await fold(tx, change, context)
    if (folded !== null) {
      await applyLocalEffects(tx, work.local)
      return folded
    }
  }
  const entry: UnsequencedTransaction = {
    id: context.id,
    organizationId: context.organizationId,
    ...(context.tenantId === undefined ? {} : { tenantId: context.tenantId }),
    userId: context.userId,
    catalogueStamp: context.catalogueStamp,
    changes,
    touches: touchesOf(changes, context.tables, after),
    dependsOn: await dependenciesOf(tx, changes, context.tables, undefined, after),
    ...(after.length > 0 ? { after } : {}),
    ...(options.coalesce === false ? { coalesce: false } : {}),
    status: 'pending',
    outcome: 'not-sent',
    attempts: 0,
    nextAttemptAt: null,
    lease: null,
    lastError: null,
    history: [{ at: context.now, event: 'committed' }],
    createdAt: context.now,
  }
  const [seq] = await tx.appendTransactions([entry])
  await showOnTop(tx, changes, context.tables)
  await applyLocalEffects(tx, work.local)
  return seq ?? null
}

/** The seqs in ascending order, each once. Throws `invalid` when there is no such transaction. */
async function namedTransactions(tx: StoreWriter, seqs: readonly number[]): Promise<readonly number[]> {
  if (seqs.length === 0) return []
  const after = [...new Set(seqs)].toSorted((one, other) => one - other)
  const found = after.every(Number.isSafeInteger) ? await tx.transactions(after) : after.map(() => undefined)
  const missing = found.indexOf(undefined)
  if (missing === -1) return after
  throw new OutpostError('invalid', `this write is to wait for #${after[missing]}: there is no such transaction`, {
    place: { rule: 'unknown-transaction' },
    remedy: 'Name the seq that an earlier write gave back.',
  })
}
