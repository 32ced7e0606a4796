import { join } from 'node:path'
import Database from 'better-sqlite3'
import { DynamicsWebApi } from 'dynamics-web-api'
import type { RetrieveMultipleResponse } from 'dynamics-web-api'
import { contentsOf } from '../data/contents.ts'
import { queueIn } from './account-queue.ts'
import { createTables, INSERT, parametersOf, storedRows } from './account-table.ts'
import type { SqlValue } from './account-table.ts'
import type { Contender, Place, Write } from './contender.ts'
import type { WireRow } from './wire.ts'

/** What an application would write: pages read by dynamics-web-api, put into SQLite as it comes out of the box. */
export async function openByHand({ url, folder, pageSize }: Place): Promise<Contender> {
  const database = new Database(join(folder, 'by-hand.db'))
  database.pragma('journal_mode = WAL')
  createTables(database)
  const queue = queueIn(database)
  const settings = {
    serverUrl: url,
    dataApi: { version: '9.2' },
    maxPageSize: pageSize,
    includeAnnotations: 'Microsoft.Dynamics.CRM.lookuplogicalname',
  }
  const api = new DynamicsWebApi(settings)
  const insert = database.prepare<[SqlValue[]]>(INSERT)
  const insertPage = database.transaction((rows: readonly WireRow[]) => {
    for (const row of rows) insert.run(parametersOf(textOf(row)))
  })
  return {
    pull: async () => {
      const request = { collection: 'accounts', orderBy: ['versionnumber'] }
      let link: string | undefined
      do {
        const page: RetrieveMultipleResponse<WireRow> = await api.retrieveMultiple<WireRow>(request, link)
        insertPage(page.value)
        link = page.oDataNextLink
      } while (link !== undefined)
    },
    burst: async (writes) => {
      for (const write of writes) queue.add([write])
    },
    push: () => queue.drain((writes) => sendBatch(new DynamicsWebApi(settings), writes), { batch: 100, lanes: 1 }),
    contents: () => contentsOf(storedRows(database), queue.length()),
    close: async () => {
      database.close()
    },
  }
}

/** A batch is begun and sent on one instance: whatever else is called on it meanwhile becomes a part. */
async function sendBatch(api: DynamicsWebApi, writes: readonly Write[]): Promise<void> {
  api.startBatch()
  for (const { id, telephone1 } of writes) void api.update({ collection: 'accounts', key: id, data: { telephone1 } })
  await api.executeBatch()
}

/** The library makes dates of times. */
function textOf(row: Readonly<Record<string, unknown>>): WireRow {
  const values = Object.entries(row).map(([name, value]) => [
    name,
    value instanceof Date ? value.toISOString().replace('.000Z', 'Z') : value,
  ])
  return Object.fromEntries(values) as WireRow
}
