import { defaultKnobs } from '../knobs.ts'
import type { Knobs } from '../knobs.ts'
import { defaultLimits } from '../limits/limits.ts'
import type { Limits } from '../limits/limits.ts'
import { FieldError } from './fields.ts'

// What a knob takes besides values of the kind its default has.
const CHOICES: Readonly<Partial<Record<keyof Knobs, readonly (string | number)[]>>> = {
  absentLinkStatus: [404, 204],
  expiredTokenStatus: [400, 403],
  trackingWithoutReadStatus: [403, 400],
  deltaTokenAt: ['firstPage', 'lastPage'],
  missingRowWithEtagStatus: [404, 412],
  duplicateStatus: [412, 500],
  longUrlStatus: [404, 414],
}

const CRASHES: readonly Knobs['pluginCrash'][] = ([400, 500] as const).flatMap((status) =>
  (['0x80040224', '0x8004418d'] as const).map((code) => ({ status, code })),
)

function isKnob(name: string): name is keyof Knobs {
  return Object.hasOwn(defaultKnobs, name)
}

function isLimit(name: string): name is keyof Limits {
  return Object.hasOwn(defaultLimits, name)
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}

function problemOf(name: keyof Knobs, value: unknown): string | undefined {
  const choices = CHOICES[name]
  if (choices !== undefined) {
    return choices.some((one) => one === value) ? undefined : `must be one of ${choices.join(', ')}`
  }
  if (name === 'latency') {
    const isRange =
      Array.isArray(value) && value.length === 2 && value.every(isCount) && Number(value[0]) <= Number(value[1])
    return isCount(value) || isRange ? undefined : 'must be milliseconds, or a list of the least and the most'
  }
  if (name === 'jobDelayMs') {
    return value === null || isCount(value) ? undefined : 'must be milliseconds, or null for never by itself'
  }
  if (name === 'pluginCrash') {
    const text = JSON.stringify(value)
    return CRASHES.some((one) => JSON.stringify(one) === text)
      ? undefined
      : `must be one of ${CRASHES.map((one) => JSON.stringify(one)).join(', ')}`
  }
  if (name === 'maxPageSize') {
    const most = defaultKnobs.maxPageSize
    const isSize = isCount(value) && Number.isInteger(value) && value >= 1 && value <= most
    return isSize ? undefined : `must be a whole number from 1 to ${most}`
  }
  const usual = defaultKnobs[name]
  if (Array.isArray(usual)) {
    const isTexts = Array.isArray(value) && value.every((one) => typeof one === 'string')
    return isTexts ? undefined : 'must be a list of texts'
  }
  if (typeof usual === 'number') return isCount(value) ? undefined : 'must be a number that is not negative'
  return typeof value === typeof usual ? undefined : 'must be true or false'
}

/** Turns knobs; a name or a value that is none is refused, and then none is turned. */
export function turnKnobs(knobs: Knobs, values: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (!isKnob(name)) throw new FieldError(name, `is no knob; there are ${Object.keys(defaultKnobs).join(', ')}`)
    const problem = problemOf(name, value)
    if (problem !== undefined) throw new FieldError(name, problem)
  }
  Object.assign(knobs, values)
}

/** Sets limits; a name or a value that is none is refused, and then none is set. */
export function setLimits(limits: Limits, values: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (!isLimit(name)) throw new FieldError(name, `is no limit; there are ${Object.keys(defaultLimits).join(', ')}`)
    if (typeof defaultLimits[name] === 'boolean') {
      if (typeof value !== 'boolean') throw new FieldError(name, 'must be true or false')
    } else if (!isCount(value)) throw new FieldError(name, 'must be a number that is not negative')
  }
  Object.assign(limits, values)
}
