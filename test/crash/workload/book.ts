import { rowKey } from '@outpost/core'
import type { ColumnValue } from '@outpost/core'
import type { Cell, Dump, DumpedTransaction, Intent, Report, RowName } from './report.ts'

interface WriteEntry {
  /** Counts what was reported, over all lives. */
  readonly order: number
  readonly intent: Intent
  /** What was acknowledged, or found after a crash; undefined while that is not known. */
  seq: number | null | undefined
}

/**
 * What the user of the device was told, kept outside of the device. It compares that with what the device holds, and with
 * what came to the master.
 */
export class Book {
  readonly #writes: WriteEntry[] = []
  /** Transactions that somebody has begun to delete, and those of which somebody has begun to take the effect back. */
  readonly #gone = new Set<number>()
  readonly #takenBack = new Set<number>()
  /** Transactions that somebody has begun to have sent again: an older one may come over a newer one so. */
  readonly #revived = new Set<number>()
  /** What the master's own people wrote, by cell. */
  readonly #theirs = new Map<string, Set<string>>()
  readonly #removedThere = new Set<string>()
  #order = 0
  #current: WriteEntry | null = null
  acknowledged = 0

  hear(report: Report): void {
    this.#order += 1
    switch (report.kind) {
      case 'writes':
        this.#current = { order: this.#order, intent: report.intent, seq: undefined }
        this.#writes.push(this.#current)
        return
      case 'acknowledged':
        this.acknowledged += 1
        if (this.#current) this.#current.seq = report.seq
        this.#current = null
        return
      case 'refused':
        // A write that was refused is none.
        if (this.#current) this.#writes.pop()
        this.#current = null
        return
      case 'operates':
        for (const { seq } of report.gone) this.#gone.add(seq)
        for (const seq of report.seqs) {
          ;(report.operation === 'set pending' ? this.#revived : this.#takenBack).add(seq)
        }
        return
      case 'opened':
      case 'drained':
        this.#foundIn(report.dump)
        return
      default:
    }
  }

  /** Where the process died before it could say that a write was committed, what the write created shows it. */
  #foundIn({ transactions }: Dump): void {
    for (const write of this.#writes.filter(({ seq }) => seq === undefined)) {
      const ids = new Set(write.intent.creates.map(({ id }) => id))
      const found = transactions.find(({ changes }) => changes.some(({ kind, id }) => kind === 'create' && ids.has(id)))
      write.seq = found?.seq
    }
  }

  /** The process has died: what it was about to write may have been committed. */
  died(): void {
    this.#current = null
  }

  wroteThere({ table, id, column, value }: Cell): void {
    const key = `${rowKey(table, id)}/${column}`
    this.#theirs.set(key, (this.#theirs.get(key) ?? new Set()).add(value))
  }

  removedThere({ table, id }: RowName): void {
    this.#removedThere.add(rowKey(table, id))
  }

  /** I1: what is not as it was acknowledged, and where rows and queue contradict one another. */
  missingFrom(dump: Dump): readonly string[] {
    const bySeq = new Map(dump.transactions.map((transaction) => [transaction.seq, transaction]))
    const rows = rowsByKey(dump)
    const found: string[] = []
    for (const write of this.#writes) {
      if (typeof write.seq !== 'number') continue
      const transaction = bySeq.get(write.seq)
      if (transaction) {
        if (!this.#takenBack.has(write.seq)) found.push(...this.#withoutEffect(write, transaction, rows))
      } else if (!this.#gone.has(write.seq)) found.push(`I1: #${write.seq} was acknowledged and is not there`)
    }
    return [...found, ...contradictions(dump, rows, this.#removed())].map((line) => `${line}; ${aboutIt(line, dump)}`)
  }

  /** The rows that the master has removed, and those whose making was discarded. */
  #removed(): ReadonlySet<string> {
    const discarded = this.#writes.filter(({ seq }) => typeof seq === 'number' && this.#gone.has(seq))
    const made = discarded.flatMap(({ intent }) => intent.creates.map(({ table, id }) => rowKey(table, id)))
    return new Set([...this.#removedThere, ...made])
  }

  #withoutEffect(write: WriteEntry, { seq, status }: DumpedTransaction, rows: Rows): readonly string[] {
    const found: string[] = []
    const later = this.#writes.filter(({ order }) => order > write.order)
    const revived = this.#writes.filter(({ seq: other }) => typeof other === 'number' && this.#revived.has(other))
    const deleted = [...later, ...revived]
      .flatMap(({ intent }) => intent.deletes)
      .map(({ table, id }) => rowKey(table, id))
    const goes = new Set([...deleted, ...this.#removedThere])
    for (const { table, id } of write.intent.creates)
      if (!rows.has(rowKey(table, id)) && !goes.has(rowKey(table, id)))
        found.push(`I1: #${seq} (${status}) created ${table} ${id}, which is not there`)
    // What somebody has had sent after all may have created it again, or be what this one had cancelled.
    const made = new Set(revived.flatMap(({ intent }) => intent.creates).map(({ table, id }) => rowKey(table, id)))
    for (const { table, id } of this.#revived.has(seq) ? [] : write.intent.deletes)
      if (rows.has(rowKey(table, id)) && !made.has(rowKey(table, id)))
        found.push(`I1: #${seq} (${status}) deleted ${table} ${id}, which is there`)
    for (const cell of write.intent.cells) {
      const key = rowKey(cell.table, cell.id)
      if (goes.has(key)) continue
      const allowed = new Set([cell.value, ...(this.#theirs.get(`${key}/${cell.column}`) ?? [])])
      for (const { intent } of [...later, ...revived])
        for (const other of intent.cells)
          if (rowKey(other.table, other.id) === key && other.column === cell.column) allowed.add(other.value)
      const shown = rows.get(key)?.[cell.column]
      if (!allowed.has(String(shown)))
        found.push(`I1: #${seq} (${status}) wrote ${key} ${cell.column} ${cell.value}, and it is ${String(shown)}`)
    }
    return found
  }
}

type Rows = ReadonlyMap<string, Readonly<Record<string, ColumnValue>>>

function rowsByKey({ rows }: Dump): Rows {
  return new Map(
    Object.entries(rows).flatMap(([table, list]) => list.map(([id, values]) => [rowKey(table, id), values] as const)),
  )
}

/** A row shows what the last unsent transaction wrote into it. */
function contradictions({ transactions }: Dump, rows: Rows, removed: ReadonlySet<string>): readonly string[] {
  const wanted = new Map<string, ColumnValue | undefined>()
  const loose = new Set(
    transactions.filter(({ kept }) => kept).flatMap(({ changes }) => changes.map(({ table, id }) => rowKey(table, id))),
  )
  for (const { changes } of transactions.filter(({ status }) => status === 'pending' || status === 'error')) {
    for (const change of changes) {
      const key = rowKey(change.table, change.id)
      if (change.kind === 'delete') wanted.set(key, undefined)
      if (change.kind !== 'create' && change.kind !== 'update') continue
      for (const [name, value] of Object.entries(change.values)) wanted.set(`${key}/${name}`, value)
    }
  }
  // What was refused before a later deletion of the row was delivered waits for a person, and the row is gone.
  const deleted = new Set(
    transactions
      .filter(({ delivered }) => delivered)
      .flatMap(({ changes }) =>
        changes.filter(({ kind }) => kind === 'delete').map(({ table, id }) => rowKey(table, id)),
      ),
  )
  const found: string[] = []
  for (const [place, value] of wanted) {
    const [table = '', id = '', column] = place.split('/')
    const key = rowKey(table, id)
    // An update that was put away and brought back has no row to show on where the master, or whoever discarded its
    // making, has removed that meanwhile.
    const isGone = deleted.has(key) || (removed.has(key) && !rows.has(key))
    if (loose.has(key) || isGone) continue
    const row = rows.get(key)
    if (column === undefined && row) found.push(`I1: ${key} is there, and its deletion is in the queue`)
    if (column !== undefined && !wanted.has(key) && row?.[column] !== value)
      found.push(`I1: ${place} is ${String(row?.[column])}, and the queue says ${String(value)}`)
  }
  return found
}

/** The transactions that change the rows that a line speaks of. */
function aboutIt(line: string, { transactions }: Dump): string {
  const about = transactions.filter(({ changes }) => changes.some(({ id }) => line.includes(id)))
  return about
    .map(({ seq, changes, events }) => {
      const kinds = changes.filter(({ id }) => line.includes(id)).map(({ kind }) => kind)
      return `#${seq} ${kinds.join(' ')}: ${events.join(' ')}`
    })
    .join('; ')
}
