import { canonicalGuid, columnOf, OutpostError, TARGET_SUFFIX } from '@outpost/core'
import type { ClientOrg, ColumnMetadata, ColumnValue, Row, TableMetadata } from '@outpost/core'
import type { Command } from 'commander'
import { EXIT } from '../exit-codes.ts'
import { reply } from '../invocation.ts'
import type { Invocation } from '../invocation.ts'
import type { Action } from '../action.ts'
import { isConfirmed, nothingChanged } from '../confirm-change.ts'
import { isObject, parseJson, readLines, readText } from '../read-input.ts'
import { placeText } from '../report-error.ts'
import { count, counted, oneLine } from '../text.ts'
import type { Paint } from '../text.ts'
import { keptTable, withFilledOrg } from '../with-org.ts'
import { showConfigured } from '../show-configuration.ts'

/** How many refused lines are shown one by one. */
const SHOWN = 20

export function addImport(program: Command, action: Action): void {
  program
    .command('import')
    .argument('<file>', 'what export wrote; - is stdin')
    .description('Put a configuration in force, or with --rows create and update rows from JSON lines.')
    .option('--rows <table>', 'import rows of this table')
    .option('--yes', 'do not ask whether rows may leave this device')
    .option('--leave-out-unknown', 'leave out tables, columns and options that are unknown here, and report them')
    .addHelpText(
      'after',
      `
A line with the id of a row that is here updates the columns that differ; any other line creates a row. Every line is
a transaction of its own and goes to the outbox: the next sync sends it. Columns that nobody can set (createdon,
versionnumber, the state of a new row) are left out, which is said once for each. A line that breaks a rule is reported with its
number, column and rule (exit code 1); the others are imported. Lines with ids may be imported again: nothing changes.

Examples:
  $ outpost import outpost.json
  $ outpost import outpost.json --leave-out-unknown
  $ outpost import accounts.jsonl --rows account
  $ outpost query task --json --db old.db | outpost import - --rows task`,
    )
    .action(
      action((invocation, command) => {
        const file = String(command.args[0])
        const { rows, ...options } = command.opts<ConfigurationOptions & { readonly rows?: string }>()
        if (rows === undefined) return importConfiguration(invocation, file, options)
        return importRows(invocation, file, rows)
      }),
    )
}

interface ConfigurationOptions {
  readonly leaveOutUnknown?: boolean
  readonly yes?: boolean
}

async function importConfiguration(
  invocation: Invocation,
  file: string,
  { leaveOutUnknown = false, yes = false }: ConfigurationOptions,
): Promise<number> {
  const text = await readText(file, invocation.io)
  if (holdsRows(text)) {
    throw new OutpostError('invalid', `${file} holds rows, not a configuration`, {
      place: { rule: 'usage' },
      remedy: 'Name their table with --rows <table>.',
    })
  }
  const given = parseJson(text, file)
  return withFilledOrg(invocation, async (org) => {
    const options = { unknown: leaveOutUnknown ? 'leave-out' : 'refuse' } as const
    const { configuration } = await org.readConfiguration(given, options)
    if (!yes && !(await isConfirmed(invocation, org, configuration))) return nothingChanged(invocation)
    const { leftOut } = await org.importConfiguration(given, options)
    await showConfigured(invocation, org, leftOut)
    return EXIT.ok
  })
}

/** Whether the first line alone is an object that is no configuration, as in JSON lines. */
function holdsRows(text: string): boolean {
  const [first = ''] = text.trimStart().split('\n', 1)
  try {
    const value: unknown = JSON.parse(first)
    return (
      isObject(value) &&
      Object.keys(value).length > 0 &&
      !('tables' in value || 'version' in value || 'format' in value)
    )
  } catch {
    return false
  }
}

interface RefusedLine {
  readonly line: number
  readonly error: OutpostError
}

async function importRows(invocation: Invocation, file: string, name: string): Promise<number> {
  const { io, paint } = invocation
  const counts = { created: 0, updated: 0, unchanged: 0 }
  const refused: RefusedLine[] = []
  const leftOut = new Map<string, number>()
  let line = 0
  await withFilledOrg(invocation, async (org) => {
    const table = await definitionOf(org, name)
    for await (const text of readLines(file, io)) {
      if (io.signal.aborted) break
      line += 1
      if (text.trim() === '') continue
      try {
        const { outcome, without } = await importLine(org, table, parseJson(text, 'the line'))
        counts[outcome] += 1
        for (const column of without) leftOut.set(column, (leftOut.get(column) ?? 0) + 1)
      } catch (error) {
        if (!(error instanceof OutpostError) || error.code !== 'invalid') throw error
        refused.push({ line, error })
      }
    }
  })
  const interrupted = io.signal.aborted
  const without = [...leftOut].map(([column, rows]) => ({ column, rows }))
  const report = { table: name, ...counts, leftOut: without, refused: refused.map(refusedAsJson), interrupted }
  reply(invocation, report, () => [
    `${counted(counts.created, 'row')} created, ${count(counts.updated)} updated, ${count(counts.unchanged)} unchanged, ${count(refused.length)} refused.`,
    ...without.map(({ column, rows }) => `  ${column} cannot be set by import; left out of ${counted(rows, 'row')}.`),
    ...refusedLines(refused, paint),
    ...(interrupted ? [`Interrupted after line ${line}; importing the file again goes on.`] : []),
    ...(counts.created + counts.updated > 0 ? ["Run 'outpost sync' to send."] : []),
  ])
  if (interrupted) return EXIT.interrupted
  return refused.length > 0 ? EXIT.refused : EXIT.ok
}

/** All columns of the master's table, so that one that is not kept is named as such, and those that are only here. */
async function definitionOf(org: ClientOrg, name: string): Promise<TableMetadata> {
  const { definition } = keptTable(org, name)
  const master = Object.hasOwn(org.configuration.tables, name) ? await org.masterTable(name) : undefined
  if (!master) return definition
  const isLocal = (column: ColumnMetadata): boolean => columnOf(master, column.name) === undefined
  return { ...master, columns: [...master.columns, ...definition.columns.filter(isLocal)] }
}

/** The first refused lines, and how many there are for each reason where that is not all of them. */
function refusedLines(refused: readonly RefusedLine[], paint: Paint): readonly string[] {
  const shown = refused.slice(0, SHOWN).map(({ line, error }) => {
    const place = placeText(error.place)
    return `  ${paint.red(`line ${line}`)}  ${oneLine(error.message)}${place ? paint.dim(`  (${place})`) : ''}`
  })
  if (refused.length <= SHOWN) return shown
  const reasons = new Map<string, number>()
  for (const { error } of refused) {
    const { column, rule = error.code } = error.place
    const reason = column === undefined ? rule : `${rule}, column ${column}`
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
  }
  const byCount = [...reasons].toSorted(([, one], [, other]) => other - one)
  return [
    ...shown,
    `  and ${count(refused.length - SHOWN)} more. In all:`,
    ...byCount.map(([reason, times]) => `  ${count(times).padStart(8)}  ${reason}`),
  ]
}

interface ImportedLine {
  readonly outcome: 'created' | 'updated' | 'unchanged'
  /** The columns that cannot be set. */
  readonly without: readonly string[]
}

async function importLine(org: ClientOrg, table: TableMetadata, value: unknown): Promise<ImportedLine> {
  const { [table.primaryId]: givenId = null, ...values } = rowFrom(value, table)
  const id = idFrom(givenId, table)
  const current = id === null ? undefined : await org.table(table.name).get(id)
  if (id !== null && current) {
    const { settable, without } = split(differing(values, current), table, 'update')
    const { seq } = await org.write((draft) => draft.update(table.name, id, settable))
    // What is only here is written without a transaction.
    const isLocal = Object.keys(settable).some((column) => isOnlyHere(org, table.name, column))
    return { outcome: seq === null && !isLocal ? 'unchanged' : 'updated', without }
  }
  const given = Object.fromEntries(Object.entries(values).filter(([, one]) => one !== null))
  const { settable, without } = split(given, table, 'create')
  await org.write((draft) => draft.create(table.name, settable, id ?? undefined))
  return { outcome: 'created', without }
}

function isOnlyHere({ configuration }: ClientOrg, table: string, column: string): boolean {
  const { tables, localTables = {} } = configuration
  return Object.hasOwn(localTables, table) || Object.hasOwn(tables[table]?.localColumns ?? {}, column)
}

/**
 * Takes out what the master does not let anybody set: ids, times and versions that it gives itself. A row is created in
 * its first state, so that a status of another state is taken out as well.
 */
function split(
  values: Row,
  table: TableMetadata,
  kind: 'create' | 'update',
): { readonly settable: Row; readonly without: readonly string[] } {
  const without = new Set<string>()
  for (const name of Object.keys(values)) {
    const column = columnOf(table, name)
    if (column && !isSettable(column, kind)) without.add(name)
  }
  const state = table.columns.find((column) => column.type === 'state')
  const status = table.columns.find((column) => column.type === 'status')
  if (
    kind === 'create' &&
    state &&
    status &&
    without.has(state.name) &&
    values[state.name] !== 0 &&
    status.name in values
  )
    without.add(status.name)
  const settable = Object.entries(values).filter(([name]) => !without.has(name.replace(TARGET_SUFFIX, '')))
  return { settable: Object.fromEntries(settable), without: [...without] }
}

function isSettable(column: ColumnMetadata, kind: 'create' | 'update'): boolean {
  const { readable, creatable, updatable, type } = column
  return readable && (kind === 'create' ? creatable : updatable) && type !== 'file' && type !== 'image'
}

/** The values that are not the row's already. A lookup travels with its target table. */
function differing(values: Row, current: Row): Row {
  const differs = (name: string): boolean => name in values && values[name] !== current[name]
  return Object.fromEntries(
    Object.entries(values).filter(([name]) => {
      const lookup = name.endsWith(TARGET_SUFFIX) ? name.slice(0, -TARGET_SUFFIX.length) : name
      return differs(lookup) || differs(lookup + TARGET_SUFFIX)
    }),
  )
}

function rowFrom(value: unknown, table: TableMetadata): Row {
  if (!isObject(value)) throw refuse(table, 'shape', 'a row is a JSON object')
  const row: Record<string, ColumnValue> = {}
  for (const [name, given] of Object.entries(value)) {
    if (!isColumnValue(given))
      throw refuse(table, 'value-type', 'a value is a text, a number, true, false or null', name)
    if (!columnOf(table, name.replace(TARGET_SUFFIX, ''))) {
      throw refuse(table, 'unknown-column', `the table has no column '${name}'`, name)
    }
    row[name] = given
  }
  return row
}

function idFrom(given: ColumnValue, table: TableMetadata): string | null {
  if (given === null) return null
  const id = typeof given === 'string' ? canonicalGuid(given) : null
  if (id === null) throw refuse(table, 'row-id', `${JSON.stringify(given)} is not a GUID`, table.primaryId)
  return id
}

function isColumnValue(value: unknown): value is ColumnValue {
  return value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}

function refuse(table: TableMetadata, rule: string, message: string, column?: string): OutpostError {
  return new OutpostError('invalid', `import of ${table.name}: ${message}`, {
    place: { table: table.name, rule, ...(column === undefined ? {} : { column }) },
  })
}

function refusedAsJson({ line, error }: RefusedLine): Record<string, unknown> {
  const { table: _, ...place } = error.place
  return { line, ...place, message: error.message, remedy: error.remedy }
}
