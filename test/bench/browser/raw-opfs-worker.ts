import type { Row } from '@outpost/core'
import sqlite3InitModule from '@sqlite.org/sqlite-wasm'
import type { Database } from '@sqlite.org/sqlite-wasm'
import {
  createTables,
  INSERT_ALL,
  PRAGMAS,
  SELECT_NEWEST_OPEN,
  storedRow,
  valuesOf,
} from '../contenders/account-table.ts'
import type { SqlValue } from '../contenders/account-table.ts'
import type { Place, Write } from '../contenders/contender.ts'
import { idPages, pullPages } from '../contenders/wire.ts'
import { contentsOf } from '../data/contents.ts'
import type { Answer, Call, RawDatabase } from './raw-opfs.ts'

// The first message is the place, every other one a call.
let opened: Promise<RawDatabase> | undefined
globalThis.addEventListener('message', ({ data }: MessageEvent<Place | Call>) => {
  if ('folder' in data) opened = openDatabase(data)
  else void answer(data).then((told) => postMessage(told))
})

async function answer({ id, method, parameters }: Call): Promise<Answer> {
  try {
    const database = await opened
    const call = database?.[method] as (...parameters: readonly unknown[]) => Promise<unknown>
    return { id, value: await call(...parameters) }
  } catch (error) {
    return { id, failure: String(error) }
  }
}

async function openDatabase({ url, folder, pageSize, deletions, again }: Place): Promise<RawDatabase> {
  const sqlite = await sqlite3InitModule({ print: () => {}, printErr: () => {} })
  const pool = await sqlite.installOpfsSAHPoolVfs({ directory: `raw/${encodeURIComponent(folder)}` })
  const database: Database = new pool.OpfsSAHPoolDb('/raw.db')
  // Without shared memory there can be a log only where nobody else has the file.
  database.exec('PRAGMA locking_mode = EXCLUSIVE')
  for (const pragma of PRAGMAS) database.exec(`PRAGMA ${pragma}`)
  database.exec('PRAGMA cache_size = -32768')
  if (!again) createTables(database)
  const insert = database.prepare(INSERT_ALL)
  const update = database.prepare(`UPDATE account SET telephone1 = ? WHERE accountid = ${BYTES}`)
  const queue = database.prepare('INSERT INTO outbox (body) VALUES (?)')
  const remove = database.prepare(`DELETE FROM account WHERE accountid = ${BYTES}`)

  const strictly = (synchronous: 'FULL' | 'NORMAL', body: () => void): void => {
    database.exec(`PRAGMA synchronous = ${synchronous}`)
    database.transaction(body)
  }
  const removeAll = (ids: readonly string[]): void => {
    for (const id of ids) remove.bind([id]).stepReset()
  }
  const rows = (sql: string, bind: readonly SqlValue[] = []): SqlValue[][] =>
    database.exec({ sql, bind, rowMode: 'array', returnValue: 'resultRows' }) as SqlValue[][]

  const sweep = async (): Promise<void> => {
    const shown = new Set<string>()
    for await (const ids of idPages(url, pageSize)) for (const id of ids) shown.add(id.replaceAll('-', ''))
    const gone = rows('SELECT lower(hex(accountid)) FROM account')
      .map(String)
      .filter((id) => !shown.has(id))
    strictly('NORMAL', () => removeAll(gone))
  }
  async function* storedParts(): AsyncGenerator<readonly Row[]> {
    for (let after: SqlValue = new Uint8Array(); ;) {
      const part = rows('SELECT * FROM account WHERE accountid > ? ORDER BY accountid LIMIT 5000', [after])
      if (part.length === 0) return
      yield part.map(storedRow)
      after = part.at(-1)?.[0] ?? null
    }
  }
  return {
    pull: async () => {
      const since = Number(database.selectValue('SELECT version FROM state')) || undefined
      for await (const pulled of pullPages(url, pageSize, deletions, since)) {
        strictly('NORMAL', () => {
          insert.bind([JSON.stringify(pulled.rows.map(valuesOf))]).stepReset()
          removeAll(pulled.deleted)
          database.exec({ sql: 'UPDATE state SET version = ?', bind: [pulled.version] })
        })
      }
      if (deletions === 'sweep') await sweep()
    },
    together: async (writes: readonly Write[]) => {
      strictly('FULL', () => {
        for (const { id, telephone1 } of writes) {
          update.bind([telephone1, id]).stepReset()
          queue.bind([JSON.stringify({ id, telephone1 })]).stepReset()
        }
      })
    },
    query: async () => rows(SELECT_NEWEST_OPEN).map(storedRow),
    contents: async () => contentsOf(storedParts(), Number(database.selectValue('SELECT count(*) FROM outbox'))),
    close: async () => {
      for (const statement of [insert, update, queue, remove]) statement.finalize()
      database.close()
    },
  }
}

/** The id that is given as text. */
const BYTES = `unhex(replace(?, '-', ''))`
