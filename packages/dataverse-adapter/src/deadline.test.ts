import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import { withDeadline } from './deadline.ts'

const env = { sleep: () => new Promise<never>(() => undefined) }

test.each([
  ['answers', () => Promise.resolve('a page')],
  ['fails', () => Promise.reject(new Error('no page'))],
])(
  'a request that %s leaves nothing on its signal or its caller’s, by which its answer would be held',
  async (_, work) => {
    const caller = new AbortController().signal
    let given: AbortSignal | undefined
    await Promise.allSettled([
      withDeadline(env, 1_000, caller, (signal) => {
        given = signal
        return work()
      }),
    ])
    expect(getEventListeners(given as AbortSignal, 'abort')).toEqual([])
    expect(getEventListeners(caller, 'abort')).toEqual([])
  },
)
