import { fork } from 'node:child_process'
import type { ChildProcess, ForkOptions } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Starts a program of the bench, which does not outlive this one. */
export function forked(program: URL, args: readonly string[], options: ForkOptions = {}): ChildProcess {
  const child = fork(fileURLToPath(program), args, options)
  const end = (): void => void child.kill('SIGKILL')
  process.once('exit', end)
  child.once('exit', () => process.off('exit', end))
  return child
}
