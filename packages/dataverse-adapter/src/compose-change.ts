import {
  type Change,
  columnOf,
  type ColumnMetadata,
  type ColumnValue,
  type LinkChange,
  type OutgoingTransaction,
  relationshipOf,
  type Row,
  type TableMetadata,
  TARGET_SUFFIX,
} from '@outpost/core'
import type { BatchRequest } from './batch.ts'
import type { Condition } from './meaning.ts'
import { query } from './read-page.ts'
import { isEtag, LOOKUP_TABLE, needsLookupTables, selectList } from './values.ts'
import { canRead, rowPath, VERSION_COLUMN, wireTable } from './wire-table.ts'

/** A change as a request, with what is needed to judge its answer. */
export interface ComposedChange {
  readonly change: Change
  /** Its place in the transaction. */
  readonly index: number
  readonly table: TableMetadata
  /** The columns that the answer gives back. */
  readonly columns: readonly string[]
  readonly request: BatchRequest
  readonly condition: Condition
}

/** A change that cannot be put into a request: a fault of the catalogue or of the transaction, found before anything is sent. */
export class NotComposable extends Error {
  override readonly name: string = 'NotComposable'
  readonly column: string | undefined

  constructor(message: string, column?: string) {
    super(message)
    this.column = column
  }
}

/**
 * The request of one change. A create is a conditional upsert under our own id, so that sending it twice cannot make two
 * rows; an update and a delete name the version they were made on. Throws `NotComposable`.
 */
export function composeChange(
  change: Change,
  index: number,
  transaction: OutgoingTransaction,
  api: string,
): ComposedChange {
  const table = definitionOf(change.table, transaction)
  switch (change.kind) {
    case 'create':
    case 'update': {
      const columns = transaction.columns.get(change.table) ?? []
      const condition = change.kind === 'create' ? 'absent' : conditionOf(table, change.version)
      const before = change.kind === 'update' ? change.before : {}
      return {
        change,
        index,
        table,
        columns,
        condition,
        request: {
          method: 'PATCH',
          path: rowPath(table, change.id) + query({ $select: selectList(table, columns, versionColumns(table)) }),
          headers: { ...conditionHeader(condition, change), Prefer: preferRepresentation(table, columns) },
          body: bodyOf(table, change.values, before, transaction),
        },
      }
    }
    case 'delete': {
      const condition = conditionOf(table, change.version)
      const headers = conditionHeader(condition, change)
      return {
        change,
        index,
        table,
        columns: [],
        condition,
        request: { method: 'DELETE', path: rowPath(table, change.id), headers },
      }
    }
    case 'action':
      throw new NotComposable(`the action ${change.action} cannot be sent yet`)
    case 'associate':
    case 'disassociate':
      return {
        change,
        index,
        table,
        columns: [],
        condition: 'none',
        request: linkRequest(change, table, transaction, api),
      }
  }
}

function definitionOf(name: string, transaction: OutgoingTransaction): TableMetadata {
  const table = transaction.tables.get(name)
  if (!table) throw new NotComposable(`the definition of table "${name}" is missing`)
  return table
}

function conditionOf(table: TableMetadata, version: string | null): Condition {
  return table.versioned && version !== null && isEtag(version) ? 'version' : 'none'
}

/** Without a version `*` still keeps a PATCH from creating the row anew when it has been deleted. */
function conditionHeader(condition: Condition, change: Change): Record<string, string> {
  if (condition === 'absent') return { 'If-None-Match': '*' }
  return {
    'If-Match': condition === 'version' && 'version' in change && change.version !== null ? change.version : '*',
  }
}

function versionColumns(table: TableMetadata): readonly string[] {
  return canRead(table, VERSION_COLUMN) ? [VERSION_COLUMN] : []
}

function preferRepresentation(table: TableMetadata, columns: readonly string[]): string {
  const annotations = needsLookupTables(table, columns) ? `,odata.include-annotations="${LOOKUP_TABLE}"` : ''
  return `return=representation${annotations}`
}

/** JSON is put together by hand, because exact decimals and 64-bit integers are numerals that no number holds. */
function bodyOf(table: TableMetadata, values: Row, before: Row, transaction: OutgoingTransaction): string {
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
  return `{${members.join(',')}}`
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

function linkRequest(
  change: LinkChange,
  table: TableMetadata,
  transaction: OutgoingTransaction,
  api: string,
): BatchRequest {
  const first = definitionOf(change.first.table, transaction)
  const second = definitionOf(change.second.table, transaction)
  const link = wireTable(first).links[change.relationship] ?? wireTable(second).links[change.relationship]
  const relationship = relationshipOf(table)
  const forwards = link?.fromFirst ?? null
  const backwards = link?.fromSecond ?? null
  const [from, fromId, to, toId, property] =
    forwards !== null
      ? [first, change.first.id, second, change.second.id, forwards]
      : [second, change.second.id, first, change.first.id, backwards]
  if (property === null || !relationship) {
    throw new NotComposable(`the many-to-many relationship "${change.relationship}" is not known`)
  }
  const collection = `${rowPath(from, fromId)}/${property}`
  if (change.kind === 'disassociate') return { method: 'DELETE', path: `${collection}(${toId})/$ref` }
  const body = JSON.stringify({ '@odata.id': `${api}${rowPath(to, toId)}` })
  return { method: 'POST', path: `${collection}/$ref`, body }
}
