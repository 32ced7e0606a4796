import { ClientOrg } from '@outpost/core'
import type { Configuration, Row, Store, StoredRow } from '@outpost/core'
import { dataverseMaster, staticToken } from '@outpost/dataverse-adapter'
import { INDEXES } from '../data/account-rows.ts'
import { contentsOf } from '../data/contents.ts'
import { NEWEST_OPEN } from './contender.ts'
import type { Contender, Deletions, Place, Write } from './contender.ts'

/** Outpost, as an application uses it, over that store, which it closes in the end. */
export async function outpostOver(store: Store, { url, pageSize, deletions, again }: Place): Promise<Contender> {
  const master = dataverseMaster({ url, token: staticToken('bench') })
  const org = await ClientOrg.open({ store, master, pageSize, delivery: 'on-demand' })
  if (!again) {
    await org.connect()
    await org.configure(configurationOf(deletions))
  }
  const accounts = org.table('account')
  const newestOpen = {
    where: `statecode eq ${NEWEST_OPEN.where.statecode}`,
    orderBy: [`${NEWEST_OPEN.orderBy} desc`],
    limit: NEWEST_OPEN.limit,
  }
  const write = async ({ id, telephone1 }: Write): Promise<void> => {
    await org.write((draft) => draft.update('account', id, { telephone1 }))
  }
  return {
    pull: async () => {
      for (const { error } of Object.values((await org.sync()).tables)) if (error) throw new Error(error.message)
    },
    write,
    burst: async (writes) => {
      await Promise.all(writes.map(write))
    },
    together: async (writes) => {
      await org.write((draft) => {
        for (const { id, telephone1 } of writes) draft.update('account', id, { telephone1 })
      })
    },
    push: async () => {
      const { left } = await org.push()
      if (left > 0) throw new Error(`${left} transactions are left`)
    },
    query: () => accounts.query(newestOpen),
    watch: (listener) => accounts.watch(newestOpen, listener),
    contents: async () => {
      const { pending } = await org.outbox.counts()
      // A row that is not clean has to be sent as well, even where no transaction were left that says so.
      const unsent = await store.read('contents', (tx) => tx.bases('account'))
      return contentsOf(storedParts(store), Math.max(pending, unsent.length))
    },
    close: async () => {
      await org.close()
      await store.close()
    },
  }
}

const TRACKING = 'resco_mobiletracking'

function configurationOf(deletions: Deletions): Configuration {
  const account = { indexes: INDEXES }
  switch (deletions) {
    case 'unseen':
      return { tables: { account } }
    case 'sweep':
      return { tables: { account: { ...account, syncDeletion: true } } }
    case 'tracking':
      return {
        tables: { account: { ...account, tracking: { deletes: true } }, [TRACKING]: {} },
        mobileTracking: TRACKING,
      }
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
