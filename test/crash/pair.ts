import type { StoredRow, StoreTable, UnsequencedTransaction } from '@outpost/core'

export const ACCOUNT: StoreTable = {
  name: 'account',
  columns: [
    { name: 'name', type: 'text' },
    { name: 'number', type: 'number' },
  ],
  indexes: [{ name: 'by name', columns: ['name'] }],
}

/** The row of that number and the transaction that belongs to it. */
export function pairOf(number: number): { row: StoredRow; transaction: UnsequencedTransaction } {
  const id = `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`
  const values = { name: `Account ${number} ${'x'.repeat(number % 700)}`, number }
  return {
    row: { id, version: null, values },
    transaction: {
      id,
      organizationId: 'organization',
      userId: 'user',
      catalogueStamp: 'stamp',
      changes: [{ kind: 'create', table: 'account', id, values }],
      touches: [`account/${id}`],
      dependsOn: [],
      status: 'pending',
      outcome: 'not-sent',
      attempts: 0,
      nextAttemptAt: null,
      lease: null,
      lastError: null,
      history: [],
      createdAt: 0,
    },
  }
}
