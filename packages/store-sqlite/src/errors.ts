import { OutpostError } from '@outpost/core'
import type { OutpostErrorCode } from '@outpost/core'
import Database from 'better-sqlite3'

/** What SQLite failed with, as an error of the store; every other error is given back as it is. */
export function storeError(error: unknown): unknown {
  if (!(error instanceof Database.SqliteError)) return error
  const { code, remedy } = meaningOf(error.code)
  return new OutpostError(code, `${error.message} (${error.code})`, { cause: error, remedy })
}

function meaningOf(sqliteCode: string): { code: OutpostErrorCode; remedy: string } {
  // Extended codes, such as SQLITE_IOERR_WRITE, begin with their primary code.
  const primary = sqliteCode.split('_', 2).join('_')
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
