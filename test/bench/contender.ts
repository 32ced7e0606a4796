import { createHash } from 'node:crypto'
import type { Row } from '@outpost/core'
import { COLUMNS, OWNER_TABLE } from './account-rows.ts'

/** A change of one column of one row: what a user's write is in this bench. */
export interface Write {
  readonly id: string
  readonly telephone1: string
}

/** Something that keeps the accounts of the page server in a SQLite file, and what users write with them. */
export interface Contender {
  /** Downloads all rows; they can be queried by the indexes then. */
  readonly download: () => Promise<void>
  /** Changes the row and queues the change in one durable transaction. */
  readonly write: (write: Write) => Promise<void>
  /** The same for writes that are made at once; resolves when all of them are durable. */
  readonly burst: (writes: readonly Write[]) => Promise<void>
  readonly contents: () => Promise<Contents>
  readonly close: () => Promise<void>
}

export interface Place {
  readonly url: string
  readonly path: string
  readonly pageSize: number
}

/** What a contender holds in the end, whatever the order of its rows. */
export interface Contents {
  readonly rows: number
  readonly checksum: string
  readonly queued: number
}

const NAMES = [...COLUMNS.map((column) => column.name), OWNER_TABLE]

/** Sums up rows, given in parts. */
export async function contentsOf(
  parts: Iterable<readonly Row[]> | AsyncIterable<readonly Row[]>,
  queued: number,
): Promise<Contents> {
  let rows = 0
  let sum = 0n
  for await (const part of parts) {
    rows += part.length
    for (const row of part) {
      const text = JSON.stringify(NAMES.map((name) => row[name]))
      sum += createHash('sha256').update(text).digest().readBigUInt64BE()
    }
  }
  return { rows, checksum: BigInt.asUintN(64, sum).toString(16).padStart(16, '0'), queued }
}
