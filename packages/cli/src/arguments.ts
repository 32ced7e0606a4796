import { canonicalGuid } from '@outpost/core'
import { InvalidArgumentError } from 'commander'

/** Names separated by commas; none where the text is empty. */
export function nameList(text: string): readonly string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
}

/** A count or the number of a transaction. A usage error for anything else. */
export function wholeNumber(text: string): number {
  const value = Number(text.replace(/^#/, ''))
  if (text.trim() === '' || !Number.isSafeInteger(value) || value < 0)
    throw new InvalidArgumentError('Give a whole number.')
  return value
}

/** A row given as table/id. A usage error for anything else. */
export function rowReference(text: string): { readonly table: string; readonly id: string } {
  const [table, given, ...rest] = text.split('/')
  // The row of a many-to-many link has two ids.
  const ids = given?.split(':').map(canonicalGuid)
  if (!table || !ids || ids.length > 2 || rest.length > 0 || ids.includes(null)) {
    throw new InvalidArgumentError('Give a row as table/id, with a GUID as the id.')
  }
  return { table, id: ids.join(':') }
}
