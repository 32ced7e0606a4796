import type { ConfigurationPlan, TablePlan } from '@outpost/core'
import { count, counted, tableLines } from './text.ts'
import type { Paint } from './text.ts'

/** How many rows with unsent changes are named. */
const NAMED = 10

const WHY: Readonly<Record<TablePlan['why'], string>> = {
  new: 'new table',
  removed: 'table is removed',
  rows: 'other rows',
  columns: 'other columns',
  'rows-and-columns': 'other rows and columns',
}

/** What a configuration and a sync would do, table by table. */
export function planLines(plan: ConfigurationPlan, paint: Paint): readonly string[] {
  const tables = Object.entries(plan.tables)
  if (tables.length === 0) return ['No rows come or go with it.']
  const amount = `${counted(plan.requests, 'request')}, ${count(plan.bytes)} bytes`
  return [
    ...tableLines(
      ['TABLE', 'ADD', 'DROP', 'READ AGAIN', 'UNSENT', 'REQUESTS', 'BYTES', ''],
      tables.map(([name, { add, drop, refresh, dirty, requests, bytes, why }]) => [
        name,
        ...[add, drop, refresh, dirty.length, requests, bytes].map(count),
        WHY[why],
      ]),
    ),
    ...tables.flatMap(([name, { dirty, why }]) => unsentLines(name, dirty, why, paint)),
    plan.estimate ? `About ${amount}: estimates.` : `${amount}.`,
  ]
}

function unsentLines(name: string, dirty: readonly string[], why: TablePlan['why'], paint: Paint): readonly string[] {
  if (dirty.length === 0) return []
  const what =
    why === 'removed'
      ? `have unsent changes and keep ${name} from being removed`
      : 'would no longer be selected, have unsent changes and stay'
  const more = dirty.length > NAMED ? [`    and ${counted(dirty.length - NAMED, 'more row')} (--json names all)`] : []
  return [
    paint.yellow(`${counted(dirty.length, 'row')} of ${name} ${what}:`),
    ...dirty.slice(0, NAMED).map((id) => `    ${name}/${id}`),
    ...more,
  ]
}
