import { badQuery, MAX_CONDITIONS, notImplemented, tooManyConditions } from '../errors.ts'
import type {
  ComparisonOperator,
  Expression,
  Literal,
  Operand,
  Property,
  QueryFunction,
  TextFunction,
} from './expression.ts'
import { lex } from './lex.ts'
import type { Token } from './lex.ts'

const COMPARISONS: ReadonlySet<string> = new Set<ComparisonOperator>(['eq', 'ne', 'gt', 'ge', 'lt', 'le'])
const TEXT_FUNCTIONS: ReadonlySet<string> = new Set<TextFunction>(['contains', 'startswith', 'endswith'])
const QUERY_FUNCTIONS: Readonly<Record<QueryFunction, 'none' | 'list' | 'pair'>> = {
  In: 'list',
  NotIn: 'list',
  Between: 'pair',
  NotBetween: 'pair',
  EqualUserId: 'none',
  NotEqualUserId: 'none',
  ContainValues: 'list',
  DoesNotContainValues: 'list',
}
const NAMESPACE = 'Microsoft.Dynamics.CRM.'

function isComparison(word: string): word is ComparisonOperator {
  return COMPARISONS.has(word)
}

function isTextFunction(word: string): word is TextFunction {
  return TEXT_FUNCTIONS.has(word)
}

function isQueryFunction(word: string): word is QueryFunction {
  return Object.hasOwn(QUERY_FUNCTIONS, word)
}

class Parser {
  readonly #text: string
  readonly #aliases: ReadonlyMap<string, string>
  readonly #tokens: readonly Token[]
  #next = 0
  #depth = 0
  #conditions = 0

  constructor(text: string, aliases: ReadonlyMap<string, string>) {
    this.#text = text
    this.#aliases = aliases
    this.#tokens = lex(text)
  }

  filter(): Expression {
    const expression = this.#or()
    if (this.#peek().kind !== 'end') throw this.#syntax()
    return expression
  }

  operand(): Operand {
    const operand = this.#operand()
    if (this.#peek().kind !== 'end') throw this.#syntax()
    return operand
  }

  values(): string[] {
    const values = this.#list()
    if (this.#peek().kind !== 'end') throw this.#syntax()
    return values
  }

  #peek(): Token {
    const token = this.#tokens[Math.min(this.#next, this.#tokens.length - 1)]
    if (token === undefined) throw this.#syntax()
    return token
  }

  #syntax(): Error {
    const token = this.#tokens[Math.min(this.#next, this.#tokens.length - 1)]
    return badQuery(`Syntax error at position ${token?.at ?? this.#text.length} in '${this.#text}'.`)
  }

  #word(word: string): boolean {
    const token = this.#peek()
    if (token.kind !== 'word' || token.text !== word) return false
    this.#next++
    return true
  }

  #mark(mark: string): boolean {
    const token = this.#peek()
    if (token.kind !== 'mark' || token.text !== mark) return false
    this.#next++
    return true
  }

  #expect(mark: string): void {
    if (!this.#mark(mark)) throw this.#syntax()
  }

  #or(): Expression {
    let left = this.#and()
    while (this.#word('or')) left = { kind: 'or', left, right: this.#and() }
    return left
  }

  #and(): Expression {
    let left = this.#unary()
    while (this.#word('and')) left = { kind: 'and', left, right: this.#unary() }
    return left
  }

  // `not` binds tighter than `eq` in OData, so `not a eq b` is an error there; it needs parentheses or a function.
  #unary(): Expression {
    if (++this.#depth > 200) throw badQuery(`The filter '${this.#text}' is nested too deeply.`)
    let expression: Expression
    if (this.#word('not')) {
      expression = { kind: 'not', operand: this.#negated() }
    } else if (this.#mark('(')) {
      expression = this.#or()
      this.#expect(')')
      this.#refuseComparison()
    } else {
      expression = this.#predicate()
    }
    this.#depth--
    return expression
  }

  #negated(): Expression {
    const operand = this.#unary()
    if (operand.kind !== 'compare' || this.#tokens[this.#next - 1]?.text === ')') return operand
    throw badQuery(
      `A unary operator with an incompatible type was detected. Found operand type 'Edm.String' for operator kind 'Not'.`,
    )
  }

  #refuseComparison(): void {
    const token = this.#peek()
    if (token.kind === 'word' && isComparison(token.text)) throw notImplemented('comparing the result of an expression')
  }

  #predicate(): Expression {
    if (++this.#conditions > MAX_CONDITIONS) throw tooManyConditions()
    const token = this.#peek()
    const call = this.#tokens[this.#next + 1]
    if (token.kind === 'word' && call?.kind === 'mark' && call.text === '(') {
      this.#next += 2
      const expression = this.#call(token.text)
      this.#refuseComparison()
      return expression
    }
    const left = this.#operand()
    const operator = this.#peek()
    if (operator.kind !== 'word' || !isComparison(operator.text)) return { kind: 'truth', operand: left }
    this.#next++
    return { kind: 'compare', operator: operator.text, left, right: this.#operand() }
  }

  #call(name: string): Expression {
    if (isTextFunction(name)) return this.#textFunction(name)
    if (!name.startsWith(NAMESPACE)) throw notImplemented(`the function '${name}' in $filter`)
    const short = name.slice(NAMESPACE.length)
    if (!isQueryFunction(short)) throw notImplemented(`the query function '${name}'`)
    return this.#queryFunction(short)
  }

  #textFunction(name: TextFunction): Expression {
    const property = this.#operand()
    this.#expect(',')
    const pattern = this.#operand()
    this.#expect(')')
    if (property.kind !== 'property') throw notImplemented(`${name} on something that is not a column`)
    if (pattern.kind !== 'literal') throw notImplemented(`${name} with a column as its second argument`)
    if (pattern.type !== 'string') {
      throw badQuery(
        `No function signature for the function with name '${name}' matches the specified arguments. The function signatures considered are: ${name}(Edm.String Nullable=true, Edm.String Nullable=true).`,
      )
    }
    return { kind: 'text', name, property, pattern }
  }

  #queryFunction(name: QueryFunction): Expression {
    let property: string | undefined
    let values: readonly string[] | undefined
    do {
      const parameter = this.#peek().text
      this.#next++
      this.#expect('=')
      if (parameter === 'PropertyName' && property === undefined) property = this.#propertyName()
      else if (parameter === 'PropertyValues' && values === undefined) values = this.#valuesArgument()
      else throw badQuery(`The parameter '${parameter}' is not valid for the function '${NAMESPACE}${name}'.`)
    } while (this.#mark(','))
    this.#expect(')')
    const takes = QUERY_FUNCTIONS[name]
    const given = values ?? []
    if (property === undefined || (takes === 'none') !== (values === undefined)) {
      throw badQuery(`The parameters of the function '${NAMESPACE}${name}' are not valid.`)
    }
    if ((takes === 'pair' && given.length !== 2) || (takes === 'list' && given.length === 0)) {
      throw badQuery(`The number of values of the function '${NAMESPACE}${name}' is not valid.`)
    }
    return { kind: 'function', name, property: { kind: 'property', name: property }, values: given }
  }

  #propertyName(): string {
    const operand = this.#operand()
    if (operand.kind !== 'literal' || operand.type !== 'string') throw this.#syntax()
    if (operand.text.includes('/')) throw notImplemented('a lookup path in PropertyName')
    return operand.text
  }

  #valuesArgument(): string[] {
    const token = this.#peek()
    if (token.kind !== 'alias') return this.#list()
    this.#next++
    return new Parser(this.#alias(token.text), this.#aliases).values()
  }

  #list(): string[] {
    const values: string[] = []
    this.#expect('[')
    if (this.#mark(']')) return values
    do {
      const token = this.#peek()
      if (token.kind !== 'string') throw this.#syntax()
      values.push(token.text)
      this.#next++
    } while (this.#mark(','))
    if (this.#mark(']')) return values
    throw badQuery(
      "Invalid JSON. A comma character ',' was expected in scope 'Array'. Every two elements in an array and properties of an object must be separated by commas.",
    )
  }

  #alias(name: string): string {
    const text = this.#aliases.get(name)
    if (text === undefined) throw badQuery(`The parameter alias '${name}' has no value in the query.`)
    if (text.startsWith('@')) throw badQuery(`The parameter alias '${name}' refers to another alias.`)
    return text
  }

  #operand(): Operand {
    const token = this.#peek()
    this.#next++
    switch (token.kind) {
      case 'alias':
        return new Parser(this.#alias(token.text), new Map()).operand()
      case 'word':
        return this.#wordOperand(token)
      case 'string':
      case 'number':
      case 'guid':
      case 'date':
      case 'dateTime':
        return { kind: 'literal', type: token.kind, text: token.text } satisfies Literal
      case 'mark':
      case 'end':
        this.#next--
        throw this.#syntax()
    }
  }

  #wordOperand(token: Token): Operand {
    if (token.text === 'null') return { kind: 'literal', type: 'null', text: 'null' }
    if (token.text === 'true' || token.text === 'false') return { kind: 'literal', type: 'boolean', text: token.text }
    const next = this.#peek()
    if (next.kind === 'mark' && next.text === '/') throw notImplemented('lookup paths and any/all in $filter')
    if (next.kind === 'mark' && next.text === '(') throw notImplemented(`the function '${token.text}' in $filter`)
    if (next.kind === 'string') throw notImplemented(`the literal prefix '${token.text}' in $filter`)
    return { kind: 'property', name: token.text } satisfies Property
  }
}

/** Parses `$filter` text; `aliases` holds the `@name` options of the same query. Errors name the position. */
export function parseFilter(text: string, aliases: ReadonlyMap<string, string>): Expression {
  return new Parser(text, aliases).filter()
}
