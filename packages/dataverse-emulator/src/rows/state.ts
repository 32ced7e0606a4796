import { invalidArgument, WebApiError } from '../errors.ts'
import type { StateColumn, StatusColumn, TableDefinition } from '../schema.ts'
import type { Draft } from './row-values.ts'
import type { WriteContext } from './write-context.ts'

// States that no create and no update sets, and the message that does.
const BY_MESSAGE: Readonly<Record<string, ReadonlyMap<number, string>>> = {
  incident: new Map([[1, 'CloseIncidentRequest']]),
  opportunity: new Map([
    [1, 'WinOpportunityRequest'],
    [2, 'LoseOpportunityRequest'],
  ]),
}

// Tables whose closed rows are reopened before they are closed in another way.
const THROUGH_OPEN: ReadonlySet<string> = new Set(['incident', 'lead', 'opportunity'])

// Tables whose rows take no other changes outside of this state.
const EDITABLE_STATE: Readonly<Record<string, number>> = { quote: 0, salesorder: 0, invoice: 0 }

function stateColumns(
  { store }: WriteContext,
  table: TableDefinition,
): { state: StateColumn; status: StatusColumn } | undefined {
  const state = store.schema.column(table.logicalName, 'statecode')
  const status = store.schema.column(table.logicalName, 'statuscode')
  return state?.type === 'State' && status?.type === 'Status' ? { state, status } : undefined
}

function invalidStatus(
  table: TableDefinition,
  state: StateColumn,
  id: string,
  code: unknown,
  stateCode: unknown,
): WebApiError {
  const label = state.options.find((option) => option.value === stateCode)?.invariantName ?? String(stateCode)
  return new WebApiError(
    400,
    '0x80048408',
    `${String(code)} is not a valid status code for state code ${table.schemaName}State.${label} on ${table.logicalName} with Id ${id}.`,
  )
}

/** Refuses an update of a row that is read-only in the state it is in; a new state may come along. */
export function refuseReadOnlyState(
  context: WriteContext,
  table: TableDefinition,
  before: Draft,
  columns: Iterable<string>,
): void {
  const editable = EDITABLE_STATE[table.logicalName]
  if (editable === undefined || context.byMessage === true || before['statecode'] === editable) return
  for (const column of columns) {
    if (column === 'statecode' || column === 'statuscode' || column === 'ownerid') continue
    throw new WebApiError(400, '0x8004022e', 'The object cannot be updated because it is read-only.')
  }
}

/**
 * Settles statecode and statuscode of a draft: a state alone takes its default status, a status alone must belong to
 * the current state, a pair must fit, and a status must be allowed to follow the one before.
 */
export function settleState(
  context: WriteContext,
  table: TableDefinition,
  id: string,
  before: Draft | undefined,
  draft: Draft,
  given: { readonly state: boolean; readonly status: boolean },
): void {
  const columns = stateColumns(context, table)
  if (columns === undefined) return
  const { state, status } = columns
  draft['statecode'] ??= before?.['statecode'] ?? state.options[0]?.value ?? 0
  const chosen = state.options.find((option) => option.value === draft['statecode'])
  const changes = before !== undefined && before['statecode'] !== draft['statecode']
  // No status is no status of a row: null takes the default one like a status that is not given.
  const isCleared = given.status && (draft['statuscode'] ?? null) === null
  if (isCleared || (!given.status && (before === undefined || (given.state && changes)))) {
    draft['statuscode'] = chosen?.defaultStatus ?? null
  }
  const reason = status.options.find((option) => option.value === draft['statuscode'])
  if (reason !== undefined && reason.state !== undefined && reason.state !== draft['statecode']) {
    throw invalidStatus(table, state, id, draft['statuscode'], draft['statecode'])
  }
  const previous = status.options.find((option) => option.value === before?.['statuscode'])
  const moves =
    before !== undefined && previous !== undefined && reason !== undefined && previous.value !== reason.value
  if (moves && previous.transitions !== undefined && !previous.transitions.includes(reason.value)) {
    throw invalidStatus(table, state, id, draft['statuscode'], draft['statecode'])
  }
  if (changes && THROUGH_OPEN.has(table.logicalName) && before['statecode'] !== 0 && draft['statecode'] !== 0) {
    throw new WebApiError(400, '0x80040233', 'The object is not in a valid state to perform this operation.')
  }
  const message = BY_MESSAGE[table.logicalName]?.get(Number(draft['statecode']))
  if (message !== undefined && context.byMessage !== true && before?.['statecode'] !== draft['statecode']) {
    const goal = `state of ${table.logicalName} to ${chosen?.invariantName ?? String(draft['statecode'])}`
    throw invalidArgument(
      `This message can not be used to set the ${goal}. In order to set ${goal}, use the ${message} message instead.`,
    )
  }
}
