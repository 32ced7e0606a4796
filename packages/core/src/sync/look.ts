import type { ConfiguredTable } from '../copy/configuration.ts'
import { concernsOneRequest, concernsOneTable, MasterError } from '../errors.ts'
import type { Json } from '../metadata.ts'
import type { Glance, GlanceRequest, PullRequest } from '../ports/master-org.ts'
import { readCheckpoint } from '../pull/checkpoint.ts'
import { followedToken } from '../pull/delta.ts'
import type { PullContext } from '../pull/pull-context.ts'
import { pullRequest } from '../pull/pull-table.ts'
import type { FirstPage } from '../pull/pull-tables.ts'

/** What one look at the master showed, and the first pages that came with it. */
export interface Look extends Omit<Glance, 'pages' | 'changes'> {
  readonly firstPages: ReadonlyMap<string, FirstPage>
}

/** What a look is for. */
export interface LookRequest {
  readonly tables: readonly ConfiguredTable[]
  readonly privileges: readonly string[]
  /** Whether anything is sent before the tables are pulled: then pages that were read before it are of no use. */
  readonly sends: boolean
}

/**
 * Asks everything at once that a run has to know, and the first page of each table that goes on from an earlier pass with
 * what change tracking tells of it: a first download asks for large pages one by one. Null where the master does not
 * answer such a question. Nothing of the answer may be used before its identity was checked, and no page after anything
 * was sent.
 */
export async function lookAtAll(
  context: PullContext,
  { tables, privileges, sends }: LookRequest,
  signal: AbortSignal,
): Promise<Look | null> {
  if (!context.master.glance) return null
  const pulls = sends ? [] : await laterPulls(context, tables)
  return look(context, { userId: context.userId, privileges }, pulls, signal)
}

/**
 * Asks for the first pages alone, behind what was sent. Null where there is no more than one, or the master does not answer
 * such a question.
 */
export async function lookAtPages(
  context: PullContext,
  tables: readonly ConfiguredTable[],
  signal: AbortSignal,
): Promise<Look | null> {
  if (!context.master.glance) return null
  const pulls = await laterPulls(context, tables)
  return pulls.length > 1 ? look(context, { userId: null, privileges: [] }, pulls, signal) : null
}

async function look(
  { master }: PullContext,
  of: Pick<GlanceRequest, 'userId' | 'privileges'>,
  asked: readonly LaterPull[],
  signal: AbortSignal,
): Promise<Look | null> {
  const pulls = asked.map(({ pull }) => pull)
  const followed = asked.filter((each) => each.token !== undefined)
  const changes = followed.map(({ pull: { table, pageSize }, token = null }) => ({ table, pageSize, token }))
  try {
    const shown = await master.glance?.({ ...of, pulls, changes }, signal)
    if (!shown) return null
    const { pages, changes: told, ...rest } = shown
    const ofTable = new Map(changes.map(({ table, token }, at) => [table.name, { token, page: told[at] }]))
    const firstPages = pulls.flatMap(({ table, checkpoint }, at) => {
      const page = pages[at]
      const { token, page: changed } = ofTable.get(table.name) ?? {}
      const first = changed && token !== undefined ? { changes: { token, page: changed } } : {}
      return page ? [[table.name, { checkpoint, page, ...first }] as const] : []
    })
    return { ...rest, firstPages: new Map(firstPages) }
  } catch (error) {
    // A master that asks to wait is not asked for the same one by one.
    if (error instanceof MasterError && error.retryAfterMs !== undefined) throw error
    // It says nothing about the connection then: everything is asked for by itself.
    if (concernsOneTable(error) || concernsOneRequest(error)) return null
    throw error
  }
}

interface LaterPull {
  readonly pull: PullRequest
  /** Where what change tracking tells of the table goes on; absent where it is not followed. */
  readonly token?: Json
}

/** The pulls that go on from a finished pass; what is not finished comes in large pages. */
function laterPulls(context: PullContext, tables: readonly ConfiguredTable[]): Promise<readonly LaterPull[]> {
  return context.store.read('read checkpoints', async (tx) => {
    const pulls: LaterPull[] = []
    for (const table of tables) {
      const checkpoint = await readCheckpoint(tx, table.metadata.name)
      if (!checkpoint?.complete || checkpoint.everyRow || checkpoint.master === null) continue
      const token = await followedToken(tx, context, table)
      const pull = pullRequest(table, { checkpoint: checkpoint.master, pageSize: context.pageSize })
      pulls.push({ pull, ...(token === undefined ? {} : { token }) })
    }
    return pulls
  })
}
