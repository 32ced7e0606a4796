import { fork } from 'node:child_process'
import type { ChildProcess, ForkOptions } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { lateBy, LONGEST_SECONDS } from './time-limit.ts'

/** Starts a program of the bench, which outlives neither this one nor so many seconds. */
export function forked(
  program: URL,
  args: readonly string[],
  seconds: number,
  options: ForkOptions = {},
): ChildProcess {
  const timeout = Math.min(seconds, LONGEST_SECONDS) * 1000
  const child = fork(fileURLToPath(program), args, { ...options, timeout, killSignal: 'SIGKILL' })
  const end = (): void => void child.kill('SIGKILL')
  process.once('exit', end)
  child.once('exit', () => process.off('exit', end))
  return child
}

/** How a program that was to go on, or to end well, did end. */
export function endOf({ killed, exitCode, signalCode }: ChildProcess, seconds: number): string {
  return killed ? lateBy(seconds) : `ended with ${exitCode === null ? signalCode : `exit code ${exitCode}`}`
}

/** The one message of such a program; `what` names it where there is none. */
export function answerOf<T>(
  what: string,
  program: URL,
  args: readonly string[],
  seconds: number,
  options: ForkOptions = {},
): Promise<T> {
  return new Promise((resolve, reject) => {
    const child = forked(program, args, seconds, options)
    child.on('message', (message) => resolve(message as T))
    child.on('error', reject)
    child.on('exit', () => reject(new Error(`${what} ${endOf(child, seconds)}`)))
  })
}
