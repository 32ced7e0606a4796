import { OutpostError } from '@outpost/core'
import type { ClientOrg, ColumnMetadata } from '@outpost/core'
import type { Command } from 'commander'
import { reply } from '../invocation.ts'
import type { Invocation } from '../invocation.ts'
import type { Action } from '../action.ts'
import { tableLines } from '../text.ts'
import { withConnectedOrg } from '../with-org.ts'

export function addTables(program: Command, action: Action): void {
  program
    .command('tables')
    .argument('[table]', 'show the columns of this table')
    .description('List the tables of the master, or the columns of one, from the local copy of its metadata.')
    .addHelpText('after', '\nExamples:\n  $ outpost tables\n  $ outpost tables account')
    .action(
      action((invocation, command) =>
        withConnectedOrg(invocation, (org) => {
          const [table] = command.args
          return table === undefined ? listTables(invocation, org) : showColumns(invocation, org, table)
        }),
      ),
    )
}

async function listTables(invocation: Invocation, org: ClientOrg): Promise<number> {
  const tables = await org.masterTables()
  const kept = (name: string): boolean => name in org.configuration.tables
  const result = tables.map((table) => ({ ...table, kept: kept(table.name) }))
  reply(invocation, { tables: result }, () =>
    tableLines(
      ['TABLE', 'LABEL', 'COLUMNS', 'KEPT'],
      result.map((table) => [table.name, table.label, String(table.columns), table.kept ? 'yes' : '']),
    ),
  )
  return 0
}

async function showColumns(invocation: Invocation, org: ClientOrg, name: string): Promise<number> {
  const table = await org.masterTable(name)
  if (!table) {
    throw new OutpostError('invalid', `the master has no table '${name}'`, {
      place: { table: name, rule: 'unknown-table' },
      remedy: "'outpost tables' lists them. Use logical names.",
    })
  }
  const { columns } = table
  reply(invocation, { table: name, primaryId: table.primaryId, columns }, () =>
    tableLines(
      ['COLUMN', 'LABEL', 'TYPE', 'WRITE', 'RULES'],
      columns
        .filter(isOfUse)
        .map((column) => [
          column.name,
          column.label,
          column.type,
          [column.creatable && 'create', column.updatable && 'update'].filter(Boolean).join(', '),
          [
            column.required && 'required',
            column.maxLength !== undefined && `at most ${column.maxLength} characters`,
            column.min !== undefined && `from ${column.min}`,
            column.max !== undefined && `to ${column.max}`,
            column.targets && `points to ${column.targets.map((target) => target.table).join(', ')}`,
          ]
            .filter(Boolean)
            .join(', '),
        ]),
    ),
  )
  return 0
}

/** Shadows of other columns can be neither kept nor written. */
function isOfUse({ readable, creatable, updatable }: ColumnMetadata): boolean {
  return readable || creatable || updatable
}
