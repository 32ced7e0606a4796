import type { AccessTokenProvider } from '@outpost/dataverse-adapter'
import type { Io } from './io.ts'
import { paintFor } from './text.ts'
import type { Paint } from './text.ts'

/** One run of one command: its surroundings and the options that all commands share. */
export interface Invocation {
  readonly io: Io
  /** Path of the client org's database. */
  readonly database: string
  readonly json: boolean
  readonly token: AccessTokenProvider
  /** True where a refused token may be followed by another one. */
  readonly renewableToken: boolean
  readonly paint: Paint
  /** The command's name. */
  readonly command: string
  /** The master's address, from when it is known: a failure to reach it names it. */
  readonly master: { url?: string }
}

/** Writes the result of a command: as one JSON document, or as lines for people. */
export function reply(invocation: Invocation, result: unknown, lines: () => readonly string[]): void {
  if (invocation.json) invocation.io.stdout.write(`${JSON.stringify(result)}\n`)
  else for (const line of lines()) invocation.io.stdout.write(`${line}\n`)
}

export function invocationOf(
  io: Io,
  options: Pick<Invocation, 'database' | 'json' | 'token' | 'renewableToken' | 'command' | 'master'>,
): Invocation {
  return { ...options, io, paint: paintFor(io.stdout, io.variables) }
}
