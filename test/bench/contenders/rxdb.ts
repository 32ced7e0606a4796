import type { Row } from '@outpost/core'
import { createRxDatabase, getAssumedMasterState, getHeightOfRevision } from 'rxdb/plugins/core'
import type { MangoQuery, RxCollection, RxDocument, RxJsonSchema, RxStorage } from 'rxdb/plugins/core'
import { replicateRxCollection } from 'rxdb/plugins/replication'
import { COLUMNS, OWNER_TABLE } from '../data/account-rows.ts'
import { contentsOf } from '../data/contents.ts'
import { NEWEST_OPEN } from './contender.ts'
import type { Contender, Place, Write } from './contender.ts'
import { pullPages, rowOf, sendUpdates } from './wire.ts'

/*
 * RxDB with its replication, as its documentation has it. In Node it runs on its storage in memory, because that on SQLite
 * is sold and the trial of it holds too little: it writes nothing to disk there, which is in its favour. In browsers it
 * runs on Dexie. What is queued are the rows of which it knows that the master has others.
 */

type Account = Record<string, unknown> & { accountid: string; telephone1?: string | null }
type Checkpoint = { version: number }

/** Names of columns take no dollar there. */
const OWNER_COLUMN = 'owneridtable'

const PUSHED_AT_ONCE = 100

/**
 * With a handler for its own writes where the place says that it pushes: for that it keeps a second copy of each row.
 */
export async function openRxdbOn<I, O>(storage: RxStorage<I, O>, place: Place): Promise<Contender> {
  const database = await createRxDatabase({ name: place.folder, storage, multiInstance: false })
  const { account } = await database.addCollections({ account: { schema: SCHEMA } })
  return rxdbOver(account as RxCollection<Account>, place, () => database.close())
}

async function rxdbOver(
  account: RxCollection<Account>,
  { url, pageSize, deletions, pushes }: Place,
  close: () => Promise<unknown>,
): Promise<Contender> {
  // There is no query for ids alone.
  const held = async (): Promise<readonly string[]> => (await account.find().exec()).map(({ accountid }) => accountid)
  let feed: ReturnType<typeof pullPages> | undefined
  const replication = replicateRxCollection<Account, Checkpoint>({
    collection: account,
    replicationIdentifier: url,
    live: true,
    autoStart: false,
    waitForLeadership: false,
    pull: {
      // A batch smaller than this is the last one; pages of changes can be small.
      batchSize: 1,
      handler: async (checkpoint: Checkpoint | undefined) => {
        feed ??= pullPages(url, pageSize, deletions, checkpoint?.version, held)
        const { value } = await feed.next()
        if (value) {
          const gone = value.deleted.map((accountid: string) => ({ accountid, _deleted: true }))
          const documents = [...value.rows.map((row) => ({ ...documentOf(rowOf(row)), _deleted: false })), ...gone]
          return { documents, checkpoint: { version: value.version } }
        }
        feed = undefined
        return { documents: [], checkpoint }
      },
    },
    ...(pushes
      ? {
          push: {
            batchSize: PUSHED_AT_ONCE,
            handler: async (changes) => {
              await sendUpdates(
                url,
                changes.map(({ newDocumentState }) => writeOf(newDocumentState)),
              )
              return []
            },
          },
        }
      : {}),
  })
  const failed = new Promise<never>((_, reject) => replication.error$.subscribe(reject))
  let isStarted = false
  const newestOpen: MangoQuery<Account> = {
    selector: NEWEST_OPEN.where,
    sort: [{ [NEWEST_OPEN.orderBy]: 'desc' }],
    limit: NEWEST_OPEN.limit,
  }
  const write = async ({ id, telephone1 }: Write): Promise<void> => {
    const row = await account.findOne(id).exec(true)
    await row.incrementalPatch({ telephone1 })
  }
  return {
    pull: async () => {
      if (isStarted) replication.reSync()
      else await replication.start()
      await Promise.race([isStarted ? replication.awaitInSync() : replication.awaitInitialReplication(), failed])
      isStarted = true
      // What is written from now on waits for `push`.
      if (pushes) await replication.pause()
    },
    write,
    burst: async (writes) => {
      await Promise.all(writes.map(write))
    },
    together: async (writes) => {
      const rows = await account.findByIds(writes.map(({ id }) => id)).exec()
      const changed = writes.map(({ id, telephone1 }) => ({
        ...rows.get(id)?.toMutableJSON(),
        accountid: id,
        telephone1,
      }))
      await account.bulkUpsert(changed)
    },
    push: async () => {
      await replication.start()
      await Promise.race([replication.awaitInSync(), failed])
    },
    query: async () => (await account.find(newestOpen).exec()).map(shownRow),
    watch: (listener) => {
      const seen = account.find(newestOpen).$.subscribe((rows) => listener(rows.map(shownRow)))
      return () => seen.unsubscribe()
    },
    contents: async () => {
      const documents = (await account.find().exec()).map((row) => row.toJSON(true))
      const written = documents.filter((document) => !isPulled(document))
      // The copies of what the master has are there where it pushes.
      const state = replication.internalReplicationState
      const ids = written.map(({ accountid }) => accountid)
      const known = state ? await getAssumedMasterState(state, ids) : {}
      const queued = written.filter(({ accountid, telephone1 }) => known[accountid]?.docData.telephone1 !== telephone1)
      return contentsOf(documents.map(storedRow), queued.length)
    },
    close: async () => {
      await close()
    },
  }
}

function documentOf(row: Row): Account {
  const { [OWNER_TABLE]: table, ...values } = row
  return { ...values, accountid: String(row['accountid']), [OWNER_COLUMN]: table }
}

/** Whether its last revision came from the master: RxDB notes beside a row which one did, or it is the first. */
function isPulled({
  _meta,
  _rev,
}: {
  readonly _meta: { readonly [key: string]: unknown }
  readonly _rev: string
}): boolean {
  const origin = _meta['o'] as { readonly _rev: number } | undefined
  return (origin?._rev ?? 1) === getHeightOfRevision(_rev)
}

function shownRow(document: RxDocument<Account>): Row {
  const row = document.toJSON()
  return Object.assign(row, { [OWNER_TABLE]: row[OWNER_COLUMN] }) as Row
}

function storedRow({ [OWNER_COLUMN]: table, ...values }: Readonly<Record<string, unknown>>): Row {
  return { ...values, [OWNER_TABLE]: table } as Row
}

function writeOf({ accountid, telephone1 }: Account): Write {
  return { id: accountid, telephone1: String(telephone1) }
}

const TYPES: Readonly<Record<string, string>> = {
  Boolean: 'boolean',
  Integer: 'number',
  Picklist: 'number',
  State: 'number',
  Status: 'number',
  Money: 'number',
  Decimal: 'number',
}

/** What an index needs to know of its columns. */
const BOUNDS: Readonly<Record<string, object>> = {
  accountid: { type: 'string', maxLength: 36 },
  name: { type: 'string', maxLength: 100 },
  modifiedon: { type: 'string', maxLength: 30 },
  ownerid: { type: 'string', maxLength: 36 },
  statecode: { type: 'number', minimum: 0, maximum: 10, multipleOf: 1 },
}

const SCHEMA: RxJsonSchema<Account> = {
  version: 0,
  type: 'object',
  primaryKey: 'accountid',
  properties: Object.fromEntries([
    ...COLUMNS.map(({ name, type }) => [name, BOUNDS[name] ?? { type: [TYPES[type] ?? 'string', 'null'] }]),
    [OWNER_COLUMN, { type: ['string', 'null'] }],
  ]),
  indexes: ['name', 'modifiedon', ['ownerid', 'statecode']],
  required: Object.keys(BOUNDS),
}
