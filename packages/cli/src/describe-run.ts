import type { JobRun } from '@outpost/core'
import { driftLines } from './describe-drift.ts'
import { outcome } from './progress.ts'
import { pushText } from './commands/sync.ts'
import { count, counted, oneLine } from './text.ts'
import type { Paint } from './text.ts'

/** What a run did, in words on one line. */
export function runText(run: JobRun, paint: Paint): string {
  const parts = [outcomeText(run, paint), missedText(run), ...whatItDid(run), ...whatItTook(run)]
  return parts.filter((part) => part !== '').join(' · ')
}

/** What a run took over of the metadata, and each of its errors with what can be done about it, one thing on a line. */
export function runDetailLines({ errors, metadata }: JobRun, paint: Paint): readonly string[] {
  return [
    ...(metadata ? driftLines(metadata).map((line) => `${paint.yellow('metadata')} ${line}`) : []),
    ...errors.flatMap(({ table, message, remedy }) => [
      `${paint.red('error')} ${table === undefined ? '' : `${table}: `}${oneLine(message)}`,
      ...(remedy === undefined ? [] : [`  remedy ${oneLine(remedy)}`]),
    ]),
  ]
}

/** How a run ended, coloured by what it means. */
export function outcomeText({ outcome: ended, attempts }: JobRun, paint: Paint): string {
  const text = attempts > 1 ? `${ended}, ${count(attempts)} times in a row` : ended
  if (ended === 'succeeded') return paint.green(text)
  return ended === 'failed' || ended === 'interrupted' ? paint.red(text) : paint.yellow(text)
}

function missedText({ missed, outcome: ended }: JobRun): string {
  if (missed === 0) return ''
  return ended === 'offline'
    ? `${counted(missed + 1, 'run')} to make up for`
    : `also for ${counted(missed, 'missed run')}`
}

function whatItDid({ pushed, tables, outcome: ended }: JobRun): readonly string[] {
  const isBusy = pushed !== null && pushed.processed + pushed.refused + pushed.overruled + pushed.left > 0
  const changed = Object.entries(tables).filter(
    ([, table]) => table.written + table.pruned + table.kept + table.added > 0 || table.error,
  )
  const parts = [
    ...(isBusy ? [`sent ${pushText(pushed)}`] : []),
    ...changed.map(([name, table]) => `${name}: ${outcome(table)}`),
  ]
  return parts.length === 0 && ended === 'succeeded' ? ['nothing new'] : parts
}

function whatItTook({ durationMs, traffic }: JobRun): readonly string[] {
  const took = durationMs === null ? [] : [`${(durationMs / 1000).toFixed(1)} s`]
  if (!traffic) return took
  return [...took, counted(traffic.requests, 'request'), `${count(traffic.bytesSent + traffic.bytesReceived)} bytes`]
}
