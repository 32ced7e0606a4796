import { isLookupColumn, targetKey } from '../schema.ts'
import type { ColumnDefinition, LookupColumn, Schema, StoredValue } from '../schema.ts'
import type { Changes, LookupValue } from './changes.ts'
import type { Reference } from './reference.ts'

/** A value given to the server's hand: a lookup is a guid (one target), a reference, or a guid with `x@table` beside it. */
export type GivenValue = StoredValue | Reference

/** Values by logical column name. */
export type GivenValues = Readonly<Record<string, GivenValue>>

function lookupValue(column: LookupColumn, value: GivenValue, table: GivenValue | undefined): LookupValue {
  if (value === null) return null
  if (typeof value === 'object') return { table: value.table, id: value.id.toLowerCase() }
  const target = typeof table === 'string' ? table : column.targets[0]
  if (column.targets.length > 1 && typeof table !== 'string') {
    throw new RangeError(`${column.logicalName} has several targets: give { table, id }`)
  }
  return { table: target ?? '', id: String(value).toLowerCase() }
}

function kindOf({
  type,
}: ColumnDefinition): readonly [kind: string, fits: (value: string | number | boolean) => boolean] {
  switch (type) {
    case 'Boolean':
      return ['true or false', (value) => typeof value === 'boolean']
    case 'Integer':
    case 'Picklist':
    case 'State':
    case 'Status':
      return ['a whole number', (value) => Number.isInteger(value)]
    case 'BigInt':
    case 'Decimal':
    case 'Double':
    case 'Money':
      return ['a number, or one as text', (value) => typeof value !== 'boolean']
    case 'DateTime':
      return ['an ISO date and time', (value) => typeof value === 'string' && !Number.isNaN(Date.parse(value))]
    default:
      return ['a text', (value) => typeof value === 'string']
  }
}

// Code is not checked against the schema by a compiler; a value of another type would be served as it stands.
function typed(column: ColumnDefinition, value: StoredValue, table: string): StoredValue {
  if (value === null) return value
  const [kind, fits] = kindOf(column)
  if (fits(value)) return value
  throw new RangeError(`${table}.${column.logicalName} takes ${kind}, not ${JSON.stringify(value)}`)
}

/** What values of a table given by code ask for. Throws RangeError for what the table does not have. */
export function changesFrom(schema: Schema, table: string, given: GivenValues): Changes {
  const values = new Map<string, StoredValue>()
  const lookups = new Map<string, LookupValue>()
  for (const [name, value] of Object.entries(given)) {
    if (name.endsWith('@table')) continue
    const column = schema.column(table, name)
    if (column === undefined) throw new RangeError(`${table} has no column ${name}`)
    if (isLookupColumn(column)) lookups.set(name, lookupValue(column, value, given[targetKey(name)]))
    else if (value !== null && typeof value === 'object') throw new RangeError(`${table}.${name} is no lookup`)
    else values.set(name, typed(column, value, table))
  }
  return { values, lookups }
}

/** The reverse: what a write asks for, lookups as references. */
export function givenFrom({ values, lookups }: Pick<Changes, 'values' | 'lookups'>): Record<string, GivenValue> {
  return { ...Object.fromEntries(values), ...Object.fromEntries(lookups) }
}
