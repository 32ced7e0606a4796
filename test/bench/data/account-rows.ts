import type { ColumnValue, Row } from '@outpost/core'

/** Numbers from 0 to 1, the same ones for the same seed. */
type Random = () => number

/** A column of the benched table; `type` is its `AttributeTypeName` without the word Type. */
export interface Column {
  readonly name: string
  readonly type: string
  readonly targets?: readonly string[]
  readonly value: (random: Random, index: number) => ColumnValue
}

/** With a greater one the numbers below would not be exact, and rows the same. */
export const GREATEST_SEED = 2 ** 31 - 1
export const FIRST_VERSION = 1_000_000
/** The column beside the polymorphic lookup that names the table it points to. */
export const OWNER_TABLE = 'ownerid$table'
export const INDEXES: readonly (readonly string[])[] = [['name'], ['modifiedon'], ['ownerid', 'statecode']]

/** Thirty columns that make about 1.2 kB of JSON. */
export const COLUMNS: readonly Column[] = [
  { name: 'accountid', type: 'Uniqueidentifier', value: (random) => guid(random) },
  { name: 'versionnumber', type: 'BigInt', value: (_, index) => String(FIRST_VERSION + index) },
  { name: 'name', type: 'String', value: (random, index) => `${words(random, 2)} ${index}` },
  { name: 'accountnumber', type: 'String', value: (_, index) => `A-${String(index).padStart(8, '0')}` },
  { name: 'emailaddress1', type: 'String', value: (random, index) => `office.${index}@${words(random, 1)}.example` },
  { name: 'telephone1', type: 'String', value: (random) => `+45 ${digits(random, 8)}` },
  { name: 'telephone2', type: 'String', value: (random) => orNull(random, () => `+45 ${digits(random, 8)}`) },
  { name: 'websiteurl', type: 'String', value: (random) => `https://www.${words(random, 1)}.example/contact` },
  { name: 'address1_line1', type: 'String', value: (random) => `${words(random, 1)} street ${digits(random, 2)}` },
  { name: 'address1_city', type: 'String', value: (random) => words(random, 1) },
  { name: 'address1_postalcode', type: 'String', value: (random) => digits(random, 4) },
  { name: 'address1_country', type: 'String', value: (random) => words(random, 1) },
  { name: 'description', type: 'Memo', value: (random) => words(random, 18) },
  { name: 'industrycode', type: 'Picklist', value: (random) => 1 + below(random, 30) },
  { name: 'customertypecode', type: 'Picklist', value: (random) => orNull(random, () => 1 + below(random, 12)) },
  { name: 'preferredcontactmethodcode', type: 'Picklist', value: (random) => 1 + below(random, 5) },
  { name: 'statecode', type: 'State', value: (random) => below(random, 2) },
  { name: 'statuscode', type: 'Status', value: (random) => 1 + below(random, 2) },
  { name: 'revenue', type: 'Money', value: (random) => below(random, 1e9) / 100 },
  { name: 'creditlimit', type: 'Money', value: (random) => orNull(random, () => below(random, 1e7) / 100) },
  { name: 'exchangerate', type: 'Decimal', value: (random) => below(random, 1e9) / 1e8 },
  { name: 'numberofemployees', type: 'Integer', value: (random) => below(random, 10_000) },
  { name: 'creditonhold', type: 'Boolean', value: (random) => random() < 0.1 },
  { name: 'donotemail', type: 'Boolean', value: (random) => random() < 0.5 },
  { name: 'createdon', type: 'DateTime', value: (random) => time(below(random, 1e8)) },
  { name: 'modifiedon', type: 'DateTime', value: (random, index) => time(1e8 + index * 7 + below(random, 7)) },
  {
    name: 'ownerid',
    type: 'Owner',
    targets: ['systemuser', 'team'],
    value: (random) => oneOf(random, 50),
  },
  { name: 'parentaccountid', type: 'Lookup', targets: ['account'], value: (random) => oneOf(random, 1000) },
  { name: 'primarycontactid', type: 'Lookup', targets: ['contact'], value: (random) => guid(random) },
  { name: 'territoryid', type: 'Lookup', targets: ['territory'], value: (random) => oneOf(random, 20) },
]

/** The row at that place in the order of versions, as a client has it. */
export function accountRow(seed: number, index: number): Row {
  const random = randomOf(seed, index)
  const values: Record<string, ColumnValue> = {}
  for (const column of COLUMNS) values[column.name] = column.value(random, index)
  values[OWNER_TABLE] = random() < 0.8 ? 'systemuser' : 'team'
  return values
}

/** The id of that row. */
export function accountId(seed: number, index: number): string {
  return guid(randomOf(seed, index))
}

/** The row as the Web API writes it. */
export function wireRow(row: Row): object {
  const wire: Record<string, ColumnValue | undefined> = { '@odata.etag': `W/"${row['versionnumber']}"` }
  for (const { name, type, targets } of COLUMNS) {
    if (!targets) {
      wire[name] = type === 'BigInt' ? Number(row[name]) : row[name]
      continue
    }
    if (targets.length > 1) wire[`_${name}_value@Microsoft.Dynamics.CRM.lookuplogicalname`] = row[OWNER_TABLE]
    wire[`_${name}_value`] = row[name]
  }
  return wire
}

function randomOf(seed: number, index: number): Random {
  return randomFrom(seed * 4_000_037 + index)
}

const WORDS =
  'amber basin cedar delta ember fjord grove haven inlet jetty knoll ledge marsh north ocean pines quarry ridge'.split(
    ' ',
  )

function words(random: Random, count: number): string {
  return Array.from({ length: count }, () => WORDS[below(random, WORDS.length)]).join(' ')
}

function digits(random: Random, count: number): string {
  return String(below(random, 10 ** count)).padStart(count, '0')
}

function time(seconds: number): string {
  return new Date(Date.UTC(2019, 0, 1) + seconds * 1000).toISOString().replace('.000Z', 'Z')
}

function orNull<T>(random: Random, value: () => T): T | null {
  return random() < 0.3 ? null : value()
}

/** The id of one of so many rows of another table. */
function oneOf(random: Random, count: number): string {
  return guid(randomFrom(below(random, count)))
}

function guid(random: Random): string {
  const hex = Array.from({ length: 4 }, () =>
    below(random, 2 ** 32)
      .toString(16)
      .padStart(8, '0'),
  ).join('')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`
}

function below(random: Random, bound: number): number {
  return Math.floor(random() * bound)
}

/** Tommy Ettinger's mulberry32. */
function randomFrom(seed: number): Random {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
