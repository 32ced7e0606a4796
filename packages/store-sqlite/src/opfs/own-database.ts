import sqlite3InitModule from '@sqlite.org/sqlite-wasm'
import { HEADER_BYTES, judgeHeader } from '../judge-header.ts'
import { configureConnection, prepareDatabase } from '../prepare-database.ts'
import { KeptDatabase } from './kept-database.ts'
import { channelName, databaseKey, ownerLock, PROTOCOL, sentError, tabLock, workerLock } from './messages.ts'
import type { FromTab, Line, Start, ToAll } from './messages.ts'
import { DATABASE_FILE, openFiles } from './origin-files.ts'
import type { SyncFile } from './origin-files.ts'
import { installVfs } from './origin-vfs.ts'
import { ServedTab } from './served-tab.ts'
import { WasmConnection } from './wasm-connection.ts'

/** How much the write-ahead log may grow before it is copied into the database, in pages. */
const CHECKPOINT_PAGES = 2_000

/** The pages that SQLite may keep in memory, in kibibytes: reading one from a file takes a call of the browser. */
const CACHE_KIB = 32_768

/**
 * The work of a tab's worker: waits until no other worker owns the database, then opens it and serves every tab until its
 * own tab closes the store.
 */
export async function ownDatabase(start: Start, port: Line): Promise<void> {
  const leaving = new AbortController()
  port.onmessage = ({ data }: MessageEvent<FromTab>) => {
    if (data.kind === 'leave') leaving.abort()
  }
  await holdForLife(workerLock(start.name, start.worker))
  port.postMessage({ kind: 'alive' })
  try {
    await navigator.locks.request(ownerLock(start.name), { signal: leaving.signal }, () => own(start, port, leaving))
  } catch (error) {
    if (!leaving.signal.aborted) port.postMessage({ kind: 'unopened', error: sentError(error) })
  }
  port.postMessage({ kind: 'left' })
}

function holdForLife(lock: string): Promise<void> {
  return new Promise((resolve) => {
    void navigator.locks.request(lock, () => {
      resolve()
      return new Promise(() => {})
    })
  })
}

async function own(start: Start, port: Line, leaving: AbortController): Promise<void> {
  const { name, worker } = start
  const files = await openFiles(name)
  try {
    const database = await openDatabase(start, files)
    const { held = [] } = await navigator.locks.query()
    const ofTabs = tabLock(name, '')
    database.keepMarksOf(
      held.flatMap((lock) => (lock.name?.startsWith(ofTabs) ? [lock.name.slice(ofTabs.length)] : [])),
    )
    const everybody = new BroadcastChannel(databaseKey(name))
    const tabs = new ServedTabs(start, database, leaving.signal)
    tabs.add(start.tab, port)
    port.onmessage = ({ data }: MessageEvent<FromTab>) => {
      if (data.kind === 'leave') leaving.abort()
      else tabs.hear(start.tab, data)
    }
    const announce = (): void => {
      everybody.postMessage({ kind: 'owner', owner: worker, protocol: PROTOCOL } satisfies ToAll)
    }
    everybody.onmessage = ({ data }: MessageEvent<ToAll>) => {
      if (data.kind === 'who') announce()
      else if (data.kind === 'join' && data.owner === worker) void tabs.join(data.tab)
    }
    announce()
    await aborted(leaving.signal)
    everybody.close()
    await database.close()
  } finally {
    for (const file of files.values()) file.close()
  }
}

async function openDatabase(start: Start, files: ReadonlyMap<string, SyncFile>): Promise<KeptDatabase> {
  const header = new Uint8Array(HEADER_BYTES)
  const file = files.get(DATABASE_FILE)
  const hasJournal = (files.get(`${DATABASE_FILE}-journal`)?.getSize() ?? 0) > 0
  judgeHeader(start.name, header.subarray(0, file?.read(header, { at: 0 })), hasJournal)
  // It would say on the console what it cannot have for want of shared memory, and what is not used here.
  Object.assign(globalThis, { sqlite3ApiConfig: { warn: ignore } })
  const sqlite = await sqlite3InitModule({ print: ignore, printErr: ignore })
  installVfs(sqlite, 'outpost', files)
  const connection = new WasmConnection(sqlite, DATABASE_FILE, 'outpost')
  try {
    // Without shared memory there can be a write-ahead log only where nobody else is to see it.
    connection.pragma('locking_mode = EXCLUSIVE')
    configureConnection(connection, { checkpointPages: CHECKPOINT_PAGES, maxBytes: start.maxBytes })
    connection.pragma(`cache_size = -${CACHE_KIB}`)
    prepareDatabase(start.name, connection)
    return new KeptDatabase(connection)
  } catch (error) {
    connection.close()
    throw error
  }
}

/** Every tab that the owner serves, and what they have to be told of each other. */
class ServedTabs {
  readonly #start: Start
  readonly #database: KeptDatabase
  readonly #leaving: AbortSignal
  readonly #tabs = new Map<string, ServedTab>()

  constructor(start: Start, database: KeptDatabase, leaving: AbortSignal) {
    this.#start = start
    this.#database = database
    this.#leaving = leaving
  }

  add(tab: string, line: Line): ServedTab {
    const served = new ServedTab(tab, this.#database, line, {
      idleMs: this.#start.idleMs,
      isLeaving: () => this.#leaving.aborted,
      tellOthers: (change) => {
        for (const [other, each] of this.#tabs) if (other !== tab) each.say({ kind: 'changed', change })
      },
    })
    this.#tabs.set(tab, served)
    return served
  }

  hear(tab: string, message: FromTab): void {
    this.#tabs.get(tab)?.hear(message)
  }

  /** Serves a tab over a channel until it dies. */
  async join(tab: string): Promise<void> {
    const { name, worker } = this.#start
    const channel = new BroadcastChannel(channelName(name, tab, worker))
    const served = this.add(tab, channel)
    channel.onmessage = ({ data }: MessageEvent<FromTab>) => served.hear(data)
    served.say({ kind: 'joined' })
    await navigator.locks.request(tabLock(name, tab), () => {
      this.#tabs.delete(tab)
      served.leave()
    })
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

function ignore(): void {}
