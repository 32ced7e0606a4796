import { expect, test } from 'vitest'
import { beginTrail, endedPass, OVERLAP_MS, type VersionTrail, walked } from './version-trail.ts'

const MINUTE = 60_000

/** Runs a pass of one page at this minute that reaches this version. */
function pass(trail: VersionTrail, minute: number, top: number): ReturnType<typeof endedPass> {
  return endedPass(walked(trail, true, minute * MINUTE), String(top), minute * MINUTE)
}

test('a pass asks from the version that was reached an overlap before the pass before it began', () => {
  const first = pass(beginTrail(undefined, true), 0, 10)
  expect(first.from).toBe('10')
  const second = pass(first.trail, 60, 20)
  expect(second.from).toBe('10')
  const third = pass(second.trail, 120, 30)
  expect(third.from).toBe('20')
  const soon = pass(third.trail, 121, 40)
  expect(soon.from).toBe('20')
  expect(pass(soon.trail, 120 + OVERLAP_MS / MINUTE, 50).from).toBe('30')
})

test('where rows have no times, everything is asked for once more when the first pass is long enough ago', () => {
  const froms: string[] = []
  let trail = beginTrail(undefined, false)
  for (let minute = 0; minute <= 9; minute += 1) {
    const ended = pass(trail, minute, 10 + minute)
    froms.push(ended.from)
    trail = ended.trail
  }
  expect(froms).toEqual(['10', '11', '12', '13', '14', '0', '11', '12', '13', '14'])
})

test('a master that does not tell the time proves nothing', () => {
  const ended = endedPass(walked(beginTrail('5', false), true, null), '7', null)
  expect(ended).toEqual({ from: '7', trail: { top: '7', marks: [], began: null, unproven: 'whole' } })
})

test('the trail stays short, however often passes run', () => {
  let trail = beginTrail(undefined, true)
  for (let second = 0; second < 3_600; second += 5) {
    trail = endedPass(walked(trail, true, second * 1_000), String(second + 1), second * 1_000).trail
  }
  expect(trail.marks.length).toBeLessThan(12)
})
