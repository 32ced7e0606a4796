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
  const written = writer(writes)
  for (let index = 0; index < rows; index++) yield written(accountRow(seed, index))
}

/** The rows that the live query gives behind these writes, in order: times grow with the place of a row. */
export function newestOpen({ seed, rows }: Beginning, writes: readonly Write[]): readonly Row[] {
  const written = writer(writes)
  const shown: Row[] = []
  for (let index = rows - 1; index >= 0 && shown.length < NEWEST_OPEN.limit; index--) {
    const row = accountRow(seed, index)
    if (row['statecode'] === NEWEST_OPEN.where.statecode) shown.push(written(row))
  }
  return shown
}

function writer(writes: readonly Write[]): (row: Row) => Row {
  const written = new Map(writes.map(({ id, telephone1 }) => [id, telephone1]))
  return (row) => {
    const telephone1 = written.get(String(row['accountid']))
    return telephone1 === undefined ? row : { ...row, telephone1 }
  }
}
