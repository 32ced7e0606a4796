import { expect, test } from 'vitest'
import type { Result } from './bench.ts'
import { describeGrowth } from './growth.ts'

const SIZES = { pending: 5, changes: [], pageSize: 5, writes: 1, burst: 1, deletions: 1, seed: 1 }

function drain(rows: number, operationMs: number, median: number): Result {
  const line = { measure: 'drain ms', contender: 'outpost', values: [median], median, spread: 0, ratio: 1, ratios: [1] }
  return {
    workload: 'w4',
    sizes: { ...SIZES, rows, delays: { latencyMs: 50, operationMs } },
    limit: 'outpost',
    lines: [line],
    expected: {},
    compared: ['outpost'],
    differing: [],
  }
}

test('sizes are compared case by case', () => {
  const growths = describeGrowth([drain(100, 0, 10), drain(100, 20, 1000), drain(200, 0, 20), drain(200, 20, 3000)])
  expect(growths.map((text) => text.split('\n').at(-1)?.trim().split(/\s+/).at(-1))).toEqual(['2.00', '3.00'])
  expect(growths[1]).toContain('20 ms server time')
})

test('one size grows into nothing', () => {
  expect(describeGrowth([drain(100, 0, 10), drain(100, 20, 1000)])).toEqual([])
})
