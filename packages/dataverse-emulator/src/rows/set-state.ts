import type { TableDefinition } from '../schema.ts'
import type { Row } from './row.ts'
import { updateRow } from './update-row.ts'
import type { WriteContext } from './write-context.ts'

/** Sets state and status of a row as a message of its own does: also those states that a plain update is refused. */
export function setState(
  context: WriteContext,
  table: TableDefinition,
  row: Row,
  { state, status }: { readonly state: number; readonly status?: number },
): Row {
  const values = new Map([['statecode', state]])
  if (status !== undefined) values.set('statuscode', status)
  return updateRow({ ...context, byMessage: true }, table, row, { values, lookups: new Map() })
}
