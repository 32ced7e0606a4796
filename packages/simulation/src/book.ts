import type { Row } from '@outpost/core'

/** What a user did to one row in one write. */
export interface Deed {
  readonly kind: 'create' | 'update' | 'delete' | 'associate' | 'disassociate' | 'action'
  readonly table: string
  readonly id: string
  /** The columns that were written. */
  readonly values: Row
}

/** One transaction, as its user knows it: what was written, and what was decided about it by hand. */
export interface Entry {
  readonly seq: number
  readonly deeds: Deed[]
  /** The user corrected its values, or put it away. */
  amended: boolean
  archived: boolean
}

/** What the user of a device did. It is kept apart from the engine, which never sees it. */
export class Book {
  readonly #entries = new Map<number, Entry>()

  get entries(): ReadonlyMap<number, Entry> {
    return this.#entries
  }

  /** A write was acknowledged; a later write that was folded into it has its seq, too. */
  wrote(seq: number, deeds: readonly Deed[]): void {
    const entry = this.#entries.get(seq)
    if (entry) entry.deeds.push(...deeds)
    else this.#entries.set(seq, { seq, deeds: [...deeds], amended: false, archived: false })
  }

  /** Somebody took the transactions out of the outbox on purpose. */
  discarded(seqs: Iterable<number>): void {
    for (const seq of seqs) this.#entries.delete(seq)
  }

  /** The device was emptied on purpose. */
  clear(): void {
    this.#entries.clear()
  }
}
