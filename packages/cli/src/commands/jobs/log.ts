import type { JobRun } from '@outpost/core'
import type { Command } from 'commander'
import type { Action } from '../../action.ts'
import { wholeNumber } from '../../arguments.ts'
import { runDetailLines, runText } from '../../describe-run.ts'
import { reply } from '../../invocation.ts'
import type { Invocation } from '../../invocation.ts'
import { moment } from '../../text.ts'
import { withOrg } from '../../with-org.ts'
import { knownJob } from './show.ts'

interface Options {
  readonly limit: number
}

export function addJobLog(jobs: Command, action: Action): void {
  jobs
    .command('log')
    .argument('[name]', 'only the runs of this job')
    .description('Show the last runs, the newest first: what each did, how long it took, what went wrong.')
    .option('--limit <n>', 'how many; the last 100 of each job are kept', wholeNumber, 20)
    .addHelpText(
      'after',
      `
Examples:
  $ outpost jobs log
  $ outpost jobs log SyncService --limit 100 --json | jq '.runs[] | select(.outcome != "succeeded")'`,
    )
    .action(
      action((invocation, command) =>
        withOrg(invocation, async (org) => {
          const [name] = command.args
          const job = name === undefined ? {} : { job: (await knownJob(org, name)).name }
          const runs = await org.jobs.log({ ...job, limit: command.opts<Options>().limit })
          reply(invocation, { runs }, () =>
            runs.length === 0 ? ['No job has run yet.'] : runs.flatMap(lines(invocation)),
          )
          return 0
        }),
      ),
    )
}

function lines({ paint }: Invocation): (run: JobRun) => readonly string[] {
  return (run) => [
    `${paint.dim(moment(run.startedAt))}  ${run.job} #${run.number} (${run.trigger}) ${runText(run, paint)}`,
    ...runDetailLines(run, paint).map((line) => `                      ${line}`),
  ]
}
