import type { Row } from '@outpost/core'
import type { Write } from '../contenders/contender.ts'
import { contentsOf, listOf } from '../data/contents.ts'
import { newestOpen, rowsWritten, writesTo } from '../data/writes.ts'
import { able, BY_HAND, count, elapsed, taken } from './workload.ts'
import type { Sizes, Workload } from './workload.ts'

const CHANGES = 100

/** A list on the screen, and rows of it that change: from the write until the list shows it. */
export const liveQuery: Workload = {
  title: ({ rows }) =>
    `W6  live query (filter, sort, limit 50) over ${count(rows)} rows; ${CHANGES} changes, one by one and together`,
  contenders: ['outpost', 'raw', 'rxdb', 'tanstack', 'watermelon', 'powersync'],
  inBrowser: ['outpost', 'raw', 'outpost-opfs', 'raw-opfs', 'rxdb'],
  limits: BY_HAND,
  leastRows: () => 2 * CHANGES,
  expected: async (sizes) => {
    const batch = batchOf(sizes)
    const shown = await listOf(newestOpen(sizes, batch))
    return { shown, queried: shown, held: await contentsOf(rowsWritten(sizes, batch), 0) }
  },
  run: async (run) => {
    const { place, open, sizes } = run
    const contender = await open(place)
    const [write, together, watch] = [able(contender, 'write'), able(contender, 'together'), able(contender, 'watch')]
    await contender.pull()
    const list = new ShownList()
    const stop = watch((rows) => list.show(rows))
    const shown = (await list.until((rows) => rows.length > 0)).map((row) => String(row['accountid']))
    const changed = (one: Write): Promise<number> =>
      elapsed(() => Promise.all([write(one), list.until((rows) => rows.some((row) => isAs(row, one)))]))
    const { query } = contender
    const alone: number[] = []
    if (query) for (let nth = 0; nth < CHANGES; nth++) alone.push(await elapsed(query))
    const times: number[] = []
    const oneByOne = await taken(`${CHANGES} one by one`, run, async () => {
      for (let nth = 0; nth < CHANGES; nth++) {
        times.push(await changed({ id: shown[nth % shown.length] ?? '', telephone1: `+11 ${nth}` }))
      }
    })
    const batch = batchOf(sizes)
    const last = new Map(batch.map((one) => [one.id, one]))
    const isShown = (rows: readonly Row[]): boolean =>
      rows.every((row) => isAs(row, last.get(String(row['accountid'])) ?? { id: '', telephone1: '' }))
    const ofBatch = await taken(`${CHANGES} changes`, run, () => Promise.all([together(batch), list.until(isShown)]))
    stop()
    const findings = {
      shown: await listOf(list.rows),
      // Not everybody can be asked without watching.
      queried: await listOf(query ? await query() : list.rows),
      // What was written twice is queued once or twice.
      held: { ...(await contender.contents()), queued: 0 },
    }
    await contender.close()
    const queried = query ? { 'query alone p50 ms': median(alone) } : {}
    return { measures: { ...queried, 'one change p50 ms': median(times), ...oneByOne, ...ofBatch }, findings }
  },
}

function median(times: readonly number[]): number {
  return times.toSorted((one, other) => one - other)[times.length >> 1] ?? 0
}

function isAs(row: Row, { id, telephone1 }: Write): boolean {
  return row['accountid'] === id && row['telephone1'] === telephone1
}

/** Every row that the list shows, and others to make up the number. */
function batchOf(sizes: Sizes): readonly Write[] {
  const shown = newestOpen(sizes, []).map((row) => String(row['accountid']))
  const others = writesTo(sizes.seed, CHANGES).map(({ id }) => id)
  const ids = [...new Set([...shown, ...others])].slice(0, CHANGES)
  return ids.map((id, at) => ({ id, telephone1: `+22 ${at}` }))
}

/** What a list shows, and who waits for something to be shown. */
class ShownList {
  /** As they were told last. */
  rows: readonly Row[] = []
  #told: (() => void) | undefined

  show(rows: readonly Row[]): void {
    this.rows = rows
    this.#told?.()
  }

  until(isReached: (rows: readonly Row[]) => boolean): Promise<readonly Row[]> {
    return new Promise((resolve) => {
      this.#told = () => {
        if (isReached(this.rows)) resolve(this.rows)
      }
      this.#told()
    })
  }
}
