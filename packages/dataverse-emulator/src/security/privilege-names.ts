import { guidFrom } from '../schema.ts'
import type { Privilege, TableDefinition } from '../schema.ts'

// Names older than those of their tables.
const STEMS: Readonly<Record<string, string>> = {
  systemuser: 'User',
  annotation: 'Note',
  activitypointer: 'Activity',
}

/** `Create`, `AppendTo`: the kind of a privilege as metadata and names spell it. */
export function privilegeType(privilege: Privilege): string {
  return `${privilege[0]?.toUpperCase() ?? ''}${privilege.slice(1)}`
}

function stem(table: TableDefinition): string {
  return table.isActivity ? 'Activity' : (STEMS[table.logicalName] ?? table.schemaName)
}

/** The name of a privilege on a table; all activities share theirs. */
export function privilegeName(table: TableDefinition, privilege: Privilege): string {
  return `prv${privilegeType(privilege)}${stem(table)}`
}

/** The id of a privilege on a table, the same in metadata and in what is said of users. */
export function privilegeId(table: TableDefinition, privilege: Privilege): string {
  return guidFrom(`privilege|${privilegeType(privilege)}|${stem(table).toLowerCase()}`)
}
