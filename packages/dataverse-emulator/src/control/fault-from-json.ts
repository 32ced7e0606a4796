import { FAULT_KINDS } from '../faults/fault.ts'
import type { Fault, FaultMatch, FaultRule } from '../faults/fault.ts'
import { FieldError, Fields } from './fields.ts'

function wholeStatus(fields: Fields): number {
  const status = fields.number('status')
  if (Number.isInteger(status) && status >= 200 && status <= 599) return status
  throw new FieldError('fault.status', `must be a status from 200 to 599, not ${status}`)
}

function chosen<const A extends readonly number[]>(fields: Fields, name: string, allowed: A): A[number] {
  const number = fields.number(name)
  const found = allowed.find((one) => one === number)
  if (found !== undefined) return found
  throw new FieldError(`fault.${name}`, `must be one of ${allowed.join(', ')}, not ${number}`)
}

function readFault(fields: Fields): Fault {
  const kind = fields.oneOf('kind', FAULT_KINDS)
  switch (kind) {
    case 'cutBodyAt':
      return { kind, bytes: fields.number('bytes') }
    case 'delay':
    case 'delayedCommit':
      return { kind, ms: fields.number('ms') }
    case 'redirect':
      return {
        kind,
        ...fields.optional('location', (name) => fields.text(name)),
        ...fields.optional('status', (name) => chosen(fields, name, [301, 302, 303, 307, 308])),
      }
    case 'rejectScope':
      return { kind, ...fields.optional('status', (name) => chosen(fields, name, [401, 403])) }
    case 'status':
      return {
        kind,
        status: wholeStatus(fields),
        ...fields.optional('retryAfter', (name) =>
          typeof fields.raw(name) === 'string' ? fields.text(name) : fields.number(name),
        ),
        ...fields.optional('body', (name) => fields.oneOf(name, ['json', 'html', 'empty'])),
        ...fields.optional('code', (name) => fields.text(name)),
        ...fields.optional('message', (name) => fields.text(name)),
      }
    default:
      return { kind }
  }
}

function readHeaders(fields: Fields): Readonly<Record<string, string | RegExp | true>> {
  const headers: Record<string, string | RegExp | true> = {}
  for (const name of fields.names) {
    const value = fields.raw(name)
    if (value === true) headers[name] = true
    else headers[name] = /^\/.*\/[a-z]*$/s.test(String(value)) ? fields.pattern(name) : fields.text(name)
  }
  return headers
}

function readMatch(fields: Fields): FaultMatch {
  const match: FaultMatch = {
    ...fields.optional('method', (name) => (Array.isArray(fields.raw(name)) ? fields.texts(name) : fields.text(name))),
    ...fields.optional('path', (name) => fields.pattern(name)),
    ...fields.optional('user', (name) => fields.text(name)),
    ...fields.optional('headers', (name) => readHeaders(fields.fields(name))),
    ...fields.optional('body', (name) => fields.pattern(name)),
    ...fields.optional('table', (name) => fields.text(name)),
    ...fields.optional('batch', (name) => fields.boolean(name)),
    ...fields.optional('part', (name) => fields.boolean(name)),
  }
  fields.end()
  return match
}

/** Reads a fault rule as JSON writes it: patterns as texts, `times: "always"` for no end. */
function faultFromJson(value: unknown): FaultRule {
  const fields = new Fields(value)
  const fault = fields.fields('fault')
  const rule: FaultRule = {
    ...fields.optional('match', (name) => readMatch(fields.fields(name))),
    ...fields.optional('nth', (name) => fields.number(name)),
    ...fields.optional('times', (name) =>
      fields.raw(name) === 'always' ? Number.POSITIVE_INFINITY : fields.number(name),
    ),
    ...fields.optional('probability', (name) => fields.number(name)),
    fault: readFault(fault),
  }
  fault.end()
  fields.end()
  return rule
}

/** One rule, or a list of them. */
export function faultsFromJson(value: unknown): readonly FaultRule[] {
  return Array.isArray(value) ? value.map((one: unknown) => faultFromJson(one)) : [faultFromJson(value)]
}

/** A rule as JSON; patterns become `/source/flags`. */
export function faultToJson(rule: FaultRule): unknown {
  return JSON.parse(
    JSON.stringify(rule, (_, value: unknown) => {
      if (value instanceof RegExp) return String(value)
      return value === Number.POSITIVE_INFINITY ? 'always' : value
    }),
  )
}
