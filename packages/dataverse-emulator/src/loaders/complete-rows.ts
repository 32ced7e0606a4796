import { isLookupColumn, isStoredColumn, targetKey } from '../schema.ts'
import type { Schema, SeedRow, StoredValue, StoredValues, TableDefinition } from '../schema.ts'

/** What rows without an author or a time get. */
interface Defaults {
  readonly asOf: string
  readonly userId: string
}

const EARLIEST = '2025-01-01T00:00:00Z'

/** The youngest moment that the rows tell of; the beginning of 2025 where they tell of none. */
export function latestMoment(rows: readonly SeedRow[]): string {
  let latest = ''
  for (const { values } of rows) {
    for (const name of ['modifiedon', 'createdon']) {
      const moment = values[name]
      if (typeof moment === 'string' && moment > latest) latest = moment
    }
  }
  return latest === '' ? EARLIEST : latest
}

/**
 * Rows with what every row of their table has: times, authors, owner and state, where it was left out. Rows of
 * activities come with their rows of `activitypointer`.
 */
export function completeRows(schema: Schema, rows: readonly SeedRow[], defaults: Defaults): readonly SeedRow[] {
  const complete = new Map<string, (values: StoredValues) => StoredValues>()
  const pointers = new Set(rows.filter((row) => row.table === 'activitypointer').map((row) => row.values['activityid']))
  return rows.flatMap(({ table: name, values }) => {
    const table = schema.table(name)
    if (table === undefined) return [{ table: name, values }]
    let fill = complete.get(name)
    if (fill === undefined) {
      fill = filling(table, defaults)
      complete.set(name, fill)
    }
    const filled = { table: name, values: fill(values) }
    const pointer = schema.table('activitypointer')
    if (!table.isActivity || pointer === undefined || pointers.has(values[table.primaryId])) return [filled]
    return [filled, { table: 'activitypointer', values: pointerValues(pointer, table, filled.values) }]
  })
}

function filling(table: TableDefinition, { asOf, userId }: Defaults): (values: StoredValues) => StoredValues {
  const stored = new Map(table.columns.filter(isStoredColumn).map((column) => [column.logicalName, column]))
  const state = stored.get('statecode')
  const states = state?.type === 'State' ? state.options : []
  const ofUser = ['createdby', 'modifiedby'].filter((name) => stored.has(name))
  const owner = stored.get('ownerid')
  return (given) => {
    const values: Record<string, StoredValue> = { ...given }
    const missing = (name: string): boolean => stored.has(name) && (values[name] ?? null) === null
    if (missing('createdon')) values['createdon'] = values['modifiedon'] ?? asOf
    if (missing('modifiedon')) values['modifiedon'] = values['createdon'] ?? asOf
    for (const name of ofUser) if (missing(name)) values[name] = userId
    if (table.ownership === 'UserOwned' && owner !== undefined && missing('ownerid')) {
      values['ownerid'] = userId
      if (isLookupColumn(owner) && owner.targets.length > 1) values[targetKey('ownerid')] = 'systemuser'
    }
    if (missing('statecode')) values['statecode'] = states[0]?.value ?? 0
    if (missing('statuscode')) {
      const option = states.find((one) => one.value === values['statecode'])
      values['statuscode'] = option?.defaultStatus ?? null
    }
    if (table.isActivity && missing('activitytypecode')) values['activitytypecode'] = table.logicalName
    return values
  }
}

function pointerValues(pointer: TableDefinition, table: TableDefinition, values: StoredValues): StoredValues {
  const kept: Record<string, StoredValue> = {}
  for (const column of pointer.columns) {
    if (!isStoredColumn(column) || column.logicalName === 'versionnumber') continue
    const value = values[column.logicalName]
    if (value === undefined) continue
    kept[column.logicalName] = value
    const key = targetKey(column.logicalName)
    if (isLookupColumn(column) && column.targets.length > 1) kept[key] = values[key] ?? null
  }
  return { ...kept, [pointer.primaryId]: values[table.primaryId] ?? null, activitytypecode: table.logicalName }
}
