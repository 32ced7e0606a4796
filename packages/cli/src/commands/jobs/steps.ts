import type { ClientOrg, Job } from '@outpost/core'
import type { Command } from 'commander'
import type { Action } from '../../action.ts'
import { reply } from '../../invocation.ts'
import { withConnectedOrg } from '../../with-org.ts'
import { knownJob, replyWithJob } from './show.ts'

/** What is done to a job by its name alone. */
const STEPS: readonly {
  readonly name: string
  readonly description: string
  readonly step: (org: ClientOrg, name: string) => Promise<Job>
}[] = [
  {
    name: 'publish',
    description: 'Put what was drafted in force. A run in progress goes on with what it began with.',
    step: (org, name) => org.jobs.publish(name),
  },
  {
    name: 'activate',
    description: "Have a published job run by its schedule and triggers, while 'outpost serve' runs.",
    step: (org, name) => org.jobs.activate(name),
  },
  {
    name: 'deactivate',
    description: "Have a job run only by 'outpost jobs run'.",
    step: (org, name) => org.jobs.deactivate(name),
  },
]

export function addSteps(jobs: Command, action: Action): void {
  for (const { name, description, step } of STEPS) {
    jobs
      .command(name)
      .argument('<name>', 'the name of the job')
      .description(description)
      .addHelpText('after', `\nExamples:\n  $ outpost jobs ${name} nightly`)
      .action(
        action((invocation, command) =>
          withConnectedOrg(invocation, async (org) => {
            const job = await knownJob(org, command.args[0] ?? '')
            return replyWithJob(invocation, org, await step(org, job.name))
          }),
        ),
      )
  }
  jobs
    .command('remove')
    .argument('<name>', 'the name of the job')
    .description('Remove a job with the log of its runs.')
    .addHelpText('after', '\nExamples:\n  $ outpost jobs remove nightly')
    .action(
      action((invocation, command) =>
        withConnectedOrg(invocation, async (org) => {
          const { name } = await knownJob(org, command.args[0] ?? '')
          await org.jobs.remove(name)
          reply(invocation, { removed: name }, () => [`Removed job ${name}.`])
          return 0
        }),
      ),
    )
  jobs
    .command('ensure')
    .description('Make the job SyncService where it is missing, and renew it where an older version made it.')
    .addHelpText(
      'after',
      '\nIt syncs everything every hour. What was edited of it stays.\n\nExamples:\n  $ outpost jobs ensure',
    )
    .action(
      action((invocation) =>
        withConnectedOrg(invocation, async (org) => replyWithJob(invocation, org, await org.jobs.ensure())),
      ),
    )
}
