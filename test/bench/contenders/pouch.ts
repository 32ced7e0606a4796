import type { Row } from '@outpost/core'
import PouchDB from 'pouchdb-core'
import { COLUMNS, FIRST_VERSION, OWNER_TABLE } from '../data/account-rows.ts'
import { contentsOf } from '../data/contents.ts'
import type { Contender, Place, Write } from './contender.ts'
import { pullPages, rowOf } from './wire.ts'

/*
 * PouchDB, filled by `bulkDocs`: pages of another protocol than CouchDB's cannot come through its replication.
 * It builds no indexes here, which is in its favour. What is queued is what its log of changes has behind the last pull.
 */
export async function openPouch(
  { url, folder, pageSize, deletions }: Place,
  adapter: { readonly plugin: object; readonly name: string },
): Promise<Contender> {
  PouchDB.plugin(adapter.plugin)
  const database = new PouchDB<Row>(`${folder}/pouch`, { adapter: adapter.name, revs_limit: 1 })
  let version = FIRST_VERSION - 1
  let pulledUpTo: number | string = 0

  const revisionsOf = async (ids: readonly string[]): Promise<ReadonlyMap<string, string>> => {
    const { rows } = await database.allDocs({ keys: [...ids] })
    return new Map(rows.flatMap(({ key, value }) => (value ? [[key, value.rev] as const] : [])))
  }
  const put = async (rows: readonly Row[], deleted: readonly string[]): Promise<void> => {
    const ids = [...rows.map((row) => String(row['accountid'])), ...deleted]
    const revisions = version < FIRST_VERSION ? new Map<string, string>() : await revisionsOf(ids)
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
  return {
    pull: async () => {
      for await (const pulled of pullPages(url, pageSize, deletions, version)) {
        await put(pulled.rows.map(rowOf), pulled.deleted)
        version = pulled.version
      }
      pulledUpTo = (await database.info()).update_seq
    },
    write,
    burst: async (writes) => {
      await Promise.all(writes.map(write))
    },
    contents: async () => {
      const { rows } = await database.allDocs({ include_docs: true })
      const { results } = await database.changes({ since: pulledUpTo })
      return contentsOf(
        rows.map(({ doc }) => storedRow(doc ?? {})),
        results.length,
      )
    },
    close: () => database.close(),
  }
}

const NAMES = [...COLUMNS.map(({ name }) => name), OWNER_TABLE]

function storedRow(document: Row): Row {
  return Object.fromEntries(NAMES.map((name) => [name, document[name] ?? null]))
}
