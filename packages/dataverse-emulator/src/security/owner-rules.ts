import { privilegeDenied } from '../errors.ts'
import type { LookupValue } from '../rows/changes.ts'
import type { WriteContext } from '../rows/write-context.ts'
import type { StoredValue, TableDefinition } from '../schema.ts'
import { accessTeamCannotOwn, columnNotSecured } from './errors.ts'
import { privilegeName } from './privilege-names.ts'

/** Refuses an owner who could not read the row (403), and a team that exists to share rows (400). */
export function checkOwner(context: WriteContext, table: TableDefinition, owner: LookupValue | undefined): void {
  const { store, security } = context
  if (owner === undefined || owner === null || table.ownership !== 'UserOwned') return
  if (owner.table === 'team' && store.rows('team').get(owner.id)?.values['teamtype'] === 1) {
    throw accessTeamCannotOwn(owner.id)
  }
  // An organisation without roles cannot say what its users may do.
  if (!context.enforcePrivileges || security === undefined || store.rows('systemuserroles').size === 0) return
  if (security.mayOwn(owner, table.logicalName)) return
  const type = owner.table === 'team' ? 9 : 8
  throw privilegeDenied(owner.id, privilegeName(table, 'read'), type)
}

/** Refuses a field permission for a column that is not secured (400). */
export function checkFieldPermission(
  { store, enforcePrivileges }: WriteContext,
  table: TableDefinition,
  values: ReadonlyMap<string, StoredValue>,
): void {
  if (table.logicalName !== 'fieldpermission' || !enforcePrivileges) return
  const [entity, column] = [String(values.get('entityname')), String(values.get('attributelogicalname'))]
  if (store.schema.column(entity, column)?.isSecured !== true) throw columnNotSecured(column, entity)
}
