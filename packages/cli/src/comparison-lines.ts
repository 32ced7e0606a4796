import type { Change, ColumnComparison, ColumnValue, RowComparison } from '@outpost/core'
import { describeChange } from './describe-change.ts'
import type { Output } from './io.ts'
import { labelled, linesFor, oneLine, tableLines, valueText, widthOf } from './text.ts'

/** The longest value that is shown whole; longer ones are in the JSON. */
const LONGEST = 4_000
/** Less room than this for a value, and there is no point in putting three of them beside each other. */
const LEAST = 12
const INDENT = '     '

/**
 * One row of a transaction: each column as it was, as it was made here, and as the master has it. Sides that there are not
 * (a row that is created has no base) are left out. Sides that differ are never cut: whoever decides has to see where.
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
  return [
    ...labelled(output, `  ${at + 1}. `, heading),
    ...versionLines(row).flatMap((line) => labelled(output, INDENT, line)),
    ...parameters.flatMap(([name, value]) => labelled(output, `${INDENT}${name}: `, oneLine(JSON.stringify(value)))),
    ...('relationship' in (change ?? {}) ? [] : columnLines(row, output)),
  ]
}

function versionLines({ kind, onMaster, versions: { base, theirs } }: RowComparison): readonly string[] {
  if (kind === 'associate' || kind === 'disassociate') return []
  if (onMaster === null) return ['nothing is known of the row on the master']
  if (!onMaster) {
    if (kind === 'create') return []
    // What was made on no version was made on a row that is itself still to be sent.
    return [base === null ? 'the master does not have the row' : 'the master no longer has the row']
  }
  if (kind === 'create') return [`the master has the row: ${theirs ?? 'in a version that is not known'}`]
  if (base === null || theirs === null || base === theirs) return []
  return [`made on ${base}; the master has ${theirs} now`]
}

interface Side {
  readonly name: string
  readonly value: (column: ColumnComparison) => ColumnValue
}

function columnLines(row: RowComparison, output: Output): readonly string[] {
  const { kind, onMaster, columns } = row
  const shown = columns.filter(({ base, mine, theirs }) => kind !== 'delete' || [base, mine, theirs].some(isThere))
  if (shown.length === 0) return []
  const sides: readonly Side[] = [
    ...(kind === 'create' ? [] : [{ name: 'BASE', value: ({ base }: ColumnComparison) => base }]),
    ...(kind === 'delete' ? [] : [{ name: 'MINE', value: ({ mine }: ColumnComparison) => mine }]),
    ...(onMaster === true ? [{ name: 'THEIRS', value: ({ theirs }: ColumnComparison) => theirs }] : []),
  ]
  const mark = (column: ColumnComparison, { value }: Side): string =>
    kind !== 'create' && value(column) !== column.base ? ' *' : ''
  const width = cellWidth(output, shown, sides.length)
  const isAlike = (column: ColumnComparison): boolean => new Set(sides.map(({ value }) => value(column))).size === 1
  const fits = (column: ColumnComparison): boolean =>
    sides.every(({ value }) => widthOf(valueText(value(column), LONGEST)) <= width)
  const beside = width < LEAST ? [] : shown.filter((column) => fits(column) || (sides.length > 1 && isAlike(column)))
  const below = shown.filter((column) => !beside.includes(column))
  const table = tableLines(
    ['COLUMN', ...sides.map(({ name }) => name)],
    beside.map((column) => [
      column.column,
      ...sides.map((side) => valueText(side.value(column), width) + mark(column, side)),
    ]),
  ).map((line) => INDENT + line)
  const stacked = below.flatMap((column) => [
    INDENT + column.column,
    ...sides.flatMap((side) =>
      labelled(
        output,
        `${INDENT}  ${(side.name + mark(column, side)).padEnd(8)}  `,
        valueText(side.value(column), LONGEST),
      ),
    ),
  ])
  const decided = shown.flatMap(({ column, decision }) => (decision ? [`${column}: ${decidedText(decision)}`] : []))
  return [
    ...(beside.length > 0 ? linesFor(output, table) : []),
    ...stacked,
    ...decided.flatMap((line) => labelled(output, INDENT, line)),
  ]
}

function isThere(value: ColumnValue): boolean {
  return value !== null
}

function decidedText({ policy, resolved }: NonNullable<ColumnComparison['decision']>): string {
  return `${{ local: 'MINE', remote: 'THEIRS', merged: 'a value of both', undecided: 'left to you' }[resolved]} (${policy})`
}

/** On a terminal the values share the line; a file has room. */
function cellWidth({ isTTY, columns = 80 }: Output, shown: readonly ColumnComparison[], sides: number): number {
  if (!isTTY) return 80
  const names = Math.max('COLUMN'.length, ...shown.map(({ column }) => column.length))
  const marks = 2 + ' *'.length
  return Math.floor((columns - INDENT.length - names - sides * marks) / sides)
}
