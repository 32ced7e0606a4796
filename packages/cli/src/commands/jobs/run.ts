import type { Command } from 'commander'
import type { Action } from '../../action.ts'
import { runDetailLines, runText } from '../../describe-run.ts'
import { exitCodeOfRun } from '../../exit-code-of-run.ts'
import { reply } from '../../invocation.ts'
import { progressOf } from '../../progress.ts'
import { withConnectedOrg } from '../../with-org.ts'
import { knownJob } from './show.ts'

export function addRun(jobs: Command, action: Action): void {
  jobs
    .command('run')
    .argument('<name>', 'the name of the job')
    .description('Run a published job now, whether it is active or not.')
    .addHelpText(
      'after',
      `
Exit code 1 when a table could not be finished, else that of what went wrong.

Examples:
  $ outpost jobs run SyncService
  $ outpost jobs run nightly --json | jq .outcome`,
    )
    .action(
      action((invocation, command) =>
        withConnectedOrg(invocation, async (org) => {
          const { name } = await knownJob(org, command.args[0] ?? '')
          const progress = progressOf(invocation)
          const unsubscribe = org.subscribe((event) => progress.show(event))
          try {
            const run = await org.jobs.run(name, { signal: invocation.io.signal })
            progress.end()
            reply(invocation, run, () => [
              `${run.job} #${run.number} ${runText(run, invocation.paint)}`,
              ...runDetailLines(run, invocation.paint),
            ])
            return exitCodeOfRun(run)
          } finally {
            unsubscribe()
            progress.end()
          }
        }),
      ),
    )
}
