import { rowHand } from '../rows/row-hand.ts'
import type { RowHand } from '../rows/row-hand.ts'
import type { WriteContext } from '../rows/write-context.ts'
import { isvSwallowed } from './errors.ts'

/** Hands for a plug-in that remember when one of their writes failed. */
export interface HandGuard {
  hand(context: WriteContext): RowHand
  /** Throws where a write failed and the plug-in went on all the same: the transaction is lost. */
  check(): void
}

/** Makes the guard of one run of a plug-in. */
export function guardedHand(): HandGuard {
  let failed = false
  const watched = <A extends readonly unknown[], R>(body: (...given: A) => R): ((...given: A) => R) => {
    return (...given) => {
      let done = false
      try {
        const result = body(...given)
        done = true
        return result
      } finally {
        failed ||= !done
      }
    }
  }
  return {
    hand: (context) => {
      const hand = rowHand(context)
      return {
        ...hand,
        create: watched(hand.create),
        update: watched(hand.update),
        remove: watched(hand.remove),
        assign: watched(hand.assign),
        associate: watched(hand.associate),
        disassociate: watched(hand.disassociate),
      }
    },
    check: () => {
      if (failed) throw isvSwallowed()
    },
  }
}
