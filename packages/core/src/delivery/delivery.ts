import { claimOwners } from './claim-owners.ts'
import { DeliveryLoop } from './delivery-loop.ts'
import type { Env } from '../env.ts'
import { OutpostError } from '../errors.ts'
import type { ConnectionState, OutpostEvent, PushReport } from '../events.ts'
import type { IdentityGuard } from '../identity/identity-guard.ts'
import { whoseOf } from '../identity/identity-guard.ts'
import { inForce } from '../copy/kept-tables.ts'
import type { InForce, KeptTables } from '../copy/kept-tables.ts'
import { Agenda } from '../outbox/agenda.ts'
import type { ReadinessContext } from '../outbox/readiness.ts'
import { Pace } from '../push/pace.ts'
import type { Connectivity } from '../ports/connectivity.ts'
import type { MasterIdentity, MasterOrg } from '../ports/master-org.ts'
import type { Store } from '../ports/store.ts'
import type { PushContext } from '../push/push-context.ts'
import { push } from '../push/push.ts'
import type { Uploads } from '../push/push.ts'
import { noteSignIn } from '../settings.ts'
import { signedOutError } from '../identity/sign-out.ts'
import { Turns } from './turns.ts'
import type { UnsentWatch } from '../identity/unsent-watch.ts'
import { Watchdog } from './watchdog.ts'

export interface DeliveryOptions {
  readonly store: Store
  readonly master: MasterOrg
  readonly env: Env
  readonly connectivity: Connectivity
  /** Whether what is pending is sent in the background. */
  readonly mode: 'at-once' | 'on-demand'
  readonly kept: KeptTables
  readonly identity: IdentityGuard
  readonly watch: UnsentWatch
  /** Aborts when the client org is closed. */
  readonly closing: AbortSignal
  readonly emit: (event: OutpostEvent) => void
}

/**
 * Gets the outbox to the master: in the background, and when somebody asks for it. It holds what outlives a single push:
 * what is known of the connection, the agenda of what can be sent next, and the pace that the master takes.
 */
export class Delivery {
  /** Runs that speak to the master, one at a time. */
  readonly turns: Turns
  readonly #options: DeliveryOptions
  readonly #loop: DeliveryLoop
  readonly #watchdog: Watchdog
  readonly #agenda: Agenda
  readonly #pace = new Pace()
  /** Names this client org object among all that may have the store open. */
  readonly #owner: string
  readonly #unsubscribe: () => void

  constructor(options: DeliveryOptions) {
    const { store, env, connectivity, emit } = options
    this.#options = options
    this.#owner = env.newId()
    claimOwners(store).add(this.#owner)
    this.#agenda = new Agenda(store)
    this.#loop = new DeliveryLoop({
      env,
      connectivity,
      deliver: (signal) => this.#deliver(signal),
      onState: (state) => emit({ type: 'connection', state }),
      remember: (missing) => noteSignIn(store, missing),
    })
    this.turns = new Turns(this.#loop, options.closing)
    this.#watchdog = new Watchdog({
      env,
      look: () => this.#lookForWork(),
      onStalled: (since, pending) => {
        emit({ type: 'stalled', since, pending })
        this.#agenda.distrust()
        this.wake()
      },
    })
    this.#unsubscribe = store.subscribe((change) => {
      this.#agenda.heard(change)
      if (change.name === 'elsewhere' && change.transactions.length > 0) this.wake()
    })
  }

  get connection(): ConnectionState {
    return this.#loop.state
  }

  /** What decides whether a transaction may be sent now. */
  readiness(): ReadinessContext {
    const { organizationId = '', userId = '', ...bound } = this.#options.identity.bound ?? {}
    const whose = whoseOf({ ...bound, organizationId, userId })
    const { kept, env } = this.#options
    return { ...kept.userFacts, ...whose, tables: kept.byName, now: env.now(), owner: this.#owner }
  }

  /** Sends what can be sent, turn by turn: between large transactions others may have one. */
  async push(asked: AbortSignal | undefined): Promise<PushReport> {
    const { watch, identity } = this.#options
    const reports: PushReport[] = []
    for (;;) {
      const { report, isDone } = await this.turns.withMaster(asked, async (signal) => {
        await this.admitted()
        await watch.warn()
        await identity.ensure(signal)
        this.#agenda.reset()
        return push(this.#pushContext(), signal, this.#uploads)
      })
      reports.push(report)
      if (isDone) return inAll(reports)
    }
  }

  /** Asks the master on behalf of the user, in turn with pushes and pulls. Throws unless it may be asked. */
  asking<T>(asked: AbortSignal | undefined, body: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return this.turns.withMaster(asked, async (signal) => {
      await this.admitted()
      await this.#options.identity.ensure(signal)
      return body(signal)
    })
  }

  /** Sends what can be sent at once, for a caller who has the turn. */
  async pushSmall(signal: AbortSignal): Promise<PushReport> {
    this.#agenda.reset()
    return (await push(this.#pushContext(), signal, 'none')).report
  }

  /** What a push that sends nothing leaves. */
  async unsent(): Promise<PushReport> {
    const { pending } = await this.#options.store.read('count unsent', (tx) => tx.countTransactions())
    return { ...inAll([]), left: pending }
  }

  /** Whether something can be sent now, looked up anew. */
  async isSomethingReady(): Promise<boolean> {
    this.#agenda.reset()
    return this.isThereMore()
  }

  /** Whether something can be sent now, for a caller who has the turn. */
  async isThereMore(): Promise<boolean> {
    return (await this.#nextAttempt()) === 'now'
  }

  /** There may be something to deliver. */
  wake(): void {
    if (this.#options.mode === 'on-demand' || !this.#options.identity.bound) return
    this.#loop.wake()
    this.#watchdog.watch()
  }

  /** What is configured, or what the store holds, is another thing than before. */
  begunAnew(): void {
    this.#agenda.reset()
  }

  /** Throws unless the master may be asked on behalf of the user this client org belongs to. */
  async admitted(): Promise<MasterIdentity> {
    const bound = this.#options.identity.connected()
    await this.#admit()
    return bound
  }

  /** The same for whoever is bound. What another tab has configured since is in force from here on. */
  async #admit(): Promise<void> {
    const { store, identity } = this.#options
    const { hasLeft, stored } = await store.read('look for a sign-out', async (tx) => ({
      hasLeft: await identity.hasLeft(tx),
      stored: await inForce(tx),
    }))
    if (hasLeft) throw signedOutError()
    await this.follow(stored)
  }

  /** Takes over what another tab or program has configured since; `stored`, where that was read just now. */
  async follow(stored?: InForce): Promise<void> {
    const { identity, kept } = this.#options
    if (await kept.follow(identity.bound?.userId ?? '', stored)) this.begunAnew()
  }

  /** Waits for the user to come back. */
  signedOut(): void {
    this.#loop.failed(signedOutError())
  }

  /** Forgets a pause, or that a sign-in was missing, and tries again now. */
  reconnect(): void {
    this.#loop.forget()
    this.wake()
  }

  /** Resolves when the delivery that is going on in the background, if any, has ended. */
  idle(): Promise<void> {
    return this.#loop.idle()
  }

  async close(): Promise<void> {
    this.#unsubscribe()
    await this.#watchdog.close()
    await this.#loop.close()
    await this.turns.idle()
    claimOwners(this.#options.store).delete(this.#owner)
  }

  /** The background's turn. Gives back when the next waiting transaction is due. */
  async #deliver(signal: AbortSignal): Promise<number | null> {
    // The end of a pause, or the network coming back, wakes the loop whatever the delivery.
    if (this.#options.mode === 'on-demand') return null
    return this.turns.run(async () => {
      try {
        return await this.#deliverNow(signal)
      } catch (error) {
        // While it still has the turn: whoever has the next one must not ask a master that wants to be left alone.
        if (!signal.aborted) this.#loop.failed(OutpostError.from(error, 'store'))
        return null
      }
    })
  }

  async #deliverNow(signal: AbortSignal): Promise<number | null> {
    const { env, identity, watch } = this.#options
    if (this.turns.throttledFor() > 0) return null
    this.#agenda.resetAfter(env.now())
    const next = await this.#nextAttempt()
    if (next !== 'now') return next === 'none' ? null : next
    await this.#admit()
    await watch.warn()
    await identity.ensure(signal)
    const { isDone } = await push(this.#pushContext(), signal, this.#uploads)
    this.#loop.succeeded()
    if (!isDone) this.#loop.wake()
    const after = await this.#nextAttempt()
    return typeof after === 'number' ? after : null
  }

  get #uploads(): Uploads {
    return { isTurnWanted: () => this.turns.areWanted }
  }

  #nextAttempt(): Promise<'now' | 'none' | number> {
    return this.#agenda.nextAttempt(this.readiness())
  }

  /** What the watchdog sees, with eyes of its own: what the agenda believes may be what is wrong. */
  async #lookForWork(): Promise<{ readonly pending: number; readonly ready: boolean }> {
    const { store, env, connectivity } = this.#options
    const { pending } = await store.read('look for work', (tx) => tx.countTransactions())
    const { state } = this.#loop
    const isPaused = state.kind === 'paused' && state.until > env.now()
    if (pending === 0 || isPaused || state.kind === 'signed-out' || !connectivity.online) {
      return { pending, ready: false }
    }
    const next = await new Agenda(store).nextAttempt({ ...this.readiness(), owner: '' })
    return { pending, ready: next === 'now' }
  }

  #pushContext(): PushContext {
    const { store, master, kept, env, emit } = this.#options
    const { tables, now: _, ...whose } = this.readiness()
    return {
      ...whose,
      store,
      master,
      catalogue: kept.catalogue,
      tables,
      env,
      agenda: this.#agenda,
      pace: this.#pace,
      emit: (event) => {
        if (event.type === 'push.settled') this.#watchdog.moved()
        emit(event)
      },
    }
  }
}

/** What several pushes did, one after another. */
export function inAll(reports: readonly PushReport[]): PushReport {
  const none = { processed: 0, refused: 0, overruled: 0, conflicts: 0, left: 0 }
  return reports.reduce(
    (sum, { processed, refused, overruled, conflicts, left }) => ({
      processed: sum.processed + processed,
      refused: sum.refused + refused,
      overruled: sum.overruled + overruled,
      conflicts: sum.conflicts + conflicts,
      left,
    }),
    none,
  )
}
