import type { ClientOrg, LeftOut, TableConfiguration } from '@outpost/core'
import { reply } from './invocation.ts'
import type { Invocation } from './invocation.ts'
import { linesFor, tableLines } from './text.ts'

/** The configuration in force, one line for each table. */
export async function showConfigured(
  invocation: Invocation,
  org: ClientOrg,
  leftOut: readonly LeftOut[] = [],
): Promise<void> {
  const file = await org.exportConfiguration()
  reply(invocation, leftOut.length > 0 ? { ...file, leftOut } : file, () => {
    const tables = Object.entries(org.configuration.tables)
    const local = Object.keys(org.configuration.localTables ?? {})
    const without = leftOut.map(
      ({ what, table, name, of }) =>
        `Left out: ${what} '${name}' (${table === undefined ? of : `${of} of ${table}`}), which is unknown.`,
    )
    const only = local.length === 0 ? [] : [`Only here: ${local.join(', ')}`]
    if (tables.length === 0) return [...without, ...only, 'No tables of a master are kept.']
    return [
      ...without,
      ...linesFor(
        invocation.io.stdout,
        tableLines(
          ['TABLE', 'COLUMNS', 'FINDS LEAVERS', 'CONFLICTS', 'ROWS', 'MAY LEAVE'],
          tables.map(([name, table]) => [
            name,
            table.columns ? `${table.columns.length} chosen` : 'all',
            leaversText(table),
            policyText(table.conflictPolicy),
            rowsText(table),
            table.uploadFilter ?? 'all',
          ]),
        ),
      ),
      ...only,
      "Run 'outpost sync' to bring the rows in line.",
    ]
  })
}

function policyText(policy: TableConfiguration['conflictPolicy'] = 'merge'): string {
  return typeof policy === 'string' ? policy : `function ${policy.function}`
}

/** How rows are found that were deleted or left the selection. */
function leaversText({ syncDeletion, tracking, changeTracking }: TableConfiguration): string {
  const kinds = Object.entries(tracking ?? {}).flatMap(([kind, isOn]) => (isOn ? [kind] : []))
  const ways = [
    syncDeletion && 'compares',
    kinds.length > 0 && `tracks ${kinds.join(', ')}`,
    changeTracking && 'change tracking',
  ]
  return ways.filter(Boolean).join('; ') || 'no'
}

/** Which rows come from the master. */
function rowsText({ syncFilter, syncFetchXml, related = [] }: TableConfiguration): string {
  const own = syncFilter ?? (syncFetchXml === undefined ? undefined : 'FetchXML')
  const others = related.map(({ direction, table, lookup }) => `${direction} of ${table} by ${lookup}`)
  return [own ?? (others.length === 0 ? 'all' : undefined), ...others].filter((part) => part !== undefined).join(' or ')
}
