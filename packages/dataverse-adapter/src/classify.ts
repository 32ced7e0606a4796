import type { OutpostErrorCode, RejectionClass } from '@outpost/core'
import { causeOfCode } from './error-catalogue/cause-of-code.ts'
import { CAUSES } from './error-catalogue/causes.ts'
import type { Condition, Meaning } from './meaning.ts'

interface Rule {
  readonly statuses?: readonly number[]
  readonly codes?: readonly string[]
  readonly condition?: Condition
  /** `catalogued`: what the error catalogue says of the code; the row fits where it says anything. */
  readonly means: Meaning | 'catalogued'
}

/**
 * The meaning of each status and code, the first rule that fits. A status that concerns the connection comes before any
 * code, a code before the status it came with, and a bare status last. The codes that decide what the engine does next
 * stand here by themselves; all others are in the error catalogue. Message text decides nothing.
 */
export const RULES: readonly Rule[] = [
  { statuses: [401], means: 'unauthenticated' },
  { statuses: [429], means: 'throttled' },
  { codes: ['0x80072321', '0x80072322', '0x80072326'], means: 'throttled' },
  { statuses: [408, 502, 503, 504], means: 'unavailable' },
  { codes: ['0x80044150', '0x80044151', '0x80040255', '0x80044339'], means: 'unavailable' },
  { codes: ['0x80040220', '0x80048306', '0x80040299'], means: 'permission' },
  { codes: ['0x80060882'], means: 'stale' },
  { codes: ['0x80060892', '0x80073002'], means: 'key-clash' },
  { codes: ['0x80040237'], means: 'exists' },
  { codes: ['0x80040333'], means: 'duplicate' },
  { codes: ['0x80040217', '0x80060891'], means: 'gone' },
  {
    codes: [
      '0x80044331',
      '0x8004432f',
      '0x80044330',
      '0x8004431a',
      '0x80048408',
      '0x80048d19',
      '0x80060888',
      '0x80040203',
      '0x8006088d',
    ],
    means: 'invalid',
  },
  { codes: ['0x80040265', '0x80040224', '0x8004418d'], means: 'business' },
  { codes: ['0x80040227'], means: 'state' },
  { codes: ['0x80044a02'], means: 'size' },
  { codes: ['0x80044352'], means: 'expired' },
  { means: 'catalogued' },
  { statuses: [412, 409], condition: 'version', means: 'stale' },
  { statuses: [412, 409], condition: 'absent', means: 'exists' },
  // The platform does not list 409 at all: of a link it says nothing.
  { statuses: [412], condition: 'link', means: 'exists' },
  { statuses: [403], means: 'permission' },
  { statuses: [404], means: 'gone' },
  { statuses: [405, 501], means: 'state' },
  { statuses: [413], means: 'size' },
]

/** What a refusal with this status and code means. Total: an unlisted 5xx is passing, an unlisted 4xx `unknown`. */
export function classify(status: number, code: string | undefined, condition: Condition = 'none'): Meaning {
  const catalogued = cataloguedMeaning(code)
  for (const rule of RULES) {
    if (!fits(rule, status, code, condition)) continue
    const meaning = rule.means === 'catalogued' ? catalogued : rule.means
    if (meaning !== undefined) return meaning
  }
  if (status >= 500) return 'unavailable'
  // A 400 says "invalid argument"; one with a code that is not listed says something more special.
  return status === 400 && code === undefined ? 'invalid' : 'unknown'
}

/** A code that says nothing but that something failed (`unknown`) leaves the word to its status. */
function cataloguedMeaning(code: string | undefined): Meaning | undefined {
  const cause = code === undefined ? undefined : causeOfCode(code)
  const meaning = cause === undefined ? undefined : CAUSES[cause].meaning
  return meaning === 'unknown' ? undefined : meaning
}

function fits(rule: Rule, status: number, code: string | undefined, condition: Condition): boolean {
  if (rule.statuses && !rule.statuses.includes(status)) return false
  if (rule.codes && (code === undefined || !rule.codes.includes(code))) return false
  return rule.condition === undefined || (rule.condition === condition && code === undefined)
}

/** The verdict on a write that this meaning is, or null where it is none (`unauthenticated`, `stale` …). */
export function rejectionOf(meaning: Meaning): RejectionClass | null {
  switch (meaning) {
    case 'permission':
    case 'key-clash':
    case 'duplicate':
    case 'gone':
    case 'invalid':
    case 'business':
    case 'state':
    case 'size':
    case 'unknown':
      return meaning
    case 'expired':
      return 'unknown'
    case 'unauthenticated':
    case 'throttled':
    case 'unavailable':
    case 'stale':
    case 'exists':
      return null
  }
}

/** The code of the error that this meaning is when nothing but the failure is to be told. */
export function errorCodeOf(meaning: Meaning): OutpostErrorCode {
  switch (meaning) {
    case 'unauthenticated':
    case 'throttled':
    case 'unavailable':
    case 'expired':
      return meaning
    case 'permission':
      return 'forbidden'
    case 'gone':
      return 'not-found'
    case 'stale':
    case 'exists':
      return 'conflict'
    case 'key-clash':
    case 'duplicate':
    case 'invalid':
    case 'business':
    case 'state':
    case 'size':
    case 'unknown':
      return 'rejected'
  }
}
