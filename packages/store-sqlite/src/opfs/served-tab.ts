import type { StoreChange, StoreReader } from '@outpost/core'
import { Inbox } from './inbox.ts'
import type { KeptDatabase } from './kept-database.ts'
import { ownerGone, sentError } from './messages.ts'
import type { Begin, FromOwner, FromTab, Line, Operate } from './messages.ts'

interface Rules {
  readonly idleMs: number
  /** True from when the owner lets nobody begin any more. */
  readonly isLeaving: () => boolean
  /** Tells the other tabs. */
  readonly tellOthers: (change: StoreChange) => void
}

/** Thrown to roll a transaction back whose tab wants nothing more to be said about it. */
const NOTHING_TO_SAY = new Error('rolled back')

type Operations = Readonly<Record<Operate['operation'], (...parameters: readonly unknown[]) => Promise<unknown>>>

/** The transactions of one tab, run on the database of the worker that owns it. */
export class ServedTab {
  readonly #tab: string
  readonly #database: KeptDatabase
  readonly #line: Line
  readonly #rules: Rules
  readonly #open = new Map<number, Inbox>()
  #isGone = false

  constructor(tab: string, database: KeptDatabase, line: Line, rules: Rules) {
    this.#tab = tab
    this.#database = database
    this.#line = line
    this.#rules = rules
  }

  say(message: FromOwner): void {
    if (!this.#isGone) this.#line.postMessage(message)
  }

  hear(message: FromTab): void {
    // Whatever a tab has begun or asked for and not been granted or answered, it begins and asks again at the next owner.
    if (this.#rules.isLeaving() && message.kind !== 'operate' && message.kind !== 'end') return
    switch (message.kind) {
      case 'begin':
        this.#begin(message)
        break
      case 'operate':
      case 'end':
        this.#open.get(message.id)?.put(message)
        break
      case 'ask':
        void this.#tellOutcome(message.id)
        break
      case 'catch-up':
        void this.#tellAnyChange()
        break
      case 'leave':
        break
    }
  }

  /** Rolls back what the tab was doing: it is not there any more. */
  leave(): void {
    this.#isGone = true
    for (const inbox of this.#open.values()) inbox.fail(NOTHING_TO_SAY)
    this.#line.close()
  }

  async #tellOutcome(id: number): Promise<void> {
    const isCommitted = await this.#database.isCommitted(this.#tab, id)
    if (isCommitted) this.say({ kind: 'ended', id, change: undefined })
    else this.say({ kind: 'failed', id, error: sentError(ownerGone()) })
  }

  async #tellAnyChange(): Promise<void> {
    const change = await this.#database.anyChange()
    this.say({ kind: 'changed', change })
  }

  #begin(begin: Begin): void {
    const { id, name, strict, mode } = begin
    const inbox = new Inbox(this.#rules.idleMs)
    this.#open.set(id, inbox)
    const end = (change: StoreChange | undefined): void => {
      this.#open.delete(id)
      this.say({ kind: 'ended', id, change })
    }
    const fail = (error: unknown): void => {
      this.#open.delete(id)
      if (error !== NOTHING_TO_SAY) this.say({ kind: 'failed', id, error: sentError(error) })
    }
    if (mode === 'read') {
      this.#database.read(name, (tx) => this.#serve(id, inbox, tx)).then(() => end(undefined), fail)
      return
    }
    this.#database.write({
      name,
      strict,
      body: async (tx) => {
        await this.#serve(id, inbox, tx)
        this.#database.mark(this.#tab, id, begin.settledBefore)
      },
      resolve: (_, change) => {
        this.#rules.tellOthers({ ...change, name: 'elsewhere' })
        end(change)
      },
      reject: fail,
    })
  }

  /** Does what the tab asks for until it ends the transaction. */
  async #serve(id: number, inbox: Inbox, tx: StoreReader): Promise<void> {
    if (this.#rules.isLeaving()) throw NOTHING_TO_SAY
    this.say({ kind: 'granted', id })
    for (;;) {
      const message = await inbox.next()
      if (message.kind === 'operate') void this.#operate(message, tx)
      else if (message.commit) return
      else throw NOTHING_TO_SAY
    }
  }

  async #operate({ id, call, operation, parameters }: Operate, tx: StoreReader): Promise<void> {
    try {
      const value = await (tx as StoreReader & Operations)[operation](...parameters)
      this.say({ kind: 'answer', id, call, value })
    } catch (error) {
      this.say({ kind: 'refusal', id, call, error: sentError(error) })
    }
  }
}
