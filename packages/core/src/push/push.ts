import { OutpostError, throwIfAborted } from '../errors.ts'
import type { PushReport } from '../events.ts'
import { gravest, stopsEverything } from './failures.ts'
import type { OfflineTransaction } from '../outbox/offline-transaction.ts'
import type { Round } from '../outbox/round.ts'
import { readinessOf } from './push-context.ts'
import type { PushContext } from './push-context.ts'
import { lookAtUnversioned, verify } from './read-before-sending.ts'
import { sendBatch } from './send-batch.ts'
import type { AnsweredBatch } from './send-batch.ts'
import type { Settled } from './settle.ts'

/**
 * Sends what the outbox holds until nothing more can be sent now, in as many lanes as the pace allows: a lane whose request
 * was answered takes what is ready then, and waits for no other.
 *
 * For each request: find what is ready → where an earlier answer was lost, read the rows before anything is sent again →
 * claim the transactions in the store → send → settle each by the master's answer. A store transaction is never held across
 * a request. A refused transaction becomes Error and delays only those that depend on it. When the master cannot be asked at
 * all, the claimed transactions stay pending, nothing more is begun, and the error is thrown when everything that was under
 * way has ended.
 *
 * Large transactions (attachments) go one by one when nothing small is ready, as far as `uploads` lets them. What becomes
 * ready while one is on its way does not wait for it.
 */
export async function push(context: PushContext, signal: AbortSignal, uploads: Uploads): Promise<Pushed> {
  const run = new PushRun(context, signal)
  const lanes = new UnderWay()
  const upload = new UnderWay()
  let failure: unknown
  try {
    await drain(run, lanes, upload, uploads)
  } catch (error) {
    failure = error
  }
  await lanes.ended()
  // That an upload was slow says nothing about how much else to send at once.
  if (lanes.failure instanceof OutpostError) context.pace.failed(lanes.failure.code)
  await upload.ended()
  const thrown = gravest([failure, lanes.failure, upload.failure])
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

/** Fills the lanes, and uploads where they are empty. Ends when nothing can be sent now, or something has failed. */
async function drain(run: PushRun, lanes: UnderWay, upload: UnderWay, uploads: Uploads): Promise<void> {
  let begun = 0
  const isToEnd = (): boolean => lanes.failure !== undefined || stopsEverything(upload.failure)
  for (;;) {
    if (isToEnd()) return
    if (lanes.count < run.lanes) {
      const round = await run.next(lanes.count)
      if (isToEnd()) return run.giveBack(round)
      if (!round.isEmpty) {
        lanes.begin(run.send(round))
        continue
      }
    }
    if (lanes.count > 0) {
      await lanes.oneEnded()
      continue
    }
    if (upload.failure !== undefined) return
    if (upload.count === 0) {
      if (uploads === 'none') return
      // One for each turn, or those who wait for one another would never send any.
      if (begun > 0 && uploads.isTurnWanted()) {
        run.hasPutOff = true
        return
      }
      const large = await run.nextLarge()
      if (!large) return
      begun += 1
      upload.begin(run.sendAlone(large))
    }
    await Promise.race([upload.ended(), run.changed()])
  }
}

/** Requests on their way. What fails is kept for the end: it holds up nothing else that is under way. */
class UnderWay {
  readonly #running = new Set<Promise<void>>()
  readonly #failures: unknown[] = []

  get count(): number {
    return this.#running.size
  }

  /** The gravest so far. */
  get failure(): Error | undefined {
    return gravest(this.#failures)
  }

  begin(sending: Promise<void>): void {
    const one = sending
      .catch((error: unknown) => {
        this.#failures.push(error)
      })
      .finally(() => this.#running.delete(one))
    this.#running.add(one)
  }

  oneEnded(): Promise<void> {
    return Promise.race(this.#running)
  }

  async ended(): Promise<void> {
    await Promise.all(this.#running)
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

  next(underWay: number): Promise<Round> {
    throwIfAborted(this.#signal)
    const { agenda, pace, tables } = this.#context
    const sizes = [...tables].flatMap(([name, { batchSize }]) =>
      batchSize === undefined ? [] : [[name, batchSize] as const],
    )
    return agenda.take(readinessOf(this.#context), pace.limits(underWay, sizes))
  }

  giveBack(round: Round): void {
    this.#context.agenda.giveBack(round.all, new Set())
  }

  nextLarge(): Promise<OfflineTransaction | null> {
    return this.#context.agenda.takeLarge(readinessOf(this.#context))
  }

  changed(): Promise<void> {
    return this.#context.agenda.changed()
  }

  /** How many requests may be under way now. */
  get lanes(): number {
    const { pace, master } = this.#context
    return pace.lanes(master.recommendedRequests?.() ?? null)
  }

  send(round: Round): Promise<void> {
    return this.#returning(round.all, async (settledSeqs) => {
      // What turns out not to have arrived fills up the next request.
      if (round.unknown.length > 0) return this.#verify(round.unknown, settledSeqs)
      await lookAtUnversioned(this.#context, round.batch, this.#signal)
      const { isFull } = round
      const answered = await this.#sendBatch(round.batch, settledSeqs)
      if (answered) this.#context.pace.answered({ ...answered, isFull, now: this.#context.env.now() })
    })
  }

  sendAlone(transaction: OfflineTransaction): Promise<void> {
    return this.#returning([transaction], async (settledSeqs) => {
      if (transaction.outcome === 'unknown') return this.#verify([transaction], settledSeqs)
      await lookAtUnversioned(this.#context, [transaction], this.#signal)
      await this.#sendBatch([transaction], settledSeqs)
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

  async #sendBatch(batch: readonly OfflineTransaction[], settledSeqs: Set<number>): Promise<AnsweredBatch | undefined> {
    const { settled, conflicts, answered } = await sendBatch(this.#context, batch, this.#signal)
    this.#counts.conflicts += conflicts
    await this.#tell(settled, settledSeqs)
    return answered
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
