import { OutpostError, throwIfAborted } from '../errors.ts'
import type { PushReport } from '../events.ts'
import { gravest, stopsEverything } from './failures.ts'
import type { OfflineTransaction } from '../outbox/offline-transaction.ts'
import type { Round } from '../outbox/round.ts'
import { readinessOf } from './push-context.ts'
import type { PushContext } from './push-context.ts'
import { lookAtUnversioned, verify } from './read-before-sending.ts'
import { sendBatch } from './send-batch.ts'
import type { Settled } from './settle.ts'

/**
 * Sends what the outbox holds, round by round, until nothing more can be sent now.
 *
 * A round: find what is ready → where an earlier answer was lost, read the rows before anything is sent again → claim the
 * transactions in the store → send → settle each by the master's answer. The batches of a round go at the same time; a
 * store transaction is never held across a request. A refused transaction becomes Error and delays only those that depend
 * on it. When the master cannot be asked at all, the claimed transactions stay pending, and the error is thrown when
 * everything that was under way has ended.
 *
 * Large transactions (attachments) go one by one when nothing small is ready, as far as `uploads` lets them. What becomes
 * ready while one is on its way does not wait for it.
 */
export async function push(context: PushContext, signal: AbortSignal, uploads: Uploads): Promise<Pushed> {
  const run = new PushRun(context, signal)
  const upload = new Upload((transaction) => run.sendAlone(transaction))
  let failure: unknown
  try {
    await drain(run, upload, uploads)
  } catch (error) {
    failure = error
  }
  await upload.ended()
  const thrown = gravest([failure, upload.failure])
  if (thrown !== undefined) throw thrown
  return { report: await run.report(), isDone: !run.hasPutOff }
}

/**
 * Whether large transactions are sent: all of them, none, or one after another until somebody else waits for the turn.
 * Uploads can take hours, and a pull must not wait for them.
 */
export type Uploads = 'none' | { readonly isTurnWanted: () => boolean }

/** What a push did. `isDone` is false where large transactions were put off for somebody else's sake. */
export interface Pushed {
  readonly report: PushReport
  readonly isDone: boolean
}

/** Sends round after round, and uploads in the gaps. Ends when nothing can be sent now, or an upload has failed. */
async function drain(run: PushRun, upload: Upload, uploads: Uploads): Promise<void> {
  let begun = 0
  for (;;) {
    if (stopsEverything(upload.failure)) return
    const round = await run.next()
    if (!round.isEmpty) {
      await run.send(round)
      continue
    }
    if (upload.failure !== undefined) return
    if (!upload.isRunning) {
      if (uploads === 'none') return
      // One for each turn, or those who wait for one another would never send any.
      if (begun > 0 && uploads.isTurnWanted()) {
        run.hasPutOff = true
        return
      }
      const large = await run.nextLarge()
      if (!large) return
      begun += 1
      upload.begin(large)
    }
    await Promise.race([upload.ended(), run.changed()])
  }
}

/** A large transaction on its way. Its failure is kept for the end: it holds nothing small up. */
class Upload {
  readonly #send: (transaction: OfflineTransaction) => Promise<void>
  #running: Promise<void> | null = null
  failure: unknown

  constructor(send: (transaction: OfflineTransaction) => Promise<void>) {
    this.#send = send
  }

  get isRunning(): boolean {
    return this.#running !== null
  }

  begin(transaction: OfflineTransaction): void {
    this.#running = this.#send(transaction)
      .catch((error: unknown) => {
        this.failure = error
      })
      .finally(() => {
        this.#running = null
      })
  }

  async ended(): Promise<void> {
    await this.#running
  }
}

/** One push: what it takes from the agenda, sends, and counts. */
class PushRun {
  readonly #context: PushContext
  readonly #signal: AbortSignal
  /** Whether large transactions were left for another turn. */
  hasPutOff = false
  readonly #counts = { processed: 0, refused: 0, overruled: 0, conflicts: 0 }

  constructor(context: PushContext, signal: AbortSignal) {
    this.#context = context
    this.#signal = signal
  }

  next(): Promise<Round> {
    throwIfAborted(this.#signal)
    const { agenda, pace, tables } = this.#context
    const sizes = [...tables].flatMap(([name, { batchSize }]) =>
      batchSize === undefined ? [] : [[name, batchSize] as const],
    )
    return agenda.take(readinessOf(this.#context), pace.limitsWith(sizes))
  }

  nextLarge(): Promise<OfflineTransaction | null> {
    return this.#context.agenda.takeLarge(readinessOf(this.#context))
  }

  changed(): Promise<void> {
    return this.#context.agenda.changed()
  }

  /** Sends a round. Its failure slows the pace down; a round that went well may speed it up. */
  async send(round: Round): Promise<void> {
    const { pace } = this.#context
    try {
      await this.#returning(round.all, async (settledSeqs) => {
        // What turns out not to have arrived fills up the batches of the next round.
        if (round.unknown.length > 0) return this.#verify(round.unknown, settledSeqs)
        const known = round.batches.flat()
        await lookAtUnversioned(this.#context, known, this.#signal)
        const sent = await Promise.allSettled(round.batches.map((batch) => this.#sendBatch(batch, settledSeqs)))
        const failure = gravest(sent.map((each): unknown => (each.status === 'rejected' ? each.reason : undefined)))
        if (failure !== undefined) throw failure
      })
      if (round.unknown.length === 0) pace.answered(round.isFull)
    } catch (error) {
      if (error instanceof OutpostError) pace.failed(error.code)
      throw error
    }
  }

  /** Sends a large transaction. That it was slow says nothing about how much else to send at once. */
  sendAlone(transaction: OfflineTransaction): Promise<void> {
    return this.#returning([transaction], async (settledSeqs) => {
      if (transaction.outcome === 'unknown') return this.#verify([transaction], settledSeqs)
      await lookAtUnversioned(this.#context, [transaction], this.#signal)
      return this.#sendBatch([transaction], settledSeqs)
    })
  }

  async report(): Promise<PushReport> {
    return { ...this.#counts, left: await this.#pending() }
  }

  async #returning(
    taken: readonly OfflineTransaction[],
    body: (settledSeqs: Set<number>) => Promise<void>,
  ): Promise<void> {
    const settledSeqs = new Set<number>()
    try {
      await body(settledSeqs)
    } finally {
      this.#context.agenda.giveBack(taken, settledSeqs)
    }
  }

  async #verify(unknown: readonly OfflineTransaction[], settledSeqs: Set<number>): Promise<void> {
    await this.#tell(await verify(this.#context, unknown, this.#signal), settledSeqs)
  }

  async #sendBatch(batch: readonly OfflineTransaction[], settledSeqs: Set<number>): Promise<void> {
    const { settled, conflicts } = await sendBatch(this.#context, batch, this.#signal)
    this.#counts.conflicts += conflicts
    await this.#tell(settled, settledSeqs)
  }

  async #tell(settled: readonly Settled[], settledSeqs: Set<number>): Promise<void> {
    const left = await this.#pending()
    for (const { transaction, conflicts } of settled) {
      const { seq, status } = transaction
      this.#counts.conflicts += conflicts
      if (status === 'processed') this.#counts.processed += 1
      if (status === 'error') this.#counts.refused += 1
      if (status === 'archived') this.#counts.overruled += 1
      if (status === 'pending') continue
      settledSeqs.add(seq)
      this.#context.emit({ type: 'push.settled', seq, status, left })
    }
  }

  async #pending(): Promise<number> {
    return (await this.#context.store.read('count transactions', (tx) => tx.countTransactions())).pending
  }
}
