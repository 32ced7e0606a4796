import type { Change } from '@outpost/core'

/** One change, on one line. */
export function describeChange(change: Change): string {
  switch (change.kind) {
    case 'create':
    case 'delete':
      return `${change.kind} ${change.table} ${change.id}`
    case 'update':
      return `update ${change.table} ${change.id} (${Object.keys(change.values).join(', ')})`
    case 'action':
      return `${change.action} of ${change.table} ${change.id}`
    case 'associate':
    case 'disassociate':
      return `${change.kind} ${change.first.table} ${change.first.id} with ${change.second.table} ${change.second.id}`
  }
}
