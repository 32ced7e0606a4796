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
 * Takes rows that the master has shown into account. Writes only where one is among the newest seen. With `byPush` it is
 * a push that met them: what the next pass was to watch for it has to judge all the same.
 */
export async function noteAnchors(
  tx: StoreWriter,
  table: string,
  seen: readonly Pick<MasterRow, 'id' | 'version'>[],
  { byPush = false }: { readonly byPush?: boolean } = {},
): Promise<void> {
  const { rows, expected, provenTo: before } = await anchorsOf(tx, table)
  const newest = rows[0]
  const least = rows.length < KEPT ? undefined : rows.at(-1)
  const known = new Map(rows.map(({ id, version }) => [id, version]))
  const isNews = ({ id, version }: Pick<MasterRow, 'id' | 'version'>): boolean => {
    const than = known.get(id) ?? least?.version
    return than === undefined || isOlderVersion(than, version)
  }
  const news = seen.filter(isNews)
  if (news.length === 0) return
  const ids = new Set(news.map(({ id }) => id))
  const kept = newestOf([...rows.filter(({ id }) => !ids.has(id)), ...news])
  const isNewer = !newest || news.some(({ version }) => isOlderVersion(newest.version, version))
  const provenTo = before ?? (byPush && isNewer ? newest?.version : undefined)
  const proven = provenTo === undefined ? {} : { provenTo }
  await keepAnchors(tx, table, { rows: kept, expected: isNewer || expected, ...proven })
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
