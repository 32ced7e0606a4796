import { parseDateTime } from '../rows/date-time.ts'
import { isGuid } from '../rows/guid.ts'
import type { TableDefinition } from '../schema.ts'
import type { Expression, Operand } from './expression.ts'

/**
 * Parts of a filter that an index answers. Every matching row lies within the bounds; the filter is still asked.
 * With `either`, a row is within when one of the two bounds holds, otherwise when all that are present hold.
 */
export interface FilterBounds {
  readonly versionAfter?: bigint
  readonly modifiedSince?: string
  readonly either?: boolean
  readonly ids?: readonly string[]
}

function isColumn(operand: Operand, name: string): boolean {
  return operand.kind === 'property' && operand.name === name && operand.path.length === 0
}

function versionBound(expression: Expression): bigint | undefined {
  if (expression.kind !== 'compare' || expression.right.kind !== 'literal') return
  if (!isColumn(expression.left, 'versionnumber') || !/^\d+$/.test(expression.right.text)) return
  if (expression.operator === 'gt') return BigInt(expression.right.text)
  return expression.operator === 'ge' ? BigInt(expression.right.text) - 1n : undefined
}

function modifiedBound(expression: Expression): string | undefined {
  if (expression.kind !== 'compare' || expression.right.kind !== 'literal') return
  if (!isColumn(expression.left, 'modifiedon') || (expression.operator !== 'ge' && expression.operator !== 'gt')) return
  return parseDateTime(expression.right.text)
}

function idBound(expression: Expression, primaryId: string): readonly string[] | undefined {
  if (expression.kind === 'compare' && expression.operator === 'eq') {
    const { left, right } = expression
    const isKey = isColumn(left, primaryId) && right.kind === 'literal' && right.type === 'guid'
    return isKey ? [right.text.toLowerCase()] : undefined
  }
  if (expression.kind !== 'function' || expression.operator.name !== 'In') return undefined
  if (!isColumn(expression.property, primaryId)) return undefined
  return expression.values.map((id) => id.replace(/[{}]/g, '').toLowerCase()).filter(isGuid)
}

function eitherBound(expression: Expression): FilterBounds | undefined {
  if (expression.kind !== 'or') return undefined
  for (const [one, other] of [
    [expression.left, expression.right],
    [expression.right, expression.left],
  ] as const) {
    const versionAfter = versionBound(one)
    const modifiedSince = modifiedBound(other)
    if (versionAfter !== undefined && modifiedSince !== undefined) return { versionAfter, modifiedSince, either: true }
  }
  return undefined
}

function conjuncts(expression: Expression): readonly Expression[] {
  if (expression.kind !== 'and') return [expression]
  return [...conjuncts(expression.left), ...conjuncts(expression.right)]
}

/** The bounds that a filter sets by itself, whatever else it asks. */
export function filterBounds(table: TableDefinition, expression: Expression): FilterBounds {
  let bounds: FilterBounds = {}
  let window: FilterBounds | undefined
  for (const part of conjuncts(expression)) {
    const versionAfter = versionBound(part)
    const ids = idBound(part, table.primaryId)
    if (versionAfter !== undefined && versionAfter >= (bounds.versionAfter ?? versionAfter)) {
      bounds = { ...bounds, versionAfter }
    }
    if (ids !== undefined) bounds = { ...bounds, ids }
    window ??= eitherBound(part)
  }
  if (bounds.ids !== undefined || bounds.versionAfter !== undefined) return bounds
  return window ?? bounds
}
