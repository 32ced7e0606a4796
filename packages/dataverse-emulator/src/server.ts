import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { promisify } from 'node:util'
import { constants, gzip } from 'node:zlib'
import type { Emulator } from './emulator.ts'
import { badQuery, methodNotAllowed } from './errors.ts'
import { ConnectionDropped } from './http/exchange.ts'
import type { Incoming, Outgoing } from './http/exchange.ts'
import { errorReply } from './http/reply.ts'

/** Where and how to listen. */
export interface ServeOptions {
  /** 0 picks a free port. */
  readonly port?: number
  readonly host?: string
  /**
   * Whether answers are compressed for callers that accept gzip, as the service does; default false, because on the own
   * machine it takes longer than sending.
   */
  readonly gzip?: boolean
  /** Whether `/emulator` answers, by which the emulator is steered over HTTP; as the emulator was made by default. */
  readonly control?: boolean
}

/** An emulator that is being served. */
export interface ServedEmulator {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string
  /** Root of the Web API, with a slash at the end. */
  readonly api: string
  readonly port: number
  /** Stops listening and destroys open connections: from then on connecting is refused. */
  readonly close: () => Promise<void>
}

interface Serving {
  readonly emulator: Emulator
  readonly compress: boolean
  /** Where it is served; known once it listens. */
  origin: string
}

const compressed = promisify<Uint8Array, { level: number }, Buffer>(gzip)

/** Less than this is not worth compressing; it fits into a packet. */
const SMALL = 1400

function urlOf(message: IncomingMessage, origin: string): URL {
  const target = message.url ?? '/'
  if (/^https?:\/\//i.test(target)) return new URL(target)
  return new URL(`http://${message.headers.host ?? new URL(origin).host}${target}`)
}

function headersOf(message: IncomingMessage): Headers {
  const headers = new Headers()
  for (let at = 0; at < message.rawHeaders.length; at += 2) {
    const name = message.rawHeaders[at] ?? ''
    // Connection headers belong to the hop.
    if (!/^(?:connection|host|keep-alive|transfer-encoding|upgrade|content-length)$/i.test(name)) {
      headers.append(name, message.rawHeaders[at + 1] ?? '')
    }
  }
  return headers
}

/** The body, or as much of it as shows that it is longer than the limit. */
async function readBody(message: IncomingMessage, limit: number): Promise<Uint8Array> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of message) {
    const bytes = Buffer.from(chunk as Uint8Array)
    // What comes beyond is read and thrown away, so that the caller gets to read the refusal.
    if (length <= limit) chunks.push(bytes)
    length += bytes.length
  }
  return Buffer.concat(chunks)
}

function incomingOf(message: IncomingMessage, bytes: Uint8Array, origin: string, signal: AbortSignal): Incoming {
  const { method = 'GET' } = message
  if (method === 'TRACE') throw new TypeError('TRACE is no method of requests')
  return { method, url: urlOf(message, origin), headers: headersOf(message), bytes, signal }
}

function acceptsGzip(headers: Headers): boolean {
  const accepted = headers.get('Accept-Encoding') ?? ''
  return /(?:^|,)\s*(?:x-)?gzip\s*(?:;\s*q=(?!0(?:\.0*)?\s*(?:,|$))[\d.]+\s*)?(?:,|$)/i.test(accepted)
}

async function send(answer: Outgoing, out: ServerResponse, compress: boolean): Promise<void> {
  const { status, headers, body, headersOnly = false, cutAt } = answer
  if (body === undefined || status === 204 || status === 304) {
    out.writeHead(status, { ...headers, ...(status === 204 || status === 304 ? {} : { 'Content-Length': '0' }) }).end()
    return
  }
  const whole = typeof body === 'string' ? Buffer.from(body) : body
  const sent = (bytes: Uint8Array): Uint8Array | undefined => (headersOnly ? undefined : bytes)
  if (cutAt !== undefined && !headersOnly) {
    // The length of the whole body is announced: that is how the cut shows.
    out.writeHead(status, { ...headers, 'Content-Length': String(whole.length) })
    await new Promise<void>((resolve) => {
      out.write(whole.subarray(0, Math.min(cutAt, whole.length - 1)), () => resolve())
    })
    throw new ConnectionDropped()
  }
  if (!compress || whole.length < SMALL) {
    out.writeHead(status, { ...headers, 'Content-Length': String(whole.length) }).end(sent(whole))
    return
  }
  const small = await compressed(whole, { level: constants.Z_BEST_SPEED })
  const vary = [headers['Vary'], 'Accept-Encoding'].filter((one) => one !== undefined).join(',')
  out
    .writeHead(status, {
      ...headers,
      Vary: vary,
      'Content-Encoding': 'gzip',
      'Content-Length': String(small.length),
    })
    .end(sent(small))
}

/** The answer to what never becomes a request: a URL or Host header that are none, a method that fetch does not know. */
function refuseMalformed(message: IncomingMessage, out: ServerResponse): void {
  const error = message.method === 'TRACE' ? methodNotAllowed('TRACE') : badQuery('The request URL is not valid.')
  const { status, headers, body } = errorReply(error, { emptyErrorCodes: false, decimalErrorCodes: false }, () => false)
  out.writeHead(status, { ...headers }).end(body)
}

function incomingOrNone(...given: Parameters<typeof incomingOf>): Incoming | undefined {
  try {
    return incomingOf(...given)
  } catch (error) {
    // Headers and URL refuse what Node's parser let through with a TypeError, and throw nothing else.
    if (error instanceof TypeError) return undefined
    throw error
  }
}

async function exchange(serving: Serving, message: IncomingMessage, out: ServerResponse): Promise<void> {
  const { emulator, origin, compress } = serving
  const gone = new AbortController()
  out.on('close', () => gone.abort(new Error('the connection was closed')))
  try {
    const bytes = await readBody(message, emulator.limits.bodyBytes)
    const incoming = incomingOrNone(message, bytes, origin, gone.signal)
    if (incoming === undefined) refuseMalformed(message, out)
    else await send(await emulator.exchange(incoming), out, compress && acceptsGzip(incoming.headers))
  } catch (error) {
    const isDefect = !(error instanceof ConnectionDropped) && !gone.signal.aborted && !out.headersSent
    if (isDefect) out.writeHead(500, { 'Content-Type': 'text/plain' }).end(`The emulator failed: ${String(error)}`)
    // A dropped or cut answer, or a caller that went away: no more than a lost connection is to be seen.
    else message.socket.destroy()
  }
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/** Serves an emulator over HTTP. Tokens for the address it is served at are accepted too. */
export async function serve(emulator: Emulator, options: ServeOptions = {}): Promise<ServedEmulator> {
  const { port = 0, host = '127.0.0.1', gzip: compress = false, control } = options
  if (control !== undefined) emulator.allowControl(control)
  const sockets = new Set<Socket>()
  const serving: Serving = { emulator, compress, origin: '' }
  // URLs may be longer than Node takes by itself; beyond its own limit it is the emulator that refuses them.
  const server = createServer({ maxHeaderSize: 1_048_576 }, (message, out) => void exchange(serving, message, out))
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await listen(server, port, host)
  const address = server.address() as AddressInfo
  const origin = `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`
  serving.origin = origin
  emulator.acceptAudience(origin)
  return {
    url: origin,
    api: `${origin}/api/data/v9.2/`,
    port: address.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}
