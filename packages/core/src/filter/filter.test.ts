import { expect, test } from 'vitest'
import { OutpostError } from '../errors.ts'
import type { Row } from '../row.ts'
import { column, tableMetadata } from '../testing/sample-metadata.ts'
import { parseTableFilter } from './bind.ts'
import { matches } from './evaluate.ts'
import type { Filter } from './filter.ts'
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
