import type { ActionParameter, RowParameter, RowReference } from '../change.ts'
import { OutpostError } from '../errors.ts'
import { canonicalGuid, TARGET_SUFFIX } from '../row.ts'
import type { Row } from '../row.ts'

/** True for a parameter of an action, or a part of one, that stands for a row. */
export function isRowParameter(value: ActionParameter): value is RowParameter {
  return typeof value === 'object' && value !== null && '$row' in value
}

/** Every row in the parameters of an action, however deep. */
function rowParametersOf(value: ActionParameter): readonly RowParameter['$row'][] {
  if (typeof value !== 'object' || value === null) return []
  if (isRowParameter(value)) return [value.$row]
  return Object.values(value).flatMap(rowParametersOf)
}

/** The rows that the rows in the parameters of an action are, or point to. */
export function rowsNamedIn(parameters: ActionParameter): readonly RowReference[] {
  return rowParametersOf(parameters).flatMap(({ table, id, values = {} }) => [
    ...(id === undefined ? [] : [{ table, id }]),
    ...Object.entries(values).flatMap(([name, value]) => {
      const target = values[name + TARGET_SUFFIX]
      return typeof value === 'string' && typeof target === 'string' ? [{ table: target, id: value }] : []
    }),
  ])
}

/** The tables that are needed to write the parameters of an action down. */
export function tablesNamedIn(parameters: ActionParameter): readonly string[] {
  return [...rowParametersOf(parameters), ...rowsNamedIn(parameters)].map(({ table }) => table)
}

/**
 * The parameters as they are kept: a copy, with row ids in canonical form. Throws `invalid` for what is no JSON and for a
 * `$row` that names no row; `of` says whose parameters they are.
 */
export function copyParameters(
  parameters: unknown,
  of: { readonly action: string; readonly table: string; readonly id: string },
): Readonly<Record<string, ActionParameter>> {
  const fail = (path: string, message: string, rule: string): OutpostError =>
    new OutpostError(
      'invalid',
      `action ${of.action} of ${of.table} ${of.id}: parameter${path === '' ? 's' : ` '${path}'`}: ${message}`,
      {
        place: { table: of.table, row: of.id, rule },
      },
    )
  const copy = (value: unknown, path: string, around: readonly unknown[]): ActionParameter => {
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
    if (typeof value === 'number' && Number.isFinite(value)) return value
    if (typeof value !== 'object' || around.includes(value)) throw fail(path, `${kindOf(value)} is no JSON`, 'json')
    const within = [...around, value]
    const inner = (part: unknown, name: string | number): ActionParameter =>
      copy(part, path === '' ? String(name) : `${path}.${name}`, within)
    if (Array.isArray(value)) return value.map((part: unknown, index) => inner(part, index))
    if (!isPlain(value)) throw fail(path, `${kindOf(value)} is no JSON`, 'json')
    if ('$row' in value) return { $row: row(value, path, inner) }
    const given = Object.entries(value).filter(([, part]) => part !== undefined)
    return Object.fromEntries(given.map(([name, part]) => [name, inner(part, name)]))
  }
  const row = (
    value: object & { readonly $row: unknown },
    path: string,
    inner: (part: unknown, name: string) => ActionParameter,
  ): RowParameter['$row'] => {
    const { $row } = value
    const wrong = (message: string): OutpostError => fail(path, message, 'row-parameter')
    if (Object.keys(value).length > 1) throw wrong('nothing can stand beside $row')
    if (typeof $row !== 'object' || $row === null || !('table' in $row) || typeof $row.table !== 'string')
      throw wrong('$row needs the table of the row')
    const { table, id, values, ...more } = $row as { table: string; id?: unknown; values?: unknown }
    const [other] = Object.keys(more)
    if (other !== undefined) throw wrong(`$row has a table, an id and values, and no '${other}'`)
    if (id === undefined && values === undefined) throw wrong('$row needs the id of the row, or values')
    const canonical = typeof id === 'string' ? canonicalGuid(id) : null
    if (id !== undefined && canonical === null) throw wrong(`${kindOf(id)} is not the id of a row of '${table}'`)
    if (values !== undefined && !isScalars(values)) throw wrong('the values of $row are columns with their values')
    return {
      table,
      ...(canonical === null ? {} : { id: canonical }),
      ...(values === undefined ? {} : { values: inner(values, 'values') as Row }),
    }
  }
  if (parameters === undefined) return {}
  if (!isPlain(parameters) || '$row' in parameters) throw fail('', 'an object with a value for each is needed', 'json')
  return copy(parameters, '', []) as Readonly<Record<string, ActionParameter>>
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function isScalars(values: unknown): boolean {
  return isPlain(values) && Object.values(values).every((value) => typeof value !== 'object' || value === null)
}

function kindOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? JSON.stringify(value) : typeof value
}
