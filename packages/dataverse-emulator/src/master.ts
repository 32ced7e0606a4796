import { writeContext } from './org.ts'
import type { Org } from './org.ts'
import type { GivenValue, GivenValues } from './rows/given-values.ts'
import type { Reference } from './rows/reference.ts'
import { rowHand } from './rows/row-hand.ts'
import type { RowHand } from './rows/row-hand.ts'
import type { Row } from './rows/row.ts'
import type { User } from './rows/user.ts'
import type { StoredValues, TableDefinition } from './schema.ts'

/** A value given to the server's hand: a lookup is a guid (one target), a reference, or a guid with `x@table` beside it. */
export type MasterValue = GivenValue

/** Values by logical column name. */
export type MasterValues = GivenValues

/** Who acts; the default user where absent. */
export interface As {
  /** Name or id of a user. Plug-ins run for a user's writes, and only for those. */
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

/** Makes the server's hand for an organisation. `userOf` finds who acts. */
export function createMaster(org: Org, userOf: (nameOrId: string | undefined) => User): Master {
  const { store } = org
  const hand = (options: As | undefined): RowHand => {
    const user = userOf(options?.as)
    const context = { ...writeContext(org, user), enforcePrivileges: false }
    // Nobody in particular is the server itself, which runs no plug-ins.
    return rowHand(options?.as === undefined ? { ...context, pipeline: undefined } : context)
  }
  return {
    create: (table, values, options) => hand(options).create(table, values, options?.id),
    update: (table, id, values, options) => hand(options).update(table, id, values),
    remove: (table, id, options) => hand(options).remove(table, id),
    assign: (table, id, owner, options) => hand(options).assign(table, id, owner),
    associate: (table, id, navigation, target, options) => hand(options).associate(table, id, navigation, target),
    disassociate: (table, id, navigation, target, options) => hand(options).disassociate(table, id, navigation, target),
    touch: (table, id) => {
      // Within a transaction, so that a row that is locked is read once more behind the commit.
      store.atomically(() => {
        const row = rowOf(org, table, id)
        store.update(table, row, row.values satisfies StoredValues)
      })
    },
    rows: (table) => [...store.rows(tableOf(org, table).logicalName).byId('asc')],
    row: (table, id) => store.rows(tableOf(org, table).logicalName).get(id.toLowerCase()),
    count: (table) => store.rows(tableOf(org, table).logicalName).size,
    expireDelta: () => {
      org.expiredVersion = store.version
      store.skipVersion()
    },
  }
}
