import type { Row } from '@outpost/core'
import PouchDB from 'pouchdb-core'
import { COLUMNS, FIRST_VERSION, OWNER_TABLE } from '../data/account-rows.ts'
import { contentsOf } from '../data/contents.ts'
import type { Contender, Place, Write } from './contender.ts'
import { pullPages, rowOf } from './wire.ts'

/*
 * PouchDB, filled by `bulkDocs`: pages of another protocol than CouchDB's cannot come through its replication.
 * It builds no indexes here, which is in its favour. What is queued is what its log of changes has behind the last pull; how
 * far that came is kept in a local document.
 */
export async function openPouch(
  { url, folder, pageSize, deletions, again }: Place,
  adapter: { readonly plugin: object; readonly name: string },
): Promise<Contender> {
  PouchDB.plugin(adapter.plugin)
  const database = new PouchDB<Row>(`${folder}/pouch`, { adapter: adapter.name, revs_limit: 1 })
  let reached: Reached = again
    ? await database.get<Reached>(REACHED)
    : { _id: REACHED, version: FIRST_VERSION - 1, changes: 0 }

  const revisionsOf = async (ids: readonly string[]): Promise<ReadonlyMap<string, string>> => {
    const { rows } = await database.allDocs({ keys: [...ids] })
    return new Map(rows.flatMap(({ key, value }) => (value ? [[key, value.rev] as const] : [])))
  }
  const put = async (rows: readonly Row[], deleted: readonly string[]): Promise<void> => {
    const ids = [...rows.map((row) => String(row['accountid'])), ...deleted]
    const revisions = reached.version < FIRST_VERSION ? new Map<string, string>() : await revisionsOf(ids)
    const documents = [...rows, ...deleted.map(() => ({ _deleted: true }))].map((row, at) => {
      const id = ids[at] ?? ''
      const revision = revisions.get(id)
      return { ...row, _id: id, ...(revision === undefined ? {} : { _rev: revision }) }
    })
    const answers = await database.bulkDocs(documents)
    const refused = answers.find((answer) => 'error' in answer)
    if (refused) throw new Error(JSON.stringify(refused))
  }
  const write = async ({ id, telephone1 }: Write): Promise<void> => {
    const row = await database.get(id)
    await database.put({ ...row, telephone1 })
  }
  const held = async (): Promise<readonly string[]> => (await database.allDocs({})).rows.map(({ key }) => key)
  return {
    pull: async () => {
      for await (const { rows, deleted, version } of pullPages(url, pageSize, deletions, reached.version, held)) {
        await put(rows.map(rowOf), deleted)
        reached = { ...reached, version }
      }
      reached = { ...reached, changes: (await database.info()).update_seq }
      const { rev } = await database.put(reached)
      reached = { ...reached, _rev: rev }
    },
    write,
    burst: async (writes) => {
      await Promise.all(writes.map(write))
    },
    contents: async () => {
      const { rows } = await database.allDocs({ include_docs: true })
      const { results } = await database.changes({ since: reached.changes })
      return contentsOf(
        rows.map(({ doc }) => storedRow(doc ?? {})),
        results.length,
      )
    },
    close: () => database.close(),
  }
}

const REACHED = '_local/reached'

interface Reached {
  readonly _id: string
  readonly _rev?: string
  readonly version: number
  readonly changes: number | string
}

const NAMES = [...COLUMNS.map(({ name }) => name), OWNER_TABLE]

function storedRow(document: Row): Row {
  return Object.fromEntries(NAMES.map((name) => [name, document[name] ?? null]))
}
