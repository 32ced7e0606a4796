import { expect, test } from 'vitest'
import { checkMutants } from './check-mutants.ts'
import { MUTANTS } from './mutants.ts'

const search = {
  mutants: MUTANTS.filter(({ name }) => name === 'write-not-shown'),
  first: 3,
  seeds: 1,
  devices: 2,
  steps: 60,
}

test('a mistake is found by its own check, and missed when that check is left out', { timeout: 180_000 }, async () => {
  const [found] = (await checkMutants({ ...search, lanes: 1 })).hunted
  expect(found?.hunt.found?.check).toBe('I1')
  const blind = await checkMutants({ ...search, lanes: 1, without: ['I1'] })
  expect(blind.hunted[0]?.hunt).toMatchObject({ found: null, broken: null })
  expect(blind.isGood).toBe(false)
})
