import type { ConfiguredTable } from '../copy/configuration.ts'
import { throwIfAborted } from '../errors.ts'
import type { MasterOrg } from '../ports/master-org.ts'
import type { Store } from '../ports/store.ts'

const CHUNK = 1000

/**
 * Removes the rows that the master no longer shows under the sync filter: deleted, re-owned, out of the filter, or no
 * longer readable. Rows with unsent changes stay, and are counted. Nothing is removed unless the master's list of ids was
 * read to its end.
 */
export async function sweep(
  context: { readonly store: Store; readonly master: MasterOrg },
  table: ConfiguredTable,
  signal: AbortSignal,
): Promise<{ readonly pruned: number; readonly kept: number }> {
  const name = table.metadata.name
  const shown = new Set<string>()
  for await (const page of context.master.versions({ table: table.metadata, scope: table.scope }, signal)) {
    for (const { id } of page) shown.add(id)
  }
  let pruned = 0
  let kept = 0
  let after: string | undefined
  for (;;) {
    throwIfAborted(signal)
    const request = { limit: CHUNK, ...(after === undefined ? {} : { after }) }
    const held = await context.store.read(`ids of ${name}`, (tx) => tx.ids(name, request))
    const absent = held.filter((id) => !shown.has(id))
    if (absent.length > 0) {
      const removed = await context.store.write(
        `prune ${name}`,
        async (tx) => {
          const dirty = await tx.bases(name, absent)
          const unsent = new Set(dirty.map((base) => base.id))
          const gone = absent.filter((id) => !unsent.has(id))
          await tx.deleteRows(name, gone)
          return { pruned: gone.length, kept: dirty.filter((base) => base.local !== 'created').length }
        },
        { durability: 'relaxed' },
      )
      pruned += removed.pruned
      kept += removed.kept
    }
    after = held.at(-1)
    if (held.length < CHUNK) return { pruned, kept }
  }
}
