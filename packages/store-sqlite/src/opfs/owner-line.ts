import { OutpostError } from '@outpost/core/store'
import type { StoreChange } from '@outpost/core'
import { Deferred } from './deferred.ts'
import { channelName, databaseKey, ownerGone, PROTOCOL, receivedError, tabLock, workerLock } from './messages.ts'
import type { FromOwner, FromTab, Line, Start, ToAll } from './messages.ts'
import { RemoteTransaction } from './remote-transaction.ts'

/** The worker of a tab, as far as it is used here. */
export type StartWorker = () => Worker

export interface LineOptions {
  readonly name: string
  readonly maxBytes: number | undefined
  readonly idleMs: number
  readonly startWorker: StartWorker
  readonly newId: () => string
  readonly onChange: (change: StoreChange) => void
}

/**
 * A tab's way to whoever owns the database: its own worker, or that of another tab.
 *
 * Every tab has a worker that waits to own the database, so there is always a next owner. The owner says so to all; a tab
 * that hears of another owner than the one before knows that the one before has gone.
 */
export class OwnerLine {
  readonly #options: LineOptions
  readonly #tab: string
  readonly #everybody: BroadcastChannel
  readonly #open = new Map<number, RemoteTransaction>()
  readonly #joined = new Deferred<void>()
  #worker: OwnWorker | undefined
  #owner: string | undefined
  /** Undefined while there is no owner, or the owner does not know this tab yet. */
  #line: Line | undefined
  #wasJoined = false
  #isClosing = false
  #release: () => void = ignore
  #lastId = 0

  constructor(options: LineOptions) {
    this.#options = options
    this.#tab = options.newId()
    this.#everybody = new BroadcastChannel(databaseKey(options.name))
  }

  /** Resolves when there is an owner to talk to; rejects when this tab was to be it and cannot open the database. */
  async join(): Promise<void> {
    await this.#holdTabLock()
    this.#everybody.onmessage = ({ data }: MessageEvent<ToAll>) => {
      if (data.kind === 'owner' && data.owner !== this.#owner) this.#meet(data.owner, data.protocol)
    }
    this.#startWorker()
    this.#toAll({ kind: 'who' })
    await this.#joined.promise
  }

  /** Begins a transaction as soon as there is an owner. */
  begin(mode: 'read' | 'write', name: string, strict: boolean): RemoteTransaction {
    const id = ++this.#lastId
    const [oldest = id] = this.#open.keys()
    const forget = (change: StoreChange | undefined): void => {
      this.#open.delete(id)
      if (change && mode === 'write') this.#options.onChange(change)
    }
    const transaction = new RemoteTransaction(
      { kind: 'begin', id, mode, name, strict, settledBefore: oldest },
      (message) => this.#line?.postMessage(message),
      forget,
    )
    this.#open.set(id, transaction)
    if (!this.#worker) this.#startWorker()
    this.#line?.postMessage(transaction.begin)
    return transaction
  }

  /** The transaction has rejected or was rolled back: nothing more is to be heard of it. */
  forget(transaction: RemoteTransaction): void {
    this.#open.delete(transaction.begin.id)
  }

  /** Called when no transaction is open. Whoever waits owns the database next. */
  async close(): Promise<void> {
    this.#isClosing = true
    await this.#worker?.leave()
    this.#everybody.close()
    this.#line?.close()
    this.#release()
  }

  #holdTabLock(): Promise<void> {
    return new Promise((held) => {
      void navigator.locks.request(tabLock(this.#options.name, this.#tab), () => {
        held()
        return new Promise<void>((release) => (this.#release = release))
      })
    })
  }

  #startWorker(): void {
    const { name, maxBytes, idleMs, newId, startWorker } = this.#options
    const start: Start = { name, tab: this.#tab, worker: newId(), maxBytes, idleMs }
    const worker = new OwnWorker(start, startWorker, {
      hear: (message) => {
        if (this.#owner === start.worker) this.#hear(message)
      },
      fail: (error) => {
        this.#worker = undefined
        this.#fail(error)
      },
      die: () => {
        if (!this.#isClosing) this.#startWorker()
      },
    })
    this.#worker = worker
  }

  #meet(owner: string, protocol: number): void {
    if (protocol !== PROTOCOL) {
      this.#fail(anotherRelease())
      return
    }
    this.#leaveOwner()
    this.#owner = owner
    if (owner === this.#worker?.name) {
      this.#line = this.#worker.line
      this.#begun()
      return
    }
    const channel = new BroadcastChannel(channelName(this.#options.name, this.#tab, owner))
    channel.onmessage = ({ data }: MessageEvent<FromOwner>) => {
      if (this.#owner !== owner) return
      if (data.kind !== 'joined') this.#hear(data)
      else if (!this.#line) {
        this.#line = channel
        this.#begun()
      }
    }
    this.#toAll({ kind: 'join', tab: this.#tab, owner })
  }

  #leaveOwner(): void {
    this.#line?.close()
    this.#line = undefined
    for (const [id, transaction] of this.#open) {
      if (transaction.state !== 'running') continue
      this.#open.delete(id)
      transaction.lose(ownerGone())
    }
  }

  /** There is an owner who knows this tab: what waits is begun, and what was ending is asked about. */
  #begun(): void {
    // First, because listeners are told of a commit before its promise resolves.
    if (this.#wasJoined) this.#say({ kind: 'catch-up' })
    this.#wasJoined = true
    for (const { state, begin } of this.#open.values()) {
      this.#say(state === 'waiting' ? begin : { kind: 'ask', id: begin.id })
    }
    this.#joined.resolve()
  }

  #hear(message: FromOwner): void {
    switch (message.kind) {
      case 'granted':
        this.#open.get(message.id)?.grant()
        break
      case 'answer':
        this.#open.get(message.id)?.answer(message.call, message.value)
        break
      case 'refusal':
        this.#open.get(message.id)?.refuse(message.call, receivedError(message.error))
        break
      case 'ended':
        this.#open.get(message.id)?.end(message.change)
        break
      case 'failed': {
        const transaction = this.#open.get(message.id)
        this.#open.delete(message.id)
        transaction?.lose(receivedError(message.error))
        break
      }
      case 'changed':
        this.#options.onChange(message.change)
        break
      case 'joined':
      case 'alive':
      case 'unopened':
      case 'left':
        break
    }
  }

  /** There is no owner, or none to talk to: everything that waits rejects. The next transaction tries again. */
  #fail(error: unknown): void {
    this.#joined.reject(error)
    for (const transaction of this.#open.values()) transaction.lose(error)
    this.#open.clear()
  }

  #say(message: FromTab): void {
    this.#line?.postMessage(message)
  }

  #toAll(message: ToAll): void {
    this.#everybody.postMessage(message)
  }
}

interface WorkerEvents {
  readonly hear: (message: FromOwner) => void
  /** It cannot open the database, or cannot even start. */
  readonly fail: (error: unknown) => void
  readonly die: () => void
}

/** This tab's own worker. */
class OwnWorker {
  readonly name: string
  readonly line: MessagePort
  readonly #worker: Worker
  readonly #left = new Deferred<void>()
  #isAlive = false

  constructor(start: Start, startWorker: StartWorker, events: WorkerEvents) {
    this.name = start.worker
    const { port1, port2 } = new MessageChannel()
    this.line = port1
    this.#worker = startWorker()
    this.#worker.addEventListener('error', (event) => {
      event.preventDefault()
      this.#end()
      events.fail(notStarted(event))
    })
    port1.onmessage = ({ data }: MessageEvent<FromOwner>) => {
      if (data.kind === 'alive') this.#watch(workerLock(start.name, start.worker), events.die)
      else if (data.kind === 'left') this.#left.resolve()
      else if (data.kind === 'unopened') {
        this.#end()
        events.fail(receivedError(data.error))
      } else events.hear(data)
    }
    this.#worker.postMessage(start, [port2])
  }

  async leave(): Promise<void> {
    this.line.postMessage({ kind: 'leave' } satisfies FromTab)
    // One that has not said a word yet owns nothing, and may never say one.
    if (this.#isAlive) await this.#left.promise
    this.#end()
  }

  /** The lock of a worker is free when it has died. */
  #watch(lock: string, die: () => void): void {
    this.#isAlive = true
    void navigator.locks.request(lock, () => {
      this.#left.resolve()
      die()
    })
  }

  #end(): void {
    this.#left.resolve()
    this.line.close()
    this.#worker.terminate()
  }
}

function notStarted(event: ErrorEvent): OutpostError {
  return new OutpostError(
    'store',
    `the worker of the database does not run: ${event.message || 'it cannot be loaded'}`,
    {
      remedy: 'See that the bundler makes a file of the worker, or pass one as the option worker.',
    },
  )
}

function anotherRelease(): OutpostError {
  return new OutpostError('store-busy', 'another tab runs another release that has the database open', {
    remedy: 'Reload or close the other tabs of this site.',
  })
}

function ignore(): void {}
