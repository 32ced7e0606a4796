import type { ConfiguredTable } from '../copy/configuration.ts'
import { concernsOneTable, OutpostError } from '../errors.ts'
import type { Glance, PullRequest } from '../ports/master-org.ts'
import { readCheckpoint } from './checkpoint.ts'
import type { PullContext } from './pull-context.ts'
import { pullRequest } from './pull-table.ts'
import type { FirstPage } from './pull-tables.ts'

/** What one look at the master showed, and the first pages that came with it. */
export interface Look extends Omit<Glance, 'pages'> {
  readonly firstPages: ReadonlyMap<string, FirstPage>
}

/** A failure of the look that says nothing about the connection: everything is asked for by itself then. */
const OF_ONE_REQUEST: ReadonlySet<string> = new Set(['timeout', 'unavailable', 'protocol'])

/**
 * Asks everything at once that a run has to know, and the first page of each table that goes on from an earlier pass; null
 * where the master does not answer such a question. Nothing of the answer may be used before its identity was checked, and
 * no page after anything was sent.
 */
export async function lookAtAll(
  context: PullContext,
  asked: { readonly tables: readonly ConfiguredTable[]; readonly privileges: readonly string[] },
  signal: AbortSignal,
): Promise<Look | null> {
  const { master, userId } = context
  if (!master.glance) return null
  const pulls = await laterPulls(context, asked.tables)
  try {
    const { pages, ...rest } = await master.glance({ userId, privileges: asked.privileges, pulls }, signal)
    const firstPages = pulls.flatMap(({ table, checkpoint }, at) => {
      const page = pages[at]
      return page ? [[table.name, { checkpoint, page }] as const] : []
    })
    return { ...rest, firstPages: new Map(firstPages) }
  } catch (error) {
    if (concernsOneTable(error) || (error instanceof OutpostError && OF_ONE_REQUEST.has(error.code))) return null
    throw error
  }
}

/** The pulls that go on from a finished pass; what is not finished comes in large pages. */
function laterPulls(context: PullContext, tables: readonly ConfiguredTable[]): Promise<readonly PullRequest[]> {
  return context.store.read('read checkpoints', async (tx) => {
    const pulls: PullRequest[] = []
    for (const table of tables) {
      const checkpoint = await readCheckpoint(tx, table.metadata.name)
      if (!checkpoint?.complete || checkpoint.everyRow || checkpoint.master === null) continue
      pulls.push(pullRequest(table, { checkpoint: checkpoint.master, pageSize: context.pageSize }))
    }
    return pulls
  })
}
