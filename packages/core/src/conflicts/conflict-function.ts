import type { Conflict, ConflictChoice, ConflictFunction } from './conflict-policy.ts'
import { OutpostError } from '../errors.ts'

/** The choices of a conflict function by column, or why its answer is none. */
export type FunctionAnswer =
  | { readonly choices: ReadonlyMap<string, ConflictChoice> }
  | { readonly failure: string; readonly column?: string }

/**
 * Asks a conflict function, twice: an answer that is not always the same would be another one after a crash. Whatever it
 * does wrong is an answer too.
 */
export function askFunction(decide: ConflictFunction, conflict: Conflict): FunctionAnswer {
  const frozen = Object.freeze({
    ...conflict,
    base: Object.freeze({ ...conflict.base }),
    local: Object.freeze({ ...conflict.local }),
    remote: Object.freeze({ ...conflict.remote }),
  })
  let answers: readonly unknown[]
  try {
    answers = [decide(frozen), decide(frozen)]
  } catch (error) {
    return { failure: `it threw: ${error instanceof Error ? error.message : String(error)}` }
  }
  const [one, other] = answers.map((answer) => readAnswer(answer, conflict))
  if (!one || !other || JSON.stringify(entriesOf(one)) !== JSON.stringify(entriesOf(other))) {
    return { failure: 'it gave two answers to the same conflict' }
  }
  return one
}

function entriesOf(answer: FunctionAnswer): unknown {
  return 'choices' in answer ? [...answer.choices].toSorted(([one], [other]) => (one < other ? -1 : 1)) : answer
}

function readAnswer(answer: unknown, { columns, clashes }: Conflict): FunctionAnswer {
  const choices = new Map<string, ConflictChoice>(clashes.map((name) => [name, 'undecided']))
  if (answer === 'undecided') return { choices }
  if (!isPlain(answer)) return { failure: `it gave ${kindOf(answer)} instead of choices by column or 'undecided'` }
  for (const [column, choice] of Object.entries(answer)) {
    if (!columns.includes(column)) {
      return { failure: `it decided about column '${column}', which is not to be sent`, column }
    }
    const read = readChoice(choice)
    if (read === undefined) return { failure: `for column '${column}' it gave ${kindOf(choice)}`, column }
    choices.set(column, read)
  }
  return { choices }
}

function readChoice(choice: unknown): ConflictChoice | undefined {
  if (choice === 'local' || choice === 'remote' || choice === 'undecided') return choice
  if (!isPlain(choice)) return undefined
  const { value, target, ...rest } = choice
  if (Object.keys(rest).length > 0) return undefined
  const scalar = value === null || ['string', 'number', 'boolean'].includes(typeof value)
  if (!scalar || (target !== undefined && typeof target !== 'string')) return undefined
  return { value: value as string | number | boolean | null, ...(target === undefined ? {} : { target }) }
}

/** A promise is no plain object, and so no answer. */
function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function kindOf(value: unknown): string {
  if (value instanceof Promise) return 'a promise (it must answer at once)'
  return typeof value === 'object' && value !== null ? 'an object that is no choice' : `'${String(value)}'`
}

/** What a check of a decided value found, without the code, which is not that of a write. */
export function reasonOf(error: unknown): string {
  if (error instanceof OutpostError) return error.message.replace(/^\[[a-z-]+\] /, '')
  throw error
}
