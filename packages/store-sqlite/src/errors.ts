import { OutpostError } from '@outpost/core/store'
import type { OutpostErrorCode } from '@outpost/core'

/** SQLite's primary result codes that mean something of their own. */
const NAMES: Readonly<Record<number, string>> = {
  3: 'SQLITE_PERM',
  5: 'SQLITE_BUSY',
  6: 'SQLITE_LOCKED',
  8: 'SQLITE_READONLY',
  10: 'SQLITE_IOERR',
  11: 'SQLITE_CORRUPT',
  13: 'SQLITE_FULL',
  14: 'SQLITE_CANTOPEN',
  19: 'SQLITE_CONSTRAINT',
  26: 'SQLITE_NOTADB',
}

/** What SQLite failed with, under the name of its result code. */
export function sqliteFailure(error: Error, name: string): OutpostError {
  const { code, remedy } = meaningOf(name)
  return new OutpostError(code, `${error.message} (${name})`, { cause: error, remedy })
}

/** The name of a result code, extended or not. */
export function resultName(resultCode: number): string {
  return NAMES[resultCode & 0xff] ?? `SQLITE_${resultCode}`
}

function meaningOf(name: string): { code: OutpostErrorCode; remedy: string } {
  // Extended codes, such as SQLITE_IOERR_WRITE, begin with their primary code.
  const primary = name.split('_', 2).join('_')
  switch (primary) {
    case 'SQLITE_FULL':
      return { code: 'store-full', remedy: 'Free space on the disk, or raise maxBytes.' }
    case 'SQLITE_READONLY':
    case 'SQLITE_PERM':
      return { code: 'store-readonly', remedy: 'Give this user the right to write the file and its folder.' }
    case 'SQLITE_BUSY':
    case 'SQLITE_LOCKED':
      return { code: 'store-busy', remedy: 'Close the other program that has the file open.' }
    case 'SQLITE_NOTADB':
      return { code: 'store-foreign', remedy: 'Choose another path: this file is not an Outpost database.' }
    case 'SQLITE_CORRUPT':
      return { code: 'store', remedy: 'The file is damaged. Keep a copy of it, and restore it or connect anew.' }
    default:
      return { code: 'store', remedy: 'Look at the disk and the file; what was committed is kept.' }
  }
}
