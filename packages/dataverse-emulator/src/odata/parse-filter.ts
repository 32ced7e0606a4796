import { badQuery, MAX_CONDITIONS, notImplemented, tooManyConditions } from '../errors.ts'
import type { ConditionOperator } from '../conditions/condition.ts'
import { operatorOfFunction } from '../conditions/operators.ts'
import type { ComparisonOperator, Expression, Lambda, Literal, Operand, Property, TextFunction } from './expression.ts'
import { lex } from './lex.ts'
import type { Token } from './lex.ts'

const COMPARISONS: ReadonlySet<string> = new Set<ComparisonOperator>(['eq', 'ne', 'gt', 'ge', 'lt', 'le'])
const TEXT_FUNCTIONS: ReadonlySet<string> = new Set<TextFunction>(['contains', 'startswith', 'endswith'])
/** Operators of OData that the emulator leaves out. */
const OTHER_OPERATORS: ReadonlySet<string> = new Set(['add', 'sub', 'mul', 'div', 'divby', 'mod', 'has', 'in'])
const NAMESPACE = 'Microsoft.Dynamics.CRM.'

function isComparison(word: string): word is ComparisonOperator {
  return COMPARISONS.has(word)
}

function isTextFunction(word: string): word is TextFunction {
  return TEXT_FUNCTIONS.has(word)
}

/** The parameters of a query function besides PropertyName, and whether their values are texts or whole numbers. */
function parametersOf({ values, counts }: ConditionOperator): readonly string[] {
  if (values === 'none') return []
  if (values === 'one') return ['PropertyValue']
  return counts ? ['PropertyValue1', 'PropertyValue2'] : ['PropertyValues']
}

class Parser {
  readonly #text: string
  readonly #aliases: ReadonlyMap<string, string> | undefined
  readonly #tokens: readonly Token[]
  #next = 0
  #depth = 0
  #conditions = 0
  #variables: readonly string[] = []

  constructor(text: string, aliases: ReadonlyMap<string, string> | undefined) {
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
    const left = this.#pathOrOperand()
    if (left.kind === 'lambda') {
      this.#refuseComparison()
      return left
    }
    const operator = this.#peek()
    if (operator.kind === 'word' && OTHER_OPERATORS.has(operator.text)) {
      throw notImplemented(`the operator '${operator.text}' in $filter`)
    }
    if (operator.kind !== 'word' || !isComparison(operator.text)) return { kind: 'truth', operand: left }
    this.#next++
    return { kind: 'compare', operator: operator.text, left, right: this.#operand() }
  }

  #call(name: string): Expression {
    if (isTextFunction(name)) return this.#textFunction(name)
    if (!name.startsWith(NAMESPACE)) throw notImplemented(`the function '${name}' in $filter`)
    const operator = operatorOfFunction(name.slice(NAMESPACE.length))
    if (operator === undefined) throw notImplemented(`the query function '${name}'`)
    return this.#queryFunction(operator)
  }

  #lambda(collection: Property, quantifier: 'any' | 'all'): Lambda {
    if (quantifier === 'any' && this.#mark(')')) {
      return { kind: 'lambda', quantifier, collection, parameter: undefined, predicate: undefined }
    }
    const parameter = this.#peek()
    if (parameter.kind !== 'word' || this.#variables.includes(parameter.text)) throw this.#syntax()
    this.#next++
    this.#expect(':')
    const outer = this.#variables
    this.#variables = [...outer, parameter.text]
    const predicate = this.#or()
    this.#variables = outer
    this.#expect(')')
    return { kind: 'lambda', quantifier, collection, parameter: parameter.text, predicate }
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

  #queryFunction(operator: ConditionOperator): Expression {
    const name = `${NAMESPACE}${operator.name}`
    const parameters = parametersOf(operator)
    const given = new Map<string, readonly string[]>()
    let property: Property | undefined
    do {
      const parameter = this.#peek().text
      this.#next++
      this.#expect('=')
      if (parameter === 'PropertyName' && property === undefined) property = this.#propertyName()
      else if (parameters.includes(parameter) && !given.has(parameter)) {
        given.set(parameter, parameter === 'PropertyValues' ? this.#valuesArgument() : [this.#value(operator)])
      } else throw badQuery(`The parameter '${parameter}' is not valid for the function '${name}'.`)
    } while (this.#mark(','))
    this.#expect(')')
    if (property === undefined || given.size !== parameters.length) {
      throw badQuery(`The parameters of the function '${name}' are not valid.`)
    }
    return { kind: 'function', operator, property, values: parameters.flatMap((one) => given.get(one) ?? []) }
  }

  #propertyName(): Property {
    const operand = this.#operand()
    if (operand.kind !== 'literal' || operand.type !== 'string') throw this.#syntax()
    return this.#property(operand.text.split('/'))
  }

  #value({ name, counts }: ConditionOperator): string {
    const operand = this.#operand()
    // The samples of the documentation write numbers with quotes and without.
    if (
      operand.kind === 'literal' &&
      counts &&
      /^(?:number|string)$/.test(operand.type) &&
      /^-?\d+$/.test(operand.text)
    )
      return operand.text
    if (operand.kind === 'literal' && !counts && operand.type === 'string') return operand.text
    throw badQuery(
      `The value of a parameter of the function '${NAMESPACE}${name}' is not of the type '${counts ? 'Edm.Int64' : 'Edm.String'}'.`,
    )
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
      if (token.kind !== 'string' && token.kind !== 'jsonString') throw this.#syntax()
      values.push(token.text)
      this.#next++
    } while (this.#mark(','))
    if (this.#mark(']')) return values
    throw badQuery(
      "Invalid JSON. A comma character ',' was expected in scope 'Array'. Every two elements in an array and properties of an object must be separated by commas.",
    )
  }

  // An alias that has no value is null.
  #alias(name: string): string {
    if (this.#aliases === undefined) throw badQuery(`The parameter alias '${name}' can't be used inside $expand.`)
    const text = this.#aliases.get(name) ?? 'null'
    if (text.startsWith('@')) throw badQuery(`The parameter alias '${name}' refers to another alias.`)
    return text
  }

  #operand(): Operand {
    const operand = this.#pathOrOperand()
    if (operand.kind === 'lambda') throw notImplemented('comparing the result of an expression')
    return operand
  }

  #pathOrOperand(): Operand | Lambda {
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
      case 'jsonString':
        throw badQuery(`Syntax error: character '"' is not valid at position ${token.at} in '${this.#text}'.`)
      case 'mark':
      case 'end':
        this.#next--
        throw this.#syntax()
    }
  }

  #wordOperand(token: Token): Operand | Lambda {
    if (token.text === 'null') return { kind: 'literal', type: 'null', text: 'null' }
    if (token.text === 'true' || token.text === 'false') return { kind: 'literal', type: 'boolean', text: token.text }
    const next = this.#peek()
    if (token.text.startsWith('$')) throw notImplemented(`'${token.text}' in $filter`)
    if (next.kind === 'mark' && next.text === '(') throw notImplemented(`the function '${token.text}' in $filter`)
    if (next.kind === 'string') throw notImplemented(`the literal prefix '${token.text}' in $filter`)
    const segments = [token.text]
    while (this.#mark('/')) {
      const segment = this.#peek()
      if (segment.kind !== 'word') throw this.#syntax()
      this.#next++
      if (!this.#mark('(')) {
        segments.push(segment.text)
        continue
      }
      if (segment.text !== 'any' && segment.text !== 'all') {
        throw notImplemented(`the function '${segment.text}' in $filter`)
      }
      return this.#lambda(this.#property(segments), segment.text)
    }
    return this.#property(segments)
  }

  #property(segments: readonly string[]): Property {
    const [first = ''] = segments
    const variable = this.#variables.includes(first) ? first : undefined
    const path = segments.slice(variable === undefined ? 0 : 1, -1)
    const name = segments.at(-1) ?? ''
    if (variable !== undefined && segments.length === 1) throw notImplemented('a lambda variable by itself')
    if (variable === undefined && this.#variables.length > 0) {
      throw notImplemented(`'${segments.join('/')}' of another row inside any or all`)
    }
    return { kind: 'property', name, path, variable }
  }
}

/**
 * Parses `$filter` text; `aliases` holds the `@name` options of the same query, undefined where none may be used.
 * Errors name the position.
 */
export function parseFilter(text: string, aliases: ReadonlyMap<string, string> | undefined): Expression {
  return new Parser(text, aliases).filter()
}
