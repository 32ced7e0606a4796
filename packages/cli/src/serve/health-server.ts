import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Health } from '@outpost/core'
import { OutpostError } from '@outpost/core'

export interface HealthServer {
  readonly url: string
  close(): Promise<void>
}

/**
 * Answers `GET /health` on this machine alone: 200 while the service is ok or degraded, 503 while it is failing. Throws
 * `invalid` when the port cannot be had. Port 0 is any that is free.
 */
export async function serveHealth(port: number, health: () => Promise<Health>): Promise<HealthServer> {
  const server = createServer((request, response) => {
    const answer = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
      response.end(request.method === 'HEAD' ? undefined : `${JSON.stringify(body)}\n`)
    }
    if (request.url?.split('?')[0] !== '/health') return answer(404, { error: 'only /health is served' })
    if (request.method !== 'GET' && request.method !== 'HEAD') return answer(405, { error: 'only GET is answered' })
    health().then(
      (found) => answer(found.status === 'failing' ? 503 : 200, found),
      (error: unknown) =>
        answer(503, { status: 'failing', error: error instanceof Error ? error.message : String(error) }),
    )
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        new OutpostError('invalid', `port ${port} cannot be listened on: ${cause.code ?? cause.message}`, {
          cause,
          place: { rule: 'port' },
          remedy: 'Give another port with --health-port, or 0 for any that is free.',
        }),
      ),
    )
    server.listen(port, '127.0.0.1', resolve)
  })
  const { port: taken } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${taken}/health`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
