import { jsonReply } from '../http/reply.ts'
import type { JsonValue } from '../json/write.ts'
import type { OperationCall } from './operation.ts'
import type { WriteReply } from './write-reply.ts'

/** 200 with a value of a complex type. */
export function complexReply(
  { request }: Pick<OperationCall, 'request'>,
  type: string,
  members: Readonly<Record<string, JsonValue>>,
): WriteReply {
  const context = `${request.root}$metadata#Microsoft.Dynamics.CRM.${type}`
  return { reply: jsonReply({ '@odata.context': context, ...members }) }
}
