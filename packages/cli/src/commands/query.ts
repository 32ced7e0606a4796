import { OutpostError } from '@outpost/core'
import type { ClientOrg, ColumnValue, Query, Row } from '@outpost/core'
import type { Command } from 'commander'
import type { Invocation } from '../invocation.ts'
import type { Action } from '../action.ts'
import { nameList, wholeNumber } from '../arguments.ts'
import { counted, cut, oneLine, tableLines, widthOf } from '../text.ts'
import { keptTable, withFilledOrg } from '../with-org.ts'

interface Options {
  readonly where?: string
  readonly orderBy?: string
  readonly limit?: number
  readonly columns?: string
}

const CELL = 40

export function addQuery(program: Command, action: Action): void {
  program
    .command('query')
    .argument('<table>', 'logical name of a table that is kept')
    .description('Read rows of the client org. Works without the network.')
    .option('--where <filter>', 'OData filter text over logical column names')
    .option('--order-by <a,b desc>', 'columns to sort by, each followed by desc where descending')
    .option('--limit <n>', 'at most this many rows', wholeNumber)
    .option('--columns <a,b>', 'columns to show')
    .addHelpText(
      'after',
      `
With --json every line is one row.

Examples:
  $ outpost query account --where "contains(name,'ice') and statecode eq 0" --order-by 'name desc' --limit 20
  $ outpost query task --columns subject,scheduledend --json`,
    )
    .action(
      action((invocation, command) =>
        withFilledOrg(invocation, async (org) => {
          const { columns, ...options } = command.opts<Options>()
          const names = columns === undefined ? undefined : nameList(columns)
          const rows = await selectRows(org, String(command.args[0]), queryFrom(options), names)
          if (invocation.json) writeJsonLines(rows, (text) => invocation.io.stdout.write(text))
          else showRows(invocation, rows, names)
          return 0
        }),
      ),
    )
}

function queryFrom({ where, orderBy, limit }: Options): Query {
  return {
    ...(where === undefined ? {} : { where }),
    ...(orderBy === undefined ? {} : { orderBy: nameList(orderBy) }),
    ...(limit === undefined ? {} : { limit }),
  }
}

/** The rows that match, with the given columns only. Throws `invalid` for a column that is not kept. */
export async function selectRows(
  org: ClientOrg,
  name: string,
  query: Query,
  columns: readonly string[] | undefined,
): Promise<readonly Row[]> {
  const table = keptTable(org, name)
  if (columns === undefined) return table.query(query)
  if (columns.length === 0) {
    throw new OutpostError('invalid', '--columns names no column', { place: { table: name, rule: 'usage' } })
  }
  // A query that sorts by the columns and reads nothing checks their names.
  await table.query({ orderBy: columns, limit: 0 })
  const rows = await table.query(query)
  return rows.map((row) => Object.fromEntries(columns.map((column) => [column, row[column] ?? null])))
}

/** One row on each line. */
export function writeJsonLines(rows: readonly Row[], write: (text: string) => unknown): void {
  for (let at = 0; at < rows.length; at += 500) {
    write(
      `${rows
        .slice(at, at + 500)
        .map((row) => JSON.stringify(row))
        .join('\n')}\n`,
    )
  }
}

function showRows({ io, paint }: Invocation, rows: readonly Row[], chosen: readonly string[] | undefined): void {
  const write = (text: string): unknown => io.stdout.write(`${text}\n`)
  const [first] = rows
  if (!first) {
    write('No rows.')
    return
  }
  const columns = chosen ?? Object.keys(first)
  const narrow = io.stdout.isTTY === true
  const cells = rows.map((row) => columns.map((column) => cellText(row[column] ?? null, narrow)))
  const shown = narrow && !chosen ? fitting(columns, cells, io.stdout.columns ?? 80) : columns.length
  const lines = tableLines(
    columns.slice(0, shown),
    cells.map((row) => row.slice(0, shown)),
  )
  lines.forEach((line, at) => write(at === 0 ? paint.bold(line) : line))
  const hidden = columns.length - shown
  const more = hidden > 0 ? `; ${counted(hidden, 'column')} not shown, choose with --columns` : ''
  write(paint.dim(`${counted(rows.length, 'row')}${more}`))
}

/** How many columns stand beside each other in the given width. */
function fitting(columns: readonly string[], cells: readonly (readonly string[])[], width: number): number {
  let used = 0
  for (const [at, name] of columns.entries()) {
    used += 2 + cells.reduce((widest, row) => Math.max(widest, widthOf(row[at] ?? '')), name.length)
    if (used - 2 > width) return Math.max(1, at)
  }
  return columns.length
}

function cellText(value: ColumnValue, narrow: boolean): string {
  if (value === null) return ''
  const text = oneLine(String(value))
  return narrow ? cut(text, CELL) : text
}
