import type { Change } from './change.ts'
import type { ConfiguredTable } from './configuration.ts'
import { OutpostError } from './errors.ts'
import { idsByTable, masterRow } from './local-rows.ts'
import type { KnownMaster, MasterRows } from './local-rows.ts'
import type { OfflineTransaction } from './outbox/offline-transaction.ts'
import type { MasterOrg, PushOutcome } from './ports/master-org.ts'

export interface ReadContext {
  readonly master: MasterOrg
  readonly tables: ReadonlyMap<string, ConfiguredTable>
}

/** Reads the master's rows of transactions whose answer says that they are not what was thought. */
export async function readMasters(
  context: ReadContext,
  sent: readonly OfflineTransaction[],
  outcomes: readonly PushOutcome[],
  signal: AbortSignal,
): Promise<MasterRows> {
  const asked = sent.filter((_, index) => asksForRows(outcomes[index]))
  if (asked.length === 0) return new Map()
  try {
    return await readRows(
      context,
      asked.flatMap((transaction) => transaction.changes),
      signal,
    )
  } catch (error) {
    // The answers that were given must still be kept; what could not be read is resolved by the next push.
    if (error instanceof OutpostError) return new Map()
    throw error
  }
}

function asksForRows(outcome: PushOutcome | undefined): boolean {
  if (outcome?.kind === 'rejected') return outcome.rejection.rejection === 'gone'
  return outcome?.kind === 'stale' || outcome?.kind === 'exists'
}

/** Links are not read: making or removing one twice has one effect. */
export async function readRows(
  context: ReadContext,
  changes: readonly Change[],
  signal: AbortSignal,
): Promise<MasterRows> {
  const found = new Map<string, ReadonlyMap<string, KnownMaster>>()
  const rows = changes.filter((change) => !('relationship' in change))
  for (const [name, ids] of idsByTable(rows)) {
    const table = context.tables.get(name)
    if (!table) continue
    const present = await context.master.read({ table: table.metadata, columns: table.columns, ids }, signal)
    const known = new Map<string, KnownMaster>(ids.map((id) => [id, { id, row: null }]))
    for (const row of present) known.set(row.id, masterRow(table, row))
    found.set(name, known)
  }
  return found
}
