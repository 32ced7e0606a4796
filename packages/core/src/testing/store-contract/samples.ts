import type { UnsequencedTransaction } from '../../outbox/offline-transaction.ts'
import type { BaseRow, Store, StoredRow, StoreTable } from '../../ports/store.ts'
import type { Row } from '../../row.ts'

export const ACCOUNT: StoreTable = {
  name: 'account',
  columns: [
    { name: 'name', type: 'text' },
    { name: 'employees', type: 'number' },
    { name: 'donotphone', type: 'boolean' },
    { name: 'revenue', type: 'decimal' },
  ],
  indexes: [
    { name: 'by name', columns: ['name'] },
    { name: 'by size', columns: ['donotphone', 'employees'] },
  ],
}

export const CONTACT: StoreTable = {
  name: 'contact',
  columns: [
    { name: 'fullname', type: 'text' },
    { name: 'parentcustomerid', type: 'text' },
    { name: 'parentcustomerid$table', type: 'text' },
  ],
  indexes: [{ name: 'by parent', columns: ['parentcustomerid', 'fullname'] }],
}

/** A GUID that ends in the number. */
export function guid(number: number): string {
  return `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`
}

export function account(number: number, values: Row = {}, version: string | null = `W/"${number}"`): StoredRow {
  const defaults = { name: `Account ${number}`, employees: number, donotphone: number % 2 === 0, revenue: null }
  return { id: guid(number), version, values: { ...defaults, ...values } }
}

export function baseOf(row: StoredRow, local: BaseRow['local'] = 'updated'): BaseRow {
  return { id: row.id, version: row.version, values: row.values, local }
}

export function transaction(name: string, over: Partial<UnsequencedTransaction> = {}): UnsequencedTransaction {
  return {
    id: name,
    organizationId: guid(900),
    userId: guid(901),
    catalogueStamp: 'stamp',
    changes: [{ kind: 'create', table: 'account', id: guid(1), values: { name, employees: null } }],
    touches: [`account/${guid(1)}`],
    dependsOn: [],
    status: 'pending',
    outcome: 'not-sent',
    attempts: 0,
    nextAttemptAt: null,
    lease: null,
    lastError: null,
    history: [{ at: 1_767_225_600_000, event: 'committed' }],
    createdAt: 1_767_225_600_000,
    ...over,
  }
}

/** Everything in the store that a reader can see. */
export async function contents(store: Store, tables: readonly StoreTable[]): Promise<unknown> {
  return store.read('contents', async (tx) => {
    const perTable: unknown[] = []
    for (const { name, indexes } of tables) {
      const orders: unknown[] = []
      for (const index of indexes) {
        const rows = await tx.scan(name, { index: index.name })
        orders.push([index.name, rows.map((row) => row.id)])
      }
      const ids = await tx.ids(name, { limit: 10_000 })
      perTable.push({
        name,
        rows: await tx.scan(name, {}),
        ids,
        versions: [...(await tx.versions(name, ids))],
        count: await tx.count(name),
        bases: await tx.bases(name),
        orders,
      })
    }
    return {
      perTable,
      transactions: await tx.findTransactions({}),
      counts: await tx.countTransactions(),
      values: await tx.values(''),
    }
  })
}
