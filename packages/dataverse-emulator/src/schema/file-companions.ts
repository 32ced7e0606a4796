import { bigInt, readOnly, text, uniqueidentifier } from './columns.ts'
import type { ColumnDraft } from './drafts.ts'

/** A file column and the name of its file; an image column and its id, time stamp and download address. */
export function withFileCompanions(column: ColumnDraft): readonly ColumnDraft[] {
  const { schemaName, logicalName, displayName } = column
  const companion = { ...readOnly, odata: true, isLogical: true }
  if (column.type === 'File') {
    const name = text(`${schemaName}_Name`, { maxLength: 200, displayName: `${displayName} (Name)` })
    return [column, { ...name, ...companion, attributeOf: logicalName }]
  }
  const id = uniqueidentifier(`${schemaName}Id`, { ...readOnly, displayName: `${displayName} Id` })
  const attributeOf = id.logicalName
  return [
    { ...column, attributeOf, odata: true },
    id,
    { ...bigInt(`${schemaName}_Timestamp`), ...companion, attributeOf },
    { ...text(`${schemaName}_URL`, { maxLength: 200, format: 'Url' }), ...companion, attributeOf },
  ]
}
