import { conditionContext } from '../conditions/condition-context.ts'
import { reach } from '../rows/access.ts'
import type { Row } from '../rows/row.ts'
import type { User } from '../rows/user.ts'
import { columnMask } from '../security/column-security.ts'
import { isLookupColumn } from '../schema.ts'
import type { TableDefinition } from '../schema.ts'
import { addJoins, addSlot, asksOthers, bindFetchFilter } from './bind-joins.ts'
import type { Test } from './conditions.ts'
import type { Fetch, FetchCondition, FetchFilter } from './fetch.ts'
import type { Join } from './join.ts'
import { bindMembers } from './members.ts'
import type { Member } from './members.ts'
import { bindOrder } from './order.ts'
import type { OrderTerm } from './order.ts'
import type { FetchOrg, Scope, Slot, Visible } from './scope.ts'

/** A query checked against the schema and ready to run. */
export interface BoundFetch {
  readonly scope: Scope
  readonly root: Slot
  /** What is asked of the entity's row alone. */
  readonly rootTests: readonly Test[]
  readonly joins: readonly Join[]
  /** What is asked of the whole combination. */
  readonly tests: readonly Test[]
  readonly order: readonly OrderTerm[]
  readonly members: readonly Member[]
  /** The rows of the entity that can match at all, where an index knows them. */
  readonly candidates: (() => Iterable<Row>) | undefined
}

function visibleOf(org: FetchOrg, user: User): (table: TableDefinition) => Visible {
  const known = new Map<TableDefinition, Visible>()
  return (table) => {
    let visible = known.get(table)
    if (visible === undefined) {
      const sees = reach(org.store, table, user, 'read')
      const mask = columnMask(org.store, table, user)
      visible = (row) => (sees(row) ? (mask === undefined ? row : mask(row)) : undefined)
      known.set(table, visible)
    }
    return visible
  }
}

function* conjuncts(filters: readonly FetchFilter[]): Generator<FetchCondition> {
  for (const { type, parts } of filters) {
    if (type === 'or' && parts.length > 1) continue
    for (const part of parts) {
      if (part.kind === 'condition') yield part
      else if (part.kind === 'filter') yield* conjuncts([part])
    }
  }
}

function ids(values: readonly string[]): readonly string[] {
  return [...new Set(values.map((value) => value.replace(/[{}]/g, '').trim().toLowerCase()))]
}

/** Rows by a condition that an index answers: `eq` or `in` on the primary key or on a lookup. */
function indexed({ org }: Scope, { table, node }: Slot): (() => Iterable<Row>) | undefined {
  const rows = org.store.rows(table.logicalName)
  for (const { attribute, operator, values, valueOf, entityName } of conjuncts(node.filters)) {
    const column = org.schema.column(table.logicalName, attribute)
    if (column === undefined || valueOf !== undefined || entityName !== undefined) continue
    if (operator !== 'eq' && operator !== 'in') continue
    if (column.isPrimaryId) {
      return () => ids(values).flatMap((id) => rows.get(id) ?? [])
    }
    if (isLookupColumn(column) && column.attributeOf === null) {
      return () => ids(values).flatMap((id) => rows.holding(attribute, id))
    }
  }
  return undefined
}

function bind(scope: Scope, fetch: Fetch): BoundFetch {
  const root = addSlot(scope, fetch.entity)
  const joins = addJoins(scope, root, fetch.entity.links)
  const rootTests: Test[] = []
  const tests: Test[] = []
  for (const filter of fetch.entity.filters) {
    const test = bindFetchFilter(scope, root, filter)
    if (asksOthers(scope, root, filter)) tests.push(test)
    else rootTests.push(test)
  }
  return {
    scope,
    root,
    rootTests,
    joins,
    tests,
    order: bindOrder(scope, root, fetch),
    members: bindMembers(scope, root, fetch),
    candidates: indexed(scope, root),
  }
}

/** Checks a query against the schema and the user's privileges; what does not fit is refused. */
export function bindFetch(org: FetchOrg, user: User, fetch: Fetch): BoundFetch {
  const context = conditionContext(org, user)
  return bind({ org, context, slots: [], names: new Map(), visibleOf: visibleOf(org, user) }, fetch)
}

/** Checks a query against the schema alone, as is done when it is kept for later. */
export function checkFetch(org: FetchOrg, user: User, fetch: Fetch): void {
  const everything: Visible = (row) => row
  bind({ org, context: conditionContext(org, user), slots: [], names: new Map(), visibleOf: () => everything }, fetch)
}
