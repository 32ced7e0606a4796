import type { ConfiguredTable } from '../copy/configuration.ts'
import type { StoreWriter } from '../ports/store.ts'
import { dependenciesOf, touchesOf } from '../write/dependencies.ts'
import { inParts } from './in-parts.ts'
import type { OfflineTransaction } from './offline-transaction.ts'

/**
 * Lets later transactions no longer wait for one that has less to do with their rows than before: a part of it was
 * dropped, or corrected. To be called when what is left of it is stored.
 */
export async function letGo(
  tx: StoreWriter,
  before: OfflineTransaction,
  { changes }: Pick<OfflineTransaction, 'changes'>,
  tables: ReadonlyMap<string, ConfiguredTable>,
): Promise<void> {
  const { seq } = before
  const left = new Set(touchesOf(changes, tables))
  const touching = touchesOf(before.changes, tables)
  // What it no longer changes it can still point to.
  if (changes.length >= before.changes.length && touching.every((key) => left.has(key))) return
  const waiting: OfflineTransaction[] = []
  for await (const other of inParts(tx, { statuses: ['pending', 'error'], touching, after: seq }))
    if (other.dependsOn.includes(seq)) waiting.push(other)
  for (const other of waiting) {
    const needed = await dependenciesOf(tx, other.changes, tables, other.seq, other.after)
    if (needed.includes(seq)) continue
    const dependsOn = [...new Set([...other.dependsOn.filter((each) => each !== seq), ...needed])]
    await tx.putTransactions([{ ...other, dependsOn }])
  }
}
