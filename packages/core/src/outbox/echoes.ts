import type { MasterRow } from '../ports/master-org.ts'
import type { StoreReader, StoreWriter } from '../ports/store.ts'
import { rowKey } from '../row.ts'
import { isOlderVersion } from '../pull/version-order.ts'
import type { OfflineTransaction } from './offline-transaction.ts'
import { transition } from './transitions.ts'

/*
 * What the master answered to a push comes back once more with a later pull. Until then the version that each row was
 * given is kept under `echo/<table>/<id>`, so that a pull can tell which transactions it brings back with one look.
 */

/** The deliveries of one row that no pull has brought back yet, and how many pulls have ended without it. */
type AwaitedEcho = {
  readonly writes: readonly { readonly seq: number; readonly version: string }[]
  readonly pulls: number
  /** The version in which the row was deleted from here. */
  readonly deleted?: string
}

interface RowName {
  readonly table: string
  readonly id: string
}

const prefix = (table: string): string => `echo/${table}/`

/** The versions of the changed rows that a delivered transaction got, by row key: to be recognised in a pull. */
export async function awaitEchoes(
  tx: StoreWriter,
  transaction: OfflineTransaction,
  versions: Readonly<Record<string, string>>,
): Promise<void> {
  for (const { table, id } of transaction.changes) {
    const version = versions[rowKey(table, id)]
    if (version === undefined) continue
    await awaitEcho(tx, { table, id }, { seq: transaction.seq, version })
  }
}

/** In no order with any version: whichever comes is the one. */
const NOT_TOLD = ''

/** The same of a link that a delivered transaction has made: its version the master does not tell. */
export async function awaitLink(tx: StoreWriter, link: RowName, seq: number): Promise<void> {
  await awaitEcho(tx, link, { seq, version: NOT_TOLD })
}

async function awaitEcho(tx: StoreWriter, { table, id }: RowName, write: AwaitedEcho['writes'][number]): Promise<void> {
  const key = prefix(table) + id
  const awaited = (await tx.value(key)) as AwaitedEcho | undefined
  const echo: AwaitedEcho = { writes: [...(awaited?.writes ?? []), write], pulls: 0 }
  await tx.setValue(key, echo)
}

/**
 * Notes that a row was deleted from here, and in which version. A page that was on its way may have it still, and must not
 * bring it back; a row that is made anew under the same id has a newer version.
 */
export async function refuseEcho(tx: StoreWriter, table: string, id: string, version: string): Promise<void> {
  const key = prefix(table) + id
  const awaited = (await tx.value(key)) as AwaitedEcho | undefined
  const echo: AwaitedEcho = { writes: awaited?.writes ?? [], pulls: 0, deleted: version }
  await tx.setValue(key, echo)
}

/** The rows of a page, and apart from them those that were deleted from here in this version or a newer one, with that one. */
export async function withoutDeleted(
  tx: StoreReader,
  table: string,
  page: readonly MasterRow[],
): Promise<{ readonly rows: readonly MasterRow[]; readonly deleted: readonly Pick<MasterRow, 'id' | 'version'>[] }> {
  const versions = new Map(
    (await tx.values(prefix(table))).flatMap(({ key, value }) => {
      const version = (value as AwaitedEcho).deleted
      return version === undefined ? [] : [[key.slice(prefix(table).length), version] as const]
    }),
  )
  if (versions.size === 0) return { rows: page, deleted: [] }
  const deleted = page.flatMap(({ id, version }) => {
    const before = versions.get(id)
    const isLater = before === undefined || (version !== before && !isOlderVersion(version, before))
    return isLater ? [] : [{ id, version: before }]
  })
  const ids = new Set(deleted.map(({ id }) => id))
  return { rows: page.filter(({ id }) => !ids.has(id)), deleted }
}

/** A row that two whole pulls have not brought back is not among those the device keeps: it is waited for no longer. */
const PULLS_WAITED = 2

/**
 * Adds `echoed` to the history of the transactions whose rows a page brings back, in the version they wrote or a newer
 * one. `last` says that the page ends a pull of the table. One look at the store where nothing is awaited.
 */
export async function recordEchoes(
  tx: StoreWriter,
  table: string,
  page: readonly MasterRow[],
  { last, now }: { readonly last: boolean; readonly now: number },
): Promise<void> {
  const awaited = await tx.values(prefix(table))
  if (awaited.length === 0) return
  const pulled = new Map(page.map((row) => [row.id, row.version]))
  const echoed = new Map<number, Record<string, string>>()
  for (const { key, value } of awaited) {
    const { writes, pulls, deleted } = value as AwaitedEcho
    const id = key.slice(prefix(table).length)
    const version = pulled.get(id)
    // A page that was on its way when the row was written has an older version.
    const open = version === undefined ? writes : writes.filter((write) => isOlderVersion(version, write.version))
    for (const { seq } of version === undefined ? [] : writes.filter((write) => !open.includes(write))) {
      echoed.set(seq, { ...echoed.get(seq), [rowKey(table, id)]: version ?? '' })
    }
    const waited = last ? pulls + 1 : pulls
    if (open.length === writes.length && waited === pulls) continue
    const echo: AwaitedEcho = { writes: open, pulls: waited, ...(deleted === undefined ? {} : { deleted }) }
    const isOver = (open.length === 0 && deleted === undefined) || waited >= PULLS_WAITED
    await tx.setValue(key, isOver ? undefined : echo)
  }
  // One that was archived or discarded since has nothing more to be told.
  const delivered = (await tx.transactions([...echoed.keys()])).filter((found) => found?.status === 'processed')
  const told = delivered.flatMap((found) => {
    const versions = found && echoed.get(found.seq)
    return versions ? [transition(found, 'echoed', now, {}, { versions })] : []
  })
  if (told.length > 0) await tx.putTransactions(told)
}

/** The rows of a table that a push has written and no pull has brought back yet. */
export async function writtenRows(tx: StoreReader, table: string): Promise<ReadonlySet<string>> {
  const awaited = await tx.values(prefix(table))
  const written = awaited.filter(({ value }) => (value as AwaitedEcho).writes.length > 0)
  return new Set(written.map(({ key }) => key.slice(prefix(table).length)))
}

/** The rows that a whole pull has not brought back since they were written from here, and the version they had then. */
export async function overdueEchoes(
  tx: StoreReader,
  table: string,
): Promise<readonly { readonly id: string; readonly version: string }[]> {
  return (await tx.values(prefix(table))).flatMap(({ key, value }) => {
    const { writes, pulls } = value as AwaitedEcho
    const last = writes.at(-1)
    return last && pulls > 0 ? [{ id: key.slice(prefix(table).length), version: last.version }] : []
  })
}

/** Waits no longer for rows of this table. */
export async function forgetEchoes(tx: StoreWriter, table: string): Promise<void> {
  for (const { key } of await tx.values(prefix(table))) await tx.setValue(key, undefined)
}
