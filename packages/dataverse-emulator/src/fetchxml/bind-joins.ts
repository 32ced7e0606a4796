import { notImplemented } from '../errors.ts'
import { bindFetchCondition, slotOfCondition } from './conditions.ts'
import type { Test } from './conditions.ts'
import type { FetchCondition, FetchFilter, FetchLink, FetchNode } from './fetch.ts'
import { findRows } from './find-rows.ts'
import { exists, hasAnyRow } from './join.ts'
import type { Join } from './join.ts'
import { duplicateAlias } from './refusals.ts'
import { tableOf } from './scope.ts'
import type { Scope, Slot, Visible } from './scope.ts'

/** Gives the entity or a link its place; a link without an alias is called by its table and number. */
export function addSlot(scope: Scope, node: FetchNode, alias?: string, number = 0): Slot {
  const { slots, names } = scope
  const table = tableOf(scope, node.name)
  const slot: Slot = {
    index: slots.length,
    table,
    node,
    name: alias ?? `${node.name}${number}`,
    visible: scope.visibleOf(table),
  }
  slots.push(slot)
  if (alias !== undefined) {
    if (slots.some((one) => one !== slot && one.name === alias)) throw duplicateAlias()
    names.set(alias, slot)
  } else if (!names.has(node.name)) names.set(node.name, slot)
  return slot
}

/** All conditions of a filter, those of links inside it left out. */
function* conditionsOf(filter: FetchFilter): Generator<FetchCondition> {
  for (const part of filter.parts) {
    if (part.kind === 'condition') yield part
    else if (part.kind === 'filter') yield* conditionsOf(part)
  }
}

/** Whether a filter asks about another slot than its own. */
export function asksOthers(scope: Scope, own: Slot, filter: FetchFilter): boolean {
  for (const condition of conditionsOf(filter)) {
    if (slotOfCondition(scope, own, condition) !== own || condition.valueOf?.includes('.') === true) return true
  }
  return false
}

/** A filter ready to be asked. */
export function bindFetchFilter(scope: Scope, own: Slot, filter: FetchFilter): Test {
  const tests = filter.parts.map((part): Test => {
    if (part.kind === 'condition') return bindFetchCondition(scope, own, part)
    return part.kind === 'filter' ? bindFetchFilter(scope, own, part) : bindLinkTest(scope, own, part)
  })
  // A filter without conditions lets everything through, of either type.
  if (tests.length === 0) return () => true
  const decisive = filter.type === 'or'
  return (tuple) => {
    let unknown = false
    for (const test of tests) {
      const truth = test(tuple)
      if (truth === decisive) return decisive
      if (truth === null) unknown = true
    }
    return unknown ? null : !decisive
  }
}

// What joins by a column that is withheld from the user joins nothing.
function joinedVisibly({ visible }: Slot, from: string | undefined): Visible {
  if (from === undefined) return visible
  return (row) => {
    const seen = visible(row)
    return seen === row || (seen?.values[from] ?? null) !== null ? seen : undefined
  }
}

function bindJoin(scope: Scope, parent: Slot, link: FetchLink, slot: Slot): Join {
  const joins = addJoins(scope, slot, link.links)
  const filters = link.filters.map((filter) => {
    if (asksOthers(scope, slot, filter)) throw notImplemented('conditions of a link-entity on another link-entity')
    return bindFetchFilter(scope, slot, filter)
  })
  const { index } = slot
  const visible = joinedVisibly(slot, link.from)
  return {
    slot: index,
    parent: parent.index,
    type: link.linkType,
    find: findRows(scope, parent, slot.table, link),
    passes: (tuple) => filters.every((test) => test(tuple) === true),
    visible,
    joins,
  }
}

/** Joins the links of an entity or of a link. Places are given first, so that all of them can be named. */
export function addJoins(scope: Scope, parent: Slot, links: readonly FetchLink[]): readonly Join[] {
  const placed = links.map((link) => [link, addSlot(scope, link, link.alias, link.number)] as const)
  return placed.map(([link, slot]) => bindJoin(scope, parent, link, slot))
}

/**
 * A link inside a filter. `any` and `not all` ask for a row that matches; `not any` for none; `all` for rows of which
 * none matches: the names are the service's.
 */
function bindLinkTest(scope: Scope, parent: Slot, link: FetchLink): Test {
  const join = bindJoin(scope, parent, link, addSlot(scope, link, link.alias, link.number))
  switch (link.linkType) {
    case 'not any':
      return (tuple) => !exists(join, tuple)
    case 'all':
      return (tuple) => !exists(join, tuple) && hasAnyRow(join, tuple)
    default:
      return (tuple) => exists(join, tuple)
  }
}
