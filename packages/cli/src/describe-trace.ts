import type { TracedChange, TraceEntry } from '@outpost/core'
import { describeConflict } from './describe-transaction.ts'
import { moment, oneLine, valueText } from './text.ts'
import type { Paint } from './text.ts'

/** Everything that happened to a row, step by step, for people. */
export function traceLines(entries: readonly TraceEntry[], paint: Paint): readonly string[] {
  return entries.flatMap((entry, at) => [
    ...(entry.seq === entries[at - 1]?.seq ? [] : [paint.bold(`Transaction #${entry.seq}`)]),
    ...stepLines(entry, paint),
  ])
}

function stepLines(entry: TraceEntry, paint: Paint): readonly string[] {
  const { text, details } = stepText(entry)
  const event = text === '' ? entry.event : entry.event.padEnd(11)
  const heading = `  ${moment(entry.at)}  ${entry.event === 'refused' ? paint.red(event) : event}${text && ` ${text}`}`
  const conflicts = entry.conflicts.map(describeConflict)
  return [heading, ...[...details, ...conflicts].map((line) => `${' '.repeat(24)}${line}`)]
}

function stepText(entry: TraceEntry): { readonly text: string; readonly details: readonly string[] } {
  const note = entry.note === null ? '' : oneLine(entry.note)
  switch (entry.kind) {
    case 'written': {
      const others = entry.with.map(({ table, id }) => `${table} ${id}`)
      const together = others.length > 0 ? [`together with ${others.join(', ')}`] : []
      return {
        text: entry.event === 'cancelled' ? note : '',
        details: [...entry.changes.flatMap(changeLines), ...together],
      }
    }
    case 'sent':
      return { text: entry.requestId === null ? '' : `request ${entry.requestId}`, details: [] }
    case 'answered': {
      const { error, masterRequestId, version } = entry
      const answer = [version && `version ${version}`, masterRequestId && `the master's request ${masterRequestId}`]
      if (!error) return { text: [note, ...answer].filter(Boolean).join('; '), details: [] }
      return {
        text: `${error.rejection ?? error.code}: ${oneLine(error.message)}`,
        details: [answer.filter(Boolean).join('; '), `remedy: ${oneLine(error.remedy)}`].filter(Boolean),
      }
    }
    case 'echoed':
      return { text: `a pull brought it back as version ${entry.version}`, details: [] }
    case 'merged':
      return { text: [note, entry.version && `version ${entry.version}`].filter(Boolean).join('; '), details: [] }
    case 'verified':
    case 'operated':
      return { text: note, details: [] }
  }
}

function changeLines({ kind, values, dropped, before, link, action }: TracedChange): readonly string[] {
  const was = (name: string): string => (before && name in before ? `  (was ${valueText(before[name] ?? null)})` : '')
  const about = action
    ? `${action.action} ${JSON.stringify(action.parameters)}`
    : link
      ? `${kind} ${link.first.table} ${link.first.id} and ${link.second.table} ${link.second.id}`
      : kind
  return [
    oneLine(about),
    ...Object.entries(values).map(([name, value]) => `  ${name} = ${valueText(value)}${was(name)}`),
    ...dropped.map((name) => `  ${name} taken out`),
  ]
}
