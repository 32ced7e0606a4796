import type { Change, RowReference } from '../change.ts'
import type { ConfiguredTable } from '../copy/configuration.ts'
import { referencesOf } from './dependencies.ts'
import { OutpostError } from '../errors.ts'
import type { Json, PrivilegeKind, TableMetadata } from '../metadata.ts'
import type { StoreReader, StoreWriter } from '../ports/store.ts'

/** The names of all privileges that the user of a client org has, on however few rows. */
export type Privileges = ReadonlySet<string>

const PRIVILEGES = 'privileges'

/** The privileges as they were last read for this user; null when they are not known. */
export async function readPrivileges(tx: StoreReader, userId: string): Promise<Privileges | null> {
  const kept = await tx.value(PRIVILEGES)
  return isKept(kept) && kept.userId === userId ? new Set(kept.names) : null
}

/** Keeps the privileges of a user; null when they cannot be known. */
export async function writePrivileges(
  tx: StoreWriter,
  userId: string,
  privileges: readonly string[] | null,
): Promise<void> {
  await tx.setValue(PRIVILEGES, privileges === null ? undefined : { userId, names: privileges.toSorted() })
}

function isKept(value: Json | undefined): value is { readonly userId: string; readonly names: readonly string[] } {
  return (
    typeof value === 'object' && value !== null && 'userId' in value && 'names' in value && Array.isArray(value.names)
  )
}

export interface PrivilegeCheck {
  readonly tables: ReadonlyMap<string, ConfiguredTable>
  readonly definitions: ReadonlyMap<string, TableMetadata>
}

/**
 * Refuses a change for which the user has no privilege at all. How far a privilege reaches (own rows, a business unit) is
 * left to the master, as is what an action takes.
 */
export function refuseWithoutPrivilege(
  change: Change,
  metadata: TableMetadata,
  check: PrivilegeCheck,
  privileges: Privileges,
): void {
  const lacks = (kind: PrivilegeKind, table: TableMetadata | undefined): string | null => {
    const name = table?.privileges?.[kind]
    return name === undefined || privileges.has(name) ? null : name
  }
  const refuse = (name: string | null, column?: string): void => {
    if (name !== null) throw withoutPrivilege(change, name, column)
  }
  const definition = (name: string): TableMetadata | undefined =>
    check.tables.get(name)?.metadata ?? check.definitions.get(name)
  switch (change.kind) {
    case 'create':
    case 'update': {
      const names = Object.keys(change.values)
      if (change.kind === 'create') refuse(lacks('create', metadata))
      else if (OWNER in change.values) refuse(lacks('assign', metadata), OWNER)
      if (change.kind === 'update' && names.some((name) => !isOwner(name))) refuse(lacks('write', metadata))
      for (const { table, column } of lookupsBesidesOwner(change, check.tables)) {
        refuse(lacks('append', metadata), column)
        refuse(lacks('appendTo', definition(table)), column)
      }
      return
    }
    case 'delete':
      return refuse(lacks('delete', metadata))
    case 'associate':
    case 'disassociate': {
      // A link can be made from either side, so only what neither side allows is certain.
      const [first, second] = [definition(change.first.table), definition(change.second.table)]
      const there = lacks('append', first) ?? lacks('appendTo', second)
      const back = lacks('append', second) ?? lacks('appendTo', first)
      return refuse(back === null ? null : there)
    }
    case 'action':
  }
}

const OWNER = 'ownerid'

function isOwner(name: string): boolean {
  return name === OWNER || name.startsWith(`${OWNER}$`)
}

function lookupsBesidesOwner(
  change: Change,
  tables: ReadonlyMap<string, ConfiguredTable>,
): readonly (RowReference & { readonly column?: string })[] {
  const references: readonly (RowReference & { readonly column?: string })[] = referencesOf(change, tables)
  return references.filter(({ column }) => column !== OWNER)
}

function withoutPrivilege(change: Change, privilege: string, column?: string): OutpostError {
  const { kind, table, id } = change
  const where = column === undefined ? '' : `column '${column}': `
  return new OutpostError('invalid', `${kind} of ${table} ${id}: ${where}the user lacks the privilege ${privilege}`, {
    place: { table, row: id, ...(column === undefined ? {} : { column }), rule: 'privilege' },
    remedy: 'Ask an administrator for a role that has it; once it is given, sync, so that it is known here.',
  })
}
