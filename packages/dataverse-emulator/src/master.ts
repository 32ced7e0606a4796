import type { Org } from './org.ts'
import { associate, disassociate } from './rows/associate.ts'
import { createRow } from './rows/create-row.ts'
import { deleteRow } from './rows/delete-row.ts'
import type { Changes, LookupValue } from './rows/read-payload.ts'
import type { Row } from './rows/row.ts'
import { updateRow } from './rows/update-row.ts'
import type { User } from './rows/user.ts'
import type { Reference } from './rows/reference.ts'
import type { WriteContext } from './rows/write-context.ts'
import { isLookupColumn, targetKey } from './schema.ts'
import type { LookupColumn, StoredValue, StoredValues, TableDefinition } from './schema.ts'

/** A value given to the server's hand: a lookup is a guid (one target), a reference, or a guid with `x@table` beside it. */
export type MasterValue = StoredValue | Reference

/** Values by logical column name. */
export type MasterValues = Readonly<Record<string, MasterValue>>

/** Who acts; the default user where absent. */
export interface As {
  /** Name or id of a user. */
  readonly as?: string
}

/**
 * The server's own hand, for tests and demos: changes rows as plug-ins, imports and other users would, with all the
 * server's rules (validation, defaults, cascades, versions) but without HTTP and without privileges.
 */
export interface Master {
  /** Creates a row and gives its id. */
  create(table: string, values: MasterValues, options?: As & { readonly id?: string }): string
  update(table: string, id: string, values: MasterValues, options?: As): void
  remove(table: string, id: string, options?: As): void
  /** Gives the row a new owner. */
  assign(table: string, id: string, owner: Reference, options?: As): void
  /** Adds a row to a collection-valued navigation property of `table`. */
  associate(table: string, id: string, navigation: string, target: Reference, options?: As): void
  /** Takes a row out of a collection; false where it was not in it. */
  disassociate(table: string, id: string, navigation: string, target: Reference, options?: As): boolean
  /** Raises the row's version and changes nothing else, as server jobs do. */
  touch(table: string, id: string): void
  /** All rows of a table as stored, by primary key; the version is under `version`, values under `values`. */
  rows(table: string): readonly Row[]
  row(table: string, id: string): Row | undefined
  /** How many rows a table has. */
  count(table: string): number
  /** Makes every delta token given out so far an expired one. */
  expireDelta(): void
}

function tableOf(org: Org, name: string): TableDefinition {
  const table = org.schema.table(name)
  if (table === undefined) throw new RangeError(`no table ${name}`)
  return table
}

function rowOf(org: Org, table: string, id: string): Row {
  const row = org.store.rows(tableOf(org, table).logicalName).get(id.toLowerCase())
  if (row === undefined) throw new RangeError(`no ${table} ${id}`)
  return row
}

function lookupValue(column: LookupColumn, value: MasterValue, table: MasterValue | undefined): LookupValue {
  if (value === null) return null
  if (typeof value === 'object') return { table: value.table, id: value.id.toLowerCase() }
  const target = typeof table === 'string' ? table : column.targets[0]
  if (column.targets.length > 1 && typeof table !== 'string') {
    throw new RangeError(`${column.logicalName} has several targets: give { table, id }`)
  }
  return { table: target ?? '', id: String(value).toLowerCase() }
}

function changesFrom(org: Org, table: string, given: MasterValues): Changes {
  const values = new Map<string, StoredValue>()
  const lookups = new Map<string, LookupValue>()
  for (const [name, value] of Object.entries(given)) {
    if (name.endsWith('@table')) continue
    const column = org.schema.column(table, name)
    if (column === undefined) throw new RangeError(`${table} has no column ${name}`)
    if (isLookupColumn(column)) lookups.set(name, lookupValue(column, value, given[targetKey(name)]))
    else if (value !== null && typeof value === 'object') throw new RangeError(`${table}.${name} is no lookup`)
    else values.set(name, value)
  }
  return { values, lookups }
}

/** Makes the server's hand for an organisation. `userOf` finds who acts. */
export function createMaster(org: Org, userOf: (nameOrId: string | undefined) => User): Master {
  const { store, schema } = org
  const context = (options: As | undefined): WriteContext => ({
    store,
    organization: org.organization,
    tracking: org.tracking,
    user: userOf(options?.as),
    enforcePrivileges: false,
  })
  const collection = (table: string, navigation: string) => {
    const found = schema.collections(tableOf(org, table).logicalName).get(navigation)
    if (found === undefined) throw new RangeError(`${table} has no collection ${navigation}`)
    return found
  }
  return {
    create: (table, values, options) => {
      const changes = changesFrom(org, table, values)
      const definition = tableOf(org, table)
      const given = options?.id ?? changes.values.get(definition.primaryId)
      const id = typeof given === 'string' ? given.toLowerCase() : store.newId()
      return store.atomically(() => createRow(context(options), definition, id, changes)).id
    },
    update: (table, id, values, options) => {
      const changes = changesFrom(org, table, values)
      store.atomically(() => updateRow(context(options), tableOf(org, table), rowOf(org, table, id), changes))
    },
    remove: (table, id, options) => {
      store.atomically(() => deleteRow(context(options), tableOf(org, table), rowOf(org, table, id)))
    },
    assign: (table, id, owner, options) => {
      const changes = { values: new Map(), lookups: new Map([['ownerid', owner]]) }
      store.atomically(() => updateRow(context(options), tableOf(org, table), rowOf(org, table, id), changes))
    },
    associate: (table, id, navigation, target, options) => {
      const row = rowOf(org, table, id)
      store.atomically(() =>
        associate(context(options), tableOf(org, table), row, collection(table, navigation), target),
      )
    },
    disassociate: (table, id, navigation, target, options) => {
      const row = rowOf(org, table, id)
      return store.atomically(() =>
        disassociate(context(options), tableOf(org, table), row, collection(table, navigation), target),
      )
    },
    touch: (table, id) => {
      const row = rowOf(org, table, id)
      store.update(table, row, row.values satisfies StoredValues)
    },
    rows: (table) => [...store.rows(tableOf(org, table).logicalName).byId('asc')],
    row: (table, id) => store.rows(tableOf(org, table).logicalName).get(id.toLowerCase()),
    count: (table) => store.rows(tableOf(org, table).logicalName).size,
    expireDelta: () => {
      org.expiredVersion = store.version
    },
  }
}
