import type { RowEstimate, RowScope, TableMetadata } from '@outpost/core'
import { jsonAnswer } from './answer.ts'
import { isVerdict } from './identify.ts'
import { jsonObject, type JsonObject } from './json.ts'
import { type PageRequest, query, readPage, type ReadContext } from './read-page.ts'
import { rowsPath } from './rows-path.ts'
import { needsFetchXml } from './scope-conditions.ts'

const COUNT = 'Microsoft.Dynamics.CRM.totalrecordcount'
const COUNT_CAPPED = 'Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded'

/** What to ask for so that `estimateIn` finds how many rows there are. */
export const COUNTS: readonly string[] = [COUNT, COUNT_CAPPED]

/** How many rows the answer says there are, behind its own; null where it does not say. The master counts to 5,000. */
export function estimateIn(body: JsonObject): RowEstimate | null {
  const rows = body['@odata.count'] ?? body[`@${COUNT}`]
  if (typeof rows !== 'number' || rows < 0) return null
  return { rows, atLeast: body[`@${COUNT_CAPPED}`] === true }
}

/**
 * About how many rows are wanted. The contract is `MasterOrg.estimate`. Of whole tables that are too large to be counted
 * the master knows a number that is up to a day old, and that has the rows in it which this user may not see.
 */
export async function estimateRows(
  context: ReadContext,
  { table, scope }: { readonly table: TableMetadata; readonly scope: RowScope },
  signal: AbortSignal,
): Promise<RowEstimate | null> {
  const path = rowsPath({ table, scope, columns: [], order: [], count: true, pageSize: 1 })
  const page: PageRequest = { path, pageSize: 1, annotations: COUNTS }
  const estimate = estimateIn((await readPage(context, page, signal)).body)
  if (!estimate?.atLeast || scope.filter !== null || needsFetchXml(scope)) return estimate
  const total = await totalOf(context, table, signal)
  return total !== null && total >= estimate.rows ? { rows: total, atLeast: false } : estimate
}

async function totalOf(context: ReadContext, table: TableMetadata, signal: AbortSignal): Promise<number | null> {
  const { transport, timeoutMs } = context
  const path = `RetrieveTotalRecordCount(EntityNames=@p1)${query({ '@p1': JSON.stringify([table.name]) })}`
  try {
    const answer = jsonAnswer(await transport.send({ method: 'GET', path, timeoutMs }, signal))
    const values: unknown = jsonObject(answer['EntityRecordCountCollection'])?.['Values']
    const total: unknown = Array.isArray(values) ? values[0] : undefined
    return typeof total === 'number' ? total : null
  } catch (error) {
    if (isVerdict(error)) return null
    throw error
  }
}
