import type { OutpostEvent, SyncPhase, TableReport } from '@outpost/core'
import type { Invocation } from './invocation.ts'
import { pushBatches } from './push-batches.ts'
import { count, counted, cut, oneLine, paintFor } from './text.ts'

const BAR = 24

/** Shows the events of a sync. `end` leaves a clean line behind. */
export interface Progress {
  /** What is being done now. */
  say(text: string): void
  show(event: OutpostEvent): void
  end(): void
}

/**
 * Progress on stderr: a bar that is drawn in place on a terminal, plain lines elsewhere, nothing with `--json` (whose
 * stderr holds errors only).
 */
export function progressOf(invocation: Invocation): Progress {
  const { stderr } = invocation.io
  if (invocation.json) return { say: () => {}, show: () => {}, end: () => {} }
  return stderr.isTTY ? drawnProgress(invocation) : plainProgress(invocation)
}

function plainProgress({ io }: Invocation): Progress {
  const line = (text: string): unknown => io.stderr.write(`${text}\n`)
  const told = new Map<string, string>()
  const once = (table: string, text: string): void => {
    if (told.get(table) !== text) line(`${table}: ${text}`)
    told.set(table, text)
  }
  const batches = pushBatches(({ text }) => line(text))
  return {
    say: line,
    show(event) {
      batches.show(event)
      if (event.type === 'pull.progress' && event.rows > 0) once(event.table, rowsSoFar(event))
      else if (event.type === 'pull.page' && event.columns) line(`${event.table}: ${columnsSoFar(event)}`)
      else if (event.type === 'pull.table') line(`${event.table}: ${outcome(event.report)}`)
      else if (event.type === 'metadata.pulled') line(`metadata: ${counted(event.tables, 'table')}`)
    },
    end: () => batches.end(),
  }
}

function drawnProgress({ io }: Invocation): Progress {
  const { stderr } = io
  const paint = paintFor(stderr, io.variables)
  let drawn = false
  let fraction = 0
  const clear = (): void => {
    if (drawn) stderr.write('\r\u001b[2K')
    drawn = false
  }
  const draw = (text: string): void => {
    clear()
    // A line that wraps could not be drawn over.
    stderr.write(cut(text, (stderr.columns ?? 80) - 1))
    drawn = true
  }
  const keep = (text: string): void => {
    clear()
    stderr.write(`${text}\n`)
  }
  const batches = pushBatches(({ text, refused }) => {
    if (refused) keep(`${paint.red('✗')} ${label('sending')} ${text}`)
    else draw(`  ${label('sending')} ${text}`)
  })
  return {
    say: (text) => draw(`  ${text}`),
    show(event) {
      batches.show(event)
      if (event.type === 'pull.progress') {
        fraction = event.fraction
        if (event.rows > 0 || event.phase !== 'rows')
          draw(`  ${label(event.table)} ${bar(fraction)} ${event.phase === 'rows' ? rowsSoFar(event) : ''}`)
      } else if (event.type === 'pull.page' && event.columns)
        draw(`  ${label(event.table)} ${bar(fraction)} ${columnsSoFar(event)}`)
      else if (event.type === 'sync.phase')
        draw(`  ${label(PHASES[event.phase])} ${fraction > 0 ? bar(fraction) : '…'}`)
      else if (event.type === 'pull.table') {
        const mark = event.report.error ? paint.red('✗') : paint.green('✓')
        keep(`${mark} ${label(event.table)} ${outcome(event.report)}`)
      } else if (event.type === 'metadata.pulled')
        keep(`${paint.green('✓')} ${label('metadata')} ${counted(event.tables, 'table')}`)
      else if (event.type === 'push.sent')
        draw(`  ${label('sending')} ${counted(event.transactions.length, 'transaction')} …`)
    },
    end() {
      batches.end()
      clear()
    },
  }
}

const PHASES: Readonly<Record<SyncPhase, string>> = {
  glance: 'asking what is new',
  identity: 'asking who answers',
  metadata: 'reading metadata',
  standing: 'asking for rights',
  push: 'sending',
  rows: 'reading rows',
  deletions: 'looking for what is gone',
  layers: 'reading more columns',
}

type Told = Extract<OutpostEvent, { type: 'pull.progress' }>

/** How far the whole run is. */
function bar(fraction: number): string {
  const full = Math.floor(fraction * BAR)
  const percent = `${Math.floor(fraction * 100)} %`
  return `${'█'.repeat(full)}${'░'.repeat(BAR - full)} ${percent.padStart(5)}`
}

function rowsSoFar({ rows, of }: Pick<Told, 'rows' | 'of'>): string {
  if (of === undefined) return counted(rows, 'row')
  return `${count(rows)} of ${rows < of ? 'about ' : ''}${count(of)} rows`
}

function columnsSoFar({ rows, columns = [] }: Extract<OutpostEvent, { type: 'pull.page' }>): string {
  return `${columns.join(', ')} of ${counted(rows, 'row')}`
}

/** What a sync did to one table, in words. */
export function outcome(report: TableReport): string {
  if (report.error) return `not finished: ${oneLine(report.error.message)}`
  const parts = [
    `${count(report.received)} received`,
    report.written !== report.received && `${count(report.written)} new or changed`,
    report.pruned > 0 && `${count(report.pruned)} removed`,
    report.kept > 0 && `${count(report.kept)} kept for their unsent changes`,
  ]
  return parts.filter(Boolean).join(', ')
}

function label(text: string): string {
  return text.padEnd(26)
}
