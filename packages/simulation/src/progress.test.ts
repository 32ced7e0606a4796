import { expect, test } from 'vitest'
import { progressInWords } from './progress.ts'

test('a search tells how far it is, and the seeds in which something was found as soon as they are', () => {
  const words = (bad: readonly number[]): string => progressInWords({ runs: 1240, of: 10_000, bad }, 124_000)
  expect(words([])).toBe('1,240/10,000 runs · 10.0 runs/s · 14 min 36 s left · nothing found')
  expect(words([17])).toMatch(/ · something found in 1 run \(17\)$/)
  expect(words([1, 17, 203, 204, 205, 1022, 1030])).toMatch(
    / · something found in 7 runs \(…, 203, 204, 205, 1022, 1030\)$/,
  )
})
