import { OutpostError } from '../errors.ts'
import type { OfflineTransaction } from './offline-transaction.ts'

/** What is settled cannot be corrected any more. */
export function refuseSettled({ seq, status }: OfflineTransaction): void {
  if (status !== 'processed' && status !== 'archived') return
  throw new OutpostError('refused', `transaction #${seq} is ${status}; it cannot be amended`, {
    place: { rule: 'settled' },
    remedy: status === 'archived' ? 'Set it to pending first.' : 'Make the correction with a new write.',
  })
}

/** One that was put out of sight since was delivered all the same. */
export function refuseDelivered({ seq, history }: OfflineTransaction): void {
  if (!history.some(({ event }) => event === 'delivered')) return
  throw new OutpostError('refused', `transaction #${seq} was delivered; discarding it would not undo it`, {
    place: { rule: 'delivered' },
    remedy: 'Undo it with a new write; archive it to have it out of sight.',
  })
}

/** While the answer is missing the master may have the old values: what is corrected or thrown away then could be lost. */
export function refuseUnknown({ seq, outcome, status }: OfflineTransaction): void {
  if (outcome !== 'unknown' || status === 'processed') return
  throw new OutpostError('refused', `it is not known yet whether the master has transaction #${seq}`, {
    place: { rule: 'unknown-outcome' },
    remedy:
      status === 'archived'
        ? 'Set it to pending and sync, which finds it out.'
        : 'Sync first, which finds it out; or make the correction with a new write.',
  })
}
