import type { Row } from '@outpost/core'
import { NEWEST_OPEN } from '../contenders/contender.ts'
import type { Write } from '../contenders/contender.ts'
import { accountId, accountRow } from './account-rows.ts'
import type { Beginning } from './history.ts'

/** So many writes, each to a row of its own: the first ones. */
export function writesTo(seed: number, count: number): Write[] {
  return Array.from({ length: count }, (_, index) => ({ id: accountId(seed, index), telephone1: `+00 ${index}` }))
}

/** All accounts with these writes made. */
export function* rowsWritten({ seed, rows }: Beginning, writes: readonly Write[]): Generator<Row> {
  const written = new Map(writes.map(({ id, telephone1 }) => [id, telephone1]))
  for (let index = 0; index < rows; index++) {
    const row = accountRow(seed, index)
    const telephone1 = written.get(String(row['accountid']))
    yield telephone1 === undefined ? row : { ...row, telephone1 }
  }
}

/** The ids of the rows that the live query gives, in order: times grow with the place of a row. */
export function newestOpen({ seed, rows }: Beginning): readonly string[] {
  const ids: string[] = []
  for (let index = rows - 1; index >= 0 && ids.length < NEWEST_OPEN.limit; index--) {
    const row = accountRow(seed, index)
    if (row['statecode'] === NEWEST_OPEN.where.statecode) ids.push(String(row['accountid']))
  }
  return ids
}
