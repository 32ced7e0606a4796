/**
 * Every way in which Outpost fails. Decisions are made on these codes, never on message text.
 *
 * - `offline`: the master could not be reached, or the connection broke before its answer was whole.
 * - `timeout`: the master did not answer within the deadline.
 * - `unavailable`: the master answered that it cannot serve now (408, 5xx).
 * - `throttled`: the master asked to slow down (429).
 * - `unauthenticated`: no valid token; sign in again. Never a verdict on a write.
 * - `forbidden`, `not-found`, `conflict`, `rejected`: the master's verdict on one request.
 * - `protocol`: the answer was not one of a Dataverse (a captive portal, truncated JSON).
 * - `expired`: a checkpoint or metadata stamp is too old for the master; the table must be read anew.
 * - `wrong-master`: the organisation or user is not the one this client org belongs to.
 * - `invalid`: bad input; nothing was changed.
 * - `refused`: the operation is not allowed in the present state; nothing was changed.
 * - `store`: the store failed; `store-full`, `store-readonly`, `store-busy` (another process has it open),
 *   `store-foreign` (not an Outpost database), `store-newer` (written by a newer version) name the known reasons.
 * - `aborted`: the caller's signal aborted. `closed`: the object was closed.
 */
export type OutpostErrorCode =
  | 'offline'
  | 'timeout'
  | 'unavailable'
  | 'throttled'
  | 'unauthenticated'
  | 'forbidden'
  | 'not-found'
  | 'conflict'
  | 'rejected'
  | 'protocol'
  | 'expired'
  | 'wrong-master'
  | 'invalid'
  | 'refused'
  | 'store'
  | 'store-full'
  | 'store-readonly'
  | 'store-busy'
  | 'store-foreign'
  | 'store-newer'
  | 'aborted'
  | 'closed'

/** Where an error applies, as far as it is known. */
export interface ErrorPlace {
  readonly table?: string
  readonly row?: string
  readonly column?: string
  /** The broken rule, such as `max-length` or `unknown-column`. */
  readonly rule?: string
  /** Offset into the offending text, from 0. */
  readonly position?: number
}

export interface OutpostErrorOptions {
  readonly cause?: unknown
  readonly place?: ErrorPlace
  /** What the reader can do about it, as a sentence. */
  readonly remedy?: string
}

/** The one error class of Outpost. The message is for people and begins with the code. */
export class OutpostError extends Error {
  override readonly name: string = 'OutpostError'
  readonly code: OutpostErrorCode
  readonly place: ErrorPlace
  readonly remedy: string | undefined

  constructor(code: OutpostErrorCode, message: string, options: OutpostErrorOptions = {}) {
    super(`[${code}] ${message}`, 'cause' in options ? { cause: options.cause } : undefined)
    this.code = code
    this.place = options.place ?? {}
    this.remedy = options.remedy
  }

  /** The error itself when it is one of ours, else one of the given code with the original as its cause. */
  static from(error: unknown, code: OutpostErrorCode): OutpostError {
    if (error instanceof OutpostError) return error
    return new OutpostError(code, error instanceof Error ? error.message : String(error), { cause: error })
  }
}

export interface MasterErrorOptions extends OutpostErrorOptions {
  readonly status?: number
  /** The master's own error code, as eight hexadecimal digits with `0x`; absent where the answer had none. */
  readonly masterCode?: string
  readonly requestId?: string
  /** How long the master asked to wait, in milliseconds. A floor, not a suggestion. */
  readonly retryAfterMs?: number
  /** False only when the request certainly never left the device. */
  readonly mayHaveArrived?: boolean
}

/** A failed request to the master, with what its answer said. */
export class MasterError extends OutpostError {
  override readonly name: string = 'MasterError'
  readonly status: number | undefined
  readonly masterCode: string | undefined
  readonly requestId: string | undefined
  readonly retryAfterMs: number | undefined
  readonly mayHaveArrived: boolean

  constructor(code: OutpostErrorCode, message: string, options: MasterErrorOptions = {}) {
    super(code, message, options)
    this.status = options.status
    this.masterCode = options.masterCode
    this.requestId = options.requestId
    this.retryAfterMs = options.retryAfterMs
    this.mayHaveArrived = options.mayHaveArrived ?? true
  }
}

/** What an aborted signal means: its reason where that is an error of ours (`closed`), else `aborted`. */
export function abortError(signal: AbortSignal): OutpostError {
  const reason: unknown = signal.reason
  return reason instanceof OutpostError
    ? reason
    : new OutpostError('aborted', 'the operation was cancelled', { cause: reason })
}

/** Throws `abortError` when the signal has aborted. */
export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw abortError(signal)
}

const OF_ONE_TABLE: ReadonlySet<OutpostErrorCode> = new Set([
  'forbidden',
  'not-found',
  'rejected',
  'expired',
  'invalid',
])

/** True for a failure to read one table, which says nothing about the connection or about other tables. */
export function concernsOneTable(error: unknown): error is OutpostError {
  return error instanceof OutpostError && OF_ONE_TABLE.has(error.code)
}

const OF_ONE_REQUEST: ReadonlySet<string> = new Set(['timeout', 'unavailable', 'protocol'])

/** Whether one request can meet this failure though others would not. */
export function concernsOneRequest(error: unknown): error is OutpostError {
  return error instanceof OutpostError && OF_ONE_REQUEST.has(error.code)
}
