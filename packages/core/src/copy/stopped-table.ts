import { OutpostError } from '../errors.ts'
import type { OutpostErrorCode } from '../errors.ts'

/**
 * Why a table is kept as it is, and not pulled.
 *
 * - `retired`: the master no longer has it. Its rows can be read here; nothing of it is written or sent.
 * - `misfit`: its configuration names what the master no longer has.
 */
export interface StoppedTable {
  readonly reason: 'retired' | 'misfit'
  readonly code: OutpostErrorCode
  readonly message: string
  readonly remedy: string
  readonly column?: string
}

export function retired(table: string): StoppedTable {
  return {
    reason: 'retired',
    code: 'not-found',
    message: `the master no longer has the table '${table}'; its rows are kept here as they were`,
    remedy: 'Take the table out of the configuration when its rows are no longer needed.',
  }
}

export function misfit({ code, message, remedy, place: { column } }: OutpostError): StoppedTable {
  return {
    reason: 'misfit',
    code,
    message: message.replace(`[${code}] `, ''),
    remedy: remedy ?? 'Correct the configuration of the table.',
    ...(column === undefined ? {} : { column }),
  }
}

/** The error with which a write to a retired table is refused. */
export function refusedForRetired(table: string): OutpostError {
  return new OutpostError('refused', `the master no longer has the table '${table}'; nothing is written to it`, {
    place: { table, rule: 'retired-table' },
    remedy: retired(table).remedy,
  })
}
