import { expect, test } from 'vitest'
import { memoryStore } from '../memory.ts'
import { Pace } from '../push/pace.ts'
import type { Store } from '../ports/store.ts'
import { Agenda } from './agenda.ts'
import type { OfflineTransaction, UnsequencedTransaction } from './offline-transaction.ts'
import type { ReadinessContext } from './readiness.ts'
import type { Round } from './round.ts'

const AT_NOON: ReadinessContext = { tables: new Map(), organizationId: 'o', userId: 'u', owner: 'me', now: 43_200_000 }

const WAITING: UnsequencedTransaction = {
  id: 'some',
  organizationId: 'o',
  userId: 'u',
  catalogueStamp: '',
  changes: [],
  touches: [],
  dependsOn: [],
  status: 'pending',
  outcome: 'not-sent',
  attempts: 0,
  nextAttemptAt: null,
  lease: null,
  lastError: null,
  history: [],
  createdAt: 0,
}

interface Desk {
  readonly store: Store
  readonly agenda: Agenda
  readonly append: (...given: readonly Partial<OfflineTransaction>[]) => Promise<readonly number[]>
  readonly change: (seq: number, changes: Partial<OfflineTransaction>) => Promise<void>
  /** The seqs of the next round, without giving them back. */
  readonly take: (now?: number) => Promise<readonly number[]>
}

function desk(store: Store = memoryStore()): Desk {
  const agenda = new Agenda(store)
  store.subscribe((change) => agenda.heard(change))
  const round = (now: number): Promise<Round> => agenda.take({ ...AT_NOON, now }, new Pace().limits(0))
  return {
    store,
    agenda,
    append: (...given) =>
      store.write('append', (tx) => tx.appendTransactions(given.map((each) => ({ ...WAITING, ...each })))),
    change: (seq, changes) =>
      store.write('change', async (tx) => {
        const [transaction] = await tx.transactions([seq])
        if (transaction) await tx.putTransactions([{ ...transaction, ...changes }])
      }),
    take: async (now = AT_NOON.now) => (await round(now)).all.map(({ seq }) => seq),
  }
}

test('what was taken is not taken again, until it is given back without having been settled', async () => {
  const { agenda, store, append, take } = desk()
  const [one = 0, two = 0] = await append({}, {})
  expect(await take()).toEqual([one, two])
  expect(await take()).toEqual([])
  const given = await store.read('read', (tx) => tx.transactions([one, two]))
  agenda.giveBack(
    given.filter((each) => each !== undefined),
    new Set([one]),
  )
  expect(await take()).toEqual([two])
})

test('a blocked transaction is taken once what it waits for is settled', async () => {
  const { append, change, take } = desk()
  const [first = 0] = await append({})
  const [second = 0] = await append({ dependsOn: [first] })
  expect(await take()).toEqual([first])
  await change(first, { status: 'error' })
  expect(await take()).toEqual([])
  await change(first, { status: 'processed' })
  expect(await take()).toEqual([second])
})

test('an error that is set to pending again is taken, though the queue was read beyond it', async () => {
  const { append, change, take } = desk()
  const [failed = 0] = await append({ status: 'error' })
  await append({})
  await take()
  await change(failed, { status: 'pending' })
  expect(await take()).toEqual([failed])
})

test('one that backs off is taken when its time has come, also where the clock was put back by far', async () => {
  const { append, take, agenda } = desk()
  const due = AT_NOON.now + 60_000
  const [seq = 0] = await append({ nextAttemptAt: due })
  expect(await take()).toEqual([])
  expect(await agenda.nextAttempt(AT_NOON)).toBe(due)
  expect(await take(AT_NOON.now - 10_000_000)).toEqual([seq])
})

test('what is settled while the queue is read is not missed', async () => {
  const inner = memoryStore()
  let meanwhile: (() => Promise<void>) | undefined
  const { append, change, take } = desk({
    exclusive: true,
    close: () => inner.close(),
    subscribe: (listener) => inner.subscribe(listener),
    write: (name, body) => inner.write(name, body),
    read: (name, body) =>
      inner.read(name, async (tx) => {
        // A read goes on seeing the state at its beginning.
        await meanwhile?.()
        return body(tx)
      }),
  })
  const [first = 0] = await append({})
  const [second = 0] = await append({ dependsOn: [first] })
  expect(await take()).toEqual([first])
  meanwhile = () => change(first, { status: 'processed' })
  expect(await take()).toEqual([])
  meanwhile = undefined
  expect(await take()).toEqual([second])
})

test('the longest queue is taken in the order of the outbox', async () => {
  const { append, take } = desk()
  const seqs = await append(...Array.from({ length: 130 }, () => ({})))
  const taken: number[] = []
  for (let part = await take(); part.length > 0; part = await take()) taken.push(...part)
  expect(taken).toEqual(seqs)
})

test('what is given back after another process has committed is taken once', async () => {
  const { agenda, store, append, take } = desk()
  const [one = 0] = await append({})
  expect(await take()).toEqual([one])
  agenda.heard({ name: 'elsewhere', rows: new Map(), transactions: [] })
  const [given] = await store.read('read', (tx) => tx.transactions([one]))
  if (given) agenda.giveBack([given], new Set())
  expect(await take()).toEqual([one])
})

test('what another process has committed is found after a reset', async () => {
  const { append, take, agenda } = desk()
  const [mine = 0] = await append({})
  expect(await take()).toEqual([mine])
  agenda.heard({ name: 'elsewhere', rows: new Map(), transactions: [] })
  const [theirs = 0] = await append({})
  expect(await take()).toEqual([theirs])
  expect(await agenda.nextAttempt(AT_NOON)).toBe('none')
})
