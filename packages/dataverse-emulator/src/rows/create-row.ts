import { duplicateInsert } from '../errors.ts'
import { refuseDuplicates } from '../duplicates/refuse-duplicates.ts'
import { checkView } from '../fetchxml/views.ts'
import { isStoredColumn, targetKey } from '../schema.ts'
import type { StoredValue, TableDefinition } from '../schema.ts'
import { requireColumns } from '../security/column-security.ts'
import { checkFieldPermission, checkOwner } from '../security/owner-rules.ts'
import { inheritShares } from '../security/shares.ts'
import { completeBusinessUnit } from '../security/unit-rules.ts'
import { reach, requireReach } from './access.ts'
import { requireAppend } from './append.ts'
import { completeParty, PARTY, repeatAddresses } from './activity-party.ts'
import { mirrorActivity } from './activity-pointer.ts'
import { acceptedChanges, applyChanges, cannotBeNull, checkKeys, stamp } from './apply-changes.ts'
import { associate } from './associate.ts'
import { refuseLoops } from './hierarchy.ts'
import type { Changes, LookupValue } from './changes.ts'
import { computeColumns } from './row-values.ts'
import type { Draft } from './row-values.ts'
import { settleState } from './state.ts'
import type { Row } from './row.ts'
import type { WriteContext } from './write-context.ts'

function defaults({ store, user, organization }: WriteContext, table: TableDefinition, id: string): Draft {
  const draft: Draft = store.blank(table)
  draft[table.primaryId] = id
  for (const column of table.columns) {
    if (column.type === 'Boolean' && isStoredColumn(column)) draft[column.logicalName] = column.defaultValue
    else if (column.type === 'Picklist' && column.defaultValue !== null) draft[column.logicalName] = column.defaultValue
  }
  const offered: Readonly<Record<string, StoredValue>> = {
    activitytypecode: table.isActivity ? table.logicalName : null,
    organizationid: table.ownership === 'OrganizationOwned' ? organization.id : null,
    ...(table.ownership === 'UserOwned' ? { ownerid: user.id, [targetKey('ownerid')]: 'systemuser' } : {}),
  }
  for (const [name, value] of Object.entries(offered)) {
    if (value !== null && store.schema.column(table.logicalName, name.replace(/@table$/, ''))) draft[name] = value
  }
  return draft
}

/** The message Create of one row, without what is nested in it, which has plug-ins of its own. */
function insertRow(context: WriteContext, table: TableDefinition, id: string, given: Changes): Row {
  const store = (ready: Changes): Row => storeNewRow(context, table, id, ready)
  return context.pipeline === undefined ? store(given) : context.pipeline.create(context, table, id, given, store)
}

function storeNewRow(context: WriteContext, table: TableDefinition, id: string, given: Changes): Row {
  const { store } = context
  if (context.enforcePrivileges) reach(store, table, context.user, 'create')
  if (store.rows(table.logicalName).get(id) !== undefined) throw duplicateInsert()
  const changes = acceptedChanges(context, table, given, 'create')
  requireColumns(context, table, [...changes.values.keys(), ...changes.lookups.keys()], 'create')
  checkOwner(context, table, changes.lookups.get('ownerid'))
  checkFieldPermission(context, table, changes.values)
  const draft = defaults(context, table, id)
  applyChanges(context, table, id, changes, draft)
  settleState(context, table, id, undefined, draft, {
    state: changes.values.has('statecode'),
    status: changes.values.has('statuscode'),
  })
  completeParty(context, table, draft)
  stamp(context, table, draft, 'create', given.modifiedOn)
  computeColumns(context, table, draft)
  for (const column of table.columns) {
    const needed = column.required === 'SystemRequired' && column.validForCreate && isStoredColumn(column)
    if (needed && (draft[column.logicalName] ?? null) === null) throw cannotBeNull(column.logicalName)
  }
  refuseLoops(context, table, id, changes.lookups)
  checkKeys(context, table, id, draft)
  checkView(context, table, draft)
  refuseDuplicates(context, table, id, draft)
  const row = store.insert(table.logicalName, id, draft)
  if (context.enforcePrivileges) requireReach(store, table, context.user, 'create', row)
  requireAppend(context, table, row, changes.lookups)
  inheritShares(store, table, row)
  completeBusinessUnit(context, table, row)
  mirrorActivity(store, table, row)
  return row
}

function current({ store }: WriteContext, table: TableDefinition, row: Row): Row {
  return store.rows(table.logicalName).get(row.id) ?? row
}

/**
 * Creates a row with the given id and all that is nested in it: rows that its lookups lead to before it, rows that
 * lead to it and links after it.
 */
export function createRow(context: WriteContext, table: TableDefinition, id: string, changes: Changes): Row {
  const { related } = changes
  if (related === undefined) return insertRow(context, table, id, changes)
  const { store } = context
  const idOf = (of: TableDefinition, nested: Changes): string => {
    const given = nested.values.get(of.primaryId)
    return typeof given === 'string' ? given : store.newId()
  }
  const lookups = new Map<string, LookupValue>(changes.lookups)
  for (const { column, table: parent, changes: nested } of related.parents) {
    const row = createRow(context, parent, idOf(parent, nested), nested)
    lookups.set(column, { table: parent.logicalName, id: row.id })
  }
  const row = insertRow(context, table, id, { values: changes.values, lookups })
  const here = { table: table.logicalName, id: row.id }
  for (const { navigation, table: child, changes: nested } of related.children) {
    if (navigation.kind === 'OneToMany') {
      const toParent = new Map(nested.lookups).set(navigation.relationship.referencingColumn, here)
      // Parties are written with the rights on their activity.
      const writer = child.logicalName === PARTY ? { ...context, enforcePrivileges: false } : context
      createRow(writer, child, idOf(child, nested), { ...nested, lookups: toParent })
    } else {
      const other = createRow(context, child, idOf(child, nested), nested)
      associate(context, table, current(context, table, row), navigation, { table: child.logicalName, id: other.id })
    }
  }
  for (const { navigation, target } of related.members) {
    associate(context, table, current(context, table, row), navigation, target)
  }
  if (related.children.some((one) => one.table.logicalName === PARTY)) repeatAddresses(context, table, id)
  return current(context, table, row)
}
