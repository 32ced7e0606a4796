import type { Row } from '@outpost/core'
import { accountId, accountRow, FIRST_VERSION } from './account-rows.ts'

/** How many accounts there are at first, and which. */
export interface Beginning {
  readonly seed: number
  readonly rows: number
}

/** What happens on the server at once: so many accounts are changed, one in ten of these is new, and so many are deleted. */
export interface Round {
  readonly changed: number
  readonly deleted: number
}

/** What became of one account. */
export interface AccountChange {
  readonly index: number
  readonly id: string
  readonly version: number
  /** Null where it was deleted. */
  readonly row: Row | null
}

/** What a round makes of the accounts; `before` counts what earlier rounds did. No account is met twice. */
export function changesOf({ seed, rows }: Beginning, before: number, round: Round): readonly AccountChange[] {
  return Array.from({ length: round.changed + round.deleted }, (_, nth) => {
    const at = before + nth
    const isNew = nth < round.changed && nth % 10 === 8
    // The newest account stays as it is: an incremental pull asks for it again, to see that the server did not go back.
    const index = isNew ? rows + at : (at * STRIDE) % (rows - 1)
    const version = FIRST_VERSION + rows + at
    const row = nth < round.changed ? { ...accountRow(seed, index), ...newValues(at, version) } : null
    return { index, id: accountId(seed, index), version, row }
  })
}

/** How many accounts the rounds meet: there must be more of them. */
export function countOf(rounds: readonly Round[]): number {
  return rounds.reduce((sum, { changed, deleted }) => sum + changed + deleted, 0)
}

/** All accounts behind these rounds. */
export function* rowsAfter(beginning: Beginning, rounds: readonly Round[]): Generator<Row> {
  const changes = new Map<number, AccountChange>()
  for (const round of rounds) {
    for (const change of changesOf(beginning, changes.size, round)) changes.set(change.index, change)
  }
  for (let index = 0; index < beginning.rows; index++) {
    const change = changes.get(index)
    if (!change) yield accountRow(beginning.seed, index)
    else if (change.row) yield change.row
    changes.delete(index)
  }
  for (const { row } of changes.values()) if (row) yield row
}

/** A prime, so that the accounts of a round lie scattered. */
const STRIDE = 7919

function newValues(at: number, version: number): Row {
  return { versionnumber: String(version), name: `Changed ${at}`, revenue: at / 4, customertypecode: 1 + (at % 12) }
}
