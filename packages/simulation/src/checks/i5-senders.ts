import { rowKey } from '@outpost/core'
import type { Committed } from '../ledger.ts'
import { valuesOf } from './decisions.ts'
import type { Accounts } from './i2-without-text.ts'
import type { Look } from './look.ts'
import type { Problem } from './problem.ts'
import { lastToken, tokensIn } from './tokens.ts'

/**
 * I5: what somebody wrote is sent as by themselves. A text in the ledger is in a transaction of whoever sent it; a row is
 * made or changed there only by those in whose transactions it is. One for each run.
 */
export class Senders {
  readonly #world: Pick<Accounts, 'ledger'>
  /** By row, who has it in a transaction. */
  readonly #writers = new Map<string, Set<string>>()
  /** By row and text, who has them in a transaction. */
  readonly #authors = new Map<string, Set<string>>()
  #read = 0

  constructor(world: Pick<Accounts, 'ledger'>) {
    this.#world = world
  }

  /** What is wrong after these looks, which are those of all devices on which anything was committed. */
  judge(looks: readonly Look[]): readonly Problem[] {
    for (const look of looks) this.#learn(look)
    const { commits } = this.#world.ledger
    const problems: Problem[] = []
    for (; this.#read < commits.length; this.#read += 1) {
      const commit = commits[this.#read]
      const words = commit ? this.#stranger(commit) : null
      if (words !== null) problems.push({ check: 'I5', words })
    }
    return problems
  }

  #learn({ changed }: Look): void {
    for (const { userId, changes } of changed)
      for (const change of changes) {
        const key = rowKey(change.table, change.id)
        note(this.#writers, key, userId)
        for (const value of Object.values(valuesOf(change)))
          for (const token of tokensIn(value)) note(this.#authors, `${key} ${token}`, userId)
      }
  }

  #stranger({ message, table, id, values, userId, depth, extent }: Committed): string | null {
    if (depth > 1 || extent !== 'asked' || !['Create', 'Update', 'Delete'].includes(message)) return null
    const key = rowKey(table, id)
    const writers = this.#writers.get(key)
    if (!writers?.has(userId))
      return `${message} of ${key} came from ${userId}, who has not written it; [${[...(writers ?? [])].join(', ')}] have`
    for (const value of Object.values(values)) {
      // What an action adds stands behind what others had written.
      const token = typeof value === 'string' ? lastToken(value) : null
      const authors = this.#authors.get(`${key} ${token}`)
      if (authors && !authors.has(userId))
        return `#${token} of ${key} came from ${userId}, and was written by ${[...authors].join(', ')}`
    }
    return null
  }
}

function note(known: Map<string, Set<string>>, key: string, userId: string): void {
  const users = known.get(key) ?? new Set<string>()
  known.set(key, users.add(userId))
}
