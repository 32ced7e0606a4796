import { expect, test } from 'vitest'
import { OutpostError } from '../errors.ts'
import type { OfflineTransaction, TransactionEvent, TransactionStatus } from './offline-transaction.ts'
import { transition } from './transitions.ts'

const refused = 'refused' as const
type Cell = TransactionStatus | typeof refused

/** Every status × every event: a missing cell does not compile. */
const EXPECTED: Record<TransactionStatus, Record<TransactionEvent, Cell>> = {
  pending: {
    committed: refused,
    folded: 'pending',
    cancelled: 'archived',
    echoed: refused,
    sent: 'pending',
    deferred: 'pending',
    answered: 'pending',
    verified: 'pending',
    merged: 'pending',
    delivered: 'processed',
    refused: 'error',
    overruled: 'archived',
    'set-pending': 'pending',
    amended: 'pending',
    migrated: 'pending',
    archived: 'archived',
  },
  processed: {
    committed: refused,
    folded: refused,
    cancelled: refused,
    echoed: 'processed',
    sent: refused,
    deferred: refused,
    answered: refused,
    verified: refused,
    merged: refused,
    delivered: refused,
    refused: refused,
    overruled: refused,
    'set-pending': refused,
    amended: refused,
    migrated: refused,
    archived: 'archived',
  },
  error: {
    committed: refused,
    folded: refused,
    cancelled: refused,
    echoed: refused,
    sent: refused,
    deferred: refused,
    answered: refused,
    verified: refused,
    merged: refused,
    delivered: refused,
    refused: refused,
    overruled: refused,
    'set-pending': 'pending',
    amended: 'pending',
    migrated: refused,
    archived: 'archived',
  },
  archived: {
    committed: refused,
    folded: refused,
    cancelled: refused,
    echoed: refused,
    sent: refused,
    deferred: refused,
    answered: refused,
    verified: refused,
    merged: refused,
    delivered: refused,
    refused: refused,
    overruled: refused,
    'set-pending': 'pending',
    amended: refused,
    migrated: refused,
    archived: 'archived',
  },
}

const cells = Object.entries(EXPECTED).flatMap(([status, row]) =>
  Object.entries(row).map(([event, cell]) => [status as TransactionStatus, event as TransactionEvent, cell] as const),
)

test.each(cells)('a transaction in %s that is %s becomes %s', (status, event, cell) => {
  const before = transactionIn(status)
  if (cell === refused) {
    expect(() => transition(before, event, 5)).toThrow(OutpostError)
    return
  }
  const after = transition(before, event, 5, { attempts: 3 }, { note: 'why' })
  expect(after.status).toBe(cell)
  expect(after.attempts).toBe(3)
  expect(after.history).toEqual([...before.history, { at: 5, event, note: 'why' }])
})

function transactionIn(status: TransactionStatus): OfflineTransaction {
  return {
    seq: 1,
    id: 'a',
    organizationId: 'o',
    userId: 'u',
    catalogueStamp: 's',
    changes: [],
    touches: [],
    dependsOn: [],
    status,
    outcome: 'not-sent',
    attempts: 0,
    nextAttemptAt: null,
    lease: null,
    lastError: null,
    history: [{ at: 1, event: 'committed' }],
    createdAt: 1,
  }
}
