import { jsonFault } from '../json/read.ts'
import { LoadError } from './load-error.ts'

/** Refuses text that is no JSON, by the name of its document and the line and column where it breaks. */
export function requireJson(name: string, text: string, firstLine = 1): void {
  const fault = jsonFault(text)
  if (fault === undefined) return
  const lines = text.slice(0, fault.at).split('\n')
  const line = firstLine + lines.length - 1
  const reason = fault.reason.replace(/ at position \d+\.$/, '.')
  throw new LoadError(`${name}:${line}:${(lines.at(-1)?.length ?? 0) + 1}: ${reason}`)
}
