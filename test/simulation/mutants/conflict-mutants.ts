import type { Mutant } from './mutant.ts'

const CONFLICTS = 'packages/core/src/conflicts/'

/** Mistakes in what becomes of a row that both sides have changed. */
export const CONFLICT_MUTANTS: readonly Mutant[] = [
  {
    name: 'merge-takes-theirs',
    about: 'The merge keeps of a clashing edit only the columns that clash: what only we changed is lost.',
    check: ['I1', 'I2', 'I5'],
    file: `${CONFLICTS}merge.ts`,
    find: '  const ours = [...changed, ...taken]\n',
    replace: '  const ours = [...changed.filter((name) => moved(name) || !changed.some(moved)), ...taken]\n',
  },
  {
    name: 'delete-does-not-look',
    about: 'A row that the master has changed since is deleted without asking anybody.',
    check: 'I5',
    file: `${CONFLICTS}merge.ts`,
    find: "if (changed.length === 0) return { kind: 'send', values: {}, conflicts: [] }",
    replace: "if (changed.length >= 0) return { kind: 'send', values: {}, conflicts: [] }",
  },
]
