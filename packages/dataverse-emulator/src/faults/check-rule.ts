import { FAULT_KINDS, PART_KINDS } from './fault.ts'
import type { Fault, FaultMatch, FaultRule } from './fault.ts'

/** What a rule's `match` may name at the time it is armed. */
export interface KnownNames {
  /** Names and ids of users. */
  readonly users: readonly { readonly id: string; readonly name: string }[]
  /** Logical names of tables. */
  readonly tables: readonly string[]
}

/** The longest a fault may keep a request waiting: a day. */
const LONGEST_MS = 86_400_000

const METHODS: readonly string[] = ['GET', 'HEAD', 'POST', 'PATCH', 'PUT', 'DELETE', 'OPTIONS']

const LISTED = 12

function listed(names: readonly string[]): string {
  const more = names.length - LISTED
  return more > 0 ? `${names.slice(0, LISTED).join(', ')} and ${more} more` : names.join(', ')
}

// The three forms that HTTP knows: of today, of RFC 850 and of asctime.
const HTTP_DATES: readonly RegExp[] = [
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d GMT$/,
  /^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, \d\d-(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)-\d\d \d\d:\d\d:\d\d GMT$/,
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]\d \d\d:\d\d:\d\d \d{4}$/,
]

function isRetryAfter(value: number | string): boolean {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0
  if (/^\d{1,15}$/.test(value)) return true
  return HTTP_DATES.some((form) => form.test(value)) && !Number.isNaN(Date.parse(value))
}

function refuse(field: string, problem: string): never {
  throw new RangeError(`${field} ${problem}`)
}

/** Refuses a time to wait that is none, or longer than a day; the message begins with the field's name. */
export function checkWait(field: string, ms: number): void {
  if (!(ms >= 0 && ms <= LONGEST_MS)) refuse(field, `must be milliseconds from 0 to ${LONGEST_MS} (a day), not ${ms}`)
}

function isStatus(status: number): boolean {
  return Number.isInteger(status) && status >= 200 && status <= 599
}

function checkFault(fault: Fault): void {
  if (!FAULT_KINDS.includes(fault.kind)) {
    refuse('fault.kind', `must be one of ${FAULT_KINDS.join(', ')}, not '${String(fault.kind)}'`)
  }
  if ('ms' in fault) checkWait('fault.ms', fault.ms)
  if ('bytes' in fault && !(Number.isInteger(fault.bytes) && fault.bytes >= 0)) {
    refuse('fault.bytes', `must be a whole number from 0, not ${fault.bytes}`)
  }
  if ('status' in fault && fault.status !== undefined && !isStatus(fault.status)) {
    refuse('fault.status', `must be a status from 200 to 599, not ${String(fault.status)}`)
  }
  if (fault.kind === 'status' && fault.retryAfter !== undefined && !isRetryAfter(fault.retryAfter)) {
    refuse('fault.retryAfter', `must be whole seconds or an HTTP date, not '${fault.retryAfter}'`)
  }
}

function checkMethods(given: string | readonly string[]): void {
  const methods = [given].flat()
  if (methods.length === 0) refuse('match.method', 'is an empty list, which no request matches')
  const unknown = methods.find((one) => !METHODS.includes(one))
  if (unknown !== undefined)
    refuse('match.method', `is no method of requests: '${unknown}'; there are ${listed(METHODS)}`)
}

function isHeaderName(name: string): boolean {
  return /^[\w!#$%&'*+.^`|~-]+$/.test(name)
}

function checkMatch(match: FaultMatch, { users, tables }: KnownNames): void {
  const { method, user, table, headers = {}, batch, part = false } = match
  if (method !== undefined) checkMethods(method)
  if (user !== undefined && !users.some(({ id, name }) => id === user || name === user)) {
    refuse('match.user', `names nobody there is now: '${user}'; there are ${listed(users.map(({ name }) => name))}`)
  }
  if (table !== undefined && !tables.includes(table)) {
    refuse('match.table', `names no table there is now: '${table}'; there are ${listed(tables)} (logical names)`)
  }
  const header = Object.keys(headers).find((name) => !isHeaderName(name))
  if (header !== undefined) refuse('match.headers', `has '${header}', which is no name of a header`)
  if (batch === true && part) refuse('match.batch', 'is about whole batches and match.part about what is in them')
  if (batch === true && table !== undefined) refuse('match.table', 'matches no batch as a whole; match.part does')
}

/**
 * Refuses a rule that is none, and one that could never strike: a RangeError that begins with the field. Users and
 * tables are those of this moment.
 */
export function checkRule(
  { match = {}, nth = 1, times = 1, probability = 1, fault }: FaultRule,
  known: KnownNames,
): void {
  checkFault(fault)
  checkMatch(match, known)
  if (match.part === true && !PART_KINDS.includes(fault.kind)) {
    throw new RangeError(`the fault '${fault.kind}' cannot strike a part of a batch; ${PART_KINDS.join(' and ')} can`)
  }
  if (match.part === true && fault.kind === 'status' && fault.body !== undefined && fault.body !== 'json') {
    throw new RangeError('a part of a batch is answered as JSON')
  }
  if (!(Number.isInteger(nth) && nth >= 1)) throw new RangeError(`nth counts from 1, it cannot be ${nth}`)
  if (!(Number.isInteger(times) || times === Number.POSITIVE_INFINITY) || times < 1) {
    throw new RangeError(`times counts from 1, it cannot be ${times}`)
  }
  if (!(probability >= 0 && probability <= 1)) {
    throw new RangeError(`a probability lies between 0 and 1, not ${probability}`)
  }
}
