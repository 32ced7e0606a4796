import { expect, test } from 'vitest'
import { checkMutants } from './check-mutants.ts'
import type { Hunted } from './check-mutants.ts'
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

test(
  'the seed that is known is tried alone; where it does not find it, all are searched',
  { timeout: 180_000 },
  async () => {
    const hunted = async (known: Readonly<Record<string, number>>): Promise<Hunted | undefined> =>
      (await checkMutants({ ...search, first: 1, seeds: 60, steps: 6, lanes: 1, known })).hunted[0]
    const needed = (await hunted({}))?.needed ?? 0
    expect(needed).toBeGreaterThan(1)
    const again = await hunted({ 'write-not-shown': needed })
    expect(again).toMatchObject({ needed, hunt: { seeds: 1, found: { check: 'I1', seed: needed } } })
    const searched = await hunted({ 'write-not-shown': needed - 1 })
    expect(searched).toMatchObject({ needed, hunt: { seeds: needed, found: { check: 'I1', seed: needed } } })
  },
)
