import type { OfflineTransaction } from '@outpost/core'
import type { Entry } from '../book.ts'
import type { Device } from '../device.ts'
import type { Problem } from './problem.ts'

/** I1: every acknowledged write is in the outbox, in one of its statuses, with what was written. */
export async function nothingLost(device: Device): Promise<readonly Problem[]> {
  const { entries } = device.book
  if (entries.size === 0) return []
  const seqs = [...entries.keys()]
  const found = await device.store.bare.read('look', (tx) => tx.transactions(seqs))
  return [...entries.values()].flatMap((entry, at) => {
    const transaction = found[at]
    const words = transaction ? lacking(entry, transaction) : 'is gone'
    return words === null ? [] : [{ check: 'I1', words: `device ${device.number}: #${entry.seq} ${words}` } as const]
  })
}

/** Events after which a transaction carries something else than what was written. */
const REWRITES: ReadonlySet<string> = new Set([
  'merged',
  'amended',
  'migrated',
  'overruled',
  'cancelled',
  'folded',
  'verified',
])

function lacking({ deeds }: Entry, { changes, history }: OfflineTransaction): string | null {
  if (history.some(({ event }) => REWRITES.has(event))) return null
  for (const { kind, table, id, values } of deeds) {
    const change = changes.findLast((each) => each.table === table && each.id === id)
    if (!change) {
      // A value that was there already is not written.
      if (kind === 'update') continue
      return `has lost what it does to ${table} ${id}`
    }
    if (kind !== 'create' && kind !== 'update') continue
    for (const [name, value] of Object.entries(values)) {
      const written = changes.some(
        (each) => each.id === id && (each.kind === 'create' || each.kind === 'update') && each.values[name] === value,
      )
      if (!written && kind === 'create') return `has lost ${name} of ${table} ${id}`
    }
  }
  return null
}
