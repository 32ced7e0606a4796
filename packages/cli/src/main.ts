import { systemEnv } from '@outpost/core'
import { run } from './run.ts'

const interruption = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  // The second signal is not caught: it ends the process as usual.
  process.once(signal, () => interruption.abort())
}
// A reader such as `head` that has enough closes the pipe; that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  interruption.abort()
})

process.exitCode = await run(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  stdin: process.stdin,
  variables: process.env,
  env: systemEnv,
  signal: interruption.signal,
})
// A terminal that was read from, or is still being read, would keep the process.
process.stdin.destroy()
