import { ConfigurationError } from './configuration-error.ts'
import { OutpostError } from '../errors.ts'
import { checkAgainst, checkDefinition, checkName } from '../jobs/check-definition.ts'
import type { Job, JobDefinition, JobState } from '../jobs/job.ts'
import type { TableMetadata } from '../metadata.ts'
import { checkShape, isObject } from './check-shape.ts'
import type { Configuration } from './configuration.ts'
import { leaveOutUnknown, relatedNames } from './leave-out-unknown.ts'
import type { LeftOut } from './leave-out-unknown.ts'

const FORMAT = 'outpost-configuration'
const VERSION = 2

/** A job as it is written to a file. */
export interface FiledJob {
  readonly state: JobState
  readonly published?: JobDefinition
  /** What was edited and not published yet. */
  readonly draft?: JobDefinition
}

/** All that was set up in a client org, as plain JSON. It holds no rows, no token and nothing of the user. */
export interface ConfigurationFile extends Configuration {
  readonly format: typeof FORMAT
  readonly version: typeof VERSION
  /** Where the organisation was that it was made for; null for a client org without a master. Of no effect on import. */
  readonly organizationUrl: string | null
  readonly jobs?: Readonly<Record<string, FiledJob>>
}

/** What an import did. */
export interface ConfigurationImport {
  /** What the master, or this program, does not know and was left out; nothing unless that was asked for. */
  readonly leftOut: readonly LeftOut[]
}

/** What a file says, before anything is compared with what the master has. */
export interface ReadConfiguration {
  readonly configuration: Readonly<Record<string, unknown>>
  /** Undefined where it says nothing of jobs. */
  readonly jobs: Readonly<Record<string, unknown>> | undefined
}

/** The configuration as a file. */
export function configurationFile(
  configuration: Configuration,
  url: string | null,
  jobs: readonly Job[],
): ConfigurationFile {
  const filed = jobs.map(({ name, state, published, draft }): [string, FiledJob] => [
    name,
    { state, ...(published ? { published } : {}), ...(draft ? { draft } : {}) },
  ])
  return {
    format: FORMAT,
    version: VERSION,
    organizationUrl: url,
    ...configuration,
    jobs: Object.fromEntries(filed),
  }
}

/**
 * Reads a file's value, of this version or of version 1, which had tables only. Throws `invalid` for any other version,
 * and for what is no configuration.
 */
export function readConfigurationFile(file: unknown): ReadConfiguration {
  if (!isObject(file)) throw wrong('configuration-shape', 'a configuration is an object')
  const { format, version, organizationUrl, jobs, ...configuration } = file
  if (format !== undefined && format !== FORMAT) {
    throw wrong('configuration-format', `it is of format ${JSON.stringify(format)}, not '${FORMAT}'`)
  }
  const isFirst = version === 1 || (version === undefined && format === undefined)
  if (!isFirst && version !== VERSION) {
    throw wrong('version', `it is of version ${JSON.stringify(version)}; versions 1 and ${VERSION} can be read`)
  }
  if (organizationUrl !== undefined && organizationUrl !== null && typeof organizationUrl !== 'string') {
    throw wrong('configuration-shape', "'organizationUrl' is a text or null")
  }
  if (!isObject(configuration['tables'])) throw wrong('configuration-shape', "an object with 'tables' is needed")
  if (jobs !== undefined && !isObject(jobs)) throw wrong('configuration-shape', "'jobs' is an object")
  return { configuration, jobs }
}

/** The names of the master's tables that a file speaks of. */
export function namesIn({ configuration: { tables, mobileTracking } }: ReadConfiguration): readonly string[] {
  const options = isObject(tables) ? tables : {}
  return [
    ...Object.keys(options),
    ...Object.values(options).flatMap(relatedNames),
    ...(typeof mobileTracking === 'string' ? [mobileTracking] : []),
  ]
}

/**
 * The configuration and the jobs of a file, for a master with these tables. What the master or this program does not
 * know is left out where that is asked for; else `invalid` is thrown with all of it.
 */
export function fitFile(
  read: ReadConfiguration,
  catalogue: ReadonlyMap<string, TableMetadata>,
  unknown: 'refuse' | 'leave-out',
  now: number,
): {
  readonly configuration: Configuration
  readonly jobs: ReadonlyMap<string, FiledJob> | undefined
  readonly leftOut: readonly LeftOut[]
} {
  const { configuration, leftOut, problems } = leaveOutUnknown(read.configuration, catalogue)
  if (unknown === 'refuse' && problems.length > 0) throw new ConfigurationError(problems)
  const shape: OutpostError[] = []
  if (!checkShape(configuration, (problem) => shape.push(problem))) throw new ConfigurationError(shape)
  const gone = leftOut.filter(({ what }) => what === 'table').map(({ name }) => name)
  const jobs = Object.entries(read.jobs ?? {}).map(([name, job]) => [name, jobFrom(name, job, now)] as const)
  const fitting = jobs.map(([name, job]) => [name, withoutTables(job, gone)] as const)
  const whole = fitting.filter(([, job]) => job !== null) as readonly (readonly [string, FiledJob])[]
  for (const [, job] of whole) {
    // Whether the rest of it is right is for the configuration's own check to say.
    for (const definition of [job.published, job.draft]) if (definition) checkAgainst(definition, configuration)
  }
  const jobsLeft = fitting
    .filter(([, job]) => job === null)
    .map(([name]): LeftOut => ({ what: 'job', name, of: 'jobs' }))
  return { configuration, jobs: read.jobs && new Map(whole), leftOut: [...leftOut, ...jobsLeft] }
}

function jobFrom(name: string, job: unknown, now: number): FiledJob {
  checkName(name)
  const { state, published, draft } = isObject(job) ? job : {}
  const isKnown = state === 'draft' || state === 'published' || state === 'active'
  if (!isKnown || (state === 'draft') !== (published === undefined) || (state === 'draft' && draft === undefined)) {
    throw wrong('job', `job '${name}' has no state, or not the definition that belongs to its state`)
  }
  return {
    state,
    ...(published === undefined ? {} : { published: checkDefinition(published, now) }),
    ...(draft === undefined ? {} : { draft: checkDefinition(draft, now) }),
  }
}

/** The job for what is left of its tables; null where nothing is. */
function withoutTables(job: FiledJob, gone: readonly string[]): FiledJob | null {
  const published = job.published && narrowed(job.published, gone)
  const draft = job.draft && narrowed(job.draft, gone)
  if (published === null || draft === null) return null
  return { state: job.state, ...(published ? { published } : {}), ...(draft ? { draft } : {}) }
}

function narrowed(definition: JobDefinition, gone: readonly string[]): JobDefinition | null {
  const { tables } = definition.step
  if (!tables) return definition
  const left = tables.filter((table) => !gone.includes(table))
  if (left.length === 0) return null
  return left.length === tables.length ? definition : { ...definition, step: { ...definition.step, tables: left } }
}

function wrong(rule: string, message: string): OutpostError {
  return new OutpostError('invalid', `configuration file: ${message}`, { place: { rule } })
}
