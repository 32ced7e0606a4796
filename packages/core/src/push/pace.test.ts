import { expect, test } from 'vitest'
import { Pace } from './pace.ts'

test('a pace begins with batches of fifty, one at a time', () => {
  expect(new Pace().limits).toMatchObject({ lanes: 1, transactions: 50, changes: 500 })
})

test.each(['throttled', 'timeout', 'unavailable'] as const)('%s halves the batch and leaves one lane', (code) => {
  const pace = new Pace()
  for (let round = 0; round < 20; round += 1) pace.answered(true)
  expect(pace.limits.lanes).toBeGreaterThan(1)
  pace.failed(code)
  expect(pace.limits).toMatchObject({ lanes: 1, transactions: 25, changes: 250 })
})

test.each(['offline', 'unauthenticated', 'protocol', 'aborted'] as const)('%s says nothing about the pace', (code) => {
  const pace = new Pace()
  pace.failed(code)
  expect(pace.limits.transactions).toBe(50)
})

test('a batch is never halved away', () => {
  const pace = new Pace()
  for (let failure = 0; failure < 20; failure += 1) pace.failed('throttled')
  expect(pace.limits).toMatchObject({ lanes: 1, transactions: 1, changes: 10 })
})

test('full rounds let the batch grow back first, then the lanes, both up to their limits', () => {
  const pace = new Pace()
  pace.failed('throttled')
  pace.failed('throttled')
  const seen = new Set<string>()
  for (let round = 0; round < 50; round += 1) {
    seen.add(`${pace.limits.lanes}×${pace.limits.transactions}`)
    pace.answered(true)
  }
  expect([...seen]).toEqual(['1×12', '1×22', '1×32', '1×42', '1×50', '2×50', '3×50', '4×50'])
})

test('rounds that were not full prove nothing', () => {
  const pace = new Pace()
  pace.failed('timeout')
  for (let round = 0; round < 50; round += 1) pace.answered(false)
  expect(pace.limits).toMatchObject({ lanes: 1, transactions: 25 })
})
