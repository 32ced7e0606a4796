import { badQuery, methodNotAllowed, notImplemented } from '../errors.ts'
import { allowConditions } from '../http/headers.ts'
import type { Reply } from '../http/reply.ts'
import type { ApiRequest } from '../http/request.ts'
import type { Org } from '../org.ts'
import type { Schema } from '../schema.ts'
import { writeCsdl } from './write-csdl.ts'

interface Written {
  readonly stamp: number
  readonly operations: number
  readonly text: string
}

// By schema, and by whether annotations were asked for; a document of some hundred tables takes a while to write.
const written = new WeakMap<Schema, Map<boolean, Written>>()

/** Answers `GET $metadata`, with `?annotations=true` or all annotations preferred in full. */
export function answerCsdl(org: Org, request: ApiRequest, schema: Schema): Reply {
  if (request.method !== 'GET') throw methodNotAllowed(request.method)
  allowConditions(request.headers)
  const { options, aliases } = request.query
  for (const name of options.keys()) {
    if (name !== 'annotations' && name !== 'tag') {
      throw badQuery(`The query parameter '${name}' is not supported on $metadata.`)
    }
  }
  if (aliases.size > 0) throw notImplemented('parameter aliases on $metadata')
  const asked = options.get('annotations') ?? 'false'
  if (asked !== 'true' && asked !== 'false') throw badQuery("The query parameter 'annotations' takes true or false.")
  const annotations = asked === 'true' || /include-annotations="?\*/.test(request.headers.get('Prefer') ?? '')
  return {
    status: 200,
    headers: { 'Content-Type': 'application/xml', 'OData-Version': '4.0' },
    body: documentOf(org, schema, annotations),
  }
}

function documentOf(org: Org, schema: Schema, annotations: boolean): string {
  const { stamp } = schema
  const operations = org.operations.length
  const kept = written.get(schema) ?? new Map<boolean, Written>()
  written.set(schema, kept)
  const known = kept.get(annotations)
  if (known?.stamp === stamp && known.operations === operations) return known.text
  const text = writeCsdl(schema, org.operations, { annotations })
  kept.set(annotations, { stamp, operations, text })
  return text
}
