import { expect, test } from 'vitest'
import { Outages } from './outages.ts'

const begin = (): { readonly outages: Outages; passes: (ms: number) => void } => {
  let passed = 0
  return { outages: new Outages(() => passed), passes: (ms) => (passed += ms) }
}

test('an outage strikes whom it is for, knows what is left of it, and ends by itself', () => {
  const { outages, passes } = begin()
  outages.begin({ user: 'Ada', ms: 5000, fault: (ms) => ({ kind: 'throttled', ms }) })
  passes(2000)
  expect(outages.strike('Bo')).toBeUndefined()
  expect(outages.strike('Ada')).toEqual({ kind: 'throttled', ms: 3000 })
  passes(3000)
  expect(outages.strike('Ada')).toBeUndefined()
})

test('what is to happen later happens once, before the first request when it is time, or when everything ends', () => {
  const { outages, passes } = begin()
  const happened: string[] = []
  outages.later(1000, () => happened.push('soon'))
  outages.later(9000, () => happened.push('late'))
  outages.strike('Ada')
  expect(happened).toEqual([])
  passes(1000)
  outages.strike('Ada')
  outages.strike('Ada')
  expect(happened).toEqual(['soon'])
  outages.begin({ ms: 5000, fault: () => ({ kind: 'unavailable' }) })
  outages.end()
  expect(happened).toEqual(['soon', 'late'])
  expect(outages.strike('Ada')).toBeUndefined()
})
