import { displayNameFrom, entityName, readOnly, text, virtual } from './columns.ts'
import type { ColumnOptions } from './columns.ts'
import { isLookupDraft } from './drafts.ts'
import type { ColumnDraft, LookupDraft } from './drafts.ts'

const withYomiName: ReadonlySet<string> = new Set(['account', 'contact', 'systemuser', 'team', 'lead'])
const labelled: ReadonlySet<ColumnDraft['type']> = new Set([
  'Boolean',
  'Picklist',
  'MultiSelectPicklist',
  'State',
  'Status',
])
const typeColumns: Readonly<Record<string, string>> = {
  regardingobjectid: 'RegardingObjectTypeCode',
  objectid: 'ObjectIdTypeCode',
}

/** The columns the platform adds beside a column: names of lookups, their target's type, labels of choices. */
export function shadowColumns(of: ColumnDraft): readonly ColumnDraft[] {
  if (of.attributeOf !== null) return []
  if (isLookupDraft(of)) return lookupShadows(of)
  if (!labelled.has(of.type)) return []
  return [virtual(`${of.schemaName}Name`, shadow(of.logicalName, `${of.schemaName}Name`))]
}

function lookupShadows(of: LookupDraft): readonly ColumnDraft[] {
  const columns: ColumnDraft[] = [nameOf(of)]
  if (of.targets.some((target) => withYomiName.has(target))) {
    columns.push(text(`${of.schemaName}YomiName`, shadow(of.logicalName, `${of.schemaName}YomiName`)))
  }
  if (of.targets.length > 1) {
    const name = typeColumns[of.logicalName] ?? `${of.schemaName}Type`
    columns.push(entityName(name, { attributeOf: of.logicalName, required: of.required }))
  }
  return columns
}

function nameOf(of: LookupDraft): ColumnDraft {
  const name = `${of.schemaName}Name`
  return text(name, { ...shadow(of.logicalName, name), maxLength: of.targets.includes('businessunit') ? 160 : 100 })
}

function shadow(attributeOf: string, name: string): ColumnOptions {
  return { ...readOnly, attributeOf, isLogical: true, displayName: displayNameFrom(name) }
}
