import type Database from 'better-sqlite3'
import { guidBytes } from './account-table.ts'
import type { SqlValue } from './account-table.ts'
import type { Write } from './contender.ts'

/** What users have written to the table of accounts, and its place in the queue beside it. */
export interface AccountQueue {
  /** Changes the rows and queues the changes in one transaction. */
  readonly add: (writes: readonly Write[]) => void
  /** Sends everything, so many updates at once and so many times side by side; what was sent leaves the queue. */
  readonly drain: (send: (writes: readonly Write[]) => Promise<void>, setting: DrainSetting) => Promise<void>
  readonly length: () => number
}

export interface DrainSetting {
  readonly batch: number
  readonly lanes: number
}

export function queueIn(database: Database.Database): AccountQueue {
  const update = database.prepare<SqlValue[]>('UPDATE account SET telephone1 = ? WHERE accountid = ?')
  const insert = database.prepare<string>('INSERT INTO outbox (body) VALUES (?)')
  const remove = database.prepare<number>('DELETE FROM outbox WHERE seq = ?')
  const all = database.prepare<[], [number, string]>('SELECT seq, body FROM outbox ORDER BY seq').raw()
  const count = database.prepare<[], number>('SELECT count(*) FROM outbox').pluck()
  const settle = database.transaction((seqs: readonly number[]) => {
    for (const seq of seqs) remove.run(seq)
  })
  return {
    add: database.transaction((writes: readonly Write[]) => {
      for (const { id, telephone1 } of writes) {
        update.run(telephone1, guidBytes(id))
        insert.run(JSON.stringify({ id, telephone1 }))
      }
    }),
    drain: async (send, { batch, lanes }) => {
      const waiting = all.all()
      const lane = async (): Promise<void> => {
        while (waiting.length > 0) {
          const next = waiting.splice(0, batch)
          await send(next.map(([, body]) => JSON.parse(body) as Write))
          settle(next.map(([seq]) => seq))
        }
      }
      await Promise.all(Array.from({ length: lanes }, lane))
    },
    length: () => count.get() ?? 0,
  }
}
