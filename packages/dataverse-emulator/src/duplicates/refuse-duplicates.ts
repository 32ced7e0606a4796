import { WebApiError } from '../errors.ts'
import type { WriteContext } from '../rows/write-context.ts'
import type { StoredValues, TableDefinition } from '../schema.ts'
import { findDuplicates } from './find-duplicates.ts'

/** Refuses a row that a published rule takes for a duplicate of another, where the caller wants detection. */
export function refuseDuplicates(
  { store, detectDuplicates, knobs }: WriteContext,
  table: TableDefinition,
  id: string,
  values: StoredValues,
): void {
  if (detectDuplicates !== true || findDuplicates(store, table, id, values).next().done === true) return
  throw new WebApiError(
    knobs?.duplicateStatus ?? 412,
    '0x80040333',
    'A record was not created or updated because a duplicate of the current record already exists.',
  )
}
