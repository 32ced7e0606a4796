import type { Row } from '@outpost/core'
import { accountId, accountRow, FIRST_VERSION, wireRow } from '../data/account-rows.ts'
import { changesOf, rowsAfter } from '../data/history.ts'
import type { Beginning, Round } from '../data/history.ts'
import { RowText } from './row-text.ts'
import { syncStreamOf } from './sync-stream.ts'

/** Some bytes of JSON, and what they end with. */
export interface Run {
  readonly parts: readonly Buffer[]
  /** The version of the last row; undefined where there is none. */
  readonly last: number | undefined
  readonly more: boolean
}

/**
 * The accounts of the server in the order of their versions, and the entries of its mobile-tracking table for those that
 * were deleted. All are serialised before they are asked for.
 */
export class Accounts {
  readonly beginning: Beginning
  readonly #first: RowText
  readonly #indexes = new Map<string, number>()
  #changed = new RowText()
  #changedVersions: number[] = []
  #entries = new RowText()
  #entryVersions: number[] = []
  /** What accounts are now that changed; null for deleted ones. */
  #current = new Map<number, Row | null>()
  #met = 0
  #top = 0
  #ids: RowText | undefined
  #stream: Buffer | undefined

  constructor(beginning: Beginning) {
    const { rows, seed } = beginning
    this.beginning = beginning
    this.#first = new RowText(Math.max(1, rows) * 1300)
    for (let index = 0; index < rows; index++) {
      this.#first.add(wireRow(accountRow(seed, index)))
      this.#indexes.set(accountId(seed, index), index)
    }
    this.reset()
  }

  /** Makes the accounts what they were at first. */
  reset(): void {
    this.#changed = new RowText()
    this.#changedVersions = []
    this.#entries = new RowText()
    this.#entryVersions = []
    this.#current = new Map()
    this.#met = 0
    this.#top = FIRST_VERSION + this.beginning.rows - 1
    this.#ids = undefined
  }

  /** Lets a round happen. */
  change(round: Round): void {
    for (const { index, id, version, row } of changesOf(this.beginning, this.#met, round)) {
      this.#indexes.set(id, index)
      this.#current.set(index, row)
      this.#top = version
      if (row) {
        this.#changed.add(wireRow(row))
        this.#changedVersions.push(version)
      } else {
        this.#entries.add(trackingEntry(id, version))
        this.#entryVersions.push(version)
      }
    }
    this.#met += round.changed + round.deleted
    this.#ids = undefined
  }

  /** The row as it is now; undefined where there is none. */
  get(id: string): Row | undefined {
    const index = this.#indexes.get(id)
    if (index === undefined) return undefined
    const changed = this.#current.get(index)
    if (changed !== undefined) return changed ?? undefined
    return index < this.beginning.rows ? accountRow(this.beginning.seed, index) : undefined
  }

  /** Gives the row these values and a new version. */
  update(row: Row, values: Row): Row {
    this.#top += 1
    const updated = { ...row, ...values, versionnumber: String(this.#top) }
    const index = this.#indexes.get(String(row['accountid'])) ?? -1
    this.#current.set(index, updated)
    return updated
  }

  /** So many rows behind that version, as they are pulled. */
  after(version: number, size: number): Run {
    const { rows } = this.beginning
    const from = Math.min(Math.max(0, version + 1 - FIRST_VERSION), rows)
    const to = Math.min(from + size, rows)
    const changed = runOf(this.#changed, this.#changedVersions, version, size - (to - from))
    const first = this.#first.slice(from, to)
    const parts = [first, ...changed.parts].filter(({ length }) => length > 0)
    const isWhole = to === rows && !changed.more
    return { parts, last: changed.last ?? (from < to ? FIRST_VERSION + to - 1 : undefined), more: !isWhole }
  }

  entriesAfter(version: number, size: number): Run {
    return runOf(this.#entries, this.#entryVersions, version, size)
  }

  /** So many ids with their versions, in the order of ids, from that place on. */
  ids(from: number, size: number): { readonly part: Buffer; readonly next: number | undefined } {
    const ids = (this.#ids ??= this.#listIds())
    const to = Math.min(from + size, ids.length)
    return { part: ids.slice(from, to), next: to < ids.length ? to : undefined }
  }

  /** Serialises the list of ids, so that nobody has to wait for it. */
  prepareIds(): void {
    this.#ids ??= this.#listIds()
  }

  /** Serialises the stream of all rows as they were at first, unless that was done before. */
  prepareStream(): Buffer {
    return (this.#stream ??= syncStreamOf(rowsAfter(this.beginning, [])))
  }

  #listIds(): RowText {
    const text = new RowText(this.#indexes.size * 100)
    for (const [id, index] of [...this.#indexes].toSorted(([one], [other]) => (one < other ? -1 : 1))) {
      const changed = this.#current.get(index)
      if (changed === null) continue
      const version = changed?.['versionnumber'] ?? FIRST_VERSION + index
      // What a reset took back is known by its id only.
      if (changed || index < this.beginning.rows) text.add({ '@odata.etag': `W/"${version}"`, accountid: id })
    }
    return text
  }
}

function runOf(text: RowText, versions: readonly number[], version: number, size: number): Run {
  const at = versions.findIndex((one) => one > version)
  const from = at === -1 ? versions.length : at
  const to = Math.min(from + size, versions.length)
  const parts = from < to ? [text.slice(from, to)] : []
  return { parts, last: from < to ? versions[to - 1] : undefined, more: to < versions.length }
}

/** What the plug-ins of a mobile-tracking table write for a deleted account. */
function trackingEntry(id: string, version: number): object {
  const time = '2026-01-01T00:00:00Z'
  return {
    '@odata.etag': `W/"${version}"`,
    resco_mobiletrackingid: `7ac41e00-0000-4000-8000-${String(version).padStart(12, '0')}`,
    resco_name: null,
    resco_kind: 2,
    resco_tablename: 'account',
    resco_rowid: id,
    resco_relatedtablename: null,
    resco_relatedrowid: null,
    resco_relationship: null,
    createdon: time,
    modifiedon: time,
    versionnumber: version,
  }
}
