import type { ActionParameter, Change } from '../change.ts'
import type { HistoryEntry, OfflineTransaction, TransactionError } from './offline-transaction.ts'

/** Everything about a transaction that a person could look for: what went wrong, and what it changes. */
export function textsOf({ id, lastError, history, changes }: OfflineTransaction): readonly string[] {
  return [id, ...(lastError ? ofError(lastError) : []), ...history.flatMap(ofEntry), ...changes.flatMap(ofChange)]
}

function ofError({
  code,
  rejection,
  message,
  cause,
  remedy,
  masterCode,
  requestId,
  column,
}: TransactionError): string[] {
  return [code, rejection, message, cause, remedy, masterCode, requestId, column].filter((text) => text !== undefined)
}

function ofEntry({ event, note, requestId, masterRequestId, conflicts = [] }: HistoryEntry): string[] {
  const decided = conflicts.flatMap(({ column, policy, reason }) => [column, policy, reason])
  return [event, note, requestId, masterRequestId, ...decided].filter((text) => text !== undefined)
}

function ofChange(change: Change): readonly string[] {
  const row = [change.kind, change.table, change.id]
  switch (change.kind) {
    case 'create':
      return [...row, ...namesAndValues(change.values)]
    case 'update':
      return [...row, ...namesAndValues(change.values), ...namesAndValues(change.before)]
    case 'delete':
      return [...row, ...namesAndValues(change.before)]
    case 'associate':
    case 'disassociate':
      return [...row, change.relationship, ...[change.first, change.second].flatMap(({ table, id }) => [table, id])]
    case 'action':
      return [...row, change.action, ...namesAndValues(change.parameters), ...namesAndValues(change.effect)]
  }
}

/** The names and the values that are not empty, of what is inside of a value as well. */
function namesAndValues(value: ActionParameter | Readonly<Record<string, ActionParameter>>): readonly string[] {
  if (value === null) return []
  if (typeof value !== 'object') return [String(value)]
  return Object.entries(value).flatMap(([name, inner]: [string, ActionParameter]) => [name, ...namesAndValues(inner)])
}
