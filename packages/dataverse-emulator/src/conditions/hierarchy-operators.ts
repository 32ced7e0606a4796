import { notImplemented, WebApiError } from '../errors.ts'
import { queryValue } from '../odata/literal-value.ts'
import type { Schema } from '../schema.ts'
import type { ConditionContext, ConditionOperator, QueryColumn } from './condition.ts'

/** The self-referencing lookup that makes a table a hierarchy. */
function parentColumn(schema: Schema, table: string): string {
  const relationship = schema
    .relationshipsOf(table)
    .manyToOne.find((one) => one.isHierarchical && one.referencedTable === table)
  if (relationship === undefined) {
    throw new WebApiError(
      400,
      '0x80047020',
      `This query uses a hierarchical operator, but the ${table} entity doesn't have a hierarchical relationship.`,
    )
  }
  return relationship.referencingColumn
}

function above({ store }: ConditionContext, table: string, id: string): ReadonlySet<string> {
  const parent = parentColumn(store.schema, table)
  const found = new Set<string>()
  for (let row = store.rows(table).get(id); row !== undefined;) {
    const next = row.values[parent]
    if (typeof next !== 'string' || found.has(next)) break
    found.add(next)
    row = store.rows(table).get(next)
  }
  return found
}

function under({ store }: ConditionContext, table: string, id: string): ReadonlySet<string> {
  const parent = parentColumn(store.schema, table)
  const found = new Set<string>()
  const ask = [id]
  for (let one = ask.pop(); one !== undefined; one = ask.pop()) {
    for (const child of store.rows(table).holding(parent, one)) {
      if (found.has(child.id)) continue
      found.add(child.id)
      ask.push(child.id)
    }
  }
  return found
}

function operator(
  name: string,
  fetchName: string,
  direction: typeof above,
  options: { readonly self?: boolean; readonly negated?: boolean } = {},
): ConditionOperator {
  const { self = false, negated = false } = options
  const bind = (column: QueryColumn, [text = '']: readonly string[], context: ConditionContext) => {
    if (!column.definition.isPrimaryId) throw notImplemented(`${name} on anything but the primary key`)
    const id = String(queryValue('guid', text.replace(/[{}]/g, '')))
    const ids = new Set(direction(context, column.table.logicalName, id))
    if (self) ids.add(id)
    else ids.delete(id)
    return (row: Parameters<QueryColumn['value']>[0]): boolean | null => {
      const found = column.value(row)
      return found === null ? null : ids.has(String(found)) !== negated
    }
  }
  const takes: ConditionOperator['takes'] = ({ type }) => type === 'Uniqueidentifier' || type === 'Lookup'
  return { name, fetchNames: [fetchName], isFunction: true, values: 'one', counts: false, takes, bind }
}

/** Operators on the place of a row in its table's hierarchy. */
export const hierarchyOperators: readonly ConditionOperator[] = [
  operator('Above', 'above', above),
  operator('AboveOrEqual', 'eq-or-above', above, { self: true }),
  operator('Under', 'under', under),
  operator('UnderOrEqual', 'eq-or-under', under, { self: true }),
  operator('NotUnder', 'not-under', under, { negated: true }),
]
