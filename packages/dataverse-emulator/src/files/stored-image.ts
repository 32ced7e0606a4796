import type { RowStore } from '../rows/row-store.ts'
import type { Draft } from '../rows/row-values.ts'
import type { WriteContext } from '../rows/write-context.ts'
import type { ImageColumn, StoredValue, TableDefinition } from '../schema.ts'
import { fromBase64 } from './base64.ts'
import { imageTooBig, notAnImage, onlyPrimaryImage } from './file-errors.ts'
import { imageTypeOf } from './media-types.ts'
import type { FileContent } from './file-content.ts'

const DESCRIPTORS = 'imagedescriptor'

// .NET counts time in tenths of a microsecond from the year 1.
function ticks(ms: number): string {
  return (BigInt(Math.floor(ms)) * 10_000n + 621_355_968_000_000_000n).toString()
}

/** Stores an image and writes its columns into a draft of its row; gives the id of the image. */
export function putImage(
  { store }: WriteContext,
  table: TableDefinition,
  row: string,
  column: ImageColumn,
  { name, bytes }: Pick<FileContent, 'name' | 'bytes'>,
  draft: Draft,
): string {
  const type = imageTypeOf(bytes)
  if (bytes.length > column.maxSizeKb * 1024) throw imageTooBig(column.maxSizeKb, bytes.length)
  if (type === undefined) throw notAnImage(table.logicalName, row, column.logicalName)
  const id = store.newId()
  const full = column.canStoreFullImage ?? true
  store.contents.set(store.insert(DESCRIPTORS, id, { name, type, full }), bytes)
  const timestamp = ticks(store.now())
  const stem = column.logicalName
  draft[stem] = id
  draft[`${stem}id`] = id
  draft[`${stem}_timestamp`] = timestamp
  draft[`${stem}_url`] =
    `/Image/download.aspx?Entity=${table.logicalName}&Attribute=${stem}&Id=${id}&Timestamp=${timestamp}`
  return id
}

/** Takes an image out of a draft of its row. */
export function clearImage({ logicalName: stem }: ImageColumn, draft: Draft): void {
  for (const name of [stem, `${stem}id`, `${stem}_timestamp`, `${stem}_url`]) draft[name] = null
}

/** Puts the image of a row's body, Base64 text or null, into a draft. Only the primary image may come with a create. */
export function writeImage(
  context: WriteContext,
  table: TableDefinition,
  row: string,
  column: ImageColumn,
  value: StoredValue,
  draft: Draft,
  verb: 'create' | 'update',
): void {
  if (value === null) clearImage(column, draft)
  else {
    const isPrimary = table.primaryImage === null ? column.isPrimaryImage : table.primaryImage === column.logicalName
    if (verb === 'create' && !isPrimary) throw onlyPrimaryImage(table.logicalName, column.logicalName)
    putImage(context, table, row, column, { name: column.logicalName, bytes: fromBase64(String(value)) }, draft)
  }
}

function imageOf(store: RowStore, id: string): (FileContent & { readonly full: boolean }) | undefined {
  const row = store.rows(DESCRIPTORS).get(id)
  const bytes = row === undefined ? undefined : store.contents.get(row)
  if (row === undefined || bytes === undefined) return undefined
  const { name, type, full } = row.values
  return { name: String(name), mimeType: String(type), bytes, full: full === true }
}

/** The image as rows show it. The service crops it to 144 × 144; here it is the image itself. */
export function thumbnailOf(store: RowStore, id: string): FileContent | undefined {
  return imageOf(store, id)
}

/** The image as it was uploaded, where its column kept it then. */
export function fullImageOf(store: RowStore, id: string): FileContent | undefined {
  const image = imageOf(store, id)
  return image?.full === true ? image : undefined
}
