import { QUERY_FUNCTIONS } from '@outpost/core'
import type { ColumnMetadata, QueryFunction } from '@outpost/core'
import { guidFrom, momentFrom, WORDS } from './filter-house.ts'
import type { FilterHouse } from './filter-house.ts'
import type { Draw } from '@outpost/core/testing'

/* Random filter text over all columns and functions of the documented subset, with values that occur now and then. */

const COMPARISONS = ['eq', 'ne', 'gt', 'ge', 'lt', 'le'] as const
const FUNCTIONS = Object.keys(QUERY_FUNCTIONS) as readonly QueryFunction[]
const DATES = FUNCTIONS.filter((name) => ['dates', 'times'].includes(QUERY_FUNCTIONS[name].columns))
const WHO = FUNCTIONS.filter((name) => QUERY_FUNCTIONS[name].columns === 'ids')

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`

export function filterFrom(draw: Draw, house: FilterHouse, depth = 0): string {
  if (depth >= 4 || draw.chance(0.35)) return leaf(draw, house)
  const part = (): string => filterFrom(draw, house, depth + 1)
  switch (draw.pick(['and', 'or', 'not', 'parentheses'] as const)) {
    case 'and':
      return `${part()} and ${part()}`
    case 'or':
      return `${part()}${draw.pick([' ', '\n', '  '])}or ${part()}`
    case 'not':
      return `not (${part()})`
    case 'parentheses':
      return `( ${part()})`
  }
}

function leaf(draw: Draw, house: FilterHouse): string {
  const column = draw.pick(house.columns)
  if (draw.chance(0.08)) return `${column.name} ${draw.pick(['eq', 'ne'])} null`
  if (column.type === 'datetime' || column.type === 'date') return dateLeaf(draw, house, column)
  if (column.type === 'choices') return choicesLeaf(draw)
  if (column.type === 'lookup' || column.type === 'guid') return idLeaf(draw, house, column)
  const value = literalFrom(draw, house, column)
  switch (draw.weighted({ compare: 5, in: 2, between: 2, text: 3, columns: 1 })) {
    case 'compare':
      return `${column.name} ${draw.pick(COMPARISONS)} ${value}`
    case 'in':
      return call(draw.pick(['In', 'NotIn']), column.name, [value, literalFrom(draw, house, column)].map(unquoted))
    case 'between':
      if (['boolean', 'choice', 'state', 'status'].includes(column.type)) return `${column.name} eq ${value}`
      return call(
        draw.pick(['Between', 'NotBetween']),
        column.name,
        [value, literalFrom(draw, house, column)].map(unquoted),
      )
    case 'text': {
      if (column.type !== 'text' && column.type !== 'memo') return `${column.name} ne ${value}`
      const not = draw.pick(['', '', 'not '])
      return `${not}${draw.pick(['contains', 'startswith', 'endswith'])}(${column.name},${quoted(wildcardsFrom(draw))})`
    }
    case 'columns': {
      const others = house.columns.filter(({ type }) => type === column.type)
      return `${column.name} ${draw.pick(COMPARISONS)} ${draw.pick(others).name}`
    }
  }
}

function wildcardsFrom(draw: Draw): string {
  return draw.chance(0.5)
    ? draw.pick(WORDS).slice(0, 1 + draw.below(4))
    : draw.pick([
        '%a',
        'a%a',
        '_',
        '_l%',
        '[ab]',
        '[^a]',
        '[a-c]l',
        '[c-a]',
        '[^]',
        '[',
        ']',
        '[]]',
        '[ab',
        'a[^-]b',
        '%%',
        '',
      ])
}

function literalFrom(draw: Draw, house: FilterHouse, { name, type }: ColumnMetadata): string {
  const found = draw.chance(0.6) ? house.sample(draw, name) : undefined
  switch (type) {
    case 'text':
    case 'memo':
      return quoted(found ?? draw.pick([...WORDS, 'alpha ', '']))
    case 'boolean':
      return found ?? draw.pick(['true', 'false'])
    case 'choice':
    case 'state':
    case 'status':
    case 'integer':
      return found ?? draw.pick(['0', '1', '2', '-250', '77'])
    default:
      return found ?? draw.pick(['0', '0.5', '-12.25', '123.456', '9007199254740993'])
  }
}

/** The value of a literal: arguments of functions are texts, whatever the column. */
function unquoted(literal: string): string {
  return literal.startsWith("'") ? literal.slice(1, -1).replaceAll("''", "'") : literal
}

function call(name: QueryFunction, column: string, values: readonly string[] = []): string {
  const list = values.map(quoted).join(',')
  return `Microsoft.Dynamics.CRM.${name}(PropertyName='${column}'${values.length > 0 ? `,PropertyValues=[${list}]` : ''})`
}

function choicesLeaf(draw: Draw): string {
  const some = draw.pick([['1'], ['2', '3'], ['11'], ['4'], ['1', '11']])
  if (draw.chance(0.3))
    return `new_choices ${draw.pick(['eq', 'ne'])} '${draw.pick(['1', '2,1', '1,2', '3,2,1', '11,1'])}'`
  return call(draw.pick(['ContainValues', 'DoesNotContainValues']), 'new_choices', some)
}

function idLeaf(draw: Draw, house: FilterHouse, { name, type }: ColumnMetadata): string {
  if (draw.chance(0.5)) return call(draw.pick(WHO), name)
  const id = house.sample(draw, name) ?? guidFrom(draw)
  const spelled = draw.chance(0.3) ? id.toUpperCase() : id
  if (draw.chance(0.3)) return call(draw.pick(['In', 'NotIn']), name, [spelled, `{${guidFrom(draw)}}`])
  const column = type === 'lookup' && draw.chance(0.5) ? `_${name}_value` : name
  return `${column} ${draw.pick(type === 'guid' ? COMPARISONS : (['eq', 'ne'] as const))} ${spelled}`
}

function dateLeaf(draw: Draw, house: FilterHouse, { name, type }: ColumnMetadata): string {
  const kinds = { compare: 3, function: 8, in: 1, between: 2, columns: 1 }
  switch (draw.weighted(kinds)) {
    case 'compare':
      return `${name} ${draw.pick(COMPARISONS)} ${timeFrom(draw, house, name, true)}`
    case 'in':
      return call(draw.pick(['In', 'NotIn']), name, [timeFrom(draw, house, name), timeFrom(draw, house, name)])
    case 'between':
      return call(draw.pick(['Between', 'NotBetween']), name, [
        timeFrom(draw, house, name),
        timeFrom(draw, house, name),
      ])
    case 'columns': {
      const others = house.columns.filter((other) => other.type === type)
      return `${name} ${draw.pick(COMPARISONS)} ${draw.pick(others).name}`
    }
    case 'function': {
      const of = draw.pick(DATES)
      const { values, columns } = QUERY_FUNCTIONS[of]
      if (columns === 'times' && type === 'date') return `${name} ne null`
      const head = `Microsoft.Dynamics.CRM.${of}(PropertyName='${name}'`
      if (values === 'none') return `${head})`
      if (values === 'one') return `${head},PropertyValue='${timeFrom(draw, house, name)}')`
      const count = draw.pick([1, 2, 3, 7, 12, 30, 400])
      return `${head},PropertyValue=${draw.chance(0.5) ? count : `'${count}'`})`
    }
  }
}

/** A day or a time: as a literal it says its zone, as an argument of a function it need not. */
function timeFrom(draw: Draw, house: FilterHouse, column: string, isLiteral = false): string {
  const found = draw.chance(0.4) ? house.sample(draw, column) : undefined
  const iso = new Date(found === undefined ? momentFrom(draw) : Date.parse(found)).toISOString()
  const forms = ['day', 'utc', 'offset', 'fraction', 'local'] as const
  switch (draw.pick(isLiteral ? forms.slice(0, 4) : forms)) {
    case 'day':
      return iso.slice(0, 10)
    case 'utc':
      return `${iso.slice(0, 19)}Z`
    case 'offset':
      return `${iso.slice(0, 19)}${draw.pick(['+02:00', '-08:00', '+05:30'])}`
    case 'fraction':
      return `${iso.slice(0, 19)}.5Z`
    default:
      return iso.slice(0, 19)
  }
}
