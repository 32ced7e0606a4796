import type { JobDefinition, Schedule } from './job.ts'
import type { KeptJob } from './job-store.ts'

/** The name of the job that every client org has from its first connection on. */
export const DEFAULT_JOB = 'SyncService'

/** The version of the template below. It rises with every change of it, so that jobs made by an older one are found. */
const TEMPLATE = 1

const HOURLY: Schedule = { everyMinutes: 60 }

const DEFINITION: JobDefinition = {
  schedule: HOURLY,
  step: { function: 'SyncService' },
  priority: 0,
  triggers: ['online'],
}

/** The job as it is made: published and active. */
export function defaultJob(): KeptJob {
  return {
    name: DEFAULT_JOB,
    category: 'Job',
    state: 'active',
    version: 1,
    published: DEFINITION,
    draft: null,
    origin: { template: TEMPLATE, definition: DEFINITION },
  }
}

/**
 * The job as the present template would have it: what nobody edited is renewed, what somebody did stays. The job itself
 * where it was not made here or is up to date.
 */
export function upgraded(job: KeptJob): KeptJob {
  const { origin, published, draft } = job
  if (!origin || origin.template >= TEMPLATE) return job
  const renewed = published && renew(published, origin.definition)
  return {
    ...job,
    published: renewed,
    draft: draft && renew(draft, origin.definition),
    version: JSON.stringify(renewed) === JSON.stringify(published) ? job.version : job.version + 1,
    origin: { template: TEMPLATE, definition: DEFINITION },
  }
}

function renew(definition: JobDefinition, made: JobDefinition): JobDefinition {
  const isOurs = (part: keyof JobDefinition): boolean => JSON.stringify(definition[part]) === JSON.stringify(made[part])
  return {
    schedule: isOurs('schedule') ? DEFINITION.schedule : definition.schedule,
    step: isOurs('step') ? DEFINITION.step : definition.step,
    ...pick('priority', isOurs('priority') ? DEFINITION : definition),
    ...pick('triggers', isOurs('triggers') ? DEFINITION : definition),
  }
}

function pick(part: 'priority' | 'triggers', from: JobDefinition): Partial<JobDefinition> {
  return from[part] === undefined ? {} : { [part]: from[part] }
}
