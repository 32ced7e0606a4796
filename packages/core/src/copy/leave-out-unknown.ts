import { OutpostError } from '../errors.ts'
import { columnsOfFilter } from '../filter/bind.ts'
import { parseFilter } from '../filter/parse.ts'
import { columnOf, relationshipOf } from '../metadata.ts'
import type { TableMetadata } from '../metadata.ts'
import { TARGET_SUFFIX } from '../row.ts'
import { isObject, isSetting, isTableOption, wrongTable } from './check-shape.ts'

/** A part of a configuration that was left out, because the master or this program does not know it. */
export interface LeftOut {
  readonly what: 'table' | 'column' | 'option' | 'setting' | 'job'
  readonly name: string
  /** Where it was named: an option such as `columns`, or a setting. */
  readonly of: string
  readonly table?: string
}

type Parts = Readonly<Record<string, unknown>>

/**
 * A configuration without what is not known. `problems` has everything unknown, also what cannot be left out because
 * other rows would be kept or sent then: what a filter, or related rows, name.
 */
export function leaveOutUnknown(
  given: Parts,
  catalogue: ReadonlyMap<string, TableMetadata>,
): { readonly configuration: Parts; readonly leftOut: readonly LeftOut[]; readonly problems: readonly OutpostError[] } {
  const leftOut: LeftOut[] = []
  const problems: OutpostError[] = []
  const drop = (part: LeftOut, problem: OutpostError): void => {
    leftOut.push(part)
    problems.push(problem)
  }
  const settings = Object.entries(given).filter(([name]) => {
    if (isSetting(name)) return true
    drop({ what: 'setting', name, of: 'configuration' }, wrong('configuration-shape', `there is no setting '${name}'`))
    return false
  })
  const tables = new Map<string, unknown>()
  for (const [name, options] of Object.entries(given['tables'] as Parts)) {
    const metadata = catalogue.get(name)
    if (!metadata) {
      drop({ what: 'table', name, of: 'tables' }, unknownTable(name))
      continue
    }
    tables.set(name, isObject(options) ? knownOptions(metadata, options, drop, problems) : options)
    problems.push(...unknownRelated(metadata, options, catalogue))
  }
  for (const name of tables.keys()) {
    const relationship = relationshipOf(catalogue.get(name) ?? NONE)
    const side = [relationship?.first.table, relationship?.second.table].find((each) => each && !tables.has(each))
    if (side === undefined || !leftOut.some((part) => part.what === 'table' && part.name === side)) continue
    tables.delete(name)
    drop(
      { what: 'table', name, of: 'tables' },
      wrongTable({ name }, 'intersect-sides', `it links '${side}', which is unknown`),
    )
  }
  const configuration: Record<string, unknown> = { ...Object.fromEntries(settings), tables: Object.fromEntries(tables) }
  const { mobileTracking, scopes } = configuration
  if (typeof mobileTracking === 'string' && !catalogue.has(mobileTracking)) {
    delete configuration['mobileTracking']
    drop({ what: 'setting', name: 'mobileTracking', of: 'configuration' }, unknownTable(mobileTracking))
    configuration['tables'] = Object.fromEntries(
      [...tables].map(([name, table]) => [name, untracked(name, table, leftOut)]),
    )
  }
  if (isObject(scopes)) {
    configuration['scopes'] = Object.fromEntries(
      Object.entries(scopes).map(([name, scope]) => [name, knownScope(name, scope, leftOut)]),
    )
  }
  return { configuration, leftOut, problems }
}

const NONE = { intersect: false } as TableMetadata

type Drop = (part: LeftOut, problem: OutpostError) => void

function knownOptions(metadata: TableMetadata, options: Parts, drop: Drop, problems: OutpostError[]): Parts {
  const table = metadata.name
  const local = isObject(options['localColumns']) ? options['localColumns'] : {}
  const isKnown = (name: unknown): boolean =>
    typeof name !== 'string' || columnOf(metadata, plain(name)) !== undefined || Object.hasOwn(local, plain(name))
  const dropColumn = (name: unknown, of: string): false => {
    drop({ what: 'column', name: String(name), of, table }, unknownColumn(metadata, String(name), of))
    return false
  }
  const entries = Object.entries(options).flatMap(([option, value]): readonly (readonly [string, unknown])[] => {
    if (!isTableOption(option)) {
      drop(
        { what: 'option', name: option, of: 'tables', table },
        wrongTable(metadata, 'unknown-option', `there is no option '${option}'`),
      )
      return []
    }
    switch (option) {
      case 'columns':
        return [
          [option, Array.isArray(value) ? value.filter((name) => isKnown(name) || dropColumn(name, option)) : value],
        ]
      case 'indexes':
        return [
          [
            option,
            Array.isArray(value)
              ? value.filter((index) => isWhole(index, isKnown, (name) => dropColumn(name, option)))
              : value,
          ],
        ]
      case 'conflictRules': {
        if (!isObject(value)) return [[option, value]]
        const rules = Object.entries(value).filter(([name]) => isKnown(name) || dropColumn(name, option))
        return [[option, Object.fromEntries(rules)]]
      }
      case 'syncFilter':
      case 'uploadFilter': {
        const unknown = columnsIn(value).filter((name) => !isKnown(name))
        problems.push(...unknown.map((name) => unknownColumn(metadata, name, option, positionOf(name, value))))
        return [[option, value]]
      }
      default:
        return [[option, value]]
    }
  })
  return Object.fromEntries(entries)
}

/** The tables that a table's related rows are said to be of. */
export function relatedNames(options: unknown): readonly string[] {
  const related = isObject(options) ? options['related'] : undefined
  const parts: readonly unknown[] = Array.isArray(related) ? related : []
  return parts.flatMap((part) => (isObject(part) && typeof part['table'] === 'string' ? [part['table']] : []))
}

/** Related rows decide which rows are kept, so that nothing of them can be left out. */
function unknownRelated(
  metadata: TableMetadata,
  options: unknown,
  catalogue: ReadonlyMap<string, TableMetadata>,
): readonly OutpostError[] {
  const unknown = relatedNames(options).filter((name) => !catalogue.has(name))
  return unknown.map((name) =>
    wrongTable(metadata, 'related-table', `the master has no table '${name}', which 'related' names`),
  )
}

function isWhole(index: unknown, isKnown: (name: unknown) => boolean, report: (name: unknown) => void): boolean {
  const unknown = Array.isArray(index) ? index.filter((name) => !isKnown(name)) : []
  for (const name of unknown) report(name)
  return unknown.length === 0
}

/** The columns of a filter; none where it cannot be read, which its own check says. */
function columnsIn(text: unknown): readonly string[] {
  if (typeof text !== 'string') return []
  try {
    return columnsOfFilter(parseFilter(text))
  } catch (error) {
    if (error instanceof OutpostError) return []
    throw error
  }
}

/** Where a filter names the column first, outside of texts. */
function positionOf(name: string, filter: unknown): number {
  const bare = String(filter).replace(/'(?:[^']|'')*'/g, (text) => ' '.repeat(text.length))
  return bare.search(new RegExp(`(?<![\\w$])${name.replace('$', '\\$')}(?![\\w$])`))
}

function untracked(table: string, options: unknown, leftOut: LeftOut[]): unknown {
  if (!isObject(options) || options['tracking'] === undefined) return options
  leftOut.push({ what: 'option', name: 'tracking', of: 'tables', table })
  return Object.fromEntries(Object.entries(options).filter(([option]) => option !== 'tracking'))
}

/** A scope without the tables that are left out. What else is wrong with it is left for the check. */
function knownScope(name: string, scope: unknown, leftOut: LeftOut[]): unknown {
  if (!isObject(scope) || !Array.isArray(scope['tables'])) return scope
  const gone = leftOut.filter(({ what }) => what === 'table').map((part) => part.name)
  const tables = scope['tables'].filter((table) => {
    if (!gone.includes(String(table))) return true
    leftOut.push({ what: 'table', name: String(table), of: `scopes/${name}` })
    return false
  })
  return { ...scope, tables }
}

function plain(column: string): string {
  return column.endsWith(TARGET_SUFFIX) ? column.slice(0, -TARGET_SUFFIX.length) : column
}

function unknownColumn({ name: table }: TableMetadata, column: string, of: string, position?: number): OutpostError {
  const message = `the master has no column '${column}', which '${of}' names`
  return new OutpostError('invalid', `configuration of table '${table}': ${message}`, {
    place: { table, column, rule: 'unknown-column', ...(position === undefined ? {} : { position }) },
  })
}

function unknownTable(name: string): OutpostError {
  return new OutpostError('invalid', `configuration: the master has no table '${name}'`, {
    place: { table: name, rule: 'unknown-table' },
  })
}

function wrong(rule: string, message: string): OutpostError {
  return new OutpostError('invalid', `configuration: ${message}`, { place: { rule } })
}
