import { badQuery, noSuchProperty, notImplemented } from '../errors.ts'
import { isODataColumn } from '../schema.ts'
import type { ColumnDefinition, Schema, TableDefinition } from '../schema.ts'

/** The columns a read returns, and the text of them for `@odata.context` (undefined where all were meant). */
export interface Selection {
  readonly columns: readonly ColumnDefinition[]
  readonly context: string | undefined
  /** Whether `ownerid` is written too, the key that users and teams inherit. */
  readonly ownerKey?: boolean
}

/** Whether rows of the table own others: users and teams, which have `ownerid` as a second name of their key. */
export function isPrincipal({ logicalName }: TableDefinition): boolean {
  return logicalName === 'systemuser' || logicalName === 'team'
}

function isServed(column: ColumnDefinition): boolean {
  return isODataColumn(column) && (column.odata === true || column.validForRead) && column.type !== 'PartyList'
}

// Images come with a row only when they are named.
function withoutImage(column: ColumnDefinition): ColumnDefinition {
  return column.type === 'Image' ? { ...column, unasked: true } : column
}

const PART_OF_ADDRESS = /^(address\d)_(?:line\d|city|stateorprovince|county|country|postalcode|postofficebox)$/

/** What comes along with a column: the currency of an amount, the whole of an address with a part of it. */
function companionsOf({ type, logicalName }: ColumnDefinition): readonly string[] {
  if (type === 'Money') return ['transactioncurrencyid']
  const address = PART_OF_ADDRESS.exec(logicalName)?.[1]
  return address === undefined ? [] : [`${address}_composite`]
}

/**
 * Reads `$select`. The primary key comes along unasked, and so does the currency of a row when Money is selected, the
 * whole address with a part of it, and the columns that `unasked` names. Shadow columns are no properties of a row and cannot be selected.
 */
export function parseSelect(
  schema: Schema,
  table: TableDefinition,
  text: string | undefined,
  unasked: readonly string[] = [],
): Selection {
  if (text === undefined) return { columns: table.columns.filter(isServed).map(withoutImage), context: undefined }
  // A comma behind the last name is let pass, as the documentation's own samples have one.
  const names = text
    .replace(/(?<=[^,\s]\s*),\s*$/, '')
    .split(',')
    .map((name) => name.trim())
  const columns = new Set<ColumnDefinition>()
  let ownerKey = false
  for (const name of names) {
    if (name === '') throw badQuery(`Syntax error: $select has an empty term in '${text}'.`)
    if (name === '*') throw notImplemented("'*' in $select")
    const column = schema.columnByWireName(table.logicalName, name)
    if (name === 'ownerid' && column === undefined && isPrincipal(table)) ownerKey = true
    else if (column === undefined || !isServed(column)) throw noSuchProperty(name, table.logicalName)
    else columns.add(column)
  }
  const extra = [...columns].flatMap((column) => companionsOf(column))
  for (const name of [...extra, ...unasked, table.primaryId]) {
    const column = schema.column(table.logicalName, name)
    if (column !== undefined) columns.add(column)
  }
  return { columns: [...columns], context: names.join(','), ...(ownerKey ? { ownerKey } : {}) }
}
