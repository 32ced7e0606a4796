import type { OutpostEvent } from '@outpost/core'
import { count } from './text.ts'

/** What became of one batch of transactions, on one line. */
export interface BatchLine {
  readonly text: string
  readonly refused: boolean
}

export interface PushBatches {
  show(event: OutpostEvent): void
  /** Tells of the batch that is on its way, which ended without an answer for all of it. */
  end(): void
}

const NAMED = 5

/** Gathers the events of a push, one for each transaction, and tells of each batch as a whole. */
export function pushBatches(tell: (line: BatchLine) => void): PushBatches {
  let waiting = new Set<number>()
  let sent = 0
  let settled = { processed: 0, overruled: 0, refused: [] as number[], left: null as number | null }
  const end = (): void => {
    const { processed, overruled, refused, left } = settled
    const known = processed + overruled + refused.length
    if (sent + known > 0) {
      const named = refused.slice(0, NAMED).map((seq) => `#${seq}`)
      const parts = [
        processed > 0 && `${count(processed)} processed`,
        refused.length > 0 &&
          `${count(refused.length)} refused (${named.join(', ')}${refused.length > NAMED ? ', …' : ''})`,
        overruled > 0 && `${count(overruled)} overruled by the master's changes`,
        waiting.size > 0 && `${count(waiting.size)} not settled`,
      ].filter(Boolean)
      const heading = sent > 0 ? `sent ${count(sent)}: ` : ''
      const rest = left === null ? '' : `; ${count(left)} left`
      tell({ text: `${heading}${parts.join(', ')}${rest}`, refused: refused.length > 0 })
    }
    waiting = new Set()
    sent = 0
    settled = { processed: 0, overruled: 0, refused: [], left: null }
  }
  return {
    show(event) {
      if (event.type === 'push.sent') {
        end()
        sent = event.transactions.length
        waiting = new Set(event.transactions)
      } else if (event.type === 'push.settled') {
        waiting.delete(event.seq)
        settled.left = event.left
        if (event.status === 'processed') settled.processed += 1
        else if (event.status === 'archived') settled.overruled += 1
        else if (event.status === 'error') settled.refused.push(event.seq)
        if (sent > 0 && waiting.size === 0) end()
      } else end()
    },
    end,
  }
}
