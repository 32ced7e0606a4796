import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { repositoryRoot } from './bundle.ts'
import { checksOf, edited, editsOf } from './mutant.ts'
import type { Mutant } from './mutant.ts'
import { MUTANTS } from './mutants.ts'

const CHECKS = ['I1', 'I2', 'I3', 'I4', 'I5', 'moves', 'liveness'] as const

test.each(MUTANTS)('the mutant $name finds its place in the sources', (mutant) => {
  for (const edit of editsOf(mutant)) {
    const file = join(repositoryRoot(), edit.file)
    expect(existsSync(file), edit.file).toBe(true)
    const source = readFileSync(file, 'utf8')
    expect(edited(source, edit, mutant.name)).not.toBe(source)
  }
})

test('each check of the simulation has mutants, one of which nothing else may find', () => {
  for (const check of CHECKS) {
    const own = MUTANTS.filter((mutant) => checksOf(mutant).includes(check))
    expect(own.length, check).toBeGreaterThanOrEqual(2)
    expect(own.filter((mutant) => checksOf(mutant).length === 1).length, check).toBeGreaterThanOrEqual(1)
  }
})

test('mutants have names of their own', () => {
  expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length)
  expect(MUTANTS.length).toBeGreaterThanOrEqual(25)
})

test('a mutant that has lost its place is named, and so is one that would change two places', () => {
  const edit: Mutant = { name: 'lost', about: '', check: 'I1', file: 'a.ts', find: 'one', replace: 'two' }
  expect(() => edited('three', edit, 'lost')).toThrow(/mutant 'lost'.*a\.ts is not there any more/s)
  expect(() => edited('one one', edit, 'lost')).toThrow(/mutant 'lost'.*there 2 times/s)
  expect(edited('a one b', edit, 'lost')).toBe('a two b')
})
