import { expect, test } from 'vitest'
import { limitOf, linesOf, noiseWarning, tableOf } from './report.ts'

test('a contender that cannot do something has no line for it', () => {
  const runs = [
    { contender: 'raw', measures: [{ 'query ms': 2, 'change ms': 4 }] },
    { contender: 'other', measures: [{ 'change ms': 6 }] },
  ]
  const lines = linesOf(runs, 'raw')
  expect(lines.map(({ measure, contender, ratio }) => [measure, contender, ratio])).toEqual([
    ['query ms', 'raw', 1],
    ['change ms', 'raw', 1],
    ['change ms', 'other', 1.5],
  ])
  expect(tableOf(lines, 'raw')).not.toContain('NaN')
})

test('one run has no spread, and says so', () => {
  const lines = linesOf([{ contender: 'raw', measures: [{ 'query ms': 2 }] }], 'raw')
  expect(lines).toMatchObject([{ spread: null, ratio: 1 }])
  expect(tableOf(lines, 'raw')).not.toContain('%')
  expect(noiseWarning(lines)).toContain('ONE RUN')
})

test('runs that spread little need no warning', () => {
  const steady = linesOf([{ contender: 'raw', measures: [{ 'query ms': 10 }, { 'query ms': 11 }] }], 'raw')
  expect(noiseWarning(steady)).toBeUndefined()
  const noisy = linesOf([{ contender: 'raw', measures: [{ 'query ms': 10 }, { 'query ms': 20 }] }], 'raw')
  expect(noiseWarning(noisy)).toContain('NOISY')
})

test('the limit is the fastest of the first group of which somebody took part', () => {
  const run = (contender: string, ms: number): Parameters<typeof limitOf>[0][number] => ({
    contender,
    measures: [{ 'query ms': ms }],
  })
  const groups = [['raw', 'batch'], ['raw-opfs']]
  expect(limitOf([run('outpost', 1), run('raw', 4), run('batch', 3), run('raw-opfs', 2)], groups)).toBe('batch')
  expect(limitOf([run('outpost', 1), run('raw-opfs', 2)], groups)).toBe('raw-opfs')
  expect(limitOf([run('outpost', 1), run('rxdb', 2)], groups)).toBe('outpost')
})
