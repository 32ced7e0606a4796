import { filterError, tokens } from './tokens.ts'
import type { Token } from './tokens.ts'
import { decimalText } from '../rows/decimal.ts'
import { readTime } from './dates.ts'
import type { ComparisonOperator, Filter, FilterValue, TextFunction } from './filter.ts'
import { isQueryFunction, QUERY_FUNCTIONS } from './query-functions.ts'
import type { FunctionValues } from './query-functions.ts'

const COMPARISONS: ReadonlySet<string> = new Set<ComparisonOperator>(['eq', 'ne', 'gt', 'ge', 'lt', 'le'])
const TEXT_FUNCTIONS: ReadonlySet<string> = new Set<TextFunction>(['contains', 'startswith', 'endswith'])
const NAMESPACE = 'Microsoft.Dynamics.CRM.'
const NESTING_LIMIT = 200
/** Decimal and money columns have twelve digits before the point and at most ten after it, doubles a few more. */
const LARGEST_EXPONENT = 100

/** Functions that Dataverse has and that cannot be evaluated here: what they ask for is known to the master alone. */
const MASTERS_OWN = /^(?:.*Fiscal.*|.*Hierarchy.*|Above|AboveOrEqual|Under|UnderOrEqual|NotUnder|EqualUserLanguage)$/

/**
 * Parses the supported subset of OData filter text:
 *
 *   eq ne gt ge lt le · and or not · parentheses · contains startswith endswith · null true false, numbers, 'text',
 *   GUIDs and dates · a column compared with a column ·
 *   Microsoft.Dynamics.CRM.In, NotIn, Between, NotBetween, ContainValues, DoesNotContainValues ·
 *   EqualUserId, NotEqualUserId, EqualBusinessId, NotEqualBusinessId, EqualUserTeams, EqualUserOrUserTeams ·
 *   On, OnOrAfter, OnOrBefore, Yesterday, Today, Tomorrow, Last7Days, Next7Days, Last/This/NextWeek, Month and Year,
 *   Last/NextXHours, Days, Weeks, Months and Years, OlderThanXMinutes, Hours, Days, Weeks, Months and Years
 *
 * `not` binds tighter than `and`, `and` tighter than `or`. A lookup may be written as `ownerid` or as `_ownerid_value`.
 * Throws `invalid` with the position of the first thing it cannot read; nothing is ever ignored.
 */
export function parseFilter(text: string): Filter {
  return new FilterParser(text).parse()
}

class FilterParser {
  readonly #text: string
  readonly #tokens: readonly Token[]
  #at = 0
  #depth = 0

  constructor(text: string) {
    this.#text = text
    this.#tokens = tokens(text)
  }

  parse(): Filter {
    const filter = this.#joined('or')
    if (this.#peek().type !== 'end') throw this.#unexpected("'and', 'or' or the end")
    return filter
  }

  #joined(kind: 'and' | 'or'): Filter {
    const position = this.#peek().position
    const operand = (): Filter => (kind === 'or' ? this.#joined('and') : this.#negated())
    const parts = [operand()]
    while (this.#takeName(kind)) parts.push(operand())
    return parts.length === 1 && parts[0] ? parts[0] : { kind, parts, position }
  }

  #negated(): Filter {
    const position = this.#peek().position
    if (!this.#takeName('not')) return this.#primary()
    return this.#nested(() => ({ kind: 'not', part: this.#negated(), position }))
  }

  #primary(): Filter {
    const token = this.#peek()
    if (token.text === '(' && token.type === 'punctuation') {
      this.#at += 1
      const inner = this.#nested(() => this.#joined('or'))
      this.#expect(')')
      return inner
    }
    if (token.type !== 'name') throw this.#unexpected('a column, a function or an opening parenthesis')
    this.#at += 1
    if (this.#peek().text !== '(' || this.#peek().type !== 'punctuation') return this.#comparison(token)
    if (TEXT_FUNCTIONS.has(token.text)) return this.#textFunction(token)
    if (token.text.startsWith(NAMESPACE)) return this.#queryFunction(token)
    throw filterError(`the function '${token.text}' is not supported`, this.#text, token.position, 'unknown-function')
  }

  #comparison(left: Token): Filter {
    const operator = this.#next()
    if (operator.type !== 'name' || !COMPARISONS.has(operator.text)) {
      throw this.#unexpected('one of eq, ne, gt, ge, lt, le', operator)
    }
    const common = {
      column: this.#column(left),
      operator: operator.text as ComparisonOperator,
      position: left.position,
    }
    const right = this.#next()
    if (right.type === 'name' && !['null', 'true', 'false'].includes(right.text)) {
      return { kind: 'compare-columns', ...common, other: this.#column(right), rightPosition: right.position }
    }
    return { kind: 'compare', ...common, value: this.#literal(right), rightPosition: right.position }
  }

  #textFunction(name: Token): Filter {
    this.#expect('(')
    const column = this.#next()
    if (column.type !== 'name') throw this.#unexpected('a column', column)
    this.#expect(',')
    const value = this.#next()
    if (value.type !== 'text') throw this.#unexpected("a text in single quotes, such as 'Contoso'", value)
    this.#expect(')')
    return {
      kind: 'text',
      function: name.text as TextFunction,
      column: this.#column(column),
      value: value.text,
      position: name.position,
    }
  }

  #queryFunction(name: Token): Filter {
    const shortName = name.text.slice(NAMESPACE.length)
    if (!isQueryFunction(shortName)) throw this.#unknownFunction(name, shortName)
    const { values: takes } = QUERY_FUNCTIONS[shortName]
    this.#expect('(')
    this.#argument('PropertyName')
    const column = this.#next()
    if (column.type !== 'text') throw this.#unexpected("a column name in quotes, such as 'ownerid'", column)
    const values = takes === 'none' ? [] : this.#arguments(takes)
    if (takes === 'two' && values.length !== 2) {
      throw filterError(`${shortName} takes two values, not ${values.length}`, this.#text, name.position)
    }
    this.#expect(')')
    return {
      kind: 'function',
      function: shortName,
      column: this.#column(column),
      values: values.map((value) => value.text),
      ...(values.length === 0 ? {} : { valuePositions: values.map((value) => value.position) }),
      position: name.position,
    }
  }

  #unknownFunction(name: Token, shortName: string): Error {
    const message = `the function '${name.text}' is not supported`
    if (!MASTERS_OWN.test(shortName)) return filterError(message, this.#text, name.position, 'unknown-function')
    const remedy = 'Only the master can answer it: say the same in syncFetchXml instead of a filter.'
    return filterError(message, this.#text, name.position, 'unsupported-function', remedy)
  }

  #arguments(takes: FunctionValues): readonly Token[] {
    this.#expect(',')
    const single = takes === 'one' || takes === 'count'
    this.#argument(single ? 'PropertyValue' : 'PropertyValues')
    if (!single) return this.#list()
    const value = this.#next()
    if (takes === 'one' && (value.type === 'text' || value.type === 'date')) return [value]
    if (takes === 'count' && /^\d{1,9}$/.test(value.text) && Number(value.text) > 0) return [value]
    throw this.#unexpected(
      takes === 'one' ? "a date in quotes, such as '2026-05-01'" : 'a whole number above zero',
      value,
    )
  }

  #argument(name: string): void {
    const token = this.#next()
    if (token.text !== name) throw this.#unexpected(`'${name}='`, token)
    this.#expect('=')
  }

  #list(): readonly Token[] {
    const values: Token[] = []
    this.#expect('[')
    do {
      const value = this.#next()
      if (value.type !== 'text' && value.type !== 'number' && value.type !== 'guid' && value.type !== 'date') {
        throw this.#unexpected('a value', value)
      }
      values.push(value)
    } while (this.#takePunctuation(','))
    this.#expect(']')
    return values
  }

  #literal(token: Token): FilterValue {
    if (token.type === 'text') return { type: 'text', value: token.text }
    if (token.type === 'guid') return { type: 'guid', value: token.text.toLowerCase() }
    if (token.type === 'date') return { type: 'date', value: this.#time(token) }
    if (token.type === 'number') return { type: 'number', value: this.#number(token) }
    if (token.text === 'null') return { type: 'null', value: null }
    if (token.text === 'true' || token.text === 'false') return { type: 'boolean', value: token.text === 'true' }
    throw this.#unexpected('a value', token)
  }

  /** What a double cannot hold exactly, or is written with an exponent only, is decimal text. */
  #number(token: Token): number | string {
    const [written = '', exponent = '0'] = token.text.toLowerCase().split('e')
    if (Math.abs(Number(exponent)) > LARGEST_EXPONENT) throw this.#unexpected('a number that a column can hold', token)
    const number = Number(token.text)
    const digits = written.replace(/[-.]/g, '').replace(/^0+/, '').length
    // Not the negative zero, which would be another one after being printed and read again.
    if (digits <= 15 && !String(number).includes('e')) return number === 0 ? 0 : number
    return Number(exponent) === 0 ? token.text : decimalText(shifted(written, Number(exponent)))
  }

  #time(token: Token): string {
    const time = readTime(token.text)
    if (!time) throw this.#unexpected('a day or time that exists, from 1753-01-01 on', token)
    if (time.hasTime && time.offsetMs === null)
      throw this.#unexpected('a time with its zone, Z or such as +02:00', token)
    return token.text
  }

  #column(token: Token): string {
    if (/[./@]/.test(token.text)) {
      const message = `'${token.text}' is not a column; paths, aliases and lambda expressions are not supported`
      throw filterError(message, this.#text, token.position, 'unknown-column')
    }
    return /^_(\w+)_value$/.exec(token.text)?.[1] ?? token.text
  }

  /** Guards the call stack: what comes from a configuration file must not be able to overflow it. */
  #nested(parse: () => Filter): Filter {
    this.#depth += 1
    if (this.#depth > NESTING_LIMIT) {
      throw filterError(`more than ${NESTING_LIMIT} levels of nesting`, this.#text, this.#peek().position)
    }
    const filter = parse()
    this.#depth -= 1
    return filter
  }

  #peek(): Token {
    return this.#tokens[Math.min(this.#at, this.#tokens.length - 1)] ?? { type: 'end', text: '', position: 0 }
  }

  #next(): Token {
    const token = this.#peek()
    this.#at += 1
    return token
  }

  #takeName(name: string): boolean {
    const token = this.#peek()
    if (token.type !== 'name' || token.text !== name) return false
    this.#at += 1
    return true
  }

  #takePunctuation(text: string): boolean {
    const token = this.#peek()
    if (token.type !== 'punctuation' || token.text !== text) return false
    this.#at += 1
    return true
  }

  #expect(text: string): void {
    if (!this.#takePunctuation(text)) throw this.#unexpected(`'${text}'`)
  }

  #unexpected(wanted: string, token: Token = this.#peek()): Error {
    const found = token.type === 'end' ? 'the text ends' : `found '${token.text}'`
    return filterError(`${wanted} expected, ${found}`, this.#text, token.position)
  }
}

/** Decimal digits with their point moved. */
function shifted(digits: string, exponent: number): string {
  const [, sign = '', whole = '', rest = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(digits) ?? []
  const all = '0'.repeat(Math.max(0, -exponent)) + whole + rest + '0'.repeat(Math.max(0, exponent))
  const point = Math.max(0, -exponent) + whole.length + exponent
  return `${sign}${all.slice(0, point)}${point < all.length ? `.${all.slice(point)}` : ''}`
}
