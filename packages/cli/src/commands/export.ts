import { OutpostError } from '@outpost/core'
import type { Command } from 'commander'
import type { Invocation } from '../invocation.ts'
import type { Action } from '../action.ts'
import { nameList } from '../arguments.ts'
import { counted } from '../text.ts'
import { withFilledOrg } from '../with-org.ts'
import { writeWhole } from '../write-whole.ts'
import { selectRows, writeJsonLines } from './query.ts'

interface Options {
  readonly rows?: string
  readonly where?: string
  readonly columns?: string
}

export function addExport(program: Command, action: Action): void {
  program
    .command('export')
    .argument('[file]', 'where to write; stdout when absent')
    .description('Write the configuration as JSON, or with --rows the rows of a table as JSON lines.')
    .option('--rows <table>', 'export rows of this table')
    .option('--where <filter>', 'with --rows: only rows that match')
    .option('--columns <a,b>', 'with --rows: only these columns')
    .addHelpText(
      'after',
      `
A file is written whole or not at all. Exports hold no token and nothing of the user; a configuration
names the address of its organisation.

Examples:
  $ outpost export outpost.json
  $ outpost export accounts.jsonl --rows account --columns accountid,name,telephone1`,
    )
    .action(action((invocation, command) => exportAs(invocation, command.args[0], command.opts<Options>())))
}

async function exportAs(invocation: Invocation, file: string | undefined, options: Options): Promise<number> {
  const { rows: table, where, columns } = options
  if (table === undefined && (where !== undefined || columns !== undefined)) {
    throw new OutpostError('invalid', '--where and --columns are for --rows', { place: { rule: 'usage' } })
  }
  const parts: string[] = []
  const what = await withFilledOrg(invocation, async (org) => {
    if (table === undefined) {
      parts.push(`${JSON.stringify(await org.exportConfiguration(), null, invocation.json ? 0 : 2)}\n`)
      return { tables: Object.keys(org.configuration.tables).length }
    }
    const query = where === undefined ? {} : { where }
    const rows = await selectRows(org, table, query, columns === undefined ? undefined : nameList(columns))
    writeJsonLines(rows, (text) => parts.push(text))
    return { table, rows: rows.length }
  })
  if (file === undefined) {
    for (const part of parts) invocation.io.stdout.write(part)
    return 0
  }
  await writeWhole(file, parts)
  const { io } = invocation
  if (invocation.json) io.stdout.write(`${JSON.stringify({ file, ...what })}\n`)
  else {
    const amount =
      what.rows === undefined ? `the configuration of ${counted(what.tables, 'table')}` : counted(what.rows, 'row')
    io.stdout.write(`Wrote ${amount} to ${file}.\n`)
  }
  return 0
}
