import { join } from 'node:path'
import type { Row } from '@outpost/core'
import Database from 'better-sqlite3'
import { contentsOf } from '../data/contents.ts'
import { queueIn } from './account-queue.ts'
import type { DrainSetting } from './account-queue.ts'
import {
  createTables,
  guidBytes,
  INSERT,
  parametersOf,
  PRAGMAS,
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

export async function openRaw(place: Place, drain: DrainSetting = { batch: 100, lanes: 1 }): Promise<Contender> {
  const { url, folder, pageSize, deletions, again } = place
  const database = new Database(join(folder, 'raw.db'))
  for (const pragma of PRAGMAS) database.pragma(pragma)
  if (!again) createTables(database)
  const insert = database.prepare<[SqlValue[]]>(INSERT)
  const remove = database.prepare<Buffer>('DELETE FROM account WHERE accountid = ?')
  const reach = database.prepare<number>('UPDATE state SET version = ?')
  const reached = database.prepare<[], number>('SELECT version FROM state').pluck()
  const queue = queueIn(database)
  const newestOpen = database.prepare<[], SqlValue[]>(SELECT_NEWEST_OPEN).raw()

  const apply = database.transaction(({ rows, deleted, version }: Pulled) => {
    for (const row of rows) insert.run(parametersOf(row))
    for (const id of deleted) remove.run(guidBytes(id))
    reach.run(version)
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
  const together = async (writes: readonly Write[]): Promise<void> => {
    queue.add(writes)
    tell()
  }
  // Group commit: writes that come at once share a transaction, and each waits for it.
  let group: { readonly writes: Write[]; readonly committed: Promise<void> } | undefined
  const write = (one: Write): Promise<void> => {
    if (group === undefined) {
      const writes: Write[] = []
      const committed = Promise.resolve().then(() => {
        group = undefined
        return together(writes)
      })
      group = { writes, committed }
    }
    group.writes.push(one)
    return group.committed
  }
  return {
    pull: async () => {
      database.pragma('synchronous = NORMAL')
      for await (const pulled of pullPages(url, pageSize, deletions, reached.get() || undefined)) apply(pulled)
      if (deletions === 'sweep') await sweep()
      database.pragma('synchronous = FULL')
    },
    write,
    burst: async (writes) => {
      await Promise.all(writes.map(write))
    },
    together,
    push: () => queue.drain((writes) => sendUpdates(url, writes), drain),
    query: async () => query(),
    watch: (wanted) => {
      listener = wanted
      tell()
      return () => (listener = undefined)
    },
    contents: () => contentsOf(storedRows(database), queue.length()),
    close: async () => {
      database.close()
    },
  }
}
