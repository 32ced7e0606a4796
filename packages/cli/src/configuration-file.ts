import { OutpostError } from '@outpost/core'
import type { ClientOrg, Configuration, ConflictPolicy, TableConfiguration } from '@outpost/core'
import { isObject } from './read-input.ts'

const VERSION = 1

/** A configuration as it is written to a file: what `configurationFrom` reads back. */
export function configurationFile(configuration: Configuration): { readonly version: number } & Configuration {
  return { version: VERSION, tables: configuration.tables }
}

/**
 * Reads a configuration file's value: `{ "version": 1, "tables": { name: { columns, syncFilter, … } } }`. Throws `invalid`
 * naming table, option and rule. Names of tables and columns are not checked here: only the client org knows them.
 */
export function configurationFrom(value: unknown, source: string): Configuration {
  if (!isObject(value)) throw wrong(source, 'shape', 'a configuration is an object with "tables"')
  for (const name of Object.keys(value)) {
    if (name !== 'version' && name !== 'tables') throw wrong(source, 'unknown-option', `there is no option '${name}'`)
  }
  if (value['version'] !== undefined && value['version'] !== VERSION) {
    const given = JSON.stringify(value['version'])
    throw wrong(source, 'version', `it has version ${given}, this program reads version ${VERSION}`)
  }
  const tables = value['tables']
  if (!isObject(tables)) throw wrong(source, 'shape', '"tables" must be an object')
  return {
    tables: Object.fromEntries(
      Object.entries(tables).map(([name, table]) => [name, tableFrom(table, `${source}: table '${name}'`, name)]),
    ),
  }
}

type Option = keyof TableConfiguration

/** What each option must be; the rest of an option's rules belongs to the client org. */
const SHAPES: { readonly [name in Option]: readonly [fits: (value: unknown) => boolean, what: string] } = {
  columns: [isTextList, 'a list of column names'],
  syncFilter: [isText, 'a text'],
  syncFetchXml: [isText, 'a text'],
  related: [Array.isArray, 'a list'],
  uploadFilter: [isText, 'a text'],
  syncDeletion: [(value) => typeof value === 'boolean', 'true or false'],
  tracking: [isObject, 'an object'],
  changeTracking: [(value) => typeof value === 'boolean', 'true or false'],
  priority: [Number.isInteger, 'a whole number'],
  localColumns: [isObject, 'an object'],
  conflictPolicy: [(value) => isText(value) || isObject(value), 'a text, or { "function": a name }'],
  conflictRules: [(value) => isObject(value) && Object.values(value).every(isText), 'an object with a rule by column'],
  onDeletedRow: [isText, 'a text'],
  onUpdatedRow: [isText, 'a text'],
  indexes: [(value) => Array.isArray(value) && value.every(isTextList), 'a list of lists of column names'],
}

function tableFrom(value: unknown, source: string, table: string): TableConfiguration {
  if (!isObject(value)) throw wrong(source, 'shape', 'it must be an object', table)
  for (const [name, option] of Object.entries(value)) {
    if (!isOption(name)) throw wrong(source, 'unknown-option', `there is no option '${name}'`, table)
    const [fits, what] = SHAPES[name]
    if (!fits(option)) throw wrong(source, 'option-type', `'${name}' must be ${what}`, table)
  }
  return value
}

function isOption(name: string): name is Option {
  return Object.hasOwn(SHAPES, name)
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(isText)
}

/** What `configure` changes in one table; null takes an option away. */
export type TableEdit = { readonly [name in Option]?: TableConfiguration[name] | null }

/** The configuration with one table added or edited. */
export function withTable(configuration: Configuration, name: string, edit: TableEdit): Configuration {
  const merged = { ...configuration.tables[name], ...edit }
  const kept = Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null))
  return { tables: { ...configuration.tables, [name]: kept } }
}

/** The configuration without a table. Throws `invalid` when it is not there. */
export function withoutTable(configuration: Configuration, name: string): Configuration {
  if (!Object.hasOwn(configuration.tables, name)) {
    throw new OutpostError('invalid', `table '${name}' is not configured`, {
      place: { table: name, rule: 'unknown-table' },
    })
  }
  return { tables: Object.fromEntries(Object.entries(configuration.tables).filter(([table]) => table !== name)) }
}

/** Puts a configuration in force, all of it or nothing. Tables that the master does not have are named all at once. */
export async function applyConfiguration(org: ClientOrg, configuration: Configuration): Promise<void> {
  const known = new Set((await org.masterTables()).map((table) => table.name))
  const unknown = Object.keys(configuration.tables).filter((name) => !known.has(name))
  const [first] = unknown
  if (first !== undefined) {
    throw new OutpostError('invalid', `the master has no table ${unknown.map((name) => `'${name}'`).join(', ')}`, {
      place: { table: first, rule: 'unknown-table' },
      remedy: "'outpost tables' lists them. Use logical names; if a table is new, run 'outpost sync' first.",
    })
  }
  await org.configure(configuration)
}

export const CONFLICT_POLICIES: readonly ConflictPolicy[] = [
  'merge',
  'server-wins',
  'client-wins',
  'client-row-wins',
  'manual',
]

function wrong(source: string, rule: string, message: string, table?: string): OutpostError {
  return new OutpostError('invalid', `${source}: ${message}`, {
    place: { rule, ...(table === undefined ? {} : { table }) },
  })
}
