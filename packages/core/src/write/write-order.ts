import { SerialQueue } from '../store/serial-queue.ts'

/** What a write gives back that has committed nothing and has to be handed in once more. */
export const AGAIN = 'again'

/** A write as it is handed in: the store has it, in its turn, and will tell what came of it. */
export interface HandedIn<T> {
  readonly outcome: Promise<T | typeof AGAIN>
}

/**
 * The writes of one client org, committed in the order in which they are given. Nothing is waited for but that those before
 * have been handed to the store, which commits in that order: many at once share a commit. Where one has to be handed in
 * once more, those behind it have to be, too.
 */
export class WriteOrder {
  readonly #handing = new SerialQueue()
  readonly #repeating = new SerialQueue()
  readonly #again = new Set<number>()
  #last = 0

  /**
   * Settles as the write does. `handIn` prepares it and gives it to the store. Where it finds there that it cannot be
   * committed as it was prepared, or that one before it could not, it commits nothing and gives back what `turn.again()`
   * does; it is then handed in once more, behind those before it and after `before`.
   */
  async commit<T>(handIn: (turn: Turn) => Promise<HandedIn<T>>, before: () => Promise<void>): Promise<T> {
    const number = ++this.#last
    const turn: Turn = {
      isBehind: () => [...this.#again].some((other) => other < number),
      again: () => {
        this.#again.add(number)
        return AGAIN
      },
    }
    try {
      const { outcome } = await this.#handing.run(() => handIn(turn))
      const first = await outcome
      if (first !== AGAIN) return first
      return await this.#repeating.run(async () => {
        for (;;) {
          await before()
          const next = await (await handIn(turn)).outcome
          if (next !== AGAIN) return next
        }
      })
    } finally {
      // Also where the store failed to commit that it commits nothing.
      this.#again.delete(number)
    }
  }
}

/** The turn of a write. Both are asked and told in the store's own order, in the transaction of the write. */
export interface Turn {
  /** Whether a write before it has to be handed in once more. */
  readonly isBehind: () => boolean
  /** It has to be handed in once more itself. */
  readonly again: () => typeof AGAIN
}
