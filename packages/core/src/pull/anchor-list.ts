import type { MasterRow } from '../ports/master-org.ts'
import type { StoreReader, StoreWriter } from '../ports/store.ts'
import { isOlderVersion } from './version-order.ts'

/** The newest rows seen of a table. */
export type Anchors = {
  /** Newest first. */
  readonly rows: readonly { readonly id: string; readonly version: string }[]
  /** Whether the newest row seen is still among them: then it comes back with the next pass. */
  readonly expected: boolean
  /**
   * The newest version seen by then, where a push has met a newer one since: until the rows have been read, nothing says that
   * what was seen before is as it was.
   */
  readonly provenTo?: string
}

export const KEPT = 20
const NONE: Anchors = { rows: [], expected: false }

const key = (table: string): string => `anchors/${table}`

export async function anchorsOf(tx: StoreReader, table: string): Promise<Anchors> {
  return ((await tx.value(key(table))) as Anchors | undefined) ?? NONE
}

export async function keepAnchors(tx: StoreWriter, table: string, anchors: Anchors): Promise<void> {
  await tx.setValue(key(table), anchors)
}

export async function forgetAnchors(tx: StoreWriter, table: string): Promise<void> {
  await tx.setValue(key(table), undefined)
}

/**
 * Takes rows that the master has shown into account. Writes only where one is newer than all before. With `byPush` it is
 * a push that met them: what the next pass was to watch for it has to judge all the same.
 */
export async function noteAnchors(
  tx: StoreWriter,
  table: string,
  seen: readonly Pick<MasterRow, 'id' | 'version'>[],
  { byPush = false }: { readonly byPush?: boolean } = {},
): Promise<void> {
  const { rows, provenTo: before } = await anchorsOf(tx, table)
  const newest = rows[0]
  const newer = seen.filter(({ version }) => !newest || isOlderVersion(newest.version, version))
  if (newer.length === 0) return
  const ids = new Set(newer.map(({ id }) => id))
  const kept = newestOf([...rows.filter(({ id }) => !ids.has(id)), ...newer])
  const provenTo = before ?? (byPush ? newest?.version : undefined)
  const proven = provenTo === undefined ? {} : { provenTo }
  await keepAnchors(tx, table, { rows: kept, expected: true, ...proven })
}

/** As many of them as are kept, newest first. Quick for a page, whose rows come in the order of their versions. */
function newestOf(rows: Anchors['rows']): Anchors['rows'] {
  const newest: { readonly id: string; readonly version: string }[] = []
  for (const { id, version } of rows.toReversed()) {
    const place = newest.findLastIndex((one) => !isOlderVersion(one.version, version)) + 1
    if (place === KEPT) continue
    newest.splice(place, 0, { id, version })
    newest.length = Math.min(newest.length, KEPT)
  }
  return newest
}
