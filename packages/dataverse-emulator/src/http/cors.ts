import type { Incoming, Outgoing } from './exchange.ts'

/** Response headers that scripts of another origin may read, unless configured otherwise. */
export const DEFAULT_EXPOSED: readonly string[] = [
  'Preference-Applied',
  'OData-EntityId',
  'Location',
  'ETag',
  'OData-Version',
  'Content-Encoding',
  'Transfer-Encoding',
  'Content-Length',
]

const ALLOWED =
  /^(?:accept|accept-language|authorization|cache-control|content-type|content-range|range|prefer|if-match|if-none-match|odata-(?:version|maxversion)|mscrm\.[\w.]+|mscrmcallerid|callerobjectid|consistency|x-ms-[\w-]+)$/i

/** Headers every answer to a request with an `Origin` carries. */
export function corsHeaders(request: Headers, exposed: readonly string[]): Readonly<Record<string, string>> {
  const origin = request.get('Origin')
  if (origin === null) return {}
  return {
    'Access-Control-Allow-Origin': origin,
    'Access-Control-Expose-Headers': exposed.join(','),
    Vary: 'Origin',
  }
}

/** Whether the request is a browser's question whether it may send another. */
export function isPreflight({ method, headers }: Pick<Incoming, 'method' | 'headers'>): boolean {
  return method === 'OPTIONS' && headers.has('Access-Control-Request-Method')
}

/** Answers a preflight: the asked-for headers that the Web API takes. It needs no token. */
export function preflight({ headers }: Pick<Incoming, 'headers'>): Outgoing {
  const asked = (headers.get('Access-Control-Request-Headers') ?? '').split(',').map((name) => name.trim())
  return {
    status: 200,
    headers: {
      'Access-Control-Allow-Origin': headers.get('Origin') ?? '*',
      'Access-Control-Allow-Methods': 'GET,POST,PUT,PATCH,DELETE,OPTIONS',
      'Access-Control-Allow-Headers': asked.filter((name) => ALLOWED.test(name)).join(','),
      'Access-Control-Max-Age': '3600',
      Vary: 'Origin',
    },
    body: undefined,
  }
}
