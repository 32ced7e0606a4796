import type { ConflictPolicy, OfflineTransaction, OutpostEvent, TableConfiguration } from '@outpost/core'
import type { Coverage } from './coverage.ts'
import { MOVES } from './moves.ts'
import type { Device } from './device.ts'
import type { StoreFault } from './shaky-store.ts'

/** Counts what a client org tells as it happens. */
export function countEvent(coverage: Coverage, event: OutpostEvent): void {
  switch (event.type) {
    case 'connection':
      coverage.count('connection', event.state.kind)
      if (event.state.kind === 'paused') coverage.count('error', event.state.code)
      return
    case 'sync.phase':
      return coverage.count('phase', event.phase)
    case 'row.quarantined':
      return coverage.count('quarantine', event.reason)
    case 'pull.table': {
      const { written, pruned, kept, added, refreshed, layers, error } = event.report
      const told = { written, pruned, kept, added, refreshed, layers: layers?.received ?? 0 }
      for (const [name, rows] of Object.entries(told)) if (rows > 0) coverage.count('pull', name)
      if (error) coverage.count('error', error.code)
      return
    }
    default:
      return coverage.count('event', event.type)
  }
}

export function countStoreFault(coverage: Coverage, { when, dies }: StoreFault): void {
  coverage.count('store fault', `${dies ? 'dies' : 'fails'} ${when === 'read' ? 'at a read' : `${when} commit`}`)
}

/** Counts a commit of a device's store under its name, the names of tables and numbers in it left out. */
export function countCommit(coverage: Coverage, name: string): void {
  coverage.count('commit', kindOf(name))
}

const kinds = new Map<string, string>()

/** Commits that are about one table or page end in its name. */
function kindOf(name: string): string {
  const known = kinds.get(name)
  if (known !== undefined) return known
  const kind = name.replace(/(?<=\s)(?:[a-z0-9]+_\w+|#?\d+)(?=\s|$)/g, '…').replace(TABLE_AT_THE_END, ' …')
  kinds.set(name, kind)
  return kind
}

const TABLE_AT_THE_END = /(?<=\b(?:of|apply|begin|prune|refresh|reconcile|patch|track)) [a-z]+(?=$| anew| done)/

/** Counts the lives of the transactions that the devices are left with. */
export async function countLives(coverage: Coverage, devices: readonly Device[]): Promise<void> {
  for (const device of devices) await countTransactions(coverage, device)
}

async function countTransactions(coverage: Coverage, device: Device): Promise<void> {
  const transactions = await device.store.bare.read('count', (tx) => tx.findTransactions({}))
  for (const transaction of transactions) countLife(coverage, transaction)
}

/** Every step of a transaction's life, with what went wrong and what was decided in it. */
function countLife(coverage: Coverage, { changes, history }: OfflineTransaction): void {
  for (const { kind } of changes) coverage.count('change', kind)
  let status = 'pending'
  for (const { event, error, conflicts = [] } of history) {
    if (event === 'committed') continue
    const after = MOVES[status]?.[event] ?? '?'
    coverage.count('move', `${status}: ${event} → ${after}`)
    if (after !== '?') status = after
    if (error) coverage.count('error', error.code)
    if (error?.rejection) coverage.count('rejection', error.rejection)
    for (const { kind, resolved, policy } of conflicts) {
      coverage.count('conflict', `${kind}: ${resolved}`)
      coverage.count('decided by', policy.startsWith('function ') ? 'function' : policy)
    }
  }
}

/**
 * Counts how the device's tables are configured and pulled as things stand, and why all their rows are to be compared: to be
 * asked before it is quiet, when all ids of all tables are compared and nothing is due any more.
 */
export async function countTables(coverage: Coverage, { org }: Device): Promise<void> {
  const { tables, mobileTracking } = org.configuration
  for (const [table, configuration] of Object.entries(tables)) {
    for (const name of choicesOf(configuration)) coverage.count('configuration', name)
    const { strategies, due } = await org.explainPull(table)
    for (const { name } of strategies) coverage.count('strategy', name)
    for (const reason of due) coverage.count('due', reason)
  }
  if (mobileTracking !== undefined) coverage.count('configuration', 'mobileTracking')
}

function choicesOf(table: TableConfiguration): readonly string[] {
  const policy: ConflictPolicy | 'function' =
    typeof table.conflictPolicy === 'object' ? 'function' : (table.conflictPolicy ?? 'merge')
  return [
    `policy ${policy}`,
    ...Object.values(table.conflictRules ?? {}).map((rule) => `rule ${rule}`),
    `onDeletedRow ${table.onDeletedRow ?? 'error'}`,
    `onUpdatedRow ${table.onUpdatedRow ?? 'by policy'}`,
    ...(['syncFilter', 'syncFetchXml', 'uploadFilter', 'localColumns', 'batchSize', 'priority'] as const).filter(
      (name) => table[name] !== undefined,
    ),
    ...(['syncDeletion', 'changeTracking'] as const).filter((name) => table[name] === true),
    ...(table.related ?? []).map(({ direction }) => `related ${direction}`),
    ...Object.entries(table.tracking ?? {}).flatMap(([name, isOn]) => (isOn === true ? [`tracking ${name}`] : [])),
  ]
}

/** Counts what the device's pending transactions wait for now. */
export async function countReasons(coverage: Coverage, { org }: Device): Promise<void> {
  const pending = await org.outbox.list({ statuses: ['pending'], limit: 50 })
  for (const { reason } of pending) if (reason) coverage.count('reason', reason.kind)
}
