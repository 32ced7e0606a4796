import { expect, test } from 'vitest'
import { keepStorage } from './keep-storage.ts'
import type { OriginStorage } from './keep-storage.ts'

const browser = (persisted: boolean): OriginStorage & { readonly asked: () => number } => {
  let asked = 0
  return {
    asked: () => asked,
    persist: () => {
      asked += 1
      return Promise.resolve(persisted)
    },
    estimate: () => Promise.resolve({ usage: 1000, quota: 5000 }),
  }
}

test.each([true, false])('asks the browser to keep the storage and tells whether it will: %s', async (granted) => {
  const storage = browser(granted)
  expect(await keepStorage(storage)).toEqual({ persisted: granted, usage: 1000, quota: 5000 })
  expect(storage.asked()).toBe(1)
})

test('a browser that does not tell how full it is leaves that open', async () => {
  const storage = { persist: () => Promise.resolve(true), estimate: () => Promise.resolve({}) }
  expect(await keepStorage(storage)).toEqual({ persisted: true, usage: null, quota: null })
})

test('a page whose origin has no storage of its own keeps nothing, and that is no error', async () => {
  const refuse = (): Promise<never> => Promise.reject(new TypeError('opaque origin'))
  expect(await keepStorage({ persist: refuse, estimate: refuse })).toEqual({
    persisted: false,
    usage: null,
    quota: null,
  })
})

test('where there is no such question, as in Node, nothing is kept', async () => {
  expect(await keepStorage()).toEqual({ persisted: false, usage: null, quota: null })
})
