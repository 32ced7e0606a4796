import type { ColumnValue, Row } from '@outpost/core'

const TOKEN = /(?<![mp])#(\d+)/g

/** The texts in a value that only one write of one device has: `#1`, `#2`, …; those of the master's own hand (`m#3`) and of plug-ins (`p#4`) are no such. */
export function tokensIn(value: unknown): readonly number[] {
  return typeof value === 'string' && value.includes('#')
    ? Array.from(value.matchAll(TOKEN), ([, digits]) => Number(digits))
    : []
}

/** The last of them: what the write itself put there, behind whatever was there before. */
export function lastToken(value: ColumnValue | undefined): number | null {
  return tokensIn(value).at(-1) ?? null
}

/** By column, the texts that nobody else writes. */
export function tokensOf(values: Row): ReadonlyMap<string, number> {
  const found = new Map<string, number>()
  for (const [name, value] of Object.entries(values)) {
    const token = lastToken(value)
    if (token !== null) found.set(name, token)
  }
  return found
}
