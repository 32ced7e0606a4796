import { badQuery } from '../errors.ts'

/** Undoes percent encoding; a malformed escape is refused as the service's URL parser does, before OData sees it. */
export function decodeUrl(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // decodeURIComponent can only fail for malformed escapes.
    throw badQuery('The request URL is not valid.')
  }
}
