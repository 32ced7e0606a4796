import { UsageError } from './arguments.ts'
import { faultsFromJson } from './control/fault-from-json.ts'
import { FieldError } from './control/fields.ts'
import { fileProblem } from './file-problem.ts'
import type { FaultRule } from './faults/fault.ts'

/** Where in a text its JSON breaks, as far as the parser says. */
function lineOf(text: string, message: string): string {
  const line = /line (\d+)/.exec(message)?.[1]
  const position = /position (\d+)/.exec(message)?.[1]
  if (line !== undefined) return `:${line}`
  return position === undefined ? '' : `:${text.slice(0, Number(position)).split('\n').length}`
}

function parse(text: string, name: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw new UsageError(`${name}${lineOf(text, message)}: ${message.replaceAll('\n', ' ')}`)
  }
}

/** Reads a file as text; throws what the platform throws. */
export type ReadFile = (path: string) => string

function readOr(path: string, read: ReadFile): string {
  try {
    return read(path)
  } catch (error) {
    if (error instanceof Error) throw new UsageError(`--fault ${path}: ${fileProblem(error)}`)
    throw error
  }
}

/** The rules of one `--fault`: JSON as it stands, or a file of it. */
export function readFaults(given: string, read: ReadFile): readonly FaultRule[] {
  const isJson = /^\s*[[{]/.test(given)
  const name = isJson ? '--fault' : given
  const value = parse(isJson ? given : readOr(given, read), name)
  try {
    return faultsFromJson(value)
  } catch (error) {
    if (error instanceof FieldError) throw new UsageError(`${name}: ${error.message}`)
    throw error
  }
}
