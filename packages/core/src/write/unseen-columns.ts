import type { ConfiguredTable } from '../copy/configuration.ts'
import { missingOf, nameOfTyped, readCheckpoint, resolved } from '../pull/checkpoint.ts'
import type { TableCheckpoint } from '../pull/checkpoint.ts'
import type { StoreReader } from '../ports/store.ts'
import type { Row } from '../row.ts'
import { NO_VERSION } from '../rows/stack.ts'

/** The columns that were configured and that no pull has brought yet: rows show nothing in them, whatever the master has. */
export async function unseenColumns(tx: StoreReader, table: ConfiguredTable): Promise<ReadonlySet<string>> {
  const checkpoint = table.isLocal ? undefined : await readCheckpoint(tx, table.metadata.name)
  if (!checkpoint) return NONE
  const found = foundOf.get(table)
  if (found?.checkpoint === checkpoint) return found.unseen
  const unseen = new Set(missingOf(table, resolved(checkpoint, table).columns).map(nameOfTyped))
  foundOf.set(table, { checkpoint, unseen })
  return unseen
}

const NONE: ReadonlySet<string> = new Set()

/** What was found last, of which checkpoint. A store may give the same one again, which never changes. */
const foundOf = new WeakMap<
  ConfiguredTable,
  { readonly checkpoint: TableCheckpoint; readonly unseen: ReadonlySet<string> }
>()

/** The version that an update of a row stands for: none that the master gives where nobody has seen what it writes over. */
export function versionSeen(version: string | null, values: Row, unseen: ReadonlySet<string>): string | null {
  return version !== null && Object.keys(values).some((name) => unseen.has(name)) ? NO_VERSION : version
}

/** The row as it is known: without the columns that nobody has seen, but for those that are written. */
export function seenOf(row: Row, values: Row, unseen: ReadonlySet<string>): Row {
  if (unseen.size === 0) return row
  return Object.fromEntries(Object.entries(row).filter(([name]) => !unseen.has(name) || name in values))
}
