import { OutpostError } from '@outpost/core'
import type { Configuration, ConflictPolicy, ConflictRule, DeletedRowPolicy, UpdatedRowPolicy } from '@outpost/core'
import { InvalidArgumentError, Option } from 'commander'
import type { Command } from 'commander'
import { CONFLICT_POLICIES, withoutTable, withTable } from '../edit-configuration.ts'
import type { TableEdit } from '../edit-configuration.ts'
import type { Invocation } from '../invocation.ts'
import type { Action } from '../action.ts'
import { nameList } from '../arguments.ts'
import { isConfirmed, nothingChanged } from '../confirm-change.ts'
import { parseJson, readText } from '../read-input.ts'
import { problemsOfFile, replyWithProblems } from '../reply-with-problems.ts'
import { showConfigured } from '../show-configuration.ts'
import { withFilledOrg } from '../with-org.ts'
import { replyWithPlan } from './plan.ts'

interface Options {
  readonly show?: boolean
  readonly check?: boolean
  readonly plan?: boolean
  readonly yes?: boolean
  readonly table?: string
  readonly remove?: string
  readonly columns?: string
  readonly filter?: string
  readonly uploadFilter?: string
  readonly syncDeletion?: boolean
  readonly conflictPolicy?: ConflictPolicy
  readonly conflictRule?: Readonly<Record<string, ConflictRule>>
  readonly onDeletedRow?: DeletedRowPolicy
  readonly onUpdatedRow?: UpdatedRowPolicy
  readonly index?: readonly (readonly string[])[]
}

export function addConfigure(program: Command, action: Action): void {
  program
    .command('configure')
    .argument('[file]', 'a configuration as JSON, which replaces the one in force; - is stdin')
    .description('Say which tables, columns and rows the client org keeps. Nothing is downloaded before the next sync.')
    .option('--show', 'print the configuration in force')
    .option('--check', 'list everything that is wrong with it, and change nothing; alone: with the one in force')
    .option('--plan', 'show what it and a sync would add, drop and read, and change nothing')
    .option('--yes', 'do not ask whether rows may leave this device')
    .option('--table <name>', 'add or edit one table; options that are not given stay as they are')
    .option('--remove <name>', 'stop keeping a table and remove its rows from this device')
    .option('--columns <a,b>', "with --table: the columns to keep; '*' for all")
    .option('--filter <text>', "with --table: which rows come from the master (OData filter); '' for all")
    .option('--upload-filter <text>', "with --table: which local rows may leave for the master; '' for all")
    .option('--sync-deletion', 'with --table: remove rows that were deleted, re-owned or left the filter on the master')
    .option('--no-sync-deletion', 'with --table: keep such rows')
    .addOption(
      new Option('--conflict-policy <policy>', 'with --table: what to do when both sides changed a column').choices(
        CONFLICT_POLICIES,
      ),
    )
    .option(
      '--conflict-rule <column=rule>',
      "with --table: what decides in one column, such as max or newest; repeatable, '' for none",
      conflictRules,
    )
    .addOption(
      new Option(
        '--on-deleted-row <policy>',
        'with --table: what to do with an update of a row the master deleted',
      ).choices(['error', 'recreate', 'drop'] satisfies DeletedRowPolicy[]),
    )
    .addOption(
      new Option(
        '--on-updated-row <policy>',
        'with --table: what to do with the deletion of a row the master changed',
      ).choices(['error', 'delete', 'drop'] satisfies UpdatedRowPolicy[]),
    )
    .option('--index <a,b>', "with --table: index one to three columns for queries; repeatable, '' for none", indexList)
    .addHelpText(
      'after',
      `
The whole configuration is checked before anything is changed; the error names each broken rule. Where rows that are here
would leave, the plan is shown on a terminal and confirmed; elsewhere --yes is needed (but for --remove, which says so).
Rows with unsent changes never leave. What has no option here (tracking, related rows, FetchXML, scopes, local tables …) is
written in the file.

Examples:
  $ outpost configure --table account --columns name,telephone1,ownerid --filter "statecode eq 0" --sync-deletion
  $ outpost configure --table task --upload-filter "statecode eq 1" --index scheduledend
  $ outpost configure --table account --filter "statecode eq 1" --plan
  $ outpost configure --show > outpost.json
  $ outpost configure outpost.json --check && outpost configure outpost.json --yes`,
    )
    .action(action((invocation, command) => configure(invocation, command.args[0], command.opts<Options>())))
}

async function configure(invocation: Invocation, file: string | undefined, options: Options): Promise<number> {
  const edit = editOf(options)
  if (options.table === undefined && Object.keys(edit).length > 0) {
    throw new OutpostError('invalid', 'options of a table are given without --table', {
      place: { rule: 'usage' },
      remedy: 'Say which table is meant: --table <name>.',
    })
  }
  const wanted = [file, options.table, options.remove, options.show || undefined].filter((one) => one !== undefined)
  const { show, check, plan } = options
  if ([show, check, plan].filter(Boolean).length > 1 || wanted.length > 1 || (wanted.length === 0 && !check)) {
    throw new OutpostError('invalid', 'configure does one thing at a time', {
      place: { rule: 'usage' },
      remedy: 'Give a file, or --table, or --remove, or --show; with one of the first three --plan or --check.',
    })
  }
  const given = file === undefined ? undefined : parseJson(await readText(file, invocation.io), file)
  return withFilledOrg(invocation, async (org) => {
    if (options.show) {
      const text = JSON.stringify(await org.exportConfiguration(), null, invocation.json ? 0 : 2)
      invocation.io.stdout.write(`${text}\n`)
      return 0
    }
    if (check && given !== undefined) return replyWithProblems(invocation, await problemsOfFile(org, given))
    const after =
      given === undefined
        ? edited(org.configuration, options, edit)
        : (await org.readConfiguration(given)).configuration
    if (check) return replyWithProblems(invocation, await org.configurationProblems(after))
    if (plan) return replyWithPlan(invocation, org, after)
    const isAsked = !options.yes && options.remove === undefined
    if (isAsked && !(await isConfirmed(invocation, org, after))) return nothingChanged(invocation)
    if (given === undefined) await org.configure(after)
    else await org.importConfiguration(given)
    await showConfigured(invocation, org)
    return 0
  })
}

function edited(configuration: Configuration, { table, remove }: Options, edit: TableEdit): Configuration {
  if (remove !== undefined) return withoutTable(configuration, remove)
  return table === undefined ? configuration : withTable(configuration, table, edit)
}

function editOf(options: Options): TableEdit {
  const {
    columns,
    filter,
    uploadFilter,
    syncDeletion,
    conflictPolicy,
    conflictRule,
    onDeletedRow,
    onUpdatedRow,
    index,
  } = options
  return {
    ...(columns === undefined ? {} : { columns: columns.trim() === '*' ? null : nameList(columns) }),
    ...(filter === undefined ? {} : { syncFilter: filter.trim() === '' ? null : filter }),
    ...(uploadFilter === undefined ? {} : { uploadFilter: uploadFilter.trim() === '' ? null : uploadFilter }),
    ...(syncDeletion === undefined ? {} : { syncDeletion }),
    ...(conflictPolicy === undefined ? {} : { conflictPolicy }),
    ...(conflictRule === undefined
      ? {}
      : { conflictRules: Object.keys(conflictRule).length === 0 ? null : conflictRule }),
    ...(onDeletedRow === undefined ? {} : { onDeletedRow }),
    ...(onUpdatedRow === undefined ? {} : { onUpdatedRow }),
    ...(index === undefined ? {} : { indexes: index.length === 0 ? null : index }),
  }
}

/** The rules given so far; whether they suit their columns is for the client org to say. */
function conflictRules(
  text: string,
  before: Readonly<Record<string, ConflictRule>> = {},
): Readonly<Record<string, ConflictRule>> {
  if (text.trim() === '') return {}
  const [column = '', rule = '', ...rest] = text.split('=').map((part) => part.trim())
  if (column === '' || rule === '' || rest.length > 0) throw new InvalidArgumentError('Give a rule as column=rule.')
  return { ...before, [column]: rule as ConflictRule }
}

function indexList(text: string, before: readonly (readonly string[])[] = []): readonly (readonly string[])[] {
  const columns = nameList(text)
  if (columns.length > 3) throw new InvalidArgumentError('An index has one to three columns.')
  return columns.length === 0 ? [] : [...before, columns]
}
