import { OutpostError } from '@outpost/core'
import type { ClientOrg, JobDefinition, JobTrigger, Schedule } from '@outpost/core'
import { InvalidArgumentError } from 'commander'
import type { Command } from 'commander'
import type { Action } from '../../action.ts'
import { nameList } from '../../arguments.ts'
import type { Invocation } from '../../invocation.ts'
import { isObject, parseJson, readText } from '../../read-input.ts'
import { withConnectedOrg } from '../../with-org.ts'
import { replyWithJob } from './show.ts'

interface Options {
  readonly cron?: string
  readonly timeZone?: string
  readonly everyMinutes?: number
  readonly everySeconds?: number
  readonly scope?: string
  readonly tables?: readonly string[]
  readonly all?: boolean
  readonly priority?: number
  readonly on?: readonly string[]
  readonly file?: string
}

export function addDraft(jobs: Command, action: Action): void {
  jobs
    .command('draft')
    .argument('<name>', 'the name of the job; a new one, or one to edit')
    .description(
      'Make a job, or edit one. What is not given stays as it is. Nothing runs by it before it is published.',
    )
    .option('--cron <expression>', "when: 'minute hour day month weekday', with seconds first where there are six")
    .option('--time-zone <name>', 'with --cron: the time zone, such as Europe/Copenhagen (default: UTC)')
    .option('--every-minutes <n>', 'when: so long after the beginning of a run', whole)
    .option('--every-seconds <n>', 'likewise', whole)
    .option('--scope <name>', 'what: a scope of the configuration')
    .option('--tables <a,b>', 'what: these tables', nameList)
    .option('--all', 'what: everything that is kept (the default of a new job)')
    .option('--priority <n>', 'of runs that are due at once the greatest goes first (default: 0)', whole)
    .option('--on <triggers>', "run also on commit, online, focus; '' for none", nameList)
    .option('--file <file>', 'the whole definition as JSON; - is stdin')
    .addHelpText(
      'after',
      `
Examples:
  $ outpost jobs draft nightly --cron '0 3 * * *' --time-zone Europe/Copenhagen
  $ outpost jobs draft visits --every-seconds 300 --scope visits --priority 5 --on online,commit
  $ outpost jobs publish visits && outpost jobs activate visits`,
    )
    .action(action((invocation, command) => draft(invocation, command.args[0] ?? '', command.opts<Options>())))
}

async function draft(invocation: Invocation, name: string, options: Options): Promise<number> {
  const { file, ...rest } = options
  if (file !== undefined && Object.keys(rest).length > 0)
    throw usage('--file has the whole definition', 'Give it alone.')
  const given = file === undefined ? undefined : parseJson(await readText(file, invocation.io), file)
  if (given !== undefined && !isObject(given)) throw usage(`${file} is not a JSON object`, 'Give schedule and step.')
  return withConnectedOrg(invocation, async (org) => {
    // Whatever the file holds is checked by the jobs.
    const definition = given === undefined ? await edited(org, name, options) : (given as JobDefinition & typeof given)
    return replyWithJob(invocation, org, await org.jobs.draft(name, definition))
  })
}

async function edited(org: ClientOrg, name: string, options: Options): Promise<JobDefinition> {
  const job = await org.jobs.get(name)
  const before = job?.draft ?? job?.published ?? undefined
  const schedule = scheduleOf(options, before?.schedule)
  if (!schedule) throw usage('a new job needs a schedule', 'Give --cron, --every-minutes or --every-seconds.')
  return {
    ...before,
    schedule,
    step: stepOf(options) ?? before?.step ?? { function: 'SyncService' },
    ...(options.priority === undefined ? {} : { priority: options.priority }),
    // What is no trigger is refused by the jobs.
    ...(options.on === undefined ? {} : { triggers: options.on as readonly JobTrigger[] }),
  }
}

function scheduleOf(
  { cron, timeZone, everyMinutes, everySeconds }: Options,
  before: Schedule | undefined,
): Schedule | undefined {
  const kinds = [cron, everyMinutes, everySeconds].filter((kind) => kind !== undefined)
  if (kinds.length > 1) throw usage('a job has one schedule', 'Give one of --cron, --every-minutes, --every-seconds.')
  const zone = timeZone === undefined ? {} : { timeZone }
  if (cron !== undefined) return { cron, ...zone }
  if (timeZone !== undefined && before && 'cron' in before && kinds.length === 0) return { ...before, ...zone }
  if (timeZone !== undefined) throw usage('only a cron expression has a time zone', 'Give --cron with --time-zone.')
  if (everyMinutes !== undefined) return { everyMinutes }
  return everySeconds === undefined ? before : { everySeconds }
}

function stepOf({ scope, tables, all }: Options): JobDefinition['step'] | undefined {
  const kinds = [scope, tables, all].filter((kind) => kind !== undefined)
  if (kinds.length > 1) throw usage('a job does one thing', 'Give one of --scope, --tables, --all.')
  if (scope !== undefined) return { function: 'SyncService', scope }
  if (tables !== undefined) return { function: 'SyncService', tables }
  return all ? { function: 'SyncService' } : undefined
}

function usage(message: string, remedy: string): OutpostError {
  return new OutpostError('invalid', message, { place: { rule: 'usage' }, remedy })
}

function whole(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isSafeInteger(value)) throw new InvalidArgumentError('Give a whole number.')
  return value
}
