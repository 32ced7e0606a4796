import { linkId } from '@outpost/core'
import type { Row } from '@outpost/dataverse-emulator'
import type { Site } from './ground.ts'
import type { Keeping, Strategy } from './kept.ts'
import { wantedRows } from './wanted.ts'

/**
 * What may have happened to a row that not every strategy finds out.
 *
 * - `gone`: it was deleted. `given`: it got another owner. `left`: it was changed, and may have left the filter.
 * - `late`: it was committed with a version that is smaller than one that was seen before, minutes after it was stamped.
 * - `shown`: who may see it may have changed, and the row did not.
 */
type Doubt = 'gone' | 'given' | 'left' | 'late' | 'shown'

/** A commit that is late by less is found by every pull. */
const FOUND_LATE_MS = 4 * 60_000 + 30_000

/** What each strategy is documented to find out for certain. */
const FOUND: Readonly<Record<Strategy, readonly Doubt[]>> = {
  reconcile: ['gone', 'given', 'left', 'late', 'shown'],
  floor: [],
  tracking: ['gone', 'given'],
  links: ['gone'],
  delta: ['gone', 'given', 'left', 'late'],
}

interface Sight {
  readonly version: bigint
  readonly owner: unknown
  readonly stampedAt: number
}

/** What the configuration is documented not to find out, row by row. */
export class Doubts {
  readonly #site: Site
  readonly #seen = new Map<string, ReadonlyMap<string, Sight>>()
  readonly #doubts = new Map<string, Map<Doubt, 'told' | 'untold'>>()
  readonly #tables = new Set<string>()
  /** Tables whose change tracking the master refuses from some moment on: it is for those who may read all rows. */
  readonly #refused = new Set<string>()
  /** Columns that the master did not have for a while since they were configured. */
  readonly #gone = new Set<string>()
  #shares: ReadonlyMap<string, { readonly table: string; readonly id: string }> = new Map()
  #newest = 0n

  constructor(site: Site, keeping: Keeping) {
    this.#site = site
    this.look(keeping, '')
  }

  /** Looks what has become of the rows since it looked last. */
  look(keeping: Keeping, told: string): void {
    const { master, clock } = this.#site.emulator
    const [kind = '', table = '', id = ''] = told.split(' ')
    if (kind === 'configure' && told.endsWith(': done')) this.#gone.clear()
    for (const [name, columns] of Object.entries(keeping.columns))
      for (const column of columns)
        if (!this.#site.emulator.schema.column(name, column)) this.#gone.add(`${name}/${column}`)
    if (kind === 'hide') {
      this.#doubt(table, id, 'shown')
      this.#refused.add(table)
    }
    // Shares go on to children.
    const shares = new Map(
      master.rows('principalobjectaccess').map(({ id: share, version, values }) => {
        return [`${share}/${version}`, { table: String(values['objecttypecode']), id: String(values['objectid']) }]
      }),
    )
    for (const [share, row] of shares) if (!this.#shares.has(share)) this.#doubt(row.table, row.id, 'shown')
    for (const [share, row] of this.#shares) if (!shares.has(share)) this.#doubt(row.table, row.id, 'shown')
    this.#shares = shares
    if (kind === 'depth') this.#tables.add(table)
    const before = this.#newest
    const inTime = clock.now() - FOUND_LATE_MS
    for (const name of Object.keys(keeping.scopes)) {
      if (keeping.strategies[name] === 'reconcile') continue
      const seen = this.#seen.get(name) ?? new Map<string, Sight>()
      const link = this.#site.emulator.schema.manyToManyByIntersect(name)
      const idOf = (row: Row): string =>
        link ? linkId(String(row.values[link.column1]), String(row.values[link.column2])) : row.id
      const now = new Map<string, Sight>(
        master
          .rows(name)
          .map(({ version, ...row }) => [
            idOf({ version, ...row }),
            { version, owner: row.values['ownerid'], stampedAt: Date.parse(String(row.values['modifiedon'])) || 0 },
          ]),
      )
      for (const [row, { version, owner, stampedAt }] of now) {
        if (version > this.#newest) this.#newest = version
        const old = seen.get(row)
        if (old?.version === version) continue
        this.#doubt(name, row, old && old.owner !== owner ? 'given' : 'left')
        if (version < before && stampedAt < inTime) this.#doubt(name, row, 'late')
      }
      for (const row of seen.keys()) if (!now.has(row)) this.#doubt(name, row, 'gone')
      this.#seen.set(name, now)
    }
  }

  /** Whether the strategy need not have found out that the device has a row that it should not have. */
  excusesExtra(table: string, id: string, strategy: Strategy): boolean {
    return this.#excuses(table, id, strategy, ['gone', 'given', 'left', 'late', 'shown'])
  }

  /** Whether the strategy need not have found out that a row is to be had, or that it is another one now. */
  excusesMissing(table: string, id: string, strategy: Strategy): boolean {
    return this.#excuses(table, id, strategy, ['late', 'shown'])
  }

  /** Whether the device may have left a column out, because the master did not have it any more. */
  wasGone(table: string, column: string): boolean {
    return this.#gone.has(`${table}/${column}`)
  }

  #excuses(table: string, id: string, strategy: Strategy, doubts: readonly Doubt[]): boolean {
    if (strategy === 'reconcile') return false
    const had = this.#doubts.get(`${table}/${id}`)
    const isFound = (doubt: Doubt): boolean =>
      FOUND[strategy].includes(doubt) && !(strategy === 'delta' && had?.get(doubt) === 'untold')
    return this.#tables.has(table) || doubts.some((doubt) => had?.has(doubt) === true && !isFound(doubt))
  }

  /** What happens where change tracking is refused, it does not tell; what it should have told before is compared. */
  #doubt(table: string, id: string, doubt: Doubt): void {
    const key = `${table}/${id}`
    const had = this.#doubts.get(key) ?? new Map<Doubt, 'told' | 'untold'>()
    if (had.get(doubt) !== 'untold') had.set(doubt, this.#refused.has(table) ? 'untold' : 'told')
    this.#doubts.set(key, had)
  }
}

/** Where the device has something else than it should have, but for what its configuration is documented not to find. */
export async function differences(site: Site, keeping: Keeping, doubts: Doubts): Promise<readonly string[]> {
  const found: string[] = []
  for (const table of Object.keys(keeping.scopes)) {
    const strategy = keeping.strategies[table] ?? 'reconcile'
    const kept = site.org.configuration.tables[table]?.columns ?? []
    // What the master has no more is left out of the configuration, and stays out until somebody configures it again.
    const columns = (keeping.columns[table] ?? []).filter((name) => kept.includes(name) || !doubts.wasGone(table, name))
    const [wanted, held] = [await wantedRows(site, keeping, table, columns), await site.held(table)]
    for (const [id, there] of wanted) {
      const here = held.get(id)
      if (doubts.excusesMissing(table, id, strategy)) continue
      if (!here) found.push(`${table} ${id} is missing on the device (${strategy})`)
      else {
        if (here.version !== there.version)
          found.push(`${table} ${id} is at ${here.version} here, at ${there.version} there (${strategy})`)
        for (const column of new Set([...Object.keys(here.values), ...Object.keys(there.values)])) {
          const [mine, theirs] = [here.values[column], there.values[column]]
          if (mine !== theirs)
            found.push(
              `${table} ${id} ${column}: ${JSON.stringify(mine)} here, ${JSON.stringify(theirs)} there (${strategy})`,
            )
        }
      }
    }
    for (const id of held.keys()) {
      if (!wanted.has(id) && !doubts.excusesExtra(table, id, strategy))
        found.push(`${table} ${id} is only on the device (${strategy})`)
    }
  }
  return found
}
