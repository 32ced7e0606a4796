import type { Configuration } from '../copy/configuration.ts'
import { Jobs } from './jobs.ts'
import type { JobsOptions } from './jobs.ts'
import { JobRunner } from './runner.ts'
import type { RunnerOptions, StandingJob } from './runner.ts'
import { SyncService } from './service.ts'
import type { ServiceOptions } from './service.ts'

type Given = Omit<JobsOptions, 'runner' | 'changed'> &
  Omit<RunnerOptions, 'onRun'> &
  Omit<ServiceOptions, 'runner' | 'jobs' | 'tablesOf'>

/** The jobs of a client org, and the service that runs them. */
export function jobsOf(given: Given): { readonly jobs: Jobs; readonly service: SyncService } {
  const runner = new JobRunner({ ...given, onRun: (run) => service.tell(run) })
  const jobs = new Jobs({ ...given, runner, changed: () => service.wake() })
  const service = new SyncService({ ...given, runner, jobs, tablesOf: (job) => tablesOf(job, given.configuration()) })
  return { jobs, service }
}

function tablesOf({ definition }: StandingJob, { tables, scopes = {} }: Configuration): readonly string[] {
  const { scope, tables: named } = definition.step
  if (scope !== undefined) return scopes[scope]?.tables ?? []
  return named ?? Object.keys(tables)
}
