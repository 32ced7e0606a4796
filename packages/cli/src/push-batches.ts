import type { OutpostEvent } from '@outpost/core'
import { count } from './text.ts'

/** What became of one batch of transactions, on one line. */
export interface BatchLine {
  readonly text: string
  readonly refused: boolean
}

export interface PushBatches {
  show(event: OutpostEvent): void
  /** Tells of the batches that are on their way, which ended without an answer for all of them. */
  end(): void
}

const NAMED = 5

/** What is known of one batch, or of transactions that were settled without being sent. */
interface Batch {
  readonly sent: number
  readonly waiting: Set<number>
  readonly refused: number[]
  processed: number
  overruled: number
  left: number | null
}

/** Gathers the events of a push, one for each transaction, and tells of each batch as a whole. Several can be on their way. */
export function pushBatches(tell: (line: BatchLine) => void): PushBatches {
  const underWay = new Set<Batch>()
  let unsent = batchOf([])
  const finish = (batch: Batch): void => {
    underWay.delete(batch)
    tell({ text: textOf(batch), refused: batch.refused.length > 0 })
  }
  const end = (): void => {
    if (unsent.left !== null) finish(unsent)
    unsent = batchOf([])
    for (const batch of underWay) finish(batch)
  }
  return {
    show(event) {
      if (event.type === 'push.sent') {
        // What is sent again was given back by its batch.
        const again = [...underWay].filter(({ waiting }) => event.transactions.some((seq) => waiting.has(seq)))
        for (const batch of again) finish(batch)
        underWay.add(batchOf(event.transactions))
      } else if (event.type === 'push.settled') {
        const batch = [...underWay].find(({ waiting }) => waiting.has(event.seq)) ?? unsent
        batch.waiting.delete(event.seq)
        batch.left = event.left
        if (event.status === 'processed') batch.processed += 1
        else if (event.status === 'archived') batch.overruled += 1
        else if (event.status === 'error') batch.refused.push(event.seq)
        if (batch !== unsent && batch.waiting.size === 0) finish(batch)
      } else end()
    },
    end,
  }
}

function batchOf(seqs: readonly number[]): Batch {
  return { sent: seqs.length, waiting: new Set(seqs), refused: [], processed: 0, overruled: 0, left: null }
}

function textOf({ sent, waiting, refused, processed, overruled, left }: Batch): string {
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
  return `${heading}${parts.join(', ')}${rest}`
}
