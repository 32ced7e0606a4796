import { ClientOrg, systemEnv } from '@outpost/core'
import type { Configuration, Store } from '@outpost/core'
import { drawFrom } from '@outpost/core/testing'
import { dataverseMaster, staticToken } from '@outpost/dataverse-adapter'
import { dumpedTransaction } from './report.ts'
import type { Dump, LifeOptions, Say } from './report.ts'
import { workForever } from './work.ts'

const KEPT: Configuration = {
  tables: {
    account: {
      columns: ['name', 'accountnumber', 'telephone1', 'description', 'revenue', 'primarycontactid'],
      syncDeletion: true,
      conflictPolicy: 'client-wins',
    },
    contact: {
      columns: ['lastname', 'jobtitle', 'parentcustomerid', 'statecode', 'statuscode', 'ownerid'],
      syncDeletion: true,
      conflictPolicy: 'client-wins',
    },
    new_skill: { columns: ['new_name'] },
    bookableresource: { columns: ['name'] },
    new_skill_bookableresource: { syncDeletion: true },
  },
}

const HOUR_MS = 3_600_000

/**
 * One life of a program on the store: it looks at what it finds, brings that to an end where it is told to, and then works
 * until it is killed. Each thing it says has been heard when its `report` resolves, and only then it goes on.
 */
export async function live(store: Store, options: LifeOptions, report: Say): Promise<void> {
  const { url, token, seed, life, drains, works } = options
  // Later than anything that the lives before can have put off.
  const env = { ...systemEnv, now: () => systemEnv.now() + life * HOUR_MS }
  const master = dataverseMaster({ url, token: staticToken(token), env })
  const opened = (delivery: 'at-once' | 'on-demand'): Promise<ClientOrg> =>
    ClientOrg.open({ store, master, env, delivery })
  try {
    let org = await opened('on-demand')
    if ((await org.status()).identity === null) {
      await org.connect()
      await org.configure(KEPT)
      await org.sync()
    }
    await report({ kind: 'opened', dump: await dumped(store) })
    if (drains) {
      await drained(org, report)
      await report({ kind: 'drained', dump: await dumped(store) })
    }
    if (works) {
      await org.close()
      org = await opened(life % 2 === 0 ? 'at-once' : 'on-demand')
      await workForever({ org, report, draw: drawFrom(seed * 1000 + life), name: `${life}` })
    }
    await org.close()
  } catch (error) {
    await report({ kind: 'failed', words: String(error instanceof Error ? (error.stack ?? error) : error) })
  }
}

/** Sends everything, gives up what the master refuses with all that needs it, and brings in what the master has. */
async function drained(org: ClientOrg, report: Say): Promise<void> {
  for (;;) {
    await org.push()
    const left = await org.outbox.list({ statuses: ['pending', 'error', 'archived'] })
    const free = left.filter(({ reason }) => reason && reason.kind !== 'blocked')
    if (free.length > 0) throw new Error(`not sent: ${JSON.stringify(free)}`)
    const seqs = left.filter(({ status, kept }) => status === 'error' || kept).map(({ seq }) => seq)
    if (seqs.length === 0) break
    const along = (await org.outbox.dependents(seqs)).map(({ seq }) => seq)
    await report({ kind: 'operates', operation: 'archive', seqs: [...seqs, ...along], gone: [] })
    await org.outbox.archive(seqs, { dependents: 'archive' })
  }
  const { tables } = await org.sync()
  const stopped = Object.values(tables).filter(({ error }) => error)
  if (stopped.length > 0) throw new Error(`not pulled: ${JSON.stringify(stopped)}`)
}

async function dumped(store: Store): Promise<Dump> {
  return store.read('dump', async (tx) => {
    const transactions = await tx.findTransactions({})
    const rows: Record<string, Dump['rows'][string]> = {}
    for (const table of Object.keys(KEPT.tables))
      rows[table] = (await tx.scan(table, {})).map(({ id, values }) => [id, values] as const)
    return {
      rows,
      transactions: transactions.map(dumpedTransaction),
    }
  })
}
