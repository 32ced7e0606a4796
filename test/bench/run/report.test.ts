import { expect, test } from 'vitest'
import { linesOf, tableOf } from './report.ts'

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
