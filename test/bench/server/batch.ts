import type { Answer, Request } from './web-api.ts'

/** The requests in the body of a batch, in order, those of change sets among them. Their paths are behind that root. */
export function requestsIn(body: string, api: string): readonly Request[] {
  return [...body.matchAll(REQUEST)].map(([, method = '', address = '', head = '', text = '']) => {
    const headers = Object.fromEntries(
      head.split(/\r?\n/).map((line) => {
        const colon = line.indexOf(':')
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
      }),
    )
    return { method, path: address.slice(address.indexOf(api) + api.length), headers, body: text.trim() }
  })
}

/** A request, its header lines, and what stands between the empty line and the next boundary. */
const REQUEST = /^(GET|PATCH|POST|DELETE) (\S+) HTTP\/1\.1\r?\n((?:[^\r\n]+\r?\n)*)\r?\n?((?:(?!--)[^\r\n]*\r?\n)*)/gm

/** The answer to a batch. Where its requests were in a change set, so are the answers. */
export function batchAnswer(answers: readonly Answer[], body: string): Answer {
  const inChangeSet = /multipart\/mixed/i.test(body)
  const inner = inChangeSet ? 'changesetresponse' : BOUNDARY
  const encoded = answers.map(({ status, headers = {}, parts }, at) =>
    [
      `--${inner}`,
      'Content-Type: application/http',
      'Content-Transfer-Encoding: binary',
      ...(inChangeSet ? [`Content-ID: ${at + 1}`] : []),
      '',
      `HTTP/1.1 ${status} ${status < 300 ? 'OK' : 'Refused'}`,
      'Content-Type: application/json; odata.metadata=minimal',
      ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
      '',
      Buffer.concat(parts).toString(),
    ].join('\r\n'),
  )
  const text = [...encoded, `--${inner}--`].join('\r\n')
  const set = `--${BOUNDARY}\r\nContent-Type: multipart/mixed; boundary=${inner}\r\n\r\n${text}\r\n--${BOUNDARY}--\r\n`
  return {
    status: 200,
    headers: { 'Content-Type': `multipart/mixed; boundary=${BOUNDARY}` },
    parts: [Buffer.from(inChangeSet ? set : `${text}\r\n`)],
  }
}

const BOUNDARY = 'batchresponse'
