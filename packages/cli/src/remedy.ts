import { MasterError } from '@outpost/core'
import type { OutpostError } from '@outpost/core'

/** What a remedy depends on besides the error. */
export interface RemedyContext {
  /** The name of the command that failed; empty where none was run. */
  readonly command: string
  /** True where tokens come from a command. */
  readonly renewableToken: boolean
}

/** Commands whose plan needs the network. */
const PLANNED: ReadonlySet<string> = new Set(['configure', 'import'])
/** Commands that are repeated themselves when the master was away. */
const REPEATED: ReadonlySet<string> = new Set([
  ...PLANNED,
  'connect',
  'plan',
  'verify',
  'repair',
  'dry-run',
  'metadata',
])

/**
 * What the reader can do about an error, in the words of this command line: a command runs once, so that nothing is "tried
 * again by itself". Undefined when nothing is known.
 */
export function remedyOf(error: OutpostError, { command, renewableToken }: RemedyContext): string | undefined {
  // What needs the network without being a sync is repeated itself.
  const again = `Run 'outpost ${REPEATED.has(command) ? command : 'sync'}' again`
  if (error.place.rule === 'signed-out') return "Run 'outpost connect' with a token of the same user."
  if (error.place.rule === 'unknown-transaction') return "'outpost tx list --status all' lists them."
  if (error.place.rule === 'unknown-row' && command === 'amend') return 'Name one of these with --row <table/id>.'
  if (error.place.rule === 'unconfirmed') return error.remedy
  switch (error.code) {
    case 'offline':
      if (command === 'connect') return `Check the address and the network. ${again}.`
      return PLANNED.has(command)
        ? `${again} when the network is back, or add --yes to do without knowing which rows leave.`
        : `${again} when the network is back.`
    case 'timeout':
    case 'unavailable':
      return `${again} when the master answers; nothing is lost.`
    case 'throttled':
      return `${again} ${waitText(error)}; nothing is lost.`
    case 'unauthenticated':
      // Without a status the token was not even had, and whoever could not give it says why.
      if (!(error instanceof MasterError) || error.status === undefined) return error.remedy
      return renewableToken
        ? 'Sign in again, so that --token-command prints a fresh token, then repeat.'
        : 'Put a fresh token into OUTPOST_TOKEN, or name a program that prints one with --token-command.'
    case 'wrong-master':
      return 'Use a token of the organisation and user it belongs to, or another client org with --db. Nothing was sent.'
    case 'store-full':
      return 'Free space on the disk; what was committed is kept.'
    case 'refused':
      return remedyOfRefusal(error, command)
    default:
      return error.remedy
  }
}

function remedyOfRefusal(error: OutpostError, command: string): string | undefined {
  switch (command) {
    case 'detach':
      return "Run 'outpost sync' first, or say what becomes of it: --keep leaves the rows as they are, --discard takes it back."
    case 'disconnect':
      return "Run 'outpost sync' first, put away what is not wanted with 'outpost tx archive', or add --discard-unsent."
    case 'sign-out':
      return "Run 'outpost sync' first, put away what is not wanted with 'outpost tx archive', or add --keep or --discard."
    case 'archive':
    case 'discard':
    case 'revert':
    case 'retry':
    case 'amend':
      return remedyOfRule(error, command)
    default:
      // A refusal that names a table is about its unsent rows.
      return error.place.table === undefined
        ? error.remedy
        : "Run 'outpost sync' first, or put its transactions away with 'outpost tx archive'."
  }
}

/** Refusals of what is done about a transaction tell by their rule what stands in the way. */
function remedyOfRule(error: OutpostError, command: string): string | undefined {
  switch (error.place.rule) {
    case 'dependents':
      return `Take those along: add --with-dependents.${command === 'revert' ? '' : ' --preview shows them.'}`
    case 'unknown-outcome':
      return "Run 'outpost sync' first, which finds it out."
    case 'delivered':
      return command === 'retry'
        ? "Make the change anew, for instance with 'outpost import --rows'."
        : "Make a change that undoes it, for instance with 'outpost import --rows'."
    case 'settled':
      return "Run 'outpost tx retry' first, where it is archived; else make a new change."
    case 'lookup-order':
      return `${error.remedy ?? ''} One 'outpost tx retry' takes several numbers.`.trimStart()
    default:
      return error.remedy
  }
}

function waitText(error: OutpostError): string {
  const ms = error instanceof MasterError ? error.retryAfterMs : undefined
  return ms === undefined ? 'in a few minutes' : `in ${Math.max(1, Math.ceil(ms / 1000))} s`
}
