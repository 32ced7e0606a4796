import { OutpostError } from '../errors.ts'
import type { Store, StoreWriter } from '../ports/store.ts'
import { idsByTable } from '../rows/local-rows.ts'
import { inOneUnit } from '../store/unit-of-work.ts'
import type { UnitOfWork } from '../store/unit-of-work.ts'

interface RowName {
  readonly table: string
  readonly id: string
}

interface Waiting {
  readonly rows: readonly RowName[]
  readonly keys: readonly string[]
  readonly body: (tx: StoreWriter) => Promise<unknown>
  readonly resolve: (result: unknown) => void
  readonly reject: (error: unknown) => void
}

type Outcome = { readonly result: unknown } | { readonly error: unknown }

/** How many writes share a commit at the most: the first of them waits for all. */
const MOST = 500

/**
 * The writes of a client org, in the order in which they are given. Those that wait at the same time share a transaction of
 * the store, and with it what is read and written of the same things. Each succeeds or fails by itself; all of them wait
 * for the commit.
 */
export class GroupCommit {
  readonly #store: Store
  readonly #waiting: Waiting[] = []
  /** How many of those that wait go one by one, because together they failed. */
  #single = 0
  #isRunning = false

  constructor(store: Store) {
    this.#store = store
  }

  /**
   * Settles as a `write` of the store would with this body. `rows`, of tables that are kept, and the values under `keys` are
   * what it reads.
   */
  async write<T>(
    rows: readonly RowName[],
    body: (tx: StoreWriter) => Promise<T>,
    keys: readonly string[] = [],
  ): Promise<T> {
    const result = await new Promise<unknown>((resolve, reject) => {
      this.#waiting.push({ rows, keys, body, resolve, reject })
      if (!this.#isRunning) void this.#run()
    })
    return result as T
  }

  async #run(): Promise<void> {
    this.#isRunning = true
    for (let first = this.#waiting.shift(); first; first = this.#waiting.shift()) await this.#commit(first)
    this.#isRunning = false
  }

  async #commit(first: Waiting): Promise<void> {
    const most = this.#single > 0 ? 1 : MOST
    this.#single = Math.max(0, this.#single - 1)
    const group: Waiting[] = []
    const outcomes: Outcome[] = []
    const joining = (): Waiting | undefined => (group.length < most ? this.#waiting.shift() : undefined)
    let isReading = false
    let isWhole = false
    try {
      await this.#store.write('commit', async (tx) => {
        await inOneUnit(tx, async (unit) => {
          // One that goes by itself reads for itself: what it names may not be there.
          let ahead = most === 1 ? 1 : 0
          for (let next: Waiting | undefined = first; next; next = joining()) {
            group.push(next)
            if (group.length > ahead) {
              const together = [next, ...this.#waiting.slice(0, most - group.length)]
              ahead += together.length
              isReading = true
              await readTogether(unit, together)
              isReading = false
            }
            outcomes.push(await outcomeOf(next, unit))
          }
        })
        const [outcome] = outcomes
        if (group.length === 1 && outcome && 'error' in outcome) throw outcome.error
        isWhole = true
      })
    } catch (error) {
      // Where it failed before its end, or with what one of the writes has failed with, nothing is committed.
      const isUndone = !isWhole || outcomes.some((outcome) => 'error' in outcome && outcome.error === error)
      if (isUndone && (group.length > 1 || isReading)) {
        this.#waiting.unshift(...group)
        this.#single = group.length
      } else for (const { reject } of group.length > 0 ? group : [first]) reject(error)
      return
    }
    for (const [at, { resolve, reject }] of group.entries()) {
      const outcome = outcomes[at]
      if (outcome && 'error' in outcome) reject(outcome.error)
      else resolve(outcome?.result)
    }
  }
}

/** Reads together what the writes read, so that nothing has to be read alone. */
async function readTogether(unit: UnitOfWork, writes: readonly Waiting[]): Promise<void> {
  const keys = new Set(writes.flatMap((write) => write.keys))
  await unit.readAhead(idsByTable(writes.flatMap(({ rows }) => rows)), keys)
}

/** What says that a write is not allowed; anything else may have come of the store, which is not to be asked any more then. */
const REFUSALS: ReadonlySet<string> = new Set(['invalid', 'refused'])

/** What comes of one write. Nothing of one that is refused reaches the others. */
async function outcomeOf({ body }: Waiting, unit: UnitOfWork): Promise<Outcome> {
  unit.mark()
  try {
    return { result: await body(unit) }
  } catch (error) {
    const isRefused = error instanceof OutpostError && REFUSALS.has(error.code)
    if (!isRefused || !unit.takeBack()) throw error
    return { error }
  }
}
