import type { Command } from 'commander'
import type { Invocation } from './invocation.ts'

/** What a command does. It gives back the exit code and throws what went wrong. */
export type Body = (invocation: Invocation, command: Command) => Promise<number>

/** Makes a commander action of a body. */
export type Action = (body: Body) => (this: Command) => Promise<void>
