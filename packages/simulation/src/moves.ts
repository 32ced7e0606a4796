import type { TransactionEvent, TransactionStatus } from '@outpost/core'

/** Which event may lead from which status to which: written down a second time, apart from the engine. */
export const MOVES: Readonly<Record<string, Readonly<Partial<Record<TransactionEvent, TransactionStatus>>>>> = {
  pending: {
    folded: 'pending',
    cancelled: 'archived',
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
  processed: { echoed: 'processed', archived: 'archived' },
  error: { 'set-pending': 'pending', amended: 'pending', archived: 'archived' },
  archived: { 'set-pending': 'pending', archived: 'archived' },
} satisfies Record<TransactionStatus, Partial<Record<TransactionEvent, TransactionStatus>>>
