import { createReadStream, promises as files } from 'node:fs'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { OutpostError } from '@outpost/core'
import type { Io } from './io.ts'

/** The text of a file; `-` is stdin. Throws `invalid` naming the file. */
export async function readText(path: string, io: Io): Promise<string> {
  try {
    if (path !== '-') return await files.readFile(path, 'utf8')
    const parts: Buffer[] = []
    for await (const part of io.stdin) parts.push(Buffer.from(part))
    return Buffer.concat(parts).toString('utf8')
  } catch (cause) {
    throw unreadable(path, cause)
  }
}

/** The lines of a file, one after another and without reading it whole; `-` is stdin. Throws `invalid` naming the file. */
export async function* readLines(path: string, io: Io): AsyncIterable<string> {
  const input = path === '-' ? Readable.from(io.stdin) : createReadStream(path)
  // Node's versions differ in whether the loop throws a failure of the input or ends as if the input had.
  let failure: unknown
  input.on('error', (error: unknown) => (failure = error))
  try {
    const lines = createInterface({ input, crlfDelay: Infinity, signal: io.signal })
    for await (const line of lines) yield line
  } catch (cause) {
    throw unreadable(path, cause)
  }
  if (failure !== undefined) throw unreadable(path, failure)
}

/** The JSON value of a text. Throws `invalid` saying where it is broken. */
export function parseJson(text: string, source: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new OutpostError('invalid', `${source === '-' ? 'stdin' : source} is not JSON: ${why}`, {
      cause,
      place: { rule: 'json' },
    })
  }
}

/** True for a JSON object, which is what every file of ours consists of. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function unreadable(path: string, cause: unknown): OutpostError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new OutpostError('invalid', `cannot read ${path === '-' ? 'stdin' : path}: ${why}`, {
    cause,
    place: { rule: 'file' },
  })
}
