import { displayNameFrom, readOnly, text, virtual, entityName } from './columns.ts'
import type { ColumnOptions } from './columns.ts'
import type { ColumnDraft, LookupDraft } from './drafts.ts'

const withYomiName: ReadonlySet<string> = new Set(['account', 'contact', 'systemuser', 'team', 'lead'])
const typeColumnElsewhere: ReadonlySet<string> = new Set(['regardingobjectid', 'objectid'])

/** The read-only columns the platform adds beside a column: names of lookups and labels of choices. */
export function shadowColumns(of: ColumnDraft): readonly ColumnDraft[] {
  if (of.attributeOf !== null) return []
  switch (of.type) {
    case 'Lookup':
    case 'Customer':
    case 'Owner':
      return lookupShadows(of)
    case 'Boolean':
    case 'Picklist':
    case 'MultiSelectPicklist':
    case 'State':
    case 'Status':
      return [virtual(`${of.schemaName}Name`, shadow(of.logicalName, `${of.schemaName}Name`))]
    default:
      return []
  }
}

function lookupShadows(of: LookupDraft): readonly ColumnDraft[] {
  const columns: ColumnDraft[] = [text(`${of.schemaName}Name`, shadow(of.logicalName, `${of.schemaName}Name`))]
  if (of.targets.some((target) => withYomiName.has(target))) {
    columns.push(text(`${of.schemaName}YomiName`, shadow(of.logicalName, `${of.schemaName}YomiName`)))
  }
  if (of.targets.length > 1 && !typeColumnElsewhere.has(of.logicalName)) {
    columns.push(entityName(`${of.schemaName}Type`, shadow(of.logicalName, `${of.schemaName}Type`)))
  }
  return columns
}

function shadow(attributeOf: string, name: string): ColumnOptions {
  return { ...readOnly, attributeOf, isLogical: true, displayName: displayNameFrom(name) }
}
