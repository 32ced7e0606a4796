import { requireReach } from '../rows/access.ts'
import { stamp } from '../rows/apply-changes.ts'
import { wholeSeconds } from '../rows/date-time.ts'
import type { RowStore } from '../rows/row-store.ts'
import { computeColumns } from '../rows/row-values.ts'
import type { Draft } from '../rows/row-values.ts'
import type { Row } from '../rows/row.ts'
import type { WriteContext } from '../rows/write-context.ts'
import { requireColumns } from '../security/column-security.ts'
import { targetKey } from '../schema.ts'
import type { FileColumn, ImageColumn, StoredValues, TableDefinition } from '../schema.ts'
import type { FileContent } from './file-content.ts'
import { fileTooBig } from './file-errors.ts'
import { clearImage, fullImageOf, putImage } from './stored-image.ts'

/** A column whose bytes have requests of their own. */
export type ContentColumn = FileColumn | ImageColumn

/** Where a file belongs: a column of a row. */
export interface FilePlace {
  readonly table: TableDefinition
  readonly row: Row
  readonly column: ContentColumn
}

const ATTACHMENTS = 'fileattachment'

/** The row that stands for a file: what `fileattachments` lists of it. Its bytes live as long as this row. */
function addAttachment(store: RowStore, { table, row, column }: FilePlace, content: FileContent): string {
  const id = store.newId()
  const definition = store.schema.table(ATTACHMENTS)
  const values: Draft = {
    ...(definition === undefined ? {} : store.blank(definition)),
    fileattachmentid: id,
    filename: content.name,
    mimetype: content.mimeType,
    filesizeinbytes: content.bytes.length,
    regardingfieldname: column.logicalName,
    objectid: row.id,
    [targetKey('objectid')]: table.logicalName,
    objecttypecode: table.logicalName,
    createdon: wholeSeconds(store.now()),
  }
  store.contents.set(store.insert(ATTACHMENTS, id, values), content.bytes)
  return id
}

function removeAttachment(store: RowStore, id: unknown): void {
  const row = typeof id === 'string' ? store.rows(ATTACHMENTS).get(id) : undefined
  if (row !== undefined) store.delete(ATTACHMENTS, row)
}

function changeRow(context: WriteContext, { table, row }: FilePlace, values: StoredValues): Row {
  const draft: Draft = { ...row.values, ...values }
  stamp(context, table, draft, 'update')
  computeColumns(context, table, draft)
  return context.store.update(table.logicalName, row, draft)
}

/** Refuses a user who may not write the row, or the column. */
export function requireWrite(context: WriteContext, { table, row, column }: FilePlace): void {
  requireReach(context.store, table, context.user, 'write', row)
  requireColumns(context, table, [column.logicalName], 'update')
}

/** Refuses a file that is larger than its column allows. Images have a refusal of their own when they are stored. */
export function checkSize(column: ContentColumn, bytes: number): void {
  if (column.type === 'File' && bytes > column.maxSizeKb * 1024) throw fileTooBig()
}

/** Puts a file into its column, in place of the one before; gives the id of the file. The row's version rises. */
export function putFile(context: WriteContext, place: FilePlace, content: FileContent): string {
  const { table, row, column } = place
  const { store } = context
  requireWrite(context, place)
  checkSize(column, content.bytes.length)
  const name = column.logicalName
  if (column.type === 'Image') {
    const draft: Draft = { ...row.values }
    const id = putImage(context, table, row.id, column, content, draft)
    changeRow(context, place, draft)
    return id
  }
  removeAttachment(store, row.values[name])
  const id = addAttachment(store, place, content)
  changeRow(context, place, { [name]: id, [`${name}_name`]: content.name })
  return id
}

/** Takes the file out of its column. */
export function clearFile(context: WriteContext, place: FilePlace): void {
  const { row, column } = place
  requireWrite(context, place)
  const name = column.logicalName
  if (column.type === 'Image') {
    const draft: Draft = { ...row.values }
    clearImage(column, draft)
    changeRow(context, place, draft)
    return
  }
  removeAttachment(context.store, row.values[name])
  changeRow(context, place, { [name]: null, [`${name}_name`]: null })
}

/** The file in a column, or the full-sized image where one was kept; undefined where there is none. */
export function fileIn(store: RowStore, { row, column }: FilePlace): FileContent | undefined {
  const id = row.values[column.logicalName]
  if (typeof id !== 'string') return undefined
  if (column.type === 'Image') return fullImageOf(store, id)
  const attachment = store.rows(ATTACHMENTS).get(id)
  const bytes = attachment === undefined ? undefined : store.contents.get(attachment)
  if (attachment === undefined || bytes === undefined) return undefined
  const { filename, mimetype } = attachment.values
  return { name: String(filename), mimeType: String(mimetype), bytes }
}

/** The column of a row that holds a file id. */
export function placeOfFile(store: RowStore, id: string): FilePlace | undefined {
  const attachment = store.rows(ATTACHMENTS).get(id.toLowerCase())?.values
  if (attachment === undefined) return undefined
  const name = String(attachment['objecttypecode'])
  const table = store.schema.table(name)
  const row = store.rows(name).get(String(attachment['objectid']))
  const column = store.schema.column(name, String(attachment['regardingfieldname']))
  return table === undefined || row === undefined || column?.type !== 'File' ? undefined : { table, row, column }
}
