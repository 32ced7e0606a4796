import { linkId, rowKey } from '@outpost/core'
import type { Change, OfflineTransaction } from '@outpost/core'
import type { Emulator } from '@outpost/dataverse-emulator'
import type { Committed, Ledger } from '../ledger.ts'
import type { World } from '../world.ts'
import { hasHappened } from './decisions.ts'
import type { Look } from './look.ts'
import type { Problem } from './problem.ts'

/*
 * I2 of what carries no text: deletes and links. Their effects are counted, for each user and row, beside the transactions
 * that can have had them.
 *
 * What is allowed, and nothing else:
 * - One that arrived, whose answer was lost, and that somebody else undid before it was looked for, counts as not arrived
 *   (`verified`), and is done again.
 * - What was committed between a backup and its restore has never happened: it may be done again, or be missing.
 * - A transaction of which nobody knows whether it arrived (`unknown`), which is not there any more, or which came in a
 *   queue file, may have arrived.
 */

type Kind = 'delete' | 'associate' | 'disassociate'

const KINDS: Readonly<Record<string, Kind>> = {
  Delete: 'delete',
  Associate: 'associate',
  Disassociate: 'disassociate',
}

/** What was done, and by whom: several transactions can have done it. */
interface Act {
  readonly userId: string
  readonly kind: Kind
  readonly table: string
  readonly id: string
}

/** What is asked of the world. */
export interface Accounts {
  readonly ledger: Pick<Ledger, 'commits'>
  readonly restores: World['restores']
  readonly emulator: {
    readonly schema: Pick<Emulator['schema'], 'relationships' | 'manyToManyByIntersect'>
    readonly master: Pick<Emulator['master'], 'row' | 'rows'>
  }
}

/** The effects that the ledger has without a text, and whose they can be. One for each run. */
export class EffectsWithoutText {
  readonly #world: Accounts
  /** By act, the transactions that do it, by device and seq, as they were last. */
  readonly #doers = new Map<string, Map<string, { readonly device: number; readonly seq: number }>>()
  readonly #effects = new Map<string, number[]>()
  readonly #imported = new Set<string>()
  /** By row or link that something pending is about, whether it was there at the last look. */
  #wasThere: ReadonlyMap<string, boolean> = new Map()
  #read = 0

  constructor(world: Accounts) {
    this.#world = world
  }

  /** What is wrong after these looks, which are those of all devices on which anything was committed. */
  judge(looks: readonly Look[], latest: ReadonlyMap<number, Look>): readonly Problem[] {
    const touched = new Map<string, Act>()
    for (const look of looks) this.#learn(look, touched)
    const news = this.#readLedger(touched)
    const problems: Problem[] = []
    for (const [key, act] of touched) problems.push(...this.#count(key, act, latest))
    for (const look of looks)
      for (const transaction of look.changed) problems.push(...this.#isDone(look, transaction, news))
    this.#wasThere = this.#pendingThere(latest)
    return problems
  }

  #pendingThere(latest: ReadonlyMap<number, Look>): ReadonlyMap<string, boolean> {
    const there = new Map<string, boolean>()
    for (const { transactions } of latest.values())
      for (const { status, changes } of transactions.values())
        for (const { kind, table, id } of status === 'pending' ? changes : [])
          if (isOfWhole(kind)) there.set(rowKey(table, id), this.#isThere(kind, table, id))
    return there
  }

  #learn({ device, changed, written }: Look, touched: Map<string, Act>): void {
    for (const { seq, userId, changes } of changed) {
      const doer = `${device.number}/${seq}`
      if (written.get(seq)?.entry?.isImported) this.#imported.add(doer)
      for (const { kind, table, id } of changes) {
        if (!isOfWhole(kind)) continue
        const act = { userId, kind, table, id }
        const key = keyOf(act)
        const doers = this.#doers.get(key) ?? new Map<string, { readonly device: number; readonly seq: number }>()
        this.#doers.set(key, doers.set(doer, { device: device.number, seq }))
        touched.set(key, act)
      }
    }
  }

  /** Gives back the rows and links that anybody has changed since the last time. */
  #readLedger(touched: Map<string, Act>): ReadonlySet<string> {
    const { commits } = this.#world.ledger
    const news = new Set<string>()
    for (; this.#read < commits.length; this.#read += 1) {
      const commit = commits[this.#read]
      if (!commit) continue
      news.add(commit.id)
      if (commit.related) news.add(commit.related.id)
      const act = commit.depth > 1 || commit.extent !== 'asked' ? undefined : actOf(this.#world, commit)
      if (!act) continue
      const key = keyOf(act)
      this.#effects.set(key, [...(this.#effects.get(key) ?? []), this.#read])
      touched.set(key, act)
    }
    return news
  }

  #count(key: string, { kind, table, id }: Act, latest: ReadonlyMap<number, Look>): readonly Problem[] {
    const effects = this.#live(key)
    if (effects.length === 0) return []
    const doers = [...(this.#doers.get(key)?.entries() ?? [])]
    const transactionOf = (device: number, seq: number): OfflineTransaction | undefined =>
      latest.get(device)?.transactions.get(seq)
    const may = doers.reduce((sum, [doer, { device, seq }]) => {
      const transaction = transactionOf(device, seq)
      if (!transaction || this.#imported.has(doer)) return sum + 1
      const looks = transaction.history.filter(({ event }) => event === 'verified').length
      const once = hasHappened(transaction, 'delivered') || transaction.outcome === 'unknown' ? 1 : 0
      return sum + once + looks
    }, 0)
    if (effects.length <= may) return []
    const told = doers.map(([, { device, seq }]) => {
      const transaction = transactionOf(device, seq)
      return `device ${device}: #${seq} ${transaction ? `${transaction.status} and ${transaction.outcome}` : 'gone'}`
    })
    const words = `${kind} ${table} ${id} was done ${effects.length} times, and can have been ${may} times`
    return [{ check: 'I2', words: `${words} [${told.join('; ')}]` }]
  }

  /** What has been delivered just now is as it is to be; unless somebody has been at it since. */
  #isDone(
    { device, before, written }: Look,
    transaction: OfflineTransaction,
    news: ReadonlySet<string>,
  ): readonly Problem[] {
    const { seq, changes, userId } = transaction
    const old = before.get(seq)
    if (!hasHappened(transaction, 'delivered') || !old || hasHappened(old, 'delivered')) return []
    if (written.get(seq)?.entry?.isImported) return []
    return changes.flatMap(({ kind, table, id }): readonly Problem[] => {
      if (!isOfWhole(kind)) return []
      // Done it was; a restore that came before its answer may have taken that back.
      if (this.#effects.has(keyOf({ userId, kind, table, id }))) return []
      if (id.split(':').some((each) => news.has(each))) return []
      const isThere = this.#isThere(kind, table, id)
      if (isThere === (kind === 'associate')) return []
      // It was before this: then the master's own hand has been at it, which is in no ledger.
      if (this.#wasThere.get(rowKey(table, id)) === (kind === 'associate')) return []
      const words = `#${seq} is delivered, and ${table} ${id} is ${isThere ? 'there' : 'not there'}: ${kind}`
      return [{ check: 'I2', words: `device ${device.number}: ${words}` }]
    })
  }

  #isThere(kind: Kind, table: string, id: string): boolean {
    return kind === 'delete' ? this.#hasRow(table, id) : this.#hasLink(table, id)
  }

  #hasRow(table: string, id: string): boolean {
    return this.#world.emulator.master.row(table, id) !== undefined
  }

  #hasLink(table: string, id: string): boolean {
    const { schema, master } = this.#world.emulator
    const links = schema.manyToManyByIntersect(table)
    return (
      links !== undefined &&
      master
        .rows(table)
        .some(({ values }) => linkId(String(values[links.column1]), String(values[links.column2])) === id)
    )
  }

  /** The effects that no restore has taken back, by their places in the ledger. */
  #live(key: string): readonly number[] {
    const { restores } = this.#world
    return (this.#effects.get(key) ?? []).filter((at) => !restores.some(({ kept, at: end }) => at >= kept && at < end))
  }
}

function actOf(world: Accounts, { message, table, id, related, relationship, userId }: Committed): Act | undefined {
  const kind = KINDS[message]
  if (!kind) return undefined
  if (kind === 'delete') return { userId, kind, table, id }
  const links = world.emulator.schema.relationships().find(({ schemaName }) => schemaName === relationship)
  if (links?.kind !== 'ManyToMany' || !related) return undefined
  const ends = links.table1 === table ? ([id, related.id] as const) : ([related.id, id] as const)
  return { userId, kind, table: links.intersectTable, id: linkId(...ends) }
}

function isOfWhole(kind: Change['kind']): kind is Kind {
  return kind === 'delete' || kind === 'associate' || kind === 'disassociate'
}

function keyOf({ userId, kind, table, id }: Act): string {
  return `${userId} ${kind} ${rowKey(table, id)}`
}
