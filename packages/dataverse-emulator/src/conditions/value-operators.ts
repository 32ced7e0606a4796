import { badQuery, notImplemented } from '../errors.ts'
import type { ColumnKind } from '../odata/column-kind.ts'
import { comparison } from '../odata/compare-values.ts'
import type { QueryValue } from '../odata/compare-values.ts'
import { likePattern } from '../odata/like.ts'
import { choicesText, queryValue } from '../odata/literal-value.ts'
import type { ColumnDefinition } from '../schema.ts'
import type { Condition, ConditionContext, ConditionOperator, QueryColumn, ValueCount } from './condition.ts'
import { storedTime } from './in-span.ts'

function isText({ type }: ColumnDefinition): boolean {
  return type === 'String' || type === 'Memo' || type === 'EntityName'
}

function isOrdered({ type }: ColumnDefinition): boolean {
  return type !== 'Boolean' && type !== 'MultiSelectPicklist'
}

function hasRange({ type }: ColumnDefinition): boolean {
  return ['Integer', 'BigInt', 'Decimal', 'Double', 'Money', 'DateTime', 'String', 'Memo'].includes(type)
}

/** A value of the column from its text in a condition. */
function valueOf({ definition, kind }: QueryColumn, text: string, { timeZone }: ConditionContext): QueryValue {
  if (definition.type === 'DateTime') {
    const value = storedTime(definition, text, timeZone)
    if (value !== undefined) return value
    throw badQuery(`The date-time format for '${text}' is invalid, or value is outside the supported range.`)
  }
  if (definition.type === 'MultiSelectPicklist') return choicesText(text)
  return queryValue(kind, kind === 'guid' ? text.replace(/[{}]/g, '') : text)
}

type Bind = ConditionOperator['bind']

function compares(holds: (order: number) => boolean, ifNull: boolean | null): Bind {
  return (column, [text = ''], context) => {
    const { kind, value } = column
    const wanted = valueOf(column, text, context)
    const order = comparison(kind)
    return (row) => {
      const found = value(row)
      return found === null ? ifNull : holds(order(found, wanted))
    }
  }
}

function matches(pattern: (text: string) => string, negated: boolean): Bind {
  return ({ value }, [text = '']) => {
    const like = likePattern(pattern(text))
    return (row) => {
      const found = value(row)
      return found === null ? (negated ? true : null) : like.test(String(found)) !== negated
    }
  }
}

function setKey(kind: ColumnKind, value: QueryValue): string {
  return kind === 'text' ? String(value).toLowerCase().trimEnd() : String(value)
}

function isIn(negated: boolean): Bind {
  return (column, texts, context): Condition => {
    const { kind, value } = column
    if (column.definition.type === 'MultiSelectPicklist') throw notImplemented('In and NotIn of choices columns')
    const values = texts.map((text) => valueOf(column, text, context))
    if (kind === 'exact') {
      const order = comparison(kind)
      return (row) => {
        const found = value(row)
        return found === null ? negated : values.some((one) => order(found, one) === 0) !== negated
      }
    }
    const keys = new Set(values.map((one) => setKey(kind, one)))
    return (row) => {
      const found = value(row)
      return found === null ? negated : keys.has(setKey(kind, found)) !== negated
    }
  }
}

function isBetween(negated: boolean): Bind {
  return (column, texts, context) => {
    const [low, high] = texts.map((text) => valueOf(column, text, context))
    const order = comparison(column.kind)
    return (row) => {
      const found = column.value(row)
      if (found === null || low === undefined || high === undefined) return null
      return (order(found, low) >= 0 && order(found, high) <= 0) !== negated
    }
  }
}

function containsValues(negated: boolean): Bind {
  return ({ value }, texts) => {
    for (const text of texts) queryValue('number', text)
    const wanted = new Set(texts.map((text) => text.trim()))
    return (row) => {
      const found = value(row)
      const has =
        found !== null &&
        String(found)
          .split(',')
          .some((one) => wanted.has(one))
      return has !== negated
    }
  }
}

function operator(
  name: string,
  fetchNames: readonly string[],
  values: ValueCount,
  takes: (column: ColumnDefinition) => boolean,
  bind: Bind,
  isFunction = false,
): ConditionOperator {
  return { name, fetchNames, isFunction, values, counts: false, takes, bind }
}

const anything = (): boolean => true
const isChoices = ({ type }: ColumnDefinition): boolean => type === 'MultiSelectPicklist'

/** Operators that compare a column with values of its own type. Only some are query functions; OData has its own words for the others. */
export const valueOperators: readonly ConditionOperator[] = [
  operator(
    'Equal',
    ['eq'],
    'one',
    anything,
    compares((order) => order === 0, false),
  ),
  operator(
    'NotEqual',
    ['ne', 'neq'],
    'one',
    anything,
    compares((order) => order !== 0, true),
  ),
  operator(
    'GreaterThan',
    ['gt'],
    'one',
    isOrdered,
    compares((order) => order > 0, null),
  ),
  operator(
    'LessThan',
    ['lt'],
    'one',
    isOrdered,
    compares((order) => order < 0, null),
  ),
  operator(
    'GreaterEqual',
    ['ge'],
    'one',
    isOrdered,
    compares((order) => order >= 0, null),
  ),
  operator(
    'LessEqual',
    ['le'],
    'one',
    isOrdered,
    compares((order) => order <= 0, null),
  ),
  operator(
    'Like',
    ['like'],
    'one',
    isText,
    matches((text) => text, false),
  ),
  operator(
    'NotLike',
    ['not-like'],
    'one',
    isText,
    matches((text) => text, true),
  ),
  operator(
    'BeginsWith',
    ['begins-with'],
    'one',
    isText,
    matches((text) => `${text}%`, false),
  ),
  operator(
    'DoesNotBeginWith',
    ['not-begin-with'],
    'one',
    isText,
    matches((text) => `${text}%`, true),
  ),
  operator(
    'EndsWith',
    ['ends-with'],
    'one',
    isText,
    matches((text) => `%${text}`, false),
  ),
  operator(
    'DoesNotEndWith',
    ['not-end-with'],
    'one',
    isText,
    matches((text) => `%${text}`, true),
  ),
  operator(
    'Null',
    ['null'],
    'none',
    anything,
    ({ value }) =>
      (row) =>
        value(row) === null,
  ),
  operator(
    'NotNull',
    ['not-null'],
    'none',
    anything,
    ({ value }) =>
      (row) =>
        value(row) !== null,
  ),
  operator('In', ['in'], 'list', anything, isIn(false), true),
  operator('NotIn', ['not-in'], 'list', anything, isIn(true), true),
  operator('Between', ['between'], 'pair', hasRange, isBetween(false), true),
  operator('NotBetween', ['not-between'], 'pair', hasRange, isBetween(true), true),
  operator('ContainValues', ['contain-values'], 'list', isChoices, containsValues(false), true),
  operator('DoesNotContainValues', ['not-contain-values'], 'list', isChoices, containsValues(true), true),
]
