import type { WriteContext } from '../rows/write-context.ts'
import type { StoredValue, TableDefinition } from '../schema.ts'
import { base64Size, requireBase64 } from './base64.ts'
import { fileTooBig } from './file-errors.ts'

/** Columns that hold a file as Base64 text, by table. */
export const BODY_COLUMNS: Readonly<Record<string, string>> = {
  annotation: 'documentbody',
  activitymimeattachment: 'body',
}

const DEFAULT_LIMIT = 5_242_880

/** Refuses Base64 text longer than the organisation's `maxuploadfilesize`. */
export function checkBodySize({ store, organization }: WriteContext, length: number): void {
  const limit = store.rows('organization').get(organization.id)?.values['maxuploadfilesize']
  if (length > (typeof limit === 'number' ? limit : DEFAULT_LIMIT)) throw fileTooBig()
}

/** What the server makes of the file in a note or an attachment: its size, and that there is one. */
export function settleDocument(
  context: WriteContext,
  table: TableDefinition,
  draft: Record<string, StoredValue>,
): void {
  const column = BODY_COLUMNS[table.logicalName]
  if (column === undefined) return
  const body = draft[column]
  const has = (name: string): boolean => context.store.schema.column(table.logicalName, name) !== undefined
  if (typeof body === 'string') {
    checkBodySize(context, body.length)
    requireBase64(body)
    if (has('isdocument')) draft['isdocument'] = true
  }
  if (has('filesize')) draft['filesize'] = typeof body === 'string' ? base64Size(body) : null
}
