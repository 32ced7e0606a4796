import { isEnumType, propertyType } from '../csdl/property-type.ts'
import { badQuery, MAX_CONDITIONS, tooManyConditions, WebApiError } from '../errors.ts'
import { lex } from '../odata/lex.ts'
import type { Token } from '../odata/lex.ts'
import { memberOf, propertyOf } from './described.ts'
import type { Described } from './described.ts'
import { noSuchMetadataProperty } from './refusals.ts'
import type { ModelType } from './model.ts'

/** A compiled metadata `$filter`. */
export type MetadataTest = (described: Described) => boolean

type Primitive = string | number | bigint | boolean | null

interface EnumLiteral {
  readonly enumType: string
  readonly member: string
}

type Comparison = (left: Primitive, right: Primitive) => boolean

const operators: ReadonlyMap<string, Comparison> = new Map<string, Comparison>(
  Object.entries({
    eq: (left, right) => left === right,
    ne: (left, right) => left !== right,
    gt: (left, right) => left !== null && right !== null && left > right,
    ge: (left, right) => left !== null && right !== null && left >= right,
    lt: (left, right) => left !== null && right !== null && left < right,
    le: (left, right) => left !== null && right !== null && left <= right,
  } satisfies Record<string, Comparison>),
)
const operatorKinds: Readonly<Record<string, string>> = {
  eq: 'Equal',
  ne: 'NotEqual',
  gt: 'GreaterThan',
  ge: 'GreaterThanOrEqual',
  lt: 'LessThan',
  le: 'LessThanOrEqual',
}

/**
 * Compiles the subset of `$filter` that metadata sets take: comparisons of primitive and enum properties (inside a
 * complex property by path) with literals, `and`, `or`, `not`, parentheses. Functions are refused as the service
 * refuses them.
 */
export function compileMetadataFilter(text: string, type: ModelType): MetadataTest {
  const parser = new Parser(lex(text), text, type)
  return parser.whole()
}

class Parser {
  readonly #tokens: readonly Token[]
  readonly #text: string
  readonly #type: ModelType
  #at = 0
  #depth = 0
  #conditions = 0

  constructor(tokens: readonly Token[], text: string, type: ModelType) {
    this.#tokens = tokens
    this.#text = text
    this.#type = type
  }

  whole(): MetadataTest {
    const test = this.#or()
    if (this.#peek().kind !== 'end') throw this.#unexpected(this.#peek())
    return test
  }

  #or(): MetadataTest {
    let left = this.#and()
    while (this.#takeWord('or')) {
      const [before, after] = [left, this.#and()]
      left = (described) => before(described) || after(described)
    }
    return left
  }

  #and(): MetadataTest {
    let left = this.#unary()
    while (this.#takeWord('and')) {
      const [before, after] = [left, this.#unary()]
      left = (described) => before(described) && after(described)
    }
    return left
  }

  #unary(): MetadataTest {
    if (++this.#depth > 200) throw badQuery('The filter is nested too deeply.')
    const test = this.#operand()
    this.#depth--
    return test
  }

  #operand(): MetadataTest {
    if (this.#takeWord('not')) {
      const operand = this.#unary()
      return (described) => !operand(described)
    }
    if (this.#takeMark('(')) {
      const inner = this.#or()
      if (!this.#takeMark(')')) throw this.#unexpected(this.#peek())
      return inner
    }
    return this.#comparison()
  }

  #comparison(): MetadataTest {
    if (++this.#conditions > MAX_CONDITIONS) throw tooManyConditions()
    const first = this.#next()
    if (first.kind !== 'word') throw this.#unexpected(first)
    if (this.#peek().text === '(' && this.#peek().kind === 'mark') throw unsupportedFunction(first.text)
    const path = [first.text]
    while (this.#takeMark('/')) path.push(this.#next().text)
    if (!this.#type.properties.includes(first.text)) throw noSuchMetadataProperty(first.text, this.#type.name)
    const declared = declaredType(this.#type.name, path)
    const operator = this.#peek()
    const compare = operators.get(operator.text)
    if (operator.kind !== 'word' || compare === undefined) {
      if (declared !== 'Edm.Boolean') throw this.#unexpected(operator)
      return (described) => valueAt(described, path) === true
    }
    this.#next()
    const kind = operatorKinds[operator.text] ?? operator.text
    const wanted = comparable(this.#literal(), declared, kind)
    return (described) => {
      const value = valueAt(described, path)
      return typeof value === 'bigint' && typeof wanted === 'number'
        ? compare(value, BigInt(Math.trunc(wanted)))
        : compare(value, wanted)
    }
  }

  #literal(): Primitive | EnumLiteral {
    const token = this.#next()
    switch (token.kind) {
      case 'string':
        return token.text
      case 'guid':
        return token.text.toLowerCase()
      case 'number':
        return Number(token.text)
      case 'dateTime':
      case 'date':
        return token.text
      case 'word':
        if (token.text === 'true' || token.text === 'false') return token.text === 'true'
        if (token.text === 'null') return null
        if (this.#peek().kind === 'string') {
          const prefix = 'Microsoft.Dynamics.CRM.'
          if (!token.text.startsWith(prefix)) throw this.#unexpected(token)
          return { enumType: token.text.slice(prefix.length), member: this.#next().text }
        }
        throw this.#unexpected(token)
      default:
        throw this.#unexpected(token)
    }
  }

  #peek(): Token {
    return this.#tokens[this.#at] ?? { kind: 'end', text: '', at: this.#text.length }
  }

  #next(): Token {
    const token = this.#peek()
    this.#at += 1
    return token
  }

  #takeWord(word: string): boolean {
    if (this.#peek().kind !== 'word' || this.#peek().text !== word) return false
    this.#at += 1
    return true
  }

  #takeMark(mark: string): boolean {
    if (this.#peek().kind !== 'mark' || this.#peek().text !== mark) return false
    this.#at += 1
    return true
  }

  #unexpected(token: Token): WebApiError {
    return badQuery(`Syntax error at position ${token.at} in '${this.#text}'.`)
  }
}

/** The type of what a path leads to; refuses what the model does not have and what cannot be compared. */
function declaredType(type: string, path: readonly string[]): string {
  let at = type
  for (const step of path) {
    // Labels depend on the reader's language, and the service does not filter by them.
    if (at === 'Label') throw notFilterable(path.join('/'))
    const next = propertyType(at, step)
    if (next === undefined) throw noSuchMetadataProperty(step, at)
    at = next
  }
  if (!at.startsWith('Edm.') && !isEnumType(at)) throw notFilterable(path.join('/'))
  return at
}

function valueAt(described: Described, path: readonly string[]): Primitive {
  const [first = '', ...rest] = path
  let value = propertyOf(described, first)
  for (const step of rest) value = value === undefined || value === null ? value : memberOf(value, step)
  return value === undefined || (value !== null && typeof value === 'object') ? null : value
}

function comparable(literal: Primitive | EnumLiteral, declared: string, kind: string): Primitive {
  if (literal === null) return null
  const left = declared.startsWith('Edm.') ? declared : `Microsoft.Dynamics.CRM.${declared}`
  if (typeof literal === 'object') {
    if (literal.enumType !== declared) throw incompatible(left, `Microsoft.Dynamics.CRM.${literal.enumType}`, kind)
    return literal.member
  }
  const fits = typeof literal === (literalTypes[declared] ?? 'string') && !isEnumType(declared)
  if (!fits) throw incompatible(left, edmType(literal), kind)
  return literal
}

const literalTypes: Readonly<Record<string, string>> = {
  'Edm.Boolean': 'boolean',
  'Edm.Int16': 'number',
  'Edm.Int32': 'number',
  'Edm.Int64': 'number',
  'Edm.Decimal': 'number',
  'Edm.Double': 'number',
}

function edmType(value: Primitive): string {
  if (typeof value === 'boolean') return 'Edm.Boolean'
  if (typeof value === 'bigint') return 'Edm.Int64'
  return typeof value === 'number' ? 'Edm.Int32' : 'Edm.String'
}

function incompatible(left: string, right: string, kind: string): WebApiError {
  return badQuery(
    `A binary operator with incompatible types was detected. Found operand types '${left}' and '${right}' for operator kind '${kind}'.`,
  )
}

function notFilterable(path: string): WebApiError {
  return badQuery(
    `The property '${path}' cannot be used in the $filter query option: it is neither primitive nor an enum.`,
  )
}

function unsupportedFunction(name: string): WebApiError {
  return new WebApiError(501, '0x8006088a', `The "${name}" function isn't supported for Metadata Entities.`)
}
