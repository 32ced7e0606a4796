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
