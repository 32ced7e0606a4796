import { OutpostError } from '@outpost/core'
import type { Command } from 'commander'
import type { Action } from '../action.ts'
import { driftLines, isNoDrift } from '../describe-drift.ts'
import { EXIT } from '../exit-codes.ts'
import { reply } from '../invocation.ts'
import type { Invocation } from '../invocation.ts'
import { withConnectedOrg } from '../with-org.ts'

interface Flags {
  readonly preview?: boolean
  readonly update?: boolean
  readonly whole?: boolean
}

export function addMetadata(program: Command, action: Action): void {
  program
    .command('metadata')
    .description("Say what has changed in the master's metadata and what that does here, or take it over.")
    .option('--preview', 'change nothing (so too without an option)')
    .option('--update', 'take it over, without a sync')
    .option('--whole', 'with --update: copy everything anew, not only what has changed')
    .addHelpText(
      'after',
      `
Every sync takes changes over; this shows them before. Only tables that are kept are told of.
Exit code 1 when tables are not pulled with it, or transactions become Errors for it.

Examples:
  $ outpost metadata
  $ outpost metadata --json | jq '.refused'
  $ outpost metadata --update`,
    )
    .action(action((invocation, command) => metadata(invocation, command.opts<Flags>())))
}

async function metadata(invocation: Invocation, { preview, update, whole = false }: Flags): Promise<number> {
  if ((preview && update) || (whole && !update)) {
    throw new OutpostError('invalid', whole ? '--whole is for --update' : '--preview and --update exclude each other', {
      place: { rule: 'usage' },
    })
  }
  const { signal } = invocation.io
  return withConnectedOrg(invocation, async (org) => {
    const found = update ? await org.updateMetadata({ signal, whole }) : await org.previewMetadata({ signal })
    const { configuration: _, ...drift } = found
    reply(invocation, { applied: update === true, ...drift }, () => {
      if (isNoDrift(drift)) return ['Nothing has changed in the metadata of what is kept.']
      return [
        ...driftLines(drift),
        update
          ? 'Taken over.'
          : "Nothing was changed here. 'outpost metadata --update', or the next sync, takes it over.",
      ]
    })
    return drift.stopped.length + drift.refused.length > 0 ? EXIT.refused : EXIT.ok
  })
}
