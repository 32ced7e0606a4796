import {
  type ActionChange,
  type ActionParameter,
  isRowParameter,
  type OutgoingTransaction,
  type RowParameter,
  type TableMetadata,
} from '@outpost/core'
import type { BatchRequest } from './batch.ts'
import { definitionOf, jsonMembers } from './compose-values.ts'
import { rowPath } from './wire-table.ts'

const NAMESPACE = 'Microsoft.Dynamics.CRM.'

/** The request of an action. Only one that is bound to a row goes by its full name. Throws `NotComposable`. */
export function actionRequest(
  change: ActionChange,
  table: TableMetadata,
  transaction: OutgoingTransaction,
): BatchRequest {
  const path = change.bound ? `${rowPath(table, change.id)}/${NAMESPACE}${change.action}` : change.action
  return { method: 'POST', path, body: jsonOf(change.parameters, transaction) }
}

function jsonOf(value: ActionParameter, transaction: OutgoingTransaction): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (isRowParameter(value)) return rowJson(value, transaction)
  if (Array.isArray(value)) return `[${value.map((part: ActionParameter) => jsonOf(part, transaction)).join(',')}]`
  const members = Object.entries(value).map(([name, part]) => `${JSON.stringify(name)}:${jsonOf(part, transaction)}`)
  return `{${members.join(',')}}`
}

/** A row as a parameter says of what table it is, because the parameter need not. */
function rowJson({ $row }: RowParameter, transaction: OutgoingTransaction): string {
  const table = definitionOf($row.table, transaction)
  const members = [
    `"@odata.type":${JSON.stringify(NAMESPACE + table.name)}`,
    ...($row.id === undefined ? [] : [`${JSON.stringify(table.primaryId)}:${JSON.stringify($row.id)}`]),
    ...jsonMembers(table, $row.values ?? {}, {}, transaction),
  ]
  return `{${members.join(',')}}`
}
