import type { Row } from '@outpost/core'
import { COLUMNS, OWNER_TABLE } from './account-rows.ts'

/** Rows, summed up, and how many writes wait beside them. */
export interface Contents {
  readonly rows: number
  /** Of all values but the versions: a row that was sent has another one on the server, which not everybody asks for. */
  readonly checksum: string
  /** A checksum of the versions, each with its row. */
  readonly versions: string
  readonly queued: number
}

/** What a run ends with, by what it is: rows that are held, that are shown, that were sent. */
export type Findings = Readonly<Record<string, Contents>>

/** Rows, or parts of them that come one after the other. */
type Rows = Iterable<Row> | AsyncIterable<readonly Row[]>

const VERSION = 'versionnumber'
const NAMES = [...COLUMNS.map((column) => column.name).filter((name) => name !== VERSION), OWNER_TABLE]

/** Sums up what is held, whatever the order of the rows. A column that a row lacks counts as null. */
export function contentsOf(rows: Rows, queued: number): Promise<Contents> {
  return summed(rows, queued, () => 0)
}

/** Sums up a list that is shown: the same rows in another order have another checksum. */
export function listOf(rows: readonly Row[]): Promise<Contents> {
  return summed(rows, 0, (place) => place)
}

async function summed(rows: Rows, queued: number, placeOf: (count: number) => number): Promise<Contents> {
  let count = 0
  let sum = 0n
  let versions = 0n
  const add = (row: Row): void => {
    count += 1
    sum += hashOf(JSON.stringify([placeOf(count), ...NAMES.map((name) => row[name] ?? null)]))
    versions += hashOf(JSON.stringify([row['accountid'], row[VERSION] ?? null]))
  }
  if (Symbol.iterator in rows) for (const row of rows) add(row)
  else for await (const part of rows) for (const row of part) add(row)
  return { rows: count, checksum: digitsOf(sum), versions: digitsOf(versions), queued }
}

function digitsOf(sum: bigint): string {
  return BigInt.asUintN(64, sum).toString(16).padStart(16, '0')
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
