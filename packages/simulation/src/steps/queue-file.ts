import { OutpostError } from '@outpost/core'
import type { Change, ImportReport, OfflineTransaction, QueueFile } from '@outpost/core'
import type { Deed } from '../book.ts'
import type { Device } from '../device.ts'
import { outcomeOf, told } from './outcome.ts'
import type { StepContext, StepKind } from './step.ts'
import { inTrouble, OFFLINE } from './trouble.ts'

/**
 * The queue of a device as a file, which is imported again: into the device itself, where part of it was discarded
 * meanwhile, or that part into another device of the same user.
 */
export const queueFile: StepKind = {
  name: 'queue file',
  weight: 2,
  run: async (context) => {
    const { world, device, draw } = context
    const target = draw.chance(0.5) ? device : draw.pick(world.devices.filter(({ user }) => user === device.user))
    const file = await outcomeOf(world, device.org.outbox.exportQueue())
    if (file instanceof OutpostError) return `device ${device.number} exports no queue: ${told(file)}`
    const discarded = await discards(context, file)
    const transactions = file.transactions.filter(({ seq }) => target === device || discarded.has(seq))
    const taken: QueueFile = { ...file, transactions }
    const { outcome, words } = await inTrouble(
      { ...context, device: target },
      OFFLINE,
      () => target.org.outbox.importQueue(JSON.parse(JSON.stringify(taken))),
      { commits: 1 },
    )
    for (const [seq, transaction] of await arrived(target, taken, outcome))
      target.book.imported(seq, transaction.changes.map(deedOf), archivedAs(transaction))
    return `device ${device.number} exports ${seqsOf(file.transactions)}, discards ${[...discarded].join(' ')}; device ${target.number} imports ${seqsOf(transactions)}, ${words}`
  },
}

/** Discards some of what is in the file, what depends on others first. */
async function discards({ world, device, draw }: StepContext, file: QueueFile): Promise<ReadonlySet<number>> {
  const discarded = new Set<number>()
  for (const { seq } of file.transactions.filter(() => draw.chance(0.6)).toReversed()) {
    const done = await outcomeOf(world, device.org.outbox.discard([seq]))
    if (done instanceof OutpostError) continue
    device.book.discarded([seq])
    discarded.add(seq)
  }
  return discarded
}

/** The transactions that are new on the device, by seq: as the report says, or, where the store failed, as it has them. */
async function arrived(
  { store, book }: Device,
  { transactions }: QueueFile,
  outcome: ImportReport | OutpostError,
): Promise<readonly (readonly [number, OfflineTransaction])[]> {
  if (outcome instanceof OutpostError) {
    const ids = new Set(transactions.map(({ id }) => id))
    const all = await store.bare.read('look', (tx) =>
      tx.findTransactions({ statuses: ['pending', 'error', 'archived'] }),
    )
    return all.filter(({ id, seq }) => ids.has(id) && !book.entries.has(seq)).map((each) => [each.seq, each])
  }
  const passed = new Set([...outcome.known, ...outcome.refused.map(({ id }) => id)])
  const taken = transactions.filter(({ id }) => !passed.has(id))
  return outcome.imported.flatMap((seq, at) => (taken[at] ? [[seq, taken[at]] as const] : []))
}

function deedOf(change: Change): Deed {
  const { kind, table, id } = change
  if ('values' in change) return { kind, table, id, values: change.values }
  return change.kind === 'action'
    ? { kind, table, id, values: change.effect, action: change.action }
    : { kind, table, id, values: {} }
}

function archivedAs({ status, kept }: OfflineTransaction): 'reverted' | 'kept' | null {
  return status === 'archived' ? (kept ? 'kept' : 'reverted') : null
}

function seqsOf(transactions: readonly { readonly seq: number }[]): string {
  return transactions.map(({ seq }) => `#${seq}`).join(' ')
}
