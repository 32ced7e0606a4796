import { answerOf } from '../run/forked.ts'

export type CycleStrategy = 'floor' | 'tracking' | 'change tracking' | 'sync deletion'

const STRATEGIES: readonly CycleStrategy[] = ['floor', 'tracking', 'change tracking', 'sync deletion']

/** What one process measures: a table of so many rows, and a sync after so many of them have changed. */
export interface CycleOrder {
  readonly rows: number
  readonly changes: readonly number[]
  readonly strategy: CycleStrategy
}

/** What one sync took. `read` and `written` count rows and values that came out of the store and went in. */
export interface CycleCost {
  readonly rows: number
  readonly strategy: CycleStrategy
  readonly changed: number
  readonly requests: number
  readonly bytes: number
  readonly read: number
  readonly written: number
  readonly ms: number
}

export interface CycleResult {
  readonly workload: 'cycle'
  readonly costs: readonly CycleCost[]
}

/** What an incremental sync costs, by size of the table, number of changes and strategy; each in a process of its own. */
export async function benchCycle(
  sizes: readonly number[],
  changes: readonly number[],
  seconds: number,
): Promise<CycleResult> {
  const costs: CycleCost[] = []
  for (const strategy of STRATEGIES) {
    for (const rows of sizes) costs.push(...(await runOne({ rows, changes, strategy }, seconds)))
  }
  return { workload: 'cycle', costs }
}

function runOne(order: CycleOrder, seconds: number): Promise<readonly CycleCost[]> {
  const what = `cycle, ${order.strategy} over ${order.rows} rows:`
  return answerOf(what, new URL('cycle-child.js', import.meta.url), [JSON.stringify(order)], seconds)
}

const COSTS = ['requests', 'bytes', 'read', 'written'] as const

/** Every row's id and version are compared each time, which is what it is for. */
const COMPARING: ReadonlySet<CycleStrategy> = new Set(['sync deletion'])

/**
 * Whether a cycle costs what its changes cost: at most one request without changes, no more of anything because the table
 * is larger, and no more for a change because there are more of them. A strategy that compares all rows is held to what it
 * writes alone.
 */
export function isProportional({ costs }: CycleResult): boolean {
  return costs.every((cost) => {
    const same = costs.filter(({ strategy }) => strategy === cost.strategy)
    const isComparing = COMPARING.has(cost.strategy)
    const held = isComparing ? (['written'] as const) : COSTS
    return (
      (isComparing || cost.changed > 0 || cost.requests <= 1) &&
      held.every((name) => !growsWithTable(name, cost, same) && !growsWithChanges(name, cost, same))
    )
  })
}

function growsWithTable(name: (typeof COSTS)[number], cost: CycleCost, all: readonly CycleCost[]): boolean {
  const [smallest = cost] = all
    .filter(({ changed }) => changed === cost.changed)
    .toSorted((one, other) => one.rows - other.rows)
  return cost[name] > (name === 'requests' ? smallest.requests : 1.1 * smallest[name] + 10)
}

/** Whether a change costs more than half as much again as where there are fewer of them. */
function growsWithChanges(name: (typeof COSTS)[number], cost: CycleCost, all: readonly CycleCost[]): boolean {
  const [idle, fewest] = all
    .filter(({ rows }) => rows === cost.rows)
    .toSorted((one, other) => one.changed - other.changed)
  if (!idle || !fewest || idle.changed > 0 || cost.changed <= fewest.changed) return false
  const each = (fewest[name] - idle[name]) / fewest.changed
  return cost[name] - idle[name] > 1.5 * each * cost.changed + 10
}

export function describeCycle(result: CycleResult): string {
  const number = (value: number, width: number): string => Math.round(value).toLocaleString('en').padStart(width)
  const line = ({ strategy, rows, changed, requests, bytes, read, written, ms }: CycleCost): string =>
    `  ${strategy.padEnd(16)}${number(rows, 10)}${number(changed, 9)}${number(requests, 10)}${number(bytes, 12)}` +
    `${number(read, 11)}${number(written, 11)}${ms.toFixed(1).padStart(9)}`
  const head =
    `  ${''.padEnd(16)}${'rows'.padStart(10)}${'changed'.padStart(9)}${'requests'.padStart(10)}${'bytes'.padStart(12)}` +
    `${'read'.padStart(11)}${'written'.padStart(11)}${'ms'.padStart(9)}`
  return [
    'CYCLE  an incremental sync over SQLite; rows and values read from the store and written to it',
    [head, ...result.costs.map(line)].join('\n'),
    verdictOn(result),
  ].join('\n\n')
}

function verdictOn(result: CycleResult): string {
  if (!isProportional(result)) {
    return 'NOT PROPORTIONAL: an idle cycle takes more than one request, or a cost grows with the table, or that of a change with their number.'
  }
  const sizes = new Set(result.costs.map(({ rows }) => rows)).size
  const grows = sizes > 1 ? 'no cost grows with the table' : 'one size of table says nothing about larger ones'
  return `Idle cycles take one request at most, and ${grows}; sync deletion, which compares all rows each time, writes no more than what has changed.`
}
