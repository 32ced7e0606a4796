import type { Change, HistoryEntry, OfflineTransaction, Row, TransactionEvent } from '@outpost/core'
import { Book } from '../book.ts'
import type { Deed } from '../book.ts'
import type { Device } from '../device.ts'
import type { Look, UnsentRow } from './look.ts'

/** The history of these events. */
export function historyOf(...events: readonly TransactionEvent[]): readonly HistoryEntry[] {
  return events.map((event, at) => ({ at, event }))
}

/** A transaction that says nothing else than what it is given. */
export function transactionOf(seq: number, given: Partial<OfflineTransaction> = {}): OfflineTransaction {
  return {
    seq,
    id: `transaction ${seq}`,
    organizationId: 'org',
    userId: 'ada',
    catalogueStamp: '1',
    changes: [updateOf('account', 'a', { name: `#${seq}` })],
    touches: [],
    dependsOn: [],
    status: 'pending',
    outcome: 'not-sent',
    attempts: 0,
    nextAttemptAt: null,
    lease: null,
    lastError: null,
    history: historyOf('committed'),
    createdAt: 0,
    ...given,
  }
}

export function updateOf(table: string, id: string, values: Row, before: Row = {}): Change {
  return { kind: 'update', table, id, values, before, patch: [], version: '1' }
}

/** A look at a device with these transactions, of which the book has these deeds. */
export function lookOf(
  transactions: readonly OfflineTransaction[],
  given: {
    readonly before?: readonly OfflineTransaction[]
    readonly deeds?: Readonly<Record<number, readonly Deed[]>>
    readonly unsent?: readonly UnsentRow[]
    readonly uploadFilter?: string
  } = {},
): Look {
  const book = new Book()
  for (const [seq, deeds] of Object.entries(given.deeds ?? {})) book.wrote(Number(seq), deeds)
  const before = new Map((given.before ?? []).map((each) => [each.seq, each]))
  const unsent = new Map((given.unsent ?? []).map((each) => [`${each.table}/${each.id}`, each]))
  const account = given.uploadFilter === undefined ? {} : { uploadFilter: given.uploadFilter }
  const device: Pick<Device, 'number' | 'book' | 'columnType'> & { readonly org: object } = {
    number: 0,
    book,
    columnType: () => undefined,
    org: { configuration: { tables: { account } } },
  }
  return {
    // Of a device, the checks ask for no more than this.
    device: device as Device,
    transactions: new Map(transactions.map((each) => [each.seq, each])),
    before,
    changed: transactions.filter((each) => before.get(each.seq) !== each),
    written: new Map(
      [...book.entries.values()].map((entry) => [
        entry.seq,
        { seq: entry.seq, deeds: entry.deeds, entry, isNew: before.size === 0 },
      ]),
    ),
    isWhole: true,
    unsent,
    bases: new Map([...unsent].flatMap(([key, { base }]) => (base ? [[key, base]] : []))),
  }
}
