import type { ConflictFunctions } from '../conflicts/conflict-policy.ts'
import type { OutpostError } from '../errors.ts'
import type { Filter } from '../filter/filter.ts'
import type { TableMetadata } from '../metadata.ts'
import { examine } from './check-configuration.ts'
import type { Configuration, ConfiguredTable } from './configuration.ts'
import type { PastKinds } from './past-kinds.ts'
import { misfit, retired } from './stopped-table.ts'
import type { StoppedTable } from './stopped-table.ts'

/** What the configured tables are made of. */
export interface Definitions {
  /** The master's, of tables that are configured. */
  readonly present: ReadonlyMap<string, TableMetadata>
  /** The last ones of configured tables that the master no longer has. */
  readonly retired: ReadonlyMap<string, TableMetadata>
  readonly past: PastKinds
}

/** A filter that no row satisfies. */
const NOTHING: Filter = { kind: 'or', parts: [], position: 0 }

/**
 * The tables of a configuration that was right once, with the metadata of now. What does not fit any more stops its own
 * table and no other. While the condition under which rows may leave cannot be read, none leaves.
 */
export function fitConfiguration(
  configuration: Configuration,
  definitions: Definitions,
  functions: ConflictFunctions,
): ReadonlyMap<string, ConfiguredTable> {
  const all = new Map([...definitions.retired, ...definitions.present])
  const { tables, problems } = examine(configuration, all, functions)
  return new Map(
    [...tables].map(([name, table]) => {
      if (table.isLocal) return [name, table] as const
      const stopped = stopOf(name, definitions, problems)
      const isUnreadable = configuration.tables[name]?.uploadFilter !== undefined && table.uploadFilter === null
      return [
        name,
        {
          ...table,
          ...(isUnreadable ? { uploadFilter: NOTHING } : {}),
          ...(stopped ? { stopped } : {}),
          past: definitions.past,
        },
      ] as const
    }),
  )
}

function stopOf(name: string, definitions: Definitions, problems: readonly OutpostError[]): StoppedTable | undefined {
  if (!definitions.present.has(name)) return retired(name)
  // A column of this client org alone keeps its name against one that the master got later.
  const problem = problems.find(({ place }) => place.table === name && place.rule !== 'local-clash')
  return problem && misfit(problem)
}
