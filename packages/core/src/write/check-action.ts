import type { ActionChange, ActionEvidence, ActionParameter } from '../change.ts'
import type { ConfiguredTable } from '../copy/configuration.ts'
import type { ActionRequest, Request } from './draft.ts'
import { OutpostError } from '../errors.ts'
import { columnsOfFilter, parseTableFilter } from '../filter/bind.ts'
import { matches } from '../filter/evaluate.ts'
import { factsOfFilter } from '../filter/filter-context.ts'
import type { TableMetadata } from '../metadata.ts'
import type { StoreReader } from '../ports/store.ts'
import { isRowParameter, tablesNamedIn } from './row-parameters.ts'
import { canonicalGuid, TARGET_SUFFIX } from '../row.ts'
import type { Row } from '../row.ts'
import { validateValues } from './validate-values.ts'

/** What an action is checked against. */
export interface ActionContext {
  readonly tables: ReadonlyMap<string, ConfiguredTable>
  /** The master's definitions of the tables that actions of the write name, configured or not. */
  readonly definitions: ReadonlyMap<string, TableMetadata>
  readonly userId: string
}

/**
 * The action as a change of the row it is about, which is `current` now. Throws `invalid` naming table, row and rule when
 * it cannot be sent, or when its evidence could not tell whether it happened.
 */
export async function checkAction(
  tx: StoreReader,
  request: ActionRequest,
  table: ConfiguredTable,
  current: Row,
  context: ActionContext,
): Promise<ActionChange> {
  const { action, bound, id } = request
  const fail = failureOf(request)
  if (typeof action !== 'string' || !/^[A-Za-z_]\w*$/.test(action)) {
    throw fail('action-name', `${JSON.stringify(action)} is not the name of an action; it is given without a namespace`)
  }
  if (typeof bound !== 'boolean') throw fail('bound', 'bound is true or false')
  if (typeof request.effect !== 'object' || request.effect === null) throw fail('values', 'the effect is an object')
  const effect = validateValues(anyValue(table.metadata), request.effect, {
    kind: 'update',
    columns: new Set(table.columns),
    current,
    id,
  })
  const evidence = evidenceOf(request, context)
  await refuseEarlyEvidence(tx, evidence, request, context)
  return {
    kind: 'action',
    action,
    table: request.table,
    id,
    bound,
    parameters: Object.fromEntries(
      Object.entries(request.parameters).map(([name, value]) => [
        name,
        checkedParameter(value, name, request, context),
      ]),
    ),
    evidence,
    effect,
    before: Object.fromEntries(Object.keys(effect).map((name) => [name, current[name] ?? null])),
  }
}

/** The tables whose definitions are needed to check a request, besides those of its rows. */
export function tablesToCheck(request: Request): readonly string[] {
  if (request.kind !== 'action') return []
  const { parameters, happened } = request
  const named = typeof happened === 'object' && happened !== null ? [happened.table] : []
  return [...tablesNamedIn(parameters), ...named]
}

function checkedParameter(
  value: ActionParameter,
  path: string,
  request: ActionRequest,
  context: ActionContext,
): ActionParameter {
  if (typeof value !== 'object' || value === null) return value
  const inner = (part: ActionParameter, name: string | number): ActionParameter =>
    checkedParameter(part, `${path}.${name}`, request, context)
  if (!isRowParameter(value)) {
    if (Array.isArray(value)) return value.map(inner)
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, inner(part, name)]))
  }
  const { table, values, ...named } = value.$row
  const metadata = definitionOf(table, request, context, `parameter '${path}'`)
  if (!values) return value
  return { $row: { table, ...named, values: checkedValues(metadata, values, path, request) } }
}

function checkedValues(table: TableMetadata, values: Row, path: string, request: ActionRequest): Row {
  const columns = new Set(table.columns.map((column) => column.name))
  try {
    const checked = validateValues(anyValue(table), values, { kind: 'update', columns, id: request.id })
    const lookups = table.columns.filter(({ name, targets }) => targets && typeof checked[name] === 'string')
    const targets = lookups.map(
      ({ name, targets: [only] = [] }) => [name + TARGET_SUFFIX, only?.table ?? null] as const,
    )
    return { ...Object.fromEntries(targets), ...checked }
  } catch (error) {
    if (!(error instanceof OutpostError) || error.code !== 'invalid') throw error
    // What was checked is no update of the row that the message would name.
    const { column, rule = 'values' } = error.place
    const words = error.message.slice(error.message.indexOf(': column ') + 2)
    throw new OutpostError('invalid', `${headOf(request)}: parameter '${path}', a row of ${table.name}: ${words}`, {
      cause: error,
      place: { table: table.name, row: request.id, rule, ...(column === undefined ? {} : { column }) },
    })
  }
}

/** The table as if all its columns could be written: a parameter may be a row that is made or one that is changed. */
function anyValue(table: TableMetadata): TableMetadata {
  return { ...table, columns: table.columns.map((column) => ({ ...column, updatable: true })) }
}

function evidenceOf(request: ActionRequest, context: ActionContext): ActionEvidence {
  const { happened, table, id } = request
  const fail = failureOf(request)
  if (happened === 'repeatable') return { kind: 'repeatable' }
  if (typeof happened === 'string') {
    const metadata = context.tables.get(table)?.metadata
    if (metadata) parseTableFilter(happened, metadata)
    return { kind: 'row-matches', table, id, filter: happened }
  }
  if (typeof happened !== 'object' || happened === null || typeof happened.table !== 'string') {
    throw fail('happened', "say in 'happened' how to tell whether it happened: 'repeatable', a filter, or a row")
  }
  const metadata = definitionOf(happened.table, request, context, "'happened'")
  const row = { table: happened.table, id: canonicalGuid(String(happened.id)) ?? '' }
  if (row.id === '') throw fail('happened', `${JSON.stringify(happened.id)} is not the id of a row`)
  const { filter, gone = false } = happened
  if (filter !== undefined && gone) throw fail('happened', 'a row that is gone matches no filter')
  if (filter === undefined) return { kind: gone ? 'row-gone' : 'row-exists', ...row }
  if (typeof filter !== 'string') throw fail('happened', 'the filter is a text')
  // What happened is told whenever and by whomever it is asked; a filter that depends on more would tell something else.
  const lacking = factsOfFilter(parseTableFilter(filter, metadata)).filter((fact) => fact !== 'user')
  if (lacking.length > 0) throw fail('happened', `the filter depends on more than the row: ${lacking.join(', ')}`)
  return { kind: 'row-matches', ...row, filter }
}

/** Evidence that is there before the action is sent would take every lost action for one that happened. */
async function refuseEarlyEvidence(
  tx: StoreReader,
  evidence: ActionEvidence,
  request: ActionRequest,
  { tables, userId }: ActionContext,
): Promise<void> {
  if (evidence.kind === 'repeatable' || evidence.kind === 'row-gone') return
  const table = tables.get(evidence.table)
  const [row] = table ? await tx.rows(evidence.table, [evidence.id]) : []
  if (!table || !row) return
  if (evidence.kind === 'row-matches') {
    const filter = parseTableFilter(evidence.filter, table.metadata)
    if (!columnsOfFilter(filter).every((name) => name in row.values)) return
    if (!matches(filter, row.values, { userId })) return
  }
  const what = evidence.kind === 'row-matches' ? `matches "${evidence.filter}"` : 'is there'
  throw failureOf(request)('happened', `${evidence.table} ${evidence.id} ${what} already, which would prove nothing`)
}

function definitionOf(name: string, request: ActionRequest, context: ActionContext, where: string): TableMetadata {
  const metadata = context.definitions.get(name)
  if (metadata) return metadata
  throw new OutpostError('invalid', `${headOf(request)}: ${where}: the master has no table '${name}'`, {
    place: { table: name, row: request.id, rule: 'unknown-table' },
    remedy: 'Check the spelling: logical names are lower-case. If it is new, refresh the metadata.',
  })
}

function failureOf(request: ActionRequest): (rule: string, message: string) => OutpostError {
  return (rule, message) =>
    new OutpostError('invalid', `${headOf(request)}: ${message}`, {
      place: { table: request.table, row: request.id, rule },
    })
}

function headOf({ action, table, id }: ActionRequest): string {
  return `action ${action} of ${table} ${id}`
}
