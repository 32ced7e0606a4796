import { ClientOrg } from '@outpost/core'
import { memoryStore, MemoryDatabase } from '@outpost/core/memory'
import { manualEnv } from '@outpost/core/testing'
import { dataverseMaster } from '@outpost/dataverse-adapter'
import { createEmulator, guidFrom } from '@outpost/dataverse-emulator'
import type { Backup, Emulator, Knobs, Seed } from '@outpost/dataverse-emulator'
import { Ledger } from './ledger.ts'
import type { Scenario } from './scenario.ts'
import { ScenarioError } from './scenario-error.ts'
import type { VirtualTime } from './virtual-time.ts'

/**
 * What all runs of a scenario begin with: an emulator, and for each user the database of a device that has copied the
 * metadata. Making them anew takes a second, going back to them a millisecond.
 */
export class Ground {
  readonly scenario: Scenario
  readonly emulator: Emulator
  readonly ledger: Ledger = new Ledger()
  /** The master's time when a run begins. */
  readonly begin: number
  readonly #connected = new Map<string, MemoryDatabase>()
  readonly #tokens = new Map<string, string>()
  readonly #knobs: Knobs
  readonly #plugins: ReadonlySet<string>
  readonly #backup: Backup
  #time: VirtualTime | undefined
  #seed = 0
  #ids = 0

  static async of(scenario: Scenario): Promise<Ground> {
    const ground = new Ground(scenario)
    for (const user of scenario.users) await ground.#connect(user)
    return ground
  }

  private constructor(scenario: Scenario) {
    const seed = scenario.seed()
    checkUsers(scenario, seed)
    this.scenario = scenario
    this.begin = Date.parse(seed.asOf)
    this.emulator = createEmulator({
      seed,
      clock: () => this.#time?.now() ?? this.begin,
      newId: () => guidFrom(`run ${this.#seed}|${this.#ids++}`),
      limits: { serviceProtection: false },
      sleep: async (ms, signal) => this.#time?.sleep(ms, signal),
      tokenLifetimeMs: 10_000 * 3_600_000,
      logLimit: 100,
    })
    scenario.prepare?.(this.emulator)
    this.ledger.keep(
      this.emulator,
      (scenario.actions ?? []).map(({ name }) => name),
    )
    this.#knobs = { ...this.emulator.knobs }
    this.#plugins = new Set(this.emulator.plugins.list().map(({ id }) => id))
    this.#backup = this.emulator.backup()
  }

  /** The emulator as it was at first, for the run of a seed. */
  beginRun(seed: number, time: VirtualTime): void {
    const { emulator } = this
    // What was still to be done in the last run is undone with it.
    emulator.settle()
    emulator.runJobs()
    this.#time = time
    this.#seed = seed
    this.#ids = 0
    emulator.restoreBackup(this.#backup)
    // What a restore in the middle of a run goes back to, unless a backup is made before.
    emulator.backup()
    emulator.faults.clear()
    emulator.clearRequests()
    emulator.mutateBetweenPages(undefined)
    Object.assign(emulator.knobs, this.#knobs)
    for (const { id } of emulator.plugins.list()) if (!this.#plugins.has(id)) emulator.plugins.unregister(id)
    this.ledger.clear()
  }

  /** A new device's database, connected as the user. */
  connected(user: string): MemoryDatabase {
    const from = this.#connected.get(user)
    if (!from) throw new RangeError(`'${user}' is none of the scenario's users`)
    const database = new MemoryDatabase()
    database.commit(from.state)
    return database
  }

  token(user: string): string {
    const token = this.#tokens.get(user) ?? this.emulator.tokenFor(user)
    this.#tokens.set(user, token)
    return token
  }

  async #connect(user: string): Promise<void> {
    const env = manualEnv({ now: this.begin })
    const database = new MemoryDatabase()
    const store = memoryStore({ database })
    const { emulator } = this
    const master = dataverseMaster({
      url: emulator.root,
      token: () => Promise.resolve(this.token(user)),
      fetch: (input, init) => emulator.fetch(input, init),
      env,
    })
    const org = await ClientOrg.open({ store, master, env, delivery: 'on-demand' })
    await org.connect()
    await org.close()
    await store.close()
    this.#connected.set(user, database)
  }
}

function checkUsers({ users }: Scenario, { users: known, defaultUserId }: Seed): void {
  const names = known.filter(({ id }) => id !== defaultUserId).map(({ name }) => name)
  const stranger = users.find((user) => !names.includes(user))
  if (stranger !== undefined)
    throw new ScenarioError(`'${stranger}' is none of those who may have a device: ${names.join(', ')}`)
}
