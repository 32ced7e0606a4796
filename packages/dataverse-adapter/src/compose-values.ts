import {
  columnOf,
  type ColumnMetadata,
  type ColumnValue,
  type OutgoingTransaction,
  type Row,
  type TableMetadata,
  TARGET_SUFFIX,
} from '@outpost/core'
import { rowPath, wireTable } from './wire-table.ts'

/** A change that cannot be put into a request: a fault of the catalogue or of the transaction, found before anything is sent. */
export class NotComposable extends Error {
  override readonly name: string = 'NotComposable'
  readonly column: string | undefined

  constructor(message: string, column?: string) {
    super(message)
    this.column = column
  }
}

/** The definition of a table that the transaction names. Throws `NotComposable` where it is missing. */
export function definitionOf(name: string, transaction: OutgoingTransaction): TableMetadata {
  const table = transaction.tables.get(name)
  if (!table) throw new NotComposable(`the definition of table "${name}" is missing`)
  return table
}

/** The columns as members of a JSON object. They are put together by hand, because exact decimals and 64-bit integers are numerals that no number holds. */
export function jsonMembers(
  table: TableMetadata,
  values: Row,
  before: Row,
  transaction: OutgoingTransaction,
): readonly string[] {
  const members: string[] = []
  for (const [name, value] of Object.entries(values)) {
    if (name.endsWith(TARGET_SUFFIX) || name === table.primaryId) continue
    const column = columnOf(table, name)
    if (!column) throw new NotComposable(`table "${table.name}" has no column "${name}"`, name)
    members.push(
      column.type === 'lookup'
        ? lookupMember(
            table,
            column,
            value,
            value === null ? { ...values, ...before } : { ...before, ...values },
            transaction,
          )
        : `${JSON.stringify(name)}:${literal(column, value)}`,
    )
  }
  return members
}

function literal(column: ColumnMetadata, value: ColumnValue): string {
  const numeric = column.type === 'bigint' || column.type === 'decimal' || column.type === 'money'
  if (numeric && typeof value === 'string') {
    if (!/^-?(?:0|[1-9]\d*)(?:\.\d+)?$/.test(value)) throw new NotComposable(`"${value}" is not a number`, column.name)
    return value
  }
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new NotComposable(`${value} is not a number`, column.name)
  return JSON.stringify(value)
}

function lookupMember(
  table: TableMetadata,
  column: ColumnMetadata,
  value: ColumnValue,
  row: Row,
  transaction: OutgoingTransaction,
): string {
  const properties = wireTable(table).lookups[column.name] ?? {}
  const targets = column.targets?.map((target) => target.table) ?? []
  const named = row[`${column.name}${TARGET_SUFFIX}`]
  const target = typeof named === 'string' ? named : targets.length === 1 ? targets[0] : undefined
  const property = (target === undefined ? undefined : bindingName(properties, target)) ?? onlyName(properties, value)
  if (property === undefined) {
    throw new NotComposable(
      `"${column.name}" of table "${table.name}" cannot point to "${target ?? 'no table'}"`,
      column.name,
    )
  }
  const member = JSON.stringify(`${property}@odata.bind`)
  if (value === null) return `${member}:null`
  if (typeof value !== 'string' || target === undefined) {
    throw new NotComposable(`"${column.name}" does not say which table it points to`, column.name)
  }
  return `${member}:${JSON.stringify(`/${rowPath(definitionOf(target, transaction), value)}`)}`
}

/** `ownerid` has one property for users and teams alike, under the abstract table `owner`. */
function bindingName(properties: Readonly<Record<string, string>>, target: string): string | undefined {
  return properties[target] ?? (target === 'systemuser' || target === 'team' ? properties['owner'] : undefined)
}

/** Any of a lookup's properties empties it; better the one of the table that it pointed to, where that is known. */
function onlyName(properties: Readonly<Record<string, string>>, value: ColumnValue): string | undefined {
  return value === null ? Object.values(properties)[0] : undefined
}
