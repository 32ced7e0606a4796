import { OutpostError, scheduleText } from '@outpost/core'
import type { ClientOrg, Job, JobDefinition, JobRun } from '@outpost/core'
import type { Command } from 'commander'
import type { Action } from '../../action.ts'
import { outcomeText } from '../../describe-run.ts'
import { reply } from '../../invocation.ts'
import type { Invocation } from '../../invocation.ts'
import { moment, tableLines } from '../../text.ts'
import { withOrg } from '../../with-org.ts'

export function addShowJobs(jobs: Command, action: Action): void {
  jobs
    .command('list')
    .description('List the jobs, when each runs next and how its last run ended.')
    .addHelpText('after', "\nExamples:\n  $ outpost jobs list\n  $ outpost jobs list --json | jq '.jobs[].nextRun'")
    .action(action((invocation) => withOrg(invocation, (org) => list(invocation, org))))
  jobs
    .command('show')
    .argument('<name>', 'the name of the job')
    .description('Show one job: what it runs by, what was edited since, its next and its last run.')
    .addHelpText('after', '\nExamples:\n  $ outpost jobs show SyncService')
    .action(action((invocation, command) => withOrg(invocation, (org) => show(invocation, org, command.args[0] ?? ''))))
}

async function list(invocation: Invocation, org: ClientOrg): Promise<number> {
  const jobs = await Promise.all((await org.jobs.list()).map((job) => seenJob(org, job)))
  reply(invocation, { jobs }, () =>
    jobs.length === 0
      ? ["There are no jobs. 'outpost jobs ensure' makes the one that syncs everything every hour."]
      : tableLines(
          ['JOB', 'STATE', 'SCHEDULE', 'WHAT', 'NEXT', 'LAST RUN'],
          jobs.map((job) => [
            job.name,
            job.draft && job.published ? `${job.state}, edited` : job.state,
            scheduleText(definitionOf(job).schedule),
            whatText(definitionOf(job)),
            job.nextRun === null ? '' : moment(job.nextRun),
            job.lastRun ? `${job.lastRun.outcome} ${moment(job.lastRun.startedAt)}` : 'never',
          ]),
        ),
  )
  return 0
}

async function show(invocation: Invocation, org: ClientOrg, name: string): Promise<number> {
  const job = await seenJob(org, await knownJob(org, name))
  reply(invocation, job, () => jobLines(job, invocation))
  return 0
}

/** A job with what is known of its runs. */
export interface SeenJob extends Job {
  readonly nextRun: number | null
  readonly lastRun: JobRun | null
}

/** The job as it is now, as JSON or in words. */
export async function replyWithJob(invocation: Invocation, org: ClientOrg, job: Job): Promise<number> {
  const seen = await seenJob(org, job)
  reply(invocation, seen, () => jobLines(seen, invocation))
  return 0
}

/** Throws `invalid` for a job that is not there. */
export async function knownJob(org: ClientOrg, name: string): Promise<Job> {
  const job = await org.jobs.get(name)
  if (job) return job
  throw new OutpostError('invalid', `there is no job '${name}'`, {
    place: { rule: 'unknown-job' },
    remedy: "'outpost jobs list' lists them.",
  })
}

async function seenJob(org: ClientOrg, job: Job): Promise<SeenJob> {
  const [lastRun = null] = await org.jobs.log({ job: job.name, limit: 1 })
  return { ...job, nextRun: await org.jobs.nextRun(job.name), lastRun }
}

function jobLines(job: SeenJob, { paint }: Invocation): readonly string[] {
  const { name, state, version, published, draft, nextRun, lastRun } = job
  return [
    `Job        ${paint.bold(name)}`,
    `State      ${state}${version === 0 ? '' : `, version ${version}`}`,
    ...(published ? definitionLines('Runs by', published) : []),
    ...(draft ? definitionLines('Draft', draft) : []),
    ...(draft ? ["           has no effect before 'outpost jobs publish'"] : []),
    `Next run   ${nextRun === null ? 'only by hand' : moment(nextRun)}`,
    `Last run   ${lastRun ? `${moment(lastRun.startedAt)} ${outcomeText(lastRun, paint)}` : 'never'}`,
  ]
}

function definitionLines(label: string, definition: JobDefinition): readonly string[] {
  const { schedule, priority = 0, triggers = [] } = definition
  return [
    `${label.padEnd(10)} ${scheduleText(schedule)}: ${whatText(definition)}`,
    ...(priority === 0 ? [] : [`           priority ${priority}`]),
    ...(triggers.length === 0 ? [] : [`           also on ${triggers.join(', ')}`]),
  ]
}

function whatText({ step }: JobDefinition): string {
  if (step.scope !== undefined) return `scope ${step.scope}`
  return step.tables?.join(', ') ?? 'everything'
}

/** What a job runs by; of one that was never published, what is drafted. */
function definitionOf({ published, draft, name }: Job): JobDefinition {
  const definition = published ?? draft
  if (definition) return definition
  throw new OutpostError('store', `job '${name}' has no definition`)
}
