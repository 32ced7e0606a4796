import { OutpostError } from '@outpost/core/store'
import type { ErrorPlace, OutpostErrorCode, StoreChange, StoreWriter } from '@outpost/core'

/*
 * Tabs and the worker that owns the database talk in these. A transaction is begun by its tab, granted by the owner when it
 * is its turn, operated on, and ended by the tab. What a tab has begun and the owner has not granted has had no effect.
 */

/** Another number where the messages change: tabs of two releases must not talk past each other. */
export const PROTOCOL = 2

/** The operations of a transaction by name. */
export type Operation = keyof StoreWriter

/** What begins the work of a tab's worker. */
export interface Start {
  readonly name: string
  readonly tab: string
  readonly worker: string
  readonly maxBytes: number | undefined
  readonly idleMs: number
}

export interface Begin {
  readonly kind: 'begin'
  readonly id: number
  readonly mode: 'read' | 'write'
  readonly name: string
  readonly strict: boolean
  /** The tab knows what became of all its transactions with smaller ids. */
  readonly settledBefore: number
}

export interface Operate {
  readonly kind: 'operate'
  readonly id: number
  readonly call: number
  readonly operation: Operation
  readonly parameters: readonly unknown[]
}

export interface End {
  readonly kind: 'end'
  readonly id: number
  readonly commit: boolean
}

export type FromTab =
  | Begin
  | Operate
  | End
  /** Whether a write was committed whose end a former owner was told, and did not answer. */
  | { readonly kind: 'ask'; readonly id: number }
  /** Asks to be told of anything that may have changed: the tab was served by another owner before. */
  | { readonly kind: 'catch-up' }
  /** To the tab's own worker only: it is not needed any more. */
  | { readonly kind: 'leave' }

export type FromOwner =
  | { readonly kind: 'granted'; readonly id: number }
  | { readonly kind: 'answer'; readonly id: number; readonly call: number; readonly value: unknown }
  | { readonly kind: 'refusal'; readonly id: number; readonly call: number; readonly error: SentError }
  /** Of a write, with what it changed, where that is still known. */
  | { readonly kind: 'ended'; readonly id: number; readonly change: StoreChange | undefined }
  | { readonly kind: 'failed'; readonly id: number; readonly error: SentError }
  | { readonly kind: 'changed'; readonly change: StoreChange }
  | { readonly kind: 'joined' }
  /** From the tab's own worker only: it runs, it cannot open the database, it has left. */
  | { readonly kind: 'alive' }
  | { readonly kind: 'unopened'; readonly error: SentError }
  | { readonly kind: 'left' }

/** On the channel that all tabs and workers of a database hear. */
export type ToAll =
  | { readonly kind: 'who' }
  | { readonly kind: 'owner'; readonly owner: string; readonly protocol: number }
  | { readonly kind: 'join'; readonly tab: string; readonly owner: string }

/** The two ends of a conversation: a MessagePort within a tab, a BroadcastChannel of their own between a tab and another's worker. */
export interface Line {
  postMessage(message: FromTab | FromOwner): void
  onmessage: ((this: never, event: MessageEvent) => unknown) | null
  close(): void
}

/** An error as a message: of a class of ours only its fields would arrive. */
export interface SentError {
  readonly code: OutpostErrorCode | null
  readonly message: string
  readonly place: ErrorPlace
  readonly remedy: string | undefined
}

export function sentError(error: unknown): SentError {
  if (error instanceof OutpostError) {
    const { code, message, place, remedy } = error
    return { code, message: message.slice(`[${code}] `.length), place, remedy }
  }
  return { code: null, message: error instanceof Error ? error.message : String(error), place: {}, remedy: undefined }
}

export function receivedError({ code, message, place, remedy }: SentError): Error {
  if (code === null) return new Error(message)
  return new OutpostError(code, message, { place, ...(remedy !== undefined && { remedy }) })
}

/** That the owner of the database has gone, and with it a transaction that it had not committed. */
export function ownerGone(): OutpostError {
  return new OutpostError('store', 'the tab that kept the database open has gone; nothing of this was written', {
    remedy: 'Do it again.',
  })
}

/** What everybody of one database is called by. */
export function databaseKey(name: string): string {
  return `outpost-opfs:${name}`
}

/** Held by the worker that owns the database. */
export function ownerLock(name: string): string {
  return `${databaseKey(name)}:owner`
}

/** Held by a tab as long as it lives and its store is open. */
export function tabLock(name: string, tab: string): string {
  return `${databaseKey(name)}:tab:${tab}`
}

/** Held by a worker as long as it lives. */
export function workerLock(name: string, worker: string): string {
  return `${databaseKey(name)}:worker:${worker}`
}

/** The channel between a tab and an owner that is not its own worker. */
export function channelName(name: string, tab: string, owner: string): string {
  return `${databaseKey(name)}:${tab}:${owner}`
}
