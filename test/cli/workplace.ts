import { promises as files } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '@outpost/cli'
import type { Io } from '@outpost/cli'
import { systemEnv } from '@outpost/core'
import { createEmulator, fieldService } from '@outpost/dataverse-emulator'
import type { Emulator, EmulatorOptions } from '@outpost/dataverse-emulator'
import { serve } from '@outpost/dataverse-emulator/server'
import { openSqliteStore } from '@outpost/store-sqlite'
import { onTestFinished } from 'vitest'

export const DISPATCHER = 'Dorian Vestergaard'
export const ADMINISTRATOR = 'Sunniva Admin'

/** Whatever the JSON holds: a test says what it expects of it. */
type Answer = ReturnType<typeof JSON.parse>

export interface Outcome {
  readonly exitCode: number
  readonly out: string
  readonly err: string
  /** What stdout holds, as JSON. */
  readonly json: Answer
  /** What stderr holds, as JSON: the error. */
  readonly error: Answer
}

/** A person at a command line, with a folder of their own, and a master served over HTTP. */
export interface Workplace {
  readonly emulator: Emulator
  readonly url: string
  readonly token: string
  readonly database: string
  /** A path in the folder; with a text, a file is written there. */
  readonly file: (name: string, text?: string) => Promise<string>
  readonly outpost: (...argv: readonly string[]) => Promise<Outcome>
  /** The same with other surroundings. */
  readonly outpostWith: (
    surroundings: Partial<Io> & { readonly onOut?: (text: string) => void },
    ...argv: readonly string[]
  ) => Promise<Outcome>
  /** Closes the server: connections are refused. */
  readonly goDown: () => Promise<void>
  readonly comeBack: () => Promise<void>
}

export async function workplace(
  options: Partial<EmulatorOptions> & { readonly user?: string } = {},
): Promise<Workplace> {
  const { user = DISPATCHER, ...rest } = options
  const emulator = createEmulator({ seed: fieldService({ rows: 300 }), ...rest })
  let server = await serve(emulator)
  const { url, port } = server
  const folder = await files.mkdtemp(join(tmpdir(), 'outpost-cli-'))
  onTestFinished(async () => {
    await server.close()
    await files.rm(folder, { recursive: true, force: true })
  })
  const token = emulator.tokenFor(user)
  const database = join(folder, 'outpost.db')
  const outpostWith: Workplace['outpostWith'] = async ({ onOut = () => {}, ...surroundings }, ...argv) => {
    let out = ''
    let err = ''
    const exitCode = await run(argv, {
      stdout: {
        write: (text) => {
          out += text
          onOut(text)
        },
      },
      stderr: { write: (text) => void (err += text) },
      stdin: silence(),
      variables: { PATH: process.env['PATH'], OUTPOST_TOKEN: token, OUTPOST_DB: database },
      env: systemEnv,
      signal: new AbortController().signal,
      ...surroundings,
    })
    return {
      exitCode,
      out,
      err,
      get json() {
        return JSON.parse(out)
      },
      get error() {
        return JSON.parse(err).error
      },
    }
  }
  return {
    emulator,
    url,
    token,
    database,
    file: async (name, text) => {
      const path = join(folder, name)
      if (text !== undefined) await files.writeFile(path, text)
      return path
    },
    outpost: (...argv) => outpostWith({}, ...argv),
    outpostWith,
    goDown: () => server.close(),
    comeBack: async () => {
      server = await serve(emulator, { port })
    },
  }
}

/** A workplace that is connected and keeps these tables. */
export async function connectedWorkplace(
  tables: Readonly<Record<string, unknown>>,
  options: Parameters<typeof workplace>[0] = {},
): Promise<Workplace> {
  const place = await workplace(options)
  await connect(place, options)
  await expectDone(place.outpost('configure', await place.file('tables.json', JSON.stringify({ tables }))))
  return place
}

/** By user: the database of the first who connected, and to which address. */
const connected = new Map<string, { readonly database: Uint8Array; readonly url: string }>()

/** Connects. Whoever does so to an organisation like another before gets a copy of what was stored then. */
async function connect(place: Workplace, options: Parameters<typeof workplace>[0] = {}): Promise<void> {
  const { user = DISPATCHER, ...others } = options
  const isUsual = Object.keys(others).length === 0
  const first = isUsual ? connected.get(user) : undefined
  if (!first) {
    await expectDone(place.outpost('connect', place.url))
    if (isUsual) connected.set(user, { database: await files.readFile(place.database), url: place.url })
    return
  }
  await files.writeFile(place.database, first.database)
  const store = await openSqliteStore({ path: place.database })
  await store.write('move', async (tx) => {
    for (const { key, value } of await tx.values('identity')) {
      await tx.setValue(key, JSON.parse(JSON.stringify(value).replaceAll(first.url, place.url)))
    }
  })
  await store.close()
}

/** A workplace that has also synced. */
export async function syncedWorkplace(
  tables: Readonly<Record<string, unknown>>,
  options: Parameters<typeof workplace>[0] = {},
): Promise<Workplace> {
  const place = await connectedWorkplace(tables, options)
  await expectDone(place.outpost('sync'))
  return place
}

/** Throws unless a command that a test builds on has succeeded. */
export async function expectDone(running: Promise<Outcome>): Promise<Outcome> {
  const outcome = await running
  if (outcome.exitCode !== 0) throw new Error(`exit code ${outcome.exitCode}\n${outcome.out}${outcome.err}`)
  return outcome
}

/** The rows that `export` or `query --json` has written. */
export function rowsOf(text: string): Answer[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
}

async function* silence(): AsyncIterable<string> {}
