import { writeSync } from 'node:fs'
import { openSqliteStore } from '@outpost/store-sqlite'
import { live } from './live.ts'
import type { LifeOptions } from './report.ts'

/* The program that is killed on Node, over SQLite: it is told everything as JSON, and says each thing on a line. */

const options = JSON.parse(process.argv[2] ?? '') as LifeOptions

/** Synchronous: what has been said is in the pipe, whatever happens next. */
function say(line: string): void {
  let left = Buffer.from(`${line}\n`)
  while (left.length > 0) left = left.subarray(writeSync(1, left))
}

const store = await openSqliteStore({ path: options.place })
await live(store, options, (report) => say(JSON.stringify(report)))
await store.close()
