import type { OutpostEvent, SyncPhase } from '../events.ts'
import type { RowEstimate } from '../ports/master-org.ts'

/** How much of a run the rows are, and how much the deletions after them; the rest is that of large and added columns. */
const ROWS = 0.9
const DELETIONS = 0.95
/** What a run that has not ended can reach. */
const NEARLY = 0.999

interface Share {
  rows: number
  estimate: number | undefined
  isOver: boolean
}

/**
 * How far a run of pulls is. Its fraction never goes down and reaches 1 with `end` only, however wrong the estimates are
 * and whatever changes meanwhile.
 */
export class Progress {
  readonly #emit: (event: OutpostEvent) => void
  readonly #shares: Map<string, Share>
  #fraction = 0

  constructor(tables: Iterable<string>, emit: (event: OutpostEvent) => void) {
    this.#emit = emit
    this.#shares = new Map(Array.from(tables, (name) => [name, { rows: 0, estimate: undefined, isOver: false }]))
  }

  /** About how many rows a table has to bring, and how many of them are here. */
  expect(table: string, estimate: RowEstimate | null | undefined, held: number): void {
    const share = this.#shares.get(table)
    if (!share) return
    share.rows = held
    share.estimate = estimate?.rows ?? share.estimate
  }

  /** All rows of the table have come in a run before. */
  isHere(table: string): void {
    const share = this.#shares.get(table)
    if (share) share.isOver = true
  }

  /** What a first page says where nobody has been asked before. */
  expectAtLeast(table: string, estimate: RowEstimate): void {
    const share = this.#shares.get(table)
    if (share) share.estimate ??= share.rows + estimate.rows
  }

  /** Tells where the run is before its first page. */
  begin(phase: SyncPhase): void {
    for (const table of this.#shares.keys()) this.#tell(table, phase)
  }

  /** So many rows more of a table have come. */
  came(table: string, rows: number): void {
    const share = this.#shares.get(table)
    if (!share) return
    share.rows += rows
    this.#tell(table, 'rows')
  }

  /** The rows of the table are here, or will not come in this run. */
  over(table: string): void {
    const share = this.#shares.get(table)
    if (!share) return
    share.isOver = true
    this.#tell(table, 'rows')
  }

  /** The `nth` of the tables is done with a phase after that of the rows. */
  after(phase: 'deletions' | 'layers', table: string, nth: number): void {
    const [from, to] = phase === 'deletions' ? [ROWS, DELETIONS] : [DELETIONS, 1]
    this.#raise(from + ((to - from) * nth) / Math.max(1, this.#shares.size))
    this.#tell(table, phase)
  }

  /** Everything is done. */
  end(): void {
    this.#fraction = 1
    const last = [...this.#shares.keys()].at(-1)
    if (last !== undefined) this.#tell(last, 'layers')
  }

  #tell(table: string, phase: SyncPhase): void {
    this.#raise(ROWS * this.#shareDone())
    const { rows = 0, estimate } = this.#shares.get(table) ?? {}
    const of = estimate === undefined ? {} : { of: Math.max(estimate, rows), estimated: true as const }
    this.#emit({ type: 'pull.progress', table, rows, ...of, fraction: this.#fraction, phase })
  }

  #raise(fraction: number): void {
    if (this.#fraction < 1) this.#fraction = Math.max(this.#fraction, Math.min(fraction, NEARLY))
  }

  /** Tables weigh what they are expected to bring, and a row more each: one without any counts too. */
  #shareDone(): number {
    let done = 0
    let all = 0
    for (const { rows, estimate, isOver } of this.#shares.values()) {
      const expected = isOver ? rows : Math.max(estimate ?? 0, rows)
      all += expected + 1
      done += isOver ? expected + 1 : rows
    }
    return all === 0 ? 1 : done / all
  }
}
