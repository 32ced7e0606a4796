import { invalidArgument, keyViolated, rowDoesNotExist, WebApiError } from '../errors.ts'
import { writeImage } from '../files/stored-image.ts'
import { isLookupColumn } from '../schema.ts'
import type { ColumnDefinition, StoredValue, StoredValues, TableDefinition } from '../schema.ts'
import { checkValue } from './check-value.ts'
import { wholeSeconds } from './date-time.ts'
import type { Changes, Verb } from './changes.ts'
import { moneyScale, setLookup } from './row-values.ts'
import type { Draft } from './row-values.ts'
import type { WriteContext } from './write-context.ts'

function columnOf({ store }: WriteContext, table: TableDefinition, name: string): ColumnDefinition {
  const found = store.schema.column(table.logicalName, name)
  if (found === undefined) throw new RangeError(`${table.logicalName} has no column ${name}`)
  return found
}

/** The changes without what the service ignores: values of columns that are not valid for the operation. */
export function acceptedChanges(context: WriteContext, table: TableDefinition, changes: Changes, verb: Verb): Changes {
  const accepts = ([name]: readonly [string, unknown]): boolean => {
    const column = columnOf(context, table, name)
    return column.isPrimaryId || (verb === 'create' ? column.validForCreate : column.validForUpdate)
  }
  return {
    values: new Map([...changes.values].filter(accepts)),
    lookups: new Map([...changes.lookups].filter(accepts)),
  }
}

/** Puts accepted values into a draft: column rules, lookups to existing rows, required columns. */
export function applyChanges(
  context: WriteContext,
  table: TableDefinition,
  id: string,
  changes: Changes,
  draft: Draft,
): void {
  const { store } = context
  for (const [name, target] of changes.lookups) {
    const lookup = columnOf(context, table, name)
    if (!isLookupColumn(lookup)) throw new RangeError(`${table.logicalName}.${name} is no lookup`)
    if (target !== null) {
      store.pointTo(target.table, target.id)
      if (store.rows(target.table).get(target.id) === undefined) throw rowDoesNotExist(target.table, target.id)
    }
    setLookup(lookup, draft, target)
  }
  const scale = moneyScale(context, draft)
  for (const [name, value] of changes.values) {
    const definition = columnOf(context, table, name)
    if (definition.isPrimaryId) {
      if (value !== null && value !== id)
        throw invalidArgument(`The id in the payload does not match the id of the ${table.logicalName}.`)
      continue
    }
    if (definition.type === 'Image') {
      const isNew = store.rows(table.logicalName).get(id) === undefined
      writeImage(context, table, id, definition, value, draft, isNew ? 'create' : 'update')
      continue
    }
    const checked = checkValue(definition, value, table.logicalName, scale)
    draft[name] = definition.type === 'String' && context.knobs?.trimsText !== false ? trimmed(checked) : checked
  }
  for (const name of [...changes.values.keys(), ...changes.lookups.keys()]) {
    const { required } = columnOf(context, table, name)
    if (required === 'SystemRequired' && (draft[name] ?? null) === null) throw cannotBeNull(name)
  }
}

/** A single line of text without the blanks at its ends; of blanks alone nothing is left. */
function trimmed(value: StoredValue): StoredValue {
  return (typeof value === 'string' ? value.replace(/^ +| +$/g, '') : value) || null
}

/** 400 for a required column without a value. */
export function cannotBeNull(column: string): WebApiError {
  return new WebApiError(400, '0x80040200', `Attribute: ${column} cannot be set to NULL`)
}

/** Refuses values of an alternate key that another row has. */
export function checkKeys(context: WriteContext, table: TableDefinition, id: string, draft: StoredValues): void {
  for (const key of table.keys) {
    if (key.indexStatus !== 'Active') continue
    const holder = context.store.holder(table.logicalName, key.columns, draft)
    if (holder !== undefined && holder !== id) throw keyViolated(key.displayName, key.columns.join(', '))
  }
}

/** Stamps who changed the row when: by the server's clock, in whole seconds, unless code back-dates the change. */
export function stamp(
  { store, user }: WriteContext,
  table: TableDefinition,
  draft: Draft,
  verb: Verb,
  modifiedOn?: string,
): void {
  const now = wholeSeconds(store.now())
  const has = (name: string): boolean => store.schema.column(table.logicalName, name) !== undefined
  const delegate = user.actor?.id ?? null
  if (verb === 'create') {
    const backDated = draft['overriddencreatedon'] ?? null
    if (has('createdon')) draft['createdon'] = backDated ?? now
    if (backDated !== null) draft['overriddencreatedon'] = now
    if (has('createdby')) draft['createdby'] = user.id
    if (has('createdonbehalfby')) draft['createdonbehalfby'] = delegate
  }
  if (has('modifiedon')) draft['modifiedon'] = modifiedOn ?? now
  if (has('modifiedby')) draft['modifiedby'] = user.id
  if (has('modifiedonbehalfby')) draft['modifiedonbehalfby'] = delegate
}
