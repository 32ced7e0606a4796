import type { ConfiguredTable } from '../copy/configuration.ts'
import { clockDependence } from '../filter/filter-context.ts'
import { wallTimeAt } from '../filter/user-calendar.ts'
import { readUserFacts } from '../identity/standing.ts'
import type { StoreReader, StoreWriter } from '../ports/store.ts'
import { makeDue } from './checkpoint.ts'
import { allRelated } from './dependents.ts'

/*
 * A filter such as "in the last seven days" selects other rows later though none has changed. When the user's day begins
 * is a setting on the master, and the device's clock may be wrong; but hours pass everywhere. So rows that depend on the
 * time are compared once in each hour of the user's clock in which there is a pull: a day begins with an hour, and a clock
 * that was wrong delays nothing by more. A clock that was set back shows another hour, too.
 */

const HOUR_MS = 60 * 60_000

const key = (table: string): string => `hour/${table}`

/** Whose hours pass, and what the device's clock shows. */
interface Clock {
  readonly userId: string
  readonly now: number
}

/** Makes a comparison due where time alone may have changed which rows are wanted. Belongs before a table's pass. */
export async function noteTime(tx: StoreWriter, table: ConfiguredTable, clock: Clock): Promise<void> {
  const { name } = table.metadata
  const before = await tx.value(key(name))
  const hour = await hourOf(tx, table, clock)
  if (before === hour) return
  await tx.setValue(key(name), hour)
  if (before !== undefined && hour !== undefined) await makeDue(tx, [name], 'time-passed')
}

/** Whether there is something to note. */
export async function hasTimePassed(tx: StoreReader, table: ConfiguredTable, clock: Clock): Promise<boolean> {
  return (await tx.value(key(table.metadata.name))) !== (await hourOf(tx, table, clock))
}

/** The hour of the user's clock; in a zone that is not known, that of UTC. Undefined where time changes nothing. */
async function hourOf(tx: StoreReader, table: ConfiguredTable, { userId, now }: Clock): Promise<number | undefined> {
  if (!dependsOnTime(table)) return undefined
  const { timeZone = 'UTC' } = await readUserFacts(tx, userId)
  return Math.floor(wallTimeAt(now, timeZone) / HOUR_MS)
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
