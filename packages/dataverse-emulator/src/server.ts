import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Emulator } from './emulator.ts'
import { badQuery, methodNotAllowed } from './errors.ts'
import { errorReply } from './http/reply.ts'
import { ConnectionDropped } from './http/exchange.ts'

/** Where to listen. */
export interface ServeOptions {
  /** 0 picks a free port. */
  readonly port?: number
  readonly host?: string
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

function requestFrom(message: IncomingMessage, body: Buffer, origin: string, signal: AbortSignal): Request {
  const headers = new Headers()
  for (let at = 0; at < message.rawHeaders.length; at += 2) {
    const name = message.rawHeaders[at] ?? ''
    // Connection headers belong to the hop, and Request refuses some of them.
    if (!/^(?:connection|host|keep-alive|transfer-encoding|upgrade|content-length)$/i.test(name)) {
      headers.append(name, message.rawHeaders[at + 1] ?? '')
    }
  }
  const method = message.method ?? 'GET'
  const hasBody = method !== 'GET' && method !== 'HEAD' && body.length > 0
  const target = message.url ?? '/'
  const isAbsolute = /^https?:\/\//i.test(target)
  const url = isAbsolute ? target : `http://${message.headers.host ?? new URL(origin).host}${target}`
  return new Request(url, { method, headers, signal, ...(hasBody ? { body: new Uint8Array(body) } : {}) })
}

async function readBody(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(Buffer.from(chunk as Uint8Array))
  return Buffer.concat(chunks)
}

async function writeResponse(response: Response, out: ServerResponse): Promise<void> {
  const headers = Object.fromEntries(response.headers)
  if (response.body === null) {
    out.writeHead(response.status, headers).end()
    return
  }
  out.writeHead(response.status, headers)
  out.flushHeaders()
  for await (const chunk of response.body) {
    await new Promise<void>((resolve) => out.write(chunk, () => resolve()))
  }
  out.end()
}

/** The answer to what never becomes a request: a URL or Host header that are none, a method that fetch does not know. */
function refuseMalformed(message: IncomingMessage, out: ServerResponse): void {
  const error = message.method === 'TRACE' ? methodNotAllowed('TRACE') : badQuery('The request URL is not valid.')
  const { status, headers, body } = errorReply(error, { emptyErrorCodes: false, decimalErrorCodes: false }, () => false)
  out.writeHead(status, { ...headers }).end(body)
}

function requestOrNone(
  message: IncomingMessage,
  body: Buffer,
  origin: string,
  signal: AbortSignal,
): Request | undefined {
  try {
    return requestFrom(message, body, origin, signal)
  } catch (error) {
    // Request and URL refuse what Node's parser let through with a TypeError, and throw nothing else.
    if (error instanceof TypeError) return undefined
    throw error
  }
}

async function exchange(
  emulator: Emulator,
  origin: string,
  message: IncomingMessage,
  out: ServerResponse,
): Promise<void> {
  const gone = new AbortController()
  out.on('close', () => gone.abort(new Error('the connection was closed')))
  try {
    const request = requestOrNone(message, await readBody(message), origin, gone.signal)
    if (request === undefined) refuseMalformed(message, out)
    else await writeResponse(await emulator.handle(request), out)
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
  const { port = 0, host = '127.0.0.1' } = options
  const sockets = new Set<Socket>()
  let origin = ''
  // The Web API takes longer URLs than Node does by itself.
  const server = createServer(
    { maxHeaderSize: 65_536 },
    (message, out) => void exchange(emulator, origin, message, out),
  )
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await listen(server, port, host)
  const address = server.address() as AddressInfo
  origin = `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`
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
