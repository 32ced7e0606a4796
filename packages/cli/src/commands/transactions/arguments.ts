import { OutpostError } from '@outpost/core'
import type { ClientOrg } from '@outpost/core'
import type { Command } from 'commander'
import { wholeNumber } from '../../arguments.ts'

/** What to do after transactions were made pending. */
export const SEND = "Run 'outpost sync' to send."

export function usage(message: string, remedy: string): OutpostError {
  return new OutpostError('invalid', message, { place: { rule: 'usage' }, remedy })
}

export function unknownTransaction(seq: number): OutpostError {
  return new OutpostError('invalid', `there is no transaction #${seq}`, { place: { rule: 'unknown-transaction' } })
}

/** Throws `invalid` for a table that the master does not have: a misspelled one is not taken for one without transactions. */
export async function requireMasterTable(org: ClientOrg, table: string): Promise<void> {
  if ((await org.status()).identity === null || (await org.masterTable(table))) return
  throw new OutpostError('invalid', `the master has no table '${table}'`, {
    place: { table, rule: 'unknown-table' },
    remedy: "'outpost tables' lists them.",
  })
}

/** The numbers that a command was given as its first argument. */
export function seqsOf(command: Command): readonly number[] {
  const given = command.processedArgs[0] as number | readonly number[] | undefined
  return given === undefined ? [] : typeof given === 'number' ? [given] : given
}

/** The first argument, where it is a row. */
export function rowOf(command: Command): { readonly table: string; readonly id: string } {
  return command.processedArgs[0] as { readonly table: string; readonly id: string }
}

/** One more number of a list of arguments. */
export function seqList(text: string, before: readonly number[] = []): readonly number[] {
  return [...before, wholeNumber(text)]
}

/** Transactions by their numbers, as in `#3, #4`. */
export function numbers(seqs: readonly number[]): string {
  return seqs.map((seq) => `#${seq}`).join(', ')
}
