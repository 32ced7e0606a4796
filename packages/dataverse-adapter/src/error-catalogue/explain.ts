import { classify } from '../classify.ts'
import { canonicalCode } from '../error-body.ts'
import type { Condition, Meaning } from '../meaning.ts'
import { causeOfCode } from './cause-of-code.ts'
import type { Cause, CauseName } from './cause.ts'
import { CAUSES } from './causes.ts'

/**
 * What a refusal means, why it came, who can mend it and how. Total and pure. The code may be written in hexadecimal or
 * in signed or unsigned decimal digits; one that is in no list is explained by what the status means.
 */
export function explain(status: number, code: string | number | undefined, condition: Condition = 'none'): Cause {
  const known = canonicalCode(code)
  const meaning = classify(status, known, condition)
  const cause = known === undefined ? undefined : causeOfCode(known)
  // Where the status overrules the code, as 429 does, the code's own words would mislead.
  return cause !== undefined && CAUSES[cause].meaning === meaning ? CAUSES[cause] : explainMeaning(meaning)
}

/** The explanation of a meaning of which nothing more is known. */
export function explainMeaning(meaning: Meaning): Cause {
  return CAUSES[GENERAL[meaning]]
}

const GENERAL: Readonly<Record<Meaning, CauseName>> = {
  unauthenticated: 'sign-in',
  throttled: 'throttled',
  unavailable: 'service-busy',
  permission: 'privilege',
  stale: 'stale',
  exists: 'exists',
  'key-clash': 'key-clash',
  duplicate: 'duplicate',
  gone: 'gone',
  invalid: 'invalid-value',
  business: 'plug-in-refused',
  state: 'unsupported',
  size: 'request-size',
  expired: 'expired',
  unknown: 'unlisted',
}
