import { expect, test } from 'vitest'
import { Pace } from './pace.ts'

/** A master that takes that long for each request and for each transaction in it. */
interface Taking {
  readonly latencyMs: number
  readonly transactionMs: number
}

const CHEAP: Taking = { latencyMs: 50, transactionMs: 0 }
const DEAR: Taking = { latencyMs: 50, transactionMs: 20 }

/** So many full requests are answered, one after another; gives back the pace after each of them. */
function answers(pace: Pace, count: number, { latencyMs, transactionMs }: Taking, start = 0): readonly string[] {
  const seen: string[] = []
  let now = start
  for (let request = 0; request < count; request += 1) {
    const { transactions } = pace.limits(0)
    const tookMs = latencyMs + transactions * transactionMs
    now += tookMs
    pace.answered({ transactions, tookMs, now, isFull: true })
    seen.push(`${pace.lanes(null)}×${pace.limits(0).transactions}`)
  }
  return seen
}

test('a pace begins with small batches of several sizes, four at a time', () => {
  const pace = new Pace()
  expect([0, 1, 2, 3].map((underWay) => pace.limits(underWay).transactions)).toEqual([6, 12, 18, 24])
  expect(pace.limits(0)).toMatchObject({ changes: 500 })
  expect(pace.lanes(null)).toBe(4)
})

test('where transactions cost next to nothing, the batch is at its largest as soon as two requests tell', () => {
  expect(answers(new Pace(), 5, CHEAP)).toEqual(['5×59', '6×200', '7×200', '8×200', '8×200'])
})

test('what the first requests, which differ in size, took is enough to know what a transaction takes', () => {
  const pace = new Pace()
  const way = { latencyMs: 2_000, transactionMs: 5 }
  const sizes = [0, 1, 2, 3].map((underWay) => pace.limits(underWay).transactions)
  for (const transactions of sizes)
    pace.answered({ transactions, tookMs: way.latencyMs + transactions * way.transactionMs, now: 0, isFull: true })
  expect(pace.limits(0).transactions).toBeGreaterThanOrEqual(95)
  expect(pace.limits(0).transactions).toBeLessThanOrEqual(105)
})

test('where each transaction takes its time, requests stay short and there are more of them', () => {
  const seen = answers(new Pace(), 5, DEAR)
  expect(seen).toEqual(['5×17', '6×25', '7×24', '8×24', '8×22'])
})

test('where each takes very long, each goes alone', () => {
  expect(answers(new Pace(), 3, { latencyMs: 50, transactionMs: 2_000 }).at(-1)).toBe('7×1')
})

test('requests of several sizes tell a long way from dear transactions', () => {
  const pace = new Pace()
  answers(pace, 1, { latencyMs: 1_500, transactionMs: 1 })
  expect(pace.limits(0).transactions).toBeLessThan(10)
  answers(pace, 3, { latencyMs: 1_500, transactionMs: 1 })
  expect(pace.limits(0).transactions).toBe(200)
})

test('what is sent adapts when the master becomes slow, and when it is quick again', () => {
  const pace = new Pace()
  answers(pace, 5, CHEAP)
  answers(pace, 1, DEAR)
  expect(pace.limits(0).transactions).toBeLessThanOrEqual(25)
  answers(pace, 6, CHEAP)
  expect(pace.limits(0).transactions).toBe(200)
})

test('a way that becomes long, as where a device leaves its network, makes batches smaller for one request only', () => {
  const pace = new Pace()
  answers(pace, 8, CHEAP)
  const seen = answers(pace, 3, { latencyMs: 1_500, transactionMs: 0 })
  expect(seen).toEqual(['8×66', '8×200', '8×200'])
})

test('a clock that is put forward during a request is forgotten soon, one that is put back says nothing', () => {
  const pace = new Pace()
  answers(pace, 5, CHEAP)
  pace.answered({ transactions: 100, tookMs: 1e9, now: 1e9, isFull: true })
  answers(pace, 20, CHEAP, 1e9)
  expect(pace.limits(0).transactions).toBe(200)
  pace.answered({ transactions: 100, tookMs: -1e9, now: 0, isFull: true })
  expect(pace.limits(0).transactions).toBe(200)
})

test('there are never more lanes than the master recommends', () => {
  const pace = new Pace()
  answers(pace, 20, CHEAP)
  expect([3, 8, 50, null].map((recommended) => pace.lanes(recommended))).toEqual([3, 8, 8, 8])
})

test('who has used half of what the master allows stays below what it gives back, until it has given that back', () => {
  const pace = new Pace()
  answers(pace, 1_300, DEAR, -650_000)
  const now = 0
  expect(pace.lanes(null)).toBe(8)
  for (let wave = 0; wave < 160; wave += 1) {
    for (let lane = 0; lane < 8; lane += 1)
      pace.answered({ transactions: 25, tookMs: 1_000, now: now + wave * 1_000, isFull: true })
  }
  expect(pace.lanes(null)).toBe(3)
  pace.answered({ transactions: 1, tookMs: 50, now: now + 360_000, isFull: false })
  expect(pace.lanes(null)).toBe(8)
})

test.each(['throttled', 'timeout', 'unavailable'] as const)('%s halves the batch and leaves one lane', (code) => {
  const pace = new Pace()
  answers(pace, 20, CHEAP)
  expect(pace.lanes(null)).toBeGreaterThan(1)
  pace.failed(code)
  expect(pace.limits(0)).toMatchObject({ transactions: 100, changes: 250 })
  expect(pace.lanes(null)).toBe(1)
})

test.each(['offline', 'unauthenticated', 'protocol', 'aborted'] as const)('%s says nothing about the pace', (code) => {
  const pace = new Pace()
  pace.failed(code)
  expect(pace.limits(0).transactions).toBe(6)
  expect(pace.lanes(null)).toBe(4)
})

test('a batch is never halved away', () => {
  const pace = new Pace()
  for (let failure = 0; failure < 20; failure += 1) pace.failed('throttled')
  expect(pace.limits(0)).toMatchObject({ transactions: 1, changes: 10 })
})

test('full requests let the batch grow back first, then the lanes, one for every three, both up to their limits', () => {
  const pace = new Pace()
  answers(pace, 5, CHEAP)
  pace.failed('throttled')
  pace.failed('throttled')
  const seen = answers(pace, 50, CHEAP)
  expect(seen.slice(0, 10).join(' ')).toBe('1×90 1×130 1×170 1×200 1×200 1×200 2×200 2×200 2×200 3×200')
  expect(seen.at(-1)).toBe('8×200')
})

test('sizes that a table is given shrink by failures and not by the time that its transactions take', () => {
  const pace = new Pace()
  answers(pace, 5, DEAR)
  const sizes = (): number | undefined => pace.limits(0, [['account', 100]]).sizes?.get('account')
  expect(sizes()).toBe(100)
  pace.failed('throttled')
  expect(sizes()).toBe(50)
})

test('requests that were not full prove nothing', () => {
  const pace = new Pace()
  pace.failed('timeout')
  for (let request = 0; request < 50; request += 1)
    pace.answered({ transactions: 3, tookMs: 50, now: request * 50, isFull: false })
  expect(pace.lanes(null)).toBe(1)
  expect(pace.limits(0).changes).toBe(250)
})
