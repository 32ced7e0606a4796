import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CHECKS } from '@outpost/simulation'
import { expect, test } from 'vitest'
import { checksOf, edited, editsOf } from './mutant.ts'
import type { Mutant } from './mutant.ts'
import { MUTANTS } from './mutants.ts'
import { readFound } from './record.ts'
import { repositoryRoot } from './repository-root.ts'

test.each(MUTANTS)('the mutant $name finds its place in the sources', (mutant) => {
  for (const edit of editsOf(mutant)) {
    const source = readFileSync(join(repositoryRoot(), edit.file), 'utf8')
    expect(edited(source, edit, mutant.name)).not.toBe(source)
  }
})

test.each(CHECKS)('the check %s has mutants, one of which nothing else may find', (check) => {
  const own = MUTANTS.filter((mutant) => checksOf(mutant).includes(check))
  expect(own.length).toBeGreaterThanOrEqual(2)
  expect(own.some((mutant) => checksOf(mutant).length === 1)).toBe(true)
})

test('mutants have names of their own', () => {
  expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length)
  expect(MUTANTS.length).toBeGreaterThanOrEqual(25)
})

test('what found mutants is kept for nothing but mutants', () => {
  const names = MUTANTS.map(({ name }) => name)
  expect(Object.keys(readFound()).filter((name) => !names.includes(name))).toEqual([])
})

test('a mutant that has lost its place is named, and so is one that would change two places', () => {
  const edit: Mutant = { name: 'lost', about: '', check: 'I1', file: 'a.ts', find: 'one', replace: 'two' }
  expect(() => edited('three', edit, 'lost')).toThrow(/mutant 'lost'.*a\.ts is not there any more/s)
  expect(() => edited('one one', edit, 'lost')).toThrow(/mutant 'lost'.*there 2 times/s)
  expect(edited('a one b', edit, 'lost')).toBe('a two b')
})
