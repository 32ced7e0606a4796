import { MasterError, OutpostError } from '../errors.ts'

/** True for what concerns every request alike: the master wants to be left alone, or nobody is signed in. */
export function stopsEverything(failure: unknown): boolean {
  return failure instanceof OutpostError && ENDS_ALL.has(failure.code)
}

const ENDS_ALL: ReadonlySet<string> = new Set([
  'throttled',
  'unauthenticated',
  'wrong-master',
  'offline',
  'aborted',
  'closed',
])

/**
 * The one to be told of among the failures of requests that went at the same time: what is no answer of the master first,
 * then a missing sign-in, then the longest wait that was asked for, then the first.
 */
export function gravest(failures: readonly unknown[]): Error | undefined {
  const found = failures
    .filter((failure) => failure !== undefined)
    .map((failure) => (failure instanceof Error ? failure : OutpostError.from(failure, 'protocol')))
  return found.toSorted((one, other) => weight(other) - weight(one) || askedWait(other) - askedWait(one))[0]
}

function weight(failure: unknown): number {
  if (!(failure instanceof MasterError))
    return failure instanceof OutpostError && failure.code === 'wrong-master' ? 2 : 3
  if (failure.code === 'unauthenticated') return 2
  return failure.code === 'throttled' ? 1 : 0
}

function askedWait(failure: unknown): number {
  return failure instanceof MasterError ? (failure.retryAfterMs ?? 0) : 0
}
