import type { ConfiguredTable } from '../copy/configuration.ts'
import type { Store, StoreReader, StoreWriter } from '../ports/store.ts'
import type { Row } from '../row.ts'
import { marksOf, release } from './quarantine.ts'
import { forgetMarks, marksAmong, putMarks, takeMarks } from './row-marks.ts'
import type { MarkKind } from './row-marks.ts'

/*
 * Rows that are here and that a pass over added columns did not show, being wanted by nobody or hidden: they lack those
 * columns. They may come to be wanted in the very version that is held, so they are marked until they are read whole.
 */

const LACKING: MarkKind = { marks: 'lacking', counts: 'lacked' }

/** Rows that are looked at in one store transaction. */
const PART = 5000

/**
 * Marks the rows of a table that may lack these columns, which a pass has brought to all that are shown: those that are held
 * without a value in one of them. A pass that goes on where it was stopped does not know all rows that are shown: more are marked
 * then, and read once too often.
 */
export async function markLacking(
  store: Store,
  { metadata: { name } }: ConfiguredTable,
  columns: readonly string[],
  shown: ReadonlySet<string>,
): Promise<void> {
  // One of them may have come before the others, or with what was written to it from here.
  const mayLack = (values: Row | null | undefined): boolean =>
    columns.some((column) => (values?.[column] ?? null) === null)
  const mark = (among: (tx: StoreReader) => Promise<readonly string[]>): Promise<void> =>
    store.write(
      `rows of ${name} that lack columns`,
      async (tx) => {
        const ids = (await among(tx)).filter((id) => !shown.has(id))
        const rows = await tx.rows(name, ids)
        const bases = new Map((await tx.bases(name, ids)).map((base) => [base.id, base]))
        const lacking = ids.filter((id, at) => {
          const known = bases.get(id) ?? rows[at]
          return known !== undefined && mayLack(known.values)
        })
        await noteLacking(tx, name, lacking)
      },
      { durability: 'relaxed' },
    )
  for (let next: string | undefined; ;) {
    const request = { limit: PART, ...(next === undefined ? {} : { after: next }) }
    const part = await store.read(`versions of ${name}`, (tx) => tx.allVersions(name, request))
    if (part.ids.some((id) => !shown.has(id))) await mark(() => Promise.resolve(part.ids))
    next = part.next
    if (next === undefined) break
  }
  // What is deleted here can be taken back.
  const deleted = async (tx: StoreReader): Promise<readonly string[]> =>
    (await tx.bases(name)).flatMap(({ id, local }) => (local === 'deleted' ? [id] : []))
  if ((await store.read(`deleted rows of ${name}`, deleted)).length > 0) await mark(deleted)
}

/** Marks rows that may lack columns. */
export function noteLacking(tx: StoreWriter, table: string, ids: readonly string[]): Promise<void> {
  return putMarks(tx, LACKING, table, new Map(ids.map((id) => [id, true])))
}

/** Those of the rows that are to be read whole when they are shown, also in the version that is held. */
export async function toReadWhole(
  tx: StoreReader,
  table: string,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  const lacking = await marksAmong(tx, LACKING, table, ids)
  // Columns can have come to the others since it was shown.
  const quarantined = await marksOf(tx, table, ids)
  return new Set([...lacking.keys(), ...quarantined.map(({ id }) => id)])
}

/** Takes all marks from rows that are read whole, or that are here no more, and gives back which had one. */
export async function shownWhole(
  tx: StoreWriter,
  table: string,
  ids: ReadonlySet<string>,
): Promise<ReadonlySet<string>> {
  const lacking = await takeMarks(tx, LACKING, table, ids)
  return new Set([...lacking, ...(await release(tx, table, ids))])
}

/** Takes the marks of rows that are gone by what was done here: no pull meets them any more. */
export async function goneLacking(tx: StoreWriter, table: string, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await takeMarks(tx, LACKING, table, new Set(ids))
}

export function forgetLacking(tx: StoreWriter, table: string): Promise<void> {
  return forgetMarks(tx, LACKING, table)
}
