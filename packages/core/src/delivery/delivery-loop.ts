import type { Env } from '../env.ts'
import { MasterError, OutpostError } from '../errors.ts'
import type { ConnectionState } from '../events.ts'
import type { Connectivity } from '../ports/connectivity.ts'
import { delayMs, throttledMs } from './retry.ts'

export interface DeliveryLoopOptions {
  readonly env: Env
  readonly connectivity: Connectivity
  /**
   * Sends what can be sent. Gives back when it should be asked again by itself (device clock), or null. Never rejects: what
   * goes wrong it tells by `failed`, before anybody else can ask the master.
   */
  deliver(signal: AbortSignal): Promise<number | null>
  onState(state: ConnectionState): void
  /** Keeps whether a sign-in is missing, for whoever opens the store next. */
  remember(missing: boolean): Promise<void>
}

/**
 * Delivers the outbox in the background, whenever there may be something to deliver.
 *
 *   asleep ──wake──► delivering ──done──► asleep (or until the next attempt of a transaction is due)
 *                        │
 *                        ├─ no answer ──► paused until t ──time, or wake unless throttled──► delivering
 *                        └─ not signed in ──► signed out ──forget, wake──► delivering
 *
 * A pause is a property of the connection: it counts no attempts and makes no transaction an Error.
 */
export class DeliveryLoop {
  readonly #options: DeliveryLoopOptions
  readonly #closing = new AbortController()
  readonly #unsubscribe: () => void
  #state: ConnectionState = { kind: 'unknown' }
  #failures = 0
  /** Until when the master has asked to wait, and the alarm that ends it, whoever signs out meanwhile. */
  #throttled: { readonly forMs: number; readonly until: number; readonly alarm: AbortController } | null = null
  #woken = false
  #running: Promise<void> | null = null
  #remembering: Promise<void> = Promise.resolve()
  #alarm: AbortController | null = null

  constructor(options: DeliveryLoopOptions) {
    this.#options = options
    this.#unsubscribe = options.connectivity.subscribe(() => {
      if (options.connectivity.online) this.wake()
    })
  }

  get state(): ConnectionState {
    return this.#state
  }

  /**
   * How long the master still wants to be left alone, in milliseconds; 0 when it may be asked. It is over when the alarm
   * rings, whatever was done to the device's clock meanwhile.
   */
  get throttledForMs(): number {
    if (!this.#throttled || this.#throttled.alarm !== this.#alarm) return 0
    const { forMs, until } = this.#throttled
    return Math.min(forMs, Math.max(1, until - this.#options.env.now()))
  }

  /** Says that there may be something to deliver. Heard at once, except while the master has asked to wait. */
  wake(): void {
    if (this.#closing.signal.aborted || this.#state.kind === 'signed-out' || this.throttledForMs > 0) return
    // The change to online will wake it again.
    if (!this.#options.connectivity.online) return
    this.#alarm?.abort()
    this.#woken = true
    this.#running ??= this.#run().finally(() => {
      this.#running = null
      if (this.#woken) this.wake()
    })
  }

  /** Forgets a pause or a missing sign-in. */
  forget(): void {
    this.#failures = 0
    this.#alarm?.abort()
    this.#alarm = null
    this.#enter({ kind: 'unknown' })
  }

  /** The master has answered, so the connection works. */
  succeeded(): void {
    this.#failures = 0
    if (this.#state.kind !== 'connected') this.#enter({ kind: 'connected' })
  }

  /** The master could not be asked: waits, or waits for a sign-in. */
  failed(error: OutpostError): void {
    const { env } = this.#options
    if (error.code === 'unauthenticated' || error.code === 'wrong-master') {
      this.#enter({ kind: 'signed-out', message: error.message })
      return
    }
    this.#failures += 1
    const asked = error instanceof MasterError ? error.retryAfterMs : undefined
    const isThrottled = error.code === 'throttled'
    const forMs = (isThrottled ? throttledMs : longest)(asked, this.#failures, env.random())
    const until = env.now() + forMs
    const alarm = this.#wakeAt(until)
    if (isThrottled) this.#throttled = { forMs, until, alarm }
    this.#enter({ kind: 'paused', code: error.code, message: error.message, until })
  }

  /** Resolves when what is known of the sign-in is kept. */
  remembered(): Promise<void> {
    return this.#remembering
  }

  /** Resolves when the delivery that is going on, if any, has ended. */
  async idle(): Promise<void> {
    while (this.#running) await this.#running
    await this.#remembering
  }

  async close(): Promise<void> {
    this.#unsubscribe()
    this.#closing.abort(new OutpostError('closed', 'the client org was closed'))
    this.#woken = false
    this.#alarm?.abort()
    await this.idle()
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing
    while (this.#woken && !signal.aborted) {
      this.#woken = false
      const again = await this.#options.deliver(signal)
      if (again !== null) this.#wakeAt(again)
    }
  }

  #wakeAt(time: number): AbortController {
    const { env } = this.#options
    this.#alarm?.abort()
    const alarm = new AbortController()
    this.#alarm = alarm
    const rung = (): void => {
      if (this.#alarm !== alarm) return
      this.#alarm = null
      this.wake()
    }
    // An aborted alarm was replaced or is no longer needed.
    env.sleep(Math.max(0, time - env.now()), alarm.signal).then(rung, () => {})
    return alarm
  }

  #enter(state: ConnectionState): void {
    this.#state = state
    this.#options.onState(state)
    if (state.kind !== 'connected' && state.kind !== 'signed-out') return
    const missing = state.kind === 'signed-out'
    // A store that cannot be written says so to whoever asks it for something.
    this.#remembering = this.#remembering.then(() => this.#options.remember(missing)).catch(() => {})
  }
}

function longest(askedMs: number | undefined, attempts: number, random: number): number {
  return Math.max(askedMs ?? 0, delayMs(attempts, random))
}
