import {
  type Change,
  type ColumnValue,
  type CreateChange,
  type LinkChange,
  type OutgoingTransaction,
  relationshipOf,
  type Row,
  type TableMetadata,
  TARGET_SUFFIX,
  type UpdateChange,
} from '@outpost/core'
import type { BatchRequest } from './batch.ts'
import { actionRequest } from './compose-action.ts'
import { definitionOf, jsonMembers, NotComposable } from './compose-values.ts'
import type { Condition } from './meaning.ts'
import { query } from './read-page.ts'
import { onceForColumns } from './once-for-columns.ts'
import { isEtag, LOOKUP_TABLE, needsLookupTables, selectList } from './values.ts'
import { canRead, rowPath, VERSION_COLUMN, wireTable } from './wire-table.ts'

/** A change as a request, or one of its two, with what is needed to judge its answer. */
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

/**
 * The requests of a transaction, in the order in which they have to take effect. A row that is created with lookups put
 * off has two: the create, and behind the last create an update of those lookups, whose answer shows the row. Throws what
 * `composeChange` throws, with `blame` told the place of the change.
 */
export function composeTransaction(
  transaction: OutgoingTransaction,
  api: string,
  blame: (index: number) => void,
): readonly ComposedChange[] {
  const composed: ComposedChange[] = []
  const followUps: ComposedChange[] = []
  let lastCreate = 0
  for (const [index, change] of transaction.changes.entries()) {
    blame(index)
    composed.push(composeChange(change, index, transaction, api))
    if (change.kind !== 'create') continue
    lastCreate = composed.length
    if (change.deferred) followUps.push(followUp(change, change.deferred, index, transaction))
  }
  return composed.toSpliced(lastCreate, 0, ...followUps)
}

/**
 * The request of one change. A create is a conditional upsert under our own id, so that sending it twice cannot make two
 * rows; an update and a delete name the version they were made on. Throws `NotComposable`.
 */
function composeChange(change: Change, index: number, transaction: OutgoingTransaction, api: string): ComposedChange {
  const table = definitionOf(change.table, transaction)
  switch (change.kind) {
    case 'create': {
      const { values, deferred = [] } = change
      if (deferred.length === 0) return written(change, index, transaction, 'absent', values)
      const members = jsonMembers(table, parted(values, deferred).now, {}, transaction)
      return {
        change,
        index,
        table,
        columns: [],
        condition: 'absent',
        request: {
          method: 'PATCH',
          path: rowPath(table, change.id),
          headers: conditionHeader('absent', change),
          body: `{${members.join(',')}}`,
        },
      }
    }
    case 'update':
      return written(change, index, transaction, conditionOf(table, change.version), change.values, change.before)
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
      return {
        change,
        index,
        table,
        columns: [],
        condition: 'none',
        request: actionRequest(change, table, transaction),
      }
    case 'associate':
    case 'disassociate':
      return {
        change,
        index,
        table,
        columns: [],
        condition: change.kind === 'associate' ? 'link' : 'none',
        request: linkRequest(change, table, transaction, api),
      }
  }
}

/** A request that writes columns of a row and shows what the master made of it. */
function written(
  change: CreateChange | UpdateChange,
  index: number,
  transaction: OutgoingTransaction,
  condition: Condition,
  values: Row,
  before: Row = {},
): ComposedChange {
  const table = definitionOf(change.table, transaction)
  const columns = transaction.columns.get(change.table) ?? []
  const asked = askFor(table, columns)
  return {
    change,
    index,
    table,
    columns,
    condition,
    request: {
      method: 'PATCH',
      path: rowPath(table, change.id) + asked.query,
      headers: { ...conditionHeader(condition, change), Prefer: asked.prefer },
      body: `{${jsonMembers(table, values, before, transaction).join(',')}}`,
    },
  }
}

function followUp(
  change: CreateChange,
  deferred: readonly string[],
  index: number,
  transaction: OutgoingTransaction,
): ComposedChange {
  return written(change, index, transaction, 'none', parted(change.values, deferred).later)
}

/** The values of a create that are sent with it, and those that can only be set when other rows are there. */
function parted(values: Row, deferred: readonly string[]): { readonly now: Row; readonly later: Row } {
  const waits = ([name]: readonly [string, ColumnValue]): boolean => deferred.includes(name.replace(TARGET_SUFFIX, ''))
  const entries = Object.entries(values)
  return {
    now: Object.fromEntries(entries.filter((entry) => !waits(entry))),
    later: Object.fromEntries(entries.filter(waits)),
  }
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

/** What asks for the row as it is behind the change. */
const askFor = onceForColumns((table, columns) => ({
  query: query({ $select: selectList(table, columns, versionColumns(table)) }),
  prefer: preferRepresentation(table, columns),
}))

function preferRepresentation(table: TableMetadata, columns: readonly string[]): string {
  const annotations = needsLookupTables(table, columns) ? `,odata.include-annotations="${LOOKUP_TABLE}"` : ''
  return `return=representation${annotations}`
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
