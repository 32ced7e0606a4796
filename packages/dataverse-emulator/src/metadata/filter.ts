import { badQuery, MAX_CONDITIONS, tooManyConditions, WebApiError } from '../errors.ts'
import { lex } from '../odata/lex.ts'
import type { Token } from '../odata/lex.ts'
import { memberOf } from './described.ts'
import type { Described } from './described.ts'
import { enumTypes } from './model.ts'
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
    const property = path.join('/')
    if (!this.#type.properties.includes(first.text)) throw noSuchMetadataProperty(first.text, this.#type.name)
    const operator = this.#peek()
    const compare = operators.get(operator.text)
    if (operator.kind !== 'word' || compare === undefined) return (described) => valueAt(described, property) === true
    this.#next()
    const literal = this.#literal()
    return (described) => {
      const value = valueAt(described, property)
      return compare(value, comparable(literal, value, property, operatorKinds[operator.text] ?? operator.text))
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

function valueAt(described: Described, path: string): Primitive {
  const [first = '', ...rest] = path.split('/')
  let value = described.properties[first]
  for (const step of rest) {
    // Labels depend on the reader's language, and the service does not filter by them.
    if (value !== undefined && memberOf(value, 'LocalizedLabels') !== undefined) throw notFilterable(path)
    value = value === undefined || value === null ? value : memberOf(value, step)
  }
  if (value === undefined) throw noSuchMetadataProperty(path, described.type)
  if (value !== null && typeof value === 'object') throw notFilterable(path)
  return value
}

function comparable(literal: Primitive | EnumLiteral, value: Primitive, path: string, kind: string): Primitive {
  const enumType = enumTypes[path]
  if (literal === null) return null
  if (typeof literal === 'object') {
    if (literal.enumType !== enumType)
      throw incompatible(`Microsoft.Dynamics.CRM.${literal.enumType}`, edmType(value), kind)
    return literal.member
  }
  if (enumType !== undefined) throw incompatible(`Microsoft.Dynamics.CRM.${enumType}`, edmType(literal), kind)
  const numbers = typeof literal === 'number' && (typeof value === 'number' || typeof value === 'bigint')
  if (value !== null && typeof literal !== typeof value && !numbers)
    throw incompatible(edmType(value), edmType(literal), kind)
  return typeof value === 'bigint' && typeof literal === 'number' ? BigInt(Math.trunc(literal)) : literal
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
