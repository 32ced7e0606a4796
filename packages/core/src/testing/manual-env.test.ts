import { expect, test } from 'vitest'
import { manualEnv } from './manual-env.ts'

const never = new AbortController().signal

test('the clock stands still until it is moved', async () => {
  const env = manualEnv({ now: 1000 })
  expect(env.now()).toBe(1000)
  await env.advance(500)
  expect(env.now()).toBe(1500)
  expect(manualEnv().now()).toBe(Date.parse('2026-01-01T00:00:00Z'))
})

test('sleepers wake at their own times, in order, those of one time in the order they went to sleep', async () => {
  const env = manualEnv({ now: 0 })
  const timeline: string[] = []
  const sleep = async (name: string, ms: number): Promise<void> => {
    await env.sleep(ms, never)
    timeline.push(`${name} at ${env.now()}`)
  }
  const sleeping = [sleep('late', 300), sleep('first', 100), sleep('second', 100), sleep('never reached', 1000)]
  expect(env.wakeTimes).toEqual([100, 100, 300, 1000])
  await env.advance(999)
  expect(timeline).toEqual(['first at 100', 'second at 100', 'late at 300'])
  await env.advance(1)
  await Promise.all(sleeping)
  expect(timeline[3]).toBe('never reached at 1000')
})

test('a sleeper that goes to sleep again while the clock moves is woken again in the same move', async () => {
  const env = manualEnv({ now: 0 })
  const ticks: number[] = []
  const ticking = (async () => {
    for (let i = 0; i < 5; i++) {
      await env.sleep(10, never)
      for (let steps = 0; steps < 200; steps++) await Promise.resolve()
      ticks.push(env.now())
    }
  })()
  await env.advance(50)
  await ticking
  expect(ticks).toEqual([10, 20, 30, 40, 50])
})

test('a sleep of no length still waits for the clock to be moved', async () => {
  const env = manualEnv({ now: 7 })
  let awake = false
  const sleeping = env.sleep(0, never).then(() => (awake = true))
  await Promise.resolve()
  expect(awake).toBe(false)
  await env.advance(0)
  await sleeping
  expect(env.now()).toBe(7)
})

test('an aborted sleep rejects with the reason of its signal and is forgotten', async () => {
  const env = manualEnv()
  const abort = new AbortController()
  const reason = new Error('enough')
  const sleeping = env.sleep(1000, abort.signal)
  abort.abort(reason)
  await expect(sleeping).rejects.toBe(reason)
  await expect(env.sleep(1, abort.signal)).rejects.toBe(reason)
  expect(env.wakeTimes).toEqual([])
})

test('setting the clock back neither wakes nor delays anybody', async () => {
  const env = manualEnv({ now: 10_000 })
  let woken = false
  const sleeping = env.sleep(100, never).then(() => (woken = true))
  env.setClock(5000)
  expect(env.now()).toBe(5000)
  await env.advance(99)
  expect(woken).toBe(false)
  await env.advance(1)
  await sleeping
  expect(env.now()).toBe(5100)
})

test('two environments with one seed give the same numbers and ids', () => {
  const draw = (seed: number): unknown[] => {
    const env = manualEnv({ seed })
    return [env.random(), env.newId(), env.random(), env.newId()]
  }
  expect(draw(5)).toEqual(draw(5))
  expect(draw(5)).not.toEqual(draw(6))
})
