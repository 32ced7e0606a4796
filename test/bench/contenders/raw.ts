import { join } from 'node:path'
import type { Row } from '@outpost/core'
import Database from 'better-sqlite3'
import { contentsOf } from '../data/contents.ts'
import {
  createTables,
  guidBytes,
  INSERT,
  parametersOf,
  SELECT_NEWEST_OPEN,
  storedRow,
  storedRows,
} from './account-table.ts'
import type { SqlValue } from './account-table.ts'
import type { Contender, Place, Write } from './contender.ts'
import { idPages, pullPages, sendUpdates } from './wire.ts'
import type { Pulled } from './wire.ts'

/*
 * The limit: what can be had by hand from fetch, JSON.parse and better-sqlite3, for this one table and nothing else. No
 * metadata, no unsent changes to respect, no events, no validation.
 */

/** The settings that @outpost/store-sqlite uses, so that SQLite has the same work. */
const PRAGMAS = [
  'page_size = 16384',
  'journal_mode = WAL',
  'wal_autocheckpoint = 5000',
  'journal_size_limit = 81920000',
  'temp_store = MEMORY',
]

/** How a queue is drained by hand: so many updates in a request, and so many requests at a time. */
export interface DrainSetting {
  readonly batch: number
  readonly lanes: number
}

export async function openRaw(place: Place, drain: DrainSetting = { batch: 100, lanes: 1 }): Promise<Contender> {
  const { url, folder, pageSize, deletions, again } = place
  const database = new Database(join(folder, 'raw.db'))
  for (const pragma of PRAGMAS) database.pragma(pragma)
  if (!again) createTables(database)
  const insert = database.prepare<[SqlValue[]]>(INSERT)
  const remove = database.prepare<Buffer>('DELETE FROM account WHERE accountid = ?')
  const reach = database.prepare<number>('UPDATE state SET version = ?')
  const reached = database.prepare<[], number>('SELECT version FROM state').pluck()
  const update = database.prepare<SqlValue[]>('UPDATE account SET telephone1 = ? WHERE accountid = ?')
  const queue = database.prepare<string>('INSERT INTO outbox (body) VALUES (?)')
  const queued = database.prepare<[], [number, string]>('SELECT seq, body FROM outbox ORDER BY seq').raw()
  const leave = database.prepare<number>('DELETE FROM outbox WHERE seq = ?')
  const newestOpen = database.prepare<[], SqlValue[]>(SELECT_NEWEST_OPEN).raw()

  const apply = database.transaction(({ rows, deleted, version }: Pulled) => {
    for (const row of rows) insert.run(parametersOf(row))
    for (const id of deleted) remove.run(guidBytes(id))
    reach.run(version)
  })
  const writeAll = database.transaction((writes: readonly Write[]) => {
    for (const { id, telephone1 } of writes) {
      update.run(telephone1, guidBytes(id))
      queue.run(JSON.stringify({ id, telephone1 }))
    }
  })
  const settle = database.transaction((seqs: readonly number[]) => {
    for (const seq of seqs) leave.run(seq)
  })
  /** Removes what is not in the list of ids. */
  const sweep = async (): Promise<void> => {
    const shown = new Set<string>()
    for await (const ids of idPages(url, pageSize)) for (const id of ids) shown.add(id.replaceAll('-', ''))
    const held = database.prepare<[], string>('SELECT lower(hex(accountid)) FROM account').pluck().all()
    const gone = held.filter((id) => !shown.has(id))
    database.transaction(() => {
      for (const id of gone) remove.run(guidBytes(id))
    })()
  }
  let listener: ((rows: readonly Row[]) => void) | undefined
  const query = (): readonly Row[] => newestOpen.all().map(storedRow)
  const tell = (): void => listener?.(query())
  const writeTogether = async (writes: readonly Write[]): Promise<void> => {
    writeAll(writes)
    tell()
  }
  return {
    pull: async () => {
      database.pragma('synchronous = NORMAL')
      for await (const pulled of pullPages(url, pageSize, deletions, reached.get() || undefined)) apply(pulled)
      if (deletions === 'sweep') await sweep()
      database.pragma('synchronous = FULL')
    },
    write: (write) => writeTogether([write]),
    burst: writeTogether,
    together: writeTogether,
    push: async () => {
      const waiting = queued.all()
      const lane = async (): Promise<void> => {
        while (waiting.length > 0) {
          const batch = waiting.splice(0, drain.batch)
          await sendUpdates(
            url,
            batch.map(([, body]) => JSON.parse(body) as Write),
          )
          settle(batch.map(([seq]) => seq))
        }
      }
      await Promise.all(Array.from({ length: drain.lanes }, lane))
    },
    query: async () => query(),
    watch: (wanted) => {
      listener = wanted
      tell()
      return () => (listener = undefined)
    },
    contents: async () => {
      const queued = database.prepare<[], number>('SELECT count(*) FROM outbox').pluck().get() ?? 0
      return contentsOf(storedRows(database), queued)
    },
    close: async () => {
      database.close()
    },
  }
}
