import type { FaultSubject } from '../faults/fault.ts'
import type { Schema } from '../schema.ts'
import type { Incoming } from './exchange.ts'

/** Path and query decoded as far as they can be. */
function decoded(target: string): string {
  try {
    return decodeURIComponent(target.replaceAll('+', ' '))
  } catch {
    // A malformed URL is still matched as it stands; the Web API refuses it later.
    return target
  }
}

/** Logical name of the table whose entity set a resource path begins with. */
function tableOf(schema: Schema, target: string): string | undefined {
  const set = /^(?:[a-z]+:\/\/[^/]*)?\/?(?:api\/data\/v9\.[0-2]\/)?([A-Za-z_]\w*)/i.exec(target)?.[1]
  return set === undefined ? undefined : schema.tableBySet(set)?.logicalName
}

/** What faults are matched against, of a request that comes by itself. */
export function subjectOf(
  schema: Schema,
  { method, url, headers }: Pick<Incoming, 'method' | 'url' | 'headers'>,
  body: string,
  user: FaultSubject['user'],
): FaultSubject {
  const target = url.pathname + url.search
  const place = decoded(url.pathname).endsWith('/$batch') ? 'batch' : 'alone'
  return { method, target: decoded(target), headers, body, user, table: tableOf(schema, url.pathname), place }
}

/** What faults are matched against, of a request inside of a batch. */
export function partSubject(
  schema: Schema,
  { method, url, headers, body }: { method: string; url: string; headers: Headers; body: string },
  user: FaultSubject['user'],
): FaultSubject {
  return { method, target: decoded(url), headers, body, user, table: tableOf(schema, url), place: 'part' }
}
