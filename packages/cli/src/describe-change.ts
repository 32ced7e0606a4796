import { TARGET_SUFFIX } from '@outpost/core'
import type { Change, Row } from '@outpost/core'

/** One change, on one line. */
export function describeChange(change: Change): string {
  switch (change.kind) {
    case 'create':
    case 'delete':
      return `${change.kind} ${change.table} ${change.id}`
    case 'update':
      return `update ${change.table} ${change.id} (${columnNames(change.values).join(', ')})`
    case 'action':
      return `${change.action} of ${change.table} ${change.id}`
    case 'associate':
    case 'disassociate':
      return `${change.kind} ${change.first.table} ${change.first.id} with ${change.second.table} ${change.second.id}`
  }
}

/** The columns of which there are values; the target table of a lookup is a part of it. */
export function columnNames(values: Row): readonly string[] {
  return Object.keys(values).filter((name) => !name.endsWith(TARGET_SUFFIX))
}
