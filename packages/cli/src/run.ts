import { OutpostError } from '@outpost/core'
import { CommanderError } from 'commander'
import type { Action } from './action.ts'
import { EXIT } from './exit-codes.ts'
import { invocationOf } from './invocation.ts'
import type { Invocation } from './invocation.ts'
import type { Io } from './io.ts'
import { programWith } from './program.ts'
import type { SharedOptions } from './program.ts'
import { reportError } from './report-error.ts'
import { tokenProvider } from './token.ts'

/**
 * Runs `outpost` with the given arguments (those after the program's name) and resolves with the exit code. It never
 * rejects, never ends the process, and writes only to the given outputs and files.
 */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  let exitCode: number = EXIT.ok
  const json = argv.includes('--json')
  const master: Invocation['master'] = {}
  let failed = { json, command: '', renewableToken: false }
  const action: Action = (body) =>
    async function () {
      const options = this.optsWithGlobals<SharedOptions>()
      failed = { json, command: this.name(), renewableToken: options.tokenCommand !== undefined }
      const invocation = invocationOf(io, {
        master,
        command: failed.command,
        renewableToken: failed.renewableToken,
        database: options.db ?? (io.variables['OUTPOST_DB'] || './outpost.db'),
        json: options.json === true,
        token: tokenProvider(options.tokenCommand, io.variables),
      })
      exitCode = await body(invocation, this)
    }
  const output = {
    out: (text: string) => void io.stdout.write(text),
    err: (text: string) => void io.stderr.write(text),
  }
  try {
    await programWith(action, output).parseAsync([...argv], { from: 'user' })
    return exitCode
  } catch (error) {
    if (!(error instanceof CommanderError)) return reportError(io, error, { ...failed, url: master.url })
    if (error.exitCode === 0) return EXIT.ok
    // Bare `outpost` shows its help, which is an answer but not a success.
    if (error.code === 'commander.help') return EXIT.usage
    return reportError(io, usageError(error), { ...failed, url: undefined })
  }
}

function usageError(error: CommanderError): OutpostError {
  return new OutpostError('invalid', error.message.replace(/^error: /, ''), {
    place: { rule: 'usage' },
    remedy: "See 'outpost --help' or 'outpost <command> --help'.",
  })
}
