import { ClientOrg } from '@outpost/core'
import type { Row, Store, StoredRow } from '@outpost/core'
import { dataverseMaster, staticToken } from '@outpost/dataverse-adapter'
import { openSqliteStore } from '@outpost/store-sqlite'
import { INDEXES } from './account-rows.ts'
import { contentsOf } from './contender.ts'
import type { Contender, Place, Write } from './contender.ts'

/** Outpost, as an application uses it. */
export async function openOutpost({ url, path, pageSize }: Place): Promise<Contender> {
  const store = await openSqliteStore({ path })
  const master = dataverseMaster({ url, token: staticToken('bench') })
  const org = await ClientOrg.open({ store, master, pageSize, delivery: 'on-demand' })
  await org.connect()
  await org.configure({ tables: { account: { indexes: INDEXES } } })

  const write = async ({ id, telephone1 }: Write): Promise<void> => {
    await org.write((draft) => draft.update('account', id, { telephone1 }))
  }
  return {
    download: async () => {
      const { error } = (await org.sync()).tables['account'] ?? {}
      if (error) throw new Error(error.message)
    },
    write,
    burst: async (writes) => {
      await Promise.all(writes.map(write))
    },
    contents: async () => contentsOf(storedParts(store), (await org.outbox.counts()).pending),
    close: async () => {
      await org.close()
      await store.close()
    },
  }
}

async function* storedParts(store: Store): AsyncGenerator<readonly Row[]> {
  let last: StoredRow | undefined
  do {
    const request = { limit: 5000, ...(last ? { after: last } : {}) }
    const rows = await store.read('contents', (tx) => tx.scan('account', request))
    yield rows.map((row) => row.values)
    last = rows.at(-1)
  } while (last)
}
