import { linkId, rowKey } from '@outpost/core'
import type { Change, Row } from '@outpost/core'
import type { Emulator } from '@outpost/dataverse-emulator'
import type { Dump, DumpedTransaction } from './report.ts'

/** The rows of the master by row key. Links are none: to make one that is there has no effect, and is no second one. */
type MasterRow = ReturnType<Emulator['master']['rows']>[number]
type MasterRows = ReadonlyMap<string, MasterRow>

/** What a request of the device, or the master's people, made of the rows that it changed; undefined of those that went. */
interface Moment {
  readonly requestId: string | null
  readonly rows: ReadonlyMap<string, MasterRow | undefined>
}

/** Counts, for each row of the master, how many requests of the device changed it. */
export class Ledger {
  readonly #emulator: Emulator
  readonly #effects = new Map<string, number>()
  /** Of what they removed nobody can tell any more whether it had been there. */
  readonly #removedThere = new Set<string>()
  readonly #moments: Moment[] = []
  /** For each row how many of the requests that changed it were ones that a browser had sent again. */
  readonly #repeated = new Map<string, number>()
  /** Every row that the master ever had. */
  readonly #everThere: Set<string>
  /** What somebody has begun to delete, as it was then. */
  readonly #discarded = new Map<number, DumpedTransaction>()
  #known: MasterRows

  constructor(emulator: Emulator) {
    this.#emulator = emulator
    this.#known = masterRows(emulator)
    this.#everThere = new Set(this.#known.keys())
  }

  /**
   * A request of the device has been answered, or was, before its answer was lost. One that comes again under its own id was
   * not sent again by the device: a browser does that by itself, whatever the method, when a connection that has served
   * before is closed without an answer. Nothing but a condition keeps it from a second effect, and an action has none.
   */
  requested(id: string | null): void {
    const isRepeated = id !== null && this.#moments.some(({ requestId }) => requestId === id)
    for (const key of this.#look(id)) {
      this.#effects.set(key, (this.#effects.get(key) ?? 0) + 1)
      if (isRepeated) this.#repeated.set(key, (this.#repeated.get(key) ?? 0) + 1)
    }
  }

  /** The master's own people have changed something. */
  changedThere(): void {
    for (const key of this.#look(null)) if (!this.#known.has(key)) this.#removedThere.add(key)
  }

  /** The rows that have changed since it looked last. */
  #look(requestId: string | null): readonly string[] {
    const [before, rows] = [this.#known, masterRows(this.#emulator)]
    const keys = new Set([...before.keys(), ...rows.keys()])
    const changed = [...keys].filter((key) => before.get(key)?.version !== rows.get(key)?.version)
    for (const key of rows.keys()) this.#everThere.add(key)
    if (requestId !== null || changed.length > 0)
      this.#moments.push({ requestId, rows: new Map(changed.map((key) => [key, rows.get(key)])) })
    this.#known = rows
    return changed
  }

  /** Somebody is about to delete these. */
  discards(transactions: readonly DumpedTransaction[]): void {
    for (const transaction of transactions) this.#discarded.set(transaction.seq, transaction)
  }

  /** I2: the rows that were changed more or fewer times than the transactions say that were delivered. */
  notOnce({ transactions }: Dump): readonly string[] {
    const [least, most] = [new Map<string, number>(), new Map<string, number>()]
    const deleted = new Set<string>()
    const there = new Set(transactions.map(({ seq }) => seq))
    const all = [...transactions, ...[...this.#discarded.values()].filter(({ seq }) => !there.has(seq))]
    for (const transaction of all) {
      const { changes, delivered, outcome, events } = transaction
      // Where nothing of it was left to send, it was delivered and not sent.
      if (!events.includes('sent')) continue
      const times = delivered || outcome === 'unknown' ? 1 : 0
      const counted = changes.filter(({ table }) => COUNTED.includes(table))
      for (const key of new Set(counted.map(({ table, id }) => rowKey(table, id)))) {
        most.set(key, (most.get(key) ?? 0) + times + this.#writtenOver(transaction, key))
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
      const wanted = all
        .filter(({ changes }) => changes.some(({ table, id }) => rowKey(table, id) === key))
        .map(({ seq, outcome, events, changes }) => {
          const kinds = changes.filter(({ id }) => key.endsWith(id)).map(({ kind }) => kind)
          return `#${seq} ${kinds.join('+')}: ${events.join(' ')} (${outcome})`
        })
      found.push(`I2: ${key} was changed ${was} times, and ${from} to ${to} are wanted by ${wanted.join(', ')}`)
    }
    return [...found, ...this.#stampedTwice(transactions)]
  }

  /**
   * How often a transaction whose answer was lost had changed the row, and that was written over before it was looked for: by
   * the master's people, or by later changes of the device where somebody had put the transaction away. Nothing tells that
   * from a change that never came: it is done again, or is in error, put away or discarded all the same.
   */
  #writtenOver({ changes, requests, events, delivered, outcome }: DumpedTransaction, key: string): number {
    if (!events.includes('verified')) return 0
    const own = changes.filter(({ table, id }) => rowKey(table, id) === key)
    const arrived = requests
      .map((id) => this.#moments.findIndex(({ requestId }) => requestId === id))
      .filter((at) => at !== -1)
    const wasPutAway = events.slice(events.indexOf('sent')).includes('archived')
    const isOver = !delivered && outcome !== 'unknown'
    return arrived.filter((at, index) => {
      const again = arrived[index + 1] ?? (isOver ? this.#moments.length : undefined)
      if (again === undefined || !this.#moments[at]?.rows.has(key)) return false
      const since = this.#moments.slice(at + 1, again).filter(({ rows }) => rows.has(key))
      const last = since.at(-1)
      if (!last || !(wasPutAway || since.some(({ requestId }) => requestId === null))) return false
      return !own.every((change) => isShown(change, last.rows.get(key)?.values))
    }).length
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

function isShown(change: Change, row: Readonly<Record<string, unknown>> | undefined): boolean {
  switch (change.kind) {
    case 'create':
      return row !== undefined
    case 'delete':
      return row === undefined
    case 'update':
      return row !== undefined && differing(change.values, row).length === 0
    case 'action': {
      const [said, text] = [row?.['description'], change.parameters['Text']]
      return typeof said === 'string' && typeof text === 'string' && said.includes(text)
    }
    default:
      return true
  }
}

function masterRows({ master }: Emulator): MasterRows {
  return new Map(COUNTED.flatMap((table) => master.rows(table).map((row) => [rowKey(table, row.id), row] as const)))
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
      return differing(values, row).map(
        (name) => `I3: ${table} ${id} ${name} is ${String(values[name])} here, ${String(row[name])} there`,
      )
    })
    return [...missing, ...other]
  })
}

/** The columns of a row here that are something else there. */
function differing(here: Row, there: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.keys(here).filter((name) => (here[name] ?? null) !== (there[name.replace('$table', '@table')] ?? null))
}
