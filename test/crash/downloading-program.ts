import { ClientOrg, MasterError } from '@outpost/core'
import type { MasterOrg } from '@outpost/core'
import { dataverseMaster, staticToken } from '@outpost/dataverse-adapter'
import { openSqliteStore } from '@outpost/store-sqlite'
import { DyingStore } from './dying-store.ts'

/*
 * The program that dies in the middle of a download: at the n-th page it writes, either when everything of it is written
 * and nothing committed (`within`), or when it is committed and nobody knows it yet (`behind`). With 0 it lives, and says on
 * standard output how many rows it had at most that were not committed.
 */
const [path = '', url = '', token = '', point = '', nth = '0'] = process.argv.slice(2)

let given = 0
let committed = 0
let most = 0

/** Counts the rows that were given and are not committed yet. */
function counting(master: MasterOrg): MasterOrg {
  return new Proxy(master, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name)
      if (name !== 'pull') return value
      return async (...asked: Parameters<MasterOrg['pull']>) => {
        const page = await target.pull(...asked)
        given += page.rows.length
        most = Math.max(most, given - committed)
        return page
      }
    },
  })
}

const store = await openSqliteStore({ path })
const org = await ClientOrg.open({
  store: new DyingStore(store, point, Number(nth), (name) => name.startsWith('apply page')).store,
  master: counting(dataverseMaster({ url, token: staticToken(token) })),
  delivery: 'on-demand',
})
org.subscribe((event) => {
  if (event.type === 'pull.page') committed = event.rows
})
/** A server that closes what is idle can do so just when the next page is asked for: one goes on then. */
async function syncAgain(tries: number): Promise<void> {
  try {
    await org.sync()
  } catch (error) {
    if (!(error instanceof MasterError) || error.code !== 'offline' || tries === 0) throw error
    given = 0
    committed = 0
    await syncAgain(tries - 1)
  }
}

await syncAgain(5)
process.stdout.write(`${most}\n`)
await org.close()
await store.close()
