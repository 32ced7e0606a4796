import { drawFrom } from '@outpost/core/testing'
import type { Emulator } from '@outpost/dataverse-emulator'
import { Coverage } from './coverage.ts'
import { countCommit, countEvent, countStoreFault } from './met.ts'
import { Device } from './device.ts'
import type { Ground } from './ground.ts'
import type { Ledger } from './ledger.ts'
import { Outages } from './outages.ts'
import type { Scenario } from './scenario.ts'
import { overtake } from './overtake.ts'
import { VirtualTime } from './virtual-time.ts'

/** The master, the devices and the time of one run. */
export class World {
  readonly seed: number
  readonly scenario: Scenario
  readonly emulator: Emulator
  readonly ledger: Ledger
  readonly time: VirtualTime
  readonly devices: readonly Device[]
  readonly coverage: Coverage = new Coverage()
  readonly outages: Outages
  /** How many commits the ledger had when the backup was made that a restore goes back to. */
  backedUp = 0
  /** What the master went back to: the ledger's commits from `kept` on, before `at`, have never happened. */
  readonly restores: { readonly kept: number; readonly at: number }[] = []
  /** The roles that everybody has at first, by the id of the user. */
  readonly roles: ReadonlyMap<string, readonly string[]>
  /** Ids of rows that devices' programs have chosen: that such a row is theirs shows in nothing but its values. */
  readonly chosenIds: Set<string> = new Set()
  /** Tables of which the master has come to check versions, or not to: a device need not have heard of it. */
  readonly switched: Set<string> = new Set()
  /** Requests that came twice by themselves. */
  readonly repeated: string[] = []
  /** Undone when the run is over: what a backup of the emulator does not take back. */
  readonly undo: (() => void)[] = []
  #tokens = 0

  static async begin(ground: Ground, seed: number, devices: number): Promise<World> {
    const world = new World(ground, seed, devices)
    for (const [number, device] of world.devices.entries()) {
      const draw = drawFrom(seed * 31 + number)
      await world.time.until(device.openTab())
      await world.time.until(device.org.configure(device.asConfigured(draw.pick(ground.scenario.configurations))))
    }
    return world
  }

  private constructor(ground: Ground, seed: number, devices: number) {
    const { scenario, emulator, ledger } = ground
    const time = new VirtualTime(ground.begin)
    ground.beginRun(seed, time)
    this.seed = seed
    this.scenario = scenario
    this.emulator = emulator
    this.ledger = ledger
    this.time = time
    this.outages = new Outages(() => time.passed)
    this.roles = new Map(emulator.users.map(({ id, roleIds }) => [id, roleIds]))
    this.devices = Array.from({ length: devices }, (_, number) => {
      const draw = drawFrom(seed * 37 + number)
      const device = new Device({
        number,
        scenario,
        url: emulator.root,
        fetch: (input, init) => emulator.fetch(input, init),
        token: (user) => ground.token(user),
        env: (offset) => time.env(seed * 41 + number, offset),
        connected: (user) => ground.connected(user),
        user: draw.pick(scenario.users),
        pageSize: draw.pick([4, 50, 50, 50]),
        delivery: draw.chance(0.25) ? 'at-once' : 'on-demand',
        hasTabs: draw.chance(0.3),
        comparesIds: draw.chance(0.6),
        onOpened: (org) => void org.subscribe((event) => countEvent(this.coverage, event)),
        storeWatch: {
          onStruck: (fault) => countStoreFault(this.coverage, fault),
          onCommitted: (commit) => countCommit(this.coverage, commit),
        },
      })
      device.line.onStruck = (kind) => this.coverage.count('fault', kind)
      device.line.onOvertaken = (request) => overtake(emulator, request, `o${this.token()}`)
      device.line.onRepeated = (request) => this.repeated.push(request)
      device.line.comesOnce = (request) => [...this.chosenIds].some((id) => request.includes(id))
      device.line.outage = () => this.outages.strike(device.user)
      return device
    })
  }

  /** A text that nobody has written before in this run. */
  token(): string {
    this.#tokens += 1
    return `#${this.#tokens}`
  }

  device(number: number): Device {
    const device = this.devices[number]
    if (!device) throw new RangeError(`there is no device ${number}`)
    return device
  }

  async end(): Promise<void> {
    try {
      for (const device of this.devices) await this.time.until(device.close())
    } finally {
      for (const undone of this.undo.splice(0)) undone()
    }
  }
}
