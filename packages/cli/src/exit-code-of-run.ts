import type { JobRun } from '@outpost/core'
import { EXIT, exitCodeOf } from './exit-codes.ts'

/** The exit code that says how a run ended. */
export function exitCodeOfRun({ outcome, errors }: JobRun): number {
  switch (outcome) {
    case 'succeeded':
    case 'running':
      return EXIT.ok
    case 'partial':
      return EXIT.refused
    case 'stopped':
    case 'interrupted':
      return EXIT.interrupted
    case 'offline':
      return EXIT.unreachable
    case 'failed':
      return errors[0] ? exitCodeOf(errors[0].code) : EXIT.refused
  }
}
