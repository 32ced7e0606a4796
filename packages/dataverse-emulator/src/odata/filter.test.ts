import { expect, test } from 'vitest'
import { fieldService } from '../seed/field-service.ts'
import type { Expression } from './expression.ts'
import { filterBounds } from './filter-bounds.ts'
import { likePattern } from './like.ts'
import { parseFilter } from './parse-filter.ts'
import { parseKey, splitPath } from './resource-path.ts'

const parse = (text: string): Expression => parseFilter(text, new Map())

function shape(expression: Expression): string {
  switch (expression.kind) {
    case 'and':
    case 'or':
      return `(${shape(expression.left)} ${expression.kind} ${shape(expression.right)})`
    case 'not':
      return `not ${shape(expression.operand)}`
    case 'compare':
      return expression.left.kind === 'property' ? expression.left.name : 'literal'
    case 'text':
    case 'function':
      return expression.property.name
    case 'lambda':
      return expression.collection.name
    case 'truth':
      return expression.operand.kind === 'property' ? expression.operand.name : 'literal'
  }
}

test('not binds tighter than and, and tighter than or', () => {
  expect(shape(parse('not a and b'))).toBe('(not a and b)')
  expect(shape(parse('not (a and b)'))).toBe('not (a and b)')
  expect(shape(parse('a or b and not c or d'))).toBe('((a or (b and not c)) or d)')
  expect(shape(parse('not not a'))).toBe('not not a')
  expect(shape(parse("not contains(a,'x') and b eq 1"))).toBe('(not a and b)')
})

test('literals are told apart by their spelling', () => {
  const types = [
    'null',
    'true',
    "'x'",
    '5',
    '-5.25',
    '1e3',
    '2025-06-02',
    '2025-06-02T06:00:00Z',
    '2025-06-02T06:00:00.5+02:00',
    '00000000-0000-0000-0000-00000000000A',
  ]
  const found = types.map((text) => {
    const expression = parse(`a eq ${text}`)
    return expression.kind === 'compare' && expression.right.kind === 'literal' ? expression.right.type : 'none'
  })
  expect(found).toEqual([
    'null',
    'boolean',
    'string',
    'number',
    'number',
    'number',
    'date',
    'dateTime',
    'dateTime',
    'guid',
  ])
})

test('text inside quotes is never read as syntax', () => {
  for (const inner of [' and ', ") or (a eq 'b", '@p', 'null', '%', "''"]) {
    const expression = parse(`a eq '${inner.replaceAll("'", "''")}'`)
    expect(expression).toMatchObject({ kind: 'compare', right: { type: 'string', text: inner } })
  }
})

test('a filter of any depth that a URL can hold is read or refused, never a crash', () => {
  expect(shape(parse(`${'('.repeat(100)}a${')'.repeat(100)}`))).toBe('a')
  expect(() => parse(`${'('.repeat(5000)}a${')'.repeat(5000)}`)).toThrow('nested too deeply')
  expect(() => parse(`${'not '.repeat(5000)}a`)).toThrow('nested too deeply')
  const long = (length: number): string => Array.from({ length }, (_, number) => `a eq ${number}`).join(' or ')
  expect(parse(long(500)).kind).toBe('or')
  expect(() => parse(long(501))).toThrow('Number of conditions in query exceeded maximum limit.')
  expect(() => parse(long(100_000))).toThrow('Number of conditions in query exceeded maximum limit.')
})

test('LIKE patterns: wildcards, sets, ranges and what only looks like them', () => {
  const matches = (like: string, text: string): boolean => likePattern(like).test(text)
  expect(matches('a%c', 'ABBC')).toBe(true)
  expect(matches('a_c', 'abbc')).toBe(false)
  expect(matches('[a-c]x', 'Bx')).toBe(true)
  expect(matches('[^a-c]x', 'bx')).toBe(false)
  expect(matches('100[%]', '100%')).toBe(true)
  expect(matches('100[%]', '1000')).toBe(false)
  expect(matches('a.c', 'abc')).toBe(false)
  expect(matches('[z-a]', 'm')).toBe(false)
  expect(matches('[^z-a]', 'm')).toBe(true)
  expect(matches('[!--]', '-')).toBe(true)
  expect(matches('[a-]', '-')).toBe(true)
  expect(matches('[A-C\\]', 'b')).toBe(true)
  expect(matches('a[b', 'a[b')).toBe(true)
  expect(matches('%', 'line\nbreak')).toBe(true)
  expect(matches('(a+)*$', '(a+)*$')).toBe(true)
  expect(matches('[]]x', ']x')).toBe(true)
})

test('a pattern of many wildcards does not take for ever', () => {
  expect(likePattern(`${'%'.repeat(200)}x`).test('a'.repeat(2000))).toBe(false)
})

const account = fieldService({ rows: 200 }).schema.table('account')

test('the bounds of a filter are those that every matching row keeps', () => {
  if (account === undefined) throw new Error('the seed has no account')
  const bounds = (text: string): object => filterBounds(account, parse(text))
  expect(bounds('versionnumber gt 5')).toEqual({ versionAfter: 5n })
  expect(bounds('versionnumber ge 5 and statecode eq 0')).toEqual({ versionAfter: 4n })
  expect(bounds('versionnumber gt 5 and versionnumber gt 9')).toEqual({ versionAfter: 9n })
  expect(bounds('versionnumber gt 5 or statecode eq 0')).toEqual({})
  expect(bounds('not (versionnumber gt 5)')).toEqual({})
  expect(bounds('versionnumber lt 5')).toEqual({})
  expect(bounds('statecode eq 0 and (modifiedon ge 2025-01-01T00:00:00Z or versionnumber gt 5)')).toEqual({
    versionAfter: 5n,
    modifiedSince: '2025-01-01T00:00:00Z',
    either: true,
  })
  const id = '00000000-0000-4000-8000-0000000000ab'
  expect(bounds(`accountid eq ${id.toUpperCase()}`)).toEqual({ ids: [id] })
  expect(bounds(`Microsoft.Dynamics.CRM.In(PropertyName='accountid',PropertyValues=['${id}'])`)).toEqual({ ids: [id] })
  expect(bounds(`_parentaccountid_value eq ${id}`)).toEqual({})
})

test('paths split outside of quotes and parentheses', () => {
  expect(splitPath("accounts(name='a/b(c)')/primarycontactid/$ref")).toEqual([
    { name: 'accounts', inner: "name='a/b(c)'" },
    { name: 'primarycontactid', inner: undefined },
    { name: '$ref', inner: undefined },
  ])
  expect(splitPath('accounts%28accountnumber%3D%27x%27%29')).toEqual([{ name: 'accounts', inner: "accountnumber='x'" }])
})

test('keys are a guid, the primary key by name, or columns with literals', () => {
  const id = '00000000-0000-4000-8000-0000000000AB'
  expect(parseKey(id, 'accountid')).toEqual({ kind: 'id', id: id.toLowerCase() })
  expect(parseKey(`accountid=${id}`, 'accountid')).toEqual({ kind: 'id', id: id.toLowerCase() })
  const key = parseKey("firstname='Joe',age=5", 'contactid')
  expect(key.kind === 'alternate' && [...key.values].map(([name, { type, text }]) => [name, type, text])).toEqual([
    ['firstname', 'string', 'Joe'],
    ['age', 'number', '5'],
  ])
  for (const text of ['', 'abc', 'a=', "a='b' c", "a='b',", "'a'"])
    expect(() => parseKey(text, 'accountid')).toThrow('Bad Request')
})
