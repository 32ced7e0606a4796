import { ClientOrg, OutpostError } from '@outpost/core'
import type {
  Canary,
  ClientOrgOptions,
  Configuration,
  ConflictFunctions,
  Draft,
  ListedTransaction,
  OutpostEvent,
  Row,
  Store,
  TableConfiguration,
  WriteOptions,
} from '@outpost/core'
import { memoryStore, MemoryDatabase } from '@outpost/core/memory'
import { manualEnv } from '@outpost/core/testing'
import type { ManualEnv } from '@outpost/core/testing'
import { dataverseMaster } from '@outpost/dataverse-adapter'
import { knownMetadata } from '../engine/known-metadata.ts'
import { lineTo } from './line.ts'
import type { Line } from './line.ts'
import { openOffice } from './office.ts'
import type { Office } from './office.ts'
import { signInOf } from './sign-in.ts'
import type { SignIn } from './sign-in.ts'

/** What a technician has on the device unless a scenario asks for more. */
export const TABLES: Readonly<Record<string, TableConfiguration>> = {
  account: { columns: ['name', 'accountnumber', 'telephone1', 'numberofemployees', 'primarycontactid'] },
  contact: { columns: ['lastname', 'jobtitle', 'parentcustomerid'] },
}

type Values = Parameters<Draft['create']>[1]

/** A day on which everybody looks at the same clock. */
export interface Day {
  readonly clock: ManualEnv
  readonly office: Office
  /** Somebody with a device that was connected and synced this morning. */
  technician(name: string, options?: DeviceOptions): Promise<Technician>
}

export interface DeviceOptions extends Pick<ClientOrgOptions, 'delivery' | 'pageSize'> {
  /** Tables besides, or other than, the usual ones. */
  readonly tables?: Configuration['tables']
  /** Everything that is configured, instead of the usual tables. */
  readonly configuration?: Configuration
  /** Whether the device is taken out of its box only: opened, and neither connected nor configured. */
  readonly boxed?: true
  /** Whose rows of the office they may see and change; all unless told otherwise. */
  readonly sees?: 'all' | 'own'
  /** The address that is typed in for the master. */
  readonly url?: string
  readonly conflictFunctions?: ConflictFunctions
  /** Where the device leaves word outside of its store. */
  readonly canary?: Canary
  /** What stands between the client org and its store. */
  readonly over?: (store: Store) => Store
}

/** Somebody with a device. What they do is done on the device alone until they sync. */
export interface Technician {
  readonly name: string
  readonly line: Line
  readonly signIn: SignIn
  readonly org: ClientOrg
  readonly events: readonly OutpostEvent[]
  goesOffline(): void
  goesOnline(): void
  /** Creates a row; gives its id and the number of its transaction. */
  adds(table: string, values: Values, options?: WriteOptions): Promise<{ readonly id: string; readonly seq: number }>
  /** Changes a row; gives the number of the transaction. */
  changes(table: string, id: string, values: Values, options?: WriteOptions): Promise<number>
  deletes(table: string, id: string): Promise<number>
  /** Several operations as one; gives the number of the transaction. */
  writes(body: (draft: Draft) => unknown, options?: WriteOptions): Promise<number>
  /** The row as the device shows it. */
  sees(table: string, id: string): Promise<Row | undefined>
  /** `synced`, or the code of the error that kept it from being whole. */
  syncs(): Promise<string>
  /** Sends without pulling: `pushed`, or the code of the error. */
  pushes(): Promise<string>
  /** Syncs again and again until nothing is lost any more and a sync is whole. */
  syncsUntilDone(): Promise<void>
  /** Each transaction in words: `processed`, `error: business`, `pending: blocked by #2`. */
  outbox(...seqs: readonly number[]): Promise<readonly string[]>
  /** What has happened to a transaction so far. */
  story(seq: number): Promise<readonly string[]>
  transaction(seq: number): Promise<ListedTransaction>
  /** The device dies at this moment and is started again. */
  restarts(): Promise<void>
  /** The device loses everything it has stored, and is started again. */
  losesStorage(): Promise<void>
  /** Connects the device and says what is kept on it, as on the first morning. */
  setsUp(): Promise<void>
}

/** An office, and nobody on the road yet. */
export function day(): Day {
  const clock = manualEnv({ now: Date.UTC(2026, 4, 4, 6) })
  const office = openOffice(clock)
  return {
    clock,
    office,
    technician: (name, options = {}) => sentOut(clock, office, office.employs(name, options.sees), options),
  }
}

/** The usual beginning: an office, and Ann with her device. */
export async function dayWithAnn(options?: DeviceOptions): Promise<Day & { readonly ann: Technician }> {
  const today = day()
  return { ...today, ann: await today.technician('Ann', options) }
}

async function sentOut(clock: ManualEnv, office: Office, name: string, options: DeviceOptions): Promise<Technician> {
  const { emulator } = office
  const line = lineTo((url, init) => emulator.fetch(url, init))
  const signIn = signInOf(emulator, name)
  const events: OutpostEvent[] = []
  let database = new MemoryDatabase()
  let lives = 0
  const open = async (): Promise<ClientOrg> => {
    const { delivery = 'on-demand', canary, conflictFunctions, over = (store) => store, pageSize, url } = options
    const life = ++lives
    // A device that has died sends nothing more, whatever it was about to send.
    const fetch: Line['fetch'] = (url, init) =>
      life === lives ? line.fetch(url, init) : Promise.reject(new TypeError('fetch failed'))
    const opened = await ClientOrg.open({
      store: over(memoryStore({ database })),
      master: knownMetadata(
        dataverseMaster({ url: url ?? emulator.root, token: signIn.token, fetch, env: clock }),
        emulator,
        name,
      ),
      env: clock,
      connectivity: line,
      delivery,
      ...(pageSize === undefined ? {} : { pageSize }),
      ...(canary ? { canary } : {}),
      ...(conflictFunctions ? { conflictFunctions } : {}),
    })
    opened.subscribe((event) => life === lives && events.push(event))
    return opened
  }
  let org = await open()
  const setsUp = async (): Promise<void> => {
    await org.connect()
    await org.configure(options.configuration ?? { tables: { ...TABLES, ...options.tables } })
    await org.sync()
  }
  if (options.boxed !== true) await setsUp()
  line.sent()
  office.heard()
  const startsAgain = async (): Promise<void> => {
    const dead = org
    org = await open()
    // Ends its timers; what it would still have committed is lost with it.
    await dead.close()
  }
  const writes: Technician['writes'] = async (body, given) => {
    const { seq } = await org.write(body, given)
    if (seq === null) throw new Error('the write changed nothing')
    return seq
  }
  const transaction = async (seq: number): Promise<ListedTransaction> => {
    const found = await org.outbox.get(seq)
    if (!found) throw new Error(`there is no transaction #${seq}`)
    return found
  }
  const syncs = (): Promise<string> => org.sync().then(() => 'synced', codeOf)
  return {
    name,
    line,
    signIn,
    events,
    get org() {
      return org
    },
    goesOffline: () => line.goesDown(),
    goesOnline: () => line.comesUp(),
    adds: async (table, values, given) => {
      let id = ''
      const seq = await writes((draft) => (id = draft.create(table, values)), given)
      return { id, seq }
    },
    changes: (table, id, values, given) => writes((draft) => draft.update(table, id, values), given),
    deletes: (table, id) => writes((draft) => draft.delete(table, id)),
    writes,
    sees: (table, id) => org.table(table).get(id),
    syncs,
    pushes: () => org.push().then(() => 'pushed', codeOf),
    syncsUntilDone: async () => {
      for (let round = 0; round < 5; round += 1) {
        await clock.advance(60_000)
        if ((await syncs()) === 'synced' && line.lostAll) return
      }
      throw new Error(`${name} cannot sync`)
    },
    outbox: async (...seqs) => {
      const all =
        seqs.length > 0 ? await Promise.all(seqs.map(transaction)) : await org.outbox.list({ statuses: 'all' })
      return all.map(inWords)
    },
    story: async (seq) => (await transaction(seq)).history.map(({ event }) => event),
    transaction,
    restarts: async () => {
      database.crash()
      await startsAgain()
    },
    losesStorage: async () => {
      database = new MemoryDatabase()
      await startsAgain()
    },
    setsUp,
  }
}

function codeOf(error: unknown): string {
  if (error instanceof OutpostError) return error.code
  throw error
}

function inWords({ status, reason, lastError }: ListedTransaction): string {
  if (status === 'error') return `error: ${lastError?.rejection ?? lastError?.code ?? ''}`
  if (status !== 'pending' || !reason) return status
  if (reason.kind === 'blocked') return `pending: blocked by #${reason.by}`
  return `pending: ${reason.kind}`
}
