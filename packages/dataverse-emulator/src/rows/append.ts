import type { TableDefinition } from '../schema.ts'
import { requireReach } from './access.ts'
import type { Reference } from './reference.ts'
import type { Row } from './row.ts'
import type { WriteContext } from './write-context.ts'

/** Refuses (403) a row at which the user may not append other rows. */
export function requireAppendTo(context: WriteContext, table: TableDefinition, row: Row): void {
  if (context.enforcePrivileges) requireReach(context.store, table, context.user, 'appendTo', row)
}

/**
 * Refuses (403) lookups that the user may not set: Append on the row, AppendTo on each row it shall lead to. A new
 * owner is an assignment and not asked for here; a target that does not exist is somebody else's refusal.
 */
export function requireAppend(
  context: WriteContext,
  table: TableDefinition,
  row: Row,
  lookups: ReadonlyMap<string, Reference | null>,
): void {
  const { store, user } = context
  if (!context.enforcePrivileges) return
  let asked = false
  for (const [column, target] of lookups) {
    if (target === null || column === 'ownerid') continue
    if (!asked) requireReach(store, table, user, 'append', row)
    asked = true
    const other = store.schema.table(target.table)
    const found = store.rows(target.table).get(target.id)
    if (other !== undefined && found !== undefined) requireAppendTo(context, other, found)
  }
}
