import type { OperationCall } from './operation.ts'

/** A parameter that is declared as text, or names a member of an enumeration. */
export function textParameter({ parameters }: Pick<OperationCall, 'parameters'>, name: string): string {
  const value = parameters.get(name)
  return typeof value === 'string' ? value : ''
}
