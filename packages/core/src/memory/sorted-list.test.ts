import { expect, test } from 'vitest'
import { seededRandom } from '../testing/seeded-random.ts'
import { SortedList } from './sorted-list.ts'

test('it holds what an array that is sorted after each change would hold', () => {
  const random = seededRandom(11)
  let list = new SortedList<number>((a, b) => a - b)
  const plain = new Set<number>()
  for (let step = 0; step < 6000; step++) {
    const item = Math.floor(random() * 2000)
    if (random() < (step < 3000 ? 0.8 : 0.3)) {
      list = list.with(item)
      plain.add(item)
    } else {
      list = list.without(item)
      plain.delete(item)
    }
    if (step % 500 !== 0) continue
    const sorted = [...plain].sort((a, b) => a - b)
    expect([...list.from()]).toEqual(sorted)
    expect([...list.backFrom()]).toEqual(sorted.reverse())
    expect(list.size).toBe(plain.size)
    const bound = Math.floor(random() * 2000)
    expect([...list.from((other) => other >= bound)]).toEqual(
      [...plain].filter((n) => n >= bound).sort((a, b) => a - b),
    )
    expect([...list.backFrom((other) => other >= bound)]).toEqual(
      [...plain].filter((n) => n < bound).sort((a, b) => b - a),
    )
  }
})

test('a list does not change when another is made from it', () => {
  const one = Array.from({ length: 1000 }, (_, n) => n).reduce(
    (list, n) => list.with(n),
    new SortedList<number>((a, b) => a - b),
  )
  one.with(5000)
  one.without(500)
  expect([...one.from()]).toEqual(Array.from({ length: 1000 }, (_, n) => n))
})

test('an equal item takes the place of the one that was there', () => {
  const list = new SortedList<{ id: number; name: string }>((a, b) => a.id - b.id)
    .with({ id: 1, name: 'old' })
    .with({ id: 1, name: 'new' })
  expect(list.size).toBe(1)
  expect(list.get({ id: 1, name: '' })?.name).toBe('new')
  expect(list.get({ id: 2, name: '' })).toBeUndefined()
})
