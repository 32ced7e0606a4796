import { JSON_TYPE } from '../http/reply.ts'
import type { Reply } from '../http/reply.ts'

const PHRASES: Readonly<Record<number, string>> = {
  200: 'OK',
  201: 'Created',
  202: 'Accepted',
  204: 'No Content',
  304: 'Not Modified',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  410: 'Gone',
  412: 'Precondition Failed',
  413: 'Payload Too Large',
  414: 'URI Too Long',
  415: 'Unsupported Media Type',
  416: 'Range Not Satisfiable',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
}

/**
 * Writes one answer as an `application/http` part, with headers of the part itself. Inside of a batch a written row
 * has its URL in `Location` too.
 */
export function writePart(reply: Reply, partHeaders: Readonly<Record<string, string>> = {}): string {
  const lines = ['Content-Type: application/http', 'Content-Transfer-Encoding: binary']
  for (const [name, value] of Object.entries(partHeaders)) lines.push(`${name}: ${value}`)
  lines.push('', `HTTP/1.1 ${reply.status} ${PHRASES[reply.status] ?? 'Error'}`)
  for (const [name, value] of Object.entries(reply.headers)) {
    if (name === 'OData-EntityId') lines.push(`Location: ${value}`)
    lines.push(`${name}: ${name === 'Content-Type' && reply.status < 400 ? streaming(value) : value}`)
  }
  lines.push('', bodyText(reply))
  return lines.join('\r\n')
}

// A batch is text: what files hold has no place in it.
function bodyText({ body, headers }: Reply): string {
  if (body === undefined || typeof body === 'string') return body ?? ''
  return headers['Content-Type'] === JSON_TYPE ? new TextDecoder().decode(body) : ''
}

function streaming(type: string): string {
  return type.startsWith('application/json') ? `${type}; odata.streaming=true` : type
}

/** Joins parts under a boundary. */
export function writeMultipart(boundary: string, parts: readonly string[]): string {
  return `${parts.map((part) => `--${boundary}\r\n${part}\r\n`).join('')}--${boundary}--\r\n`
}
