import type { TableMetadata } from '../metadata.ts'
import type { RelatedRows, RowScope } from '../ports/master-org.ts'
import type { Privileges } from '../write/privileges.ts'
import type { ConfiguredTable } from './configuration.ts'

/**
 * The tables with the rows that their user can be shown. A related table that the user may not read at all leads to no rows,
 * but a master refuses a question that names one as a whole: such a one is left out of what is asked for. Where nothing but
 * such ones is wanted of a table, that is left to be refused. The same map where nothing is left out.
 */
export function readableTables(
  tables: ReadonlyMap<string, ConfiguredTable>,
  privileges: Privileges | null,
): ReadonlyMap<string, ConfiguredTable> {
  if (!privileges) return tables
  const entries = [...tables].map(([name, table]) => {
    const scope = readableScope(table.scope, privileges)
    return [name, scope === table.scope ? table : { ...table, scope, wanted: table.scope }] as const
  })
  return entries.every(([name, table]) => table === tables.get(name)) ? tables : new Map(entries)
}

function readableScope(scope: RowScope, privileges: Privileges): RowScope {
  const { related: all, ...alone } = scope
  const related = all && readable(all, privileges)
  if (related === all) return scope
  if (related && related.length > 0) return { ...alone, related }
  return alone.filter === null && alone.fetchXml === undefined ? scope : alone
}

/** The related rows that can lead to any; the same list where all can. */
function readable(all: readonly RelatedRows[], privileges: Privileges): readonly RelatedRows[] {
  const left = all.flatMap((one): readonly RelatedRows[] => {
    if (!mayRead(one.table, privileges)) return []
    const { related: further, ...alone } = one
    const behind = further && readable(further, privileges)
    if (behind === further) return [one]
    if (behind && behind.length > 0) return [{ ...alone, related: behind }]
    return alone.filter === null ? [] : [alone]
  })
  return left.length === all.length && left.every((one, at) => one === all[at]) ? all : left
}

/** Of a table of whose privilege nothing is known the master decides. */
function mayRead({ privileges: { read } = {} }: TableMetadata, privileges: Privileges): boolean {
  return read === undefined || privileges.has(read)
}
