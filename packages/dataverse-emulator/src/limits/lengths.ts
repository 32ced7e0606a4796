import { badPayload } from '../errors.ts'
import { htmlReply } from '../faults/fault-reply.ts'
import type { Incoming } from '../http/exchange.ts'
import type { Reply } from '../http/reply.ts'
import type { Knobs } from '../knobs.ts'
import type { Limits } from './limits.ts'

/**
 * The answer to a URL or a body that is too long. The web server in front of the service refuses it, before anybody
 * looks at the token, with a page of its own.
 */
export function tooLong({ url, bytes }: Incoming, limits: Limits, { longUrlStatus }: Knobs): Reply | undefined {
  if (url.pathname.length + url.search.length > limits.urlLength) {
    return htmlReply(longUrlStatus, longUrlStatus === 414 ? '414 URI Too Long' : '404 - File or directory not found.')
  }
  return bytes.length > limits.bodyBytes ? htmlReply(413, '413 Request Entity Too Large') : undefined
}

/** Refuses a URL inside of a batch that is longer than a URL can be. */
export function checkPartUrl(url: string, { batchUrlLength }: Limits): void {
  if (url.length > batchUrlLength) throw badPayload('Invalid URI: The Uri string is too long.')
}
