import { ClientOrg, linkId } from '@outpost/core'
import type { Configuration, ConflictFunctions, MasterOrg, Row, Store, SyncReport } from '@outpost/core'
import { memoryStore, MemoryDatabase } from '@outpost/core/memory'
import { manualEnv } from '@outpost/core/testing'
import type { ManualEnv } from '@outpost/core/testing'
import { dataverseMaster } from '@outpost/dataverse-adapter'
import { createEmulator, fieldService } from '@outpost/dataverse-emulator'
import type { Emulator } from '@outpost/dataverse-emulator'
import { knownMetadata } from './known-metadata.ts'

/** A master in memory and the clock that both sides share. Devices are opened on it. */
export interface World {
  readonly emulator: Emulator
  readonly env: ManualEnv
  /**
   * The requests that were sent since the last look; the parts of a batch are not counted. A batch that only reads is shown
   * as the `GET` that it is.
   */
  requests(): readonly string[]
  /** A device that is connected and configured. The metadata of a master that nobody changed is not asked for. */
  device(options?: DeviceOptions): Promise<Device>
  master(user?: string): MasterOrg
}

export interface DeviceOptions {
  readonly user?: string
  readonly configuration?: Configuration
  readonly store?: Store
  readonly delivery?: 'at-once' | 'on-demand'
  readonly pageSize?: number
  readonly conflictFunctions?: ConflictFunctions
  /** What stands between the client org and its master. */
  readonly through?: (master: MasterOrg) => MasterOrg
}

/** One client org on one device. */
export interface Device {
  readonly org: ClientOrg
  readonly store: Store
  readonly database: MemoryDatabase
  /** The process dies: nothing that was not committed survives. Gives the device after it was started again. */
  crash(): Promise<Device>
  rows(table: string): Promise<ReadonlyMap<string, Row>>
  sync(): Promise<SyncReport>
}

export const ACCOUNTS: Configuration = {
  tables: {
    account: { columns: ['name', 'accountnumber', 'telephone1', 'revenue', 'numberofemployees', 'primarycontactid'] },
    contact: { columns: ['firstname', 'lastname', 'fullname', 'emailaddress1', 'parentcustomerid'] },
  },
}

export function world(options: { readonly rows?: number; readonly seed?: number } = {}): World {
  const env = manualEnv({ seed: options.seed ?? 1, now: Date.UTC(2026, 4, 1, 8) })
  const emulator = createEmulator({
    seed: fieldService({ rows: Math.max(200, options.rows ?? 300) }),
    clock: () => env.now(),
  })
  const master = (user?: string): MasterOrg =>
    dataverseMaster({
      url: emulator.root,
      token: () => Promise.resolve(emulator.tokenFor(user ?? administrator(emulator))),
      fetch: emulator.fetch,
      env,
    })
  const open = async (database: MemoryDatabase, given: DeviceOptions, direct: MasterOrg): Promise<Device> => {
    const store = given.store ?? memoryStore({ database })
    const org = await ClientOrg.open({
      store,
      master: given.through?.(direct) ?? direct,
      env,
      delivery: given.delivery ?? 'on-demand',
      ...(given.conflictFunctions ? { conflictFunctions: given.conflictFunctions } : {}),
      ...(given.pageSize === undefined ? {} : { pageSize: given.pageSize }),
    })
    return {
      org,
      store,
      database,
      crash: () => {
        database.crash()
        return open(database, given, master(given.user))
      },
      rows: async (table) => {
        const id = (await store.read('compare', (tx) => tx.scan(table, {}))).map((row) => [row.id, row.values] as const)
        return new Map(id)
      },
      sync: () => org.sync(),
    }
  }
  return {
    emulator,
    env,
    master,
    requests: () => {
      const sent = emulator.requests().filter((request) => request.batch === undefined)
      const reads = ({ path, body }: { readonly path: string; readonly body: string }): boolean =>
        path.endsWith('/$batch') && !/^(POST|PUT|PATCH|DELETE) /m.test(body)
      const seen = sent.map((request) => `${reads(request) ? 'GET' : request.method} ${request.path}`)
      emulator.clearRequests()
      return seen
    },
    device: async (given = {}) => {
      const { user = administrator(emulator) } = given
      const device = await open(new MemoryDatabase(), given, knownMetadata(master(user), emulator, user))
      await device.org.connect()
      await device.org.configure(given.configuration ?? ACCOUNTS)
      return device
    },
  }
}

export function administrator(emulator: Emulator): string {
  const user = emulator.users.find((candidate) => /admin/i.test(candidate.name)) ?? emulator.users[0]
  if (!user) throw new Error('the seed has no users')
  return user.name
}

/** The rows of the emulator as a client org would keep them: the given columns, null where there is nothing. */
function masterRows(
  emulator: Emulator,
  table: string,
  columns: readonly string[],
  shown: (values: Row) => boolean = () => true,
): ReadonlyMap<string, Row> {
  const rows = new Map<string, Row>()
  const link = emulator.schema.manyToManyByIntersect(table)
  for (const row of emulator.master.rows(table)) {
    const values: Record<string, Row[string]> = {}
    for (const column of columns) values[column] = row.values[column.replace('$table', '@table')] ?? null
    if ('versionnumber' in values) values['versionnumber'] = String(row.version)
    const id = link ? linkId(String(row.values[link.column1]), String(row.values[link.column2])) : row.id
    if (shown(row.values)) rows.set(id, values)
  }
  return rows
}

/** What differs between master and device, as lines; none when they agree in every row and column that is kept. */
export async function differences(
  { emulator }: Pick<World, 'emulator'>,
  device: Pick<Device, 'org' | 'rows'>,
  shown: Readonly<Record<string, (values: Row) => boolean>> = {},
): Promise<readonly string[]> {
  const found: string[] = []
  for (const table of Object.keys(device.org.configuration.tables)) {
    const held = await device.rows(table)
    const columns = Object.keys([...held.values()][0] ?? {})
    const wanted = masterRows(emulator, table, columns, shown[table])
    for (const [id, row] of wanted) {
      const mine = held.get(id)
      if (!mine) found.push(`${table} ${id} is missing on the device`)
      for (const column of mine ? columns : []) {
        if (mine?.[column] !== row[column])
          found.push(`${table} ${id} ${column}: ${String(mine?.[column])} here, ${String(row[column])} there`)
      }
    }
    for (const id of held.keys()) if (!wanted.has(id)) found.push(`${table} ${id} is only on the device`)
  }
  return found
}
