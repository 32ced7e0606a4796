import { columnKind, columnOf } from '../metadata.ts'
import type { TableMetadata } from '../metadata.ts'
import type { StoreReader, StoreWriter } from '../ports/store.ts'

const KEY = 'catalogue/past'

/** A copy of the metadata in which a column's values were of another kind; `until` is the stamp of the copy after it. */
type PastKind = { readonly table: string; readonly column: string; readonly kind: string; readonly until: string }

/**
 * Which kinds columns had before, so that a value can be told from one of the present kind that only looks alike: the
 * text '5', written when the column held texts, is not the number 5.
 */
export type PastKinds = {
  /** The stamps of all copies so far, the latest last. */
  readonly stamps: readonly string[]
  readonly kinds: readonly PastKind[]
}

export const NO_PAST: PastKinds = { stamps: [], kinds: [] }

/** Enough for years; of what is older, the oldest kind that is known counts. */
const MOST_STAMPS = 2_000

export async function readPast(tx: StoreReader): Promise<PastKinds> {
  return ((await tx.value(KEY)) as PastKinds | undefined) ?? NO_PAST
}

export async function writePast(tx: StoreWriter, past: PastKinds): Promise<void> {
  await tx.setValue(KEY, past)
}

/** The past after a new copy: with what its columns were in the copy before. */
export function pastAfter(
  past: PastKinds,
  stamps: { readonly before: string | null; readonly after: string },
  before: ReadonlyMap<string, TableMetadata>,
  after: ReadonlyMap<string, TableMetadata>,
): PastKinds {
  const kinds = [...before].flatMap(([table, old]) =>
    old.columns.flatMap((column): readonly PastKind[] => {
      const now = after.get(table)
      const next = now && columnOf(now, column.name)
      // A table or column that is gone may come back as another one.
      if (next && columnKind(next) === columnKind(column)) return []
      return [{ table, column: column.name, kind: columnKind(column), until: stamps.after }]
    }),
  )
  if (past.stamps.length === 0 && kinds.length === 0) return past
  const known = past.stamps.length > 0 || stamps.before === null ? past.stamps : [stamps.before]
  return { stamps: [...known, stamps.after].slice(-MOST_STAMPS), kinds: [...past.kinds, ...kinds] }
}

/** The kind that the column had in the copy with that stamp, where it is known to have had another one than it has now. */
export function kindAt(past: PastKinds, table: string, column: string, stamp: string): string | null {
  const at = past.stamps.lastIndexOf(stamp)
  const found = past.kinds.find(
    (each) => each.table === table && each.column === column && past.stamps.lastIndexOf(each.until) > at,
  )
  return found?.kind ?? null
}
