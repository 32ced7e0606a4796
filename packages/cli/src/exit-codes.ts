import type { OutpostErrorCode } from '@outpost/core'

/** What the exit code of a run says. */
export const EXIT = {
  ok: 0,
  refused: 1,
  usage: 2,
  unreachable: 3,
  signIn: 4,
  store: 5,
  defect: 70,
  interrupted: 130,
} as const

/** The exit code of a failure. */
export function exitCodeOf(code: OutpostErrorCode): number {
  switch (code) {
    case 'refused':
    case 'forbidden':
    case 'not-found':
    case 'conflict':
    case 'rejected':
    case 'expired':
      return EXIT.refused
    case 'invalid':
      return EXIT.usage
    case 'offline':
    case 'timeout':
    case 'unavailable':
    case 'throttled':
    case 'protocol':
      return EXIT.unreachable
    case 'unauthenticated':
    case 'wrong-master':
      return EXIT.signIn
    case 'store':
    case 'store-full':
    case 'store-readonly':
    case 'store-busy':
    case 'store-foreign':
    case 'store-newer':
      return EXIT.store
    case 'aborted':
      return EXIT.interrupted
    case 'closed':
      return EXIT.defect
  }
}

/** The table of exit codes, as help and README show it. */
export const EXIT_CODES_HELP = `Exit codes:
  0    done
  1    refused: by the master or by the state of the client org; transactions in
       Error, tables that could not be finished, lines that were not imported,
       metadata that could not be taken over, rows that differ (verify), or a
       change that was not confirmed
  2    bad usage or invalid input; nothing was changed
  3    the master cannot be reached now; try again later
  4    sign-in needed, or signed in to the wrong organisation or as the wrong user
  5    the database cannot be used (missing, busy, full, read-only, not ours)
  70   a defect of this program
  130  interrupted; what was committed stays, the next run goes on from there`
