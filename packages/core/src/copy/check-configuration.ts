import type { ConflictFunctions } from '../conflicts/conflict-policy.ts'
import { OutpostError } from '../errors.ts'
import type { TableMetadata } from '../metadata.ts'
import { checkShape } from './check-shape.ts'
import type { Report } from './check-shape.ts'
import { checkTable } from './check-table.ts'
import type { TableCheck } from './check-table.ts'
import { checkTracking } from './check-tracking.ts'
import { ConfigurationError } from './configuration-error.ts'
import type { Configuration, ConfiguredTable } from './configuration.ts'
import { checkLocalTables } from './local-tables.ts'

/**
 * Checks a whole configuration against the catalogue, and gives its tables, local ones included. Throws `invalid`
 * with every rule that is broken. `functions` are the conflict functions of this
 * program; one that is named but not among them is not an error here, nor is a local name that the master has come to
 * use as well (`local-clash`): what was there first keeps it.
 */
export function checkConfiguration(
  configuration: Configuration,
  catalogue: ReadonlyMap<string, TableMetadata>,
  functions: ConflictFunctions = {},
): ReadonlyMap<string, ConfiguredTable> {
  const { tables, problems } = examine(configuration, catalogue, functions)
  refuseProblems(problems.filter(isBroken))
  return tables
}

/** Every rule that a configuration breaks, each with its place and, where there is one, a remedy. */
export function problemsOf(
  configuration: Configuration,
  catalogue: ReadonlyMap<string, TableMetadata>,
  functions: ConflictFunctions = {},
): readonly OutpostError[] {
  return examine(configuration, catalogue, functions).problems
}

/** Whether the configuration cannot be in force because of it. */
function isBroken({ place }: OutpostError): boolean {
  return place.rule !== 'local-clash'
}

/** Throws the problems as one error; nothing where there are none. */
export function refuseProblems(problems: readonly OutpostError[]): void {
  if (problems.length > 0) throw new ConfigurationError(problems)
}

/** The tables of a configuration, as far as they can be kept, and every rule that it breaks. */
export function examine(
  configuration: Configuration,
  catalogue: ReadonlyMap<string, TableMetadata>,
  functions: ConflictFunctions,
): { readonly tables: ReadonlyMap<string, ConfiguredTable>; readonly problems: readonly OutpostError[] } {
  const problems: OutpostError[] = []
  const report = (problem: OutpostError): void => void problems.push(problem)
  const tables = new Map<string, ConfiguredTable>()
  if (!checkShape(configuration, report)) return { tables, problems }
  const check: TableCheck = { configuration, catalogue, functions, report }
  for (const [name, options] of Object.entries(configuration.tables)) {
    const metadata = catalogue.get(name)
    const table = metadata ? checkTable(metadata, options, check) : report(unknownTable(name))
    if (table) tables.set(name, table)
  }
  checkTracking(check)
  for (const table of checkLocalTables(configuration, catalogue, report)) tables.set(table.metadata.name, table)
  checkScopes(configuration, report)
  return { tables, problems }
}

/** Named scopes can only name tables that are pulled. */
function checkScopes({ tables, scopes = {} }: Configuration, report: Report): void {
  for (const [name, scope] of Object.entries(scopes)) {
    for (const table of scope.tables) {
      if (Object.hasOwn(tables, table)) continue
      report(
        new OutpostError('invalid', `configuration: scope '${name}' names table '${table}', which is not configured`, {
          place: { table, rule: 'scope-table' },
          remedy: 'Add the table to the configuration, or take it out of the scope.',
        }),
      )
    }
  }
}

function unknownTable(name: string): OutpostError {
  return new OutpostError('invalid', `configuration: the master has no table '${name}'`, {
    place: { table: name, rule: 'unknown-table' },
    remedy: 'Use the logical name of a table, or update the metadata if the table is new.',
  })
}
