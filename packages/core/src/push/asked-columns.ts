import type { Change } from '../change.ts'
import type { ConfiguredTable } from '../copy/configuration.ts'
import { columnOf } from '../metadata.ts'
import { TARGET_SUFFIX } from '../row.ts'

/**
 * The columns to read of rows that changes are about: those that are kept, and those that the changes write although they are
 * not kept any more. Nothing else would tell whether somebody has changed them, too.
 */
export function askedColumns(table: ConfiguredTable, changes: readonly Change[]): readonly string[] {
  const own = changes.filter((change) => change.table === table.metadata.name)
  const more = own.flatMap((change) => columnsNotKept(change, table))
  return more.length === 0 ? table.columns : [...new Set([...table.columns, ...more])]
}

/** The columns that the change writes, that the master still has, and that are not kept any more. */
export function columnsNotKept(change: Change, table: ConfiguredTable): readonly string[] {
  if (change.kind !== 'create' && change.kind !== 'update') return []
  return Object.keys(change.values).filter(
    (name) =>
      !name.endsWith(TARGET_SUFFIX) &&
      !table.columns.includes(name) &&
      columnOf(table.metadata, name)?.readable === true,
  )
}
