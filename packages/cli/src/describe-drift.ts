import type { MetadataChange, MetadataDrift } from '@outpost/core'
import { counted, oneLine } from './text.ts'

/** How many changes are named one by one. */
const SHOWN = 30

type Drift = Omit<MetadataDrift, 'configuration'>

/** True where the master's metadata is as it was, or differs in nothing that is kept. */
export function isNoDrift({ changes, dropped, stopped, refused, migrated }: Drift): boolean {
  return changes.length + dropped.length + stopped.length + refused.length + migrated.length === 0
}

/** What has changed in the master's metadata, and what comes of it, one thing on a line. */
export function driftLines({ changes, dropped, stopped, refused, migrated }: Drift): readonly string[] {
  const numbers = (seqs: readonly number[]): string => seqs.map((seq) => `#${seq}`).join(', ')
  const more = changes.length - SHOWN
  return [
    ...changes.slice(0, SHOWN).map((change) => oneLine(changeText(change))),
    ...(more > 0 ? [`and ${counted(more, 'more change')} (--json has all)`] : []),
    ...dropped.map(({ table, option, column }) => `${table}: ${column} leaves the configuration (${option})`),
    ...stopped.map(({ table, message, remedy }) => oneLine(`${table}: not pulled any more: ${message}. ${remedy}`)),
    ...(migrated.length > 0 ? [`pending transactions carried over: ${numbers(migrated)}`] : []),
    ...(refused.length > 0 ? [`pending transactions that become Errors: ${numbers(refused)}`] : []),
  ]
}

/** One change in words, as in `account.telephone1: column removed`. */
function changeText(change: MetadataChange): string {
  const subject = 'column' in change ? change.column : 'key' in change ? change.key : null
  const name = subject ?? ('relationship' in change ? change.relationship : null)
  const details = detailsOf(change)
  const place = name === null ? change.table : `${change.table}.${name}`
  return `${place}: ${change.kind.replace('-', ' ')}${details === '' ? '' : ` (${details})`}`
}

function detailsOf(change: MetadataChange): string {
  if ('added' in change) {
    return [...change.added.map((table) => `+ ${table}`), ...change.removed.map((table) => `- ${table}`)].join(', ')
  }
  const what = 'limit' in change ? change.limit : 'value' in change ? String(change.value) : ''
  const label = 'label' in change ? change.label : ''
  const to = 'to' in change ? `${'from' in change ? `${shown(change.from)} → ` : ''}${shown(change.to)}` : ''
  return [what, label, to].filter((part) => part !== '').join(' ')
}

function shown(value: string | number | boolean | null): string {
  return value === null ? 'none' : String(value)
}
