import { rowKey } from '@outpost/core'
import type { ColumnValue, Configuration } from '@outpost/core'
import type { Deed } from '../book.ts'
import type { Device } from '../device.ts'
import { inForce } from './in-force.ts'
import type { Problem } from './problem.ts'

/** A value that a row must have, or one of those that were written at once or perhaps. */
interface Kept {
  readonly table: string
  readonly id: string
  readonly name: string
  readonly values: ReadonlySet<ColumnValue>
}

/**
 * I1 of what is never sent: rows and columns that only the device has keep what was written last, whatever is pulled,
 * merged or put away. What is taken out of the configuration goes, and so do columns with a row that goes.
 */
export class OnlyHere {
  readonly #device: Device
  #kept = new Map<string, Kept>()
  #rows = new Map<string, Deed>()
  #removed = 0
  #read: { readonly here: readonly Deed[]; count: number; perhaps: number } | undefined

  constructor(device: Device) {
    this.#device = device
  }

  /** What is not as it was written. To be asked whenever anything was committed. */
  async look(): Promise<readonly Problem[]> {
    const { device } = this
    this.#learn()
    if (this.#kept.size === 0 && this.#rows.size === 0) return []
    return device.store.bare.read('look', async (tx) => {
      const configuration = await inForce(tx)
      const problems: Problem[] = []
      const found = (words: string): unknown =>
        problems.push({ check: 'I1', words: `device ${device.number}: ${words}, which is only here` })
      for (const [key, { table, id }] of this.#rows) {
        const [row] = configuration.localTables?.[table] ? await tx.rows(table, [id]) : []
        if (!configuration.localTables?.[table]) this.#rows.delete(key)
        else if (!row) found(`${key} is gone`)
      }
      for (const [key, { table, id, name, values }] of this.#kept) {
        const [row] = isKept(configuration, table, name) ? await tx.rows(table, [id]) : []
        if (!row) {
          // A deletion that is not sent yet can be taken back, with what was in the columns.
          const bases = isKept(configuration, table, name) && device.hasTable(table) ? await tx.bases(table) : []
          if (!bases.some((base) => base.id === id)) this.#kept.delete(key)
          continue
        }
        const value = row.values[name] ?? null
        if (!values.has(value))
          found(
            `${key} is ${JSON.stringify(value)}, not ${[...values].map((each) => JSON.stringify(each)).join(' or ')}`,
          )
        this.#kept.set(key, { table, id, name, values: new Set([value]) })
      }
      return problems
    })
  }

  get device(): Device {
    return this.#device
  }

  #learn(): void {
    const { here, perhapsHere } = this.device.book
    if (this.#read?.here !== here) {
      this.#kept = new Map()
      this.#rows = new Map()
      this.#read = { here, count: 0, perhaps: 0 }
    }
    const sure = here.slice(this.#read.count)
    const unsure = perhapsHere.slice(this.#read.perhaps)
    this.#read.count = here.length
    this.#read.perhaps = perhapsHere.length
    const isSettled = new Set<string>()
    for (const deed of [...sure, ...unsure]) {
      const isSure = sure.includes(deed)
      if (deed.kind === 'create' && isSure) this.#rows.set(rowKey(deed.table, deed.id), deed)
      for (const [name, value] of Object.entries(deed.values)) {
        const key = `${rowKey(deed.table, deed.id)} ${name}`
        // Nothing is known of a value that was never written for sure.
        const old = this.#kept.get(key)
        if (!old && !isSure) continue
        // Writes that were made at once are in the book in any order.
        const before = old && (isSettled.has(key) || !isSure) ? old.values : []
        if (isSure) isSettled.add(key)
        this.#kept.set(key, { table: deed.table, id: deed.id, name, values: new Set([...before, value]) })
      }
    }
    this.#forgetDiscarded()
  }

  /** A row that was made here goes with its making, even where that comes back in a queue file at once. */
  #forgetDiscarded(): void {
    const { removed } = this.device.book
    const gone = removed.slice(this.#removed).flatMap(([{ deeds }]) => deeds.filter(({ kind }) => kind === 'create'))
    this.#removed = removed.length
    for (const { table, id } of gone)
      for (const [key, kept] of this.#kept) if (kept.table === table && kept.id === id) this.#kept.delete(key)
  }
}

function isKept({ tables, localTables = {} }: Configuration, table: string, name: string): boolean {
  return localTables[table] !== undefined || tables[table]?.localColumns?.[name] !== undefined
}
