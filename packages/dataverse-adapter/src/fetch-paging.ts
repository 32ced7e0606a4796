import type { JsonObject } from './json.ts'

const COOKIE = 'Microsoft.Dynamics.CRM.fetchxmlpagingcookie'
const MORE = 'Microsoft.Dynamics.CRM.morerecords'

/** The annotations that tell whether there is a next page of FetchXML, and where it begins. */
export const FETCH_PAGING: readonly string[] = [COOKIE, MORE]

/** True for the path of a query by FetchXML, as `rowsPath` makes it. */
export function isFetchPath(path: string): boolean {
  return /^[^?]*\?fetchXml=/.test(path)
}

/** The path of the page after the one that this path gave; null where it was the last. */
export function nextFetchPath(path: string, body: JsonObject): string | null {
  if (body[`@${MORE}`] !== true) return null
  const at = path.indexOf('=') + 1
  const text = decodeURIComponent(path.slice(at))
  const head = /^<fetch([^>]*)>/.exec(text)
  if (!head) return null
  const page = Number(/ page="(\d+)"/.exec(head[1] ?? '')?.[1] ?? '1') + 1
  const kept = (head[1] ?? '').replace(/ (?:page|paging-cookie)="[^"]*"/g, '')
  const cookie = cookieOf(body[`@${COOKIE}`])
  const place = cookie === null ? '' : ` paging-cookie="${escaped(cookie)}"`
  const next = `<fetch${kept} page="${page}"${place}>${text.slice(head[0].length)}`
  return path.slice(0, at) + encodeURIComponent(next)
}

/** The annotation holds a cookie in which the actual one stands, encoded twice; without it pages go by their number. */
function cookieOf(annotation: unknown): string | null {
  const encoded = typeof annotation === 'string' ? / pagingcookie="([^"]*)"/.exec(annotation)?.[1] : undefined
  if (encoded === undefined || encoded === '') return null
  return decodeURIComponent(decodeURIComponent(encoded))
}

function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;')
}
