import { expect, test } from 'vitest'
import { classify, RULES } from '../classify.ts'
import type { Meaning } from '../meaning.ts'
import { causeOfCode, listedCodes } from './cause-of-code.ts'
import type { CauseName } from './cause.ts'
import { CAUSES } from './causes.ts'
import { explain, explainMeaning } from './explain.ts'

/** One code of each cause, chosen by what its name says. */
const samples: Readonly<Record<Exclude<CauseName, 'unlisted'>, string>> = {
  required: '0x80040200',
  'too-long': '0x80044331',
  'out-of-range': '0x80040317',
  'invalid-option': '0x8004431a',
  'bad-format': '0x80040239',
  'invalid-value': '0x80040203',
  contradiction: '0x80043b1f',
  'state-status': '0x80048408',
  'wrong-lookup': '0x8004022d',
  'related-gone': '0x80040502',
  cycle: '0x80040507',
  'read-only-column': '0x80041a02',
  'no-row-versions': '0x8006088d',
  'stale-metadata': '0x80041103',
  malformed: '0x80040303',
  'sign-in': '0x80041d52',
  privilege: '0x80040220',
  'column-security': '0x8004f507',
  licence: '0x8004d24b',
  'disabled-user': '0x80042f09',
  throttled: '0x80072322',
  'service-busy': '0x8004a001',
  'database-busy': '0x80040255',
  'database-timeout': '0x80044151',
  customising: '0x80071151',
  'organisation-closed': '0x8004a104',
  'integration-down': '0x80071024',
  stale: '0x80060882',
  exists: '0x80040237',
  'key-clash': '0x80060892',
  'same-value': '0x80043b06',
  duplicate: '0x80040333',
  gone: '0x80040217',
  expired: '0x80044352',
  'read-only-row': '0x80040230',
  transition: '0x8004f854',
  'in-use': '0x80040227',
  unsupported: '0x80040800',
  'feature-off': '0x80061113',
  'plug-in-refused': '0x80040265',
  'plug-in-crash': '0x80040224',
  'plug-in-timeout': '0x80044172',
  'workflow-failed': '0x8004502f',
  product: '0x8004f908',
  currency: '0x80048cf6',
  'service-case': '0x8004440a',
  scheduling: '0x8004e108',
  queue: '0x80040523',
  'sales-marketing': '0x80048d00',
  mail: '0x80040b04',
  'process-flow': '0x80092003',
  'record-rule': '0x80045304',
  attachment: '0x80044a02',
  'request-size': '0x8004418a',
  'background-job': '0x80044f00',
  customisation: '0x80047008',
  automation: '0x80045002',
  'organisation-admin': '0x80041d31',
  integration: '0x80060706',
  'other-program': '0x80044500',
  'server-fault': '0x80040216',
}

test.each(Object.entries(samples))('%s is the cause of %s', (name, code) => {
  expect(causeOfCode(code)).toBe(name)
  expect(explain(400, code)).toBe(CAUSES[name as CauseName])
})

/** The table of errors that the engine's behaviour was designed on. */
const designed: readonly (readonly [number, string, Meaning])[] = [
  [429, '0x80072322', 'throttled'],
  [429, '0x80072321', 'throttled'],
  [429, '0x80072326', 'throttled'],
  [400, '0x80044151', 'unavailable'],
  [400, '0x80044150', 'unavailable'],
  [400, '0x80040255', 'unavailable'],
  [400, '0x80044339', 'unavailable'],
  [403, '0x80040220', 'permission'],
  [403, '0x80048306', 'permission'],
  [403, '0x80040299', 'permission'],
  [412, '0x80060882', 'stale'],
  [412, '0x80040237', 'exists'],
  [412, '0x80060892', 'key-clash'],
  [412, '0x80073002', 'key-clash'],
  [412, '0x80040333', 'duplicate'],
  [500, '0x80040333', 'duplicate'],
  [404, '0x80040217', 'gone'],
  [404, '0x80060891', 'gone'],
  [400, '0x80044331', 'invalid'],
  [400, '0x8004432f', 'invalid'],
  [400, '0x80044330', 'invalid'],
  [400, '0x8004431a', 'invalid'],
  [400, '0x80048408', 'invalid'],
  [400, '0x80048d19', 'invalid'],
  [400, '0x80060888', 'invalid'],
  [400, '0x80040203', 'invalid'],
  [400, '0x80040265', 'business'],
  [400, '0x80040224', 'business'],
  [500, '0x80040224', 'business'],
  [500, '0x8004418d', 'business'],
  [405, '0x80040227', 'state'],
  [400, '0x80044a02', 'size'],
  [400, '0x80044352', 'expired'],
]

test.each(designed)('%i %s means %s in every notation of the code', (status, code, meaning) => {
  const unsigned = Number(code)
  const notations = [code, `0x${code.slice(2).toUpperCase()}`, code.toUpperCase(), unsigned, String(unsigned)]
  for (const notation of [...notations, unsigned | 0, String(unsigned | 0)]) {
    expect(explain(status, notation)).toBe(explain(status, code))
    expect(explain(status, notation).meaning).toBe(meaning)
  }
})

test.each([
  [400, '0x80041234', 'unknown'],
  [403, '0x80041234', 'permission'],
  [404, undefined, 'gone'],
  [413, 'TooMuch', 'size'],
  [500, '0x80041234', 'unavailable'],
] as const)('%i with the unlisted code %s is explained by its status', (status, code, meaning) => {
  expect(explain(status, code)).toBe(explainMeaning(meaning))
})

test('a status of the connection is explained by itself, whatever code came with it', () => {
  expect(explain(429, '0x80040230')).toBe(CAUSES.throttled)
  expect(explain(401, '0x80040220')).toBe(CAUSES['sign-in'])
  expect(explain(503, '0x80044331')).toBe(CAUSES['service-busy'])
  expect(explain(500, '0x80040216')).toBe(CAUSES['service-busy'])
})

test('what passes by itself, or only needs a closed organisation to open, is never a verdict', () => {
  const passing: readonly CauseName[] = [
    'service-busy',
    'database-busy',
    'database-timeout',
    'customising',
    'organisation-closed',
    'integration-down',
  ]
  const found = Object.entries(CAUSES).filter(([, { meaning }]) => meaning === 'unavailable')
  expect(found.map(([name]) => name)).toEqual(passing)
})

test('only these codes may be taken for a row that is gone, there already, or newer', () => {
  const decisive = [...listedCodes()].filter(([, cause]) => ['gone', 'exists', 'stale'].includes(CAUSES[cause].meaning))
  expect(decisive.map(([code]) => `0x${code.toString(16)}`)).toEqual([
    '0x80060882',
    '0x80040237',
    '0x80040217',
    '0x80041700',
    '0x8004e106',
    '0x80060891',
  ])
})

test('no code stands under two causes, or twice', () => {
  const codes = [...listedCodes()].map(([code]) => code)
  expect(codes.length).toBeGreaterThan(3_000)
  expect(codes.every((code) => Number.isInteger(code) && code > 0)).toBe(true)
  expect(new Set(codes).size).toBe(codes.length)
})

test('the catalogue agrees with the codes that the rules name', () => {
  for (const { codes = [], means } of RULES) {
    for (const code of codes) {
      const cause = causeOfCode(code)
      expect([code, cause === undefined ? undefined : CAUSES[cause].meaning]).toEqual([code, means])
    }
  }
})

test('every cause speaks in whole sentences, and only a sentence about nothing to do says so', () => {
  for (const { meaning, cause, fix, remedy } of Object.values(CAUSES)) {
    expect(cause).toMatch(/^[A-Z].*\.$/)
    expect(remedy).toMatch(/^[A-Z].*\.$/)
    if (fix === 'nobody') expect(['throttled', 'unavailable', 'stale', 'exists', 'expired']).toContain(meaning)
  }
})

test('classify and explain never disagree', () => {
  for (const status of [200, 400, 401, 403, 404, 405, 409, 412, 413, 429, 500, 503]) {
    for (const code of [...Object.values(samples), '0x80041234', undefined]) {
      for (const condition of ['version', 'absent', 'link', 'none'] as const) {
        expect(explain(status, code, condition).meaning).toBe(classify(status, code, condition))
      }
    }
  }
})
