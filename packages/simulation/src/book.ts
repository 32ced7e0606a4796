import type { Row } from '@outpost/core'

/** What a user did to one row in one write. */
export interface Deed {
  readonly kind: 'create' | 'update' | 'delete' | 'associate' | 'disassociate' | 'action'
  readonly table: string
  /** Of a link, the ids of both ends: `<first>:<second>`. */
  readonly id: string
  /** The columns that were written; of an action, what the row is shown with until it is delivered. */
  readonly values: Row
  /** The name of the action. */
  readonly action?: string
  /** It changed a row that the same write deletes: the write is that deletion, and this is no edit of its own. */
  readonly isIdle?: true
}

/** One transaction, as its user knows it: what was written, and what was decided about it by hand. */
export interface Entry {
  readonly seq: number
  readonly deeds: Deed[]
  /** The transactions that it was told to wait for. */
  readonly after: readonly number[]
  /** False where it must be sent as it was written. */
  readonly coalesce: boolean
  /** The user corrected its values: those of the last correction count. */
  readonly amendments: Amendment[]
  /** Put away: `reverted` with its effect on the rows, `kept` without. Null again once it was set to pending. */
  archived: 'reverted' | 'kept' | null
  /** The store failed under a decision about it: whether that was carried out is not known. */
  isDoubtful: boolean
  /** It came in a queue file, from this device or another. */
  readonly isImported: boolean
}

/** Values that replaced those of a transaction's change of the row; `undefined` took a column out. */
export interface Amendment {
  /** How many of the entry's deeds it came after: what was folded in later stands on top of it. */
  readonly behind: number
  readonly table: string
  readonly id: string
  readonly values: Readonly<Record<string, Row[string] | undefined>>
}

/** Why a transaction is not in the outbox any more. */
export type Removal = 'discarded' | 'signed out'

/** What the user of a device did. It is kept apart from the engine, which never sees it. */
export class Book {
  readonly #entries = new Map<number, Entry>()
  readonly #removed: (readonly [Entry, Removal])[] = []
  readonly #perhaps: (readonly Deed[])[] = []
  /** Corrections of what the store kept although its write failed, by seq, until something acknowledged is folded into it. */
  readonly #early = new Map<number, Amendment[]>()
  /** Of what has no entry, the seqs of which the store failed under a decision. */
  readonly #earlyDoubts = new Set<number>()
  #here: Deed[] = []
  #perhapsHere: Deed[] = []

  /** What must be in the outbox, by seq. A write is here as soon as its promise has resolved. */
  get entries(): ReadonlyMap<number, Entry> {
    return this.#entries
  }

  /** What was taken out of the outbox on purpose. */
  get removed(): readonly (readonly [Entry, Removal])[] {
    return this.#removed
  }

  /** Writes that failed with the store: each is there as a whole, or not at all. */
  get perhaps(): readonly (readonly Deed[])[] {
    return this.#perhaps
  }

  /** What was written to tables and columns that only the device has, in order. */
  get here(): readonly Deed[] {
    return this.#here
  }

  /** What of this may be there as well, its write having failed with the store. */
  get perhapsHere(): readonly Deed[] {
    return this.#perhapsHere
  }

  /** Corrections of what the store kept although its write failed, as long as it has no entry here. */
  get early(): ReadonlyMap<number, readonly Amendment[]> {
    return this.#early
  }

  /** A write was acknowledged; a later write that was folded into it has its seq, too. */
  wrote(
    seq: number,
    deeds: readonly Deed[],
    options: { readonly after?: readonly number[]; readonly coalesce?: boolean; readonly isImported?: boolean } = {},
  ): void {
    const { after = [], coalesce = true, isImported = false } = options
    const entry = this.#entries.get(seq)
    if (entry) entry.deeds.push(...deeds)
    else {
      const isDoubtful = this.#earlyDoubts.has(seq)
      const decided = { amendments: this.#early.get(seq) ?? [], archived: null, isDoubtful }
      this.#entries.set(seq, { seq, deeds: [...deeds], after, coalesce, isImported, ...decided })
    }
  }

  /** A transaction came in a queue file, out of which this is what it writes. */
  imported(seq: number, deeds: readonly Deed[], archived: Entry['archived']): void {
    this.wrote(seq, deeds, { isImported: true })
    if (archived) this.archived([seq], archived)
  }

  /** A write failed with the store, which may have kept it: what is sent, and what is only here. */
  mayHaveWritten(deeds: readonly Deed[], here: readonly Deed[]): void {
    if (deeds.length > 0) this.#perhaps.push(deeds)
    this.#perhapsHere.push(...here)
  }

  /** A write was acknowledged of which nothing is sent. */
  wroteHere(deeds: readonly Deed[]): void {
    this.#here.push(...deeds)
  }

  amended(seq: number, amendment: Omit<Amendment, 'behind'>): void {
    const entry = this.#entries.get(seq)
    if (entry) entry.amendments.push({ ...amendment, behind: entry.deeds.length })
    else this.#early.set(seq, [...(this.#early.get(seq) ?? []), { ...amendment, behind: 0 }])
  }

  archived(seqs: Iterable<number>, local: 'reverted' | 'kept'): void {
    this.#decide(seqs, (entry) => (entry.archived = local))
  }

  /** Whatever of these was put away is to be delivered after all. */
  setPending(seqs: Iterable<number>): void {
    this.#decide(seqs, (entry) => (entry.archived = null))
  }

  /**
   * What was undone before anything was sent is to be done after all: a row is there as it was before the write that deleted
   * it, a link as it was first written.
   */
  notUndone(seqs: Iterable<number>): void {
    this.#decide(seqs, ({ deeds }) => {
      const [first] = deeds
      const isOfLink = first?.kind === 'associate' || first?.kind === 'disassociate'
      const left = isOfLink ? [first] : deeds.filter(({ kind, isIdle }) => kind !== 'delete' && !isIdle)
      deeds.splice(0, deeds.length, ...left)
    })
  }

  /** The store failed under a decision about these: it may have been carried out. */
  doubted(seqs: Iterable<number>): void {
    for (const seq of seqs) {
      const entry = this.#entries.get(seq)
      if (entry) entry.isDoubtful = true
      else this.#earlyDoubts.add(seq)
    }
  }

  /** Somebody took the transactions out of the outbox on purpose. */
  discarded(seqs: Iterable<number>): void {
    for (const seq of seqs) this.#remove(seq, 'discarded')
  }

  /** The device was emptied on purpose. */
  clear(): void {
    for (const seq of this.#entries.keys()) this.#remove(seq, 'signed out')
    this.#early.clear()
    this.#earlyDoubts.clear()
    this.#here = []
    this.#perhapsHere = []
  }

  #remove(seq: number, why: Removal): void {
    const entry = this.#entries.get(seq)
    if (!entry) return
    this.#entries.delete(seq)
    this.#removed.push([entry, why])
  }

  #decide(seqs: Iterable<number>, how: (entry: Entry) => void): void {
    for (const seq of seqs) {
      const entry = this.#entries.get(seq)
      if (entry) how(entry)
    }
  }
}
