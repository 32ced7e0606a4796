import { badPayload, badQuery, noSuchResource, WebApiError } from '../errors.ts'
import { parseKey, splitPath } from '../odata/resource-path.ts'
import type { RowStore } from './row-store.ts'
import { keyName, requireRow } from './find-row.ts'
import type { Reference } from './reference.ts'

/** Finds what a `Content-ID` of the running change set stands for; undefined outside of one. */
export type ContentReference = (contentId: string) => Reference | undefined

/** What the URLs inside of a request are read against: its own root and the rows of its change set. */
export interface UrlScope {
  /** `https://host/api/data/v9.2/`. */
  readonly root: string
  readonly contents: ContentReference
}

const VERSIONED = /^\/?api\/data\/v9\.[0-2]\//i

/** Takes root and API version off a URL, relative, rooted at `/` or absolute alike; another root is refused. */
export function resourceOf(url: string, root: string): string {
  const origin = /^[a-z][a-z\d+.-]*:\/\/[^/]*/i.exec(url)?.[0]
  const path = url.slice(origin?.length ?? 0)
  const isOwn = origin === undefined || (root.startsWith(`${origin.toLowerCase()}/`) && VERSIONED.test(path))
  if (!isOwn) throw badQuery(`The URI '${url}' is not valid because it is not based on '${root}'.`)
  return path.replace(VERSIONED, '').replace(/^\//, '')
}

/** The 400 for `$n` that no earlier part of the change set has. */
export function unknownContentId(contentId: string): WebApiError {
  return new WebApiError(
    400,
    '0x80060888',
    `Content-ID Reference: '$${contentId}' does not exist in the batch context.`,
  )
}

/**
 * Resolves the URL of a row in `@odata.bind` or `@odata.id`: `contacts(id)`, `/contacts(id)`, absolute, with an
 * alternate key, or `$1` inside a change set. The row must exist when an alternate key names it.
 */
export function resolveReference(store: RowStore, url: string, { root, contents }: UrlScope): Reference {
  if (url.startsWith('$') || url.startsWith('/$')) {
    const contentId = url.replace(/^\/?\$/, '')
    const found = contents(contentId)
    if (found === undefined) throw unknownContentId(contentId)
    return found
  }
  const [segment, ...rest] = splitPath(resourceOf(url, root))
  if (segment === undefined || segment.inner === undefined || rest.length > 0) {
    throw badPayload(`The URL '${url}' is not a valid entity reference.`)
  }
  const table = store.schema.tableBySet(segment.name)
  if (table === undefined) throw noSuchResource(segment.name)
  const key = parseKey(segment.inner, keyName(table))
  return { table: table.logicalName, id: key.kind === 'id' ? key.id : requireRow(store, table, key).id }
}
