import type { Json } from '../metadata.ts'
import type { StoreReader, StoreWriter } from '../ports/store.ts'

/**
 * A kind of marks on single rows, of which most tables have none. How many there are is kept beside them, so that where there
 * are none nothing is looked for.
 */
export interface MarkKind {
  /** Marks lie under `<marks>/<table>/<id>`, and how many a table has under `<counts>/<table>`. */
  readonly marks: string
  readonly counts: string
}

const prefix = ({ marks }: MarkKind, table: string): string => `${marks}/${table}/`
const countKey = ({ counts }: MarkKind, table: string): string => `${counts}/${table}`

/** A row that is marked, and with what. */
export interface MarkedRow {
  readonly table: string
  readonly id: string
  readonly mark: Json
}

/** The marked rows of one table, or of all. */
export async function allMarked(tx: StoreReader, kind: MarkKind, table?: string): Promise<readonly MarkedRow[]> {
  const marks = await tx.values(table === undefined ? `${kind.marks}/` : prefix(kind, table))
  return marks.map(({ key, value }) => {
    const [, name = '', ...id] = key.split('/')
    return { table: name, id: id.join('/'), mark: value }
  })
}

/** The marks of these rows. What that takes grows with the rows given, and not with those that are marked. */
export async function marksAmong(
  tx: StoreReader,
  kind: MarkKind,
  table: string,
  ids: Iterable<string>,
): Promise<ReadonlyMap<string, Json>> {
  const all = await countOf(tx, kind, table)
  if (all === 0) return new Map()
  const asked = new Set(ids)
  if (all <= asked.size) {
    const marked = await allMarked(tx, kind, table)
    return new Map(marked.flatMap(({ id, mark }) => (asked.has(id) ? [[id, mark]] : [])))
  }
  const found = new Map<string, Json>()
  for (const id of asked) {
    const mark = await tx.value(prefix(kind, table) + id)
    if (mark !== undefined) found.set(id, mark)
  }
  return found
}

/** Marks rows; one that is marked gets another mark. */
export async function putMarks(
  tx: StoreWriter,
  kind: MarkKind,
  table: string,
  marks: ReadonlyMap<string, Json>,
): Promise<void> {
  const before = await marksAmong(tx, kind, table, marks.keys())
  if (marks.size > 0) await tx.setValues(new Map(Array.from(marks, ([id, mark]) => [prefix(kind, table) + id, mark])))
  await count(tx, kind, table, marks.size - before.size)
}

/** Takes the marks from these rows, and gives back which had one. */
export async function takeMarks(
  tx: StoreWriter,
  kind: MarkKind,
  table: string,
  ids: ReadonlySet<string>,
): Promise<ReadonlySet<string>> {
  const marked = new Set((await marksAmong(tx, kind, table, ids)).keys())
  if (marked.size > 0) await tx.setValues(new Map(Array.from(marked, (id) => [prefix(kind, table) + id, undefined])))
  await count(tx, kind, table, -marked.size)
  return marked
}

/** Forgets the marks of a table that is no longer kept. */
export async function forgetMarks(tx: StoreWriter, kind: MarkKind, table: string): Promise<void> {
  for (const { key } of await tx.values(prefix(kind, table))) await tx.setValue(key, undefined)
  await tx.setValue(countKey(kind, table), undefined)
}

async function countOf(tx: StoreReader, kind: MarkKind, table: string): Promise<number> {
  return ((await tx.value(countKey(kind, table))) as number | undefined) ?? 0
}

async function count(tx: StoreWriter, kind: MarkKind, table: string, more: number): Promise<void> {
  if (more !== 0) await tx.setValue(countKey(kind, table), (await countOf(tx, kind, table)) + more || undefined)
}
