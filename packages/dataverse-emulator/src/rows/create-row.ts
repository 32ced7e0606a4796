import { duplicateInsert, invalidArgument, keyViolated, rowDoesNotExist, WebApiError } from '../errors.ts'
import { isLookupColumn, targetKey } from '../schema.ts'
import type { ColumnDefinition, StoredValue, StoredValues, TableDefinition } from '../schema.ts'
import { reach, requireReach } from './access.ts'
import { mirrorActivity } from './activity-pointer.ts'
import { checkValue } from './check-value.ts'
import { wholeSeconds } from './date-time.ts'
import type { Changes } from './read-payload.ts'
import { computeColumns, moneyScale, setLookup } from './row-values.ts'
import type { Draft } from './row-values.ts'
import { settleState } from './state.ts'
import type { Row } from './row.ts'
import type { WriteContext } from './write-context.ts'

function refuseReadOnly(column: ColumnDefinition, table: TableDefinition, verb: 'create' | 'update'): void {
  if (verb === 'create' ? column.validForCreate : column.validForUpdate) return
  throw invalidArgument(
    `The property '${column.logicalName}' of '${table.logicalName}' is read-only and cannot be set on ${verb}.`,
  )
}

/** Puts asked-for values into a draft: column rules, read-only columns, lookups to existing rows. */
export function applyChanges(
  context: WriteContext,
  table: TableDefinition,
  id: string,
  changes: Changes,
  draft: Draft,
  verb: 'create' | 'update',
): void {
  const { store } = context
  const column = (name: string): ColumnDefinition => {
    const found = store.schema.column(table.logicalName, name)
    if (found === undefined) throw new RangeError(`${table.logicalName} has no column ${name}`)
    return found
  }
  for (const [name, target] of changes.lookups) {
    const lookup = column(name)
    if (!isLookupColumn(lookup)) throw new RangeError(`${table.logicalName}.${name} is no lookup`)
    refuseReadOnly(lookup, table, verb)
    if (target !== null && store.rows(target.table).get(target.id) === undefined) {
      throw rowDoesNotExist(target.table, target.id)
    }
    setLookup(lookup, draft, target)
  }
  const scale = moneyScale(context, draft)
  for (const [name, value] of changes.values) {
    const definition = column(name)
    if (definition.isPrimaryId) {
      if (value !== id)
        throw invalidArgument(`The id in the payload does not match the id of the ${table.logicalName}.`)
      continue
    }
    refuseReadOnly(definition, table, verb)
    draft[name] = checkValue(definition, value, table.logicalName, scale)
  }
  for (const name of [...changes.values.keys(), ...changes.lookups.keys()]) {
    if (column(name).required === 'SystemRequired' && (draft[name] ?? null) === null) throw cannotBeNull(name)
  }
}

function cannotBeNull(column: string): WebApiError {
  return new WebApiError(400, '0x80040200', `Attribute: ${column} cannot be set to NULL`)
}

/** Refuses values of an alternate key that another row has. */
export function checkKeys(context: WriteContext, table: TableDefinition, id: string, draft: StoredValues): void {
  for (const key of table.keys) {
    if (key.indexStatus !== 'Active') continue
    const holder = context.store.rows(table.logicalName).idByKey(key.columns, draft)
    if (holder !== undefined && holder !== id) throw keyViolated(key.displayName, key.columns.join(', '))
  }
}

function defaults({ store, user, organization }: WriteContext, table: TableDefinition, id: string): Draft {
  const draft: Draft = store.blank(table)
  draft[table.primaryId] = id
  for (const column of table.columns) {
    if (column.type === 'Boolean' && column.attributeOf === null) draft[column.logicalName] = column.defaultValue
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

/** Stamps who changed the row when, by the server's clock, in whole seconds. */
export function stamp(
  { store, user }: WriteContext,
  table: TableDefinition,
  draft: Draft,
  verb: 'create' | 'update',
): void {
  const now = wholeSeconds(store.now())
  const has = (name: string): boolean => store.schema.column(table.logicalName, name) !== undefined
  if (verb === 'create') {
    const backDated = draft['overriddencreatedon'] ?? null
    if (has('createdon')) draft['createdon'] = backDated ?? now
    if (backDated !== null) draft['overriddencreatedon'] = now
    if (has('createdby')) draft['createdby'] = user.id
  }
  if (has('modifiedon')) draft['modifiedon'] = now
  if (has('modifiedby')) draft['modifiedby'] = user.id
}

/** Creates a row with the given id, with all that the server adds to it. */
export function createRow(context: WriteContext, table: TableDefinition, id: string, changes: Changes): Row {
  const { store } = context
  if (context.enforcePrivileges) reach(store, table, context.user, 'create')
  if (store.rows(table.logicalName).get(id) !== undefined) throw duplicateInsert()
  const draft = defaults(context, table, id)
  applyChanges(context, table, id, changes, draft, 'create')
  settleState(store.schema, table, id, undefined, draft, {
    state: changes.values.has('statecode'),
    status: changes.values.has('statuscode'),
  })
  stamp(context, table, draft, 'create')
  computeColumns(context, table, draft)
  for (const column of table.columns) {
    const needed = column.required === 'SystemRequired' && column.validForCreate && column.attributeOf === null
    if (needed && (draft[column.logicalName] ?? null) === null) throw cannotBeNull(column.logicalName)
  }
  checkKeys(context, table, id, draft)
  const row = store.insert(table.logicalName, id, draft)
  if (context.enforcePrivileges) requireReach(store, table, context.user, 'create', row)
  mirrorActivity(store, table, row)
  return row
}
