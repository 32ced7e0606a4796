import type { Command } from 'commander'
import type { Action } from '../action.ts'
import { addDraft } from './jobs/draft.ts'
import { addJobLog } from './jobs/log.ts'
import { addRun } from './jobs/run.ts'
import { addShowJobs } from './jobs/show.ts'
import { addSteps } from './jobs/steps.ts'

export function addJobs(program: Command, action: Action): void {
  const jobs = program
    .command('jobs')
    .description('Say what is synced when: draft, publish and activate jobs, run them, read the log of their runs.')
  addShowJobs(jobs, action)
  addDraft(jobs, action)
  addSteps(jobs, action)
  addRun(jobs, action)
  addJobLog(jobs, action)
}
