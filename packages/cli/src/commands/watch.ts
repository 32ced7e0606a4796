import { OutpostError } from '@outpost/core'
import type { ClientOrg, SyncReport } from '@outpost/core'
import { InvalidArgumentError } from 'commander'
import type { Command } from 'commander'
import { EXIT, exitCodeOf } from '../exit-codes.ts'
import type { Invocation } from '../invocation.ts'
import type { Action } from '../action.ts'
import { outcome } from '../progress.ts'
import { pushBatches } from '../push-batches.ts'
import { errorAsJson } from '../report-error.ts'
import { oneLine } from '../text.ts'
import { withConnectedOrg } from '../with-org.ts'
import { metadataText, pushText } from './sync.ts'

export function addWatch(program: Command, action: Action): void {
  program
    .command('watch')
    .description('Keep syncing until interrupted, and print what happens.')
    .option('--every <seconds>', 'how long to wait between two syncs', seconds, 30)
    .addHelpText(
      'after',
      `
A master that cannot be reached is tried again at the next turn. SIGINT and SIGTERM end it with exit code 0.
A refused sign-in ends it with exit code 4, unless --token-command can bring another token.
With --json every line is one event.

Examples:
  $ outpost watch --every 60
  $ outpost watch --json >> outpost.log`,
    )
    .action(
      action((invocation, command) =>
        withConnectedOrg(invocation, (org) => watch(invocation, org, command.opts<{ every: number }>().every)),
      ),
    )
}

async function watch(invocation: Invocation, org: ClientOrg, everySeconds: number): Promise<number> {
  const { io } = invocation
  const say = (event: Record<string, unknown>, lines: readonly string[]): void => {
    const at = new Date(io.env.now()).toISOString()
    if (invocation.json) io.stdout.write(`${JSON.stringify({ at, ...event })}\n`)
    else for (const line of lines) io.stdout.write(`${invocation.paint.dim(at.slice(11, 19))}  ${line}\n`)
  }
  const batches = pushBatches(({ text }) => {
    if (!invocation.json) say({}, [text])
  })
  const unsubscribe = org.subscribe((event) => {
    batches.show(event)
    if (event.type === 'push.settled' && invocation.json) say(event, [])
  })
  try {
    while (!io.signal.aborted) {
      try {
        const report = await org.sync({ signal: io.signal }).finally(() => batches.end())
        say({ type: 'synced', ...report }, [`synced: ${reportText(report)}`])
      } catch (error) {
        if (io.signal.aborted) break
        if (!(error instanceof OutpostError) || !passes(error, invocation)) throw error
        const { url } = invocation.master
        say({ type: 'failed', error: errorAsJson(error, { ...invocation, url }) }, [
          invocation.paint.yellow(`not synced: ${oneLine(error.message)}${url === undefined ? '' : ` (${url})`}`),
        ])
      }
      await sleepUnlessAborted(invocation, everySeconds * 1000)
    }
  } finally {
    unsubscribe()
  }
  say({ type: 'stopped' }, ['stopped'])
  return EXIT.ok
}

/** Whether a failure may be over at the next turn. */
function passes(error: OutpostError, { renewableToken }: Invocation): boolean {
  if (error.code === 'unauthenticated') return renewableToken
  return exitCodeOf(error.code) === EXIT.unreachable
}

function reportText({ metadata, pushed, tables }: SyncReport): string {
  const busy = Object.entries(tables).filter(
    ([, table]) => table.written > 0 || table.pruned > 0 || table.kept > 0 || table.error,
  )
  const sent = pushed.processed + pushed.refused + pushed.overruled + pushed.left > 0 ? [pushText(pushed)] : []
  const drift = metadata && metadata.changes.length > 0 ? [metadataText(metadata)] : []
  const parts = [...drift, ...sent, ...busy.map(([name, table]) => `${name}: ${outcome(table)}`)]
  return parts.length === 0 ? 'nothing new' : parts.join(' · ')
}

async function sleepUnlessAborted({ io }: Invocation, ms: number): Promise<void> {
  try {
    await io.env.sleep(ms, io.signal)
  } catch (error) {
    // The sleep rejects with whatever the signal was aborted with; that is how a watch ends.
    if (!io.signal.aborted) throw error
  }
}

function seconds(text: string): number {
  const value = Number(text)
  if (!(value > 0 && value <= 86_400)) throw new InvalidArgumentError('Give seconds, from above 0 to 86400.')
  return value
}
