import type { OutpostErrorCode, RejectionClass } from '@outpost/core'

/** What a refusal means, whatever was asked for. `stale` and `exists` are the two answers a condition asks for. */
export type Meaning =
  | 'unauthenticated'
  | 'throttled'
  | 'unavailable'
  | 'permission'
  | 'stale'
  | 'exists'
  | 'key-clash'
  | 'duplicate'
  | 'gone'
  | 'invalid'
  | 'business'
  | 'state'
  | 'size'
  | 'expired'
  | 'unknown'

/** The condition the refused request carried: it tells the meanings of a 412 without a code apart. */
export type Condition = 'version' | 'absent' | 'none'

interface Rule {
  readonly statuses?: readonly number[]
  readonly codes?: readonly string[]
  readonly condition?: Condition
  readonly means: Meaning
}

/**
 * The meaning of each status and code, the first rule that fits. A status that concerns the connection comes before any
 * code, a code before the status it came with, and a bare status last. Message text decides nothing.
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
  { statuses: [412, 409], condition: 'version', means: 'stale' },
  { statuses: [412], condition: 'absent', means: 'exists' },
  { statuses: [403], means: 'permission' },
  { statuses: [404], means: 'gone' },
  { statuses: [405, 501], means: 'state' },
  { statuses: [413], means: 'size' },
]

/** What a refusal with this status and code means. Total: an unlisted 5xx is passing, an unlisted 4xx `unknown`. */
export function classify(status: number, code: string | undefined, condition: Condition = 'none'): Meaning {
  const rule = RULES.find((candidate) => fits(candidate, status, code, condition))
  if (rule) return rule.means
  if (status >= 500) return 'unavailable'
  // A 400 says "invalid argument"; one with a code that is not listed says something more special.
  return status === 400 && code === undefined ? 'invalid' : 'unknown'
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

const REMEDIES: Record<Meaning, string> = {
  unauthenticated: 'Sign in again.',
  throttled: 'Nothing to do: sending goes on after the pause that the master asked for.',
  unavailable: 'Nothing to do: it is tried again later. If it lasts, look at the health of the environment.',
  permission: 'Ask an administrator for the missing privilege or access to the row, then resubmit.',
  stale: 'Read the row again, merge, and send the result.',
  exists: 'Read the row: it is there already.',
  'key-clash': 'Another row has the same key values: change them here or there, then resubmit.',
  duplicate: 'A duplicate detection rule found a similar row: use that row, or change this one, then resubmit.',
  gone: 'The row, or a row it points to, no longer exists or cannot be seen: recreate it, or archive the transaction.',
  invalid: 'Correct the value that the message names, then resubmit; if it looks right, refresh the metadata first.',
  business: 'A business rule of the organisation refused it: follow its message, or ask its author, then resubmit.',
  state: 'The row is not in a state that allows this, or other rows depend on it: change that first, then resubmit.',
  size: 'Send less at once, or a smaller file.',
  expired: 'Read the table anew.',
  unknown: 'Read the message; when its cause is mended, resubmit, or archive the transaction.',
}

/** What the reader can do about it, as a sentence. */
export function remedyFor(meaning: Meaning): string {
  return REMEDIES[meaning]
}
