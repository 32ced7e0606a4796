import { expect, test } from 'vitest'
import { OutpostError } from '../errors.ts'
import type { Row } from '../row.ts'
import { column, tableMetadata } from '../testing/sample-metadata.ts'
import { parseMasterFilter, parseTableFilter } from './bind.ts'
import { judgeOf, matches } from './evaluate.ts'
import { clockDependence, factsOfFilter } from './filter-context.ts'
import type { FilterContext } from './filter-context.ts'
import type { Filter } from './filter.ts'
import { withoutNegatedFunctions } from './negate.ts'
import { parseFilter } from './parse.ts'
import { printFilter } from './print.ts'

const USER = '11111111-1111-4111-8111-111111111111'
const OTHER = '22222222-2222-4222-8222-222222222222'
const row: Row = {
  name: 'Contoso Ltd',
  number: '012',
  city: null,
  employees: 12,
  revenue: '12345678901234567.25',
  active: true,
  createdon: '2026-05-01T08:00:00Z',
  birthday: '1990-01-02',
  ownerid: USER,
  first: 'same',
  second: 'SAME',
}

const table = tableMetadata('account', [
  column('name', 'text'),
  column('number', 'text'),
  column('city', 'text'),
  column('employees', 'integer'),
  column('revenue', 'money', { precision: 2 }),
  column('active', 'boolean'),
  column('createdon', 'datetime', { clock: 'utc' }),
  column('birthday', 'date'),
  column('ownerid', 'lookup', { targets: [{ table: 'systemuser' }] }),
  column('first', 'text'),
  column('second', 'text'),
  column('shadow', 'text', { readable: false }),
  column('tags', 'choices'),
])

const holds = (text: string): boolean => matches(parseTableFilter(text, table), row, { userId: USER })

test.each([
  ["name eq 'contoso ltd'", true],
  ["name ne 'CONTOSO LTD'", false],
  ["name gt 'contoso'", true],
  ['employees ge 12 and employees lt 13', true],
  ['employees eq 12.0', true],
  ['revenue gt 12345678901234567.2', true],
  ['revenue eq 12345678901234567.250', true],
  ['active eq true', true],
  ['city eq null', true],
  ["city ne 'Bonn'", true],
  ["city eq 'Bonn'", false],
  ["not (city eq 'Bonn')", true],
  ["city gt 'A'", false],
  ["not (city gt 'A')", false],
  ["contains(city,'x')", false],
  ["not contains(city,'x')", false],
  ["contains(name,'OSO')", true],
  ["startswith(name,'con')", true],
  ["endswith(name,'ltd')", true],
  ["contains(name,'c_nt')", true],
  ["contains(name,'c%ltd')", true],
  ["startswith(name,'[a-d]ontoso')", true],
  ["startswith(name,'[^a-d]ontoso')", false],
  ["startswith(name,'[d-a]ontoso')", false],
  ["contains(name,'.')", false],
  ['createdon eq 2026-05-01T10:00:00+02:00', true],
  ['createdon lt 2026-05-01T08:00:01Z', true],
  ['birthday eq 1990-01-02', true],
  [`ownerid eq ${USER.toUpperCase()}`, true],
  [`_ownerid_value ne ${OTHER}`, true],
  ["Microsoft.Dynamics.CRM.EqualUserId(PropertyName='ownerid')", true],
  ["Microsoft.Dynamics.CRM.NotEqualUserId(PropertyName='ownerid')", false],
  ["Microsoft.Dynamics.CRM.In(PropertyName='employees',PropertyValues=['5','12'])", true],
  ['Microsoft.Dynamics.CRM.In(PropertyName="name",PropertyValues=["contoso ltd"])', true],
  ["Microsoft.Dynamics.CRM.NotIn(PropertyName='employees',PropertyValues=['5','12'])", false],
  ["Microsoft.Dynamics.CRM.Between(PropertyName='employees',PropertyValues=['5','2000'])", true],
  ["Microsoft.Dynamics.CRM.NotBetween(PropertyName='employees',PropertyValues=['5','11'])", true],
  ["Microsoft.Dynamics.CRM.In(PropertyName='number',PropertyValues=['12'])", false],
  ['first eq second', true],
  ['first ne city', true],
  ["active eq false or employees eq 12 and name eq 'nobody'", false],
  ["employees eq 12 or active eq false and name eq 'nobody'", true],
  ["not contains(name,'zzz') and employees eq 12", true],
  ["not contains(name,'zzz') and employees eq 13", false],
  ["name eq 'O''Brien' or employees eq 12", true],
])('%s is %s for the row', (text, wanted) => {
  expect(holds(text)).toBe(wanted)
})

test('`not` binds to the function it stands before, not to what follows', () => {
  const filter = parseFilter("not contains(name,'a') and employees eq 1")
  expect(filter).toMatchObject({ kind: 'and', parts: [{ kind: 'not' }, { kind: 'compare' }] })
})

test.each([
  ["name eq 'a' and (city eq null or not startswith(name,'O''B'))"],
  ['a eq 1 or b eq 2 and c eq 3'],
  ['(a eq 1 or b eq 2) and c eq 3'],
  ['not (a eq 1 and b eq 2)'],
  ["Microsoft.Dynamics.CRM.In(PropertyName='x',PropertyValues=['1','2'])"],
  [`ownerid eq ${USER}`],
  ['a eq 12345678901234567890'],
  ['a eq b'],
  ['a eq 1e5 or a lt -2.5E-7'],
  ['a ge -0'],
  ['a eq 1e+25'],
  ['a eq 12345678901234567891e-3'],
  ['not not not (a eq 1 and not not b eq 2)'],
  [`${'not '.repeat(190)}(a eq 1)`],
  ["a eq '  ''quoted'' \n ü😀 ' or contains(a,'''')"],
])('%s is the same after being printed and parsed again', (text) => {
  const withoutPositions = (filter: Filter): unknown =>
    JSON.parse(JSON.stringify(filter, (key, value: unknown) => (key.toLowerCase().endsWith('position') ? 0 : value)))
  const filter = parseFilter(text)
  expect(withoutPositions(parseFilter(printFilter(filter)))).toEqual(withoutPositions(filter))
})

test.each([
  ['', 0],
  ['name', 4],
  ["name eq 'abc", 8],
  ['name eq', 7],
  ['name is null', 5],
  ['(name eq null', 13],
  ['name eq null)', 12],
  ['name eq null null', 13],
  ["name eq 'a' & city eq 'b'", 12],
  ['soundex(name)', 0],
  ["Microsoft.Dynamics.CRM.InFiscalYear(PropertyName='a',PropertyValue=2026)", 0],
  ["Microsoft.Dynamics.CRM.LastXDays(PropertyName='a',PropertyValue=0)", 64],
  ["Microsoft.Dynamics.CRM.Between(PropertyName='a',PropertyValues=['1'])", 0],
  ["primarycontactid/fullname eq 'x'", 0],
  ['contains(name)', 13],
  ['name eq "unclosed', 8],
  ['a eq 1 and', 10],
])('%j is refused with the position of the fault', (text, position) => {
  const refusal = caught(() => parseFilter(text))
  expect(refusal.code).toBe('invalid')
  expect(refusal.place.position).toBe(position)
})

test.each([
  ['nosuch eq 1', 'unknown-column', 'nosuch'],
  ["shadow eq 'x'", 'unknown-column', 'shadow'],
  ["name eq null and employees eq 'many'", 'value-type', 'employees'],
  ['name eq 5', 'value-type', 'name'],
  ["createdon gt '2026-01-01'", 'value-type', 'createdon'],
  ['ownerid eq 5', 'value-type', 'ownerid'],
  ["contains(employees,'1')", 'value-type', 'employees'],
  ["Microsoft.Dynamics.CRM.EqualUserId(PropertyName='name')", 'value-type', 'name'],
  ['name eq employees', 'value-type', 'employees'],
])('%s is refused for the table by rule %s, naming the column', (text, rule, name) => {
  const refusal = caught(() => parseTableFilter(text, table))
  expect(refusal.code).toBe('invalid')
  expect(refusal.place).toMatchObject({ table: 'account', column: name, rule })
})

test.each([
  ['employees eq Active', 13],
  ['name eq nosuch', 8],
  ["employees eq 'many'", 13],
  ['nosuch eq 5', 0],
])('%s is refused with the place of the part that is wrong', (text, position) => {
  expect(caught(() => parseTableFilter(text, table)).place.position).toBe(position)
})

const call = (name: string, column: string, values = ''): string =>
  `Microsoft.Dynamics.CRM.${name}(PropertyName='${column}'${values === '' ? '' : `,${values}`})`

const CONTEXT: FilterContext = {
  userId: USER,
  businessUnitId: OTHER,
  teamIds: [OTHER],
  now: Date.parse('2026-05-01T22:30:00.400Z'),
  timeZone: 'Europe/Berlin',
}

test.each([
  // For the user it is half past midnight of the second of May.
  [call('Today', 'createdon'), '2026-05-01T22:00:00Z', true],
  [call('Today', 'createdon'), '2026-05-01T21:59:59Z', false],
  [call('Yesterday', 'createdon'), '2026-05-01T21:59:59Z', true],
  [call('Tomorrow', 'createdon'), '2026-05-02T22:00:00Z', true],
  [call('ThisMonth', 'createdon'), '2026-04-30T22:00:00Z', true],
  [call('LastMonth', 'createdon'), '2026-04-30T21:59:59Z', true],
  [call('ThisWeek', 'createdon'), '2026-05-02T21:59:59Z', true],
  [call('NextWeek', 'createdon'), '2026-05-02T22:00:00Z', true],
  [call('Last7Days', 'createdon'), '2026-04-24T22:00:00Z', true],
  [call('Last7Days', 'createdon'), '2026-05-01T22:30:01Z', false],
  [call('Next7Days', 'createdon'), '2026-05-01T22:30:00Z', false],
  [call('LastXDays', 'createdon', 'PropertyValue=1'), '2026-04-30T22:00:00Z', true],
  [call('LastXHours', 'createdon', "PropertyValue='1'"), '2026-05-01T21:00:00Z', true],
  [call('OlderThanXMonths', 'createdon', 'PropertyValue=1'), '2026-04-01T21:59:59Z', true],
  [call('OlderThanXMonths', 'createdon', 'PropertyValue=1'), '2026-04-01T22:00:00Z', false],
  [call('On', 'createdon', "PropertyValue='2026-05-02'"), '2026-05-01T22:00:00Z', true],
  [call('OnOrBefore', 'createdon', "PropertyValue='2026-05-02'"), '2026-05-02T22:00:00Z', false],
  [call('OnOrAfter', 'createdon', "PropertyValue='2026-05-02'"), '2026-05-01T21:59:59Z', false],
  [call('In', 'createdon', "PropertyValues=['2026-05-02']"), '2026-05-01T22:00:00Z', true],
  ['createdon eq 2026-05-02', '2026-05-02T00:00:00Z', true],
  ['createdon lt 2026-05-01T22:30:00.5Z', '2026-05-01T22:30:00Z', true],
])('%s of %s is %s', (text, createdon, wanted) => {
  expect(matches(parseTableFilter(text, table), { ...row, createdon }, CONTEXT)).toBe(wanted)
})

test.each([
  [call('Today', 'birthday'), '2026-05-02', true],
  [call('LastXDays', 'birthday', 'PropertyValue=1'), '2026-05-02', true],
  [call('NextXDays', 'birthday', 'PropertyValue=1'), '2026-05-02', false],
  [call('NextXDays', 'birthday', 'PropertyValue=1'), '2026-05-03', true],
  ['birthday eq 2026-05-02T23:00:00Z', '2026-05-02', true],
])('%s of the day %s is %s', (text, birthday, wanted) => {
  expect(matches(parseTableFilter(text, table), { ...row, birthday }, CONTEXT)).toBe(wanted)
})

test.each([
  [call('EqualBusinessId', 'ownerid'), OTHER, true],
  [call('NotEqualBusinessId', 'ownerid'), null, true],
  [call('EqualUserTeams', 'ownerid'), USER, false],
  [call('EqualUserOrUserTeams', 'ownerid'), USER, true],
  [call('EqualUserOrUserTeams', 'ownerid'), OTHER, true],
  // The last group decides, then the first ones byte by byte from their ends.
  ['ownerid gt 00ffffff-1111-4111-8111-111111111110', USER, true],
  ['ownerid gt 00000012-1111-4111-8111-111111111111', USER, false],
])('%s of the id %s is %s', (text, ownerid, wanted) => {
  expect(matches(parseTableFilter(text, table), { ...row, ownerid }, CONTEXT)).toBe(wanted)
})

test.each([
  [call('ContainValues', 'tags', "PropertyValues=['3','2']"), '1,2', true],
  [call('ContainValues', 'tags', "PropertyValues=['1']"), '11', false],
  [call('DoesNotContainValues', 'tags', "PropertyValues=['1']"), null, true],
  ["tags eq '2,1'", '1,2', true],
])('%s of the choices %s is %s', (text, tags, wanted) => {
  expect(matches(parseTableFilter(text, table), { ...row, tags }, CONTEXT)).toBe(wanted)
})

test('a row is never taken for one that matches, nor for one that does not, while what decides is not known', () => {
  const judge = (text: string): string => judgeOf(parseTableFilter(text, table), { userId: USER })(row)
  const team = call('EqualUserTeams', 'ownerid')
  expect(judge(team)).toBe('cannot-tell')
  expect(judge(`not ${team}`)).toBe('cannot-tell')
  expect(judge(call('EqualUserOrUserTeams', 'ownerid'))).toBe('match')
  expect(judge(`${team} and active eq false`)).toBe('no-match')
  expect(judge(`${team} or active eq true`)).toBe('match')
  expect(judge(call('Today', 'createdon'))).toBe('cannot-tell')
  expect(judge(call('On', 'birthday', "PropertyValue='1990-01-02'"))).toBe('match')
  const refusal = caught(() => matches(parseTableFilter(team, table), row, { userId: USER }))
  expect(refusal).toMatchObject({ code: 'refused', place: { rule: 'unknown-fact' } })
})

test('a filter tells what it depends on, and how soon time alone changes it', () => {
  const bound = (text: string): Filter => parseTableFilter(text, table)
  expect(factsOfFilter(bound(`name eq 'x' and ${call('EqualUserId', 'ownerid')}`))).toEqual(['user'])
  expect(factsOfFilter(bound(call('Today', 'birthday')))).toEqual(['time', 'time-zone'])
  expect(factsOfFilter(bound(call('On', 'birthday', "PropertyValue='2026-05-02'")))).toEqual([])
  expect(clockDependence(bound("name eq 'x'"))).toBe('none')
  expect(clockDependence(bound(call('On', 'createdon', "PropertyValue='2026-05-02'")))).toBe('none')
  expect(clockDependence(bound(`not (name eq 'x' or ${call('Today', 'createdon')})`))).toBe('day')
  expect(clockDependence(bound(`${call('Today', 'createdon')} or ${call('Last7Days', 'createdon')}`))).toBe('hour')
  expect(clockDependence(bound(call('LastXDays', 'birthday', 'PropertyValue=3')))).toBe('day')
})

test('`not` before a function becomes its opposite where it has one, and is refused for the master where not', () => {
  const printed = (text: string): string => printFilter(withoutNegatedFunctions(parseTableFilter(text, table)))
  expect(printed(`not ${call('EqualBusinessId', 'ownerid')}`)).toBe(call('NotEqualBusinessId', 'ownerid'))
  expect(printed(`not ${call('On', 'birthday', "PropertyValue='2026-03-01'")}`)).toBe(
    `${call('OnOrBefore', 'birthday', "PropertyValue='2026-02-28'")} or ${call('OnOrAfter', 'birthday', "PropertyValue='2026-03-02'")}`,
  )
  const refusal = caught(() => parseMasterFilter(`active eq true and not ${call('Today', 'createdon')}`, table))
  expect(refusal).toMatchObject({
    code: 'invalid',
    place: { table: 'account', rule: 'negated-function', position: 23 },
  })
})

test.each([
  [call('ThisFiscalYear', 'createdon'), 'unsupported-function'],
  [call('EqualUserOrUserHierarchy', 'ownerid'), 'unsupported-function'],
  [call('NoSuchThing', 'ownerid'), 'unknown-function'],
])('%s is refused by rule %s, with what to do instead', (text, rule) => {
  const refusal = caught(() => parseFilter(text))
  expect(refusal.place.rule).toBe(rule)
  expect(refusal.remedy).toMatch(rule === 'unsupported-function' ? /syncFetchXml/ : /filter/)
})

test.each([
  [call('Today', 'name'), 'name'],
  [call('LastXHours', 'birthday', 'PropertyValue=1'), 'birthday'],
  [call('Between', 'ownerid', "PropertyValues=['1','2']"), 'ownerid'],
  [call('In', 'employees', "PropertyValues=['1','many']"), 'employees'],
  [call('In', 'tags', "PropertyValues=['1']"), 'tags'],
  [call('On', 'createdon', "PropertyValue='2026-02-30'"), 'createdon'],
])('%s does not suit its column', (text, name) => {
  expect(caught(() => parseTableFilter(text, table)).place).toMatchObject({ column: name, rule: 'value-type' })
})

test('a day that does not exist, and a time of nowhere, are refused where they stand', () => {
  expect(caught(() => parseFilter('createdon eq 2026-02-30')).place.position).toBe(13)
  expect(caught(() => parseFilter('createdon eq 2026-02-20T08:00:00')).place.position).toBe(13)
})

test('numbers mean what is written, to the last digit, and what no column can hold is refused', () => {
  const value = (text: string): unknown => {
    const filter = parseFilter(`a eq ${text}`)
    return filter.kind === 'compare' ? filter.value.value : filter
  }
  expect(['1e5', '-0', '-0.0e3', '2.5E-2'].map(value)).toEqual([100_000, 0, 0, 0.025])
  expect(value('12345678901234567891e-3')).toBe('12345678901234567.891')
  expect(value('-1.2345678901234567891E+2')).toBe('-123.45678901234567891')
  expect(['1e25', '1e-7'].map(value)).toEqual(['10000000000000000000000000', '0.0000001'])
  expect(value('1234567890123456789e-20')).toBe('0.01234567890123456789')
  for (const text of ['1e400', '-1e309', '1e-400']) {
    expect(caught(() => parseFilter(`a eq ${text}`)).place.position).toBe(5)
  }
})

test('choices have no order', () => {
  for (const text of ["tags gt '1'", 'tags le tags']) {
    expect(caught(() => parseTableFilter(text, table)).place).toMatchObject({ column: 'tags', rule: 'value-type' })
  }
})

test('a filter nested without end is refused instead of overflowing the stack', () => {
  expect(caught(() => parseFilter('('.repeat(100_000))).code).toBe('invalid')
  expect(caught(() => parseFilter('not '.repeat(100_000))).code).toBe('invalid')
})

function caught(body: () => unknown): OutpostError {
  try {
    body()
  } catch (error) {
    if (error instanceof OutpostError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}
