import type { Configuration } from '../copy/configuration.ts'
import { OutpostError } from '../errors.ts'
import type { JobDefinition, JobTrigger } from './job.ts'
import { checkSchedule } from './schedule.ts'

const TRIGGERS: readonly string[] = ['commit', 'online', 'focus'] satisfies JobTrigger[]
const LONGEST_SECONDS = 366 * 24 * 60 * 60

/** Throws `invalid` for a name that no job can have. */
export function checkName(name: unknown): asserts name is string {
  if (typeof name !== 'string' || !/^[^\s/\p{Cc}][^/\p{Cc}]{0,99}$/u.test(name)) {
    throw wrong('job-name', `${JSON.stringify(name)} cannot be the name of a job: 1 to 100 characters, no slash`)
  }
}

/** Reads a definition, which may come from a file. Throws `invalid` for the first rule that is broken, naming it. */
export function checkDefinition(given: unknown, now: number): JobDefinition {
  const { schedule, step, priority, triggers } = fields(given, 'a definition', [
    'schedule',
    'step',
    'priority',
    'triggers',
  ])
  checkShapeOfSchedule(schedule, now)
  checkStep(step)
  if (priority !== undefined && !Number.isSafeInteger(priority)) throw wrong('priority', 'a priority is a whole number')
  if (triggers !== undefined && !(isTexts(triggers) && triggers.every((each) => TRIGGERS.includes(each)))) {
    throw wrong('trigger', `triggers are a list of ${TRIGGERS.join(', ')}`)
  }
  return JSON.parse(JSON.stringify(given)) as JobDefinition
}

/** Throws `invalid` when the definition names a scope or tables that the configuration does not have. */
export function checkAgainst({ step }: JobDefinition, { scopes = {}, tables }: Configuration): void {
  if (step.scope !== undefined && !Object.hasOwn(scopes, step.scope)) {
    throw wrong('unknown-scope', `the configuration has no scope '${step.scope}'`)
  }
  const unknown = step.tables?.find((name) => !Object.hasOwn(tables, name))
  if (unknown !== undefined) {
    throw new OutpostError('invalid', `job: table '${unknown}' is not among the tables this client org keeps`, {
      place: { table: unknown, rule: 'unknown-table' },
    })
  }
}

function checkShapeOfSchedule(given: unknown, now: number): void {
  const schedule = fields(given, 'a schedule', ['cron', 'timeZone', 'everyMinutes', 'everySeconds'])
  const { cron, timeZone, everyMinutes, everySeconds } = schedule
  const kinds = [cron, everyMinutes, everySeconds].filter((kind) => kind !== undefined)
  if (kinds.length !== 1) throw wrong('schedule', "a schedule has one of 'cron', 'everyMinutes' and 'everySeconds'")
  if (cron !== undefined) {
    if (typeof cron !== 'string') throw wrong('schedule', 'a cron expression is a text')
    if (timeZone !== undefined && typeof timeZone !== 'string') throw wrong('time-zone', 'a time zone is a name')
    return checkSchedule({ cron, ...(timeZone === undefined ? {} : { timeZone }) }, now)
  }
  if (timeZone !== undefined) throw wrong('time-zone', 'only a cron expression has a time zone')
  const [every, most] =
    everyMinutes === undefined ? [everySeconds, LONGEST_SECONDS] : [everyMinutes, LONGEST_SECONDS / 60]
  if (!(typeof every === 'number' && Number.isSafeInteger(every) && every >= 1 && every <= most)) {
    throw wrong('schedule', 'an interval is a whole number, from 1 up to a year')
  }
}

function checkStep(given: unknown): void {
  const step = fields(given, 'a step', ['function', 'scope', 'tables'])
  if (step['function'] !== 'SyncService') throw wrong('step', "the function of a step is 'SyncService'")
  const { scope, tables } = step
  if (scope !== undefined && typeof scope !== 'string') throw wrong('step', 'a scope is given by its name')
  if (tables !== undefined && !(isTexts(tables) && tables.length > 0)) throw wrong('step', 'tables are a list of names')
  if (scope !== undefined && tables !== undefined) throw wrong('step', 'a step has a scope or tables, not both')
}

function fields(given: unknown, what: string, known: readonly string[]): Readonly<Record<string, unknown>> {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw wrong('definition', `${what} is an object with ${known.join(', ')}`)
  }
  const unknown = Object.keys(given).find((key) => !known.includes(key))
  if (unknown !== undefined) throw wrong('definition', `${what} has no '${unknown}'`)
  return given as Readonly<Record<string, unknown>>
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string')
}

function wrong(rule: string, message: string): OutpostError {
  return new OutpostError('invalid', `job: ${message}`, { place: { rule } })
}
