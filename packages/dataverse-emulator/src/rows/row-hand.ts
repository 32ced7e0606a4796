import type { CollectionNavigation, TableDefinition } from '../schema.ts'
import { associate, disassociate } from './associate.ts'
import { createRow } from './create-row.ts'
import { deleteRow } from './delete-row.ts'
import type { Changes } from './changes.ts'
import { changesFrom } from './given-values.ts'
import type { GivenValues } from './given-values.ts'
import type { Reference } from './reference.ts'
import type { Row } from './row.ts'
import { updateRow } from './update-row.ts'
import type { WriteContext } from './write-context.ts'

/**
 * Rows in the hands of code: of a test, a plug-in or a custom action. Writes follow all the server's rules; whether
 * privileges limit them depends on whose hand it is. Reads see every row.
 */
export interface RowHand {
  /** Creates a row and gives its id. */
  readonly create: (table: string, values: GivenValues, id?: string) => string
  readonly update: (table: string, id: string, values: GivenValues) => void
  readonly remove: (table: string, id: string) => void
  /** Gives the row a new owner. */
  readonly assign: (table: string, id: string, owner: Reference) => void
  /** Adds a row to a collection-valued navigation property of `table`. */
  readonly associate: (table: string, id: string, navigation: string, target: Reference) => void
  /** Takes a row out of a collection; false where it was not in it. */
  readonly disassociate: (table: string, id: string, navigation: string, target: Reference) => boolean
  readonly row: (table: string, id: string) => Row | undefined
  /** All rows of a table as stored, by primary key. */
  readonly rows: (table: string) => readonly Row[]
}

/** Makes a hand that writes in a context; each write is a transaction, or a part of the running one. */
export function rowHand(context: WriteContext): RowHand {
  const { store } = context
  const tableOf = (name: string): TableDefinition => {
    const table = store.schema.table(name)
    if (table === undefined) throw new RangeError(`no table ${name}`)
    return table
  }
  const rowOf = (table: string, id: string): Row => {
    const row = store.rows(tableOf(table).logicalName).get(id.toLowerCase())
    if (row === undefined) throw new RangeError(`no ${table} ${id}`)
    return row
  }
  const collectionOf = (table: string, navigation: string): CollectionNavigation => {
    const found = store.schema.collections(tableOf(table).logicalName).get(navigation)
    if (found === undefined) throw new RangeError(`${table} has no collection ${navigation}`)
    return found
  }
  const changesOf = (table: string, values: GivenValues): Changes => {
    const changes = changesFrom(store.schema, table, values)
    const { modifiedon: modifiedOn } = values
    // Imports and other code of the server may back-date what they write; a caller's own writes are of now.
    return typeof modifiedOn === 'string' && !context.enforcePrivileges ? { ...changes, modifiedOn } : changes
  }
  const update: RowHand['update'] = (table, id, values) => {
    const changes = changesOf(tableOf(table).logicalName, values)
    store.atomically(() => updateRow(context, tableOf(table), rowOf(table, id), changes))
  }
  return {
    create: (table, values, given) => {
      const definition = tableOf(table)
      const changes = changesOf(table, values)
      const key = given ?? changes.values.get(definition.primaryId)
      const id = typeof key === 'string' ? key.toLowerCase() : store.newId()
      return store.atomically(() => createRow(context, definition, id, changes)).id
    },
    update,
    remove: (table, id) => {
      store.atomically(() => deleteRow(context, tableOf(table), rowOf(table, id)))
    },
    assign: (table, id, owner) => update(table, id, { ownerid: owner }),
    associate: (table, id, navigation, target) => {
      const row = rowOf(table, id)
      store.atomically(() => associate(context, tableOf(table), row, collectionOf(table, navigation), target))
    },
    disassociate: (table, id, navigation, target) => {
      const row = rowOf(table, id)
      return store.atomically(() => disassociate(context, tableOf(table), row, collectionOf(table, navigation), target))
    },
    row: (table, id) => store.rows(tableOf(table).logicalName).get(id.toLowerCase()),
    rows: (table) => [...store.rows(tableOf(table).logicalName).byId('asc')],
  }
}
