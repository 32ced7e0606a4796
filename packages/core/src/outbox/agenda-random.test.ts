import { expect, test } from 'vitest'
import type { Change } from '../change.ts'
import { checkConfiguration } from '../copy/check-configuration.ts'
import { memoryStore } from '../memory.ts'
import type { RequestLimits } from '../push/pace.ts'
import { REQUEST_BYTES } from '../push/pace.ts'
import type { Store, StoreWriter } from '../ports/store.ts'
import { column, tableMetadata } from '../testing/sample-metadata.ts'
import { seededRandom } from '../testing/seeded-random.ts'
import { Agenda } from './agenda.ts'
import type { OfflineTransaction, UnsequencedTransaction } from './offline-transaction.ts'
import { pendingReason } from './readiness.ts'
import type { ReadinessContext } from './readiness.ts'

/*
 * What the agenda remembers of the queue must never differ from what the queue says: it is held against a look at every
 * transaction, after random commits of every kind, here and elsewhere, between readings and in the middle of them.
 */

const [SEED, RUNS, STEPS] = [Number(process.env['OUTPOST_SEED'] ?? 1), Number(process.env['OUTPOST_RUNS'] ?? 150), 40]

const job = tableMetadata('job', [column('name', 'text'), column('body', 'text')])
const tables = checkConfiguration({ tables: { job: { uploadFilter: "name ne 'Draft'" } } }, new Map([['job', job]]))
const stored = [...tables.values()].map((each) => each.store)

const ROWS = Array.from({ length: 8 }, (_, index) => `00000000-0000-4000-8000-00000000000${index}`)
const LARGE = 'x'.repeat(REQUEST_BYTES + 1)

class Desk {
  readonly inner = memoryStore()
  readonly agenda: Agenda
  readonly #random: () => number
  readonly #taken = new Map<number, OfflineTransaction>()
  #now = 1_800_000_000_000
  #last = 0
  #interrupts = false
  #isElsewhere = false

  constructor(seed: number) {
    this.#random = seededRandom(Math.imul(seed, 0x9e3779b1))
    this.agenda = new Agenda(this.#interrupted())
    this.inner.subscribe((change) =>
      this.agenda.heard(this.#isElsewhere ? { name: 'elsewhere', rows: new Map(), transactions: [] } : change),
    )
  }

  async open(): Promise<void> {
    await this.inner.write('define', async (tx) => {
      await tx.defineTables(stored)
      const values = { jobid: null, name: 'Final', body: null }
      await tx.putRows(
        'job',
        ROWS.map((id) => ({ id, version: '1', values })),
      )
    })
  }

  async step(): Promise<void> {
    const kind = this.#below(10)
    if (kind < 6) await this.#commit()
    else if (kind === 6) this.#now += this.#below(130_000)
    else if (kind === 7) await this.#takeSome()
    else if (kind === 8) await this.#giveSomeBack()
    else if (this.#chance(0.5)) await this.agenda.nextAttempt(this.#context())
    else this.agenda.resetAfter(this.#now)
  }

  /** Takes all that can be taken, and holds it against the whole queue. */
  async compare(): Promise<void> {
    const expected = await this.#ready()
    const found = new Set<number>()
    for (;;) {
      const round = await this.agenda.take(this.#context(), this.#limits())
      const taken = round.isEmpty ? [await this.agenda.takeLarge(this.#context())] : round.all
      const some = taken.filter((each) => each !== null)
      if (some.length === 0) break
      for (const each of some) {
        expect(found.has(each.seq)).toBe(false)
        found.add(each.seq)
        this.#taken.set(each.seq, each)
      }
    }
    expect([...found].toSorted((one, other) => one - other)).toEqual(expected.ready)
    // It may look too early, where what waits for a time has to wait for something else by now; never too late.
    const next = await this.agenda.nextAttempt(this.#context())
    expect(next === 'none' ? Number.POSITIVE_INFINITY : Number(next)).toBeLessThanOrEqual(expected.next)
  }

  async #ready(): Promise<{ readonly ready: readonly number[]; readonly next: number }> {
    return this.inner.read('look at everything', async (tx) => {
      const ready: number[] = []
      const times: number[] = []
      for (const transaction of await tx.findTransactions({ statuses: ['pending'] })) {
        if (this.#taken.has(transaction.seq)) continue
        const reason = await pendingReason(tx, transaction, this.#context())
        if (reason.kind === 'ready' || reason.kind === 'verifying') ready.push(transaction.seq)
        if (reason.kind === 'in-flight' || reason.kind === 'backing-off') times.push(reason.until)
      }
      return { ready, next: Math.min(...times) }
    })
  }

  async #takeSome(): Promise<void> {
    this.#interrupts = this.#chance(0.5)
    const round = await this.agenda.take(this.#context(), this.#limits())
    const large = this.#chance(0.3) ? await this.agenda.takeLarge(this.#context()) : null
    this.#interrupts = false
    for (const each of [...round.all, ...(large ? [large] : [])]) this.#taken.set(each.seq, each)
  }

  async #giveSomeBack(): Promise<void> {
    const some = [...this.#taken.values()].filter(() => this.#chance(0.6))
    const settled = new Set(some.filter(() => this.#chance(0.5)).map(({ seq }) => seq))
    await this.inner.write('settle', async (tx) => {
      for (const transaction of await tx.transactions([...settled])) {
        if (transaction) await tx.putTransactions([{ ...transaction, status: this.#pick('processed', 'error') }])
      }
    })
    this.agenda.giveBack(some, settled)
    for (const { seq } of some) this.#taken.delete(seq)
  }

  async #commit(): Promise<void> {
    this.#isElsewhere = this.#chance(0.1)
    await this.inner.write('change', async (tx) => {
      for (let count = 1 + this.#below(3); count > 0; count -= 1) await this.#change(tx)
    })
    this.#isElsewhere = false
  }

  async #change(tx: StoreWriter): Promise<void> {
    const kind = this.#below(9)
    if (kind < 3 || this.#last === 0) {
      const given = Array.from({ length: 1 + this.#below(5) }, () => this.#transaction())
      this.#last = (await tx.appendTransactions(given)).at(-1) ?? this.#last
    } else if (kind < 7) {
      const [transaction] = await tx.transactions([this.#anySeq()])
      const { changes, touches, ...rest } = this.#transaction()
      const status = this.#pick('pending', 'pending', 'processed', 'error', 'archived')
      if (transaction)
        await tx.putTransactions([
          { ...transaction, ...rest, ...(this.#chance(0.5) ? { changes, touches } : {}), status },
        ])
    } else if (kind === 7) await tx.deleteTransactions([this.#anySeq()])
    else {
      const values = { jobid: null, name: this.#pick('Draft', 'Final'), body: null }
      await tx.putRows('job', [{ id: this.#pick(...ROWS), version: '1', values }])
    }
  }

  #transaction(): UnsequencedTransaction {
    const id = this.#pick(...ROWS)
    const body = this.#chance(0.15) ? LARGE : 'small'
    const before = { name: this.#pick('Draft', 'Final') }
    const change: Change = this.#chance(0.15)
      ? { kind: 'delete', table: 'job', id, before, version: '1' }
      : { kind: 'update', table: 'job', id, values: { body }, before, patch: [], version: '1' }
    return {
      id: 'some',
      organizationId: 'o',
      userId: this.#chance(0.05) ? 'another' : 'u',
      catalogueStamp: '',
      changes: [change],
      touches: [`job/${id}`],
      dependsOn: this.#last > 0 && this.#chance(0.4) ? [this.#anySeq(), this.#anySeq()] : [],
      status: 'pending',
      outcome: this.#pick('not-sent', 'not-sent', 'unknown'),
      attempts: this.#below(4),
      nextAttemptAt: this.#chance(0.2) ? this.#now + this.#below(110_000) : null,
      lease: this.#chance(0.15) ? { owner: this.#pick('me', 'other'), until: this.#now + this.#below(150_000) } : null,
      lastError: null,
      history: [],
      createdAt: 0,
    }
  }

  /** The store, with commits in the middle of its readings: a reading goes on seeing the state at its beginning. */
  #interrupted(): Store {
    const { inner } = this
    return {
      exclusive: true,
      close: () => inner.close(),
      subscribe: (listener) => inner.subscribe(listener),
      write: (name, body) => inner.write(name, body),
      read: (name, body) =>
        inner.read(name, async (tx) => {
          if (this.#interrupts) await this.#commit()
          return body(tx)
        }),
    }
  }

  #limits(): RequestLimits {
    return { transactions: 1 + this.#below(8), changes: 5, bytes: REQUEST_BYTES }
  }

  #context(): ReadinessContext {
    return { tables, organizationId: 'o', userId: 'u', owner: 'me', now: this.#now }
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit)
  }

  #chance(probability: number): boolean {
    return this.#random() < probability
  }

  #anySeq(): number {
    return 1 + this.#below(this.#last)
  }

  #pick<T>(...from: readonly T[]): T {
    const picked = from[this.#below(from.length)]
    if (picked === undefined) throw new Error('nothing to pick from')
    return picked
  }
}

test('after whatever was committed, the agenda gives exactly what is ready', async () => {
  for (let seed = SEED; seed < SEED + RUNS; seed += 1) {
    const desk = new Desk(seed)
    await desk.open()
    try {
      for (let step = 0; step < STEPS; step += 1) {
        await desk.step()
        if (step % 7 === 6) await desk.compare()
      }
    } catch (error) {
      const again = `OUTPOST_SEED=${seed} OUTPOST_RUNS=1 npx vitest run --project unit agenda-random`
      throw new Error(`${again}\n${error instanceof Error ? error.message : String(error)}`, { cause: error })
    }
  }
})
