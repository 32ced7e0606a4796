import { rowKey } from '@outpost/core'
import type { BaseRow, OfflineTransaction, StoredRow } from '@outpost/core'
import type { Deed, Entry } from '../book.ts'
import type { Device } from '../device.ts'
import type { ShakyStore } from '../shaky-store.ts'
import { valuesOf } from './decisions.ts'
import { tokensOf } from './tokens.ts'

/** What the user wrote in one transaction. */
export interface Written {
  readonly seq: number
  readonly deeds: readonly Deed[]
  /** What the book keeps of it; none of a write that failed with the store and was kept all the same. */
  readonly entry: Entry | null
  /** Something of it is new since the last look. */
  readonly isNew: boolean
}

/** A row with unsent changes, as the device has it. */
export interface UnsentRow {
  readonly table: string
  readonly id: string
  readonly row: StoredRow | undefined
  readonly base: BaseRow | undefined
}

/** What is on a device after a step, beside what was there at the look before. */
export interface Look {
  readonly device: Device
  readonly transactions: ReadonlyMap<number, OfflineTransaction>
  readonly before: ReadonlyMap<number, OfflineTransaction>
  /** Those that were not there before, or are not what they were. */
  readonly changed: readonly OfflineTransaction[]
  readonly written: ReadonlyMap<number, Written>
  /** Whether the device has been on since the look before, and its store has not failed. */
  readonly isWhole: boolean
  /** By row key. */
  readonly unsent: ReadonlyMap<string, UnsentRow>
  /** Rows that the device takes for rows with unsent changes, by row key. */
  readonly bases: ReadonlyMap<string, BaseRow>
}

/** Looks at one device again and again, at what is stored there and at nothing else. */
export class Watch {
  readonly #device: Device
  #held: object | null = null
  #store: ShakyStore | null = null
  #struck = 0
  #seen: ReadonlyMap<number, OfflineTransaction> = new Map()
  /** What the book has of each transaction, in the order in which it was stored. */
  readonly #deeds = new Map<number, readonly Deed[]>()
  /** Deeds of writes that failed with the store and were kept, by the seq that has them. */
  readonly #found = new Map<number, Deed[]>()
  readonly #perhaps = new Set<readonly Deed[]>()

  constructor(device: Device) {
    this.#device = device
  }

  /** What is there now; null where nothing was committed since the last look. */
  async look(): Promise<Look | null> {
    const { held } = this.device
    if (held === this.#held && !this.#hasNewDeeds()) return null
    const look = await this.again()
    this.#held = held
    this.#seen = look.transactions
    this.#store = this.device.store
    this.#struck = this.device.store.struck
    return look
  }

  /** What is there now, besides the looks: what has changed is still to be looked at. */
  async again(): Promise<Look> {
    const { device } = this
    return device.store.bare.read('look', async (tx) => {
      const transactions = new Map((await tx.findTransactions({})).map((each) => [each.seq, each]))
      const before = this.#seen
      const changed = [...transactions.values()].filter((each) => before.get(each.seq) !== each)
      this.#adopt(changed)
      const written = this.#written(transactions)
      const unsent = new Map<string, UnsentRow>()
      const bases = new Map<string, BaseRow>()
      for (const table of device.tables) {
        for (const base of await tx.bases(table)) bases.set(rowKey(table, base.id), base)
        const ids = new Set(unsentIds(transactions, table))
        const rows = ids.size > 0 ? await tx.rows(table, [...ids]) : []
        for (const [at, id] of [...ids].entries())
          unsent.set(rowKey(table, id), { table, id, row: rows[at], base: bases.get(rowKey(table, id)) })
      }
      const isWhole = device.store === this.#store && device.store.struck === this.#struck
      return { device, transactions, before, changed, written, isWhole, unsent, bases }
    })
  }

  get device(): Device {
    return this.#device
  }

  #hasNewDeeds(): boolean {
    const { entries } = this.#device.book
    for (const [seq, { deeds }] of entries) if (this.#deeds.get(seq)?.length !== deeds.length) return true
    return false
  }

  #written(transactions: ReadonlyMap<number, OfflineTransaction>): ReadonlyMap<number, Written> {
    const { entries } = this.#device.book
    const written = new Map<number, Written>()
    for (const [seq, entry] of entries) {
      // A decision can take deeds back.
      if ((this.#deeds.get(seq)?.length ?? 0) > entry.deeds.length) this.#deeds.delete(seq)
      const known = this.#deeds.get(seq)?.length ?? 0
      const isNew = known !== entry.deeds.length
      const deeds = this.#inOrder(seq, entry.deeds.slice(known), transactions.get(seq))
      const found = this.#found.get(seq) ?? []
      written.set(seq, {
        seq,
        entry,
        isNew,
        deeds: found.length > 0 ? inOrder([...deeds, ...found]) : deeds,
      })
    }
    for (const [seq, deeds] of this.#found)
      if (!written.has(seq) && transactions.has(seq)) written.set(seq, { seq, entry: null, isNew: false, deeds })
    return written
  }

  /** Writes that were made at once, in two tabs, are in the book in any order: what is stored was the last one. */
  #inOrder(seq: number, added: readonly Deed[], transaction: OfflineTransaction | undefined): readonly Deed[] {
    const known = this.#deeds.get(seq)
    if (known && added.length === 0) return known
    const old = known ?? []
    const stored = new Set((transaction?.changes ?? []).flatMap((change) => [...tokensOf(valuesOf(change)).values()]))
    const outdoes = (one: Deed, other: Deed): boolean => {
      if (one === other || one.table !== other.table || one.id !== other.id) return false
      const names = tokensOf(other.values)
      return [...tokensOf(one.values)].some(([name, token]) => stored.has(token) && names.has(name))
    }
    const ordered = [...added]
    for (const deed of added.length > 1 ? added : []) {
      const at = ordered.indexOf(deed)
      const behind = ordered.findLastIndex((other) => outdoes(deed, other))
      if (behind > at) ordered.splice(behind, 0, ...ordered.splice(at, 1))
    }
    const deeds = [...old, ...ordered]
    this.#deeds.set(seq, deeds)
    return deeds
  }

  /** Finds writes again that failed with the store: each is there as a whole, as a transaction of its own or folded. */
  #adopt(changed: readonly OfflineTransaction[]): void {
    const { perhaps, entries } = this.#device.book
    if (perhaps.length === this.#perhaps.size) return
    for (const { seq, changes } of changed) {
      for (const deeds of perhaps) {
        if (this.#perhaps.has(deeds)) continue
        // It is known by its texts, where it has any: another write may have done the rest of it.
        const isTold = deeds.some(({ values }) => tokensOf(values).size > 0)
        const isThere = deeds.some(({ kind, table, id, values }) => {
          const tokens = [...tokensOf(values).values()]
          if (tokens.length === 0 && (isTold || entries.has(seq) || this.#found.has(seq))) return false
          return changes.some((change) => {
            if (change.table !== table || change.id !== id) return false
            if (tokens.length === 0) return change.kind === kind
            const held = 'values' in change ? change.values : 'effect' in change ? change.effect : {}
            return tokens.some((token) => [...tokensOf(held).values()].includes(token))
          })
        })
        if (!isThere) continue
        this.#perhaps.add(deeds)
        this.#found.set(seq, [...(this.#found.get(seq) ?? []), ...deeds])
      }
    }
  }
}

/** Tokens are given in the order of writing. */
function inOrder(deeds: readonly Deed[]): readonly Deed[] {
  const token = ({ values }: Deed): number => Math.max(0, ...tokensOf(values).values())
  return deeds.toSorted((a, b) => token(a) - token(b))
}

/** Whether the transaction's effect is to be seen on the rows although the master does not have it. */
export function isShown({ status, kept }: OfflineTransaction): boolean {
  return status === 'pending' || status === 'error' || (status === 'archived' && kept === true)
}

function* unsentIds(transactions: ReadonlyMap<number, OfflineTransaction>, table: string): Iterable<string> {
  for (const transaction of transactions.values()) {
    if (!isShown(transaction)) continue
    for (const change of transaction.changes) if (change.table === table) yield change.id
  }
}
