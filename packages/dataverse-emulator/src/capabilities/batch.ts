import type { Capability, CapabilityArea } from './capability.ts'

const HEADERS = { 'Content-Type': 'multipart/mixed; boundary="b"' }

function part(request: string, headers = ''): string {
  return `Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n${headers}\r\n${request}\r\n`
}

function multipart(boundary: string, ...parts: readonly string[]): string {
  return `${parts.map((one) => `--${boundary}\r\n${one}\r\n`).join('')}--${boundary}--\r\n`
}

function changes(...parts: readonly string[]): string {
  return `Content-Type: multipart/mixed; boundary="c"\r\n\r\n${multipart('c', ...parts)}`
}

const CREATE = 'POST accounts HTTP/1.1\r\nContent-Type: application/json\r\n\r\n{"name":"a"}'

function batch(what: string, status: number, ...parts: readonly string[]): Capability {
  return { what, status, probe: { method: 'POST', path: '$batch', headers: HEADERS, body: multipart('b', ...parts) } }
}

export const batches: CapabilityArea = {
  area: 'Batch',
  capabilities: [
    batch('requests one after the other, up to 1,000', 200, part('GET WhoAmI HTTP/1.1\r\n\r\n'), part(CREATE)),
    batch(
      'the first failure ends the batch and gives it its status',
      404,
      part('GET accounts(00000000-0000-0000-0000-0000000000ff) HTTP/1.1\r\n\r\n'),
    ),
    batch(
      'change sets, all or nothing, with `$1` in URLs, `@odata.bind` and `@odata.id`',
      200,
      changes(
        part(CREATE, 'Content-ID: 1\r\n'),
        part('PUT $1/name HTTP/1.1\r\nContent-Type: application/json\r\n\r\n{"value":"b"}', 'Content-ID: 2\r\n'),
      ),
    ),
    batch('GET in a change set is refused', 400, changes(part('GET accounts HTTP/1.1\r\n', 'Content-ID: 1\r\n'))),
    batch('a change set without Content-ID is refused', 400, changes(part(CREATE))),
    batch('a batch in a batch is refused', 400, part('POST $batch HTTP/1.1\r\n\r\n')),
    {
      what: '`odata.continue-on-error`',
      status: 200,
      probe: {
        method: 'POST',
        path: '$batch',
        headers: { ...HEADERS, Prefer: 'odata.continue-on-error' },
        body: multipart('b', part('GET nothing HTTP/1.1\r\n\r\n')),
      },
    },
    {
      what: 'other preferences of a batch as a whole, unless each part has them too: `return=representation`, annotations, page size',
      status: 501,
      probe: {
        method: 'POST',
        path: '$batch',
        headers: { ...HEADERS, Prefer: 'return=representation' },
        body: multipart('b', part(CREATE)),
      },
    },
    {
      what: 'batches as JSON are refused, as they are by Dataverse',
      status: 400,
      probe: { method: 'POST', path: '$batch', headers: { 'Content-Type': 'application/json' }, body: '{}' },
    },
  ],
}
