import { refuseUnknownChoice } from '../choices.ts'
import { OutpostError } from '../errors.ts'
import { pendingReason } from '../outbox/readiness.ts'
import type { ReadinessContext } from '../outbox/readiness.ts'
import type { StoreReader, StoreWriter } from '../ports/store.ts'
import { isOfAnother, readSettings, setSignedOut } from '../settings.ts'

/** What to do with transactions that the master does not have yet. */
export type UnsentChoice = 'refuse' | 'keep' | 'discard'

/** How many transactions the master does not have, or is not known to have. `held` and `unknown` are among the pending. */
export interface UnsentCounts {
  readonly pending: number
  readonly error: number
  /** Held back by an upload filter. */
  readonly held: number
  /** Sent, and no answer came: the master may have them. */
  readonly unknown: number
}

/** A sign-out, or a detachment, that was refused because of unsent transactions. Nothing was changed. */
export class UnsentError extends OutpostError {
  override readonly name: string = 'UnsentError'
  readonly unsent: UnsentCounts

  constructor(
    unsent: UnsentCounts,
    remedy = 'Sync first, archive what is not wanted, keep them for the return of the same user, or discard them.',
  ) {
    const { pending, error, held, unknown } = unsent
    const parts = [
      ...(held > 0 ? [`${held} of them held by an upload filter`] : []),
      ...(unknown > 0 ? [`${unknown} of them without an answer`] : []),
    ]
    const of = parts.length > 0 ? ` (${parts.join(', ')})` : ''
    super('refused', `there are unsent transactions: ${pending} pending${of}, ${error} in error`, {
      place: { rule: 'unsent' },
      remedy,
    })
    this.unsent = unsent
  }
}

/** How much the master does not have yet. */
export async function countUnsent(tx: StoreReader, readiness: ReadinessContext): Promise<UnsentCounts> {
  const { pending, error } = await tx.countTransactions()
  let [held, unknown, after] = [0, 0, 0]
  for (;;) {
    const part = await tx.findTransactions({ statuses: ['pending'], after, limit: 200 })
    for (const transaction of part) {
      after = transaction.seq
      if (transaction.outcome === 'unknown') unknown += 1
      if ((await pendingReason(tx, transaction, readiness)).kind === 'held') held += 1
    }
    if (part.length < 200) return { pending, error, held, unknown }
  }
}

/** Signs out within the given store transaction. Throws `UnsentError` where that would lose work nobody gave up. */
export async function signOut(tx: StoreWriter, choice: UnsentChoice, readiness: ReadinessContext): Promise<void> {
  // A program without types can misspell it, and work must not be lost of that.
  refuseUnknownChoice('unsent', choice, ['refuse', 'keep', 'discard'])
  // In another tab this user can have left already, and somebody else be at work in the store.
  const isOurs = readiness.userId === '' || !(await isOfAnother(tx, readiness))
  if (!isOurs && (await readSettings(tx)).identity) throw refusedAfterSignOut()
  if (choice === 'keep') return setSignedOut(tx, true)
  if (choice === 'refuse') {
    const unsent = await countUnsent(tx, readiness)
    if (unsent.pending + unsent.error > 0) throw new UnsentError(unsent)
  }
  await tx.clear()
}

/** What a client org answers to who wants to send or pull while its user is signed out. */
export function signedOutError(): OutpostError {
  return new OutpostError('unauthenticated', 'the user of this client org has signed out', {
    place: { rule: 'signed-out' },
    remedy: 'Sign in as the same user and call connect(): what was kept is sent then.',
  })
}

/** What it answers to who connects when somebody else has connected the same store meanwhile. */
export function connectedByAnother(): OutpostError {
  return new OutpostError('wrong-master', 'somebody else has connected this store meanwhile', {
    remedy: 'Open the client org again, or use another store for this user. Nothing was changed.',
  })
}

/** What it answers to who wants to write then: whose work that would be is not known. */
export function refusedAfterSignOut(): OutpostError {
  return new OutpostError('refused', 'the user of this client org has signed out', {
    place: { rule: 'signed-out' },
    remedy: 'Sign in as the same user and call connect().',
  })
}
