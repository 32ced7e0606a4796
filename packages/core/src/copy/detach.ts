import { refuseUnknownChoice } from '../choices.ts'
import { countUnsent, refusedAfterSignOut, UnsentError } from '../identity/sign-out.ts'
import type { ColumnMetadata } from '../metadata.ts'
import { relationshipOf } from '../metadata.ts'
import { inParts } from '../outbox/in-parts.ts'
import type { OfflineTransaction } from '../outbox/offline-transaction.ts'
import { putAway } from '../outbox/put-away.ts'
import type { ReadinessContext } from '../outbox/readiness.ts'
import type { StoreWriter } from '../ports/store.ts'
import { isOfAnother, keepOnlyDetached, readSettings } from '../settings.ts'
import { checkConfiguration } from './check-configuration.ts'
import type { Configuration, ConfiguredTable, LocalColumn, LocalTable } from './configuration.ts'

/**
 * What becomes of unsent work when a client org is cut off from its master. `refuse` (the default): there must be none.
 * `keep`: the rows stay as they are shown, and the transactions are put away. `discard`: the rows go back to what the
 * master was last known to have.
 */
export type DetachChoice = 'refuse' | 'keep' | 'discard'

const REMEDY = "Sync first, or say with `unsent` what becomes of them: 'keep' their effect here, or 'discard' it."

/**
 * Cuts the client org off from its master in the given store transaction: every table becomes a local one with all of its
 * rows, nothing waits in the outbox any more, and nothing is left of the master but the history of the outbox. Throws
 * `UnsentError` where work would be lost that nobody gave up.
 */
export async function detach(
  tx: StoreWriter,
  all: ReadonlyMap<string, ConfiguredTable>,
  choice: DetachChoice,
  readiness: ReadinessContext,
): Promise<void> {
  refuseUnknownChoice('unsent', choice, ['refuse', 'keep', 'discard'])
  const { identity, configuration, signedOut } = await readSettings(tx)
  if (!identity || signedOut || (await isOfAnother(tx, readiness))) throw refusedAfterSignOut()
  const unsent = await countUnsent(tx, readiness)
  if (choice === 'refuse' && unsent.pending + unsent.error > 0) throw new UnsentError(unsent, REMEDY)
  await endOutbox(tx, all, choice === 'keep' ? 'keep' : 'revert', readiness.now)
  const tables = [...all.values()].filter(({ isLocal }) => !isLocal)
  for (const { metadata } of tables) {
    const bases = await tx.bases(metadata.name)
    await tx.deleteBases(
      metadata.name,
      bases.map(({ id }) => id),
    )
  }
  const local = { ...configuration.localTables, ...Object.fromEntries(tables.map((table) => asLocal(table, all))) }
  const next: Configuration = { tables: {}, localTables: local }
  await tx.defineTables([...checkConfiguration(next, new Map()).values()].map((table) => table.store))
  await keepOnlyDetached(tx, next, identity)
}

/** Puts away what is unsent. What was put away before with its effect kept is what the rows are now. */
async function endOutbox(
  tx: StoreWriter,
  all: ReadonlyMap<string, ConfiguredTable>,
  local: 'keep' | 'revert',
  now: number,
): Promise<void> {
  const open: OfflineTransaction[] = []
  for await (const transaction of inParts(tx, { statuses: ['pending', 'error'] })) open.push(transaction)
  if (open.length > 0) await putAway(tx, open, all, { now, local })
  const kept: OfflineTransaction[] = []
  for await (const { kept: isKept, ...rest } of inParts(tx, { statuses: ['archived'] })) if (isKept) kept.push(rest)
  if (kept.length > 0) await tx.putTransactions(kept)
}

function asLocal(table: ConfiguredTable, all: ReadonlyMap<string, ConfiguredTable>): readonly [string, LocalTable] {
  const { name, label, primaryId, primaryName } = table.metadata
  const kept = new Set(table.store.columns.map((column) => column.name))
  const columns = table.shown.columns.filter((column) => kept.has(column.name) && column.name !== primaryId)
  const relationship = relationshipOf(table.metadata)
  const isLinked = relationship && all.has(relationship.first.table) && all.has(relationship.second.table)
  return [
    name,
    {
      columns: Object.fromEntries(columns.map((column) => [column.name, localColumn(column)])),
      indexes: table.store.indexes.map((index) => index.columns),
      label,
      primaryId,
      ...(primaryName !== null && kept.has(primaryName) ? { primaryName } : {}),
      ...(isLinked
        ? { link: { relationship: relationship.name, first: relationship.first, second: relationship.second } }
        : {}),
    },
  ]
}

/** The column with what its values must be. What only the master did, such as filling it, is nobody's work now. */
function localColumn(column: ColumnMetadata): LocalColumn {
  const { label, maxLength, min, max, precision, options, targets, clock, requiredOnCreate } = column
  const type = column.type === 'file' || column.type === 'image' || column.type === 'other' ? 'memo' : column.type
  return {
    type,
    label,
    ...(requiredOnCreate ? { required: true } : {}),
    ...(maxLength === undefined ? {} : { maxLength }),
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    ...(precision === undefined ? {} : { precision }),
    ...(options ? { options } : {}),
    ...(targets ? { targets } : {}),
    ...(clock ? { clock } : {}),
  }
}
