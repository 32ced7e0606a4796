import type { RowStore } from '../rows/row-store.ts'
import type { Row } from '../rows/row.ts'
import type { User } from '../rows/user.ts'
import type { WriteContext } from '../rows/write-context.ts'
import { targetKey } from '../schema.ts'
import type { StoredValue, TableDefinition } from '../schema.ts'
import { secureColumnOnCreate, secureColumnOnUpdate } from './errors.ts'

/** What a field permission allows. */
export type ColumnRight = 'canread' | 'cancreate' | 'canupdate'

/** The value of `canread` and so on that says Allowed. */
export const ALLOWED = 4

const secured = new WeakMap<TableDefinition, readonly string[]>()

/** The secured columns of a table; with an amount of money its base amount. Definitions never change in place. */
function securedColumns(table: TableDefinition): readonly string[] {
  let names = secured.get(table)
  if (names === undefined) {
    const direct = new Set(table.columns.filter((one) => one.isSecured === true).map((one) => one.logicalName))
    const twins = table.columns.filter((one) => one.type === 'Money' && one.baseOf !== null && direct.has(one.baseOf))
    names = [...direct, ...twins.map((one) => one.logicalName)]
    secured.set(table, names)
  }
  return names
}

function profilesOf(store: RowStore, user: User): ReadonlySet<string> {
  const profiles = new Set<string>()
  const add = (intersect: string, column: string, id: string): void => {
    for (const link of store.rows(intersect).holding(column, id)) {
      profiles.add(String(link.values['fieldsecurityprofileid']))
    }
  }
  add('systemuserprofiles', 'systemuserid', user.id)
  for (const team of user.teamIds) add('teamprofiles', 'teamid', team)
  return profiles
}

function allowed(store: RowStore, table: TableDefinition, user: User, right: ColumnRight): ReadonlySet<string> {
  const columns = new Set<string>()
  for (const profile of profilesOf(store, user)) {
    for (const { values } of store.rows('fieldpermission').holding('fieldsecurityprofileid', profile)) {
      if (values['entityname'] !== table.logicalName || values[right] !== ALLOWED) continue
      const name = String(values['attributelogicalname'])
      columns.add(name).add(`${name}_base`)
    }
  }
  return columns
}

function withheld(store: RowStore, table: TableDefinition, user: User, right: ColumnRight): readonly string[] {
  const names = securedColumns(table)
  if (names.length === 0) return names
  const mine = user.isAdministrator ? [] : names.filter((name) => !allowed(store, table, user, right).has(name))
  const { actor } = user
  return actor === undefined ? mine : [...new Set([...mine, ...withheld(store, table, actor, right)])]
}

/**
 * What the user may see of a table's rows: undefined where that is everything, else a function that takes the values
 * of secured columns out. Make it once per request and table, and let filters, orders and answers read the rows it gives.
 */
export function columnMask(store: RowStore, table: TableDefinition, user: User): ((row: Row) => Row) | undefined {
  const names = withheld(store, table, user, 'canread')
  if (names.length === 0) return undefined
  const nothing: Record<string, StoredValue> = {}
  for (const name of names) {
    nothing[name] = null
    if (table.columns.some((one) => one.logicalName === name && 'targets' in one)) nothing[targetKey(name)] = null
  }
  return (row) => ({ ...row, values: { ...row.values, ...nothing } })
}

/** Refuses (403) values of secured columns that the user may not write; one column is enough to refuse the whole. */
export function requireColumns(
  { store, user, enforcePrivileges }: WriteContext,
  table: TableDefinition,
  columns: Iterable<string>,
  verb: 'create' | 'update',
): void {
  if (!enforcePrivileges || securedColumns(table).length === 0) return
  const refused = new Set(withheld(store, table, user, verb === 'create' ? 'cancreate' : 'canupdate'))
  for (const column of columns) {
    if (refused.has(column)) throw verb === 'create' ? secureColumnOnCreate() : secureColumnOnUpdate()
  }
}
