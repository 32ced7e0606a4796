import type { ConfiguredTable } from '../copy/configuration.ts'
import type { RowEstimate } from '../ports/master-org.ts'
import type { StoreReader, StoreWriter } from '../ports/store.ts'
import { readCheckpoint, wantedKey } from './checkpoint.ts'

/*
 * A first download can take several runs. What was expected of its tables when it began is kept until a run ends, so that
 * the progress of the next run begins where that of the last one was.
 */

/** What a run finds of a table. */
export interface Held {
  /** False where all of its rows are here. */
  readonly isNew: boolean
  /** How many rows of it are here. */
  readonly rows: number
  /** What was expected of it when the download began that goes on; null where the master did not say. */
  readonly expected?: RowEstimate | null
}

type Kept = { readonly scope: string; readonly estimate: { readonly rows: number; readonly atLeast: boolean } | null }

const key = (table: string): string => `download/${table}`

export async function heldOf(tx: StoreReader, table: ConfiguredTable): Promise<Held> {
  const { name } = table.metadata
  const checkpoint = await readCheckpoint(tx, name)
  const kept = (await tx.value(key(name))) as Kept | undefined
  const isExpected = kept?.scope === wantedKey(table)
  const isNew = checkpoint?.complete !== true
  // A pass that reads all rows anew has all of them before it.
  const isHere = checkpoint !== undefined && checkpoint.everyRow !== true
  return {
    isNew,
    rows: isHere && (isNew || isExpected) ? await tx.count(name) : 0,
    ...(isExpected ? { expected: kept.estimate } : {}),
  }
}

/** Keeps what is expected of the tables. */
export async function keepExpected(
  tx: StoreWriter,
  expected: ReadonlyMap<ConfiguredTable, RowEstimate | null>,
): Promise<void> {
  for (const [table, estimate] of expected) {
    const kept: Kept = { scope: wantedKey(table), estimate: estimate && { ...estimate } }
    await tx.setValue(key(table.metadata.name), kept)
  }
}

/** Forgets what was expected of the tables: a run has ended. */
export async function forgetExpected(tx: StoreWriter, tables: Iterable<string>): Promise<void> {
  for (const table of tables) await tx.setValue(key(table), undefined)
}
