import type { ConfiguredTable } from '../copy/configuration.ts'
import { clockDependence } from '../filter/filter-context.ts'
import type { StoreReader, StoreWriter } from '../ports/store.ts'
import { makeDue } from './checkpoint.ts'
import { allRelated } from './dependents.ts'

/*
 * A filter such as "in the last seven days" selects other rows later though none has changed. When the user's day begins
 * is a setting on the master, and the device's clock may be wrong; but hours pass everywhere. So rows that depend on the
 * time are compared once in each hour in which there is a pull, and a clock that was wrong delays nothing by more.
 */

const HOUR_MS = 60 * 60_000

const key = (table: string): string => `hour/${table}`

/** Makes a comparison due where time alone may have changed which rows are wanted. Belongs before a table's pass. */
export async function noteTime(tx: StoreWriter, table: ConfiguredTable, now: number): Promise<void> {
  const { name } = table.metadata
  const before = await tx.value(key(name))
  const hour = dependsOnTime(table) ? Math.floor(now / HOUR_MS) : undefined
  if (before === hour) return
  await tx.setValue(key(name), hour)
  if (before !== undefined && hour !== undefined) await makeDue(tx, [name], 'day-passed')
}

/** Whether there is something to note. */
export async function hasTimePassed(tx: StoreReader, table: ConfiguredTable, now: number): Promise<boolean> {
  const before = await tx.value(key(table.metadata.name))
  return before !== (dependsOnTime(table) ? Math.floor(now / HOUR_MS) : undefined)
}

export async function forgetTime(tx: StoreWriter, table: string): Promise<void> {
  await tx.setValue(key(table), undefined)
}

/** Whether the passing of time alone can change which rows of the table are wanted. Of FetchXML the operators tell. */
export function dependsOnTime({ scope }: ConfiguredTable): boolean {
  const filters = [scope.filter, ...allRelated(scope).map(({ filter }) => filter)]
  if (filters.some((filter) => filter && clockDependence(filter) !== 'none')) return true
  const operators = [...(scope.fetchXml ?? '').matchAll(/\boperator\s*=\s*(["'])([^"']+)\1/g)]
  return operators.some((match) => /^(today|tomorrow|yesterday|(this|last|next|olderthan)-.*)$/.test(match[2] ?? ''))
}
