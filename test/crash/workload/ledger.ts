import { linkId, rowKey } from '@outpost/core'
import type { Emulator } from '@outpost/dataverse-emulator'
import type { Dump } from './report.ts'

/** Counts, for each row of the master, how many requests of the device changed it. */
export class Ledger {
  readonly #emulator: Emulator
  readonly #effects = new Map<string, number>()
  /** Of what they removed nobody can tell any more whether it had been there. */
  readonly #removedThere = new Set<string>()
  readonly #requestIds = new Set<string>()
  /** For each row how many of these were requests that a browser had sent again. */
  readonly #repeated = new Map<string, number>()
  #known: ReadonlyMap<string, bigint>
  /** Every row that the master ever had. */
  readonly #everThere: Set<string>

  constructor(emulator: Emulator) {
    this.#emulator = emulator
    this.#known = versions(emulator)
    this.#everThere = new Set(this.#known.keys())
  }

  /**
   * A request of the device has been answered, or was, before its answer was lost. One that comes again under its own id was
   * not sent again by the device: a browser does that by itself, whatever the method, when a connection that has served
   * before is closed without an answer. Nothing but a condition keeps it from a second effect, and an action has none.
   */
  requested(id: string | null): void {
    const now = versions(this.#emulator)
    const isRepeated = id !== null && this.#requestIds.has(id)
    if (id !== null) this.#requestIds.add(id)
    for (const key of new Set([...now.keys(), ...this.#known.keys()]))
      if (now.get(key) !== this.#known.get(key)) {
        this.#effects.set(key, (this.#effects.get(key) ?? 0) + 1)
        if (isRepeated) this.#repeated.set(key, (this.#repeated.get(key) ?? 0) + 1)
      }
    for (const key of now.keys()) this.#everThere.add(key)
    this.#known = now
  }

  /** The master's own people have changed something. */
  changedThere(): void {
    const now = versions(this.#emulator)
    for (const key of this.#known.keys()) if (!now.has(key)) this.#removedThere.add(key)
    for (const key of now.keys()) this.#everThere.add(key)
    this.#known = now
  }

  /** I2: the rows that were changed more or fewer times than the transactions say that were delivered. */
  notOnce({ transactions }: Dump): readonly string[] {
    const [least, most] = [new Map<string, number>(), new Map<string, number>()]
    const deleted = new Set<string>()
    for (const { changes, delivered, outcome, events } of transactions) {
      // Where nothing of it was left to send, it was delivered and not sent.
      if (!events.includes('sent') || (!delivered && outcome !== 'unknown')) continue
      const times = 1 + sentAgain(events)
      const counted = changes.filter(({ table }) => COUNTED.includes(table))
      for (const key of new Set(counted.map(({ table, id }) => rowKey(table, id)))) {
        most.set(key, (most.get(key) ?? 0) + times)
        // Of two deletions the second finds nothing to do. Nor does one that was archived, whose row was then discarded
        // before it was ever sent, and that was brought back.
        const isDone = deleted.has(key) || !this.#everThere.has(key)
        const isIdle =
          isDone && counted.some((change) => change.kind === 'delete' && rowKey(change.table, change.id) === key)
        if (delivered && !isIdle) least.set(key, (least.get(key) ?? 0) + 1)
      }
      if (delivered) for (const { kind, table, id } of counted) if (kind === 'delete') deleted.add(rowKey(table, id))
    }
    const found: string[] = []
    for (const key of new Set([...this.#effects.keys(), ...most.keys()])) {
      const [was, from, to] = [
        this.#effects.get(key) ?? 0,
        least.get(key) ?? 0,
        (most.get(key) ?? 0) + (this.#repeated.get(key) ?? 0),
      ]
      if (this.#removedThere.has(key) || (was >= from && was <= to)) continue
      const wanted = transactions
        .filter(({ changes }) => changes.some(({ table, id }) => rowKey(table, id) === key))
        .map(({ seq, outcome, events, changes }) => {
          const kinds = changes.filter(({ id }) => key.endsWith(id)).map(({ kind }) => kind)
          return `#${seq} ${kinds.join('+')}: ${events.join(' ')} (${outcome})`
        })
      found.push(`I2: ${key} was changed ${was} times, and ${from} to ${to} are wanted by ${wanted.join(', ')}`)
    }
    return [...found, ...this.#stampedTwice(transactions)]
  }

  /** What an action did shows in its row, and is there once. */
  #stampedTwice(transactions: Dump['transactions']): readonly string[] {
    const stamped = new Map(this.#emulator.master.rows('account').map(({ id, values }) => [id, values['description']]))
    const texts = [...stamped.values()]
    const all = texts.join('\n')
    return transactions.flatMap(({ seq, changes, delivered, outcome, events }) =>
      changes.flatMap((change) => {
        // What was done to a row that was removed since is gone with it.
        if (change.kind !== 'action' || !stamped.has(change.id)) return []
        if (this.#repeated.has(rowKey(change.table, change.id))) return []
        const text = change.parameters['Text']
        const times = typeof text === 'string' ? all.split(text).length - 1 : 0
        const right = delivered ? times === 1 : times === 0 || (times === 1 && outcome === 'unknown')
        return right
          ? []
          : [`I2: the action of #${seq} (delivered: ${delivered}) had its effect ${times} times: ${events.join(' ')}`]
      }),
    )
  }
}

/**
 * How often somebody has put a transaction away that was sent and had no answer, and had it sent again later. Others may have
 * written over what it did meanwhile, so that nobody can tell any more.
 */
function sentAgain(events: readonly string[]): number {
  return events.filter(
    (event, at) => event === 'archived' && events.slice(0, at).includes('sent') && events.includes('set-pending', at),
  ).length
}

/** The versions of the rows by row key. Links are none: to make one that is there has no effect, and is no second one. */
function versions({ master }: Emulator): ReadonlyMap<string, bigint> {
  return new Map(
    COUNTED.flatMap((table) => master.rows(table).map(({ id, version }) => [rowKey(table, id), version] as const)),
  )
}

const COUNTED = ['account', 'contact']
const LINKS = 'new_skill_bookableresource'

/** What the device holds and the master does not, or the other way round. */
export function differences({ master }: Emulator, { rows }: Dump): readonly string[] {
  return Object.entries(rows).flatMap(([table, list]) => {
    const idOf = ({ id, values }: ReturnType<typeof master.rows>[number]): string =>
      table === LINKS ? linkId(String(values['new_skillid']), String(values['bookableresourceid'])) : id
    const there = new Map(
      master.rows(table).map((row) => [idOf(row), { ...row.values, versionnumber: String(row.version) }] as const),
    )
    const here = new Set(list.map(([id]) => id))
    const missing = [...there.keys()].filter((id) => !here.has(id)).map((id) => `I3: ${table} ${id} is only there`)
    const other = list.flatMap(([id, values]) => {
      const row: Readonly<Record<string, unknown>> | undefined = there.get(id)
      if (!row) return [`I3: ${table} ${id} is only here`]
      return Object.keys(values)
        .filter((name) => (values[name] ?? null) !== (row[name.replace('$table', '@table')] ?? null))
        .map((name) => `I3: ${table} ${id} ${name} is ${String(values[name])} here, ${String(row[name])} there`)
    })
    return [...missing, ...other]
  })
}
