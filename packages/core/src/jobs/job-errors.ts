import { OutpostError } from '../errors.ts'

export function unknownJob(name: string): OutpostError {
  return new OutpostError('invalid', `there is no job '${name}'`, { place: { rule: 'unknown-job' } })
}

export function neverPublished(name: string): OutpostError {
  return new OutpostError('refused', `job '${name}' was never published`, {
    place: { rule: 'not-published' },
    remedy: 'Publish it first.',
  })
}

export function isRunningElsewhere(name: string): OutpostError {
  return new OutpostError('refused', `job '${name}' cannot run now: another program or tab runs a job`, {
    place: { rule: 'running' },
    remedy: 'Wait until it has ended.',
  })
}
