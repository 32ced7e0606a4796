import { expect, test } from 'vitest'
import { localStorageCanary } from './local-storage-canary.ts'

test('each database has a canary of its own, which outlives whoever wrote it', () => {
  const texts = new Map<string, string>()
  const storage = {
    getItem: (key: string) => texts.get(key) ?? null,
    setItem: (key: string, text: string) => void texts.set(key, text),
  }
  localStorageCanary(storage, 'one').write('of one')
  expect(localStorageCanary(storage, 'one').read()).toBe('of one')
  expect(localStorageCanary(storage, 'other').read()).toBeNull()
})
