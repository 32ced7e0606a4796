import type { OfflineTransaction } from './offline-transaction.ts'

/** What a change costs beside its values: the request line and headers of its part of a batch. */
const CHANGE_BYTES = 400
/** What a value costs beside its text: its name and punctuation. */
const VALUE_BYTES = 40

/**
 * About how large a transaction is as a request. Text is counted by its length and nothing is serialised: it is asked of
 * every transaction that is sent, and only has to tell attachments from everything else.
 */
export function estimatedBytes({ changes }: Pick<OfflineTransaction, 'changes'>): number {
  let bytes = 0
  for (const change of changes) {
    bytes += CHANGE_BYTES
    if ('values' in change) bytes += valueBytes(change.values)
    if ('parameters' in change) bytes += valueBytes(change.parameters)
  }
  return bytes
}

function valueBytes(value: unknown): number {
  if (typeof value === 'string') return value.length
  if (typeof value !== 'object' || value === null) return 0
  let bytes = 0
  for (const part of Object.values(value)) bytes += VALUE_BYTES + valueBytes(part)
  return bytes
}
