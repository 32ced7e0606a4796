import type { Change, ColumnComparison, ColumnValue, RowComparison } from '@outpost/core'
import { describeChange } from './describe-change.ts'
import type { Output } from './io.ts'
import { cut, linesFor, oneLine, tableLines, valueText } from './text.ts'

/**
 * One row of a transaction: each column as it was, as it was made here, and as the master has it. Sides that there are not
 * (a row that is created has no base) are left out.
 */
export function comparisonLines(
  row: RowComparison,
  at: number,
  change: Change | undefined,
  output: Output,
): readonly string[] {
  const heading = change
    ? describeChange(change)
    : `${row.kind} ${row.table} ${row.id}, of which nothing is left to send`
  const parameters = change?.kind === 'action' ? Object.entries(change.parameters) : []
  return linesFor(output, [
    `  ${at + 1}. ${heading}`,
    ...versionLines(row),
    ...parameters.map(([name, value]) => `     ${name}: ${cut(oneLine(JSON.stringify(value)), 80)}`),
    ...('relationship' in (change ?? {}) ? [] : columnLines(row, output)),
  ])
}

function versionLines({ kind, onMaster, versions: { base, theirs } }: RowComparison): readonly string[] {
  if (kind === 'associate' || kind === 'disassociate') return []
  if (onMaster === null) return ['     nothing is known of the row on the master']
  if (!onMaster) return kind === 'create' ? [] : ['     the master no longer has the row']
  if (kind === 'create') return [`     the master has the row: ${theirs ?? 'in a version that is not known'}`]
  if (base === null || theirs === null || base === theirs) return []
  return [`     made on ${base}; the master has ${theirs} now`]
}

function columnLines({ kind, onMaster, columns }: RowComparison, output: Output): readonly string[] {
  const shown = columns.filter(({ base, mine, theirs }) => kind !== 'delete' || [base, mine, theirs].some(isThere))
  if (shown.length === 0) return []
  const width = cellWidth(output, shown)
  const cell = (value: ColumnValue, base: ColumnValue): string =>
    `${valueText(value, width)}${value === base ? '' : ' *'}`
  const sides: readonly (readonly [string, boolean, (column: ColumnComparison) => string])[] = [
    ['BASE', kind !== 'create', ({ base }) => valueText(base, width)],
    ['MINE', kind !== 'delete', ({ mine, base }) => (kind === 'create' ? valueText(mine, width) : cell(mine, base))],
    [
      'THEIRS',
      onMaster === true,
      ({ theirs, base }) => (kind === 'create' ? valueText(theirs, width) : cell(theirs, base)),
    ],
  ]
  const there = sides.filter(([, present]) => present)
  const lines = tableLines(
    ['COLUMN', ...there.map(([name]) => name)],
    shown.map((column) => [column.column, ...there.map(([, , text]) => text(column))]),
  )
  const decided = shown.flatMap(({ column, decision }) => (decision ? [`${column}: ${decidedText(decision)}`] : []))
  return [...lines, ...decided].map((line) => `     ${line}`)
}

function isThere(value: ColumnValue): boolean {
  return value !== null
}

function decidedText({ policy, resolved }: NonNullable<ColumnComparison['decision']>): string {
  return (
    { local: 'MINE', remote: 'THEIRS', merged: 'a value of both', undecided: 'not decided' }[resolved] + ` by ${policy}`
  )
}

/** On a terminal the three values share the line; a file has room. */
function cellWidth({ isTTY, columns = 80 }: Output, shown: readonly ColumnComparison[]): number {
  if (!isTTY) return 80
  const names = Math.max(...shown.map(({ column }) => column.length))
  return Math.max(12, Math.floor((columns - names - 5 - 3 * 4) / 3))
}
