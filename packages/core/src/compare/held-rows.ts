import type { ConfiguredTable } from '../copy/configuration.ts'
import { throwIfAborted } from '../errors.ts'
import type { RowVersion } from '../ports/master-org.ts'
import type { Store, StoreReader } from '../ports/store.ts'

/** A row that the master is known to have had, with the version that is held of it, below any unsent changes. */
export interface HeldRow extends RowVersion {
  /** Whether it has unsent changes; a row that is deleted here and not yet there is among them. */
  readonly isDirty: boolean
}

const CHUNK = 1000

/** The held rows of a table, page by page, in no order that means anything. Rows that were only created here are left out. */
export async function* heldRows(
  store: Store,
  { metadata: { name } }: ConfiguredTable,
  signal: AbortSignal,
): AsyncGenerator<readonly HeldRow[], void, undefined> {
  for (let after: string | undefined; ;) {
    throwIfAborted(signal)
    const request = { limit: CHUNK, ...(after === undefined ? {} : { after }) }
    const page = await store.read(`versions of ${name}`, async (tx) => {
      const ids = await tx.ids(name, request)
      return { ids, rows: await heldAmong(tx, name, ids) }
    })
    yield page.rows
    after = page.ids.at(-1)
    if (page.ids.length < CHUNK) break
  }
  const deleted = await store.read(`deleted rows of ${name}`, (tx) => tx.bases(name))
  yield deleted.filter(({ local }) => local === 'deleted').map(({ id, version }) => ({ id, version, isDirty: true }))
}

/** Those of the rows that are held, and that the master is known to have had. */
async function heldAmong(tx: StoreReader, table: string, ids: readonly string[]): Promise<readonly HeldRow[]> {
  const bases = new Map((await tx.bases(table, ids)).map((base) => [base.id, base]))
  const versions = await tx.versions(table, ids)
  return ids.flatMap((id): readonly HeldRow[] => {
    const base = bases.get(id)
    if (base) return base.local === 'created' ? [] : [{ id, version: base.version, isDirty: true }]
    const version = versions.get(id)
    return version === undefined ? [] : [{ id, version, isDirty: false }]
  })
}

/** Whether two versions of one row tell that it differs. A version that is not known tells nothing. */
export function differs(here: string | null, there: string | null): boolean {
  return here !== null && there !== null && here !== there
}
