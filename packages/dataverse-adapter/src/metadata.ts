import { MasterError, type MasterMetadata, type TableMetadata } from '@outpost/core'
import { type JsonObject, jsonObjects } from './json.ts'
import { TABLE_NAMES, tablesQuery } from './metadata-query.ts'
import type { OrgMessages } from './org-messages.ts'
import { type PageRequest, query, readPage, type ReadContext, type WirePage } from './read-page.ts'
import { tableMetadata } from './table-metadata.ts'

export interface MetadataContext extends ReadContext {
  readonly messages: OrgMessages
}

/** So many tables keep the query well within a URL and the answer within some megabytes. */
const TABLES_PER_REQUEST = 20
/** Answers to metadata queries take the master seconds; a few at a time shorten the wait. */
const REQUESTS_AT_ONCE = 4

const STAMP = 'Microsoft.Dynamics.CRM.globalmetadataversion'

/**
 * All tables that can be read, with their columns and relationships. The stamps are taken first: what changes during the
 * reading is then found as a change afterwards.
 */
export async function readMetadata(context: MetadataContext, signal: AbortSignal): Promise<MasterMetadata> {
  const stamp = await readMetadataStamp(context, signal)
  const answer = await retrieve(context, TABLE_NAMES, signal)
  const names = tablesIn(answer).map((table) => table['LogicalName'])
  const wanted = names.filter((name): name is string => typeof name === 'string').toSorted()
  return { stamp, since: serverStamp(answer), tables: await readDefinitions(context, wanted, signal) }
}

/** The definitions of those of these tables that there are, in the order of the names. */
export async function readDefinitions(
  context: MetadataContext,
  names: readonly string[],
  signal: AbortSignal,
): Promise<readonly TableMetadata[]> {
  const found: (readonly JsonObject[])[] = []
  const left = Array.from({ length: Math.ceil(names.length / TABLES_PER_REQUEST) }, (_, index) => index)
  const readChunks = async (): Promise<void> => {
    for (let index = left.shift(); index !== undefined; index = left.shift()) {
      const chunk = names.slice(index * TABLES_PER_REQUEST, (index + 1) * TABLES_PER_REQUEST)
      found[index] = tablesIn(await retrieve(context, tablesQuery(chunk), signal))
    }
  }
  try {
    await Promise.all(Array.from({ length: REQUESTS_AT_ONCE }, readChunks))
  } finally {
    // After a failure the others are not to go on asking.
    left.length = 0
  }
  return tableMetadata(found.flat())
}

/** A text that changes with every change of the schema, asked for with the cheapest query there is. */
export async function readMetadataStamp(context: ReadContext, signal: AbortSignal): Promise<string> {
  return stampIn(await readPage(context, stampRequest(), signal))
}

/** The request whose answer has the stamp. */
export function stampRequest(): PageRequest {
  const path = `organizations${query({ $select: 'organizationid' })}`
  return { path, pageSize: 1, annotations: [STAMP], fresh: true }
}

/** The stamp in the answer to `stampRequest`. Throws `protocol` where there is none. */
export function stampIn({ body }: WirePage): string {
  const stamp = body[`@${STAMP}`]
  if (typeof stamp === 'string' || typeof stamp === 'number') return String(stamp)
  throw new MasterError('protocol', 'the answer of the master has no metadata version', {
    remedy: 'Check the address of the organisation.',
  })
}

/** The tables in an answer of RetrieveMetadataChanges. */
export function tablesIn(answer: JsonObject): readonly JsonObject[] {
  const tables = answer['EntityMetadata']
  if (!Array.isArray(tables)) throw new MasterError('protocol', 'the answer of the master has no tables')
  return jsonObjects(tables)
}

/** The stamp to ask for changes since an answer of RetrieveMetadataChanges with. */
export function serverStamp(answer: JsonObject): string {
  const stamp = answer['ServerVersionStamp']
  if (typeof stamp === 'string' && stamp !== '') return stamp
  throw new MasterError('protocol', 'the answer of the master has no stamp of its metadata')
}

async function retrieve(context: MetadataContext, expression: object, signal: AbortSignal): Promise<JsonObject> {
  return context.messages.callFunction('RetrieveMetadataChanges', { Query: { ...expression } }, signal)
}
