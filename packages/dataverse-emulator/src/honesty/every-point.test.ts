import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

test('each of the forty points has a test here that names it, and the files go through them in order', () => {
  const files = readdirSync(import.meta.dirname).filter((name) => /^\d.*\.test\.ts$/.test(name))
  const named = files.toSorted().flatMap((name) => {
    const text = readFileSync(new URL(name, import.meta.url), 'utf8')
    return [...text.matchAll(/^test\('§16\.(\d+): /gm)].map((match) => Number(match[1]))
  })
  expect([...new Set(named)]).toEqual(Array.from({ length: 40 }, (_, at) => at + 1))
  expect(named).toEqual(named.toSorted((a, b) => a - b))
})
