import { ClientOrg, linkId } from '@outpost/core'
import type { MasterOrg, Row, Store } from '@outpost/core'
import { memoryStore, MemoryDatabase } from '@outpost/core/memory'
import { manualEnv } from '@outpost/core/testing'
import type { ManualEnv } from '@outpost/core/testing'
import { dataverseMaster } from '@outpost/dataverse-adapter'
import { createEmulator, fieldService } from '@outpost/dataverse-emulator'
import type { Emulator } from '@outpost/dataverse-emulator'
import { administrator } from '../engine/world.ts'
import { localRows, reseededEnv } from './arena.ts'
import type { Arena, Stock } from './arena.ts'
import { guardedStore } from './guarded-store.ts'
import type { Loss } from './losses.ts'
import { LONGEST_PHONE, STAMP, TAKEN_NUMBER } from './model-master.ts'
import { KEPT } from './model-tables.ts'

/** A device on the emulator, through the adapter for Dataverse. */
export interface EmulatorArena extends Arena {
  readonly emulator: Emulator
  /** By row key: how many requests changed the row. */
  readonly effects: ReadonlyMap<string, number>
}

const NOW = Date.UTC(2026, 4, 1, 8)

/**
 * One emulator for all runs: each begins with a backup of it and with a copy of the device's database. Making both anew
 * takes 300 ms, going back to them 2.
 */
class Ground {
  readonly env: ManualEnv = manualEnv({ now: NOW })
  readonly emulator: Emulator = createEmulator({
    seed: fieldService({ rows: 200 }),
    clock: () => this.env.now(),
    limits: { serviceProtection: false },
    tokenLifetimeMs: 365 * 86_400_000,
  })
  readonly #reseeded = reseededEnv(this.env)
  readonly #database = new MemoryDatabase()
  #stock: Stock | undefined
  #backup: ReturnType<Emulator['backup']> | undefined

  async begin(): Promise<void> {
    const { emulator } = this
    emulator.operations.register({
      name: STAMP,
      kind: 'action',
      binding: { to: 'row', table: 'account' },
      parameters: { Text: 'Edm.String' },
      run: ({ parameters, row, service }) => {
        const { Text: text } = parameters
        const before = row?.values['description'] ?? ''
        if (typeof text !== 'string' || typeof before !== 'string') throw new TypeError('texts are stamped')
        const stamped = before + text
        service.update('account', row?.id ?? '', { description: stamped })
      },
    })
    for (const message of ['Create', 'Update']) {
      for (const [table, column] of [
        ['account', 'name'],
        ['contact', 'lastname'],
      ] as const) {
        emulator.plugins.register({
          name: `Refuse ${message} of ${table}`,
          message,
          table,
          stage: 'preOperation',
          run: ({ target, refuse }) => {
            const name = target[column]
            if (typeof name === 'string' && name.includes('REFUSED')) refuse('A plug-in says no.')
          },
        })
      }
    }
    this.#stock = this.#makeStock()
    const store = memoryStore({ database: this.#database })
    const master = this.#master((input, init) => emulator.fetch(input, init))
    const org = await ClientOrg.open({ store, master, env: this.env, delivery: 'on-demand' })
    await org.connect()
    await org.configure(KEPT)
    await org.sync()
    await org.close()
    await store.close()
    this.#backup = emulator.backup()
  }

  async open(seed: number, { store: around = same, shortPhones }: EmulatorArenaOptions): Promise<EmulatorArena> {
    if (!this.#stock || !this.#backup) throw new Error('begin first')
    const { emulator } = this
    emulator.restoreBackup(this.#backup)
    emulator.faults.clear()
    this.#refuse(/FORBIDDEN/, 403, '0x80040220')
    // The same verdict without the cost of metadata that has changed.
    if (!shortPhones) this.#refuse(/too long/, 400, '0x80044331')
    else emulator.schema.changeColumn('account', 'telephone1', (column) => ({ ...column, maxLength: LONGEST_PHONE }))
    this.#reseeded.reseed(seed)
    const database = new MemoryDatabase()
    database.commit(this.#database.state)
    const store = guardedStore(memoryStore({ database }))
    const effects = new Map<string, number>()
    const line = { sent: 0, losses: new Map<number, Loss>() }
    const send = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
      const loss = line.losses.get(line.sent)
      line.sent += 1
      return this.#carried(loss, init?.signal ?? null, () => this.#counted(effects, () => emulator.fetch(input, init)))
    }
    const org = await ClientOrg.open({
      store: around(store),
      master: this.#master(send),
      env: this.#reseeded,
      delivery: 'on-demand',
    })
    return {
      emulator,
      line,
      effects,
      org,
      store,
      env: this.env,
      stock: this.#stock,
      masterRow: (table, id) => masterRowOf(emulator, table, id),
      masterIds: (table) => masterRowsOf(emulator, table).map(([id]) => id),
      masterPut: (table, id, values) => emulator.master.update(table, id, values),
      masterRemove: (table, id) => emulator.master.remove(table, id),
      ...localRows(store),
    }
  }

  #master(fetch: Emulator['fetch']): MasterOrg {
    const token = this.emulator.tokenFor(administrator(this.emulator))
    return dataverseMaster({
      url: this.emulator.root,
      token: () => Promise.resolve(token),
      fetch,
      env: this.#reseeded,
    })
  }

  #makeStock(): Stock {
    const { master } = this.emulator
    const some = (table: string, count: number, values: Row): readonly string[] =>
      Array.from({ length: count }, () => master.create(table, values))
    master.create('account', { name: 'Taken', accountnumber: TAKEN_NUMBER })
    return {
      account: some('account', 4, { name: 'Stock' }),
      contact: some('contact', 3, { lastname: 'Stock' }),
      new_skill: some('new_skill', 2, { new_name: 'Stock' }),
      bookableresource: some('bookableresource', 2, { name: 'Stock' }),
    }
  }

  /** A plug-in can only refuse as a plug-in does; the other verdicts are given at the door. */
  #refuse(body: RegExp, status: number, code: string): void {
    for (const part of [true, false]) {
      this.emulator.faults.add({
        match: { method: 'PATCH', body, ...(part ? { part } : { batch: false }) },
        times: Number.POSITIVE_INFINITY,
        fault: { kind: 'status', status, code, body: 'json', message: 'No.' },
      })
    }
  }

  async #counted(effects: Map<string, number>, exchange: () => Promise<Response>): Promise<Response> {
    const before = versionsOf(this.emulator)
    try {
      return await exchange()
    } finally {
      const after = versionsOf(this.emulator)
      for (const key of new Set([...before.keys(), ...after.keys()])) {
        if (before.get(key) !== after.get(key)) effects.set(key, (effects.get(key) ?? 0) + 1)
      }
    }
  }

  async #carried(
    loss: Loss | undefined,
    signal: AbortSignal | null,
    exchange: () => Promise<Response>,
  ): Promise<Response> {
    switch (loss) {
      case undefined:
        return exchange()
      case 'request':
        throw new TypeError('fetch failed')
      case 'answer':
      // How the emulator does a batch cannot be broken off in the middle.
      case 'half':
        await exchange()
        throw new TypeError('fetch failed')
      case 'cut': {
        const { status, headers, body } = await exchange()
        return new Response(body && broken(), { status, headers })
      }
      case 'refused':
        return new Response('<html>', { status: 503, headers: { 'Content-Type': 'text/html' } })
      case 'hidden':
        await exchange()
        return new Response('<html>', { status: 503, headers: { 'Content-Type': 'text/html' } })
      case 'throttled':
        return new Response('{"error":{"code":"0x80072322","message":"Later."}}', {
          status: 429,
          headers: { 'Content-Type': 'application/json', 'Retry-After': '5' },
        })
      case 'late':
        await exchange()
        return this.#never(signal)
      case 'silent':
        return this.#never(signal)
    }
  }

  #never(signal: AbortSignal | null): Promise<Response> {
    void this.env.advance(300_000)
    return new Promise((_, reject) => {
      const give = (): void => reject(signal?.reason as Error)
      if (signal?.aborted) give()
      else signal?.addEventListener('abort', give, { once: true })
    })
  }
}

/** A body of which nothing more comes. */
function broken(): ReadableStream<Uint8Array> {
  return new ReadableStream({ start: (controller) => controller.error(new TypeError('terminated')) })
}

let ground: Promise<Ground> | undefined

async function makeGround(): Promise<Ground> {
  const made = new Ground()
  await made.begin()
  return made
}

export interface EmulatorArenaOptions {
  /** Wraps what the device is given. */
  readonly store?: (store: Store) => Store
  /** Whether the master has come to take shorter telephone numbers. Its metadata is then copied anew by the next sync, 250 ms. */
  readonly shortPhones?: boolean
}

const same = (store: Store): Store => store

export async function emulatorArena(seed: number, options: EmulatorArenaOptions = {}): Promise<EmulatorArena> {
  return (await (ground ??= makeGround())).open(seed, options)
}

function versionsOf(emulator: Emulator): ReadonlyMap<string, bigint> {
  const tables = ['account', 'contact', 'new_skill_bookableresource']
  return new Map(
    tables.flatMap((table) => emulator.master.rows(table).map((row) => [`${table}/${row.id}`, row.version] as const)),
  )
}

function masterRowOf(emulator: Emulator, table: string, id: string): Row | undefined {
  return masterRowsOf(emulator, table).find(([each]) => each === id)?.[1]
}

function masterRowsOf(emulator: Emulator, table: string): readonly (readonly [string, Row])[] {
  const link = emulator.schema.manyToManyByIntersect(table)
  return emulator.master.rows(table).map((row) => {
    const id = link ? linkId(String(row.values[link.column1]), String(row.values[link.column2])) : row.id
    const kept = (KEPT.tables[table]?.columns ?? []).flatMap((name) => [name, `${name}@table`])
    const named = kept.filter((name) => name in row.values)
    return [
      id,
      Object.fromEntries(named.map((name) => [name.replace('@table', '$table'), row.values[name] ?? null])),
    ] as const
  })
}
