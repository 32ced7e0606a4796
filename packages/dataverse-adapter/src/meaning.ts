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

/**
 * The condition the refused request carried: it tells the meanings of a 412 without a code apart. To make a `link` is to ask
 * for its absence: it has neither a version nor alternate keys nor duplicate detection, so a 412 says nothing else of it.
 */
export type Condition = 'version' | 'absent' | 'link' | 'none'
