import type { Row } from '@outpost/core'
import { COLUMNS, OWNER_TABLE } from './account-rows.ts'

/** What a contender holds in the end, whatever the order of its rows. */
export interface Contents {
  readonly rows: number
  readonly checksum: string
  readonly queued: number
}

/** Rows, or parts of them that come one after the other. */
type Rows = Iterable<Row> | AsyncIterable<readonly Row[]>

const NAMES = [...COLUMNS.map((column) => column.name), OWNER_TABLE]

/** Sums up rows. A column that a row lacks counts as null. */
export async function contentsOf(rows: Rows, queued: number): Promise<Contents> {
  let count = 0
  let sum = 0n
  const add = (row: Row): void => {
    count += 1
    sum += hashOf(JSON.stringify(NAMES.map((name) => row[name] ?? null)))
  }
  if (Symbol.iterator in rows) for (const row of rows) add(row)
  else for await (const part of rows) for (const row of part) add(row)
  return { rows: count, checksum: BigInt.asUintN(64, sum).toString(16).padStart(16, '0'), queued }
}

/** FNV-1a with 64 bits, which pages and Node compute alike. */
function hashOf(text: string): bigint {
  let low = 0x84222325
  let high = 0xcbf29ce4
  for (let at = 0; at < text.length; at++) {
    low ^= text.charCodeAt(at)
    // Times the prime 2^40 + 0x1b3, in two halves of 32 bits.
    const product = (low >>> 0) * 0x1b3
    high = Math.imul(high, 0x1b3) + Math.floor(product / 2 ** 32) + (low << 8)
    low = product | 0
  }
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)
}
