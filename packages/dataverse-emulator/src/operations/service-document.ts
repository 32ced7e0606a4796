import { badQuery, methodNotAllowed } from '../errors.ts'
import { allowConditions } from '../http/headers.ts'
import { jsonReply } from '../http/reply.ts'
import type { Reply } from '../http/reply.ts'
import type { ApiRequest } from '../http/request.ts'
import type { Org } from '../org.ts'

/** The root of the Web API: a list of the entity sets. It takes no options. */
export function serviceDocument({ schema }: Org, request: ApiRequest): Reply {
  if (request.method !== 'GET') throw methodNotAllowed(request.method)
  allowConditions(request.headers)
  const [option] = [...request.query.options.keys(), ...request.query.aliases.keys()]
  if (option !== undefined) throw badQuery(`The query parameter ${option} is not supported`)
  const value = schema.tables().map(({ entitySetName }) => ({
    name: entitySetName,
    kind: 'EntitySet',
    url: entitySetName,
  }))
  return jsonReply({ '@odata.context': `${request.root}$metadata`, value })
}
