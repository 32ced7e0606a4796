import { writeSync } from 'node:fs'
import { openSqliteStore } from '@outpost/store-sqlite'
import { pairOf } from './pair.ts'

/*
 * The program that the crash test kills: writes pairs of a row and its transaction, many at a time, and acknowledges each
 * on standard output once its promise has resolved. Runs until it is killed.
 */
const [path = '', first = '0'] = process.argv.slice(2)
const store = await openSqliteStore({ path })

let next = Number(first)
async function writePairs(): Promise<never> {
  for (;;) {
    const number = next++
    const { row, transaction } = pairOf(number)
    const durability = number % 3 === 0 ? 'relaxed' : 'strict'
    await store.write(
      'pair',
      async (tx) => {
        await tx.putRows('account', [row])
        await tx.appendTransactions([transaction])
      },
      { durability },
    )
    // Synchronous: what has been acknowledged is in the pipe, whatever happens next.
    writeSync(1, `${number}\n`)
    // A turn of the event loop, as a program has that waits for input.
    await new Promise(setImmediate)
  }
}

await Promise.all(Array.from({ length: 32 }, writePairs))
