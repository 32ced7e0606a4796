import { badQuery } from '../errors.ts'

/** Reads `$top`. */
export function topOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw badQuery(
    `Invalid value '${text}' for $top query option found. The $top query option requires a non-negative integer value.`,
  )
}
